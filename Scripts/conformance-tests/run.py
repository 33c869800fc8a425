"""Replays the demands of certification kits against a real server, and writes the table.

Usage: run.py PATIENTVAULT FOLDER TABLE [NUMBER...]
"""

import csv
import json
import sys
from collections import Counter
from pathlib import Path

from demands import FAIL, NONE, PASS, replay, rows
from world import HIDDEN, MASKED, Client, World

import discovery  # noqa: F401
import rest  # noqa: F401
import search  # noqa: F401
import bulk  # noqa: F401
import consents  # noqa: F401
import audit  # noqa: F401

PROJECT = Path(__file__).resolve().parents[2]
DEMANDS = PROJECT.parent / "shared/data/inferno/requirements.csv"
STAFF = "http://hospital.example/staff-id"

HEAD = """# Demands of certification kits

Written by `Scripts/conformance`, which replays each demand that Inferno's kits (US Core, SMART, Bulk Data), FHIR and
IHE make of a server like this one, against a server in a process of its own and the example patients. The
demands themselves are not part of this repository; the words say what was done.

"""


def settle(world):
    """A vault with the examples, the persons of the demands, and their programs."""
    (world.folder / "passphrase").write_text("conformance of a vault for tests\n")
    (world.folder / "passphrase").chmod(0o600)
    world.key = json.loads(world.run("--json", "init").stdout)["publicKey"]
    # A kit asks more often in a minute than a person does.
    rate = {"burst": 100_000, "perMinute": 100_000}
    limits = {call: rate for call in ("release", "find", "log", "write")}
    (world.folder / "vault/policies/limits.json").write_text(json.dumps(limits))
    examples = sorted(str(p) for p in (PROJECT / "Examples").glob("*-*.json"))
    world.run("import", str(PROJECT / "Examples/directory.json"), *examples)
    clinic = ["--organization", "Organization/org-sunrise-clinic"]
    hospital = ["--organization", "Organization/org-northfield-hospital"]
    doctor = ["--fhir", "Practitioner/prac-us-okafor", "--identifier", f"{STAFF}|US-1001", *clinic]
    world.principal("clinician", "okafor", *doctor)
    world.principal("clinician", "haddad", "--identifier", f"{STAFF}|US-1900", *hospital)
    world.principal("patient", "margaret", "--fhir", "Patient/margaret")
    world.principal("family", "daughter", "--fhir", "RelatedPerson/rp-margaret-daughter")
    world.principal("integration", "wellness")
    world.principal("registrar", "registrar")
    world.principal("privacy-officer", "officer")
    everything, reading = ["system/*.cruds"], ["system/*.rs"]
    world.doctor = Client(world, "okafor-app", "okafor", ["TREAT"], everything)
    world.rsa = Client(world, "rsa-app", "okafor", ["TREAT"], reading, "RS384")
    world.reader = Client(world, "reader-app", "okafor", ["TREAT"], reading)
    world.marketing = Client(world, "marketing-app", "okafor", ["HMARKT"], reading)
    world.emergency = Client(world, "haddad-app", "haddad", ["ETREAT", "TREAT"], reading)
    world.margaret = Client(world, "margaret-app", "margaret", ["PATRQT"], everything)
    world.daughter = Client(world, "daughter-app", "daughter", ["FAMRQT"], reading)
    world.integration = Client(world, "wellness-app", "wellness", ["TREAT"], reading)
    world.registrar = Client(world, "registrar-app", "registrar", ["PATADMIN"], everything)
    world.officer = Client(world, "officer-app", "officer", ["HCOMPL"], everything)
    for item in (HIDDEN, MASKED):
        block(world, "margaret", world.folder / "margaret.key", "--item", item)


def block(world, patient, key, *item):
    """The patient forbids the doctor to see the record, or one item of it."""
    words = ["--block", "Practitioner/prac-us-okafor", *item, "--as", str(key)]
    world.run("restrict", patient, *words)


def example(file, **changes):
    body = json.loads((PROJECT / f"Examples/consents/{file}.json").read_text()) | changes
    return {key: value for key, value in body.items() if value is not None}


def withdraw_all(world):
    """Withdraws every consent that Margaret gave over HTTP."""
    by = ["--as", str(world.folder / "margaret.key")]
    for given in json.loads(world.run("--json", "consent", "list", "margaret", *by).stdout):
        if given["record"].startswith("Consent/") and given["inForce"]:
            world.run("consent", "revoke", given["id"], *by)


def main():
    program, folder, table, *numbers = sys.argv[1:]
    if not DEMANDS.exists():
        print(f"SKIPPED: the demands are not at {DEMANDS}")
        return 0
    with DEMANDS.open() as file:
        wanted = [(row["id"], row["area"]) for row in csv.DictReader(file)]
    world = World(program, folder)
    world.consent = example
    world.withdraw_all = lambda: withdraw_all(world)
    world.block = lambda patient, key: block(world, patient, key)
    results = []
    try:
        settle(world)
        world.start()
        for number, area in wanted:
            if numbers and number not in numbers:
                continue
            result, reason = replay(number, world) if number in rows else (FAIL, "no replay is written")
            words = rows[number][0] if number in rows else ""
            results.append((number, area, words, result, reason))
            print(f"{number} {result:14} {words}{': ' + reason if reason else ''}", flush=True)
    finally:
        world.stop()
    count = Counter(result for *_, result, _ in results)
    print(f"{count[PASS]} pass, {count[FAIL]} fail, {count[NONE]} not applicable")
    if not numbers:
        with open(table, "w") as file:
            file.write(HEAD)
            file.write(f"{count[PASS]} pass, {count[FAIL]} fail, {count[NONE]} are not asked of the server here.\n\n")
            file.write("| | of | what was done | result | why, or what came |\n| - | - | - | - | - |\n")
            for row in results:
                file.write("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n")
    return 1 if count[FAIL] else 0


sys.exit(main())
