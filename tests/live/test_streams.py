#!/usr/bin/env python3
"""Streams of server-sent events: the view of one customer as it grows, the pops of an agent, and warming."""
import copy
import json
import os
import resource
import signal
import socket
import unittest

from servers import Servers
from schemas import fault, validator
from shop import Shop, phone_of
from streams import WAIT_S, StreamTest, view_of
from support import SANITIZED, Service, without_times

IDLE = 400 if SANITIZED else 5000

OPEN = {"currency", "provenance"}  # maps whose members may have any name
NEEDED = {"match", "view", "complete", "parts", "type", "title", "status", "detail"}


class StreamsTest(StreamTest):
    # one customer

    def test_stream_of_a_customer_is_the_view(self):
        service = self.serve()
        whole = service.query({"phone": phone_of(7)}).json
        stream = self.opened(service, f"/v1/customers/{whole['id']}/stream?view=pop")
        events = stream.events("done")
        self.assertEqual(events[0]["event"], "begin")
        self.assertTrue(stream.ends())
        self.assertIs(events[-1]["data"]["complete"], True)
        told = without_times(view_of(events))
        whole = without_times(service.ask("GET", f"/v1/customers/{whole['id']}?view=pop").json)
        self.assertEqual(told, whole)
        self.assertEqual(told["customer"]["phone"], "010-****-0007")
        self.assertIn("birth", told["withheld"])

    def test_part_that_is_slow_lands_later_and_one_that_is_late_too(self):
        servers = Servers(self.fresh()).start()
        self.addCleanup(servers.stop)
        shop = Shop(os.path.join(self.fresh(), "shop"), servers, patient=False)
        shop.edit("parts.xml", 'find-only="true">', 'find-only="true" cap="110s">')
        shop.edit("parts.xml", '<part name="orders" source="warehouse" rows="0..20" deadline="400ms"',
                  '<part name="orders" source="warehouse" rows="0..20" deadline="400ms" cap="120s"')
        service = self.serve(shop=shop)
        service.wait(lambda: service.query({"phone": phone_of(8)}).json["complete"])
        whole = service.query({"phone": phone_of(7)}, parts="crm").json
        service.ask("GET", f"/v1/customers/{whole['id']}?parts=crm")
        servers.mariadb.freeze()
        self.addCleanup(servers.mariadb.thaw)
        stream = self.opened(service, f"/v1/customers/{whole['id']}/stream")
        events = stream.events("view")
        self.assertEqual(events[-1]["data"]["parts"]["orders"]["reason"], "pending")
        self.assertEqual(events[-1]["data"]["customer"]["name"], "한7별")
        self.assertIs(events[-1]["data"]["complete"], False)
        while events[-1]["data"].get("parts", {}).get("orders", {}).get("reason") != "deadline":
            events.append(stream.event())
        self.assertIs(events[-1]["data"]["parts"]["orders"]["refreshing"], True)
        servers.mariadb.thaw()
        events += stream.events("done")
        self.assertIs(events[-1]["data"]["complete"], True)
        self.assertEqual(view_of(events)["parts"]["orders"]["state"], "live")
        self.assertEqual(view_of(events)["customer"]["orders"], service.query({"phone": phone_of(7)}).json["customer"]["orders"])
        self.assertTrue(stream.ends())

    def spoiled(self, event):
        """An event with one mistake, in all ways: a member too many in each object, one less where all must be there."""
        yield {**event, "event": "news"}
        yield {**event, "id": "x"}
        for name in ("event", "data"):
            yield {key: value for key, value in event.items() if key != name}
        data = event["data"]
        places = [()] + [(name,) for name, value in data.items() if isinstance(value, dict) and name not in OPEN]
        for place in places:
            wrong = copy.deepcopy(event)
            inner = wrong["data"]
            for name in place:
                inner = inner[name]
            inner["colour"] = "red"
            yield wrong
        if event["event"] != "part":
            for name in NEEDED & data.keys():
                yield {**event, "data": {key: value for key, value in data.items() if key != name}}
        for name in NEEDED & data.keys():
            yield {**event, "data": {**data, name: None}}

    def test_only_events_hold_to_their_schema(self):
        servers = Servers(self.fresh()).start()
        self.addCleanup(servers.stop)
        service = self.serve(servers=servers)
        customer = service.query({"phone": phone_of(7)}, parts="crm").json["id"]
        servers.mariadb.freeze()
        self.addCleanup(servers.mariadb.thaw)
        stream = self.opened(service, f"/v1/customers/{customer}/stream?view=full&provenance=full")
        events = stream.events("view")
        self.assertIn({"kind": "orders", "missing": "pending"}, events[-1]["data"]["customer"]["journey"])
        servers.mariadb.thaw()
        events += stream.events("done")
        events += self.opened(service, "/v1/customers/c.nonsense/stream").events("problem")
        self.assertEqual({event["event"] for event in events}, {"begin", "identity", "view", "part", "done", "problem"})
        whole = service.ask("GET", "/schema/events.schema.json?view=full")
        self.assert_problem(service.ask("GET", "/schema/events.schema.json?view=ful"), 404, "did you mean `full`?")
        for schema in (validator(whole.body), self.schemas[service]):
            for event in events:
                self.assertIsNone(fault(schema, event))
                for wrong in self.spoiled(event):
                    self.assertIsNotNone(fault(schema, wrong), (event, wrong))

    def test_who_has_all_is_told_not_to_come_again(self):
        service = self.serve()
        whole = service.query({"phone": phone_of(7)}).json
        events = self.opened(service, f"/v1/customers/{whole['id']}/stream").events("done")
        headers = {"Last-Event-ID": events[-1]["id"]}
        self.assertEqual(service.ask("GET", f"/v1/customers/{whole['id']}/stream", headers=headers).status, 204)
        again = self.opened(service, f"/v1/customers/{whole['id']}/stream", f"Last-Event-ID: {events[0]['id']}\r\n")
        self.assertIs(again.events("done")[-1]["data"]["complete"], True)

    def test_what_cannot_be_answered_is_a_problem(self):
        service = self.serve()
        events = self.opened(service, "/v1/customers/c.nonsense/stream").events("problem")
        self.assertEqual(events[-1]["data"]["status"], 404)
        self.assert_problem(service.ask("GET", "/v1/customers/c.x/stream?colour=red"), 400, "colour")
        self.assertEqual(service.ask("HEAD", "/v1/customers/c.x/stream").status, 200)

    # agents

    def test_pop_goes_to_all_streams_of_its_agent_only(self):
        service = self.serve()
        one, two, other = self.agent(service, "kim.1"), self.agent(service, "kim.1"), self.agent(service, "lee")
        answer = self.ring(service, "kim.1", {"phone": phone_of(7)}, view="pop")
        self.assertEqual((answer.status, answer.json), (202, {"streams": 2}))
        first = self.assert_pop(one, 7)
        self.assertEqual(first, self.assert_pop(two, 7))
        self.assertEqual(self.ring(service, "lee", {"phone": phone_of(9)}).json, {"streams": 1})
        self.assert_pop(other, 9)
        self.ring(service, "kim.1", {"phone": phone_of(5)})
        self.assert_pop(one, 5)
        self.assertEqual(service.query({"phone": phone_of(7)}).json["parts"]["crm"]["state"], "fresh")

    def test_pop_waits_for_its_agent(self):
        service = self.serve()
        self.assertEqual(self.ring(service, "kim", {"phone": phone_of(6)}).json, {"streams": 0})
        self.ring(service, "kim", {"phone": phone_of(7)})
        stream = self.agent(service, "kim")
        events = self.assert_pop(stream, 7)
        stream.confirm()
        second = self.agent(service, "kim")  # it was delivered
        broken = self.agent(service, "kim", f"Last-Event-ID: {events[0]['id']}\r\n")  # not to its end
        self.assert_pop(broken, 7)
        self.ring(service, "kim", {"phone": phone_of(9)})
        self.assert_pop(second, 9)

    def test_pop_reaches_the_other_node(self):
        servers, nodes = self.two_nodes()
        stream = self.agent(nodes[1], "kim")
        self.rung_elsewhere(nodes, "kim", {"phone": phone_of(7)})
        events = self.assert_pop(stream, 7)
        broken = self.agent(nodes[0], "kim", f"Last-Event-ID: {events[0]['id']}\r\n")  # its node is gone
        self.assert_pop(broken, 7)
        all_of_it = self.agent(nodes[0], "kim", f"Last-Event-ID: {events[-1]['id']}\r\n")
        self.ring(nodes[0], "kim", {"phone": phone_of(9)})
        self.assert_pop(all_of_it, 9)
        self.assertGreater(self.metric(nodes[0], 'federator_pop_messages_total{outcome="sent"}'), 0)

    def test_pop_that_its_client_did_not_get_is_given_to_the_next(self):
        service = self.serve()
        stream = self.agent(service, "kim")
        self.ring(service, "kim", {"phone": phone_of(7)})
        events = self.assert_pop(stream, 7)
        self.ring(service, "kim", {"phone": phone_of(9)})  # its connection may be gone without a word
        again = self.agent(service, "kim", f"Last-Event-ID: {events[-1]['id']}\r\n")
        events = self.assert_pop(again, 9)
        stranger = self.agent(service, "kim", "Last-Event-ID: 0123.done\r\n")
        self.assert_pop(stranger, 9)
        all_of_it = self.agent(service, "kim", f"Last-Event-ID: {events[-1]['id']}\r\n")
        self.ring(service, "kim", {"phone": phone_of(5)})
        self.assert_pop(all_of_it, 5)

    def test_pop_without_its_end_is_given_to_who_comes_without_an_id(self):
        servers = Servers(self.fresh()).start()
        self.addCleanup(servers.stop)
        service = self.serve(servers=servers)
        servers.mariadb.freeze()
        self.addCleanup(servers.mariadb.thaw)
        stream = self.agent(service, "kim")
        self.ring(service, "kim", {"phone": phone_of(7)})
        self.assertEqual(stream.event()["event"], "pop")
        stream.close()
        service.wait(lambda: self.metric(service, "federator_streams") == 0)
        servers.mariadb.thaw()
        self.assert_pop(self.agent(service, "kim"), 7)

    def test_pop_that_lies_in_the_kernel_is_given_to_who_comes_without_an_id(self):
        service = self.serve()
        self.agent_who_does_not_read(service, "kim")
        self.ring(service, "kim", {"phone": phone_of(7)}, view="full", provenance="full")
        service.query({"phone": phone_of(7)}, view="full")
        self.assertEqual(view_of(self.agent(service, "kim").events("done"))["customer"]["name"], "한7별")

    POLICIES = """
  <policy role="agent" purpose="delivery"><show class="open person phone"/></policy>
  <policy role="supervisor" purpose="service delivery"><show class="open person phone"/></policy>
</mapping>"""

    def shop_with_policies(self):
        shop = Shop(os.path.join(self.fresh(), "shop"))
        shop.edit("keys.xml", "</mapping>", self.POLICIES)
        return shop

    def phone_in_pop(self, stream):
        return view_of(stream.events("done"))["customer"]["phone"]

    def test_pop_is_shown_as_its_listener_may_see_it(self):
        service = self.serve(shop=self.shop_with_policies())
        masked, clear = self.agent(service, "kim"), self.agent(service, "kim", "X-Purpose: delivery\r\n")
        also_masked = self.agent(service, "kim")
        for purpose in ("delivery", "service"):  # the caller's is its own
            answer = service.ask("POST", "/v1/agents/kim/pops", json.dumps({"by": {"phone": phone_of(7)}, "view": "pop"}),
                                 {"Content-Type": "application/json", "X-Purpose": purpose})
            self.assertEqual(answer.json, {"streams": 3})
            self.assertEqual(self.phone_in_pop(masked), "010-****-0007")
            self.assertEqual(self.phone_in_pop(clear), "010-2000-0007")
            self.assertEqual(self.phone_in_pop(also_masked), "010-****-0007")
        refused = service.ask("GET", "/v1/agents/kim/pops", headers={"X-Purpose": "sales"})
        self.assert_problem(refused, 403, "purpose `sales`")

    def test_pop_of_another_node_is_shown_with_the_role_of_the_own(self):
        servers, nodes = self.two_nodes(self.shop_with_policies(), "agent", "supervisor")
        agent, supervisor = self.agent(nodes[0], "kim"), self.agent(nodes[1], "lee")
        self.rung_elsewhere(nodes, "lee", {"phone": phone_of(7)})
        self.assertEqual(self.phone_in_pop(supervisor), "010-2000-0007")
        self.rung_elsewhere(nodes[::-1], "kim", {"phone": phone_of(7)})
        self.assertEqual(self.phone_in_pop(agent), "010-****-0007")
        later = self.agent(nodes[0], "lee")  # there it waits
        self.assertEqual(self.phone_in_pop(later), "010-****-0007")

    def test_nodes_find_each_other_again(self):
        servers, nodes = self.two_nodes()
        stream = self.agent(nodes[1], "kim")
        self.rung_elsewhere(nodes, "kim", {"phone": phone_of(7)})
        self.assert_pop(stream, 7)
        servers.redis.stop()
        servers.redis.start()
        self.rung_elsewhere(nodes, "kim", {"phone": phone_of(9)})
        self.assert_pop(stream, 9)

    def test_message_of_somebody_else_is_refused(self):
        servers, nodes = self.two_nodes()
        stream = self.agent(nodes[1], "kim")
        self.rung_elsewhere(nodes, "kim", {"phone": phone_of(7)})
        self.assert_pop(stream, 7)
        refused = self.metric(nodes[1], 'federator_pop_messages_total{outcome="refused"}')
        for forged in ("nonsense", "x" * 200):
            servers.redis.ask("PUBLISH fed2:pops:default " + forged)
        nodes[1].wait(lambda: self.metric(nodes[1], 'federator_pop_messages_total{outcome="refused"}') == refused + 2)

    def test_stream_on_a_connection_that_was_used_before(self):
        service = self.serve()
        before = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
        stream = self.listen(service, "/v1/agents/kim/pops", first=before)
        self.assertIn("Content-Length: ", stream.header())
        self.assertIn("text/event-stream", stream.header())
        service.wait(lambda: self.metric(service, "federator_streams") == 1)
        stream.socket.sendall(before)  # nobody answers that
        self.ring(service, "kim", {"phone": phone_of(7)})
        self.assert_pop(stream, 7)

    def test_bad_pops_are_refused(self):
        service = self.serve()
        for agent in ("a%20b", "a:b"):
            self.assert_problem(self.ring(service, agent, {"phone": "1"}), 400, "letters, digits, '.', '_' or '-'")
        self.assert_problem(self.ring(service, "kim", {}), 400, "key")
        self.assert_problem(service.ask("GET", "/v1/agents/kim/pops?view=pop"), 400, "view")
        stream = self.agent(service, "kim")
        self.assert_problem(self.ring(service, "kim", {"phone": phone_of(7)}, view="nowhere"), 400, "nowhere", "its views")
        self.assert_problem(self.ring(service, "kim", {"phon": phone_of(7)}), 400, "did you mean `phone`?")
        self.assert_problem(self.ring(service, "kim", {"phone": "nobody"}), 422, "`phone`")
        self.assert_problem(self.ring(service, "kim", {"phone": phone_of(7)}, fields="colour"), 400, "colour")
        headers = {"Content-Type": "application/json", "X-Purpose": "sales"}
        body = json.dumps({"by": {"phone": phone_of(7)}})
        self.assert_problem(service.ask("POST", "/v1/agents/kim/pops", body, headers), 403, "purpose `sales`")
        self.ring(service, "kim", {"phone": phone_of(7)})
        self.assert_pop(stream, 7)  # the screen saw nothing of all that

    # what waits is bounded

    @staticmethod
    def fields_of(bytes_):
        return ",".join(["name"] * (bytes_ // 5))

    def test_pops_that_wait_are_bounded_in_bytes(self):
        service = self.serve()
        large = self.fields_of(7000)
        self.assert_problem(self.ring(service, "kim", {"phone": phone_of(7)}, fields=self.fields_of(9000)), 413, "8 KiB")
        for n in range(600):
            self.assertEqual(self.ring(service, f"a{n}", {"phone": phone_of(7)}, fields=large).status, 202)
        self.assertEqual(view_of(self.agent(service, "a599").events("done"))["customer"], {"name": "한7별"})
        first = self.agent(service, "a0")  # its pop made room
        self.ring(service, "a0", {"phone": phone_of(9)})
        self.assert_pop(first, 9)

    def test_keys_that_wait_to_be_warmed_are_bounded_in_bytes(self):
        servers = Servers(self.fresh()).start()
        self.addCleanup(servers.stop)
        service = self.serve(servers=servers)
        servers.pg.freeze()
        self.addCleanup(servers.pg.thaw)
        keys = [{"phone": phone_of(n % 30 + 3)} for n in range(400)]
        self.assertEqual(self.warm(service, keys, fields=self.fields_of(30000)).status, 202)  # fields are there once
        statuses = [self.warm(service, keys[:1], fields=self.fields_of(30000)).status for _ in range(150)]
        self.assertEqual((statuses[0], statuses[-1]), (202, 503))
        servers.pg.thaw()

    # the engine

    def test_who_leaves_is_forgotten(self):
        service = self.serve()
        streams = [self.agent(service, "kim") for _ in range(20)]
        for stream in streams[1:]:
            stream.close()
        service.wait(lambda: self.metric(service, "federator_streams") == 1)
        self.assertEqual(self.ring(service, "kim", {"phone": phone_of(7)}).json, {"streams": 1})
        self.assert_pop(streams[0], 7)

    def test_limit(self):
        service = self.serve("--streams", "2")
        streams = [self.agent(service, "kim"), self.agent(service, "lee")]
        refused = service.ask("GET", "/v1/agents/park/pops")
        self.assert_problem(refused, 503, "streams")
        self.assertEqual(refused.headers["retry-after"], "1")
        streams[0].close()
        service.wait(lambda: self.metric(service, "federator_streams") == 1)
        self.agent(service, "park")

    def test_end_says_good_bye(self):
        shop = Shop(os.path.join(self.fresh(), "shop"))
        with Service(shop.map) as service:
            service.wait_sources()
            streams = [self.agent(service, f"agent-{n}") for n in range(30)]
            service.process.send_signal(signal.SIGTERM)
            for stream in streams:
                event = stream.event()
                self.assertEqual(event["event"], "bye")
                self.assertIn("retry", event)
                self.assertTrue(stream.ends())
            self.assertEqual(service.process.wait(timeout=WAIT_S), 0, service.log())

    def test_thousands_that_idle(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, IDLE + 2000), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        service = self.serve("--streams", str(IDLE))
        before = self.metric(service, "process_resident_memory_bytes")
        streams = [self.listen(service, f"/v1/agents/a{n}/pops") for n in range(IDLE)]
        service.wait(lambda: self.metric(service, "federator_streams") == IDLE, seconds=4 * WAIT_S)
        grown = self.metric(service, "process_resident_memory_bytes") - before
        print(f"{IDLE} idle streams: {grown / IDLE:.0f} bytes each")
        if not SANITIZED:
            self.assertLess(grown / IDLE, 12 * 1024)
        for n in (0, IDLE // 2, IDLE - 1):
            self.assertEqual(self.ring(service, f"a{n}", {"phone": phone_of(7)}).json, {"streams": 1})
            streams[n].header()
            self.assert_pop(streams[n], 7)

    # warming

    def warm(self, service, by, **more):
        return service.ask("POST", "/v1/warm", json.dumps({"by": by, **more}), {"Content-Type": "application/json"})

    def outcome(self, service, word):
        return self.metric(service, f'federator_warm_total{{outcome="{word}"}}')

    def test_warm_customers_are_answered_from_copies(self):
        shop = Shop(os.path.join(self.fresh(), "shop"))
        for part in ("crm", "calls", "orders", "pages"):
            for ttl in ("30s", "10s", "1s"):
                try:
                    shop.edit("parts.xml", f'ttl="{ttl}" stale="0s"', 'ttl="10m" stale="0s"')
                except AssertionError:
                    pass
        service = self.serve(shop=shop)
        numbers = [{"phone": phone_of(n)} for n in range(3, 33)]
        answer = self.warm(service, numbers, view="pop")
        self.assertEqual((answer.status, answer.json), (202, {"accepted": 30}))
        service.wait(lambda: self.outcome(service, "answered") == 30)
        view = service.query({"phone": phone_of(20)}).json
        self.assertEqual({part["state"] for part in view["parts"].values()}, {"fresh"})

    def test_bad_lists_are_refused(self):
        service = self.serve()
        self.assert_problem(self.warm(service, []), 400, "1 to 500")
        self.assert_problem(self.warm(service, [{"phone": "1"}] * 501), 400, "1 to 500")
        self.assert_problem(self.warm(service, [{"phone": "1"}, {}]), 400, "object 2")
        self.assert_problem(self.warm(service, [{"phone": "1"}], colour="red"), 400, "colour")
        good = {"phone": phone_of(7)}
        self.assert_problem(self.warm(service, [good, {"phone": "nobody"}, {"phon": "1"}]), 422, "object 2 of `by`: ", "`phone`")
        self.assert_problem(self.warm(service, [good, good, {"phon": "1"}]), 400, "object 3 of `by`: ", "did you mean `phone`?")
        self.assert_problem(self.warm(service, [good], view="nowhere"), 400, "nowhere", "its views")
        self.assert_problem(self.warm(service, [good, {"phone": "nobody"}, {}]), 400, "object 3")
        headers = {"Content-Type": "application/json", "X-Purpose": "sales"}
        body = json.dumps({"by": [good]})
        self.assert_problem(service.ask("POST", "/v1/warm", body, headers), 403, "purpose `sales`")
        self.assertEqual(self.outcome(service, "answered") + self.outcome(service, "failed"), 0)
        self.assert_problem(service.ask("POST", "/v1/warm", "<a/>", {"Content-Type": "application/xml"}), 415, "JSON")

    def test_what_waits_for_a_source_is_not_all_taken(self):
        servers = Servers(self.fresh()).start()
        self.addCleanup(servers.stop)
        service = self.serve(servers=servers)
        servers.pg.freeze()
        self.addCleanup(servers.pg.thaw)
        numbers = [{"phone": phone_of(n % 30 + 3)} for n in range(500)]
        answers = [self.warm(service, numbers) for _ in range(12)]
        self.assertEqual(answers[0].status, 202)
        self.assertEqual(answers[-1].status, 503)
        self.assertEqual(answers[-1].headers["retry-after"], "1")
        servers.pg.thaw()
        taken = 500 * [answer.status for answer in answers].count(202)
        service.wait(lambda: sum(self.outcome(service, word) for word in ("answered", "failed", "skipped")) == taken,
                     seconds=4 * WAIT_S)


if __name__ == "__main__":
    unittest.main()
