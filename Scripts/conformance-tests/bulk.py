"""R143 to R171: Bulk Data."""

import json
import time

from demands import demand, elsewhere, expect, outcome, status, until
from rest import DOCTOR, made, observation, patient
from world import FHIR, HIDDEN, VISIBLE

ASYNC = {"Prefer": "respond-async", "Accept": FHIR}
NDJSON = {"Accept": "application/fhir+ndjson"}


def group(w, *members):
    return made(
        w,
        {
            "resourceType": "Group", "type": "person", "actual": True,
            "member": [{"entity": {"reference": m}} for m in members],
        },
    )


def own_group(w):
    """One Group with two of the doctor's patients; made once."""
    if not hasattr(w, "group"):
        w.second = made(w, patient())
        made(w, observation(w.second))
        w.group = group(w, "Patient/margaret", w.second)
    return w.group


def kick_off(w, target, client=None, **more):
    answer = status((client or w.doctor).get(target, headers=ASYNC, **more), 202)
    expect(answer.headers["content-location"].startswith(w.base), "no absolute Content-Location")
    return answer.headers["content-location"]


def manifest(w, place, client=None):
    def holds():
        answer = status((client or w.doctor).get(place), 200, 202)
        return answer if answer.status == 200 else None

    return until(holds)


def cancel(w, place):
    w.doctor.ask("DELETE", place)


def lines(w, told, client=None):
    found = []
    for file in told["output"]:
        answer = status((client or w.doctor).get(file["url"], headers=NDJSON), 200)
        found += [(file["type"], json.loads(line)) for line in answer.text.splitlines()]
    return found


def export(w, target, client=None):
    """A whole export: the lines of all its files; the job is ended."""
    place = kick_off(w, target, client)
    told = manifest(w, place, client).json
    found = lines(w, told, client)
    (client or w.doctor).ask("DELETE", place)
    return told, found


@demand("R143", "an export is begun")
def _(w):
    cancel(w, kick_off(w, f"{own_group(w)}/$export"))


@demand("R144", "an export that wants its answer at once")
def _(w):
    outcome(w.doctor.get(f"{own_group(w)}/$export"), 400)


@demand("R145", "an export without a token")
def _(w):
    outcome(w.fhir("GET", "Group/x/$export", headers=ASYNC), 401)


@demand("R146", "an export of more than the token is for")
def _(w):
    scope = "system/Patient.rs system/Group.rs"
    outcome(w.doctor.get(f"{own_group(w)}/$export?_type=Observation", scope=scope, headers=ASYNC), 403)


@demand("R147", "how far an export is")
def _(w):
    place = kick_off(w, "Patient/$export")
    answer = w.doctor.get(place)
    cancel(w, place)
    if answer.status == 200:
        return "it was ready at the first question"
    status(answer, 202)
    expect(len(answer.headers["x-progress"]) <= 100 and answer.headers["retry-after"], "fields")


@demand("R148", "a manifest")
def _(w):
    target = f"{own_group(w)}/$export"
    place = kick_off(w, target)
    answer = manifest(w, place)
    told = answer.json
    expect(answer.headers["content-type"].startswith("application/json"), "not JSON")
    expect(told["requiresAccessToken"] is True and told["request"] == f"{w.base}/{target}", "members")
    expect(told["transactionTime"] and isinstance(told["error"], list) and told["output"], "members")
    expect("expires" in answer.headers, "no Expires")
    cancel(w, place)


@demand("R149", "a file without a token")
def _(w):
    place = kick_off(w, f"{own_group(w)}/$export")
    outcome(w.fhir("GET", manifest(w, place).json["output"][0]["url"], headers=NDJSON), 401)
    cancel(w, place)


@demand("R150", "files: one resource a line, of the type and number told")
def _(w):
    place = kick_off(w, f"{own_group(w)}/$export")
    told = manifest(w, place).json
    for file in told["output"]:
        answer = status(w.doctor.get(file["url"], headers=NDJSON), 200)
        expect(answer.headers["content-type"].startswith("application/fhir+ndjson"), "media type")
        kinds = [json.loads(line)["resourceType"] for line in answer.text.splitlines()]
        expect(set(kinds) == {file["type"]} and len(kinds) == file["count"], "other lines than told")
    cancel(w, place)


@demand("R151", "two types only")
def _(w):
    told, found = export(w, f"{own_group(w)}/$export?_type=Patient,Condition")
    expect({kind for kind, _ in found} == {"Patient", "Condition"}, "other types")


def refused(number, words, query):
    @demand(number, words)
    def _(w):
        outcome(w.doctor.get(f"{own_group(w)}/$export?{query}", headers=ASYNC), 400)


refused("R152", "a type that is not there", "_type=Foo")
refused("R154", "a time that is none", "_since=yesterday")
refused("R156", "another format", "_outputFormat=text/csv")


@demand("R153", "what was changed since")
def _(w):
    told, found = export(w, f"{own_group(w)}/$export?_since=2020-01-01T00:00:00Z")
    expect(found, "nothing")
    told, found = export(w, f"{own_group(w)}/$export?_since=2200-01-01T00:00:00Z")
    expect(not found, "something of the future")


@demand("R155", "three names of NDJSON")
def _(w):
    for name in ["application/fhir%2Bndjson", "application/ndjson", "ndjson"]:
        cancel(w, kick_off(w, f"{own_group(w)}/$export?_outputFormat={name}"))


