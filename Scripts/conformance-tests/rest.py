"""R054 to R105: the interactions of FHIR REST."""

import json
import time
import uuid

from demands import NotApplicable, demand, elsewhere, expect, outcome, status
from world import FHIR, VISIBLE

DOCTOR = "Practitioner/prac-us-okafor"


def patient(**more):
    """A new patient whom the doctor of the examples treats, so that the writer may read it again."""
    return {
        "resourceType": "Patient", "name": [{"family": "Conform"}], "gender": "female",
        "generalPractitioner": [{"reference": DOCTOR}],
    } | more


def observation(subject="Patient/margaret", **more):
    return {
        "resourceType": "Observation", "status": "final", "subject": {"reference": subject},
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "valueQuantity": {"value": 72, "unit": "/min"},
    } | more


def made(w, resource):
    """Stores a resource and answers its address below the base.

    Patients are a registrar's to make: who treats whom is a fact only where one of those states it.
    """
    client = w.registrar if resource["resourceType"] == "Patient" else w.doctor
    answer = status(client.ask("POST", resource["resourceType"], resource), 201)
    return answer.headers["location"].removeprefix(f"{w.base}/").split("/_history")[0]


@demand("R054", "a patient stored: place, tag and time")
def _(w):
    answer = status(w.doctor.ask("POST", "Patient", patient()), 201)
    expect(answer.headers["location"].startswith(f"{w.base}/Patient/"), "Location")
    expect(answer.headers["location"].endswith("/_history/1"), "no version in Location")
    expect(answer.headers["etag"] == 'W/"1"' and "last-modified" in answer.headers, "ETag or Last-Modified")


@demand("R055", "an id that the client chose, at a POST")
def _(w):
    expect(made(w, patient(id="mine")) != "Patient/mine", "the client's id was taken")


@demand("R056", "a read with version and time")
def _(w):
    answer = status(w.doctor.get("Patient/margaret"), 200)
    expect("etag" in answer.headers and "last-modified" in answer.headers, "ETag or Last-Modified")
    expect(answer.json["meta"]["versionId"], "no versionId")


@demand("R057", "the first version")
def _(w):
    status(w.doctor.get("Patient/margaret/_history/1"), 200)


@demand("R058", "a read of what was deleted (an Observation: patients are erased, not deleted)")
def _(w):
    place = made(w, observation())
    status(w.doctor.ask("DELETE", place), 204)
    outcome(w.doctor.get(place), 410)


@demand("R059", "a read of what never was")
def _(w):
    outcome(w.doctor.get("Patient/nope"), 404)


@demand("R060", "an id of another type")
def _(w):
    outcome(w.doctor.get("Observation/margaret"), 404)


@demand("R061", "a read of what the client has")
def _(w):
    tag = w.doctor.get("Patient/margaret").headers["etag"]
    status(w.doctor.get("Patient/margaret", headers={"If-None-Match": tag}), 304)


@demand("R062", "a new version")
def _(w):
    place = made(w, patient())
    body = patient(id=place.split("/")[1], gender="male")
    answer = status(w.doctor.ask("PUT", place, body), 200)
    expect(answer.headers["etag"] == 'W/"2"', "not version 2")


def change(number, words, *wanted):
    """A PUT of a new patient that `wanted` says of."""

    def keep(function):
        @demand(number, words)
        def _(w):
            place = made(w, patient())
            outcome_or = function(w, place, patient(id=place.split("/")[1], gender="male"))
            status(outcome_or, *wanted)

        return _

    return keep


@change("R063", "another id in the body", 400)
def _(w, place, body):
    return w.doctor.ask("PUT", place, body | {"id": "b"})


@change("R064", "another type in the body", 400)
def _(w, place, body):
    return w.doctor.ask("PUT", place, observation(id=body["id"]))


@change("R065", "a change of the version that stands", 200)
def _(w, place, body):
    return w.doctor.ask("PUT", place, body, headers={"If-Match": 'W/"1"'})


@change("R066", "a change of a version that stands no more", 412)
def _(w, place, body):
    return w.doctor.ask("PUT", place, body, headers={"If-Match": 'W/"9"'})


@demand("R067", "a PUT where nothing is, as updateCreate declares")
def _(w):
    types = w.fhir("GET", "metadata").json["rest"][0]["resource"]
    declared = next(r for r in types if r["type"] == "Patient")["updateCreate"]
    answer = w.doctor.ask("PUT", "Patient/new-id", patient(id="new-id"))
    outcome(answer, 405) if not declared else status(answer, 201)


@demand("R068", "a JSON Patch")
def _(w):
    patch = [{"op": "replace", "path": "/gender", "value": "male"}]
    headers = {"Content-Type": "application/json-patch+json"}
    status(w.doctor.ask("PATCH", made(w, patient()), patch, headers=headers), 200)


@demand("R069", "a merge body in place of a patch")
def _(w):
    headers = {"Content-Type": "application/json"}
    outcome(w.doctor.ask("PATCH", made(w, patient()), {"gender": "male"}, headers=headers), 415)


