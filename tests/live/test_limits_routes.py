#!/usr/bin/env python3
"""Each route that shows a person counts for the customers whom who asks may ask for, and no other one does."""
import http.client
import json
import os
import unittest

from shop import phone_of
from streams import Stream, StreamTest
from support import SLOW, federator
from test_limits_shown import SCOPES
from test_openapi import EXAMPLES, UNMASKING
from webshop import WebShop, ago

COUNTS = True
NOBODY = "shows nobody"
LISTS = "lists whoever is there, chosen by nobody: each sealed id counts when it is used"
OPERATORS = "shows operators figures, on their own listener"

ROUTES = [
    (("x-query", "/v1/customers"), COUNTS),
    (("post", "/v1/customers/lookup"), COUNTS),
    (("get", "/v1/customers"), COUNTS),
    (("get", "/v1/customers/{id}"), COUNTS),
    (("get", "/v1/customers/{id}/timeline"), COUNTS),
    (("get", "/v1/customers/{id}/explain"), COUNTS),
    (("get", "/v1/customers/{id}/export"), COUNTS),
    (("get", "/v1/customers/{id}/stream"), COUNTS),
    (("post", "/v1/customers/{id}/refresh"), COUNTS),
    (("x-query", "/v1/routing"), COUNTS),
    (("get", "/v1/routing"), COUNTS),
    (("get", "/v1/cnam/{number}"), COUNTS),
    (("get", "/v1/cnam/"), "nobody can be meant by a number that is withheld"),
    (("get", "/v1/web/sessions"), LISTS),
    (("get", "/v1/web/sessions"), COUNTS, "/v1/web/sessions?member=7"),
    (("get", "/v1/web/sessions"), COUNTS, "/v1/web/sessions?order=a00000070"),
    (("get", "/v1/web/sessions"), COUNTS, "/v1/web/sessions?customer={id}"),
    (("get", "/v1/web/sessions"), COUNTS, "/v1/web/sessions?visitor=v2"),
    (("get", "/v1/web/sessions/{id}"), COUNTS),
    (("get", "/v1/web/sessions/{id}"), COUNTS, "/v1/web/sessions/c000000000000001"),  # nobody knows who
    (("get", "/v1/web/searches"), LISTS),
    (("get", "/v1/web/live"), LISTS),
    (("get", "/v1/web/visitors/{visitor}/stitch"), COUNTS),
    (("get", "/v1/agents/{agent}/pops"), "counts what is rung: test_limits_shown.py", "/v1/agents/{agent}/pops"),
    (("post", "/v1/agents/{agent}/pops"), NOBODY, "/v1/agents/{agent}/pops"),
    (("post", "/v1/warm"), NOBODY),
    (("delete", "/v1/customers/{id}"), NOBODY),
    (("post", "/v1/unmask"), NOBODY),
    (("put", "/v1/contacts/{id}"), NOBODY),
    (("delete", "/v1/contacts/{id}"), NOBODY),
    (("delete", "/v1/cache"), NOBODY),
    (("post", "/v1/cache/purge"), NOBODY),
    (("get", "/v1/mappings"), NOBODY),
    (("get", "/v1/mappings/{revision}/{file}"), NOBODY),
    (("get", "/schema/mapping-1.xsd"), NOBODY),
    (("get", "/schema/view.xsd"), NOBODY),
    (("get", "/schema/view.schema.json"), NOBODY),
    (("get", "/schema/provenance.xsd"), NOBODY),
    (("get", "/schema/problem.schema.json"), NOBODY),
    (("get", "/schema/routing.xsd"), NOBODY),
    (("get", "/schema/routing.schema.json"), NOBODY),
    (("get", "/schema/events.schema.json"), NOBODY),
    (("get", "/schema/explain.xsd"), NOBODY),
    (("get", "/schema/explain.schema.json"), NOBODY),
    (("get", "/schema/export.xsd"), NOBODY),
    (("get", "/schema/export.schema.json"), NOBODY),
    (("get", "/schema/web.xsd"), NOBODY),
    (("get", "/schema/web.schema.json"), NOBODY),
    (("get", "/openapi.json"), NOBODY),
    (("get", "/livez"), NOBODY),
    (("get", "/readyz"), NOBODY),
    (("post", "/admin/reload"), OPERATORS),
    (("get", "/metrics"), OPERATORS),
]


