"""Gets an access token by SMART Backend Services.

Usage: smart_token.py ORIGIN CLIENT PRIVATE-KEY-FILE [SCOPE]
"""

import json
import sys
import time
import urllib.parse
import urllib.request
import uuid

import jwt


def token(origin, client, key, scope="system/*.cruds"):
    url = f"{origin}/auth/token"
    claims = {
        "iss": client,
        "sub": client,
        "aud": url,
        "exp": int(time.time()) + 240,
        "jti": str(uuid.uuid4()),
    }
    assertion = jwt.encode(claims, key, "ES384", headers={"kid": f"{client}-1"})
    form = {
        "grant_type": "client_credentials",
        "scope": scope,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    request = urllib.request.Request(url, urllib.parse.urlencode(form).encode())
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["access_token"]


if __name__ == "__main__":
    with open(sys.argv[3]) as file:
        print(token(sys.argv[1], sys.argv[2], file.read(), *sys.argv[4:]))
