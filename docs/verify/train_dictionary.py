#!/usr/bin/env python3
"""Trains the compression dictionaries of Sources/Sealing/Dictionaries on synthetic FHIR JSON.

Usage: train_dictionary.py SYNTHEA_DIR CAREBUNDLE_DIR OUT_DIR [EVALUATE...]
The README beside the dictionaries says how the two folders are made. Whatever could identify anyone
(names, addresses, telecoms, identifiers, ids, dates, free text) is cut out before the contents are
chosen, and replaced by noise for the literal statistics; at the end the result is searched for it.
EVALUATE: folders of other FHIR files; their ratios are printed, they are not trained on.
"""
import base64
import ctypes
import ctypes.util
import glob
import hashlib
import json
import os
import random
import re
import sys

# Only for the ratios that are printed; the dictionaries are made by the system's libzstd.
import zstandard

ZSTD = ctypes.CDLL(ctypes.util.find_library("zstd"))
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SIZE = 64 * 1024
LEVEL = 1
rng = random.Random(20261122)

UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
DATE = re.compile(r"\b(18|19|20)\d\d-\d\d(-\d\d)?")
TIME = re.compile(r"T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
DIGITS = re.compile(r"\d{5,}")
FREE_KEYS = {"family", "given", "line", "city", "district", "postalCode", "prefix", "suffix"}
NAMED = {"Patient", "Practitioner", "RelatedPerson", "Person", "Organization", "Location"}


stripping = False


def noise_like(text):
    """Text of the same length and kinds of characters without its meaning, or nothing at all."""
    if stripping:
        return ""
    out = []
    for c in text:
        if c.isdigit():
            out.append(rng.choice("0123456789"))
        elif c.isalpha() and ord(c) < 128:
            pool = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c.isupper() else "abcdefghijklmnopqrstuvwxyz"
            out.append(rng.choice(pool))
        elif ord(c) > 0x2FFF:
            out.append(chr(0xAC00 + rng.randrange(11172)))
        elif ord(c) > 127:
            out.append(chr(0x0B85 + rng.randrange(50)))
        else:
            out.append(c)
    return "".join(out)


def hexes(n):
    return "".join(rng.choice("0123456789abcdef") for _ in range(n))


def uuid():
    if stripping:
        return ""
    return "-".join([hexes(8), hexes(4), hexes(4), hexes(4), hexes(12)])


def loosen(text):
    """Dates, times, UUIDs and long numbers become others of their kind."""
    text = UUID.sub(lambda m: uuid(), text)
    if stripping:
        return TIME.sub(lambda m: m.group(2), DATE.sub("20", text))
    text = DATE.sub(
        lambda m: f"{rng.randrange(1930, 2027)}-{rng.randrange(1, 13):02}"
        + (f"-{rng.randrange(1, 29):02}" if m.group(2) else ""), text)
    text = TIME.sub(
        lambda m: f"T{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}"
        + (f".{rng.randrange(1000):03}" if m.group(1) else "") + m.group(2), text)
    return text


def scrub(value, key="", parents=(), names=()):
    if isinstance(value, dict):
        has_reference = "reference" in value
        out = {}
        for k, v in value.items():
            if k == "display" and has_reference:
                out[k] = noise_like(v)
            elif k == "value" and parents[-1:] and parents[-1] in ("identifier", "telecom"):
                out[k] = noise_like(v) if isinstance(v, str) else v
            elif k == "text" and key in ("name", "address"):
                out[k] = noise_like(v)
            elif k == "name" and isinstance(v, str):
                out[k] = noise_like(v)
            elif k == "data" and isinstance(v, str):
                out[k] = noise_like("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNk")
            else:
                out[k] = scrub(v, k, parents + (k,), names)
        return out
    if isinstance(value, list):
        return [scrub(v, key, parents, names) for v in value]
    if isinstance(value, str):
        if key in FREE_KEYS:
            return noise_like(value)
        if key == "id":
            return uuid() if UUID.fullmatch(value) else noise_like(value)
        if key in ("reference", "fullUrl"):
            kind, slash, rest = value.rpartition("/")
            if slash and not UUID.search(value) and "?" not in value:
                return kind + slash + noise_like(rest)
        if value.startswith("http") and key in ("system", "url", "profile"):
            return value
        if stripping and key == "div":
            return re.sub(r">[^<]+<", "><", value)
        if stripping and len(value) > 60 and key != "display" and not value.startswith("http"):
            return ""
        for name in names:
            if name in value:
                value = value.replace(name, noise_like(name))
        value = loosen(value)
        if "identifier?" in value or "|" in value:
            value = re.sub(r"\|[^|\"]*", lambda m: "|" + noise_like(m.group()[1:]), value)
        if key not in ("code", "system"):
            value = DIGITS.sub(lambda m: noise_like(m.group()), value)
        return value
    if isinstance(value, float):
        return 0 if stripping else round(value * rng.uniform(0.3, 3), 3)
    return value


def names_in(resources):
    found = set()
    for r in resources:
        if r.get("resourceType") in NAMED:
            for n in r.get("name", []) if isinstance(r.get("name"), list) else [r.get("name")]:
                if isinstance(n, str):
                    found.add(n)
                elif isinstance(n, dict):
                    found.update(n.get("given", []))
                    found.update(x for x in [n.get("family"), n.get("text")] if x)
    return sorted((n for n in found if len(n) > 1), key=len, reverse=True)


def hapi(value, indent):
    """Two spaces, arrays opened on the line of their key: what HAPI and Synthea write."""
    if isinstance(value, dict):
        if not value:
            return "{ }"
        inner = " " * (indent + 2)
        body = (",\n" + inner).join(
            json.dumps(k, ensure_ascii=False) + ": " + hapi(v, indent + 2)
            for k, v in value.items())
        return "{\n" + inner + body + "\n" + " " * indent + "}"
    if isinstance(value, list):
        return "[ " + ", ".join(hapi(v, indent) for v in value) + " ]"
    return json.dumps(value, ensure_ascii=False)


def spaced(value, indent, base):
    lines = json.dumps(value, ensure_ascii=False, indent=indent).split("\n")
    return ("\n" + " " * base).join(lines)


def compact_styles(r):
    if rng.random() < 0.75:
        return json.dumps(r, ensure_ascii=False, separators=(",", ":"))
    return json.dumps(r, ensure_ascii=False)


def indented_styles(r):
    pick = rng.random()
    if pick < 0.40:
        return spaced(r, 2, rng.choice([0, 6, 6, 6]))
    if pick < 0.75:
        return hapi(r, 6)
    return spaced(r, 4, 12)


def bundle(path):
    with open(path) as f:
        if path.endswith(".ndjson"):
            return [json.loads(line) for line in f]
        d = json.load(f)
    if d.get("resourceType") == "Bundle":
        return [e["resource"] for e in d.get("entry", []) if "resource" in e]
    return [d] if "resourceType" in d else []


def corpus(synthea, carebundle):
    sets = []
    for path in sorted(glob.glob(f"{synthea}/fhir/*.json")):
        sets.append(("synthea", bundle(path)))
    sets.append(("carebundle", sum((bundle(p) for p in sorted(glob.glob(f"{carebundle}/*.ndjson"))), [])))
    for path in sorted(glob.glob(f"{ROOT}/Examples/*.json")):
        sets.append(("example", bundle(path)))
    shapes = json.load(open(f"{HERE}/dictionary_shapes.json"))
    samples = []
    pools = {}
    # The examples share a directory, so any of them may name anyone of it.
    everyone = names_in(r for origin, resources in sets if origin == "example" for r in resources)
    for origin, resources in sets:
        names = everyone if origin == "example" else names_in(resources)
        pools.setdefault(origin, []).extend((r, names) for r in resources)
    for origin, (least, most) in {
        "synthea": (40, 260), "carebundle": (30, 90), "example": (24, 160)}.items():
        by_type = {}
        for r, names in pools[origin]:
            by_type.setdefault(r["resourceType"], []).append((r, names))
        for kind in sorted(by_type):
            rows = by_type[kind]
            rng.shuffle(rows)
            rows = rows[:most]
            count = max(least, len(rows))
            samples += [rows[i % len(rows)] for i in range(count)]
    samples += [(shape, ()) for shape in shapes for _ in range(14)]
    rng.shuffle(samples)
    return samples


def ratios(dictionary_by_style, folder):
    plain = sealed = none = count = 0
    bare = zstandard.ZstdCompressor(level=LEVEL)
    tools = {k: zstandard.ZstdCompressor(level=LEVEL, dict_data=d) for k, d in dictionary_by_style.items()}
    for path in sorted(glob.glob(f"{folder}/**/*.*json", recursive=True))[:60]:
        text = open(path, encoding="utf-8-sig", errors="replace").read()
        for record in raw_resources(text):
            data = record.encode()
            style = "indented" if "\n" in record[:64] else "compact"
            plain += len(data)
            sealed += len(tools[style].compress(data))
            none += len(bare.compress(data))
            count += 1
    if count:
        print(f"{folder}: {count} resources, mean {plain // count} B, "
              f"no dictionary {plain / none:.2f}, dictionary {plain / sealed:.2f} ({sealed // count} B)")


def raw_resources(text):
    """The resources of a file as they stand in it, byte for byte."""
    decoder = json.JSONDecoder()
    out = []
    if '"Bundle"' in text[:400]:
        for m in re.finditer(r'"resource"\s*:\s*(?=\{)', text):
            try:
                _, end = decoder.raw_decode(text, m.end())
                out.append(text[m.end():end])
            except ValueError:
                pass
        return out
    for line in text.split("\n") if text.count("\n{") > 1 else [text]:
        if line.strip():
            out.append(line.strip())
    return out


class Parameters(ctypes.Structure):
    _fields_ = [("level", ctypes.c_int), ("verbosity", ctypes.c_uint), ("number", ctypes.c_uint)]


def sized(samples):
    sizes = (ctypes.c_size_t * len(samples))(*map(len, samples))
    return b"".join(samples), sizes, ctypes.c_uint(len(samples))


def checked(count):
    if ZSTD.ZDICT_isError(ctypes.c_size_t(count)):
        sys.exit("libzstd refused")
    return count


def train(stripped, noisy, number):
    """Contents chosen from the stripped samples, statistics from the noisy ones."""
    for name in ("ZDICT_trainFromBuffer", "ZDICT_finalizeDictionary", "ZDICT_getDictHeaderSize"):
        getattr(ZSTD, name).restype = ctypes.c_size_t
    first = ctypes.create_string_buffer(SIZE)
    size = checked(ZSTD.ZDICT_trainFromBuffer(first, ctypes.c_size_t(SIZE), *sized(stripped)))
    header = ZSTD.ZDICT_getDictHeaderSize(first, ctypes.c_size_t(size))
    content = first.raw[header:size]
    final = ctypes.create_string_buffer(SIZE)
    size = checked(ZSTD.ZDICT_finalizeDictionary(
        final, ctypes.c_size_t(SIZE), content, ctypes.c_size_t(len(content)), *sized(noisy),
        Parameters(LEVEL, 0, number)))
    return final.raw[:size]


def swift(style, number, data):
    text = base64.b64encode(data).decode()
    lines = [text[i:i + 90] for i in range(0, len(text), 90)]
    body = "".join(f"        {line}\\\n" for line in lines[:-1]) + f"        {lines[-1]}\n"
    return (
        f"// Made by docs/verify/train_dictionary.py; never edited, never replaced: see README.md here.\n\n"
        f"/// zstd dictionary {number}: FHIR JSON as {style} text, in base64.\n"
        f"internal enum {style.title()}Dictionary {{\n"
        f"    static let number: UInt8 = {number}\n\n"
        f"    static let base64: StaticString = \"\"\"\n{body}        \"\"\"\n}}\n")


def main():
    global stripping
    synthea, carebundle, target, *evaluate = sys.argv[1:]
    rows = corpus(synthea, carebundle)
    made = {}
    for style, number, write in (("compact", 2, compact_styles), ("indented", 3, indented_styles)):
        stripping = True
        stripped = [write(scrub(r, names=n)).encode()[:6000] for r, n in rows]
        stripping = False
        noisy = [write(scrub(r, names=n)).encode()[:6000] for r, n in rows[::4]]
        print(style, len(stripped), "samples,", sum(map(len, stripped)), "bytes")
        data = train(stripped, noisy, number)
        made[style] = zstandard.ZstdCompressionDict(data)
        text = data.decode("utf-8", "ignore")
        print(style, len(data), "bytes; UUIDs", len(UUID.findall(text)), "dates",
              len(DATE.findall(text)), "long numbers", len(DIGITS.findall(text)))
        with open(f"{target}/fhir-{style}.codec{number}.zdict", "wb") as f:
            f.write(data)
        with open(f"{target}/{style.title()}Dictionary.swift", "w") as f:
            f.write(swift(style, number, data))
        print(style, "sha256", hashlib.sha256(data).hexdigest())
    for folder in evaluate:
        ratios(made, folder)


main()
