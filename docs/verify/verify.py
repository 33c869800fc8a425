#!/usr/bin/env python3
"""Checks PatientVault proofs offline, with Python's standard library alone.

    python3 verify.py FILE --key NAME+HASH+BASE64 [--witness KEY]... [--witnesses N]

FILE is an entry proof, a history proof ("who saw my record"), a not-accessed proof, a chain of
checkpoints or one signed checkpoint (docs/design/log.md). KEY is the log's public key, obtained from
somewhere else than FILE; `@PATH` reads it from a file. Exit code 0: nothing speaks against FILE; 4:
something does, one `problem:` line each; 64: usage.

This is a second implementation, written from the format page and not from the Swift code. It opens
no part that the file does not open itself, and needs no vault and no secret. It has two parts:

  I.  What is believed and why: signatures, the tree, the map of heads, the chain of a patient's
      entries, windows, lost entries. Whoever wants to know what a proof proves reads these lines.
  II. Strict reading: files, numbers, JSON, forms. It decides nothing, and refuses all that is not
      exactly of its form, so that no two readers can see two things in one file.
"""
import argparse, base64, datetime, hashlib, hmac, json, re, struct, sys

# ===== I. What is believed, and why ===============================================================

# --- Ed25519 verification, RFC 8032 section 5.1.7 -------------------------------------------------
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P

def add(a, b):
    """Adds two points in extended coordinates."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    i, j, k, m = f - e, h - g, h + g, f + e
    return i * j % P, k * m % P, j * k % P, i * m % P

def multiply(n, point):
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = add(total, point)
        point, n = add(point, point), n >> 1
    return total

def decode_point(data):
    """32 bytes to a point, or None where they are no canonical encoding of one."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P

BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

def ed25519_valid(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r = decode_point(public), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = multiply(s, BASE), add(r, multiply(k, a))
    return all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))

# --- who signed a checkpoint (c2sp.org/signed-note, tlog-cosignature) -----------------------------
def check_signatures(note, key, witnesses, required, problem):
    """The log itself signed, no line of a trusted key is wrong, and enough witnesses cosigned."""
    text, signatures = note
    good, cosigned = False, set()
    for name, key_id, signature in signatures:
        for k in [key] + witnesses:
            if (k.name, k.id) != (name, key_id):
                continue
            valid = k.kind == 6  # ML-DSA: known, not checked, never counted
            if k.kind == 1:
                valid = ed25519_valid(k.public, text.encode(), signature)
                good = good or (valid and k is key)
            elif k.kind == 4 and len(signature) == 72:
                stamp = struct.unpack(">Q", signature[:8])[0]
                message = f"cosignature/v1\ntime {stamp}\n{text}".encode()
                valid = stamp < 2**63 and ed25519_valid(k.public, message, signature[8:])
                cosigned |= {(name, key_id)} if valid else set()
            if not valid:
                problem("signature", f"the signature of {name} is wrong")
    if not good:
        problem("signature", "the log's key did not sign this checkpoint")
    if parse_checkpoint(text)[0] != key.name:
        problem("origin", "the checkpoint is of another log than the key")
    if len(cosigned) < required:
        problem("witnesses", f"{len(cosigned)} of {required} cosignatures")

