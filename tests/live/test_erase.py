#!/usr/bin/env python3
"""A person is forgotten: no copy, index, rendered answer or message of theirs is left, here, on other nodes and in Redis, and
everything of others stays."""
import json
import os
import re
import sqlite3
import textwrap
import unittest

from kept import KeptInRedisTest
from redis_dump import atoms, dump
from servers import ROOT
from shop import Shop, phone_of
from support import federator, states
from test_same_bodies import keep_long
from webshop import WebShop


class EraseTest(KeptInRedisTest):
    def setUp(self):
        self.shop = Shop(os.path.join(self.fresh(), "shop"))
        self.shop.write_secret("salt", "one salt for every node")
        keep_long(self.shop.map)

    def redis_node(self):
        service = super().redis_node()
        service.wait(lambda: service.admin("/readyz?verbose").json["near"]["up"])
        return service

    def get(self, service, **by):
        answer = service.get(**by)
        self.assertEqual(answer.status, 200, answer.body)
        return answer

    def warm(self, service, n):
        """Copies by each key, and the whole answers."""
        for by in ({"phone": phone_of(n)}, {"member": n}, {"email": f"user{n}@example.com"}):
            service.wait(lambda: set(states(self.get(service, **by).json).values()) == {"fresh"})
            service.wait(lambda: "detail=rendered" in self.get(service, **by).headers["cache-status"])
        return self.get(service, member=n).json["id"]

    def redis(self):
        return dump(int(self.servers.env["FED_TEST_REDIS_PORT"]))

    def test_nothing_of_a_person_is_left_in_redis(self):
        self.servers.redis.ask("FLUSHALL")
        one, other = self.redis_node(), self.redis_node()
        for service in (one, other):
            self.warm(service, 9)
        before = self.redis()
        seal = self.warm(one, 8)
        self.warm(other, 8)
        ring = one.ask("POST", "/v1/agents/kim/pops", json.dumps({"by": {"phone": phone_of(8)}, "view": "pop"}),
                       {"Content-Type": "application/json"})
        self.assertEqual(ring.status, 202, ring.body)
        with_them = self.redis()
        theirs = {key for key in with_them if key not in before and not key.startswith(b"fed2:c:h:")}
        self.assertTrue(theirs)
        added = {atom for key, value in with_them.items() for atom in atoms(value)} - \
                {atom for value in before.values() for atom in atoms(value)}
        done = one.ask("DELETE", "/v1/customers/" + seal)
        self.assertEqual(done.status, 200, done.body)
        self.assertGreaterEqual(done.json["dropped"], len(theirs) // 2)
        after = self.redis()
        self.assertEqual(theirs & set(after), set(), "a copy or an index of theirs is left")
        tombs = after[b"fed2:x:{default}:t"]
        left = {atom for key, value in after.items() if key != b"fed2:x:{default}:t" for atom in atoms(value)}
        self.assertEqual({atom for atom in added & left if atom}, set())
        names = [name for name in tombs[0::2] if not name.startswith(b"@")]
        self.assertEqual(len(names), 1, "one tomb: a keyed hash")
        for key in before:
            if not key.startswith((b"fed2:c:h:", b"fed2:x:{default}:t")):
                self.assertEqual(after.get(key), before[key], "other people's copies stay as they are")
        for service in (one, other):  # what it has close at hand goes a moment later
            service.wait(lambda: self.kept(service, 8) == [504, 504, 504])
            self.assertEqual(self.kept(service, 9), [200, 200, 200])

    def kept(self, service, n):
        """Is there a copy, by each key?"""
        return [service.ask("GET", "/v1/customers?" + by, headers={"Cache-Control": "only-if-cached"}).status
                for by in (f"phone={phone_of(n)}", f"member={n}", f"email=user{n}@example.com")]

    def forget(self, service, *arguments, check=True):
        return federator("cache", "forget", *arguments, "--admin", f"127.0.0.1:{service.admin_port}", check=check)

    def test_nothing_of_a_person_is_left_in_memory(self):
        service = self.node("--cache", "memory")
        self.warm(service, 9)
        entries = lambda: service.admin("/readyz?verbose").json["cache"]["entries"]
        before = entries()
        ways = (lambda seal: service.ask("DELETE", "/v1/customers/" + seal), lambda seal: self.forget(service, "--customer", seal),
                lambda seal: self.forget(service, "--by", "phone=" + phone_of(8)),
                lambda seal: self.forget(service, "--by", "member=8"))
        for way in ways:
            seal = self.warm(service, 8)
            self.assertGreater(entries(), before)
            way(seal)
            self.assertEqual(self.kept(service, 8), [504, 504, 504])
            self.assertEqual(self.kept(service, 9), [200, 200, 200])
            self.assertEqual(entries(), before)

    def test_that_nobody_was_found_by_a_key_is_forgotten_too(self):
        self.servers.redis.ask("FLUSHALL")
        for service in (self.node("--cache", "memory"), self.redis_node()):
            ask = lambda: service.ask("GET", "/v1/customers?phone=010-9999-9999", headers={"Cache-Control": "only-if-cached"})
            self.get(service, phone="010-9999-9999")
            service.wait(lambda: ask().status == 200)
            self.forget(service, "--by", "phone=010-9999-9999")
            self.assertEqual(ask().status, 504)

    def test_web_history_is_erased_as_privacy_md_says(self):
        with open(os.path.join(ROOT, "docs", "privacy.md")) as f:
            statements = textwrap.dedent(re.search(r"```sql\n(.*?)```", f.read(), re.S).group(1))
        shop = WebShop(os.path.join(self.fresh(), "shop")).fill()
        db = sqlite3.connect(shop.path)
        self.addCleanup(db.close)
        ask = lambda sql: [value for value, in db.execute(sql)]
        sessions = "SELECT session FROM web_linked_session WHERE key_name = '{}' AND value = '{}' ORDER BY session"
        events = "SELECT id FROM web_linked_event WHERE key_name = '{}' AND value = '{}' ORDER BY id"
        others = ask(sessions.format("member", "8")), ask(events.format("member", "8"))
        strangers = ask("SELECT id FROM web_event WHERE visitor IN ('v3', 'bot', 'v9')")
        self.assertTrue(all(others) and strangers)
        for key, value in (("member", "7"), ("order", "A00000070"), ("member", "9")):
            theirs = ask(sessions.format(key, value)), ask(events.format(key, value))
            self.assertTrue(theirs[0] or key == "order")
            db.executescript(statements.replace("'member'", f"'{key}'").replace("M-001", value))
            self.assertEqual((ask(sessions.format(key, value)), ask(events.format(key, value))), ([], []))
            for table, column, gone in (("web_event", "id", theirs[1]), ("web_session", "session", theirs[0]),
                                        ("web_evidence", "session", theirs[0])):
                self.assertEqual(set(ask(f"SELECT {column} FROM {table}")) & set(gone), set(), table)
        for table in ("web_link", "web_evidence"):
            self.assertEqual(ask(f"SELECT value FROM {table}"), ["8"])
        self.assertEqual((ask(sessions.format("member", "8")), ask(events.format("member", "8"))), others,
                         "what nobody in particular did is not the next one's")
        self.assertEqual(ask("SELECT id FROM web_event WHERE visitor IN ('v3', 'bot', 'v9')"), strangers)

    def test_a_slip_does_not_forget_everything(self):
        service = self.node("--cache", "memory")
        self.warm(service, 9)
        for arguments in (["--all"], ["--source", "callcenter"], ["--part", "crm"], ["--by", "member=8", "--all"], []):
            done = self.forget(service, *arguments, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("cache forget takes", done.stderr)
        self.assertEqual(self.kept(service, 9), [200, 200, 200])


if __name__ == "__main__":
    unittest.main()
