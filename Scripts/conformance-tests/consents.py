"""R172 to R206: what consent changes, and where it must not show."""

import json

from demands import demand, elsewhere, expect, outcome, status, told
from rest import bundle, entry, observation, patient
from world import HIDDEN, MASKED, VISIBLE, quoted

HIDDEN_ID = HIDDEN.split("/")[1]
KIND = "DocumentReference"


def total(client, target, **more):
    return status(client.get(target, **more), 200).json["total"]


def consent(w, file, **changes):
    """An example Consent in the name of its patient, over HTTP."""
    return status(w.margaret.ask("POST", "Consent", w.consent(file, **changes)), 201)


def visits(w):
    return total(w.daughter, "Encounter?patient=margaret")


@demand("R172", "nobody permitted it: a search is empty, and is in the log")
def _(w):
    expect(total(w.integration, "Observation?patient=margaret") == 0, "something is found")


@demand("R173", "a consent opens what it names")
def _(w):
    expect(visits(w) == 0, "open before")
    consent(w, "margaret-daughter")
    expect(visits(w) > 0, "not open")
    expect(total(w.daughter, "Condition?patient=margaret") == 0, "more is open than it names")


@demand("R174", "a hidden record is as one that never was")
def _(w):
    hidden, absent = w.doctor.get(HIDDEN), w.doctor.get(f"{KIND}/nope")
    expect(outcome(hidden, 404).shape() == absent.shape(), "they differ")
    return "times are compared by `TimingTests`"


@demand("R175", "a search among hidden ones")
def _(w):
    told = w.doctor.get(f"{KIND}?patient=margaret&_count=500").json
    own = w.margaret.get(f"{KIND}?patient=margaret&_count=500").json
    expect(told["total"] == len(told["entry"]) < own["total"], "total or entries")
    expect(HIDDEN_ID not in json.dumps(told), "it is named")


def unseen(number, words, target, **more):
    @demand(number, words)
    def _(w):
        answer = w.doctor.get(target, **more)
        expect(HIDDEN_ID not in status(answer, 200, 404).text, "it shows")


unseen("R176", "inclusions", "Encounter?patient=margaret&_revinclude=DocumentReference:encounter&_include=Encounter:*")
unseen("R177", "inclusions backwards", "Patient?_id=margaret&_revinclude=DocumentReference:subject")


@demand("R178", "a patient sought by what is hidden")
def _(w):
    target = f"Patient?_id=margaret&_has:{KIND}:subject:_id={HIDDEN_ID}"
    expect(total(w.doctor, target) == 0 and total(w.margaret, target) == 1, "it shows")


@demand("R179", "counts")
def _(w):
    target = f"{KIND}?patient=margaret&_summary=count"
    expect(total(w.doctor, target) < total(w.margaret, target), "hidden ones are counted")


@demand("R180", "history and versions")
def _(w):
    outcome(w.doctor.get(f"{HIDDEN}/_history"), 404)
    outcome(w.doctor.get(f"{HIDDEN}/_history/1"), 404)
    status(w.margaret.get(f"{HIDDEN}/_history/1"), 200)


unseen("R181", "everything", "Patient/margaret/$everything")


@demand("R182", "a read inside a batch")
def _(w):
    answer = w.doctor.ask("POST", "", bundle("batch", entry("GET", HIDDEN), entry("GET", f"{KIND}/nope")))
    one, other = status(answer, 200).json["entry"]
    expect(one["response"] == other["response"], "they differ")


@demand("R183", "a search by what a hidden record says")
def _(w):
    coding = w.margaret.get(HIDDEN).json["type"]["coding"][0]
    target = f"{KIND}?patient=margaret&_id={HIDDEN_ID}&type={quoted(coding['system'] + '|' + coding['code'])}"
    expect(total(w.doctor, target) == 0 and total(w.margaret, target) == 1, "it shows")


unseen("R184", "an order", f"{KIND}?patient=margaret&_sort=-date,_id&_count=500")
elsewhere("R185", "what a resource contains", "labelled with its container: `LeakTests` L17")
elsewhere("R186", "narrative", "labelled where it is stored, redacted by view: `ConsentTests/Labels`, decision 0016")
elsewhere("R187", "words in an attachment", "labelled where it is stored: `ConsentTests/Labels`")


@demand("R188", "a condition that only hidden records meet")
def _(w):
    body = {
        "resourceType": KIND, "status": "current", "subject": {"reference": "Patient/margaret"},
        "content": [{"attachment": {"contentType": "text/plain", "data": "eA=="}}],
    }
    headers = {"If-None-Exist": f"patient=margaret&_id={HIDDEN_ID}"}
    status(w.doctor.ask("POST", KIND, body, headers=headers), 201)


