"""A vault under load: Guard, FHIR server and witness as processes of their own, all of them journalled."""

import base64
import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

OBSERVATION = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
    "subject": {"reference": "Patient/margaret"},
    "effectiveDateTime": "2026-02-01T10:00:00Z",
}


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Client:
    """A program's key, by openssl, and its access tokens by SMART Backend Services."""

    def __init__(self, name, folder):
        self.name, self.key = name, f"{folder}/{name}.pem"
        subprocess.run(
            ["openssl", "ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", self.key],
            check=True,
        )
        public = subprocess.run(
            ["openssl", "ec", "-in", self.key, "-pubout", "-outform", "DER"],
            check=True,
            capture_output=True,
        ).stdout[-96:]
        key = {"kty": "EC", "crv": "P-384", "x": encoded(public[:48]), "y": encoded(public[48:])}
        key |= {"kid": f"{name}-1", "alg": "ES384", "use": "sig"}
        Path(f"{folder}/{name}.jwks").write_text(json.dumps({"keys": [key]}))

    def token(self, origin):
        claims = {"iss": self.name, "sub": self.name, "aud": f"{origin}/auth/token"}
        claims |= {"exp": int(time.time()) + 240, "jti": str(uuid.uuid4())}
        header = {"alg": "ES384", "typ": "JWT", "kid": f"{self.name}-1"}
        text = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
        der = subprocess.run(
            ["openssl", "dgst", "-sha384", "-sign", self.key],
            input=text.encode(),
            check=True,
            capture_output=True,
        ).stdout
        # DER: 30 len, 02 len r, 02 len s; the token has r and s in 48 bytes each.
        first = der[4 : 4 + der[3]]
        second = der[6 + der[3] :]
        signature = b"".join(n.lstrip(b"\0").rjust(48, b"\0") for n in (first, second))
        form = {
            "grant_type": "client_credentials",
            "scope": "system/*.cruds",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": f"{text}.{encoded(signature)}",
        }
        data = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(f"{origin}/auth/token", data) as answer:
            return json.load(answer)["access_token"]


