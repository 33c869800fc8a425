#!/usr/bin/env python3
"""A second opinion on Tests/SealingTests/Vectors, written from the documented formats alone.

Usage: sealing_vectors.py            opens every sealed version, recomputes every key, tag and wrap
       sealing_vectors.py --write    writes keys.json (it was made here and is read by the Swift tests)

Needs cryptography, argon2-cffi and zstandard.
"""
import base64
import hashlib
import hmac
import json
import os
import re
import struct
import sys

import zstandard
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VECTORS = f"{ROOT}/Tests/SealingTests/Vectors"
CHUNK = 16384


def expand(key, info, count):
    out = block = b""
    counter = 1
    while len(out) < count:
        block = hmac.new(key, block + info + bytes([counter]), hashlib.sha512).digest()
        out += block
        counter += 1
    return out[:count]


def cobblestone_open(key, sealed, context):
    salt, commitment, rest = sealed[:24], sealed[24:56], sealed[56:]
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + context
    material = expand(key, info, 76)
    assert hmac.compare_digest(material[44:], commitment)
    out = b""
    index = 0
    while True:
        nonce = bytes(a ^ b for a, b in zip(material[32:44], index.to_bytes(12, "big")))
        out += AESGCM(material[:32]).decrypt(nonce, rest[: CHUNK + 16], None)
        if len(rest) < CHUNK + 16:
            return out
        rest = rest[CHUNK + 16:]
        index += 1


def padme(length):
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask


def dictionary(codec):
    name = {2: "Compact", 3: "Indented"}[codec]
    text = open(f"{ROOT}/Sources/Sealing/Dictionaries/{name}Dictionary.swift").read()
    body = re.search(r'"""\n(.*?)"""', text, re.S).group(1)
    return zstandard.ZstdCompressionDict(base64.b64decode(re.sub(r"[\s\\]", "", body)))


def record_open(v):
    sealed = base64.b64decode(v["sealed"])
    assert sealed[0] == 1
    context = b"patientvault/rec/1" + b"".join(
        bytes.fromhex(v[k]) for k in ("vault", "patient", "segment", "epoch", "record"))
    context += struct.pack(">I", v["version"])
    contents = cobblestone_open(bytes.fromhex(v["writeKey"]), sealed[1:], context)
    codec, body_length, length = struct.unpack(">BII", contents[:9])
    body, padding = contents[9:9 + body_length], contents[9 + body_length:]
    assert codec == v["codec"] or (codec == 0 and body_length == length)
    assert not any(padding) and len(contents) == padme(9 + body_length)
    if codec == 0:
        return body
    extra = {"dict_data": dictionary(codec)} if codec > 1 else {}
    return zstandard.ZstdDecompressor(**extra).decompress(body, max_output_size=length)


def noise(seed, count):
    """SplitMix64, the low byte of each output: VaultTestSupport's SeededRandom."""
    mask = (1 << 64) - 1
    out = bytearray()
    for _ in range(count):
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        out.append((z ^ (z >> 31)) & 255)
    return bytes(out)


def derive(key, label, context):
    return expand(key, b"patientvault/v1/" + label + b"\0" + context, 32)


def tag(key, label, parts):
    message = b"".join(struct.pack(">I", len(p)) + p for p in [label, *parts])
    return hmac.new(key, message, hashlib.sha256).digest()[:16]


def wrap(key, under, context, nonce):
    return b"\x01" + nonce + AESGCM(under).encrypt(nonce, key, b"\x01" + context)


def keys():
    def digest(text):
        return hashlib.sha256(text).digest()

    key, inner, root = digest(b"frozen key"), digest(b"inner"), digest(b"root")
    derived = [
        {"label": label.decode(), "parts": [c.hex()], "bytes": derive(key, label, c).hex()}
        for label, c in [(b"segment", b"laboratory/hiv"), (b"epoch", bytes(range(16))),
                         (b"x", b""), (b"x", bytes(200))]]
    tags = [
        {"label": label.decode(), "parts": [p.hex() for p in parts],
         "bytes": tag(key, label, parts).hex()}
        for label, parts in [(b"record", [bytes(16), b"Observation", b"bp-1"]), (b"", []),
                             (b"record", [b"\xff" * 300])]]
    context = b"patientvault/v1/shard\0" + bytes(16) + struct.pack(">II", 3, 1)
    vault, salt = digest(b"vault")[:16], digest(b"salt")[:16]
    passphrase = "correct horse battery staple"
    header = (f"patientvault-keyfile/1\nvault {vault.hex()}\n"
              f"argon2id13 passes=2 memory={64 << 20}\nsalt {base64.b64encode(salt).decode()}\n")
    stretched = hash_secret_raw(
        passphrase.encode(), salt, time_cost=2, memory_cost=65536, parallelism=1, hash_len=32,
        type=Type.ID, version=0x13)
    sealed = wrap(root, stretched, header.encode(), bytes(range(12, 24)))
    return {
        "about": "Keys, tags and wrapped keys; never changed.", "key": key.hex(),
        "derived": derived, "tags": tags,
        "wrapped": {"context": context.hex(), "key": inner.hex(),
                    "bytes": wrap(inner, key, context, bytes(range(12))).hex()},
        "passphrase": passphrase,
        "passphraseFile": header + "key " + base64.b64encode(sealed).decode() + "\n",
        "rootKey": root.hex()}


def main():
    if sys.argv[1:] == ["--write"]:
        with open(f"{VECTORS}/keys.json", "w") as f:
            json.dump(keys(), f, indent=2)
        return
    assert json.load(open(f"{VECTORS}/keys.json")) == keys()
    versions = json.load(open(f"{VECTORS}/sealed-versions.json"))["versions"]
    for v in versions:
        text = v["plaintext"]
        plain = text.encode()
        if text.startswith("noise:"):
            plain = noise(*map(int, text.split(":")[1:]))
        assert record_open(v) == plain, v["name"]
    print(f"{len(versions)} sealed versions and all keys agree")


main()
