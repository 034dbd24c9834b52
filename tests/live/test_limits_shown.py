#!/usr/bin/env python3
"""Customers count for who is shown them."""
import itertools
import json
import os
import unittest

from shop import Shop, phone_of
from streams import Stream, StreamTest
from support import federator
from test_audit import SEAL, Recorded

SCOPES = "view,routing,pops,warm,web,mappings,purge,erase,export,unmask,contacts"


class ShownTest(StreamTest):
    def setUp(self):
        directory = self.fresh()
        self.shop = Shop(os.path.join(directory, "shop"))
        self.keys = os.path.join(directory, "keys.json")
        self.credentials = {client: self.key(client) for client in ("console", "pbx")}

    def key(self, client):
        added = federator("keys", "add", "--keys", self.keys, "--client", client, "--role", "agent", "--scopes", SCOPES)
        return {"Authorization": f"Bearer {added.stdout.strip()}"}

    def limited(self, *options):
        return self.serve("--keys", self.keys, *options, shop=self.shop)

    def whose(self, agent=None, client="console"):
        return {**self.credentials[client], **({"X-Agent": agent} if agent else {})}

    def look_up(self, service, by, agent, client="console"):
        return service.ask("QUERY", "/v1/customers", json.dumps({"by": by, "view": "pop"}),
                           {"Content-Type": "application/json", **self.whose(agent, client)})

    def stream(self, service, path, headers):
        stream = Stream(service.port, path, "".join(f"{name}: {value}\r\n" for name, value in headers.items()))
        self.addCleanup(stream.close)
        self.assertIn("HTTP/1.1 200 OK", stream.header())
        return stream

    def listener(self, service, agent, of="kim"):
        """A stream of `of`'s pops that is listed by now."""
        before = self.metric(service, "federator_streams_opened_total")
        stream = self.stream(service, f"/v1/agents/{of}/pops", self.whose(agent))
        service.wait(lambda: self.metric(service, "federator_streams_opened_total") > before)
        return stream

    def rung(self, service, by, of="kim"):
        answer = service.ask("POST", f"/v1/agents/{of}/pops", json.dumps({"by": by}),
                             {"Content-Type": "application/json", **self.whose(client="pbx")})
        self.assertEqual(answer.status, 202, answer.body)

    def assert_refused(self, stream):
        problem = stream.events("problem")[-1]["data"]
        self.assertEqual((problem["status"], problem["type"]), (429, "urn:federator:problem:too-many-customers"))

    def limited_customers(self, service):
        return self.metric(service, 'federator_limited_total{of="customers"}')

    def counts_for_each(self, first, second):
        service = self.limited("--agent-customers", "2")
        for member in (3, 4):
            self.assertEqual(self.look_up(service, {"phone": phone_of(member)}, "lee").status, 200)
        streams = {agent: self.listener(service, agent) for agent in (first, second)}
        self.rung(service, {"phone": phone_of(5)})
        self.assert_pop(streams["kim"], 5)
        self.assert_refused(streams["lee"])
        self.rung(service, {"phone": phone_of(3)})  # lee has asked for that one before
        for stream in streams.values():
            self.assert_pop(stream, 3)
        self.assertEqual(self.limited_customers(service), 1)
        self.assertEqual(self.look_up(service, {"phone": phone_of(6)}, "kim").status, 429)
        self.assertEqual(self.look_up(service, {"phone": phone_of(5)}, "kim").status, 200)
        self.rung(service, {"phone": phone_of(6)})
        for stream in streams.values():
            self.assert_refused(stream)

    def test_a_pop_counts_for_each_who_listens(self):
        self.counts_for_each("kim", "lee")

    def test_a_pop_counts_for_each_whoever_came_last(self):
        self.counts_for_each("lee", "kim")

    def test_the_sealed_id_of_a_pop_costs_none_of_its_listeners(self):
        service = self.limited("--agent-customers", "1")
        streams = {agent: self.listener(service, agent) for agent in ("kim", "lee")}
        self.rung(service, {"phone": phone_of(5)})
        for agent, stream in streams.items():
            identity = next(event for event in self.assert_pop(stream, 5) if event["event"] == "identity")
            answer = service.ask("GET", f"/v1/customers/{identity['data']['id']}", headers=self.whose(agent))
            self.assertEqual(answer.status, 200)

    def test_a_listener_of_the_same_person_costs_once(self):
        service = self.limited("--agent-customers", "2")
        streams = [self.listener(service, "kim") for _ in range(2)]
        for member in (3, 4):
            self.rung(service, {"phone": phone_of(member)})
            for stream in streams:
                self.assert_pop(stream, member)

    def test_what_waits_for_a_listener_counts_when_it_comes(self):
        service = self.limited("--agent-customers", "1")
        self.assertEqual(self.look_up(service, {"phone": phone_of(3)}, "kim").status, 200)
        self.rung(service, {"phone": phone_of(4)})
        self.assert_refused(self.stream(service, "/v1/agents/kim/pops", self.whose("kim")))
        self.rung(service, {"phone": phone_of(4)}, of="lee")
        self.assert_pop(self.stream(service, "/v1/agents/lee/pops", self.whose("lee")), 4)

    def test_who_rings_and_warms_is_shown_nobody(self):
        service = self.limited("--client-customers", "2")
        for member in range(3, 9):
            self.rung(service, {"phone": phone_of(member)})
            warm = service.ask("POST", "/v1/warm", json.dumps({"by": [{"phone": phone_of(20 + member)}]}),
                               {"Content-Type": "application/json", **self.whose(client="pbx")})
            self.assertEqual(warm.status, 202)
        name = 'federator_warm_total{outcome="answered"}'
        service.wait(lambda: self.metric(service, name) == 6)
        self.assertEqual(self.limited_customers(service), 0)

    def test_listeners_who_are_shown_nobody_are_told_of(self):
        service = self.limited()
        streams = {agent: self.listener(service, agent) for agent in ("kim", "lee")}
        for i in range(60):
            self.rung(service, {"phone": f"010-{(i * 7919 + 3001) % 10000:04d}-{(i * 7331) % 10000:04d}"})
            for stream in streams.values():
                stream.events("done")

        def told():
            with open(service.log_path, encoding="utf-8") as log:
                lines = [line for line in log if "scraping_suspected" in line]
            return all(any(f'"agent":"{agent}"' in line for line in lines) for agent in streams)

        service.wait(told)

    def test_who_is_refused_a_pop_is_on_record(self):
        self.shop.write_secret("salt", "a salt of the tests, long enough")
        self.shop.write_secret("seal", SEAL)
        service = Recorded(self.shop, self.fresh(), "--keys", self.keys, "--agent-customers", "1")
        service.__enter__()
        self.addCleanup(service.__exit__, None, None, None)
        service.wait_sources()
        self.assertEqual(self.look_up(service, {"phone": phone_of(3)}, "lee").status, 200)
        streams = {agent: self.listener(service, agent) for agent in ("kim", "lee")}
        before = len(service.about())
        self.rung(service, {"phone": phone_of(5)})
        self.assert_pop(streams["kim"], 5)
        self.assert_refused(streams["lee"])
        records = {record.get("agent"): record for record in service.about()[before:]}  # None: the ring
        self.assertEqual((records["kim"]["kind"], records["kim"]["status"]), ("view", 200))
        self.assertEqual((records["lee"]["kind"], records["lee"]["status"]), ("denial", 429))
        self.assertEqual(records["lee"]["rule"], "too-many-customers")
        self.assertEqual(len(service.about()), before + 3)

    def nodes_that_hear_each_other(self, *options):
        servers = self.redis_only()
        shared = self.shared(servers)
        nodes = [self.serve(*shared, "--keys", self.keys, *options, shop=self.shop) for _ in range(2)]
        for one, other in (nodes, nodes[::-1]):
            probes = (f"probe{i}" for i in itertools.count())
            before = self.metric(other, "federator_limits_learnt_total")
            one.wait(lambda: self.look_up(one, {"phone": phone_of(9)}, next(probes)).status == 200
                     and self.metric(other, "federator_limits_learnt_total") > before)
        return servers, nodes

    def told_all(self, one, other):
        """All that one counted so far is known to the other: messages come in their order."""
        self.assertEqual(self.look_up(one, {"phone": phone_of(9)}, None, "pbx").status, 200)
        other.wait(lambda: self.metric(other, 'federator_limits_actors{of="clients"}') == 2)

    def test_customers_count_at_all_nodes(self):
        _, nodes = self.nodes_that_hear_each_other("--agent-customers", "3")
        ids = {member: self.look_up(nodes[0], {"phone": phone_of(member)}, "kim").json["id"] for member in (3, 4, 5)}
        self.told_all(*nodes)
        self.assertEqual(self.look_up(nodes[1], {"phone": phone_of(6)}, "kim").status, 429)
        self.assertEqual(self.look_up(nodes[1], {"phone": phone_of(6)}, "lee").status, 200)
        for member, identity in ids.items():
            self.assertEqual(self.look_up(nodes[1], {"phone": phone_of(member)}, "kim").status, 200)
            self.assertEqual(nodes[1].ask("GET", f"/v1/customers/{identity}", headers=self.whose("kim")).status, 200)

    def test_each_node_counts_by_itself_while_redis_is_away(self):
        servers, nodes = self.nodes_that_hear_each_other("--agent-customers", "3")
        servers.redis.stop()
        for node in nodes:
            statuses = [self.look_up(node, {"phone": phone_of(member)}, "kim").status for member in (3, 4, 5, 6)]
            self.assertEqual(statuses, [200, 200, 200, 429])


if __name__ == "__main__":
    unittest.main()
