#!/usr/bin/env python3
"""The same customers in three SQLite files and in PostgreSQL + MariaDB + SQLite give the same bytes, with every cache."""
import json
import os
import shutil
import sqlite3
import unittest

from servers import ROOT, Servers
from shop import CUSTOMERS, SHARED_PHONE, Shop, be_patient, phone_of
from support import LiveTest, Service, complete, federator, states, without_times


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
        return complete("get", "--map", shop.map, "--by", by, "--view", "full", "--canonical", *options)

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


class MallTest(EqualTest):
    """The demo company: in files as `federator demo` makes it, and the same rows in servers."""

    CUSTOMERS = "400"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        directory = os.path.join(cls.scratch, "demo")
        cls.files = federator("demo", "--dir", directory, "--customers", cls.CUSTOMERS, "--generate-only").stdout.strip()
        be_patient(cls.files)
        cls.mixed = os.path.join(cls.scratch, "mixed")
        shutil.copytree(cls.files, cls.mixed)
        shutil.copy(os.path.join(ROOT, "examples", "mall", "servers", "sources.xml"), cls.mixed)
        cls.servers.pg.sql(cls.sql("postgresql", "callcenter"))
        cls.servers.mariadb.sql(cls.sql("mariadb", "warehouse"))
        for name, variable in (("callcenter", "FED_TEST_PG"), ("warehouse", "FED_TEST_MARIADB")):
            with open(os.path.join(cls.mixed, "secrets", name), "w") as f:
                f.write(cls.servers.env[variable] + "\n")
        cls.databases = directory

    @classmethod
    def sql(cls, dialect, database):
        return federator("demo", "--sql", dialect, "--database", database, "--customers", cls.CUSTOMERS).stdout

    def column(self, database, sql):
        """The first column of a query on a generated file, as texts."""
        path = next(os.path.join(folder, name) for folder, _, names in os.walk(self.databases)
                    for name in names if name.startswith(database) and name.endswith(".db"))
        db = sqlite3.connect(path)
        try:
            return [str(row[0]) for row in db.execute(sql)]
        finally:
            db.close()

    def questions(self):
        """Customers spread over the company, each by another kind of key."""
        pick = {"phone": ("callcenter", "SELECT hp_no FROM tb_cust WHERE hp_no IS NOT NULL AND cust_no LIKE '%3'"),
                "email": ("callcenter", "SELECT email FROM tb_cust WHERE email IS NOT NULL AND cust_no LIKE '%5'"),
                "member": ("callcenter", "SELECT cust_no FROM tb_cust WHERE cust_no LIKE '%7'"),
                "order": ("warehouse", "SELECT min(ord_no) FROM ord GROUP BY mem_no HAVING mem_no % 10 = 1"),
                "invoice": ("warehouse", "SELECT max(inv_no) FROM dlv GROUP BY ord_no LIMIT 30")}
        for key, (database, sql) in pick.items():
            values = self.column(database, sql)[:12]
            self.assertGreater(len(values), 5, key)
            yield from ((key, value) for value in values)

    def test_get_is_equal_byte_for_byte(self):
        outcomes = set()
        for place, (key, value) in enumerate(self.questions()):
            format_ = ("--xml",) if place % 4 == 0 else ()
            with self.subTest(key=key, value=value):
                texts = [complete("get", "--map", directory, "--by", f"{key}={value}", "--view", "full", "--canonical",
                                  *format_) for directory in (self.files, self.mixed)]
                self.assertEqual(texts[1], texts[0])
                if not format_:
                    answer = json.loads(texts[0])
                    outcomes.add(answer["match"]["outcome"])
                    self.assertTrue(answer["complete"], answer["parts"])
        self.assertIn("one", outcomes)

    def test_caches_change_no_answer(self):
        questions = list(self.questions())
        wanted = None
        for cache in ("off", "memory", self.servers.env["FED_TEST_REDIS"]):
            with self.subTest(cache=cache), Service(self.mixed, "--cache", cache, directory=self.scratch) as service:
                service.wait_sources()
                for _ in range(2):
                    answers = [without_times(service.query({key: value}, view="full").json) for key, value in questions]
                    wanted = wanted or answers
                    self.assertEqual(answers, wanted)


if __name__ == "__main__":
    unittest.main()
