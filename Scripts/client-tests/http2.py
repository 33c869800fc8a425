"""Asks a server with TLS over HTTP/2, politely and not.

Usage: http2.py DIR, with DIR/serve.json of a server with a certificate of its own
"""

import json
import socket
import ssl
import sys
from pathlib import Path
from urllib.parse import urlsplit

import h2.connection
import h2.events
import h2.exceptions

place = urlsplit(json.loads((Path(sys.argv[1]) / "serve.json").read_text())["url"])
failures = []


def check(name, holds):
    print(f"{'ok  ' if holds else 'FAIL'} {name}", flush=True)
    if not holds:
        failures.append(name)


def connect(*protocols):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(list(protocols))
    plain = socket.create_connection((place.hostname, place.port), timeout=20)
    return context.wrap_socket(plain, server_hostname="localhost")


class Connection:
    """One connection; collects statuses and bodies of its streams."""

    def __init__(self):
        self.socket = connect("h2")
        self.state = h2.connection.H2Connection()
        self.state.initiate_connection()
        self.status, self.body, self.ended, self.closed = {}, {}, set(), False
        self.flush()

    def flush(self):
        data = self.state.data_to_send()
        if data:
            self.socket.sendall(data)

    def ask(self, method, path, more=(), ends=True):
        stream = self.state.get_next_available_stream_id()
        headers = [(":method", method), (":scheme", "https"), (":authority", "localhost"), (":path", path)]
        self.state.send_headers(stream, headers + list(more), end_stream=ends)
        return stream

    def read(self, until):
        """Reads until something holds or the connection ends."""
        while not until() and not self.closed:
            try:
                data = self.socket.recv(65_536)
            except OSError:
                data = b""
            if not data:
                self.closed = True
                return
            for event in self.state.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    headers = {n.decode(): v.decode() for n, v in event.headers} if isinstance(
                        event.headers[0][0], bytes
                    ) else dict(event.headers)
                    self.status[event.stream_id] = int(headers[":status"])
                elif isinstance(event, h2.events.DataReceived):
                    self.body[event.stream_id] = self.body.get(event.stream_id, b"") + event.data
                    self.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
                    self.ended.add(event.stream_id)
                elif isinstance(event, h2.events.ConnectionTerminated):
                    self.closed = True
            self.flush()

    def get(self, path, more=()):
        stream = self.ask("GET", path, more)
        self.flush()
        self.read(lambda: stream in self.ended)
        return self.status.get(stream), self.body.get(stream, b"")


one = Connection()
check("HTTP/2 is chosen where it is offered", one.socket.selected_alpn_protocol() == "h2")
check("it is answered over HTTP/2", one.get("/health") == (200, b"ok\n"))
check("HTTP/1.1 is still spoken", connect("http/1.1").selected_alpn_protocol() == "http/1.1")
status, body = one.get("/fhir/Patient/margaret")
check("without a token: 401, an OperationOutcome", status == 401 and b"OperationOutcome" in body)

streams = [one.ask("GET", "/fhir/metadata") for _ in range(50)]
one.flush()
one.read(lambda: set(streams) <= one.ended)
check("fifty requests at once on one connection", [one.status.get(s) for s in streams] == [200] * 50)

stream = one.ask("POST", "/auth/token", [("content-length", str(17 << 20))], ends=False)
one.flush()
one.read(lambda: stream in one.status)
check("a body over the limit is refused by its length", one.status.get(stream) == 413)
check("the other requests of the connection go on", one.get("/health")[0] == 200)

large = Connection()
try:
    status, _ = large.get("/health", [("x-large", "x" * 60_000)])
except (OSError, h2.exceptions.ProtocolError):
    # The server may close before it has read all that it does not take.
    status = None
check("header fields over the limit are not taken", status != 200)
check("the server goes on", Connection().get("/health")[0] == 200)

# CVE-2023-44487: requests that are taken back as soon as they are sent.
flood, sent = Connection(), 0
try:
    for sent in range(5_000):
        stream = flood.ask("GET", "/fhir/metadata")
        flood.state.reset_stream(stream)
        if sent % 50 == 0:
            flood.flush()
    flood.flush()
    flood.read(lambda: False)
except (OSError, h2.exceptions.ProtocolError):
    flood.closed = True
check(f"a flood of resets ends its connection ({sent + 1} sent)", flood.closed)

pings, sent = Connection(), 0
try:
    for sent in range(5_000):
        pings.state.ping(b"12345678")
        if sent % 50 == 0:
            pings.flush()
    pings.flush()
    pings.read(lambda: False)
except (OSError, h2.exceptions.ProtocolError):
    pings.closed = True
check(f"a flood of control frames ends its connection ({sent + 1} sent)", pings.closed)
check("nobody else notices", Connection().get("/health") == (200, b"ok\n"))

sys.exit(1 if failures else 0)
