"""R001 to R053: discovery, tokens, and requests without one."""

import hashlib
import hmac
import json
import time
import urllib.parse

import jwt
from jwt.utils import base64url_encode as encoded

from demands import NotApplicable, demand, expect, outcome, status
from world import basic, pem, quoted


@demand("R001", "SMART configuration read without a token")
def _(w):
    answer = status(w.send("GET", "/fhir/.well-known/smart-configuration"), 200)
    told = answer.json
    expect(answer.headers["content-type"].startswith("application/json"), "not JSON")
    expect("client_credentials" in told["grant_types_supported"], "no client_credentials")
    expect("private_key_jwt" in told["token_endpoint_auth_methods_supported"], "no private_key_jwt")
    algorithms = told["token_endpoint_auth_signing_alg_values_supported"]
    expect({"RS384", "ES384"} & set(algorithms), "no RS384 or ES384")
    expect(isinstance(told["scopes_supported"], list), "no scopes")
    expect({"client-confidential-asymmetric", "permission-v2"} <= set(told["capabilities"]), "capabilities")


@demand("R002", "capability statement read without a token")
def _(w):
    told = status(w.fhir("GET", "metadata"), 200).json
    expect(told["fhirVersion"] == "4.0.1" and told["status"] == "active", "version or status")
    expect(told["kind"] == "instance" and "json" in told["format"], "kind or format")
    service = told["rest"][0]["security"]["service"][0]["coding"][0]["code"]
    expect(told["rest"][0]["mode"] == "server" and service == "SMART-on-FHIR", "mode or service")


@demand("R003", "token address in the older oauth-uris extension")
def _(w):
    told = w.fhir("GET", "metadata").json["rest"][0]["security"]["extension"][0]
    expect(told["url"].endswith("/oauth-uris"), "no such extension")
    expect(any(e["url"] == "token" for e in told["extension"]), "no token address")


@demand("R004", "Group export and Bulk Data are declared")
def _(w):
    told = w.fhir("GET", "metadata").json
    expect(any("bulk-data" in url for url in told["instantiates"]), "does not instantiate Bulk Data")
    group = next(r for r in told["rest"][0]["resource"] if r["type"] == "Group")
    expect(any(o["definition"].endswith("/group-export") for o in group["operation"]), "no group-export")


@demand("R005", "another format than JSON asked for")
def _(w):
    outcome(w.fhir("GET", "metadata?_format=application/xml"), 406)


def issued(answer):
    told = status(answer, 200).json
    expect(told["token_type"].lower() == "bearer" and told["access_token"], "no bearer token")
    expect(0 < told["expires_in"] <= 300 and told["scope"], "life or scope")
    expect(answer.headers.get("cache-control") == "no-store", "may be cached")
    expect(answer.headers.get("pragma") == "no-cache", "no Pragma")


@demand("R006", "a token for an RS384 assertion")
def _(w):
    issued(w.rsa.token_answer())


@demand("R007", "a token for an ES384 assertion")
def _(w):
    issued(w.doctor.token_answer())


def refused(answer, *errors):
    status(answer, 400, 401)
    expect(answer.json.get("error") in (errors or ("invalid_client",)), f"error {answer.json.get('error')}")


def token_refusal(number, words, form, *errors):
    @demand(number, words)
    def _(w):
        refused(w.post_form("/auth/token", form(w.doctor)), *errors)


token_refusal("R008", "another grant type", lambda c: c.form(grant_type="not_a_grant_type"), "unsupported_grant_type")
token_refusal(
    "R009", "another assertion type", lambda c: c.form(client_assertion_type="other"),
    "invalid_request", "invalid_client",
)
token_refusal("R010", "an assertion that is no JWT", lambda c: c.form(client_assertion="abc.def"))
for number, words, changes in [
    ("R011", "issuer is another client", {"iss": "other-app"}),
    ("R012", "issuer and subject differ", {"sub": "other-app"}),
    ("R013", "audience is another server", {"aud": "https://other.example/token"}),
    ("R015", "an assertion that has ended", {"exp": int(time.time()) - 60}),
    ("R016", "an assertion that lives an hour", {"exp": int(time.time()) + 3_900}),
    ("R017", "an assertion without an end", {"exp": None}),
    ("R018", "an assertion without an id", {"jti": None}),
    ("R026", "an assertion that begins later", {"nbf": int(time.time()) + 3_600}),
]:
    token_refusal(number, words, lambda c, changes=changes: c.form(client_assertion=c.assertion(**changes)))
token_refusal(
    "R014", "audience is the FHIR base", lambda c: c.form(client_assertion=c.assertion(aud=c.world.base))
)
token_refusal(
    "R020", "signed with a key that is not registered",
    lambda c: c.form(client_assertion=c.assertion(key=c.world.reader.key)),
)
token_refusal("R021", "no key named", lambda c: c.form(client_assertion=c.assertion(headers={})))
token_refusal(
    "R022", "no signature at all",
    lambda c: c.form(client_assertion=jwt.encode(c.claims(), None, "none", headers={"kid": c.kid})),
)
token_refusal(
    "R024", "RS256, which is not offered",
    lambda c: c.form(
        client_assertion=c.world.rsa.assertion(algorithm="RS256", iss="rsa-app", sub="rsa-app")
    ),
)
token_refusal(
    "R025", "a key set of the sender's own choice",
    lambda c: c.form(
        client_assertion=c.assertion(
            headers={"kid": c.kid, "jku": "https://evil.example/jwks"}, key=c.world.reader.key
        )
    ),
)


@demand("R019", "the same assertion twice")
def _(w):
    form = w.doctor.form()
    status(w.post_form("/auth/token", form), 200)
    refused(w.post_form("/auth/token", form))