# --- the tree (RFC 9162 sections 2.1.3.2 and 2.1.4.2) ---------------------------------------------
def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def root_from(leaf, index, size, path):
    """The root of a tree of this size, if its leaf `index` is this one; None where the path cannot be."""
    fn, sn, node = index, size - 1, leaf
    for sibling in path:
        if sn <= 0:
            return None
        if fn & 1 or fn == sn:
            node = sha256(b"\x01", sibling, node)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = sha256(b"\x01", node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return node if sn == 0 and index < size else None

def extends(old, old_root, new, new_root, path):
    """Whether the newer tree begins with the older one."""
    if old == new:
        return not path and old_root == new_root and (old > 0 or old_root == sha256())
    if not 0 < old < new or not path:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    if fn:
        seed, path = path[0], path[1:]
    else:
        seed = old_root
    fr = sr = seed
    for node in path:
        if sn <= 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = sha256(b"\x01", node, fr), sha256(b"\x01", node, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha256(b"\x01", sr, node)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root

# --- one entry: it is in the log, and what is open of it is what was logged -----------------------
def check_entry(entry, size, root, problem):
    leaf = sha256(b"\x00", entry.frame, *entry.sections)
    if root_from(leaf, entry.index, size, entry.path) != root:
        problem("inclusion", f"entry {entry.index} is not in the log at this place")
    for number, (r, text) in entry.opened.items():
        if hmac.new(r, text.encode(), hashlib.sha256).digest() != entry.sections[number][:32]:
            problem("commitment", f"entry {entry.index}: section {number} is not what was logged")
    if not header_fits(entry):
        problem("header", f"entry {entry.index}: closed, incomplete or not this entry's")
    if not all(part_fits(entry, part) for part in entry.parts):
        problem("part", f"entry {entry.index}: a patient's part is not of its form")

# --- the map of heads: how many entries a patient has, and which is the newest --------------------
def map_root(patient, head, other, sides):
    """The root to which a patient's head, or their absence, leads; None where it cannot be theirs."""
    key, depth = sha256(b"patientvault/heads/key/v1\n", patient.encode()), len(sides)
    place, node = int.from_bytes(key, "big"), bytes(32)
    if head:
        value = struct.pack(">QQ", *head) + patient.encode()
        node = sha256(b"\x00", key, sha256(b"patientvault/heads/value/v1\n", value))
    elif other:
        apart = place ^ int.from_bytes(other[0], "big")
        if apart == 0 or apart >> (256 - depth):
            return None
        node = sha256(b"\x00", *other)
    for height, side in enumerate(sides):
        right = place >> (256 - depth + height) & 1
        node = sha256(b"\x01", side, node) if right else sha256(b"\x01", node, side)
    return node

def heads_say(block, patient, head, size, root, problem):
    check_entry(block.entry, size, root, problem)
    stated = stated_root(block.entry)
    return (block.entry.kind == "heads" and stated is not None
            and map_root(patient, head, block.other, block.sides) == stated)

# --- a patient's list: unbroken down to the first entry, and nothing newer ------------------------
def check_chain(entries, problem):
    """Newest first: each part points at the next entry shown, counts fall by one, the last is 1."""
    follows = None
    for place, entry in enumerate(entries):
        if len(entry.parts) != 1 or not part_fits(entry, entry.parts[0]):
            return problem("part", f"entry {entry.index}: not exactly one patient's part is open")
        part = entry.parts[0]
        if place and (entry.time > entries[place - 1].time
                      or follows != (entry.index, part["count"], part["patient"])):
            problem("chain", f"entry {entry.index} is not the one pointed at")
        follows = (part["previous"], part["count"] - 1, part["patient"])
    if not entries or follows[0] is not None:
        problem("chain", "the patient's first entry is not shown")

def check_history(entries, heads, size, root, problem):
    check_chain(entries, problem)
    if heads is None:
        print("note: that no newer entry exists is not proved: there is no heads block")
        return
    part = entries[0].parts[0] if entries and len(entries[0].parts) == 1 else {}
    head = (part["count"], entries[0].index) if part and part_fits(entries[0], part) else (0, 0)
    said = heads_say(heads, str(part.get("patient")), head, size, root, problem)
    if heads.entry.index != size - 1:  # or an entry after the map could be left out
        problem("heads", "the map is not the checkpoint's")
    if not said or head == (0, 0):
        problem("heads", "the first entry shown is not the patient's newest")

# --- a calm window: the same head at both ends, and nothing lost in between -----------------------
def check_window(patient, head, start, end, origin, size, root, problem):
    for block in (start, end):
        if not heads_say(block, patient, head, size, root, problem):
            problem("heads", f"the map of entry {block.entry.index} does not say this")
    if start.entry.index >= end.entry.index:
        problem("heads", "the end does not follow the beginning")
    for first, last in lost(origin):
        if start.entry.index < first <= end.entry.index:
            problem("heads", f"entries {first} to {last} of this window are lost")

# ===== II. Strict reading =========================================================================

class Malformed(Exception):
    pass

def need(condition, what):
    if not condition:
        raise Malformed(what)

def unbase64(text, size=None):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Malformed("base64") from None
    need(base64.b64encode(data).decode() == text and size in (None, len(data)), "base64")
    return data

def decimal(text):
    need(re.fullmatch("0|[1-9][0-9]{0,18}", text) and int(text) < 2**63, "number")
    return int(text)

def whole(text):
    need(re.fullmatch("0|-?[1-9][0-9]{0,18}", text) and -2**63 <= int(text) < 2**63, "number")
    return int(text)

def no_duplicates(pairs):
    need(len(dict(pairs)) == len(pairs), "duplicate key")
    return dict(pairs)

def depth(value):
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, inner), default=0) if isinstance(value, (dict, list)) else 1

