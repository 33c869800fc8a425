"""R106 to R142: searches, and the searches that US Core wants."""

import csv
import itertools
from pathlib import Path

from demands import NotApplicable, demand, expect, outcome, status
from rest import DOCTOR, made, observation, patient
from world import HIDDEN, VISIBLE, quoted

MATRIX = Path(__file__).resolve().parents[3] / "shared/data/inferno/us-core-6.1.0-capability-matrix.csv"


def found(w, target, **more):
    told = status(w.doctor.get(target, **more), 200).json
    expect(told["resourceType"] == "Bundle" and told["type"] == "searchset", "no searchset")
    return told


def matches(told):
    return [e["resource"] for e in told.get("entry", []) if e["search"]["mode"] == "match"]


def self_link(told):
    return next(link["url"] for link in told["link"] if link["relation"] == "self")


@demand("R106", "by id")
def _(w):
    told = found(w, "Patient?_id=margaret")
    expect(told["total"] == 1 and "_id=margaret" in self_link(told), "total or self link")


def coded(w, value, admits):
    codes = [c for r in matches(found(w, f"Condition?patient=margaret&code={quoted(value)}")) for c in r["code"]["coding"]]
    expect(any(admits(c) for c in codes) if admits else not codes, "other matches")


def example_code(w):
    """The coding that most Conditions of the example have."""
    for resource in matches(found(w, "Condition?patient=margaret")):
        return resource["code"]["coding"][0]
    raise NotApplicable("the example has no Condition")


@demand("R107", "a code with its system")
def _(w):
    code = example_code(w)
    coded(w, f"{code['system']}|{code['code']}", lambda c: c == code)
    coded(w, f"urn:other|{code['code']}", None)


@demand("R108", "a code in any system")
def _(w):
    code = example_code(w)
    coded(w, code["code"], lambda c: c == code)


@demand("R109", "a code without a system")
def _(w):
    coded(w, f"|{example_code(w)['code']}", None)


@demand("R110", "a range of dates")
def _(w):
    told = found(w, "Observation?patient=margaret&date=ge2024-01-01&date=lt2025-01-01&_count=500")
    times = [r["effectiveDateTime"] for r in matches(told)]
    expect(times and all(t.startswith("2024") for t in times), "outside the range")


@demand("R111", "a whole year")
def _(w):
    times = [r["effectiveDateTime"] for r in matches(found(w, "Observation?patient=margaret&date=2026&_count=500"))]
    expect(times and all(t.startswith("2026") for t in times), "another year")


def named(number, words, query, wanted):
    @demand(number, words)
    def _(w):
        told = found(w, f"RelatedPerson?patient=margaret&{query}")
        expect((told["total"] > 0) == wanted, f"{told['total']} found")


named("R112", "a name's beginning, in small letters", "name=whitf", True)
named("R113", "a name, exactly", "name:exact=whitfield", False)
named("R114", "a part of a name", "name:contains=hitfie", True)


@demand("R115", "one value or another")
def _(w):
    one = found(w, "Encounter?patient=margaret&status=finished")["total"]
    both = found(w, "Encounter?patient=margaret&status=finished,planned,cancelled")["total"]
    expect(both >= one > 0, "not a union")


@demand("R116", "one condition and another")
def _(w):
    both = found(w, "Observation?patient=margaret&category=laboratory&category=vital-signs")
    expect(both["total"] == 0, "not an intersection")


@demand("R117", "an element that is missing")
def _(w):
    expect(found(w, "Patient?_id=margaret&death-date:missing=true")["total"] == 1, "not found")


@demand("R118", "a parameter that is not known")
def _(w):
    told = found(w, "Observation?patient=margaret&foo=1")
    expect("foo" not in self_link(told), "the self link has it")
    outcome(w.doctor.get("Observation?patient=margaret&foo=1", headers={"Prefer": "handling=strict"}), 400)


@demand("R119", "a search by POST")
def _(w):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = w.doctor.ask("POST", "Observation/_search", "patient=margaret", headers=headers)
    expect(status(answer, 200).json["total"] == found(w, "Observation?patient=margaret")["total"], "not as GET")


@demand("R120", "all pages")
def _(w):
    told = found(w, "Observation?patient=margaret&_count=4")
    seen, total = [r["id"] for r in matches(told)], told["total"]
    while link := next((x["url"] for x in told["link"] if x["relation"] == "next"), None):
        expect(link.startswith(w.base), "a link that leads away")
        told = status(w.doctor.get(link), 200).json
        seen += [r["id"] for r in matches(told)]
    expect(len(seen) == len(set(seen)) == total > 8, "gaps or repetitions")


