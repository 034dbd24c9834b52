#!/usr/bin/env python3
"""The pages of a time line: every event once, newest first, however many lists and ties there are."""
import os
import sqlite3
import unittest
from urllib.parse import quote

from schemas import Exports
from support import LiveTest, Service

MAPPING = """<mapping xmlns="urn:federator:mapping:1">
  <source name="db" connect="secret:db" dialect="sqlite" zone="Asia/Seoul" pool="4"/>
  <key name="member" role="identity" type="integer"/>
  <class name="open"/>
  <part name="cust" source="db" rows="0..1" deadline="20s" ttl="0s" stale="0s">
    <query by="member">SELECT member, name FROM cust WHERE member IN (:member...)</query>
    <column name="member" type="text" gives="member" proves="member"/><column name="name" type="text"/>
  </part>
  {parts}
  <field path="name" class="open"><from part="cust" column="name"/></field>
  {lists}
  <timeline path="journey" limit="7">{ofs}</timeline>
  <view name="full" by="member" budget="60s"><use path="name"/><use path="journey"/></view>
  <policy role="agent" purpose="service"><show class="open"/></policy>
</mapping>"""
PART = """<part name="{0}" source="db" rows="0..10" deadline="20s" ttl="1h" stale="0s">
    <query by="member"><![CDATA[SELECT member, id, at FROM {0} WHERE member IN (:member...) AND at < :before
      ORDER BY at DESC, id LIMIT 10]]></query>
    <column name="member" type="text" proves="member"/><column name="id" type="text"/><column name="at" type="timestamp"/>
  </part>"""
LIST = '<list path="{0}" parts="{0}" class="open" order="at desc" limit="10"><field path="id"/><field path="at"/></list>'
KINDS = ("calls", "orders")


