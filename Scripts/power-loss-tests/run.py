"""Takes the power away from a vault under load, many times, and looks what is left.

Usage: run.py PROGRAM LIBRARY ROUNDS [--lies N] [--seed N]
"""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from images import Disk, read_journal
from workload import Workload

SECONDS_OF_LOAD = 4


def all_entries(vault):
    """Every entry of a vault that nobody has open."""
    database = sqlite3.connect(f"file:{vault}/guard.sqlite?immutable=1", uri=True)
    try:
        return dict(database.execute("SELECT idx, bytes FROM entries"))
    finally:
        database.close()


class Judge:
    """What must hold in every image."""

    def __init__(self, load):
        self.load = load
        self.entries = all_entries(load.vault)

    def required(self, place):
        """Entries that were acknowledged before a place of the journal."""
        return max((n for at, n in self.load.acknowledged if at <= place), default=0)

    def problems(self, image, place):
        """Opens an image with the program itself; whatever was acknowledged must be in it."""
        vault = image / "vault"
        environment = self.load.environment | {"PATIENTVAULT_HOME": str(vault)}
        for attempt in range(2):
            verified = subprocess.run(
                [self.load.program, "verify", "--json"],
                env=environment,
                capture_output=True,
                text=True,
            )
            if verified.returncode != 0:
                return [f"verify ({attempt}): {verified.stdout.strip()} {verified.stderr.strip()}"]
        found = all_entries(vault)
        return self.missing(found, place) + self.outsiders(image, found)

    def missing(self, found, place):
        for index in range(self.required(place)):
            if found.get(index) != self.entries[index]:
                return [f"entry {index} was acknowledged and is gone"]
        return []

    @staticmethod
    def outsiders(image, found):
        """What the witness cosigned, and what the vault has in hand of it."""
        witnessed = [
            int(path.read_text().split("\n")[1])
            for path in (image / "witness" / "known").iterdir()
            if ".new-" not in path.name
        ]
        if len(witnessed) != 1:
            return ["the witness has forgotten the log"]
        if witnessed[0] > len(found):
            return [f"{witnessed[0]} entries were cosigned, {len(found)} are there"]
        cosigned = image / "vault.cosigned"
        if cosigned.exists() and int(cosigned.read_text().split("\n")[1]) > witnessed[0]:
            return ["the vault has a cosignature that the witness does not know"]
        return []


def choose_cuts(records, rounds, dice):
    """Places of the journal: just before a flush, where most is at stake, and anywhere."""
    flushes = [before.end for before, after in zip(records, records[1:]) if after.what == "sync"]
    anywhere = [record.end for record in records]
    return sorted(dice.choice(flushes if n % 2 else anywhere) for n in range(rounds))


def choose_lies(load, records, count, dice):
    """Flushed writes to lose: of a WAL that was not folded in yet, when every write was acknowledged."""
    lies = []
    for name in ("guard.sqlite", "records.sqlite"):
        folded = 0
        written = []
        for record in records:
            if record.end > load.quiet:
                break
            if record.what == "sync" and record.path.endswith(name):
                folded = record.end
            if record.what == "write" and record.path.endswith(f"{name}-wal"):
                written.append(record.end)
        written = [place for place in written if place > folded]
        # The very last may hold nothing that anybody was told.
        written = written[: len(written) * 9 // 10]
        lies += [(place, f"{name}-wal") for place in dice.sample(written, min(count, len(written)))]
    return dice.sample(lies, min(count, len(lies)))


def main():
    program, library, rounds, *more = sys.argv[1:]
    rounds = int(rounds)
    seed, lies = (
        int(more[more.index(name) + 1]) if name in more else usual
        for name, usual in (("--seed", 1), ("--lies", 8))
    )
    dice = random.Random(seed)
    work = Path(tempfile.mkdtemp(prefix="power-loss-"))
    os.umask(0o077)
    try:
        load = Workload(program, work, library)
        load.prepare()
        start = work / "start"
        shutil.copytree(load.watched, start)
        began = time.monotonic()
        load.serve(SECONDS_OF_LOAD)
        load.commands()
        if load.failures:
            for log in ("guard.log", "serve.log"):
                print((work / log).read_text(), file=sys.stderr)
            raise SystemExit(f"error: the workload failed: {load.failures[0]}")
        records = list(read_journal(load.journal))
        print(
            f"{len(records)} changes in {time.monotonic() - began:.0f} s, acknowledged: "
            + ", ".join(f"{count} {what}" for what, count in sorted(load.counts.items())),
            flush=True,
        )
        disk = begin(load, start)
        for record in records:
            disk.take(record)
        escaped = disk.differs_from_real()
        if escaped:
            raise SystemExit(f"error: changes escaped the journal: {escaped}")
        judge = Judge(load)
        cuts = choose_cuts(records, rounds, dice)
        failed = judge_cuts(load, start, records, cuts, judge, work, dice, seed)
        told = choose_lies(load, records, lies, dice)
        found = judge_lies(load, start, records, told, judge, work)
        print(f"power-loss: {found} of {lies} lost flushed writes were found")
        if failed or found != lies:
            sys.exit(1)
        print(
            f"power-loss: {rounds} images (seed {seed}): every vault opened, verified, and had"
            " what it had acknowledged"
        )
    finally:
        shutil.rmtree(work, ignore_errors=True)


def begin(load, start):
    """The disk at the start of the journal, under the names that the journal uses."""
    disk = Disk(start)
    old, new = str(start), str(load.watched)
    disk.kept = {path.replace(old, new, 1): file for path, file in disk.kept.items()}
    disk.folders = [path.replace(old, new, 1) for path in disk.folders]
    disk.names, disk.folder = dict(disk.kept), new
    return disk


def judge_cuts(load, start, records, cuts, judge, work, dice, seed):
    disk = begin(load, start)
    failed = 0
    at_stake = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = []
        place = 0
        for number, cut in enumerate(cuts):
            while place < len(records) and records[place].end <= cut:
                disk.take(records[place])
                place += 1
            image = work / f"image-{number}"
            at_stake.append(sum(len(file.pending) for file in disk.names.values()))
            disk.write_after_power_loss(image, dice)
            jobs.append((number, cut, pool.submit(judge_and_remove, judge, image, cut)))
        for number, cut, job in jobs:
            for problem in job.result():
                failed += 1
                print(f"FAILED: image {number} of seed {seed}, {cut} bytes in: {problem}")
    # Where everything is flushed already a power loss shows nothing.
    unflushed = sum(1 for count in at_stake if count)
    print(f"unflushed writes in {unflushed} of {len(cuts)} images, at most {max(at_stake)}")
    return failed


def judge_lies(load, start, records, lies, judge, work):
    found = 0
    for number, lie in enumerate(lies):
        disk = begin(load, start)
        disk.lie = lie
        for record in records:
            if record.end > load.quiet:
                break
            disk.take(record)
        image = work / f"image-{number}"
        # Nothing but the one flushed write is lost.
        disk.write({path: file.now() for path, file in disk.names.items()}, image)
        if judge_and_remove(judge, image, load.quiet):
            found += 1
        else:
            print(f"NOT FOUND: the loss of a write to {lie[1]} at byte {lie[0]} of the journal")
    return found


def judge_and_remove(judge, image, cut):
    try:
        return judge.problems(image, cut)
    finally:
        shutil.rmtree(image, ignore_errors=True)


main()
