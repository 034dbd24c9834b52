#!/usr/bin/env python3
"""Streams and pops while Redis, sources, clients and nodes go wrong."""
import unittest

from servers import Servers
from shop import phone_of
from streams import WAIT_S, StreamTest, view_of
from support import Service, states


class StreamFaultsTest(StreamTest):
    # Redis

    def test_without_redis_pops_reach_their_own_node(self):
        servers, nodes = self.two_nodes()
        here, there = self.agent(nodes[0], "kim"), self.agent(nodes[1], "kim")
        self.rung_elsewhere(nodes, "kim", {"phone": phone_of(7)})
        self.assert_pop(here, 7)
        self.assert_pop(there, 7)
        servers.redis.stop()
        lost = 'federator_pop_messages_total{outcome="lost"}'
        nodes[0].wait(lambda: self.ring(nodes[0], "nobody", {"phone": phone_of(7)}).status == 202
                      and self.metric(nodes[0], lost) > 0)
        before = self.metric(nodes[0], lost)
        self.assertEqual(self.ring(nodes[0], "kim", {"phone": phone_of(9)}).json, {"streams": 1})
        self.assert_pop(here, 9)
        self.assertEqual(self.metric(nodes[0], lost), before + 1)
        self.ring(nodes[1], "kim", {"phone": phone_of(5)})
        self.assert_pop(there, 5)  # the next it hears of: not 9

    def test_while_redis_is_frozen_pops_reach_their_own_node(self):
        servers, nodes = self.two_nodes()
        here, there = self.agent(nodes[0], "kim"), self.agent(nodes[1], "kim")
        self.rung_elsewhere(nodes, "kim", {"phone": phone_of(7)})
        self.assert_pop(here, 7)
        self.assert_pop(there, 7)
        servers.redis.freeze()
        self.addCleanup(servers.redis.thaw)
        self.ring(nodes[0], "kim", {"phone": phone_of(9)})
        self.assert_pop(here, 9)
        servers.redis.thaw()
        self.rung_elsewhere(nodes, "lee", {"phone": phone_of(5)})
        self.assert_pop(self.agent(nodes[1], "lee"), 5)

    # sources

    def with_servers(self):
        servers = Servers(self.fresh()).start()
        self.addCleanup(servers.stop)
        return servers, self.serve(servers=servers)

    def test_source_that_is_down_is_missing_in_what_is_done(self):
        servers, service = self.with_servers()
        stream = self.agent(service, "kim")
        servers.mariadb.stop()
        self.ring(service, "kim", {"phone": phone_of(7)})
        events = self.assert_pop(stream, 7)
        self.assertIs(events[-1]["data"]["complete"], False)
        self.assertEqual(states(view_of(events))["orders"], "missing")
        self.assertNotIn("orders", view_of(events)["customer"])
        servers.mariadb.start()
        service.wait_sources()
        self.ring(service, "kim", {"phone": phone_of(9)})
        self.assertEqual(states(view_of(self.assert_pop(stream, 9)))["orders"], "live")

    def test_nobody_can_say_who_calls(self):
        servers, service = self.with_servers()
        stream = self.agent(service, "kim")
        servers.pg.stop()
        self.ring(service, "kim", {"phone": phone_of(7)})
        problem = stream.events("problem")[-1]["data"]
        self.assertEqual((problem["status"], problem["type"]), (503, "urn:federator:problem:identity-unavailable"))
        servers.pg.start()
        service.wait_sources()
        self.ring(service, "kim", {"phone": phone_of(7)})
        self.assert_pop(stream, 7)

    # clients

    def test_who_does_not_read_is_cut_and_holds_up_nobody(self):
        service = self.serve()
        self.agent_who_does_not_read(service, "kim")
        reads = self.agent(service, "kim")

        def cut():
            self.ring(service, "kim", {"phone": phone_of(7)}, view="full", provenance="full")
            self.assert_pop(reads, 7)
            return self.metric(service, "federator_streams_cut_total") == 1
        service.wait(cut, seconds=4 * WAIT_S)
        service.wait(lambda: self.metric(service, "federator_streams") == 1)

    # nodes

    def test_pop_of_a_node_that_was_killed_is_had_from_another(self):
        servers, (alive, _) = self.two_nodes()
        victim = Service(self.shop.map, *self.shared(servers))
        victim.__enter__()
        self.addCleanup(victim.process.wait)
        self.addCleanup(victim.process.kill)
        victim.wait_sources()
        stream = self.agent(victim, "kim")
        self.rung_elsewhere([alive, victim], "kim", {"phone": phone_of(7)})
        begun = stream.event()
        victim.process.kill()
        again = self.agent(alive, "kim", f"Last-Event-ID: {begun['id']}\r\n")
        self.assert_pop(again, 7)
        self.ring(alive, "kim", {"phone": phone_of(9)})
        self.assert_pop(again, 9)


if __name__ == "__main__":
    unittest.main()
