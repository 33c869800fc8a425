"""R207 to R216: the log."""

import json
import shutil
import sqlite3

from demands import demand, elsewhere, expect, outcome, status
from world import VISIBLE


@demand("R207", "a read and its AuditEvent")
def _(w):
    status(w.doctor.get(VISIBLE), 200)
    told = w.officer.get("AuditEvent?patient=margaret&_count=5").json["entry"]
    event = next(e["resource"] for e in told if e["resource"]["agent"][0]["who"]["identifier"]["value"] == "okafor")
    expect(event["type"]["code"] == "rest" and event["subtype"][0]["code"] in ("read", "search"), "type")
    expect(len(event["agent"]) == 2, "user and program")
    expect(any(e["what"]["reference"] == "Patient/margaret" for e in event["entity"]), "patient")


@demand("R208", "a refused read and its AuditEvent")
def _(w):
    outcome(w.integration.get(VISIBLE), 404)
    told = w.officer.get("AuditEvent?patient=margaret&_count=10").json["entry"]
    expect(any(e["resource"]["outcome"] in ("4", "8") for e in told), "no refusal")


elsewhere(
    "R209", "the query inside the AuditEvent",
    "left out on purpose: search terms are a patient's words, and the log would disclose them",
)


@demand("R210", "an AuditEvent changed or deleted")
def _(w):
    told = w.officer.get("AuditEvent?patient=margaret&_count=1").json["entry"][0]["resource"]
    outcome(w.officer.ask("PUT", f"AuditEvent/{told['id']}", told), 405, 403)
    outcome(w.officer.ask("DELETE", f"AuditEvent/{told['id']}"), 405, 403)


def check(w, *files):
    return w.run("audit", "check", *map(str, files), "--key", w.key, accepts=(0, 4)).returncode


def checkpoint(w, name):
    file = w.folder / name
    w.run("audit", "checkpoint", "--out", str(file))
    return file


@demand("R211", "two checkpoints")
def _(w):
    w.one = checkpoint(w, "one.checkpoint")
    status(w.doctor.get(VISIBLE), 200)
    w.two = checkpoint(w, "two.checkpoint")
    sizes = [int(file.read_text().splitlines()[1]) for file in (w.one, w.two)]
    expect(check(w, w.one) == check(w, w.two) == 0 and sizes[0] < sizes[1], "signature or size")


@demand("R212", "a proof of one entry")
def _(w):
    proof = w.folder / "entry.proof"
    w.run("audit", "prove", "5", "--out", str(proof))
    expect(check(w, proof) == 0, "does not verify")


@demand("R213", "a proof that the log only grew")
def _(w):
    proof = w.folder / "grown.proof"
    w.run("audit", "prove", "--checkpoint", str(w.one), "--out", str(proof))
    expect(check(w, proof) == 0, "does not verify")


def broken(w, change):
    """A copy of the vault's log, changed, and what the verifier says of it."""
    copy = w.folder / "broken"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(w.folder / "vault", copy)
    change(copy)
    return w.run(
        "audit", "verify", "--vault", str(copy), "--checkpoint", str(w.two), "--json", accepts=(0, 4, 65, 69, 70, 74)
    )


@demand("R214", "an entry changed on the disk")
def _(w):
    def change(copy):
        with sqlite3.connect(copy / "guard.sqlite") as base:
            tables = [r[0] for r in base.execute("select name from sqlite_master where type='table'")]
            table = next(t for t in tables if t in ("entry", "entries", "log"))
            name = next(r[1] for r in base.execute(f"pragma table_info({table})") if r[2].upper() == "BLOB")
            place, blob = base.execute(f"select rowid, {name} from {table} order by rowid limit 1 offset 7").fetchone()
            base.execute(
                f"update {table} set {name} = ? where rowid = ?", (bytes([blob[0]]) + blob[1:-1] + bytes([blob[-1] ^ 1]), place)
            )

    done = broken(w, change)
    expect(done.returncode == 4, f"exit {done.returncode}")
    expect(json.loads(done.stdout)["ok"] is False, "no finding")


@demand("R215", "the newest entries lost")
def _(w):
    def change(copy):
        with sqlite3.connect(copy / "guard.sqlite") as base:
            tables = [r[0] for r in base.execute("select name from sqlite_master where type='table'")]
            table = next(t for t in tables if t in ("entry", "entries", "log"))
            last = base.execute(f"select max(rowid) from {table}").fetchone()[0]
            base.execute(f"delete from {table} where rowid > ?", (last - 3,))

    done = broken(w, change)
    expect(done.returncode != 0, "not found")
    return f"exit {done.returncode}"


@demand("R216", "what an AuditEvent says of the record")
def _(w):
    text = w.officer.get("AuditEvent?patient=margaret&_count=200").text
    values = [
        c["display"] for r in w.margaret.get("Condition?patient=margaret").json["entry"]
        for c in r["resource"]["code"].get("coding", []) if "display" in c
    ]
    expect(values and not [v for v in values if v in text], "a diagnosis is in it")
