#!/usr/bin/env python3
"""SIGTERM under load: every request on a connection made before it gets its answer."""
import http.client
import json
import os
import signal
import threading
import unittest

from shop import Shop, phone_of
from support import SLOW, Answer, LiveTest, Service, is_behind

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


if __name__ == "__main__":
    unittest.main()
