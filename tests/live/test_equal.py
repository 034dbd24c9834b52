#!/usr/bin/env python3
"""The same customers in three SQLite files and in PostgreSQL + MariaDB + SQLite give the same bytes, with every cache."""
import os
import unittest

from servers import Servers
from shop import CUSTOMERS, SHARED_PHONE, Shop, phone_of
from support import LiveTest, Service, federator, states, without_times


class EqualTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = Servers(os.path.join(cls.scratch, "servers")).start()
        cls.addClassCleanup(cls.servers.stop)


class ShopTest(EqualTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = Shop(os.path.join(cls.scratch, "files"))
        cls.mixed = Shop(os.path.join(cls.scratch, "mixed"), cls.servers)

    def get(self, shop, by, *options):
        return federator("get", "--map", shop.map, "--by", by, "--view", "full", "--canonical", *options).stdout

    def questions(self):
        for n in (1, 3, 7, 10, 12):
            yield from (f"phone={phone_of(n)}", f"email=user{n}@example.com", f"member={n}")
        yield from (f"phone={SHARED_PHONE}", "phone=010-9999-9999", "order=A0000071", "order=Z1")

    def test_get_is_equal_byte_for_byte(self):
        for by in self.questions():
            for options in ((), ("--xml",)):
                with self.subTest(by=by, options=options):
                    text = self.get(self.files, by, *options)
                    self.assertIn("outcome", text)
                    self.assertEqual(self.get(self.mixed, by, *options), text)

    def answers(self, cache):
        """Of every customer by phone, asked twice; the second time parts may come from the cache."""
        with Service(self.mixed.map, "--cache", cache, directory=self.scratch) as service:
            service.wait_sources()
            first = [service.query({"phone": phone_of(n)}, view="full").json for n in range(1, CUSTOMERS + 1)]
            second = [service.query({"phone": phone_of(n)}, view="full").json for n in range(1, CUSTOMERS + 1)]
        fresh = sum(list(states(view).values()).count("fresh") for view in second if "parts" in view)
        self.assertEqual([without_times(view) for view in second], [without_times(view) for view in first])
        return [without_times(view) for view in first], fresh

    def test_caches_change_no_answer(self):
        live, fresh = self.answers("off")
        self.assertEqual(fresh, 0)
        for cache in ("memory", self.servers.env["FED_TEST_REDIS"], self.servers.env["FED_TEST_REDIS_SOCKET"]):
            with self.subTest(cache=cache):
                copied, fresh = self.answers(cache)
                self.assertEqual(copied, live)
                self.assertGreater(fresh, 0)


if __name__ == "__main__":
    unittest.main()
