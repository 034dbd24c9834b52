#!/usr/bin/env python3
"""Views for the time of a call only (--contact required): with whom, by whom, until when; in one process, and with nodes
that share a Redis."""
import json
import os
import unittest

from servers import Servers
from shop import Shop, phone_of
from support import RedisTest, Service

JSON = {"Content-Type": "application/json"}
SEVEN, EIGHT = {"phone": phone_of(7)}, {"phone": phone_of(8)}


class ContactsTest(RedisTest):
    def setUp(self):
        self.shop = Shop(os.path.join(self.fresh(), "shop"))
        self.shop.write_secret("salt", "of all nodes together")

    def node(self, *options, cache="memory"):
        service = self.start(self.shop.map, "--cache", cache, "--salt-secret", "salt", *options)
        service.wait_sources()
        return service

    def put(self, service, name, **body):
        return service.ask("PUT", f"/v1/contacts/{name}", json.dumps(body), JSON)

    def end(self, service, name):
        return service.ask("DELETE", f"/v1/contacts/{name}")

    def view(self, service, by, contact=None, method="QUERY", path="/v1/customers"):
        headers = {**JSON, **({"X-Contact": contact} if contact else {})}
        return service.ask(method, path, json.dumps({"by": by}) if by else None, headers if by else
                           {name: value for name, value in headers.items() if name != "Content-Type"})

    def by_id(self, service, id_, contact, below="", method="GET"):
        return self.view(service, None, contact, method, f"/v1/customers/{id_}{below}")

    def refused(self, answer):
        self.assert_problem(answer, 403, "no-contact")

    def test_view_is_for_a_live_contact_with_this_customer(self):
        service = self.node("--contact", "required", "--loops", "2")
        self.refused(self.view(service, SEVEN))
        self.refused(self.view(service, SEVEN, "call-1"))
        self.assert_problem(self.view(service, SEVEN, "call 1"), 400, "bad-header")
        kept = self.put(service, "call-1", by=SEVEN, minutes=5)
        self.assertEqual((kept.status, kept.json), (200, {"contact": "call-1", "minutes": 5, "resolved": True}))
        seen = self.view(service, SEVEN, "call-1")
        self.assertEqual(seen.status, 200)
        id_ = seen.json["id"]
        for below, method in (("", "GET"), ("/timeline?view=full", "GET"), ("/explain", "GET"), ("/export", "GET"), ("/refresh", "POST")):
            self.assertEqual(self.by_id(service, id_, "call-1", below, method).status, 200, below)
            self.refused(self.by_id(service, id_, None, below, method))
            self.refused(self.by_id(service, id_, "call-2", below, method))
        self.refused(self.view(service, EIGHT, "call-1"))
        self.refused(self.view(service, {**SEVEN, "email": "x@y.kr"}, "call-1"))
        self.put(service, "call-8", by=EIGHT)
        eight = self.view(service, EIGHT, "call-8").json["id"]
        self.refused(self.by_id(service, eight, "call-1"))
        self.refused(self.by_id(service, id_, "call-8"))
        self.assertEqual(service.get(phone=phone_of(7)).status, 403)
        self.assertEqual(service.ask("GET", f"/v1/routing?phone={phone_of(7)}").status, 200)
        for _ in range(4):
            self.assertEqual(self.view(service, SEVEN, "call-1").status, 200)
        self.assertEqual(self.end(service, "call-1").status, 204)
        for _ in range(4):
            self.refused(self.view(service, SEVEN, "call-1"))
        self.refused(self.by_id(service, id_, "call-1"))
        self.assertEqual(self.end(service, "call-1").status, 204)
        self.assertNotIn(phone_of(7), service.log())

    def test_contact_without_keys_is_with_anybody(self):
        service = self.node("--contact", "required")
        self.assertEqual(self.put(service, "walk-in").status, 200)
        self.assertEqual(self.view(service, SEVEN, "walk-in").status, 200)
        self.assertEqual(self.view(service, EIGHT, "walk-in").status, 200)

    def test_contact_of_another_agent(self):
        service = self.node("--contact", "required")
        self.put(service, "call-1", by=SEVEN, agent="kim")
        self.refused(self.view(service, SEVEN, "call-1"))

    def test_bodies_that_are_none(self):
        service = self.node()
        for wrong in ({"agent": ""}, {"agent": "a b"}, {"minutes": 0}, {"minutes": 1441}, {"by": []}, {"by": {"phone": []}},
                      {"by": {"shoe": "43"}}, {"by": {str(i): "1" for i in range(6)}}, {"who": "kim"}):
            self.assert_problem(self.put(service, "call-1", **wrong), 400)
        self.assert_problem(self.put(service, "call-1", by={"phone": "none"}), 422, "malformed-key")
        self.assert_problem(self.put(service, "call%201"), 400, "bad-contact")
        self.assert_problem(self.end(service, "call%201"), 400, "bad-contact")

    def test_optional_contact_is_not_needed(self):
        service = self.node()
        self.assertEqual(self.view(service, SEVEN).status, 200)
        self.assertEqual(self.view(service, SEVEN, "call-9").status, 200)

    def test_word_that_is_none(self):
        with self.assertRaisesRegex(AssertionError, "is not optional or required"):
            Service(self.shop.map, "--contact", "sometimes").__enter__()

    def test_nodes_share_contacts(self):
        address = self.servers.env["FED_TEST_REDIS"]
        one, two = (self.node("--contact", "required", "--cache-timeout", "1s", cache=address) for _ in range(2))
        for node in (one, two):
            node.wait(lambda node=node: node.admin("/readyz?verbose").json["cache"]["up"])
        self.assertEqual(self.put(one, "call-3", by=SEVEN).status, 200)
        id_ = self.view(two, SEVEN, "call-3").json["id"]
        self.assertEqual(self.by_id(one, id_, "call-3").status, 200)
        self.refused(self.view(two, EIGHT, "call-3"))
        self.assertEqual(self.end(two, "call-3").status, 204)
        for node in (one, two):
            self.refused(self.view(node, SEVEN, "call-3"))
            self.refused(self.by_id(node, id_, "call-3"))

    def test_without_redis_nobody_sees_anything(self):
        servers = Servers(self.fresh(), ("redis",)).start()
        self.addCleanup(servers.stop)
        service = self.node("--contact", "required", cache=servers.env["FED_TEST_REDIS"])
        service.wait(lambda: service.admin("/readyz?verbose").json["cache"]["up"])
        self.put(service, "call-4", by=SEVEN)
        servers.redis.stop()
        service.wait(lambda: not service.admin("/readyz?verbose").json["cache"]["up"])
        self.assert_problem(self.view(service, SEVEN, "call-4"), 503, "contacts-unknown")
        self.assert_problem(self.put(service, "call-5", by=SEVEN), 503, "contacts-unknown")
        self.assert_problem(self.end(service, "call-4"), 503, "contacts-unknown")


if __name__ == "__main__":
    unittest.main()
