#!/usr/bin/env python3
"""Columns whose collation takes keys for equal that are not: the right row is found, the others are never shown."""
import os
import sqlite3
import unittest

from servers import Servers
from shop import sqlite_connect
from support import LiveTest, Service

PEOPLE = ((1, "rene@x.kr", "ab"), (2, "rené@x.kr", "AB"), (3, "kim@x.kr", "pad"), (4, "lee@x.kr", "żółw"))
ROWS = ", ".join(f"({number}, '{email}', '{nick}')" for number, email, nick in PEOPLE)
INSERT = f"INSERT INTO people VALUES {ROWS};"
MARIADB = "CREATE TABLE people (id int, email varchar(40), nick varchar(20)) CHARACTER SET utf8mb4 COLLATE {};"
SQLITE = "CREATE TABLE people (id integer, email text COLLATE NOCASE, nick text COLLATE NOCASE);"

MAPPING = """<mapping xmlns="urn:federator:mapping:1">
  <source name="db" connect="secret:db" dialect="{dialect}" zone="UTC" pool="2"/>
  <key name="member" role="identity" type="integer"/>
  <key name="email" role="shared" type="email"/>
  <key name="nick" role="unique" type="text"/>
  <class name="open"/>
  <part name="person" source="db" rows="0..1" deadline="20s" ttl="0s" stale="0s">
    <query by="member">SELECT id, email, nick FROM people WHERE id IN (:member...)</query>
    <query by="email">SELECT id, email, nick FROM people WHERE email IN (:email...)</query>
    <query by="nick">SELECT id, email, nick FROM people WHERE nick = :nick {limit}</query>
    <column name="id" type="integer" gives="member" proves="member"/>
    <column name="email" type="text" proves="email"/>
    <column name="nick" type="text" proves="nick"/>
  </part>
  <field path="email" class="open"><from part="person" column="email"/></field>
  <field path="nick" class="open"><from part="person" column="nick"/></field>
  <view name="pop" by="member email nick" budget="60s"><use path="email"/><use path="nick"/></view>
  <policy role="agent" purpose="service"><show class="open"/></policy>
</mapping>
"""


class CollationsTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = Servers(os.path.join(cls.scratch, "servers"), ("mariadb",)).start()
        cls.addClassCleanup(cls.servers.stop)

    def service(self, dialect, connect, limit=""):
        directory = self.fresh()
        mapping = os.path.join(directory, "mapping")
        os.makedirs(os.path.join(mapping, "secrets"), mode=0o700)
        for name, content in (("m.xml", MAPPING.format(dialect=dialect, limit=limit)), ("secrets/db", connect + "\n")):
            path = os.path.join(mapping, name)
            with open(path, "w") as f:
                f.write(content)
            os.chmod(path, 0o600)
        return Service(mapping, directory=directory)

    def mariadb(self, collation):
        self.servers.mariadb.sql("DROP TABLE IF EXISTS people; " + MARIADB.format(collation) + INSERT)
        return self.servers.env["FED_TEST_MARIADB"]

    def sqlite(self):
        path = os.path.join(self.fresh(), "people.db")
        with sqlite3.connect(path) as db:
            db.executescript(SQLITE + INSERT)
        db.close()
        return sqlite_connect(path)

    def outcome(self, service, key, value):
        """The nick of the one customer, or the outcome; and whether rows were left out."""
        answer = service.query({key: value})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertTrue(answer.json["complete"], answer.body)
        warnings = answer.json["parts"]["person"].get("warnings", [])
        self.assertIn([warning["code"] for warning in warnings], ([], ["collation"]))
        outcome = answer.json["match"]["outcome"]
        return answer.json["customer"]["nick"] if outcome == "one" else outcome, bool(warnings)

    def check(self, service, accents):
        for key, value, wanted, alike in (("email", "rene@x.kr", "ab", accents), ("email", "rené@x.kr", "AB", accents),
                                          ("email", "René@x.kr", "AB", accents), ("email", "kim@x.kr", "pad", False),
                                          ("nick", "ab", "ab", True), ("nick", "AB", "AB", True),
                                          ("nick", "Ab", "none", True), ("nick", "PAD", "none", True),
                                          ("nick", "pad", "pad", False), ("nick", "żółw", "żółw", False),
                                          ("nick", "zzz", "none", False)):
            with self.subTest(key=key, value=value):
                self.assertEqual(self.outcome(service, key, value), (wanted, alike))

    def test_mariadb(self):
        for collation in ("utf8mb4_general_ci", "utf8mb4_unicode_ci"):
            with self.subTest(collation=collation), self.service("mariadb", self.mariadb(collation)) as service:
                service.wait_sources()
                self.check(service, accents=True)

    def test_sqlite(self):
        with self.service("sqlite", self.sqlite()) as service:
            service.wait_sources()
            self.check(service, accents=False)

    def test_a_limit_may_have_cut_the_right_row(self):
        with self.service("mariadb", self.mariadb("utf8mb4_general_ci"), "LIMIT 1") as service:
            service.wait_sources()
            self.assert_problem(service.query({"nick": "Ab"}), 503, "wrong_subject")
            service.wait(lambda: "binary collation" in service.log())
            self.assertEqual(self.outcome(service, "nick", "pad"), ("pad", False))

    def test_a_second_condition_is_the_cure(self):
        with self.service("mariadb", self.mariadb("utf8mb4_general_ci"),
                          "AND nick COLLATE utf8mb4_bin = :nick LIMIT 1") as service:
            service.wait_sources()
            for nick, wanted in (("ab", "ab"), ("AB", "AB"), ("Ab", "none")):
                self.assertEqual(self.outcome(service, "nick", nick), (wanted, False))

    def test_binary_collations_find_nothing_alike(self):
        with self.service("mariadb", self.mariadb("utf8mb4_bin")) as service:
            service.wait_sources()
            for nick, wanted in (("ab", "ab"), ("AB", "AB"), ("Ab", "none"), ("PAD", "none")):
                self.assertEqual(self.outcome(service, "nick", nick), (wanted, False))


if __name__ == "__main__":
    unittest.main()