@demand("R189", "references to what is hidden")
def _(w):
    told, own = (c.get("Patient/margaret/$everything").text for c in (w.doctor, w.margaret))
    expect(f'"{MASKED}"' in own and MASKED.split("/")[1] not in told, "it is referred to")


elsewhere("R190", "a diagnosis inside an Encounter", "labelled by its codes wherever they stand: `ConsentTests/Labels`")
elsewhere("R191", "a diagnosis inside a claim", "labelled, and an insurer gets the items of its claim: `ConsentTests`")


@demand("R192", "log entries for who may not read the log")
def _(w):
    outcome(w.doctor.get("AuditEvent?patient=margaret"), 403, 404)


@demand("R193", "another purpose")
def _(w):
    expect(total(w.marketing, "Observation?patient=margaret") == 0, "something is found")


@demand("R194", "an emergency declared by who is no clinician")
def _(w):
    headers = {"X-Break-Glass": "unconscious"}
    outcome(w.integration.get(VISIBLE, headers=headers), 404)


@demand("R195", "an emergency, and what the log says of it")
def _(w):
    outcome(w.emergency.get(VISIBLE, purpose="ETREAT"), 404)
    headers = {"X-Break-Glass": "unconscious"}
    status(w.emergency.get(VISIBLE, purpose="ETREAT", headers=headers), 200)
    events = w.officer.get("AuditEvent?patient=margaret&_count=20").json["entry"]
    codes = [c["code"] for e in events for p in e["resource"].get("purposeOfEvent", []) for c in p["coding"]]
    expect("ETREAT" in codes, "no such AuditEvent")


def period(start, end):
    """The daughter's Consent for a time only."""

    def changes(w):
        body = w.consent("margaret-daughter")
        return {"provision": body["provision"] | {"period": {"start": start, "end": end}}}

    return changes


@demand("R196", "a consent that has ended")
def _(w):
    w.withdraw_all()
    body = w.consent("margaret-daughter", **period("2020-01-01", "2021-01-01")(w))
    answer = w.margaret.ask("POST", "Consent", body)
    expect(visits(w) == 0, "it opens")
    return f"answered {answer.status}, and opens nothing{told(answer)}"


@demand("R197", "a consent that begins later")
def _(w):
    w.withdraw_all()
    body = w.consent("margaret-daughter", **period("2090-01-01", "2091-01-01")(w))
    answer = w.margaret.ask("POST", "Consent", body)
    expect(visits(w) == 0, "it opens")
    return f"answered {answer.status}, and opens nothing{told(answer)}"


@demand("R198", "a consent that was withdrawn")
def _(w):
    consent(w, "margaret-daughter")
    expect(visits(w) > 0, "not open")
    w.withdraw_all()
    expect(visits(w) == 0, "still open")


@demand("R199", "two consents that disagree")
def _(w):
    deny = w.consent("margaret-daughter")["provision"] | {"type": "deny"}
    consent(w, "margaret-daughter", provision=deny)
    consent(w, "margaret-daughter")
    expect(visits(w) == 0, "the permission won")
    w.withdraw_all()
    return "a denial wins, whichever is newer"


@demand("R200", "a consent entered in error")
def _(w):
    body = w.consent("margaret-daughter", status="entered-in-error")
    answer = w.margaret.ask("POST", "Consent", body)
    expect(answer.status in (201, 400, 422) and visits(w) == 0, "it opens")
    return f"answered {answer.status}, and opens nothing{told(answer)}"


elsewhere("R201", "PCF intermediate", "4,320 rows of IHE's consents are replayed: docs/peer-cases.md")
elsewhere("R202", "PCF advanced", "the same")
elsewhere("R203", "minors and proxies", "`ConsentTests`; per item, not per person (docs/consent.md)")
elsewhere("R204", "the notice that travels with Part 2 data", "`X-Obligation`: `LeakTests`, `ConsentTests`")


@demand("R205", "the patient's own record, whole")
def _(w):
    status(w.margaret.get(HIDDEN), 200)


@demand("R206", "the patient's own accounting")
def _(w):
    told = status(w.margaret.get("AuditEvent?patient=margaret"), 200).json
    purposes = {c["code"] for e in told["entry"] for p in e["resource"].get("purposeOfEvent", []) for c in p["coding"]}
    expect(told["total"] > 10 and "TREAT" in purposes, "not every disclosure")
