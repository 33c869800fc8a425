"""Asks a running server as real clients do, and says what they made of it.

Usage: run.py DIR, with DIR/serve.json, DIR/private.pem
"""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import fhirkit
from fhirclient import client as smart
from fhirclient.models import condition, observation, patient
from fhirpy import SyncFHIRClient
from sekmet.bulk.client import bulk_export
from sekmet.client.peer import PeerClient
from sekmet.config import Peer, PeerAuth

from smart_token import token

work = Path(sys.argv[1])
base = json.loads((work / "serve.json").read_text())["url"]
origin = base.removesuffix("/fhir")
bearer = token(origin, "okafor-app", (work / "private.pem").read_text())
failures = []


def check(name, holds):
    print(f"{'ok  ' if holds else 'FAIL'} {name}", flush=True)
    if not holds:
        failures.append(name)


def made_group(patient):
    return {
        "type": "person",
        "actual": True,
        "member": [{"entity": {"reference": f"Patient/{patient}"}}],
    }


def get(path):
    request = urllib.request.Request(f"{base}/{path}", headers={"Authorization": f"Bearer {bearer}"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


# fhirclient, SMART's own: reads the oauth-uris of /metadata and parses every resource strictly.
app = smart.FHIRClient(settings={"app_id": "okafor-app", "api_base": base})
app.server.session.headers["Authorization"] = f"Bearer {bearer}"
app.prepare()
margaret = patient.Patient.read("margaret", app.server)
check("fhirclient reads a Patient", margaret.name[0].family == "Whitfield")
found = condition.Condition.where({"patient": "margaret"}).perform_resources(app.server)
check(f"fhirclient searches Conditions ({len(found)})", len(found) >= 5)
found = observation.Observation.where(
    {"patient": "margaret", "category": "laboratory", "_count": "3"}
).perform_resources_iter(app.server)
labs = list(found)
check(f"fhirclient follows pages of Observations ({len(labs)})", len(labs) > 6)

# fhirpy: counts with _totalMethod, saves with plain JSON, fetches all pages.
pyclient = SyncFHIRClient(base, authorization=f"Bearer {bearer}")
query = pyclient.resources("Observation").search(patient="margaret")
count = query.count()
everything = query.limit(4).fetch_all()
check(f"fhirpy counts and fetches all ({count})", count == len(everything) > 6)
made = pyclient.resource(
    "Observation",
    status="final",
    code={"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
    category=[
        {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                    "code": "vital-signs",
                }
            ]
        }
    ],
    subject={"reference": "Patient/margaret"},
    valueQuantity={"value": 72, "unit": "/min"},
)
made.save()
check("fhirpy creates", made.id is not None)
made["status"] = "amended"
made.save()
again = pyclient.reference("Observation", made.id).to_resource()
check("fhirpy updates and reads again", again["status"] == "amended")
made.delete()
try:
    get(f"Observation/{made.id}")
    check("a deleted resource is gone", False)
except urllib.error.HTTPError as error:
    check("a deleted resource is gone", error.code == 410)

# fhirkit-rs, an independent validator: every resource that the server gave.
problems = []
for path in ["metadata", "Patient/margaret/$everything", "Condition?patient=margaret"]:
    body = get(path)
    for resource in [entry["resource"] for entry in body.get("entry", [])] or [body]:
        report = fhirkit.validate(json.dumps(resource))
        errors = [issue for issue in report if "error" in str(issue).lower()]
        problems += [f"{resource['resourceType']}/{resource.get('id')}: {e}" for e in errors[:1]]
for problem in problems[:5]:
    print(f"     {problem}")
check("fhirkit-rs finds no error", not problems)

# sekmet-fhir: finds the token endpoint, signs its own assertion, and exports as a Bulk Data client does.
peer = PeerClient(
    "vault",
    Peer(
        base_url=base,
        auth=PeerAuth(
            type="smart",
            client_id="okafor-app",
            private_key_path=str(work / "private.pem"),
            kid="okafor-app-1",
            alg="ES384",
            scope="system/*.rs",
        ),
    ),
)
metadata = peer.request("GET", "metadata")
check("sekmet-fhir finds the token endpoint and is let in", metadata.status == 200)
read = peer.request("GET", "Patient/margaret")
check("sekmet-fhir reads with its own assertion", read.status == 200)
for level, group in [("system", None), ("patient", None), ("group", "margarets")]:
    if group:
        made = peer.request(
            "POST",
            "Group",
            body={"resourceType": "Group", **made_group("margaret")},
        )
        # Its token is for reading: the group is made with the other one.
        check("sekmet-fhir's token does not write", made.status == 403)
        group = pyclient.resource("Group", **made_group(margaret.id))
        group.save()
        group = group.id
    export = bulk_export(peer, level=level, group=group, max_poll_interval=0.2)
    for problem in export["errors"] + [i for f in export["files"] for i in f["issues"]]:
        print(f"     {problem}")
    check(
        f"sekmet-fhir exports {level}: {len(export['files'])} files, "
        f"{export['total_resources']} resources, every line valid",
        bool(export["all_valid"]) and export["total_resources"] > 20,
    )

# schemathesis: thousands of odd requests by the OpenAPI description.
run = subprocess.run(
    [
        str(Path(sys.executable).parent / "schemathesis"), "run", f"{origin}/openapi.json",
        "--url", origin, "--header", f"Authorization: Bearer {bearer}", "--max-examples", "20",
        "--checks", "not_a_server_error,status_code_conformance,content_type_conformance",
    ],
    capture_output=True,
    text=True,
    env=os.environ | {"SCHEMATHESIS_HOOKS": str(Path(__file__).parent / "schemathesis_hooks.py")},
)
print("\n".join("     " + line for line in run.stdout.splitlines()[-25:]))
check("schemathesis finds no failure", run.returncode == 0)

sys.exit(1 if failures else 0)
