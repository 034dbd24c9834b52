#!/usr/bin/env python3
"""Views for the time of a call only (--contact required): with whom, by whom, until when; in one process, and with nodes
that share a Redis."""
import json
import os
import re
import unittest

from servers import Servers
from shop import Shop, phone_of
from support import RedisTest, Service
from test_ids import fetches, told

JSON = {"Content-Type": "application/json"}
SEVEN, EIGHT = {"phone": phone_of(7)}, {"phone": phone_of(8)}


def rests(service):
    """Are all fetches over?"""
    page = service.admin("/metrics").body.decode()
    return not re.search(r'(?m)^federator_source_(workers\{.*state="busy"|queued_fetches\{).*\} [1-9]', page)


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

    def refusals(self, service, eight, **headers):
        """What is asked beside a contact with the seventh: of the eighth, of nobody, of what is no key or id."""
        for contact in ("call-7", "call-none", "call-8"):  # the last one has ended
            given = {"X-Contact": contact, **headers}
            for by in (EIGHT, {"phone": phone_of(5999)}, {"phone": "none"}, {"shoe": "43"}, {"member": 8}, {**SEVEN, **{"member": 8}}):
                yield service.ask("QUERY", "/v1/customers", json.dumps({"by": by}), {**JSON, **given})
            for id_ in (eight, eight[:-1] + ("A" if eight[-1] != "A" else "E"), "c.none"):
                for method, below in (("GET", ""), ("GET", "/timeline?view=full"), ("GET", "/explain"), ("GET", "/export"),
                                      ("GET", "/stream"), ("POST", "/refresh")):
                    yield service.ask(method, f"/v1/customers/{id_}{below}", None, given)

    def test_refusal_does_not_tell_whom_there_is(self):
        address = self.servers.env["FED_TEST_REDIS"]
        for cache in ("memory", address):
            service = self.node("--contact", "required", "--cache-timeout", "1s", cache=cache)
            service.wait(lambda: service.admin("/readyz?verbose").json["cache"]["up"])
            self.put(service, "call-7", by=SEVEN)
            self.put(service, "call-8", by=EIGHT)
            self.put(service, "of-lee", by=EIGHT, agent="lee")
            eight = self.view(service, EIGHT, "call-8").json["id"]
            self.end(service, "call-8")
            service.wait(lambda: rests(service))
            before = fetches(service)
            answers = [told(answer) for answer in self.refusals(service, eight)]
            answers += [told(self.view(service, by, "of-lee")) for by in (EIGHT, SEVEN, {"phone": phone_of(5999)})]
            self.assertEqual(len(answers), 3 * (6 + 3 * 6) + 3)
            self.assertEqual([answer for answer in answers if answer != answers[0]], [])
            self.assertEqual(json.loads(answers[0][2])["type"], "urn:federator:problem:no-contact")
            self.assertEqual(fetches(service), before)

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
        self.refused(self.view(two, SEVEN, "call-3"))
        one.wait(lambda: self.view(one, SEVEN, "call-3").status == 403)  # it hears of it from Redis
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
        service.wait(lambda: self.view(service, SEVEN, "call-4").status == 503)  # close at hand until Redis is missed
        self.assert_problem(self.view(service, SEVEN, "call-4"), 503, "contacts-unknown")
        self.assert_problem(self.put(service, "call-5", by=SEVEN), 503, "contacts-unknown")
        self.assert_problem(self.end(service, "call-4"), 503, "contacts-unknown")


if __name__ == "__main__":
    unittest.main()
