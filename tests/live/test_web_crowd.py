#!/usr/bin/env python3
"""Who watches a site with thousands of visitors: what a stream is sent first is much, some do not read, and nobody waits for
them."""
import os
import socket
import unittest

from streams import WAIT_S, Stream
from support import SANITIZED, LiveTest, peak_bytes
from webshop import WebShop, ago

CROWD = 500 if SANITIZED else 5000


class Crowd(LiveTest):
    def setUp(self):
        self.shop = WebShop(os.path.join(self.fresh(), "shop")).fill()
        self.shop.held = []
        page = "/" + "x" * 900
        for i in range(CROWD):
            self.shop.session(f"w{i}", f"f{i:015}", [(ago(60 + i % 600), page, {})])
        held, self.shop.held = self.shop.held, None
        self.shop.run("BEGIN", *held, "COMMIT")
        self.service = self.start(self.shop.map)
        self.service.wait_sources()

    def metric(self, name):
        return sum(float(line.rsplit(" ", 1)[1]) for line in self.service.admin("/metrics").body.decode().splitlines()
                   if line.split("{")[0].split(" ")[0] == name)

    def listen(self, room=None):
        """A client; `room`: bytes that its system takes for it."""
        stream = Stream.__new__(Stream)
        stream.schema, stream.bytes = None, b""
        stream.socket = socket.socket()
        stream.socket.settimeout(WAIT_S)
        if room:
            stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.addCleanup(stream.close)
        stream.socket.connect(("127.0.0.1", self.service.port))
        stream.socket.sendall(b"GET /v1/web/live HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nX-Purpose: web\r\n\r\n")
        return stream

    def assert_sees_all(self, stream):
        stream.header()
        seen = set()
        while len(seen) < CROWD:
            told = stream.event()
            self.assertEqual(told["event"], "session", told["data"])
            seen.add(told["data"]["session"])

    def test_who_comes_later_is_told_of_all_who_are_there(self):
        first = self.listen()
        self.assert_sees_all(first)
        later = self.listen(room=4096)
        self.assert_sees_all(later)
        self.shop.session("v3", "9000000000000000", [(ago(0), "/new", {})])
        for stream in (first, later):
            self.assertEqual(stream.event()["data"]["last_path"], "/new")

    def test_who_does_not_read_is_cut_and_holds_up_nobody(self):
        first = self.listen()
        self.assert_sees_all(first)
        before = peak_bytes(self.service.process)
        deaf = [self.listen(room=2048) for _ in range(30)]
        self.service.wait(lambda: self.metric("federator_streams_opened_total") == 31)
        for n in range(3):
            self.shop.session("v3", f"9{n:015}", [(ago(0), f"/new/{n}", {})])
            self.assertEqual(first.event()["data"]["last_path"], f"/new/{n}")
        if not SANITIZED:
            self.assertLess(peak_bytes(self.service.process) - before, 30 << 20)  # less than a megabyte each
        self.service.wait(lambda: self.metric("federator_streams") == 1)
        self.assertEqual(self.metric("federator_streams_cut_total"), len(deaf))


if __name__ == "__main__":
    unittest.main()
