"""Exports all patients of a server and says how long it took, from kick-off to the last byte of the last file.

Usage: export_time.py FHIR-BASE CLIENT PRIVATE-KEY-FILE
"""

import json
import sys
import time
import urllib.request

from smart_token import token

base, client, key = sys.argv[1:]
with open(key) as file:
    bearer = token(base.removesuffix("/fhir"), client, file.read(), "system/*.rs")


def get(url, method="GET", **headers):
    headers |= {"Authorization": f"Bearer {bearer}"}
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers, method=method))


start = time.perf_counter()
with get(f"{base}/Patient/$export", Prefer="respond-async") as answer:
    job = answer.headers["Content-Location"]
while True:
    with get(job) as answer:
        if answer.status == 200:
            manifest = json.load(answer)
            break
    time.sleep(0.02)
planned = time.perf_counter()
lines = 0
size = 0
for entry in manifest["output"]:
    with get(entry["url"]) as answer:
        body = answer.read()
        count = body.count(b"\n")
        assert count == entry["count"], entry
        lines += count
        size += len(body)
end = time.perf_counter()
# The server keeps what an export carries for an hour, unless it is told that all was fetched.
get(job, method="DELETE").close()
print(
    f"{lines} resources, {size / 1e6:.0f} MB, {len(manifest['output'])} files: "
    f"{planned - start:.2f} s to the manifest, {end - planned:.2f} s for the files, "
    f"{lines / (end - start):.0f} resources/s"
)