class RoutesTest(StreamTest):
    def setUp(self):
        super().setUp()
        self.shop = WebShop(os.path.join(self.fresh(), "shop"))
        self.shop.fill()
        self.shop.session("v9", "f000000000000009", [(ago(60), "/", {})])
        self.shop.write_file("unmasking.xml", UNMASKING)
        keys = os.path.join(self.fresh(), "keys.json")
        added = federator("keys", "add", "--keys", keys, "--client", "console", "--role", "agent", "--scopes", SCOPES)
        self.credential = {"Authorization": f"Bearer {added.stdout.strip()}"}
        self.service = self.serve("--keys", keys, "--agent-customers", "1", shop=self.shop)
        self.fills = {}
        self.fills["revision"] = self.ask("finder", "get", "/v1/mappings")[1]["revision"]
        self.fills["id"] = self.look_up("finder", 7)[1]["id"]

    def ask(self, agent, method, path, text=None, headers=None):
        """Status, what the answer says, and its header fields; of a stream its last event's."""
        whole = {**self.credential, "X-Agent": agent, **(headers or {})}
        path = path.format(agent=agent, **self.fills)
        if path.endswith("/stream"):
            stream = Stream(self.service.port, path, "".join(f"{name}: {value}\r\n" for name, value in whole.items()))
            self.addCleanup(stream.close)
            self.assertIn("HTTP/1.1 200 OK", stream.header())
            last = stream.event()
            while last["event"] not in ("done", "problem"):
                last = stream.event()
            return last["data"].get("status", 200), last["data"], None
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=30 * SLOW)
        self.addCleanup(connection.close)
        connection.request(method.removeprefix("x-").upper(), path, body=text, headers=whole)
        answer = connection.getresponse()
        if answer.getheader("content-type", "") == "text/event-stream":
            return answer.status, None, answer.headers
        read = answer.read()
        if "json" in answer.getheader("content-type", "") and read:
            read = json.loads(read)
        return answer.status, read, answer.headers

    def look_up(self, agent, member):
        return self.ask(agent, "query", "/v1/customers", json.dumps({"by": {"phone": phone_of(member)}, "view": "pop"}),
                        {"Content-Type": "application/json"})

    def example(self, agent, which, path=None):
        own, text, headers = (*EXAMPLES[which], None, None)[:3]
        return self.ask(agent, which[0], path or own, text, headers)

    def assert_refused(self, answer):
        status, problem, headers = answer
        self.assertEqual((status, problem["type"]), (429, "urn:federator:problem:too-many-customers"))
        if headers is None:
            return
        self.assertEqual(headers["RateLimit-Policy"], '"agent";q=600;w=60, "agent-customers";q=1;w=3600')
        self.assertRegex(headers["RateLimit"], f'"agent";r=[0-9]+;t=[0-9]+, "agent-customers";r=0;t={headers["Retry-After"]}$')

    def test_each_route_has_a_row(self):
        self.assertEqual({which for which, *_ in ROUTES}, set(EXAMPLES))

    def test_what_is_asked_counts(self):
        for i, (which, counts, *path) in enumerate(ROUTES):
            if counts == OPERATORS:
                continue
            with self.subTest(route=which, path=path):
                self.assertLess(self.example(f"asks{i}", which, *path)[0], 300)
                then = self.look_up(f"asks{i}", 8)
                if counts is COUNTS:
                    self.assert_refused(then)
                else:
                    self.assertEqual(then[0], 200)

    def test_who_may_not_see_another_one_is_refused(self):
        for i, (which, counts, *path) in enumerate(ROUTES):
            if counts == OPERATORS:
                continue
            with self.subTest(route=which, path=path):
                self.assertEqual(self.look_up(f"full{i}", 8)[0], 200)
                then = self.example(f"full{i}", which, *path)
                if counts is COUNTS:
                    self.assert_refused(then)
                else:
                    self.assertLess(then[0], 300)

    def test_one_customer_by_many_ways_counts_once(self):
        identity = self.look_up("kim", 7)[1]["id"]
        for path in (f"/v1/customers/{identity}", f"/v1/customers/{identity}/timeline", f"/v1/customers/{identity}/stream"):
            self.assertEqual(self.ask("kim", "get", path)[0], 200)
        web = {"X-Purpose": "web"}
        for path in (f"/v1/web/sessions?customer={identity}", "/v1/web/sessions/a000000000000001",
                     "/v1/web/sessions/a000000000000001?limit=2"):
            self.assertEqual(self.ask("kim", "get", path, headers=web)[0], 200, path)
        self.assert_refused(self.ask("kim", "get", "/v1/web/sessions/c000000000000001", headers=web))

    def test_keys_of_sessions_that_are_counted_through_are_told_of(self):
        for member in range(1, 60):
            self.ask(f"kim{member}", "get", f"/v1/web/sessions?member={member}", headers={"X-Purpose": "web"})
        self.service.wait(lambda: self.metric(self.service, 'federator_scraping_suspected_total{by="sequence"}') >= 1)


if __name__ == "__main__":
    unittest.main()
