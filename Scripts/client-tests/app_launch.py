"""A patient's app from the browser to the record, against a real server: SMART's own fhirclient, and Authlib.

Usage: app_launch.py DIR PATIENTVAULT, with DIR/password, DIR/margaret.json, DIR/margaret.key and DIR/server.key; the
environment names the vault and its Guard, which runs.
"""

import atexit
import json
import subprocess
import sys
from pathlib import Path

import requests
from authlib.integrations.requests_client import OAuth2Session
from browser import Person
from fhirclient import client as smart
from fhirclient.models import condition, documentreference, medicationrequest, patient
from fhirclient.server import FHIRNotFoundException

work = Path(sys.argv[1])
pv = sys.argv[2]


def serve(port):
    """Starts the FHIR server; gives it and its address."""
    command = [pv, "--json", "serve", "--port", str(port), "--as", str(work / "server.key")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    said = ""
    while not said.rstrip().endswith("}"):
        said += process.stdout.readline()
    return process, json.loads(said)


def stop():
    server.terminate()
    server.wait()


server, place = serve(0)
atexit.register(stop)
base = place["url"]
origin = base.removesuffix("/fhir")
redirect = "http://127.0.0.1:9/back"
margaret = Person(
    "margaret",
    (work / "password").read_text().strip(),
    json.loads((work / "margaret.json").read_text())["otpauth"],
)
failures = []


def check(name, holds):
    print(f"{'ok  ' if holds else 'FAIL'} {name}", flush=True)
    if not holds:
        failures.append(name)


def misses(type, id):
    """Whether fhirclient is told that there is no such resource."""
    try:
        type.read(id, app.server)
    except FHIRNotFoundException:
        return True
    return False


def vault(*arguments):
    run = subprocess.run([pv, *arguments, "--json"], capture_output=True, text=True)
    if run.returncode != 0:
        print(run.stderr)
    return json.loads(run.stdout)


# fhirclient: finds the endpoints in /metadata, makes its own state and PKCE, checks what comes back.
app = smart.FHIRClient(
    settings={
        "app_id": "acme-app",
        "api_base": base,
        "redirect_uri": redirect,
        "scope": "launch/patient patient/*.rs offline_access",
    }
)
app.prepare()
back = margaret.answer(app.authorize_url, ["demographics", "conditions"])
check("a patient signs in with a one-time code and says yes", "code=" in back)
said = ["Acme Health", "at your own request", "laboratory results", "90 days"]
check("the page says who gets what, what for and how long", all(w in margaret.page for w in said))
app.handle_callback(back)
check("fhirclient gets a token and the patient", app.patient_id == "margaret")
name = patient.Patient.read("margaret", app.server).name[0].family
check("fhirclient reads the Patient", name == "Whitfield")
found = condition.Condition.where({"patient": "margaret"}).perform_resources(app.server)
check(f"fhirclient finds what was agreed to ({len(found)} Conditions)", len(found) >= 5)
search = medicationrequest.MedicationRequest.where({"patient": "margaret"})
found = search.perform_resources(app.server)
check("what was not agreed to is not there", not found)
hidden = "margaret-doc-therapy-process"
check("a hidden record is not there either", misses(documentreference.DocumentReference, hidden))
check("another patient is not there", misses(patient.Patient, "marit"))
first = app.server.auth.refresh_token
app.reauthorize()
check("fhirclient refreshes", app.server.auth.refresh_token != first)
again = condition.Condition.where({"patient": "margaret"}).perform_resources(app.server)
check("and reads on", len(again) >= 5)

# The command line needs the records to itself; the Guard, and with it every token, goes on.
stop()
consents = vault("consent", "list", "margaret", "--as", str(work / "margaret.key"))
own = [consent["id"] for consent in consents if consent["id"].startswith("app-")]
check("the yes stands among the patient's consents", len(own) == 1)
for consent in own:
    vault("consent", "revoke", consent, "--as", str(work / "margaret.key"))
server, place = serve(place["port"])
again = condition.Condition.where({"patient": "margaret"}).perform_resources(app.server)
check("after the withdrawal the app finds nothing", not again)
answer = requests.post(
    f"{origin}/auth/token",
    data={
        "grant_type": "refresh_token",
        "refresh_token": app.server.auth.refresh_token,
        "client_id": "acme-app",
    },
)
check(
    "and is refreshed no more",
    answer.status_code == 400 and answer.json() == {"error": "invalid_grant"},
)

# Authlib: a general OAuth client.
metadata = requests.get(f"{base}/.well-known/smart-configuration").json()
session = OAuth2Session(
    "acme-app",
    redirect_uri=redirect,
    scope="launch/patient patient/Condition.rs",
    code_challenge_method="S256",
    token_endpoint_auth_method="none",
)
verifier = "v" * 64
url, state = session.create_authorization_url(
    metadata["authorization_endpoint"], code_verifier=verifier, aud=base
)
back = margaret.answer(url, ["conditions"], language="nb")
check("the pages speak Norwegian", "Formål" in margaret.page)
token = session.fetch_token(
    metadata["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
)
check("Authlib gets a token by PKCE", token["patient"] == "margaret" and "refresh_token" not in token)
answer = session.get(f"{base}/Condition?patient=margaret")
check("Authlib reads", answer.json()["total"] >= 5)
check("a type outside the scope is refused", session.get(f"{base}/Patient/margaret").status_code == 403)
before, after = margaret.withdraw(metadata["management_endpoint"], "Acme Health")
check("the page of apps says what it may have", "<dd>conditions</dd>" in before)
check("after its withdrawal there it has the app no more", "Acme Health" not in after)
answer = session.get(f"{base}/Condition?patient=margaret")
check("and the app's next read is refused", answer.status_code == 401)
check("a no is told to the app", "error=access_denied" in margaret.answer(url, decision="deny"))

sys.exit(1 if failures else 0)
