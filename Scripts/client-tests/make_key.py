"""Makes a P-384 key pair for a client: DIR/private.pem (0600) and DIR/jwks.json.

Usage: make_key.py CLIENT DIR
"""

import json
import os
import sys

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

client, folder = sys.argv[1:]
key = ec.generate_private_key(ec.SECP384R1())
pem = key.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)
with open(os.open(f"{folder}/private.pem", os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
    file.write(pem)
jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
jwk |= {"kid": f"{client}-1", "alg": "ES384", "use": "sig"}
with open(f"{folder}/jwks.json", "w") as file:
    json.dump({"keys": [jwk]}, file)