class Workload:
    """Runs the programs and notes what was acknowledged, and when."""

    def __init__(self, program, work, library):
        self.program, self.work = program, Path(work)
        self.watched = self.work / "disk"
        self.vault = self.watched / "vault"
        self.journal = self.work / "journal"
        self.library = library
        self.environment = os.environ | {
            "PATIENTVAULT_HOME": str(self.vault),
            "PATIENTVAULT_PASSPHRASE_FILE": str(self.work / "passphrase"),
            "NO_COLOR": "1",
        }
        self.acknowledged = []  # (size of the journal, entries of the log that must be there)
        self.quiet = 0  # where the journal stood when everything was acknowledged
        self.lock = threading.Lock()
        self.failures = []
        self.counts = {}

    def run(self, *words, journalled=True, **more):
        return subprocess.run(
            [self.program, *map(str, words)],
            env=self.traced if journalled else self.environment,
            check=True,
            capture_output=True,
            text=True,
            **more,
        ).stdout

    @property
    def traced(self):
        return self.environment | {
            "LD_PRELOAD": self.library,
            "PV_WATCH": str(self.watched),
            "PV_JOURNAL": str(self.journal),
        }

    def prepare(self):
        """The vault that all images begin with; nothing of this is journalled."""
        self.watched.mkdir(parents=True)
        passphrase = self.work / "passphrase"
        passphrase.touch(0o600)
        passphrase.write_text(encoded(os.urandom(18)))
        examples = sorted(str(path) for path in Path("Examples").glob("*-*.json"))
        self.run("init", journalled=False)
        self.run("import", "Examples/directory.json", *examples, journalled=False)
        for name, kind, more in [
            ("okafor", "clinician", ["--fhir", "Practitioner/prac-us-okafor"]),
            ("office", "registrar", []),
            ("officer", "privacy-officer", []),
            ("margaret", "patient", ["--fhir", "Patient/margaret"]),
        ]:
            self.run(
                *("principal", "new", "--kind", kind, "--id", name, "--name", name, *more),
                *("--out", self.work / f"{name}.key"),
                journalled=False,
            )
        self.client = Client("app", self.work)
        self.run(
            *("client", "new", "--id", "app", "--principal", "okafor", "--purpose", "TREAT"),
            *("--keys", self.work / "app.jwks", "--scope", "system/*.cruds"),
            journalled=False,
        )
        status = json.loads(self.run("keys", "status", "--json", journalled=False))
        self.log_key = status["publicKey"]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        witness = self.start_witness(journalled=False)
        key = (self.watched / "witness" / "witness.pub").read_text().strip()
        Path(f"{self.vault}.witnesses").write_text(f"{key} http://{self.address}\n")
        self.run("audit", "cosign", journalled=False)
        self.stop(witness)

    # What was acknowledged.

    def entries(self):
        """Entries that the log's readers see: SQLite shows them only once they are flushed."""
        path = f"file:{self.vault}/guard.sqlite"
        mode = "mode=ro" if os.path.exists(f"{self.vault}/guard.sqlite-wal") else "immutable=1"
        database = sqlite3.connect(f"{path}?{mode}", uri=True)
        try:
            return database.execute("SELECT max(idx) + 1 FROM entries").fetchone()[0]
        finally:
            database.close()

    def acknowledge(self, what):
        entries = self.entries()
        with self.lock:
            self.acknowledged.append((self.journal.stat().st_size, entries))
            self.counts[what] = self.counts.get(what, 0) + 1

    # Load.

    def serve(self, seconds):
        """Guard, server and witness, and clients who write and read at once."""
        witness = self.start_witness()
        path = self.work / "s"
        with open(self.work / "guard.log", "w") as log:
            guard = subprocess.Popen(
                [self.program, "guard", "serve", "--socket", str(path)],
                env=self.traced,
                stdout=log,
                stderr=log,
            )
        self.wait_for(path.exists)
        plain = {k: v for k, v in self.traced.items() if k != "PATIENTVAULT_PASSPHRASE_FILE"}
        answers = self.work / "serve.json"
        with open(answers, "w") as out, open(self.work / "serve.log", "w") as log:
            server = subprocess.Popen(
                [self.program, "--json", "serve", "--port", "0", "--guard", str(path)]
                + ["--as", str(self.work / "office.key")],
                env=plain,
                stdout=out,
                stderr=log,
            )
        self.wait_for(lambda: answers.stat().st_size > 0)
        self.base = json.loads(answers.read_text())["url"]
        self.bearer = self.client.token(self.base.removesuffix("/fhir"))
        end = time.monotonic() + seconds
        jobs = [self.create] * 3 + [self.read] * 2
        threads = [threading.Thread(target=self.repeat, args=(job, end)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # Nobody asks any more, and neither WAL was folded in by closing.
        self.acknowledge("pause")
        self.quiet = self.acknowledged[-1][0]
        # Beside the server no other process has the records.
        self.stop(server)
        self.cosign()
        self.acknowledge("cosign")
        self.stop(guard)
        self.stop(witness)

    def start_witness(self, journalled=True):
        folder = self.watched / "witness"
        with open(self.work / "witness.log", "w") as log:
            witness = subprocess.Popen(
                [self.program, "audit", "witness", "serve", str(folder)]
                + ["--name", "witness.example/w", "--log", self.log_key]
                + ["--listen", self.address],
                env=self.traced if journalled else self.environment,
                stdout=log,
                stderr=log,
            )
        self.wait_for(lambda: "listening" in (self.work / "witness.log").read_text())
        return witness

    @staticmethod
    def stop(process):
        process.send_signal(signal.SIGTERM)
        process.wait(30)

    def wait_for(self, holds):
        for _ in range(300):
            if holds():
                return
            time.sleep(0.1)
        raise SystemExit("error: a process of the workload did not start")

    def repeat(self, job, end):
        while time.monotonic() < end and not self.failures:
            try:
                job()
            except urllib.error.HTTPError as error:
                # Somebody else wrote the same patient meanwhile: nothing is acknowledged.
                if error.code == 503:
                    time.sleep(0.01)
                    continue
                self.failures.append(f"{job.__name__}: {error.code}")
            except OSError as error:
                self.failures.append(f"{job.__name__}: {error}")
            else:
                self.acknowledge(job.__name__)

    def ask(self, path, body=None):
        request = urllib.request.Request(
            f"{self.base}/{path}",
            json.dumps(body).encode() if body else None,
            {"Authorization": f"Bearer {self.bearer}", "Content-Type": "application/fhir+json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def create(self):
        self.ask("Observation", OBSERVATION)

    def read(self):
        self.ask("Condition?patient=margaret")

    def cosign(self):
        key = self.work / "officer.key"
        self.run("audit", "cosign", "--guard", self.work / "s", "--as", key)

    def commands(self):
        """Commands with the Guard in the same process, and keys replaced."""
        witness = self.start_witness()
        for number in range(2):
            patient = {"resourceType": "Patient", "id": f"new-{number}", "birthDate": "1980-01-01"}
            condition = {"resourceType": "Condition", "id": f"c-{number}", "code": {"text": "x"}}
            condition["subject"] = {"reference": f"Patient/new-{number}"}
            bundle = {"resourceType": "Bundle", "type": "collection"}
            bundle["entry"] = [{"resource": patient}, {"resource": condition}]
            path = self.work / "more.json"
            path.write_text(json.dumps(bundle))
            self.run("import", path)
            self.acknowledge("import")
            key = self.work / "margaret.key"
            self.run("request", "margaret", "--purpose", "PATRQT", "--as", key, "--out", os.devnull)
            self.acknowledge("request")
            self.run("audit", "cosign")
            self.acknowledge("cosign")
            self.run("keys", "rotate", "root" if number == 0 else "shards")
            self.acknowledge("rotation")
        self.stop(witness)
