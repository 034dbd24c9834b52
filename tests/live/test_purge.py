#!/usr/bin/env python3
"""Copies are void: over HTTP and at the terminal, in memory and on two nodes on one Redis."""
import json
import os
import re
import unittest

from kept import FIELDS, KeptInRedisTest
from servers import Servers
from shop import SHARED_PHONE, Shop, phone_of
from support import federator, states



class PurgeTest(KeptInRedisTest):
    def setUp(self):
        self.shop = Shop(os.path.join(self.fresh(), "shop"))
        self.shop.write_secret("salt", "one salt for every node")
        for ttl in ("30s", "10s"):
            with open(os.path.join(self.shop.map, "parts.xml")) as f:
                text = f.read()
            self.shop.write_file("parts.xml", text.replace(f'ttl="{ttl}"', 'ttl="1h"'))

    def post(self, service, body, kind="application/json", path="/v1/cache/purge"):
        return service.ask("POST", path, body if isinstance(body, str) else json.dumps(body), {"Content-Type": kind})

    def assert_purged(self, answer, whole=False):
        self.assertEqual(answer.status, 200, answer.body)
        self.assertRegex(answer.json["committed_at"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ$")
        if whole:
            self.assertIsNone(answer.json["dropped"])
        else:
            self.assertGreater(answer.json["dropped"], 0)

    def ways(self, service, n):
        """Requests that void what is kept of customer n: (name, request, whole)."""
        xml = f'<ask xmlns="urn:federator:ask:1"><by key="phone">{phone_of(n)}</by></ask>'
        return [
            ("customer", lambda id: service.ask("DELETE", "/v1/cache?customer=" + id), False),
            ("source", lambda id: service.ask("DELETE", "/v1/cache?source=callcenter"), True),
            ("part", lambda id: service.ask("DELETE", "/v1/cache?part=crm"), True),
            ("erase", lambda id: service.ask("DELETE", "/v1/customers/" + id), False),
            ("key", lambda id: self.post(service, {"by": {"member": n}}), False),
            ("keys", lambda id: self.post(service, {"by": {"phone": phone_of(n), "email": "nobody@example.com"}}), False),
            ("xml", lambda id: self.post(service, xml, "application/xml"), False),
            ("body", lambda id: self.post(service, {"customer": id}), False),
            ("all", lambda id: self.post(service, {"all": True}), True),
            ("all in xml", lambda id: self.post(service, '<ask xmlns="urn:federator:ask:1"><all>true</all></ask>',
                                                "application/xml"), True),
        ]

    def check_ways(self, asked, purged, n):
        for number, (way, purge, whole) in enumerate(self.ways(purged, n)):
            with self.subTest(way):
                before = self.name(asked, n)
                seal = self.warm(asked, n)
                self.change(n, f"새이름{number}")
                self.assertEqual(self.name(asked, n), before)
                self.assert_purged(purge(seal), whole)
                if asked is purged:
                    self.assertEqual(self.name(asked, n), f"새이름{number}")
                else:  # what it has close at hand goes a moment later
                    asked.wait(lambda: self.name(asked, n) == f"새이름{number}")

    def test_in_memory(self):
        service = self.node("--cache", "memory")
        self.check_ways(service, service, 8)
        metrics = service.admin("/metrics").body.decode()
        self.assertIn('federator_cache_purges_total{outcome="committed"} 10', metrics)
        service.wait(lambda: re.search(r'"event":"purged","what":"key phone, key email","request_id":"[^"]+"', service.log()))
        service.wait(lambda: '"what":"all"' in service.log())
        self.assertNotIn(phone_of(8), service.log())

    def test_others_stay(self):
        service = self.node("--cache", "memory")
        self.warm(service, 8)
        seal = self.warm(service, 9)
        self.assert_purged(service.ask("DELETE", "/v1/customers/" + seal))
        self.assertEqual(set(states(self.ask(service, 8)).values()), {"fresh"})
        self.assertEqual(set(states(self.ask(service, 9)).values()), {"live"})
        again = service.ask("DELETE", "/v1/cache?part=orders")
        self.assert_purged(again, True)
        self.assertEqual(states(self.ask(service, 8)), {"crm": "fresh", "calls": "fresh", "orders": "live"})

    def test_on_two_nodes(self):
        a, b = self.redis_node(), self.redis_node()
        self.check_ways(a, a, 7)
        self.check_ways(b, a, 8)

    def nodes_of_all_kinds(self):
        return (lambda: self.node("--cache", "memory")), self.redis_node

    def warm_by_member(self, service, n):
        service.wait(lambda: set(states(self.by_member(service, n)).values()) == {"fresh"})

    def test_by_a_key_that_nothing_was_asked_by(self):
        for node in self.nodes_of_all_kinds():
            service = node()
            for number, by in enumerate([{"phone": phone_of(8)}, {"email": "user8@example.com"}, {"order": "A0000080"}]):
                with self.subTest(by=by):
                    self.warm_by_member(service, 8)
                    self.change(8, f"새이름{number}")
                    done = self.post(service, {"by": by})
                    self.assert_purged(done)
                    self.assertIs(done.json["resolved"], True)
                    answer = self.by_member(service, 8)
                    self.assertEqual(answer["customer"]["name"], f"새이름{number}")
                    self.assertEqual(set(states(answer).values()), {"live"})

    def test_by_a_key_that_names_others_now(self):
        """What was asked by it leads to the customer whom it named then."""
        for node in self.nodes_of_all_kinds():
            service = node()
            self.warm(service, 9)
            self.call_center("UPDATE crm SET phone = '010-5555-0000' WHERE cust_no = 'C00000009'")
            self.assert_purged(self.post(service, {"by": {"phone": phone_of(9)}}))
            self.assertEqual(set(states(self.by_member(service, 9)).values()), {"live"})
            self.call_center(f"UPDATE crm SET phone = '{phone_of(9)}' WHERE cust_no = 'C00000009'")

    def test_by_a_key_of_several_customers(self):
        service = self.node("--cache", "memory")
        for n in (1, 2):
            self.warm_by_member(service, n)
        done = self.post(service, {"by": {"phone": SHARED_PHONE, "email": "user1@example.com"}})
        self.assert_purged(done)
        for n in (1, 2):
            self.assertEqual(set(states(self.by_member(service, n)).values()), {"live"})

    def test_nobody_says_whose_the_key_is(self):
        service = self.node("--cache", "memory")
        self.call_center("ALTER TABLE crm RENAME TO gone")
        done = self.post(service, {"by": {"phone": phone_of(8)}})
        self.assertEqual((done.status, done.json["resolved"]), (200, False), done.body)
        told = self.cli(service, "purge", "--by", "phone=" + phone_of(8), check=False)
        self.assertEqual(told.returncode, 3, told.stderr)
        self.assertIn("not every source said", told.stderr)
        self.assertNotIn("resolved", self.post(service, {"all": True}).json)

    def test_refresh(self):
        for node in (lambda: self.node("--cache", "memory"), self.redis_node):
            service = node()
            seal = self.warm(service, 7)
            self.change(7, "다시")
            fresh = service.ask("POST", f"/v1/customers/{seal}/refresh?fields={FIELDS}")
            self.assertEqual(fresh.status, 200, fresh.body)
            self.assertEqual(fresh.json["customer"]["name"], "다시")
            self.assertEqual(set(states(fresh.json).values()), {"live"})
            self.assertEqual(self.name(service, 7), "다시")
            self.change(7, "한7별")

    def test_a_refresh_that_is_refused_voids_nothing(self):
        service = self.node("--cache", "memory")
        seal = self.warm(service, 7)
        refresh = lambda query="", headers={}, body=None: service.ask("POST", f"/v1/customers/{seal}/refresh" + query, body,
                                                                      headers)
        self.assert_problem(refresh("?view=nix"), 400, "unknown-view")
        self.assert_problem(refresh("?view=pop&fields=nix"), 400, "nix")
        self.assert_problem(refresh(headers={"X-Purpose": "marketing"}), 403, "not-allowed")
        self.assert_problem(refresh(headers={"Cache-Control": "max-age=x"}), 400, "max-age")
        self.assert_problem(refresh(headers={"Accept": "text/html"}), 406, "not-acceptable")
        self.assert_problem(refresh(body='{"view":"pop"}', headers={"Content-Type": "application/json"}), 400, "a body makes no")
        for path in ("/v1/cache?all=true", "/v1/customers/" + seal):
            self.assert_problem(service.ask("DELETE", path, "{}", {"Content-Type": "application/json"}), 400, "a body makes no")
        self.assertEqual(set(states(self.ask(service, 7)).values()), {"fresh"})

    def test_nothing_is_kept(self):
        service = self.node("--cache", "off")
        seal = self.ask(service, 8)["id"]
        answer = service.ask("DELETE", "/v1/customers/" + seal)
        self.assertEqual((answer.status, answer.json["dropped"]), (200, 0))

    def test_typos_are_told(self):
        service = self.node("--cache", "memory")
        seal = self.ask(service, 8)["id"]
        delete = lambda query: service.ask("DELETE", "/v1/cache" + query)
        self.assert_problem(delete(""), 400, "nothing is named")
        self.assert_problem(delete("?source=web&part=crm"), 400, "more than one thing")
        self.assert_problem(delete("?source=webb"), 404, "no such source", "did you mean `web`?")
        self.assert_problem(delete("?part=order"), 404, "no such part", "did you mean `orders`?")
        self.assert_problem(delete("?member=8"), 400, "not a parameter")
        self.assert_problem(delete("?soruce=web"), 400, "did you mean `source`?")
        self.assert_problem(delete("?customer=" + seal[:-2]), 404, "unknown-id")
        self.assert_problem(service.ask("DELETE", "/v1/customers/c.0"), 404, "unknown-id")
        self.assert_problem(service.ask("DELETE", f"/v1/customers/{seal}?view=pop"), 400, "not a parameter")
        self.assert_problem(service.ask("POST", "/v1/customers/c.0/refresh"), 404, "unknown-id")
        self.assert_problem(self.post(service, {}), 400, "nothing is named")
        self.assert_problem(self.post(service, {"by": {"membr": 8}}), 404, "no such key", "did you mean `member`?")
        problem = self.assert_problem(self.post(service, {"by": {"phone": "abc"}}), 422, "cannot be read as")
        self.assertNotIn("abc", json.dumps(problem))
        self.assert_problem(self.post(service, {"by": {"phone": "010-0000-1234"}}), 422, "stands for nobody")
        self.assert_problem(self.post(service, {"all": False}), 400, "`all` takes true")
        self.assert_problem(self.post(service, {"by": {"member": 8}}, "text/plain"), 415)
        self.assert_problem(self.post(service, {"view": "pop"}), 400, "not a parameter")
        self.assertEqual(set(states(self.ask(service, 8)).values()), {"fresh"})

    def test_redis_is_gone(self):
        redis = Servers(os.path.join(self.fresh(), "servers"), ("redis",)).start()
        self.addCleanup(redis.stop)
        service = self.node("--cache", redis.env["FED_TEST_REDIS"], "--cache-timeout", "500ms")
        service.wait(lambda: service.admin("/readyz?verbose").json["cache"]["up"])
        seal = self.warm(service, 8)
        redis.redis.freeze()
        self.addCleanup(redis.redis.thaw)
        frozen = service.ask("DELETE", "/v1/customers/" + seal)
        self.assert_problem(frozen, 503, "did not answer", "ask again")
        self.assertEqual(frozen.headers["retry-after"], "1")
        self.assert_problem(service.ask("DELETE", "/v1/cache?source=web"), 503, "cannot be reached")
        self.change(8, "다시")
        fresh = service.ask("POST", f"/v1/customers/{seal}/refresh?fields={FIELDS}")
        self.assertEqual((fresh.status, fresh.json["customer"]["name"]), (200, "다시"))
        service.wait(lambda: '"event":"purge_failed"' in service.log())
        failed = self.cli(service, "purge", "--all", check=False)
        self.assertEqual(failed.returncode, 3, failed.stderr)
        redis.redis.thaw()
        service.wait(lambda: service.ask("DELETE", "/v1/customers/" + seal).status == 200)
        self.assertEqual(self.name(service, 8), "다시")

    def cli(self, service, *arguments, check=True):
        return federator("cache", *arguments, "--admin", f"127.0.0.1:{service.admin_port}", check=check)

    def test_at_the_terminal(self):
        service = self.node("--cache", "memory")
        for number, (arguments, said) in enumerate([
                (["--customer", None], r"^[1-9]\d* copies dropped at 20"), (["--by", "member=8"], r"copies dropped"),
                (["--by=phone=" + phone_of(8), "--by=member=8"], "copies dropped"),
                (["--source", "callcenter"], "^all copies from before 20.* are void"), (["--part=crm"], "are void"),
                (["--all"], "are void"), (["--all", "--json"], '"dropped": null'),
                (["--by", "member=8", "--json"], r'"dropped": [1-9]')]):
            seal = self.warm(service, 8)
            self.change(8, f"새이름{number}")
            done = self.cli(service, "purge", *(seal if a is None else a for a in arguments))
            self.assertRegex(done.stdout, said)
            self.assertEqual(self.name(service, 8), f"새이름{number}", arguments)
        self.assertRegex(self.cli(service, "status").stdout, r"(?m)^kind +memory\nup +yes\nhits +[1-9]\d*$")
        self.assertEqual(json.loads(self.cli(service, "status", "--json").stdout)["kind"], "memory")

    def test_only_the_admin_listener_purges(self):
        service = self.node("--cache", "memory", "--purge", "admin")
        self.warm(service, 8)
        seal = self.ask(service, 8)["id"]
        self.change(8, "다시")
        body, headers = json.dumps({"by": {"member": "8"}}), {"Content-Type": "application/json"}
        self.assert_problem(service.ask("DELETE", "/v1/cache?all=true"), 404)
        self.assert_problem(service.ask("POST", "/v1/cache/purge", body, headers), 404)
        self.assert_problem(service.ask("DELETE", "/v1/customers/" + seal), 405)
        self.assertEqual(states(self.ask(service, 8))["crm"], "fresh")
        body = json.dumps({"customer": seal})
        answer = service.ask("POST", "/v1/cache/purge", body, headers, service.admin_port)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(self.name(service, 8), "다시")
        self.cli(service, "purge", "--all")
        self.assertEqual(service.ask("POST", f"/v1/customers/{seal}/refresh").status, 200)
        done = federator("serve", "--map", self.shop.map, "--purge", "nobody", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("'nobody' is not public or admin", done.stderr)

    def test_status_tells_what_is_close_at_hand(self):
        service = self.redis_node()
        service.wait(lambda: service.admin("/readyz?verbose").json["near"]["up"])
        self.warm(service, 7)
        service.wait(lambda: service.admin("/readyz?verbose").json["near"]["entries"] > 0)
        text = self.cli(service, "status").stdout
        self.assertRegex(text, r"(?m)^kind +redis\nup +yes\n")
        self.assertRegex(text, r"(?m)^near up +yes$")
        self.assertRegex(text, r"(?m)^near entries +[1-9]\d*$")
        self.assertRegex(text, r"(?m)^book wanted +4000$")
        self.assertNotRegex(text, r"(?m)^entries")  # only Redis knows
        told = json.loads(self.cli(service, "status", "--json").stdout)
        self.assertEqual((told["kind"], told["near"]["up"]), ("redis", True))

    def test_wrong_use_of_the_terminal(self):
        service = self.node("--cache", "memory")
        for arguments, code, said in [
                (["purge"], 2, "takes one of"), (["purge", "--all", "--part", "crm"], 2, "takes one of"),
                (["purge", "--part", "cmr"], 2, "did you mean `crm`?"), (["purge", "--by", "8"], 2, "KEY=VALUE"),
                (["purge", "--by", "member=8", "--by", "member=9"], 2, "given twice"),
                (["purge", "--by", "member=x"], 2, "cannot be read as"), (["purge", "--customer", "c.0"], 2, "id"),
                (["status", "--all"], 2, "takes no --all"), (["purgee"], 2, "forget or status"), ([], 2, "forget or status")]:
            done = self.cli(service, *arguments, check=False)
            self.assertEqual(done.returncode, code, (arguments, done.stderr))
            self.assertIn(said, done.stderr)
        done = federator("cache", "status", "--admin", "unix:/nonexistent/socket", check=False)
        self.assertEqual(done.returncode, 3)


if __name__ == "__main__":
    unittest.main()