@demand("R157", "filters by a search, and elements")
def _(w):
    query = "_type=Observation&_typeFilter=Observation%3Fstatus%3Damended"
    answer = w.doctor.get(f"{own_group(w)}/$export?{query}", headers=ASYNC)
    words = "`_typeFilter` refused"
    if answer.status == 202:
        place = answer.headers["content-location"]
        found = lines(w, manifest(w, place).json)
        expect(all(r["status"] == "amended" for _, r in found), "the filter was not kept to")
        cancel(w, place)
        words = "`_typeFilter` is honoured"
    else:
        outcome(answer, 400)
    query = "_type=Observation&_elements=Observation.code"
    told, found = export(w, f"{own_group(w)}/$export?{query}")
    mandatory = {"resourceType", "id", "meta", "status", "code"}
    for _, resource in found:
        expect(set(resource) <= mandatory, "elements that were not asked for")
        tags = [tag["code"] for tag in resource["meta"]["tag"]]
        expect("SUBSETTED" in tags, "shortened and not marked")
    expect(found, "nothing")
    return f"{words}; `_elements` is honoured"


@demand("R158", "an export ended by its client")
def _(w):
    status(w.doctor.ask("DELETE", kick_off(w, f"{own_group(w)}/$export")), 202)


@demand("R159", "the status of an ended export")
def _(w):
    place = kick_off(w, f"{own_group(w)}/$export")
    cancel(w, place)
    outcome(w.doctor.get(place), 404)


@demand("R160", "the status of another client's export")
def _(w):
    place = kick_off(w, f"{own_group(w)}/$export")
    outcome(w.reader.get(place), 403, 404)
    cancel(w, place)


@demand("R161", "an export of all patients")
def _(w):
    told, found = export(w, "Patient/$export?_type=Patient")
    expect("margaret" in [r["id"] for _, r in found], "Margaret is not in it")


@demand("R162", "an export of the system")
def _(w):
    told, found = export(w, "$export?_type=Patient,Organization")
    expect({kind for kind, _ in found} == {"Patient", "Organization"}, "types")


@demand("R163", "an export begun by POST")
def _(w):
    answer = w.doctor.ask("POST", f"{own_group(w)}/$export", {"resourceType": "Parameters"}, headers=ASYNC)
    if answer.status == 202:
        return cancel(w, answer.headers["content-location"])
    outcome(answer, 404, 405)
    return "not offered, and not declared"


@demand("R164", "an export of a Group that is not there")
def _(w):
    outcome(w.doctor.get("Group/nope/$export", headers=ASYNC), 404)


@demand("R165", "too many exports")
def _(w):
    places = []
    for _ in range(20):
        answer = w.doctor.get("Patient/$export", headers=ASYNC)
        if answer.status != 202:
            break
        places.append(answer.headers["content-location"])
    for place in places:
        cancel(w, place)
    expect(answer.status == 429 and answer.headers["retry-after"], f"status {answer.status}")
    return f"after {len(places)}"


@demand("R166", "all members of a Group")
def _(w):
    told, found = export(w, f"{own_group(w)}/$export?_type=Patient")
    expect({f"Patient/{r['id']}" for _, r in found} == {"Patient/margaret", w.second}, "not both")


@demand("R167", "a member who forbids it")
def _(w):
    own_group(w)
    w.block(w.second, w.principal("patient", "second", "--fhir", w.second))
    told, found = export(w, "Patient/$export?_type=Patient")
    expect(w.second.split("/")[1] not in [r["id"] for _, r in found], "exported")
    expect(w.second.split("/")[1] not in json.dumps(told), "named in the manifest")
    return "left out without a count: a count would tell that somebody forbade it"


@demand("R168", "what is hidden, in an export")
def _(w):
    told, found = export(w, "Patient/$export?_type=DocumentReference")
    expect(found and HIDDEN.split("/")[1] not in [r["id"] for _, r in found], "the process note is exported")


@demand("R169", "a permission that ends between kick-off and download")
def _(w):
    place = kick_off(w, "Patient/$export?_type=Condition")
    files = manifest(w, place).json["output"]
    given = w.consent("margaret-daughter")["provision"]
    actor = [given["actor"][0] | {"reference": {"reference": DOCTOR}}]
    purpose = [given["purpose"][0] | {"code": "TREAT"}]
    kinds = [given["class"][0] | {"code": "Condition"}]
    deny = given | {"type": "deny", "actor": actor, "purpose": purpose, "class": kinds}
    status(w.margaret.ask("POST", "Consent", w.consent("margaret-daughter", provision=deny)), 201)
    answers = [w.doctor.get(file["url"], headers=NDJSON) for file in files]
    cancel(w, place)
    w.withdraw_all()
    expect(all(VISIBLE.split("/")[1] not in a.text for a in answers), "it left")
    expect(any(a.status == 410 for a in answers), "no file is refused")


elsewhere(
    "R170", "a patient erased between kick-off and download",
    "two persons erase, at a command line, and here that ends the server and its exports; `ExportTests` has it",
)


@demand("R171", "what was deleted since")
def _(w):
    place = made(w, observation())
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))
    time.sleep(1.1)
    status(w.doctor.ask("DELETE", place), 204)
    job = kick_off(w, f"Patient/$export?_since={since}")
    told = manifest(w, job).json
    expect(told["deleted"], "no deletions")
    texts = [w.doctor.get(file["url"], headers=NDJSON).text for file in told["deleted"]]
    expect(any(place in text for text in texts), "not this one")
    cancel(w, job)
