#!/usr/bin/env python3
"""SIGTERM under load: every request on a connection made before it gets its answer."""
import http.client
import json
import os
import signal
import sqlite3
import threading
import unittest

from shop import Shop, phone_of, sqlite_connect
from support import SLOW, Answer, LiveTest, Service, is_behind
from test_audit import PHONE, SEAL, Recorded

CLIENTS = 8


class Client(threading.Thread):
    """Asks on a new connection each time until the service is gone. Connections made after SIGTERM may be refused, or
    reset with the socket they wait at; all others must be answered."""

    def __init__(self, port, customer, ending):
        super().__init__()
        self.port, self.customer, self.ending = port, customer, ending
        self.answers, self.lost = 0, []

    def run(self):
        while self.ask():
            pass

    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30 * SLOW)
        try:
            connection.connect()
        except OSError:
            return False
        late = self.ending.is_set()  # before that, it was made before SIGTERM
        try:
            connection.request("QUERY", "/v1/customers", json.dumps({"by": {"phone": phone_of(self.customer)}}),
                               {"Content-Type": "application/json"})
            answer = Answer(connection.getresponse())
            if not is_behind(answer) and (answer.status != 200 or answer.json["match"]["outcome"] != "one"):
                self.lost.append((answer.status, answer.body))
            self.answers += 1
        except (OSError, http.client.HTTPException, ValueError) as failed:
            if not late:
                self.lost.append(repr(failed))
            return False
        finally:
            connection.close()
        return True


class DrainTest(LiveTest):
    def test_no_request_is_lost(self):
        shop = Shop(os.path.join(self.fresh(), "shop"))
        with Service(shop.map, "--cache", "off") as service:
            service.wait_sources()
            ending = threading.Event()
            clients = [Client(service.port, 3 + n, ending) for n in range(CLIENTS)]
            for client in clients:
                client.start()
            service.wait(lambda: min(client.answers for client in clients) >= 20)
            ending.set()
            service.process.send_signal(signal.SIGTERM)
            for client in clients:
                client.join()
            self.assertEqual(service.process.wait(timeout=30 * SLOW), 0, service.log())
        self.assertEqual([client.lost for client in clients], [[]] * CLIENTS)

    def test_a_request_in_flight_is_finished(self):
        """The body arrives after SIGTERM."""
        shop = Shop(os.path.join(self.fresh(), "shop"))
        with Service(shop.map) as service:
            service.wait_sources()
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30 * SLOW)
            body = json.dumps({"by": {"phone": phone_of(7)}}).encode()
            connection.putrequest("QUERY", "/v1/customers")
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body[:5])
            service.wait(lambda: service.query({"phone": phone_of(7)}).status == 200)
            service.process.send_signal(signal.SIGTERM)
            connection.send(body[5:])
            self.assertEqual(json.loads(connection.getresponse().read())["match"]["outcome"], "one")
            connection.close()

    def ended_while_a_source_hangs(self):
        """The service, and the code that it ended with."""
        shop = Shop(os.path.join(self.fresh(), "shop"))
        path = os.path.join(shop.directory, "callcenter.db")
        shop.write_secret("callcenter", sqlite_connect(path).replace("Timeout=200", "Timeout=600000"))
        for name, text in (("salt", "a salt of the tests, long enough"), ("seal", SEAL)):
            shop.write_secret(name, text)
        service = Recorded(shop, self.fresh(), "--drain", "200ms")
        service.__enter__()
        self.addCleanup(self.kill, service)
        service.wait_sources()
        held = sqlite3.connect(path, isolation_level=None)
        self.addCleanup(held.close)
        held.execute("BEGIN EXCLUSIVE")
        waits = threading.Thread(target=service.ask, args=("GET", PHONE))
        waits.start()
        busy = 'federator_source_workers{source="callcenter",state="busy"} 1'
        service.wait(lambda: busy in service.admin("/metrics").body.decode())
        service.process.send_signal(signal.SIGTERM)
        waits.join()
        return service, service.process.wait(timeout=30 * SLOW)

    @staticmethod
    def kill(service):
        if service.process.poll() is None:
            service.process.kill()
            service.process.wait()

    def test_a_source_that_hangs_takes_no_time_of_the_record(self):
        for _ in range(5):  # a disk may be slow once
            service, code = self.ended_while_a_source_hangs()
            if code == 0:
                self.assertIn('"event":"stopped_with_fetches"', service.log())
                self.assertEqual(service.lines()[-1]["kind"], "stop")
                return
        self.fail(service.log())


if __name__ == "__main__":
    unittest.main()