@demand("R121", "a page of none")
def _(w):
    told = found(w, "Observation?patient=margaret&_count=0")
    expect(told["total"] > 0 and not told.get("entry"), "entries, or no total")


@demand("R122", "fhirpy's own parameter")
def _(w):
    expect(found(w, "Observation?patient=margaret&_count=0&_totalMethod=count")["total"] > 0, "no total")


@demand("R123", "a total asked for")
def _(w):
    expect(found(w, "Observation?patient=margaret&_total=accurate")["total"] > 0, "no total")


@demand("R124", "an order")
def _(w):
    labs = matches(found(w, "Observation?patient=margaret&category=laboratory&_sort=-date&_count=500"))
    times = [r["effectiveDateTime"][:10] for r in labs]
    expect(times == sorted(times, reverse=True), "out of order")


@demand("R125", "what a match refers to")
def _(w):
    told = found(w, "Encounter?patient=margaret&_include=Encounter:participant")
    modes = {e["search"]["mode"] for e in told["entry"]}
    expect("include" in modes, "nothing was included")


@demand("R126", "Provenance of a match, for the patient")
def _(w):
    body = {
        "resourceType": "Provenance", "target": [{"reference": VISIBLE}],
        "recorded": "2026-11-01T00:00:00Z", "agent": [{"who": {"reference": DOCTOR}}],
    }
    status(w.doctor.ask("POST", "Provenance", body), 201)
    target = f"Condition?patient=margaret&_id={VISIBLE.split('/')[1]}&_revinclude=Provenance:target"

    def kinds(client):
        told = status(client.get(target), 200).json
        return [e["resource"]["resourceType"] for e in told["entry"] if e["search"]["mode"] == "include"]

    expect("Provenance" in kinds(w.margaret), "no Provenance included")
    if "Provenance" not in kinds(w.doctor):
        return "no shipped rule opens the category `audit` to who treats, so a clinician gets none"


@demand("R127", "a chain to the patient")
def _(w):
    known = w.doctor.get("Patient/margaret").json["identifier"][0]
    value = quoted(f"{known['system']}|{known['value']}")
    expect(found(w, f"Observation?patient.identifier={value}")["total"] > 0, "nothing found")


@demand("R128", "a patient by her observations")
def _(w):
    code = matches(found(w, "Observation?patient=margaret"))[0]["code"]["coding"][0]["code"]
    expect(found(w, f"Patient?_id=margaret&_has:Observation:patient:code={code}")["total"] == 1, "not found")


@demand("R129", "what was changed since")
def _(w):
    expect(found(w, "Observation?patient=margaret&_lastUpdated=gt2020-01-01")["total"] > 0, "nothing")
    expect(found(w, "Observation?patient=margaret&_lastUpdated=lt2020-01-01")["total"] == 0, "something")


def labelled(number, words, parameter, element, coding):
    @demand(number, words)
    def _(w):
        body = observation(meta={element: [coding]} if isinstance(coding, dict) else {element: coding})
        place = made(w, body)
        value = f"{coding['system']}|{coding['code']}" if isinstance(coding, dict) else coding[0]
        told = found(w, f"Observation?patient=margaret&{parameter}={quoted(value)}")
        expect(place in [f"Observation/{r['id']}" for r in matches(told)], "not found")


CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
labelled("R130", "by security label", "_security", "security", {"system": CONFIDENTIALITY, "code": "N"})
labelled("R131", "by tag", "_tag", "tag", {"system": "urn:tags", "code": "conformance"})
labelled("R132", "by profile", "_profile", "profile", ["http://example.org/StructureDefinition/pulse"])


@demand("R133", "patient and subject mean the same")
def _(w):
    one = found(w, "Observation?patient=margaret")["total"]
    expect(one == found(w, "Observation?subject=Patient/margaret")["total"] > 0, "not the same")


@demand("R134", "three ways to write a reference")
def _(w):
    ways = ["margaret", "Patient/margaret", f"{w.base}/Patient/margaret"]
    totals = {found(w, f"Observation?patient={way}")["total"] for way in ways}
    expect(len(totals) == 1 and totals != {0}, f"{totals}")


@demand("R135", "a comma that is meant as one")
def _(w):
    place = made(w, observation(identifier=[{"system": "urn:commas", "value": "a,b"}]))
    told = found(w, f"Observation?patient=margaret&identifier={quoted('urn:commas|a' + chr(92) + ',b')}")
    expect(place in [f"Observation/{r['id']}" for r in matches(told)], "not found")