@demand("R070", "a deletion")
def _(w):
    status(w.doctor.ask("DELETE", made(w, observation())), 204)


@demand("R071", "the same deletion again")
def _(w):
    place = made(w, observation())
    w.doctor.ask("DELETE", place)
    status(w.doctor.ask("DELETE", place), 200, 204, 404)


def history(w, place, *methods):
    told = status(w.doctor.get(f"{place}/_history"), 200).json
    expect(told["type"] == "history", "no history")
    expect([e["request"]["method"] for e in told["entry"]] == list(methods), "other entries")
    expect(all("response" in e for e in told["entry"]), "entries without a response")


@demand("R072", "a history, newest first")
def _(w):
    place = made(w, patient())
    w.doctor.ask("PUT", place, patient(id=place.split("/")[1], gender="male"))
    history(w, place, "PUT", "POST")


@demand("R073", "a history with a deletion")
def _(w):
    place = made(w, observation())
    w.doctor.ask("DELETE", place)
    history(w, place, "DELETE", "POST")


def named():
    return {"identifier": [{"system": "urn:conformance", "value": str(uuid.uuid4())}]}


def condition(body):
    return f"patient=margaret&identifier=urn:conformance%7C{body['identifier'][0]['value']}"


@demand("R074", "a conditional create that meets nothing")
def _(w):
    body = observation(**named())
    status(w.doctor.ask("POST", "Observation", body, headers={"If-None-Exist": condition(body)}), 201)


@demand("R075", "a conditional create that meets one")
def _(w):
    body = observation(**named())
    place = made(w, body)
    answer = w.doctor.ask("POST", "Observation", body, headers={"If-None-Exist": condition(body)})
    expect(status(answer, 200).json["id"] == place.split("/")[1], "another one")


@demand("R076", "a conditional create that meets two")
def _(w):
    body = observation(**named())
    made(w, body), made(w, body)
    answer = w.doctor.ask("POST", "Observation", body, headers={"If-None-Exist": condition(body)})
    outcome(answer, 412)


@demand("R077", "a conditional update of none, one and two")
def _(w):
    body = observation(**named())
    target = f"Observation?{condition(body)}"
    status(w.doctor.ask("PUT", target, body), 201)
    status(w.doctor.ask("PUT", target, body), 200)
    made(w, body)
    outcome(w.doctor.ask("PUT", target, body), 412)


@demand("R078", "a conditional deletion of one and of two")
def _(w):
    body = observation(**named())
    made(w, body)
    status(w.doctor.ask("DELETE", f"Observation?{condition(body)}"), 204)
    made(w, body), made(w, body)
    outcome(w.doctor.ask("DELETE", f"Observation?{condition(body)}"), 412)


def badly(number, words, target, body, *wanted, **headers):
    @demand(number, words)
    def _(w):
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        sent = {"Content-Type": headers.get("media", FHIR)}
        outcome(w.doctor.ask("POST", target, text, headers=sent), *wanted)


badly("R079", "a body that breaks off", "Patient", "{", 400)
badly("R080", "a body that is no object", "Patient", "[]", 400)
badly("R081", "an Observation sent to Patient", "Patient", observation(), 400)
badly("R083", "a date that is none", "Patient", patient(birthDate="2020-13-40"), 400, 422)
badly("R084", "a required element left out", "Observation", observation() | {"status": None}, 400, 422)
badly("R085", "a code that is not of its set", "Observation", observation(status="done"), 422)
badly("R086", "a key twice", "Patient", '{"resourceType":"Patient","gender":"male","gender":"female"}', 400)
deep = '{"extension":[' * 10_000 + "{}" + "]}" * 10_000
badly("R087", "ten thousand levels", "Patient", '{"resourceType":"Patient","extension":[' + deep + "]}", 400, 413)
badly("R089", "another media type", "Patient", "x", 415, media="text/plain")


@demand("R082", "an element that FHIR does not have")
def _(w):
    answer = outcome(w.doctor.ask("POST", "Patient", patient(foo=1)), 400, 422)
    expect("Patient.foo" in answer.text, "its place is not told")


@demand("R088", "a body over the limit")
def _(w):
    body = json.dumps(patient(text={"status": "generated", "div": "x" * (17 << 20)}))
    try:
        outcome(w.doctor.ask("POST", "Patient", body), 413)
    except (BrokenPipeError, ConnectionResetError):
        return "refused by its length, before the body was sent"


@demand("R090", "a method that is not FHIR's")
def _(w):
    outcome(w.doctor.ask("TRACE", "Patient/margaret"), 405)


@demand("R091", "a type that FHIR does not have")
def _(w):
    outcome(w.doctor.get("Foo"), 404)


@demand("R092", "an operation that is not there")
def _(w):
    outcome(w.doctor.get("Patient/$foo"), 404, 400, 501)


@demand("R093", "a create that wants nothing back")
def _(w):
    answer = w.doctor.ask("POST", "Patient", patient(), headers={"Prefer": "return=minimal"})
    expect(not status(answer, 201).body, "a body came back")