def parse_json(text):
    """An object with whole numbers only, at most 64 levels deep; anything else is an empty one."""
    try:
        value = json.loads(text, object_pairs_hook=no_duplicates, parse_int=whole,
                           parse_float=whole, parse_constant=whole)
        json.dumps(value, ensure_ascii=False).encode()  # refuses lone surrogates
        return value if isinstance(value, dict) and depth(value) <= 64 else {}
    except (ValueError, RecursionError, Malformed):
        return {}

class Key:
    def __init__(self, text):
        parts = text.split("+", 2)
        need(len(parts) == 3 and parts[0], "key")
        material = unbase64(parts[2])
        self.name, self.kind, self.public = parts[0], material[0], material[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + material).digest()[:4]
        need(parts[1].lower() == self.id.hex(), "key hash")

# --- signed notes and checkpoints (c2sp.org/signed-note, tlog-checkpoint) -------------------------
def parse_note(text):
    need(text.endswith("\n") and not re.search(r"[\x00-\x09\x0b-\x1f]", text), "note")
    lines = text.split("\n")[:-1]
    gap = max((n for n, line in enumerate(lines) if line == ""), default=0)
    need(0 < gap < len(lines) - 1, "note")
    signatures = []
    for line in lines[gap + 1:]:
        match = re.fullmatch("\u2014 ([^\\s+]+) ([A-Za-z0-9+/=]+)", line)
        need(match, "signature line")
        data = unbase64(match[2])
        need(len(data) > 4, "signature line")
        signatures.append((match[1], data[:4], data[4:]))
    return "".join(line + "\n" for line in lines[:gap]), signatures

def parse_checkpoint(text):
    lines = text.split("\n")
    need(len(lines) >= 4 and lines[-1] == "" and "" not in lines[:-1], "checkpoint")
    return lines[0], decimal(lines[1]), unbase64(lines[2], 32)

def lost(origin):
    """The entries that a log says in its name that it lost: (first, last), oldest first."""
    gaps = []
    for part in origin.split("/")[::-1]:
        match = re.fullmatch("lost-(0|[1-9][0-9]{0,18})-(0|[1-9][0-9]{0,18})", part)
        if not match or int(match[1]) > int(match[2]):
            break
        gaps.insert(0, (int(match[1]), int(match[2])))
    return gaps

# --- blocks of a file; the lines are reversed, so that the next one is the last -------------------
class Heads:
    def __init__(self, lines, may_be_absent=False):
        """Takes `other`, `side` lines and the heads entry."""
        self.other, self.sides = None, []
        if may_be_absent and lines and lines[-1].startswith("other "):
            parts = lines.pop()[6:].split(" ")
            need(len(parts) == 2, "other")
            self.other = [unbase64(part, 32) for part in parts]
        while lines and lines[-1].startswith("side "):
            self.sides.append(unbase64(lines.pop()[5:], 32))
        need(len(self.sides) <= 256, "sides")
        self.entry = Entry(lines)

