"""A vault of its own with the example patients, a server as a process, and clients that ask it.

What is here is shared by all the pages of demands; nothing of it decides whether a demand is met.
"""

import base64
import http.client
import json
import os
import subprocess
import time
import urllib.parse
import uuid
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

FHIR = "application/fhir+json"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
HIDDEN = "DocumentReference/margaret-doc-psychiatry"
MASKED = "Condition/margaret-cond-6"
VISIBLE = "Condition/margaret-cond-1"


class Answer:
    """One reply: status, header fields in lower case, body."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    def ids(self):
        entries = self.json.get("entry", [])
        return [f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in entries if "resource" in e]

    def shape(self):
        """Everything a client can compare, the request's own id and time left out."""
        kept = {k: v for k, v in self.headers.items() if k not in ("x-request-id", "date")}
        return self.status, kept, self.body


class Client:
    """A registered program: its key, its principal, and how it asks."""

    def __init__(self, world, name, principal, purposes, scopes, algorithm="ES384"):
        self.world, self.name, self.algorithm = world, name, algorithm
        self.scope = " ".join(scopes)
        if algorithm == "RS384":
            self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        else:
            self.key = ec.generate_private_key(ec.SECP384R1())
            jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
        self.kid = f"{name}-1"
        jwk |= {"kid": self.kid, "alg": algorithm, "use": "sig"}
        jwk.pop("key_ops", None)
        file = world.folder / f"{name}.jwks.json"
        file.write_text(json.dumps({"keys": [jwk]}))
        command = ["client", "new", "--id", name, "--principal", principal, "--keys", str(file)]
        for scope in scopes:
            command += ["--scope", scope]
        for purpose in purposes:
            command += ["--purpose", purpose]
        world.run(*command)
        world.clients.append(self)
        self.held = {}

    def claims(self, **changes):
        claims = {
            "iss": self.name, "sub": self.name, "aud": f"{self.world.origin}/auth/token",
            "exp": int(time.time()) + 240, "jti": str(uuid.uuid4()),
        } | changes
        return {k: v for k, v in claims.items() if v is not None}

    def assertion(self, headers=None, key=None, algorithm=None, **changes):
        headers = {"kid": self.kid} if headers is None else headers
        return jwt.encode(
            self.claims(**changes), key or self.key, algorithm or self.algorithm, headers=headers
        )

    def form(self, **changes):
        fields = {
            "grant_type": "client_credentials", "scope": self.scope,
            "client_assertion_type": ASSERTION, "client_assertion": self.assertion(),
        } | changes
        return {k: v for k, v in fields.items() if v is not None}

    def token_answer(self, path="token", **changes):
        return self.world.post_form(f"/auth/{path}", self.form(**changes))

    def token(self, scope=None, purpose=None):
        """An access token; kept for the next request of the same kind until it is old."""
        known = self.held.get((scope, purpose))
        if known and time.time() - known[1] < 200:
            return known[0]
        more = {"extensions": {"hl7-b2b": {"purpose_of_use": [purpose]}}} if purpose else {}
        answer = self.token_answer(
            scope=scope or self.scope, client_assertion=self.assertion(**more)
        )
        if answer.status != 200:
            raise RuntimeError(f"no token for {self.name}: {answer.status} {answer.text}")
        self.held[(scope, purpose)] = answer.json["access_token"], time.time()
        return answer.json["access_token"]

    def ask(self, method, target, body=None, scope=None, purpose=None, headers=None):
        headers = {"Authorization": f"Bearer {self.token(scope, purpose)}"} | (headers or {})
        return self.world.fhir(method, target, body, headers)

    def get(self, target, **more):
        return self.ask("GET", target, **more)


class World:
    """The processes and the vault's folder; a context that ends them."""

    def __init__(self, program, folder):
        self.program, self.folder = program, Path(folder)
        self.processes = []
        self.environment = os.environ | {
            "PATIENTVAULT_HOME": str(self.folder / "vault"),
            "PATIENTVAULT_PASSPHRASE_FILE": str(self.folder / "passphrase"),
        }
        self.clients, self.port = [], 0

    # The command line

    def run(self, *words, accepts=(0,)):
        """A command; while one works with the vault the server does not, and all tokens end."""
        serves = bool(self.processes)
        self.stop()
        try:
            done = subprocess.run(
                [self.program, *words], env=self.environment, capture_output=True, text=True, timeout=300
            )
        finally:
            if serves:
                self.start()
        if done.returncode not in accepts:
            raise RuntimeError(f"{' '.join(words[:3])}: {done.returncode} {done.stderr}")
        return done

    def principal(self, kind, name, *more):
        key = self.folder / f"{name}.key"
        words = ["--kind", kind, "--id", name, "--name", name, "--out", str(key), *more]
        self.run("principal", "new", *words)
        return key

    def start(self):
        told = self.folder / "serve.json"
        serve = [self.program, "--json", "serve", "--port", str(self.port)]
        with told.open("w") as file:
            self.processes.append(subprocess.Popen(serve, env=self.environment, stdout=file))
        self.wait(lambda: told.read_text().strip())
        self.base = json.loads(told.read_text())["url"]
        self.origin = self.base.removesuffix("/fhir")
        self.port = urllib.parse.urlsplit(self.origin).port
        for client in self.clients:
            client.held = {}

    def wait(self, holds, seconds=60):
        end = time.time() + seconds
        while not holds():
            if time.time() > end or any(p.poll() is not None for p in self.processes):
                raise RuntimeError("a process did not start")
            time.sleep(0.05)

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait(60)
        self.processes = []

    # HTTP

    def send(self, method, target, body=b"", headers=None):
        """One request as it is written here, on a connection of its own."""
        place = urllib.parse.urlsplit(self.origin)
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        try:
            connection.request(method, target, body or None, headers or {})
            reply = connection.getresponse()
            found = {name.lower(): value for name, value in reply.getheaders()}
            return Answer(reply.status, found, reply.read())
        finally:
            connection.close()

    def fhir(self, method, target, body=None, headers=None):
        """A FHIR request; `target` is an address of this server or what follows its base."""
        path = target.removeprefix(self.origin)
        path = path if path.startswith("/") else f"/fhir/{path}"
        headers = {"Accept": FHIR} | (headers or {})
        if body is not None and "Content-Type" not in headers:
            headers["Content-Type"] = FHIR
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        return self.send(method, path, body or b"", headers)

    def post_form(self, path, fields, headers=None):
        body = fields if isinstance(fields, str) else urllib.parse.urlencode(fields)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} | (headers or {})
        return self.send("POST", path, body.encode(), headers)


def quoted(text):
    return urllib.parse.quote(text, safe="")


def basic(text):
    return base64.b64encode(text.encode()).decode()


def pem(client):
    return client.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
