"""What a disk may hold after the power failed, rebuilt from the journal that `journal.c` writes.

A change counts as kept for certain only once its file (for names: its folder) was flushed. Of everything else any
part may be there: some writes and not others, in any order, each torn at sectors of 512 bytes.
"""

import os
import shutil
from pathlib import Path

SECTOR = 512


class Record:
    """One line of the journal."""

    __slots__ = ("what", "number", "data", "path", "end")

    def __init__(self, what, number, data, path, end):
        self.what, self.number, self.data, self.path, self.end = what, number, data, path, end


def read_journal(path):
    """Gives the records of a journal, each with the place where it ends."""
    data = Path(path).read_bytes()
    place = 0
    while place < len(data):
        line = data.index(b"\n", place)
        what, number, length, name = data[place:line].split(b" ", 3)
        end = line + 1 + int(length)
        yield Record(what.decode(), int(number), data[line + 1 : end], name.decode(), end)
        place = end


class File:
    """A file's bytes on the disk, and changes that were not flushed."""

    def __init__(self, data=b""):
        self.kept = bytearray(data)
        self.pending = []  # (place in the journal, offset, bytes) or (place, size, None) for a cut

    def flush(self, position):
        """Takes what was written before a place of the journal; gives what was taken."""
        taken = [change for change in self.pending if change[0] <= position]
        self.pending = [change for change in self.pending if change[0] > position]
        for _, number, data in taken:
            change(self.kept, number, data)
        return taken

    def now(self):
        data = bytearray(self.kept)
        for _, number, written in self.pending:
            change(data, number, written)
        return data

    def after_power_loss(self, dice, chance, is_torn):
        data = bytearray(self.kept)
        group = []

        def write_group():
            dice.shuffle(group)
            for offset, written in group:
                change(data, offset, written)
            group.clear()

        for _, number, written in self.pending:
            if written is None:
                # A cut keeps its place among the writes; these change places among themselves only.
                write_group()
                if dice.random() < chance:
                    change(data, number, None)
                continue
            if dice.random() >= chance:
                continue
            if not is_torn:
                group.append((number, written))
                continue
            first = number // SECTOR * SECTOR
            for start in range(first, number + len(written), SECTOR):
                if dice.random() < 0.6:
                    low, high = max(start, number), min(start + SECTOR, number + len(written))
                    group.append((low, written[low - number : high - number]))
        write_group()
        return data


def change(data, number, written):
    """Writes at an offset, or cuts to a size."""
    size = number if written is None else number + len(written)
    if len(data) < size:
        data.extend(bytes(size - len(data)))
    if written is None:
        del data[number:]
    else:
        data[number:size] = written


class Disk:
    """Files by name, as they are and as they are for certain."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.folders = []
        self.kept = {}
        for here, folders, names in os.walk(folder):
            self.folders += [os.path.join(here, name) for name in folders]
            for name in names:
                path = os.path.join(here, name)
                if not name.endswith((".lock", "-shm")):
                    self.kept[path] = File(Path(path).read_bytes())
        self.names = dict(self.kept)
        self.pending = []  # names: (place, path, file or None)
        self.lie = None  # (place, ending of a name): the write there is flushed and lost all the same

    def take(self, record):
        file = self.names.get(record.path)
        match record.what:
            case "write" | "cut":
                data = None if record.what == "cut" else record.data
                file.pending.append((record.end, record.number, data))
            case "make":
                self.rename(record.end, record.path, File())
            case "rename":
                self.rename(record.end, record.data.decode(), file)
                self.rename(record.end, record.path, None)
            case "unlink":
                self.rename(record.end, record.path, None)
            case "sync" if file is None:
                self.flush_folder(record.path, record.number)
            case "sync":
                if self.lie:
                    file.pending = [c for c in file.pending if not self.is_lost(record, c)]
                file.flush(record.number)

    def is_lost(self, record, change):
        place, ending = self.lie
        return change[0] == place <= record.number and record.path.endswith(ending)

    def rename(self, place, path, file):
        if file is None:
            self.names.pop(path, None)
        else:
            self.names[path] = file
        self.pending.append((place, path, file))

    def flush_folder(self, folder, position):
        left = []
        for place, path, file in self.pending:
            if place <= position and os.path.dirname(path) == folder:
                self.settle(self.kept, path, file)
            else:
                left.append((place, path, file))
        self.pending = left

    @staticmethod
    def settle(names, path, file):
        if file is None:
            names.pop(path, None)
        else:
            names[path] = file

    def write_after_power_loss(self, target, dice):
        """Makes one of the many states that the disk may be in."""
        chance = dice.choice([0, 0.2, 0.5, 0.8, 1])
        is_torn = dice.random() < 0.5
        names = dict(self.kept)
        # A file system keeps the order of its names: the first ones are there, the rest is not.
        for _, path, file in self.pending[: dice.randint(0, len(self.pending))]:
            self.settle(names, path, file)
        made = {}
        for path, file in names.items():
            if file not in made:
                made[file] = file.after_power_loss(dice, chance, is_torn)
        self.write({path: made[file] for path, file in names.items()}, target)

    def write(self, contents, target):
        shutil.rmtree(target, ignore_errors=True)
        os.makedirs(target, mode=0o700)
        for folder in self.folders:
            os.makedirs(os.path.join(target, os.path.relpath(folder, self.folder)), mode=0o700)
        for path, data in contents.items():
            place = os.path.join(target, os.path.relpath(path, self.folder))
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(os.open(place, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
                file.write(data)

    def differs_from_real(self):
        """Names whose bytes are not what the journal makes of them: then a change escaped it."""
        wrong = []
        for here, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(here, name)
                if name.endswith((".lock", "-shm")):
                    continue
                known = self.names.get(path)
                if known is None or bytes(known.now()) != Path(path).read_bytes():
                    wrong.append(os.path.relpath(path, self.folder))
        return wrong