class PagingTest(LiveTest):
    def setUp(self):
        directory = self.fresh()
        database = os.path.join(directory, "db.sqlite")
        self.events = self.fill(database)
        os.mkdir(os.path.join(directory, "secrets"), 0o700)
        with open(os.open(os.path.join(directory, "secrets", "db"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.write(f"Driver={{SQLite3}};Database={database};NoCreat=1")
        with open(os.path.join(directory, "m.xml"), "w") as f:
            # one customer at a time: an outer LIMIT is right, and the list parameter is not
            f.write(MAPPING.format(parts="".join(PART.format(kind) for kind in KINDS),
                                   lists="".join(LIST.format(kind) for kind in KINDS),
                                   ofs="".join(f'<of list="{kind}" at="at"/>' for kind in KINDS))
                    .replace("IN (:member...) AND", "= :member AND"))
        self.service = Service(directory, directory=directory)
        self.service.__enter__()
        self.addCleanup(self.service.__exit__, None, None, None)
        self.service.wait_sources()
        answer = self.service.get(view="full", member=1)
        self.assertEqual(answer.status, 200, answer.body)
        self.id = answer.json["id"]

    @staticmethod
    def fill(path):
        """Calls are dense and orders sparse; four events share a second, across both lists."""
        events = []
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE cust(member INTEGER PRIMARY KEY, name TEXT)")
            db.execute("INSERT INTO cust VALUES(1, 'Kim'), (2, 'Lee')")
            for kind, count, step in (("calls", 60, 1), ("orders", 23, 7)):
                db.execute(f"CREATE TABLE {kind}(member INTEGER, id TEXT, at TEXT)")
                for i in range(count):
                    minute = i * step // 2
                    at = f"2026-11-{1 + minute // 1440:02d} {minute // 60 % 24:02d}:{minute % 60:02d}:00"
                    db.execute(f"INSERT INTO {kind} VALUES(1, ?, ?)", (f"{kind}{i:03d}", at))
                    events.append((at.replace(" ", "T") + "+09:00", kind, f"{kind}{i:03d}"))
                db.execute(f"INSERT INTO {kind} VALUES(2, 'other', '2026-11-01 00:00:00')")
        return events

    def pages(self, path):
        """All pages from a path on, as lists of events."""
        pages = []
        while path:
            answer = self.service.ask("GET", path)
            self.assertEqual(answer.status, 200, answer.body)
            self.assertTrue(answer.json["complete"], answer.body)
            pages.append([(e["at"], e["kind"], e["id"]) for e in answer.json["customer"]["journey"]])
            path = answer.json["links"].get("next")
            self.assertLess(len(pages), 100, "the pages do not end")
        return pages

    def test_every_event_comes_once_and_in_order(self):
        pages = self.pages(f"/v1/customers/{self.id}/timeline?view=full")
        seen = [event for page in pages for event in page]
        self.assertEqual(sorted(seen), sorted(self.events))
        times = [at for at, _, _ in seen]
        self.assertEqual(times, sorted(times, reverse=True))
        self.assertTrue(all(len(page) <= 7 for page in pages))

    def test_any_size_of_page_gives_the_same_events(self):
        for limit in (1, 3):
            pages = self.pages(f"/v1/customers/{self.id}/timeline?view=full&limit={limit}")
            self.assertTrue(all(len(page) <= limit for page in pages))
            self.assertEqual(sorted(event for page in pages for event in page), sorted(self.events))

    def test_the_next_page_belongs_to_the_same_question(self):
        since = "2026-11-01T00:05:00+09:00"
        wanted = [event for event in self.events if event[1] == "calls" and since <= event[0]]
        pages = self.pages(f"/v1/customers/{self.id}/timeline?view=full&kind=calls&limit=4&lang=ko&fields=journey"
                           f"&since={quote(since)}")
        self.assertEqual(sorted(event for page in pages for event in page), sorted(wanted))
        self.assertGreater(len(pages), 5)

    def test_a_window_may_lie_behind_the_newest_rows(self):
        since, until = "2026-11-01T00:05:00+09:00", "2026-11-01T00:14:59.5+09:00"
        wanted = [event for event in self.events if since <= event[0] < until]
        path = f"/v1/customers/{self.id}/timeline?view=full&since={quote(since)}&until={quote(until)}"
        pages = self.pages(path)
        self.assertEqual(sorted(event for page in pages for event in page), sorted(wanted))
        self.assertTrue(all(pages), "a page without an event")
        self.assertEqual(self.service.ask("GET", path).json["parts"]["calls"]["state"], "live")

    def test_a_page_says_how_to_get_itself(self):
        first = self.service.ask("GET", f"/v1/customers/{self.id}/timeline?view=full&limit=5").json
        second = self.service.ask("GET", first["links"]["next"]).json
        for page in (first, second):
            again = self.service.ask("GET", page["links"]["self"]).json
            self.assertEqual(again["customer"], page["customer"])
        self.assertNotEqual(first["customer"], second["customer"])

    def test_an_export_has_all_pages(self):
        answer = self.service.ask("GET", f"/v1/customers/{self.id}/export")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIsNone(Exports(self.service, self.fresh()).fault(answer.body))
        self.assertIs(answer.json["complete"], True, answer.body)
        view, = answer.json["views"]
        self.assertEqual(len(view["answer"]["customer"]["journey"]), 7)
        self.assertGreater(len(view["timeline"]), 5)
        seen = [(e["at"], e["kind"], e["id"]) for page in view["timeline"] for e in page["customer"]["journey"]]
        self.assertEqual(sorted(seen), sorted(self.events))

    def test_later_pages_are_not_kept(self):
        first = self.service.ask("GET", f"/v1/customers/{self.id}/timeline?view=full").json
        again = self.service.ask("GET", f"/v1/customers/{self.id}/timeline?view=full").json
        self.assertEqual(again["parts"]["calls"]["state"], "fresh")
        for _ in range(2):
            later = self.service.ask("GET", first["links"]["next"]).json
            self.assertEqual(later["parts"]["calls"]["state"], "live")
        again = self.service.ask("GET", f"/v1/customers/{self.id}/timeline?view=full").json
        self.assertEqual(again["customer"], first["customer"])

    def test_a_cursor_serves_its_customer_only(self):
        path = f"/v1/customers/{self.id}/timeline?view=full"
        cursor = self.service.ask("GET", path).json["links"]["next"].split("cursor=")[1]
        other = self.service.get(view="full", member=2).json["id"]
        self.assert_problem(self.service.ask("GET", f"/v1/customers/{other}/timeline?view=full&cursor={cursor}"), 400,
                            "cursor")
        self.assert_problem(self.service.ask("GET", f"{path}&cursor={self.id}"), 400, "cursor")
        self.assert_problem(self.service.ask("GET", f"{path}&cursor=c.AAAA"), 400, "cursor")
        answer = self.service.ask("GET", f"/v1/customers/{cursor}?view=full")
        self.assert_problem(answer, 404, "id")


if __name__ == "__main__":
    unittest.main()
