#!/usr/bin/env python3
"""Sealed ids are good for their tenant, installation and time only. Whatever else comes as an id is answered like one that
nobody ever made, byte for byte, and asks no source."""
import base64
import json
import os
import re
import secrets
import sqlite3
import unittest

from redis_dump import Wire
from shop import Shop, literal, phone_of
from support import RedisTest
from test_same_bodies import steady
from wall import Wall, needs_wall

DAY_S = 24 * 3600
ROUTES = [("GET", "/v1/customers/{}?view=pop"), ("GET", "/v1/customers/{}/timeline?view=full"),
          ("GET", "/v1/customers/{}/explain"), ("GET", "/v1/customers/{}/export"), ("POST", "/v1/customers/{}/refresh"),
          ("DELETE", "/v1/customers/{}"), ("DELETE", "/v1/cache?customer={}")]


def unpadded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def opened(seal):
    return base64.urlsafe_b64decode(seal[2:] + "=" * (-len(seal[2:]) % 4))


def told(answer):
    """All that a client sees of an answer but when it was made and which one it is."""
    varying = ("date", "x-request-id")
    return answer.status, {n: v for n, v in answer.headers.items() if n not in varying}, answer.body


def fetches(service):
    page = service.admin("/metrics").body.decode()
    return sum(int(n) for n in re.findall(r"(?m)^federator_source_fetches_total\{.*\} (\d+)$", page))


class IdsTest(RedisTest):
    def setUp(self):
        self.shop = Shop(os.path.join(self.fresh(), "shop"))
        self.shop.write_secret("salt", "one salt for every node")
        self.shop.write_secret("salt2", "the salt of another installation")

    def node(self, *options, shop=None, salt="salt"):
        service = self.start((shop or self.shop).map, "--salt-secret", salt, *options)
        service.wait_sources()
        return service

    def in_time(self, seconds):
        """A node whose calendar is ahead."""
        wall = Wall(self.fresh())
        wall.jump(seconds)
        with wall.for_services():
            return self.node()

    def seal(self, service, n=7):
        answer = service.get(member=n)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json["id"]

    def ask(self, service, route, seal, accept="application/json"):
        method, path = route
        return service.ask(method, path.format(seal), headers={"Accept": accept})

    def message(self):
        """What one node tells another of a pop, as it stands on the wire."""
        node = self.node("--cache", self.servers.env["FED_TEST_REDIS"], "--cache-timeout", "1s")
        node.wait(lambda: node.admin("/readyz?verbose").json["cache"]["up"])
        wire = Wire(int(self.servers.env["FED_TEST_REDIS_PORT"]))
        self.addCleanup(wire.close)
        wire.ask("SUBSCRIBE", "fed2:pops:default")
        ring = lambda: node.ask("POST", "/v1/agents/kim/pops", json.dumps({"by": {"phone": phone_of(7)}, "view": "pop"}),
                                {"Content-Type": "application/json"}).status == 202
        node.wait(ring)
        return wire.read()[2]

    def others(self, service):
        """What might be taken for an id, by what it is."""
        seal = self.seal(service)
        raw = opened(seal)
        page = service.ask("GET", f"/v1/customers/{seal}/timeline?view=full&limit=1").json["links"]["next"]
        cursor = re.search(r"cursor=([^&]+)", page).group(1)
        others = {"of another tenant": self.seal(self.node("--tenant", "other")),
                  "of another installation": self.seal(self.node(salt="salt2")),
                  "a cursor": cursor, "a message": "c." + unpadded(self.message()), "only its mark": "c.", "no mark": seal[2:],
                  "another mark": "d." + seal[2:], "no base64": "c.!!!!", "padded": seal + "=", "longer": seal + "A",
                  "twice": seal + seal[2:], "much": "c." + "A" * 3000,
                  "of the customer's number": "7", "a number sealed by nobody": "c." + unpadded(b"7")}
        self.assertTrue(cursor.startswith("c."), cursor)
        for n in range(2, len(seal)):
            others[f"its first {n} letters"] = seal[:n]
        for bit in range(0, 8 * len(raw), 5):  # 5 and 8 have no common divisor: each bit of a byte has its turn
            flipped = bytearray(raw)
            flipped[bit // 8] ^= 1 << bit % 8
            others[f"bit {bit} flipped"] = "c." + unpadded(flipped)
        return seal, others

    def test_what_is_no_id_of_ours_is_all_the_same(self):
        service = self.node()
        seal, others = self.others(service)
        for accept in ("application/json", "application/xml"):
            for route in ROUTES:
                nobodys = told(self.ask(service, route, "c." + unpadded(secrets.token_bytes(len(opened(seal)))), accept))
                self.assertEqual(nobodys[0], 404, nobodys)
                before = fetches(service)
                for what, other in others.items():
                    self.assertEqual(told(self.ask(service, route, other, accept)), nobodys, (route, what))
                self.assertEqual(fetches(service), before, (route, "no source was asked"))
        for route in ROUTES:
            self.assertEqual(self.ask(service, route, seal).status, 200, route)

    @needs_wall
    def test_an_expired_id_is_nobodys(self):
        service, tomorrow = self.node(), self.in_time(DAY_S + 60)
        seal = self.seal(service)
        nobodys = "c." + unpadded(secrets.token_bytes(len(opened(seal))))
        for route in ROUTES:
            self.assertEqual(told(self.ask(tomorrow, route, seal)), told(self.ask(tomorrow, route, nobodys)), route)
        self.assertEqual(self.ask(self.in_time(DAY_S - 60), ROUTES[0], seal).status, 200)

    def test_a_stream_of_it_says_no_more(self):
        service = self.node()
        seal, others = self.others(service)
        def stream(other):
            answer = service.ask("GET", f"/v1/customers/{other}/stream?view=pop")
            return re.sub(rb"\b[0-9a-f]{24}\b", b"", answer.body)  # the stream's own id
        nobodys = stream("c." + unpadded(secrets.token_bytes(len(opened(seal)))))
        self.assertIn(b"unknown-id", nobodys)
        before = fetches(service)
        for what in ("of another tenant", "of another installation", "a cursor", "a message", "bit 40 flipped"):
            self.assertEqual(stream(others[what]), nobodys, what)
        self.assertEqual(fetches(service), before)

    def test_an_id_is_good_at_each_node_of_its_installation(self):
        self.assertEqual(self.ask(self.node(), ROUTES[0], self.seal(self.node())).status, 200)

    def test_whom_only_another_tenant_knows_is_nobody(self):
        """The same answer for as many queries as a number that no tenant knows."""
        theirs = Shop(os.path.join(self.fresh(), "shop"))
        theirs.write_secret("salt", "one salt for every node")
        number, nobodys = "010-3333-4444", "010-3333-5555"
        with sqlite3.connect(os.path.join(theirs.directory, "callcenter.db")) as db:
            db.execute(f"UPDATE crm SET phone = {literal(number)} WHERE cust_no = 'C00000007'")
        db.close()
        service, other = self.node("--cache", "off"), self.node("--cache", "off", "--tenant", "other", shop=theirs)
        self.assertEqual(other.get(phone=number).json["match"]["outcome"], "one")
        answers, costs = [], []
        for phone in (number, nobodys):
            before = fetches(service)
            answer = service.get(phone=phone)
            answers.append((answer.status, steady(answer.body)))
            costs.append(fetches(service) - before)
        self.assertEqual(answers[0], answers[1])
        self.assertIn('"outcome":"none"', answers[0][1])
        self.assertEqual(costs[0], costs[1])
        self.assertGreater(costs[0], 0)


if __name__ == "__main__":
    unittest.main()
