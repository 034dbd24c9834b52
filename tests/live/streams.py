"""What the tests of streams share: a client that listens, and how clients put a view together."""
import json
import os
import socket
import time

from servers import Servers
from schemas import fault, validator
from shop import Shop
from support import SLOW, LiveTest

WAIT_S = 60 * SLOW


class Stream:
    """A client that listens, on a plain socket, or with TLS."""

    def __init__(self, port, path, headers="", first=b"", schema=None, context=None):
        self.schema = schema
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.bytes = b""
        self.socket.sendall(first + f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())

    def close(self):
        self.socket.close()

    def read(self):
        """More bytes; false at the end."""
        got = self.socket.recv(65536)
        self.bytes += got
        return bool(got)

    def confirm(self):
        """What was read: systems put that off for a moment."""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def cut(self, mark):
        while mark not in self.bytes:
            if not self.read():
                raise EOFError(self.bytes)
        text, self.bytes = self.bytes.split(mark, 1)
        return text.decode()

    def header(self):
        return self.cut(b"\r\n\r\n")

    def event(self):
        """The next event, as its fields; comments are passed over."""
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            lines = self.cut(b"\n\n").split("\n")
            fields = dict(line.split(": ", 1) for line in lines if not line.startswith(":"))
            if fields:
                fields["data"] = json.loads(fields["data"])
                wrong = self.schema and fault(self.schema, fields)
                if wrong:
                    raise AssertionError(f"{wrong}\n{fields}")
                return fields
        raise TimeoutError("nothing but comments")

    def events(self, last):
        """Up to and with an event of that name."""
        events = [self.event()]
        while events[-1]["event"] != last:
            events.append(self.event())
        return events

    def ends(self):
        while self.read():
            pass
        return self.bytes == b""


def take_in(view, part):
    """As docs/http.md tells clients to."""
    for name, value in part.items():
        if value is None:
            view.pop(name, None)
        elif isinstance(value, dict) and isinstance(view.get(name), dict):
            for inner, member in value.items():
                if member is None:
                    view[name].pop(inner, None)
                else:
                    view[name][inner] = member
        else:
            view[name] = value


def view_of(events):
    view = [e["data"] for e in events if e["event"] == "view"][0]
    for event in events:
        if event["event"] == "part":
            take_in(view, event["data"])
    return view


class StreamTest(LiveTest):
    """A test of a service with streams, whose events hold to their schema."""

    def setUp(self):
        self.schemas = {}

    def serve(self, *options, servers=None, shop=None):
        self.shop = shop or Shop(os.path.join(self.fresh(), "shop"), servers)
        service = self.start(self.shop.map, *options)
        service.wait_sources()
        return service

    def listen(self, service, path, headers="", first=b""):
        schema = self.schemas.get(service)
        if not schema:
            schema = self.schemas[service] = validator(service.ask("GET", "/schema/events.schema.json").body)
        stream = Stream(service.port, path, headers, first, schema)
        self.addCleanup(stream.close)
        return stream

    def opened(self, service, path, headers="", first=b""):
        stream = self.listen(service, path, headers, first)
        header = stream.header()
        self.assertIn("HTTP/1.1 200 OK", header)
        self.assertIn("Content-Type: text/event-stream", header)
        return stream

    def agent(self, service, name, headers=""):
        """A stream of an agent that is listed by now."""
        before = self.metric(service, "federator_streams_opened_total")
        stream = self.opened(service, f"/v1/agents/{name}/pops", headers)
        service.wait(lambda: self.metric(service, "federator_streams_opened_total") > before)
        return stream

    def agent_who_does_not_read(self, service, name):
        """Little of what it is sent finds room in the kernel."""
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.addCleanup(slow.close)
        slow.connect(("127.0.0.1", service.port))
        slow.sendall(f"GET /v1/agents/{name}/pops HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        service.wait(lambda: self.metric(service, "federator_streams") == 1)

    @staticmethod
    def metric(service, name):
        lines = service.admin("/metrics").body.decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split(" ")[0] == name)

    @staticmethod
    def ring(service, agent, by, **more):
        return service.ask("POST", f"/v1/agents/{agent}/pops", json.dumps({"by": by, **more}),
                           {"Content-Type": "application/json"})

    def assert_pop(self, stream, customer):
        events = stream.events("done")
        self.assertEqual([events[0]["event"], events[1]["event"], events[2]["event"]], ["pop", "identity", "view"])
        self.assertEqual(events[0]["id"], events[0]["data"]["id"])
        self.assertEqual(events[-1]["id"], events[0]["id"] + ".done")
        self.assertEqual(view_of(events)["customer"]["name"], f"한{customer}별")
        return events

    def redis_only(self):
        """A Redis, and a shop whose nodes may share it."""
        servers = Servers(self.fresh(), ["redis"]).start()
        self.addCleanup(servers.stop)
        self.shop = Shop(os.path.join(self.fresh(), "shop"))
        return servers

    def shared(self, servers):
        """Options of nodes on one Redis."""
        self.shop.write_secret("salt", "0123456789abcdef-of-both-nodes")
        return "--cache", servers.env["FED_TEST_REDIS"], "--salt-secret", "salt", "--cache-timeout", "900ms"

    def two_nodes(self, shop=None, *roles):
        servers = self.redis_only()
        self.shop = shop or self.shop
        options = self.shared(servers)
        return servers, [self.serve(*options, "--role", role, shop=self.shop) for role in roles or ("agent", "agent")]

    def rung_elsewhere(self, nodes, agent, by):
        """Ring once the other node hears of it: the nodes may just be about to find each other."""
        name = 'federator_pops_total{listening="no"}'
        before = self.metric(nodes[1], name)
        nodes[0].wait(lambda: self.ring(nodes[0], "nobody", by).status == 202 and self.metric(nodes[1], name) > before)
        self.ring(nodes[0], agent, by)