@demand("R136", "a search in the patient's compartment")
def _(w):
    one = found(w, "Patient/margaret/Observation")["total"]
    expect(one == found(w, "Observation?patient=margaret")["total"] > 0, "not as a search")


@demand("R137", "a search over all types")
def _(w):
    outcome(w.doctor.get("?_type=Patient"), 404, 405)
    return "not offered, and not declared"


@demand("R138", "a search that finds nothing")
def _(w):
    told = found(w, "Observation?patient=margaret&code=none")
    expect(told["total"] == 0 and not told.get("entry"), "something")


@demand("R139", "a search in all words")
def _(w):
    answer = w.doctor.get("Observation?patient=margaret&_content=pulse")
    expect(answer.status == 400 or "_content" not in self_link(status(answer, 200).json), "neither refused nor ignored")


@demand("R140", "everything of a patient, in pages, without what is hidden")
def _(w):
    told = status(w.doctor.get("Patient/margaret/$everything?_count=20"), 200).json
    seen = [f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in told["entry"]]
    while link := next((x["url"] for x in told["link"] if x["relation"] == "next"), None):
        told = status(w.doctor.get(link), 200).json
        seen += [f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in told["entry"]]
    expect("Patient/margaret" in seen and VISIBLE in seen and HIDDEN not in seen, "not what may be seen")


# US Core: each search and combination of the matrix, with strict handling so that nothing is passed over.

VALUES = {
    "_id": "x", "identifier": "urn:x|y", "name": "whit", "family": "Whitfield", "given": "Margaret",
    "gender": "female", "birthdate": "1958-02-17", "death-date": "ge2000", "address": "Wexbury",
    "address-city": "Wexbury", "address-state": "X", "address-postalcode": "1", "patient": "margaret",
    "practitioner": DOCTOR, "location": "Location/x", "encounter": "Encounter/x", "questionnaire": "http://q.example/1",
}
KINDS = {"date": "ge2000-01-01", "token": "http://loinc.org|x,y", "string": "x", "reference": "Patient/margaret"}
DATES = {
    "date", "onset-date", "abatement-date", "recorded-date", "asserted-date", "period", "target-date",
    "authored", "authoredon",
}


def value(name):
    return VALUES.get(name) or (KINDS["date"] if name in DATES else "x")


def us_core():
    with MATRIX.open() as file:
        for row in csv.DictReader(file):
            if row["kind"] in ("search", "search-combination") and row["resource"]:
                yield row["resource"], row["expectation"], row["name"].split("+")


@demand("R141", "every search and combination that US Core names")
def _(w):
    problems, asked = {"SHALL": [], "SHOULD": [], "MAY": []}, 0
    form = {"Content-Type": "application/x-www-form-urlencoded", "Prefer": "handling=strict"}
    for kind, expectation, names in us_core():
        if kind == "Patient" and not {"_id", "identifier"} & set(names) and names == ["gender"]:
            continue
        own = [] if "patient" in names or kind in ("Patient", "Practitioner", "Organization", "Location", "PractitionerRole") or names == ["_id"] else ["patient"]
        query = "&".join(f"{n}={quoted(value(n))}" for n in own + names)
        for answer in [
            w.doctor.get(f"{kind}?{query}", headers={"Prefer": "handling=strict"}),
            w.doctor.ask("POST", f"{kind}/_search", query, headers=form),
        ]:
            asked += 1
            if answer.status != 200:
                problems[expectation].append(f"{kind}?{'&'.join(own + names)} {answer.status}")
            elif any(p != "Patient/margaret" for p in subjects(answer.json)):
                problems["SHALL"].append(f"{kind} finds another patient's")
    expect(not problems["SHALL"], "SHALL: " + "; ".join(sorted(set(problems["SHALL"]))))
    rest = sorted(set(problems["SHOULD"] + problems["MAY"]))
    return f"{asked} requests" + (f"; not evaluated, all of them optional: {'; '.join(rest)}" if rest else "")


def subjects(told):
    for entry in told.get("entry", []):
        for name in ("subject", "patient", "beneficiary"):
            reference = entry["resource"].get(name, {})
            if isinstance(reference, dict) and reference.get("reference", "").startswith("Patient/"):
                yield reference["reference"]


@demand("R142", "US Core's requests without a token")
def _(w):
    for kind in sorted({kind for kind, _, _ in us_core()}):
        outcome(w.fhir("GET", f"{kind}?patient=margaret"), 401)
