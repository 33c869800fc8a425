"""Subscribes at a running server as an app would, with an address of this machine, and says what it was told.

Usage: subscriptions.py DIR, with DIR/serve.json of a server that may notify loopback, DIR/private.pem and DIR/hook.port
"""

import http.server
import json
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from smart_token import token

work = Path(sys.argv[1])
base = json.loads((work / "serve.json").read_text())["url"]
bearer = token(base.removesuffix("/fhir"), "okafor-app", (work / "private.pem").read_text())
extensions = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
told, refusing, failures = [], threading.Event(), []


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not refusing.is_set():
            told.append((dict(self.headers), json.loads(body)))
        self.send_response(503 if refusing.is_set() else 200)
        self.end_headers()

    def log_message(self, *_):
        pass


def check(name, holds):
    print(f"{'ok  ' if holds else 'FAIL'} {name}", flush=True)
    if not holds:
        failures.append(name)


def ask(method, path, body=None):
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/fhir+json"}
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(f"{base}/{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else {}
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def until(count, seconds=30):
    end = time.time() + seconds
    while len(told) < count and time.time() < end:
        time.sleep(0.05)
    return len(told) >= count


def status(notification, name):
    for parameter in notification["entry"][0]["resource"]["parameter"]:
        if parameter["name"] == name:
            return parameter.get("valueCode") or parameter.get("valueString")


def focuses(notification):
    parts = [p["part"] for p in notification["entry"][0]["resource"]["parameter"] if "part" in p]
    return [x["valueReference"]["reference"] for part in parts for x in part if x["name"] == "focus"]


def observation():
    code, made = ask(
        "POST",
        "Observation",
        {
            "resourceType": "Observation", "status": "final", "code": {"text": "pulse of 72"},
            "subject": {"reference": "Patient/margaret"},
        },
    )
    assert code == 201, made
    return f"{base}/Observation/{made['id']}"


port = int((work / "hook.port").read_text())
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Hook)
threading.Thread(target=server.serve_forever, daemon=True).start()

subscription = {
    "resourceType": "Subscription", "status": "requested", "reason": "new results",
    "criteria": "urn:patientvault:topic:visible-change",
    "_criteria": {
        "extension": [
            {"url": f"{extensions}/backport-filter-criteria", "valueString": "Observation?patient=Patient/margaret"}
        ]
    },
    "channel": {
        "type": "rest-hook", "endpoint": f"http://127.0.0.1:{port}/hook",
        "header": ["Authorization: Bearer of-the-app"], "payload": "application/fhir+json",
        "_payload": {"extension": [{"url": f"{extensions}/backport-payload-content", "valueCode": "id-only"}]},
    },
}
elsewhere = json.loads(json.dumps(subscription))
elsewhere["channel"]["endpoint"] = "https://elsewhere.example/hook"
check("an address that the client is not registered with is refused", ask("POST", "Subscription", elsewhere)[0] == 403)
code, made = ask("POST", "Subscription", subscription)
check("a subscription is made", code == 201)
check("the address is asked first", until(1) and status(told[0][1], "type") == "handshake")
begin = time.time()
place = observation()
check(f"a new record is told ({time.time() - begin:.1f} s)", until(2) and focuses(told[1][1]) == [place])
check("by its id alone, with the app's own header", "pulse" not in json.dumps(told[1][1]) and told[1][0]["Authorization"] == "Bearer of-the-app")
refusing.set()
missed = observation()
time.sleep(3)
refusing.clear()
check("what was refused is told later", until(3) and focuses(told[2][1]) == [missed])
check("it is counted", status(told[2][1], "events-since-subscription-start") == "2")
code, events = ask("GET", f"Subscription/{made['id']}/$events?eventsSinceNumber=1")
check("all of it can be asked for again", code == 200 and focuses(events) == [place, missed])
check("it ends when its client ends it", ask("DELETE", f"Subscription/{made['id']}")[0] == 204)
count = len(told)
observation()
time.sleep(3)
check("nothing is told after that", len(told) == count)

sys.exit(1 if failures else 0)