@demand("R094", "a create that wants an outcome back")
def _(w):
    headers = {"Prefer": "return=OperationOutcome"}
    outcome(w.doctor.ask("POST", "Patient", patient(), headers=headers), 201)


@demand("R095", "the head of a read")
def _(w):
    read, head = w.doctor.get(VISIBLE), w.doctor.ask("HEAD", VISIBLE)
    expect(status(head, 200).body == b"", "a body came")
    kept = [n for n in read.headers if n not in ("date", "x-request-id")]
    expect({n: head.headers.get(n) for n in kept} == {n: read.headers[n] for n in kept}, "other fields")


@demand("R096", "compression asked for")
def _(w):
    answer = w.doctor.get("Patient/margaret", headers={"Accept-Encoding": "gzip"})
    coding = status(answer, 200).headers.get("content-encoding", "identity")
    expect(coding in ("gzip", "identity"), f"coding {coding}")
    return f"{coding}: what two secrets compress to would tell of both"


@demand("R097", "indented JSON")
def _(w):
    text = status(w.doctor.get("Patient/margaret?_pretty=true"), 200).text
    expect("\n  " in text, "not indented")


def subsetted(answer):
    resource = answer.json["entry"][0]["resource"]
    tags = [t["code"] for t in resource.get("meta", {}).get("tag", [])]
    expect("SUBSETTED" in tags, "no SUBSETTED tag")
    return resource


@demand("R098", "summaries")
def _(w):
    subsetted(status(w.doctor.get("Observation?patient=margaret&_summary=true"), 200))


@demand("R099", "some elements only")
def _(w):
    found = subsetted(status(w.doctor.get("Observation?patient=margaret&_elements=id,code"), 200))
    expect("status" in found and "valueQuantity" not in found, "mandatory ones lost, or others kept")


def bundle(kind, *entries):
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def entry(method, url, resource=None, full=None):
    made = {"request": {"method": method, "url": url}}
    if resource:
        made["resource"] = resource
    if full:
        made["fullUrl"] = full
    return made


@demand("R100", "a transaction with references inside")
def _(w):
    name = f"urn:uuid:{uuid.uuid4()}"
    answer = w.registrar.ask(
        "POST", "",
        bundle(
            "transaction", entry("POST", "Patient", patient(), name),
            entry("POST", "Observation", observation(name)),
        ),
    )
    told = status(answer, 200).json
    expect(told["type"] == "transaction-response" and len(told["entry"]) == 2, "another answer")
    places = [e["response"]["location"].removeprefix(f"{w.base}/").split("/_h")[0] for e in told["entry"]]
    stored = status(w.doctor.get(places[1]), 200).json
    expect(stored["subject"]["reference"] == places[0], "the reference was not followed")


@demand("R101", "a transaction with one bad entry")
def _(w):
    body = observation(**named())
    answer = w.doctor.ask(
        "POST", "",
        bundle("transaction", entry("POST", "Observation", body), entry("POST", "Observation", {"resourceType": "Observation"})),
    )
    expect(400 <= answer.status < 500, f"status {answer.status}")
    expect(w.doctor.get(f"Observation?{condition(body)}").json["total"] == 0, "something was stored")


@demand("R102", "a transaction with a conditional reference")
def _(w):
    body = observation(performer=[{"reference": "Practitioner?identifier=urn:none|x"}])
    answer = w.doctor.ask("POST", "", bundle("transaction", entry("POST", "Observation", body)))
    outcome(answer, 412)
    there = status(w.doctor.get(DOCTOR), 200).json["identifier"][0]
    body["performer"] = [{"reference": f"Practitioner?identifier={there['system']}|{there['value']}"}]
    answer = w.doctor.ask("POST", "", bundle("transaction", entry("POST", "Observation", body)))
    place = status(answer, 200).json["entry"][0]["response"]["location"].removeprefix(f"{w.base}/")
    stored = w.doctor.get(place.split("/_h")[0]).json
    expect(stored["performer"][0]["reference"] == DOCTOR, "not resolved")


@demand("R103", "a transaction's order, whatever its entries'")
def _(w):
    place, gone = made(w, observation()), made(w, observation())
    answer = w.doctor.ask(
        "POST", "",
        bundle(
            "transaction", entry("GET", place),
            entry("PUT", place, observation(id=place.split("/")[1], status="amended")),
            entry("POST", "Observation", observation()), entry("DELETE", gone),
        ),
    )
    told = status(answer, 200).json["entry"]
    expect(told[0]["resource"]["status"] == "amended", "the read came before the update")
    expect([e["response"]["status"][:3] for e in told] == ["200", "200", "201", "204"], "statuses")


@demand("R104", "a batch with one bad entry")
def _(w):
    answer = w.doctor.ask("POST", "", bundle("batch", entry("GET", "Patient/margaret"), entry("GET", "Patient/nope")))
    told = status(answer, 200).json["entry"]
    expect([e["response"]["status"][:3] for e in told] == ["200", "404"], "statuses")


elsewhere(
    "R105", "Synthea's bundles stored whole",
    "they come in by `patientvault import`, ids and conditional references kept; `Tests/VaultTests` and the"
    " benchmarks import them",
)
