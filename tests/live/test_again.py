#!/usr/bin/env python3
"""The very same request again within a second: it may get the answer of a moment ago, never one that is void by now."""
import json
import os
import unittest

from shop import Shop, phone_of
from support import LiveTest, Service
from test_same_bodies import keep_long

PATH = f"/v1/customers?view=pop&phone={phone_of(7)}"
BODY = json.dumps({"by": {"phone": phone_of(7)}, "view": "pop"})
QUERY = ("QUERY", "/v1/customers", BODY, {"Content-Type": "application/json"})


class AgainTest(LiveTest):
    def setUp(self):
        shop = Shop(os.path.join(self.fresh(), "shop"))
        keep_long(shop.map)
        self.service = Service(shop.map, "--cache", "memory", directory=self.scratch)
        self.service.__enter__()
        self.addCleanup(self.service.__exit__, None, None, None)
        self.service.wait_sources()

    def twice(self, *request):
        """Ask until two answers in a row are the same one."""
        answers = [self.service.ask(*request)]

        def same():
            answers.append(self.service.ask(*request))
            return answers[-1].headers["x-request-id"] == answers[-2].headers["x-request-id"]
        self.service.wait(same)
        first, second = answers[-2:]
        for answer in (first, second):
            self.assertTrue(answer.headers.pop("date"))
        self.assertEqual((second.status, second.body, second.headers), (first.status, first.body, first.headers))
        return second

    def test_each_kind_of_request(self):
        answer = self.twice("GET", PATH)
        self.assertEqual(answer.status, 200)
        self.assertIn("detail=rendered", answer.headers["cache-status"])
        self.assertTrue(answer.json["complete"])
        self.assertEqual(self.twice(*QUERY).json["customer"], answer.json["customer"])
        self.assertEqual(self.twice("HEAD", PATH).body, b"")
        known = self.twice("GET", PATH, None, {"If-None-Match": answer.headers["etag"]})
        self.assertEqual((known.status, known.body), (304, b""))
        self.assertIn(b"<view", self.twice("GET", PATH, None, {"Accept": "application/xml"}).body)
        self.assertEqual(self.twice("GET", PATH).json["customer"], answer.json["customer"])

    def test_each_is_counted_and_logged(self):
        answer = self.twice("GET", PATH)
        lines, ids = [], []

        def logged():  # lines wait for others, a little
            with open(self.service.log_path) as f:
                lines[:] = [json.loads(line) for line in f if '"request"' in line and line.endswith("\n")]
            ids[:] = [line["request_id"] for line in lines if line.get("route") == "/v1/customers"]
            return ids.count(answer.headers["x-request-id"]) >= 2

        self.service.wait(logged)
        same = [line for line in lines if line["request_id"] == answer.headers["x-request-id"]]
        for line in same:
            self.assertGreaterEqual(line.pop("took_us"), 0)
            self.assertTrue(line.pop("time"))
        self.assertEqual([line for line in same if line != same[0]], [])
        page = self.service.admin("/metrics").body.decode()
        self.assertIn(f'federator_answers_total{{view="pop",status="200",complete="true"}} {len(ids)}\n', page)
        self.assertIn(f'federator_http_responses_total{{status="200"}} {len(ids)}\n', page)
        self.assertIn(f'federator_answer_seconds_count{{view="pop"}} {len(ids)}\n', page)

    def test_a_request_id_that_is_given_comes_back(self):
        self.twice("GET", PATH)
        for i in range(20):
            given = f"call-{i // 4}"
            answer = self.service.ask("GET", PATH, headers={"X-Request-Id": given})
            self.assertEqual((answer.status, answer.headers["x-request-id"]), (200, given))

    def test_what_is_void_is_not_told_again(self):
        for _ in range(5):
            answer = self.twice("GET", PATH)
            purged = self.service.ask("DELETE", "/v1/customers/" + answer.json["id"])
            self.assertEqual(purged.status, 200, purged.body)
            fresh = self.service.ask("GET", PATH)
            self.assertIn("live", {part["state"] for part in fresh.json["parts"].values()})
            self.assertNotEqual(fresh.headers["x-request-id"], answer.headers["x-request-id"])


if __name__ == "__main__":
    unittest.main()
