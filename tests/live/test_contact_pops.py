#!/usr/bin/env python3
"""Where views need a contact (--contact required): a pop that names one lets its agent ask on, and a customer's stream
takes one as a view does; in one process, and with nodes that share a Redis."""
import json
import os
import unittest

from shop import Shop, phone_of
from streams import StreamTest, view_of
from support import federator
from wall import Wall, needs_wall

JSON = {"Content-Type": "application/json"}
SEVEN, EIGHT = {"phone": phone_of(7)}, {"phone": phone_of(8)}
MINUTES = 60


class ContactPopsTest(StreamTest):
    def ring_for(self, service, contact, agent="kim", by=SEVEN, **headers):
        return service.ask("POST", f"/v1/agents/{agent}/pops", json.dumps({"by": by, "view": "pop"}),
                           {**JSON, "X-Contact": contact, **headers})

    def rung(self, service, contact, *, streams, **more):
        answer = self.ring_for(service, contact, **more)
        self.assertEqual(answer.status, 202, answer.body)
        self.assertEqual(answer.json, {"streams": streams, "contact": contact, "minutes": MINUTES, "resolved": True})

    def view(self, service, by, contact, agent="kim", **headers):
        return service.ask("QUERY", "/v1/customers", json.dumps({"by": by}),
                           {**JSON, "X-Contact": contact, "X-Agent": agent, **headers})

    def by_id(self, service, id_, contact, below="", agent="kim", method="GET"):
        return service.ask(method, f"/v1/customers/{id_}{below}", None, {"X-Contact": contact, "X-Agent": agent})

    def refused(self, answer):
        self.assert_problem(answer, 403, "no-contact")

    def test_pop_lets_its_agent_ask_on(self):
        service = self.serve("--contact", "required", "--loops", "2")
        stream = self.agent(service, "kim")
        self.refused(self.view(service, SEVEN, "call-1"))
        self.rung(service, "call-1", streams=1)
        events = self.assert_pop(stream, 7)
        self.assertEqual(events[0]["data"]["contact"], "call-1")
        id_ = events[1]["data"]["id"]
        self.assertEqual(self.view(service, SEVEN, "call-1").status, 200)
        for below in ("", "/timeline?view=full", "/explain", "/export"):
            self.assertEqual(self.by_id(service, id_, "call-1", below).status, 200, below)
            self.refused(self.by_id(service, id_, "call-2", below))
            self.refused(self.by_id(service, id_, "call-1", below, agent="lee"))
        self.refused(self.view(service, EIGHT, "call-1"))
        self.rung(service, "call-1", agent="lee", streams=0)
        self.refused(self.by_id(service, id_, "call-1"))
        self.assertEqual(self.by_id(service, id_, "call-1", agent="lee").status, 200)
        self.assertEqual(service.ask("DELETE", "/v1/contacts/call-1").status, 204)
        self.refused(self.by_id(service, id_, "call-1", agent="lee"))

    def test_pop_that_names_none_lets_nobody_ask(self):
        service = self.serve("--contact", "required")
        stream = self.agent(service, "kim")
        self.assertEqual(self.ring(service, "kim", SEVEN).json, {"streams": 1})
        events = self.assert_pop(stream, 7)
        self.assertNotIn("contact", events[0]["data"])
        self.refused(self.by_id(service, events[1]["data"]["id"], "call-1"))

    def test_pop_that_is_refused_lets_nobody_ask(self):
        service = self.serve("--contact", "required")
        self.assert_problem(self.ring_for(service, "call-1", by={"phone": "none"}), 422, "malformed-key")
        self.assert_problem(self.ring_for(service, "call-1", by={"shoe": "43"}), 400, "unknown-key")
        self.assert_problem(self.ring_for(service, "call 1"), 400, "bad-header")
        self.refused(self.view(service, SEVEN, "call-1"))

    def test_optional_contact_does_not_begin(self):
        service = self.serve()
        stream = self.agent(service, "kim")
        answer = self.ring_for(service, "call-1")
        self.assertEqual((answer.status, answer.json), (202, {"streams": 1}))
        self.assertEqual(self.assert_pop(stream, 7)[0]["data"]["contact"], "call-1")

    def test_contact_begins_by_who_may_say_so(self):
        self.shop = Shop(os.path.join(self.fresh(), "shop"))
        keys = os.path.join(self.shop.directory, "keys.json")
        rings, says, desk = (
            {"X-API-Key": federator("keys", "add", "--keys", keys, "--client", client, "--role", "agent", "--scopes",
                                    scopes).stdout.strip()}
            for client, scopes in (("switch", "pops"), ("distributor", "pops,contacts"), ("desk", "view")))
        service = self.start(self.shop.map, "--contact", "required", "--keys", keys)
        service.wait_sources()
        answer = self.ring_for(service, "call-1", **rings)
        self.assertEqual((answer.status, answer.json), (202, {"streams": 0}))
        self.refused(self.view(service, SEVEN, "call-1", **desk))
        self.rung(service, "call-1", streams=0, **says)
        self.assertEqual(self.view(service, SEVEN, "call-1", **desk).status, 200)
        self.refused(self.view(service, SEVEN, "call-1", agent="lee", **desk))
        self.ring_for(service, "call-1", by=EIGHT, agent="lee", **rings)
        self.assertEqual(self.view(service, SEVEN, "call-1", **desk).status, 200)

    @needs_wall
    def test_contact_of_a_pop_ends_by_itself(self):
        self.shop = Shop(os.path.join(self.fresh(), "shop"))
        wall = Wall(self.shop.directory)
        with wall.for_services():
            service = self.serve("--contact", "required", shop=self.shop)
        self.rung(service, "call-1", streams=0)
        wall.jump(MINUTES * 60 - 10)
        self.assertEqual(self.view(service, SEVEN, "call-1").status, 200)
        wall.jump(MINUTES * 60)
        self.refused(self.view(service, SEVEN, "call-1"))

    def stream_holds_to(self, service, contact, id_, other):
        path = f"/v1/customers/{id_}/stream"
        for wrong in (f"/v1/customers/{other}/stream", path.replace("c.", "c.x", 1)):
            self.refused(service.ask("GET", wrong, None, {"X-Contact": contact}))
        for method in ("GET", "HEAD"):
            for headers in ({}, {"X-Contact": "call-none"}):
                self.assertEqual(service.ask(method, path, None, headers).status, 403, headers)
        self.assertEqual(service.ask("HEAD", path, None, {"X-Contact": contact}).status, 200)
        events = self.opened(service, path, f"X-Contact: {contact}\r\n").events("done")
        self.assertEqual((events[0]["event"], events[0]["data"]["contact"]), ("begin", contact))
        self.assertEqual(view_of(events)["customer"]["name"], "한7별")
        last = {"Last-Event-ID": events[-1]["id"]}
        self.assertEqual(service.ask("GET", path, None, {"X-Contact": contact, **last}).status, 204)
        self.assertEqual(service.ask("GET", path, None, last).status, 403)
        self.assertEqual(service.ask("DELETE", f"/v1/contacts/{contact}").status, 204)
        self.refused(service.ask("GET", path, None, {"X-Contact": contact}))

    def begun(self, service, contact, by):
        self.assertEqual(service.ask("PUT", f"/v1/contacts/{contact}", json.dumps({"by": by}), JSON).status, 200)
        return self.view(service, by, contact).json["id"]

    def test_stream_of_a_customer_needs_the_contact(self):
        service = self.serve("--contact", "required", "--loops", "2")
        self.stream_holds_to(service, "call-7", self.begun(service, "call-7", SEVEN), self.begun(service, "call-8", EIGHT))

    def test_nodes_share_what_a_pop_began(self):
        servers = self.redis_only()
        one, two = (self.serve(*self.shared(servers), "--contact", "required", shop=self.shop) for _ in range(2))
        for node in (one, two):
            node.wait(lambda node=node: node.admin("/readyz?verbose").json["cache"]["up"])
        stream = self.agent(two, "kim")
        self.rung_elsewhere((one, two), "nobody", EIGHT)
        self.rung(one, "call-1", streams=0)
        events = self.assert_pop(stream, 7)
        self.assertEqual(events[0]["data"]["contact"], "call-1")
        for node in (two, one):
            self.assertEqual(self.by_id(node, events[1]["data"]["id"], "call-1").status, 200)
        self.stream_holds_to(two, "call-7", self.begun(one, "call-7", SEVEN), self.begun(one, "call-8", EIGHT))
        servers.redis.stop()
        id_ = events[1]["data"]["id"]
        one.wait(lambda: self.by_id(one, id_, "call-1").status == 503)  # close at hand until Redis is missed
        self.assert_problem(self.by_id(one, id_, "call-1", "/stream"), 503, "contacts-unknown")
        one.wait(lambda: self.ring_for(one, "call-2").status == 503)
        self.assert_problem(self.ring_for(one, "call-2"), 503, "contacts-unknown")


if __name__ == "__main__":
    unittest.main()