def stated_root(entry):
    stated = parse_json(entry.opened.get(0, ("", ""))[1]).get("headsRoot")
    try:
        return unbase64(stated, 32) if isinstance(stated, str) else None
    except Malformed:
        return None

KINDS = ("decision disclosure intent stored abandoned fact policy principal key session breach heads"
         " system").split()
TEXTS = ("actor actorKind role organization onBehalfOf authMethod credential session client device"
         " sourceAddress recordServer guard action policyDigest reason breakGlassReason verification"
         " grant").split()
LISTS = "purpose categories origin rules legalBasis obligations".split()

class Entry:
    def __init__(self, lines):
        """Takes one entry's block."""
        def values(word):
            while lines and lines[-1].startswith(word + " "):
                yield lines.pop()[len(word) + 1:]
        try:
            self.index, self.frame = decimal(next(values("index"))), next(values("frame"))
        except StopIteration:
            raise Malformed("entry") from None
        self.frame = unbase64(self.frame, 14)
        version, kind, self.time, count = struct.unpack(">BBqI", self.frame)
        need(version == 1 and 1 <= kind <= len(KINDS), "frame")
        self.kind, self.opened = KINDS[kind - 1], {}
        self.sections = [unbase64(text, 64) for text in values("section")]
        for text in values("open"):
            parts = text.split(" ", 2)
            need(len(parts) == 3, "opening")
            number = decimal(parts[0])
            need(all(number > n for n in self.opened) and number < count, "opening")
            self.opened[number] = (unbase64(parts[1], 32), parts[2])
        self.path = [unbase64(text, 32) for text in values("path")]
        need(lines and lines.pop() == "" and len(self.path) <= 63, "path")
        need(len(self.sections) == count > 0, "sections")
        self.parts = [parse_json(text) for n, (_, text) in self.opened.items() if n > 0]

    def moment(self):
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=self.time)
        text = moment.isoformat()
        return (text.rstrip("0") if "." in text else text) + "Z"

    def line(self):
        get = parse_json(self.opened.get(0, ("", ""))[1]).get
        asked = "+".join(get("purpose")) if isinstance(get("purpose"), list) else "unknown"
        return (f"  {self.index}  {self.moment()}  {self.kind}  {get('actor')}  for {asked}"
                f"  {get('decision')}")

def header_fits(entry):
    """Every member that an entry must have is there, and kind and time are the frame's."""
    header = parse_json(entry.opened.get(0, ("", ""))[1])
    get = header.get
    def strings(value, item=lambda v: isinstance(v, str)):
        return value == "unknown" or isinstance(value, list) and all(map(item, value))
    def consent(value):
        return isinstance(value, dict) and all(type(value.get(n)) is str for n in ("id", "version"))
    return (get("kind") == entry.kind and "scopeAsked" in header
            and get("time") == entry.moment()
            and get("automated") in ("human", "machine", "unknown")
            and get("decision") in ("permit", "deny", "none", "unknown")
            and (get("accountable") == "unknown" or type(get("accountable")) is bool)
            and all(isinstance(get(n), str) for n in TEXTS)
            and all(strings(get(n)) for n in LISTS) and strings(get("consent"), consent))

def part_fits(entry, part):
    """Patient, count and the entry before are there and not in contradiction."""
    before, count = part.get("previous", ""), part.get("count")
    first = before is None and count == 1
    later = type(before) is int and 0 <= before < entry.index and count != 1
    return (isinstance(part.get("patient"), str) and type(count) is int and count > 0
            and (first or later))

# --- the five kinds of files ----------------------------------------------------------------------
def read_window(lines, problem):
    need(lines and lines[-1].startswith("patient "), "patient")
    patient = lines.pop()[8:]
    need(lines and lines[-1].startswith("head "), "head")
    head, text = None, lines.pop()[5:]
    if text != "none":
        parts = text.split(" ")
        need(len(parts) == 2, "head")
        head = tuple(decimal(part) for part in parts)
        need(head[0] > 0 and max(head) < 2**63 - 1, "head")
    start, end = (Heads(lines, head is None) for _ in "ab")
    def judge(origin, size, root):
        check_window(patient, head, start, end, origin, size, root, problem)
        return f"no entry from {start.entry.moment()} to {end.entry.moment()}"
    return judge