@demand("R023", "HS256 with the public key as the secret")
def _(w):
    client = w.rsa
    header = encoded(b'{"alg":"HS256","typ":"JWT","kid":"%s"}' % client.kid.encode())
    signed = header + b"." + encoded(json.dumps(client.claims()).encode())
    mac = encoded(hmac.new(pem(client), signed, hashlib.sha256).digest())
    refused(client.token_answer(client_assertion=(signed + b"." + mac).decode()))


@demand("R027", "one field of the form twice")
def _(w):
    form = urllib.parse.urlencode(w.doctor.form()) + "&scope=system%2F*.rs"
    refused(w.post_form("/auth/token", form), "invalid_request")


@demand("R028", "JSON instead of a form")
def _(w):
    answer = w.post_form("/auth/token", "{}", {"Content-Type": "application/json"})
    expect(status(answer, 400).json["error"] == "invalid_request", "another error")


@demand("R029", "the token address read with GET")
def _(w):
    status(w.send("GET", "/auth/token"), 405)


@demand("R030", "more than the client is registered for")
def _(w):
    answer = w.reader.token_answer(scope="system/Patient.cruds")
    if answer.status == 400:
        return expect(answer.json["error"] == "invalid_scope", "another error")
    expect(answer.json["scope"] == "system/Patient.rs", "a scope that is not narrowed")
    return "narrowed to what is registered"


@demand("R031", "no scope")
def _(w):
    refused(w.post_form("/auth/token", w.doctor.form(scope=None)), "invalid_scope")


@demand("R032", "a token for observations asked for a patient")
def _(w):
    outcome(w.doctor.get("Patient/margaret", scope="system/Observation.rs"), 403)


@demand("R033", "a scope in the form of version 1")
def _(w):
    answer = status(w.reader.token_answer(scope="system/*.read"), 200)
    expect(answer.json["scope"] == "system/*.rs", "not told in version 2")


@demand("R034", "a scope with a filter")
def _(w):
    labs = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
    scope = f"system/Observation.rs?category={labs}"
    all_found = w.doctor.get("Observation?patient=margaret&_count=200").json["entry"]
    is_lab = {
        e["resource"]["id"]: any(
            c.get("code") == "laboratory" for g in e["resource"]["category"] for c in g["coding"]
        )
        for e in all_found
    }
    expect(len(set(is_lab.values())) == 2, "the example has only one category")
    found = w.doctor.get("Observation?patient=margaret&_count=200", scope=scope).json
    expect({e["resource"]["id"] for e in found["entry"]} == {i for i, lab in is_lab.items() if lab}, "others found")
    other = next(i for i, lab in is_lab.items() if not lab)
    outcome(w.doctor.get(f"Observation/{other}", scope=scope), 403, 404)


@demand("R035", "introspection of a token and of none")
def _(w):
    token = w.doctor.token()
    told = status(w.post_form("/auth/introspect", w.doctor.form(token=token)), 200).json
    expect(told["active"] and told["scope"] and told["client_id"] == "okafor-app" and told["exp"], "facts")
    told = w.post_form("/auth/introspect", w.doctor.form(token="x.y.z")).json
    expect(told == {"active": False}, "an unknown token is told about")


@demand("R036", "a token used after its revocation")
def _(w):
    token = w.doctor.token_answer().json["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    status(w.fhir("GET", "Patient/margaret", headers=bearer), 200)
    status(w.post_form("/auth/revoke", w.doctor.form(token=token)), 200)
    outcome(w.fhir("GET", "Patient/margaret", headers=bearer), 401)


for number, method, target in [
    ("R037", "GET", "Patient"), ("R038", "GET", "Patient/margaret"), ("R039", "POST", "Patient"),
    ("R040", "PUT", "Patient/margaret"), ("R041", "DELETE", "Patient/margaret"),
    ("R042", "GET", "Patient/margaret/$everything"), ("R043", "GET", "Group/g/$export"),
    ("R044", "GET", "bulk/0123456789abcdef"), ("R045", "GET", "bulk/0123456789abcdef/0.Patient.ndjson"),
    ("R046", "GET", "Patient/margaret/_history"), ("R047", "POST", ""),
]:

    @demand(number, f"{method} {target or 'of the base'} without a token")
    def _(w, method=method, target=target):
        body = {"resourceType": "Patient"} if method in ("POST", "PUT") else None
        answer = outcome(w.fhir(method, target, body), 401)
        expect(answer.headers.get("www-authenticate", "").startswith("Bearer"), "no WWW-Authenticate")


for number, words, headers, target in [
    ("R048", "a token of noise", {"Authorization": "Bearer garbage"}, "Patient/margaret"),
    ("R051", "basic authentication", {"Authorization": f"Basic {basic('okafor:x')}"}, "Patient/margaret"),
]:

    @demand(number, words)
    def _(w, headers=headers, target=target):
        outcome(w.fhir("GET", target, headers=headers), 401)


@demand("R049", "a token that has ended")
def _(w):
    raise NotApplicable(
        "a token cannot be aged from outside within a run; `MatrixTests` asks every route with an ended one"
    )


@demand("R050", "a token that somebody else signed")
def _(w):
    forged = jwt.encode(jwt.decode(w.doctor.token(), options={"verify_signature": False}), "k" * 32, "HS256")
    outcome(w.fhir("GET", "Patient/margaret", headers={"Authorization": f"Bearer {forged}"}), 401)


@demand("R052", "the token in the query")
def _(w):
    outcome(w.fhir("GET", f"Patient/margaret?access_token={quoted(w.doctor.token())}"), 401)


@demand("R053", "the scheme's name in small letters")
def _(w):
    headers = {"Authorization": f"bearer {w.doctor.token()}"}
    status(w.fhir("GET", "Patient/margaret", headers=headers), 200)
