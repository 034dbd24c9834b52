#!/usr/bin/env python3
"""Started as systemd starts it: with a listening socket that outlives it, and somebody to tell how it is."""
import functools
import http.client
import os
import shutil
import signal
import socket
import subprocess
import threading
import unittest

from shop import Shop, phone_of
from support import BINARY, SLOW, Answer, LiveTest, Service, is_behind

CLIENTS = 4
RESTARTS = 20


class Held(Service):
    """`federator serve` on a socket of its parent's, and with the parent's ear; it can be started again."""

    def __init__(self, mapping, directory, listener, *options, environment=None):
        super().__init__(mapping, *options, directory=directory)
        self.listener = listener
        at = self.command.index("--listen")
        del self.command[at:at + 2]
        self.admin_path = os.path.join(directory, "admin.sock")
        self.command[self.command.index("--admin") + 1] = "unix:" + self.admin_path
        self.environment = environment or {}

    def start(self):
        """As file descriptor 3, by a process whose number is told: the shell becomes it."""
        listener = self.listener.fileno()
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", f'exec 3<&{listener}; LISTEN_PID=$$ WATCHDOG_PID=$$ exec "$@"', "sh", *self.command],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[listener], cwd=self.directory,
            env={**os.environ, "LISTEN_FDS": "1", **self.environment})
        log.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(timeout=30 * SLOW) != 0:
            raise AssertionError(self.log())


class Client(threading.Thread):
    """Asks on a new connection each time, until told to stop; everything must be answered."""

    def __init__(self, address, customer, enough):
        super().__init__()
        self.address, self.customer, self.enough = address, customer, enough
        self.answers, self.lost = 0, []

    def run(self):
        while not self.enough.is_set():
            try:
                connection = http.client.HTTPConnection(*self.address, timeout=30 * SLOW)
                connection.request("GET", f"/v1/customers?phone={phone_of(self.customer)}&view=pop")
                answer = Answer(connection.getresponse())
                if not is_behind(answer) and (answer.status != 200 or answer.json["match"]["outcome"] != "one"):
                    self.lost.append((answer.status, answer.body))
                self.answers += 1
                connection.close()
            except (OSError, http.client.HTTPException, ValueError) as failed:
                self.lost.append(repr(failed))


class RestartTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop = Shop(os.path.join(cls.scratch, "shop"))

    def listener(self, family=socket.AF_INET, address=("127.0.0.1", 0)):
        listener = socket.socket(family)
        self.addCleanup(listener.close)
        listener.bind(address)
        listener.listen(1024)
        return listener

    def ear(self, name):
        """What systemd listens with."""
        ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(ear.close)
        ear.bind(name)
        ear.setblocking(False)
        return ear

    def test_no_request_is_lost_in_restarts(self):
        listener = self.listener()
        service = Held(self.shop.map, self.fresh(), listener, "--cache", "off")
        enough = threading.Event()
        clients = [Client(listener.getsockname(), 3 + n, enough) for n in range(CLIENTS)]
        service.start()
        try:
            for client in clients:
                client.start()
            for _ in range(RESTARTS):
                before = [client.answers for client in clients]
                service.wait(lambda: all(c.answers > b + 1 for c, b in zip(clients, before)))
                service.stop()
                service.start()
        finally:
            enough.set()
            for client in clients:
                client.join()
            service.stop()
        self.assertEqual([client.lost for client in clients], [[]] * CLIENTS)

    def test_who_is_killed_leaves_waiting_connections_to_the_next(self):
        listener = self.listener()
        service = Held(self.shop.map, self.fresh(), listener)
        service.start()
        service.wait(lambda: self.get(listener, "/livez") == 200)
        service.process.kill()
        service.process.wait()
        waiting = socket.create_connection(listener.getsockname(), timeout=30 * SLOW)
        self.addCleanup(waiting.close)
        waiting.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        service.start()
        self.assertIn(b"200 OK", waiting.recv(4096))
        service.stop()

    def get(self, listener, path):
        connection = http.client.HTTPConnection(*listener.getsockname(), timeout=30 * SLOW)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def test_a_unix_socket_that_was_handed_over_is_left_in_place(self):
        path = os.path.join(self.fresh(), "held.sock")
        listener = self.listener(socket.AF_UNIX, path)
        service = Held(self.shop.map, self.fresh(), listener)
        for _ in range(2):
            service.start()
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(30 * SLOW)
            client.connect(path)
            client.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertIn(b"200 OK", client.recv(4096))
            client.close()
            service.stop()
            self.assertTrue(os.path.exists(path))

    def test_systemd_is_told(self):
        for name in (os.path.join(self.fresh(), "notify"), "\0federator-test-%d" % os.getpid()):
            ear = self.ear(name)
            listener = self.listener()
            service = Held(self.shop.map, self.fresh(), listener, environment={
                "NOTIFY_SOCKET": name.replace("\0", "@"), "WATCHDOG_USEC": "20000"})
            service.start()
            hear = functools.partial(self.hear, service, ear)
            self.assertEqual(hear(), b"READY=1")
            self.assertEqual([hear() for _ in range(3)], [b"WATCHDOG=1"] * 3)
            service.process.send_signal(signal.SIGHUP)
            self.assertEqual(self.next_but_watchdog(hear), b"RELOADING=1")
            self.assertEqual(self.next_but_watchdog(hear), b"READY=1")
            service.process.send_signal(signal.SIGTERM)
            self.assertEqual(self.next_but_watchdog(hear), b"STOPPING=1")
            self.assertEqual(service.process.wait(timeout=30 * SLOW), 0)

    @staticmethod
    def hear(service, ear):
        """The next message; a service that has ended sends none."""
        messages = []

        def heard():
            messages.append(ear.recv(100))
            return True
        service.wait(heard)  # nothing there is an OSError: not yet
        return messages[0]

    @staticmethod
    def next_but_watchdog(hear):
        while (message := hear()) == b"WATCHDOG=1":
            pass
        return message

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
    def test_the_units_are_good(self):
        directory = self.fresh()
        units = os.path.join(os.path.dirname(os.path.dirname(BINARY)), "federator.service")
        with open(units) as f:
            text = f.read()
        with open(os.path.join(directory, "federator.service"), "w") as f:
            f.write(text.replace("/usr/local/bin/federator", BINARY))
        shutil.copy(os.path.join(os.path.dirname(__file__), "..", "..", "cmake", "systemd", "federator.socket"), directory)
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", os.path.join(directory, "federator.service"),
                               os.path.join(directory, "federator.socket")], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