def read_chain(lines, key, witnesses, problem):
    """A chain of checkpoints, each an extension of the one before; gives back the last."""
    before = None
    need(lines.pop(0) == "" and lines, "file")  # reversed: the end of the last line
    while lines:
        need(lines[-1].startswith("checkpoint "), "checkpoint")
        text, path = unbase64(lines.pop()[11:]).decode(), []
        while lines and lines[-1].startswith("path "):
            path.append(unbase64(lines.pop()[5:], 32))
        need(len(path) <= 64, "path")
        note = parse_note(text)
        origin, size, root = parse_checkpoint(note[0])
        if lines:
            check_signatures(note, key, witnesses, 0, problem)
        if not extends(*before, size, root, path) if before else path:
            problem("consistency", f"the checkpoint of {size} entries does not extend the one before")
        before = (size, root)
    return text

def check(data, key, witnesses, required, problem):
    text = data.decode()
    need(len(data) <= 256 << 20 and text.endswith("\n"), "file")
    lines, entries, count, heads, judge = text.split("\n")[::-1], [], 0, None, None
    first = lines[-1]
    history = first == "patientvault/history-proof@v1"
    if first.startswith("patientvault/") and lines[-1] != "":
        known = first[13:] in ("history-proof@v1", "entry-proof@v1", "not-accessed-proof@v1",
                               "checkpoint-chain@v1")
        lines = lines[:-1] if known else lines
    if first == "patientvault/checkpoint-chain@v1":
        lines = read_chain(lines, key, witnesses, problem).split("\n")[::-1]
    elif first == "patientvault/not-accessed-proof@v1":
        judge = read_window(lines, problem)
    elif first == "patientvault/entry-proof@v1":
        count = 1
    elif history:
        word = lines.pop()
        need(word in ("heads none", "heads map"), "heads")
        heads = Heads(lines) if word == "heads map" else None
        need(lines[-1].startswith("entries "), "history")
        count = decimal(lines.pop()[8:])
        need(lines.pop() == "", "history")
    while len(entries) < count:
        entries.append(Entry(lines))
    note = parse_note("\n".join(lines[::-1]))
    origin, size, root = parse_checkpoint(note[0])
    check_signatures(note, key, witnesses, required, problem)
    for entry in entries:
        check_entry(entry, size, root, problem)
    if history:
        check_history(entries, heads, size, root, problem)
        for first, last in lost(origin):
            print(f"note: the list may lack something: entries {first} to {last} are lost")
    shown = judge(origin, size, root) if judge else f"{count} shown"
    return [f"{origin}, {size} entries, root {root.hex()}, {shown}"] + [e.line() for e in entries]

def main():
    parser = argparse.ArgumentParser(description="checks PatientVault proofs offline")
    parser.add_argument("file")
    parser.add_argument("--key", required=True)
    parser.add_argument("--witness", action="append", default=[])
    parser.add_argument("--witnesses", type=int, default=0)
    try:
        options = parser.parse_args()
        texts = [open(t[1:]).read().strip() if t[:1] == "@" else t
                 for t in [options.key] + options.witness]
        key, *witnesses = [Key(text) for text in texts]
        data = sys.stdin.buffer.read() if options.file == "-" else open(options.file, "rb").read()
    except (SystemExit, OSError, Malformed) as trouble:
        print(f"error: {trouble}", file=sys.stderr)
        return 0 if getattr(trouble, "code", 1) == 0 else 64
    problems = []
    try:
        summary = check(data, key, witnesses, options.witnesses, lambda *p: problems.append(p))
    except (Malformed, UnicodeError, OverflowError, IndexError) as trouble:
        problems.append(("malformed", str(trouble)))
    for kind, detail in problems:
        print(f"problem: {kind}: {detail}")
    if not problems:
        print("ok: " + "\n".join(summary))
    return 4 if problems else 0

if __name__ == "__main__":
    sys.exit(main())
