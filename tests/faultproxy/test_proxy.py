#!/usr/bin/env python3
"""What the fault proxy does to a connection, seen from both ends."""
import os
import socket
import sys
import unittest

from proxy import Proxy

PROGRAM = os.environ["FAULTPROXY"]
WAIT_S = 60  # until a failure, not a time that is measured


class ProxyTest(unittest.TestCase):
    def setUp(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(WAIT_S)
        self.addCleanup(self.server.close)
        self.proxy = Proxy(PROGRAM, self.server.getsockname()[1])
        self.addCleanup(self.proxy.stop)

    def pair(self):
        """Both ends of a connection through the proxy: client, server."""
        client = socket.create_connection(("127.0.0.1", self.proxy.ports[0]), timeout=WAIT_S)
        self.addCleanup(client.close)
        server, _ = self.server.accept()
        server.settimeout(WAIT_S)
        self.addCleanup(server.close)
        return client, server

    def read(self, end, n):
        data = b""
        while len(data) < n:
            more = end.recv(n - len(data))
            self.assertNotEqual(more, b"", f"closed after {len(data)} of {n} bytes")
            data += more
        return data

    def check_passes(self, client, server, data=b"question"):
        client.sendall(data)
        self.assertEqual(self.read(server, len(data)), data)
        server.sendall(data[::-1])
        self.assertEqual(self.read(client, len(data)), data[::-1])

    def test_without_toxics_everything_passes(self):
        client, server = self.pair()
        self.check_passes(client, server, os.urandom(40_000))
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(server.recv(1), b"")
        server.sendall(b"half closed")
        self.assertEqual(self.read(client, 11), b"half closed")
        server.close()
        self.assertEqual(client.recv(1), b"")

    def test_bytes_are_the_same_however_they_come(self):
        for toxics in ("latency_us=1000 jitter_us=3000", "slice_bytes=7 slice_us=10", "rate_bytes=1000000",
                       "latency_us=500 slice_bytes=100 rate_bytes=2000000"):
            with self.subTest(toxics):
                self.proxy.set(toxics)
                client, server = self.pair()
                self.check_passes(client, server, os.urandom(5_000))

    def test_more_than_buffers_hold_passes(self):
        self.proxy.set("latency_us=1000")
        client, server = self.pair()
        data = os.urandom(8_000_000)
        client.settimeout(None)
        child = os.fork()
        if child == 0:
            client.sendall(data)
            os._exit(0)
        self.assertEqual(self.read(server, len(data)), data)
        os.waitpid(child, 0)

    def test_a_black_hole_takes_connections_and_gives_nothing(self):
        self.proxy.set("hole=1")
        client, server = self.pair()
        client.sendall(b"lost?")
        server.setblocking(False)
        self.proxy.set("hole=1")  # an answer: it had the time to pass something on
        self.assertRaises(BlockingIOError, server.recv, 1)
        server.settimeout(WAIT_S)
        self.proxy.set()
        self.assertEqual(self.read(server, 5), b"lost?")

    def test_a_hole_of_one_direction(self):
        client, server = self.pair()
        self.proxy.set("hole=1", direction="down")
        server.sendall(b"answer")
        client.sendall(b"question")
        self.assertEqual(self.read(server, 8), b"question")
        client.setblocking(False)
        self.assertRaises(BlockingIOError, client.recv, 1)
        client.settimeout(WAIT_S)
        self.proxy.set()
        self.assertEqual(self.read(client, 6), b"answer")

    def test_a_reset_ends_old_connections_and_new_ones(self):
        client, server = self.pair()
        self.proxy.set("reset=1")
        self.assertRaises(ConnectionResetError, client.recv, 1)
        self.assertRaises(ConnectionResetError, server.recv, 1)
        with self.assertRaises(ConnectionResetError):
            socket.create_connection(("127.0.0.1", self.proxy.ports[0]), timeout=WAIT_S).recv(1)
        self.proxy.set()
        self.check_passes(*self.pair())

    def test_a_limit_closes_behind_so_many_bytes(self):
        self.proxy.set("limit_bytes=10", direction="down")
        client, server = self.pair()
        server.sendall(b"0123456789abcdef")
        self.assertEqual(self.read(client, 10), b"0123456789")
        self.assertEqual(client.recv(1), b"")

    def test_a_slow_close_ends_all_the_same(self):
        self.proxy.set("slow_close_us=20000")
        client, server = self.pair()
        server.sendall(b"last words")
        server.close()
        self.assertEqual(self.read(client, 10), b"last words")
        self.assertEqual(client.recv(1), b"")

    def test_a_server_that_is_gone_resets_the_client(self):
        self.server.close()
        with self.assertRaises(ConnectionResetError):
            socket.create_connection(("127.0.0.1", self.proxy.ports[0]), timeout=WAIT_S).recv(1)

    def test_wrong_commands_say_so(self):
        for which, direction, toxics in (("*", "both", "latncy=1"), ("9", "both", ""), ("*", "sideways", "")):
            with self.subTest(which=which, direction=direction, toxics=toxics), self.assertRaises(ValueError):
                self.proxy.set(toxics, which, direction)


if __name__ == "__main__":
    sys.exit(unittest.main())
