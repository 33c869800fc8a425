"""What schemathesis does not know by itself: how a body of NDJSON is written."""

import json

import schemathesis


@schemathesis.serializer("application/fhir+ndjson")
def ndjson(context, value):
    lines = value if isinstance(value, list) else [value]
    return "\n".join(json.dumps(line) for line in lines).encode()
