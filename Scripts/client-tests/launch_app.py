"""A small app that a patient starts in a browser: prints an address, waits for the answer, and reads the Patient.

Usage: launch_app.py FHIR-BASE CLIENT PORT, with http://127.0.0.1:PORT/back registered for the client
"""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from fhirclient import client as smart
from fhirclient.models import condition, patient

base, client, port = sys.argv[1:]
app = smart.FHIRClient(
    settings={
        "app_id": client,
        "api_base": base,
        "redirect_uri": f"http://127.0.0.1:{port}/back",
        "scope": "launch/patient patient/*.rs offline_access",
    }
)
app.prepare()
print(f"open this in a browser:\n{app.authorize_url}", flush=True)


class Back(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"You may close this window.\n")
        self.server.answer = self.path

    def log_message(self, *_):
        pass


with HTTPServer(("127.0.0.1", int(port)), Back) as server:
    server.handle_request()
    app.handle_callback(f"http://127.0.0.1:{port}{server.answer}")
who = patient.Patient.read(app.patient_id, app.server)
conditions = condition.Condition.where({"patient": app.patient_id}).perform_resources(app.server)
print(f"{who.name[0].family}: {len(conditions)} conditions")
