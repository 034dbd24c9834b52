#!/usr/bin/env python3
"""Agents and clients that ask for too much, or one by one."""
import http.client
import json
import os
import re
import unittest

from shop import Shop, phone_of
from support import LiveTest, federator
from test_same_bodies import keep_long

NAMES = 4096  # of one client


class LimitsTest(LiveTest):
    def setUp(self):
        directory = self.fresh()
        self.shop = Shop(os.path.join(directory, "shop"))
        keep_long(self.shop.map)
        self.keys = os.path.join(directory, "keys.json")
        self.key = federator("keys", "add", "--keys", self.keys, "--client", "console", "--role", "agent",
                             "--scopes", "view,mappings").stdout.strip()

    def limited(self, *options):
        service = self.start(self.shop.map, "--cache", "memory", "--keys", self.keys, *options)
        service.wait_sources()
        return service

    def view(self, service, member, agent="kim"):
        return self.by_phone(service, phone_of(member), agent)

    def by_phone(self, service, phone, agent="kim"):
        return service.ask("QUERY", "/v1/customers", json.dumps({"by": {"phone": phone}, "view": "pop"}),
                           {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}", "X-Agent": agent})

    def metric(self, service, series):
        return float(re.search(f"^{re.escape(series)} (.*)$", service.admin("/metrics").body.decode(), re.M).group(1))

    def test_requests_of_an_agent_in_a_minute(self):
        service = self.limited("--agent-requests", "20")
        answers = [self.view(service, 7) for _ in range(21)]  # the very same: most are given again
        while answers[-1].status == 200:  # every three seconds one more may pass
            answers.append(self.view(service, 7))
        passed = [a for a in answers if a.status == 200]
        self.assertGreaterEqual(len(passed), 20)
        self.assertEqual(answers[0].headers["ratelimit-policy"], '"agent";q=20;w=60')
        self.assertEqual(answers[0].headers["ratelimit"], '"agent";r=19;t=3')
        self.assertEqual(answers[-1].json["type"], "urn:federator:problem:too-many-requests")
        self.assertIn(int(answers[-1].headers["retry-after"]), range(1, 4))
        self.assertEqual(self.view(service, 7, agent="lee").status, 200)
        whose = {"Authorization": f"Bearer {self.key}", "X-Agent": "kim"}
        for path in ("/livez", "/readyz", "/readyz?verbose", "/schema/mapping-1.xsd"):
            self.assertEqual(service.ask("GET", path, headers=whose).status, 200, path)
        self.assertEqual(self.metric(service, 'federator_limited_total{of="requests"}'), len(answers) - len(passed))

    def test_customers_of_an_agent_in_an_hour(self):
        service = self.limited("--agent-customers", "3")
        self.assertEqual([self.view(service, m).status for m in (3, 4, 5, 6, 3, 7, 5)], [200, 200, 200, 429, 200, 429, 200])
        refused = self.view(service, 6)
        self.assertEqual(refused.json["type"], "urn:federator:problem:too-many-customers")
        self.assertGreater(int(refused.headers["retry-after"]), 3000)
        self.assertEqual(refused.headers["ratelimit-policy"], '"agent";q=600;w=60, "agent-customers";q=3;w=3600')
        self.assertRegex(refused.headers["ratelimit"],
                         f'^"agent";r=[0-9]+;t=[0-9]+, "agent-customers";r=0;t={refused.headers["retry-after"]}$')
        self.assertNotIn("customers", self.view(service, 3).headers["ratelimit"])
        by_id = self.view(service, 3).json["links"]["self"]
        self.assertEqual(service.ask("GET", by_id, headers={"Authorization": f"Bearer {self.key}", "X-Agent": "kim"}).status, 200)
        self.assertEqual(self.view(service, 6, agent="lee").status, 200)

    def test_a_sealed_id_counts_unless_a_key_led_to_it(self):
        service = self.limited("--agent-customers", "5")
        ids = {member: self.view(service, member, agent="lee").json["id"] for member in range(3, 8)}
        for member in (3, 4):
            for _ in range(3):  # by an answer that was kept, too
                self.assertEqual(self.view(service, member).status, 200)

        def by_id(member, agent="kim"):
            return service.ask("GET", f"/v1/customers/{ids[member]}",
                               headers={"Authorization": f"Bearer {self.key}", "X-Agent": agent}).status

        self.assertEqual([by_id(member) for member in (3, 4, 5, 6, 7, 5)], [200] * 6)
        self.assertEqual([by_id(member, "lee") for member in ids], [200] * 5)
        self.assertEqual(self.view(service, 8).status, 429)
        self.assertEqual(self.view(service, 3).status, 200)
        ids[8] = self.view(service, 8, agent="park").json["id"]
        self.assertEqual((by_id(8), by_id(7), by_id(8, "park")), (429, 200, 200))

    def test_a_client_pays_for_agents_it_makes_up(self):
        service = self.limited("--client-customers", "10")
        statuses = [self.view(service, m, agent=f"agent{m}").status for m in range(3, 18)]
        self.assertEqual(statuses, [200] * 10 + [429] * 5)

    def test_names_beyond_the_share_of_a_client_count_as_the_client(self):
        service = self.limited("--client-requests", "0")
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        self.addCleanup(connection.close)

        def status(agent):
            connection.request("GET", "/v1/mappings", headers={"Authorization": f"Bearer {self.key}", "X-Agent": agent})
            response = connection.getresponse()
            response.read()
            return response.status

        self.assertEqual([status(f"agent{i}") for i in range(NAMES)], [200] * NAMES)
        self.assertEqual(self.metric(service, 'federator_limits_actors{of="names"}'), NAMES)
        self.assertEqual([status(agent) for agent in ("agent0", "one-more", "one-more", "agent7", "and-more")], [200] * 5)
        self.assertEqual(self.metric(service, 'federator_limits_actors{of="names"}'), NAMES)
        self.assertEqual(self.metric(service, "federator_limits_crowded_total"), 3)

    def test_who_counts_through_numbers_is_told_of(self):
        service = self.limited()
        for member in range(3, 60):
            self.assertEqual(self.view(service, member).status, 200)
        service.wait(lambda: "scraping_suspected" in service.log())
        line = next(x for x in service.log().splitlines() if "scraping_suspected" in x)
        self.assertIn("kim", line)
        self.assertNotIn(phone_of(30), line)
        self.assertGreaterEqual(self.metric(service, 'federator_scraping_suspected_total{by="sequence"}'), 1)

    def test_who_asks_for_nobody_is_told_of(self):
        service = self.limited()
        for i in range(60):
            answer = self.by_phone(service, f"010-{(i * 7919 + 3001) % 10000:04d}-{(i * 7331) % 10000:04d}")
            self.assertEqual(answer.status, 200)
        service.wait(lambda: self.metric(service, 'federator_scraping_suspected_total{by="misses"}') >= 1)

    def test_nobody_is_limited_without_authentication(self):
        service = self.start(self.shop.map, "--cache", "memory", "--agent-requests", "1", "--agent-customers", "1",
                             "--client-requests", "1")
        service.wait_sources()
        self.assertEqual([service.query({"phone": phone_of(m)}, view="pop").status for m in range(1, 9)], [200] * 8)


if __name__ == "__main__":
    unittest.main()
