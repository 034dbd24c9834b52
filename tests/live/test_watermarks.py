#!/usr/bin/env python3
"""A <watermark> tells that a part has changed: its copies are void, in memory and on two nodes on one Redis, and no others."""
import os
import re
import unittest

from kept import KeptInRedisTest
from shop import Shop
from support import federator, states

MARK = '<watermark every="1s">SELECT max(updated) AS watermark FROM crm</watermark>'
LAST_OF_CRM = '    <column name="updated" type="timestamp" as-of="true"/>\n'


class WatermarkTest(KeptInRedisTest):
    def setUp(self):
        self.shop = Shop(os.path.join(self.fresh(), "shop"))
        self.shop.write_secret("salt", "one salt for every node")
        for ttl in ("30s", "10s"):
            self.shop.edit("parts.xml", f'ttl="{ttl}"', 'ttl="1h"')
        self.changes = 0

    def mark(self, text=MARK):
        self.shop.edit("parts.xml", LAST_OF_CRM, LAST_OF_CRM + "    " + text + "\n")

    def change(self, n, name):
        """Customer n is called something else, a minute after the last change."""
        self.changes += 1
        self.call_center("UPDATE crm SET name = ?, updated = ? WHERE cust_no = ?", name,
                         f"2026-12-01 09:{self.changes:02d}:00", f"C{n:08d}")

    def asked(self, service, outcome):
        """How many watermarks had that outcome."""
        page = service.admin("/metrics").body.decode()
        return int(re.search(rf'^federator_watermarks_total{{outcome="{outcome}"}} (\d+)$', page, re.M).group(1))

    def marked(self, service):
        """It has been asked since now, so that the next change is seen."""
        before = self.asked(service, "same")
        service.wait(lambda: self.asked(service, "same") > before)

    def see(self, services, n, name):
        """A change is seen by all, whoever keeps copies."""
        for service in services:
            self.warm(service, n)
            self.marked(service)
        self.change(n, name)
        for service in services:
            service.wait(lambda service=service: self.name(service, n) == name)

    def test_a_change_is_seen(self):
        self.mark()
        service = self.node("--cache", "memory")
        self.warm(service, 9)
        self.see([service], 8, "새이름")
        service.wait(lambda: self.asked(service, "changed") == 1)
        self.assertIn('"event":"purged","what":"part crm"', service.log())
        found = states(self.ask(service, 9))
        self.assertEqual((found["calls"], found["orders"]), ("fresh", "fresh"), "only that part is void")
        self.see([service], 9, "또새이름")

    def test_on_two_nodes(self):
        self.mark()
        nodes = [self.redis_node(), self.redis_node()]
        self.see(nodes, 7, "새이름")
        self.see(nodes, 8, "또새이름")

    def test_what_does_not_change_stays(self):
        self.mark()
        service = self.node("--cache", "memory")
        self.warm(service, 8)
        for _ in range(2):
            self.marked(service)
        self.assertEqual(set(states(self.ask(service, 8)).values()), {"fresh"})
        self.assertEqual((self.asked(service, "changed"), self.asked(service, "failed")), (0, 0))

    def test_one_that_a_reload_brings(self):
        service = self.node("--cache", "memory")
        self.mark()
        federator("reload", "--admin", f"127.0.0.1:{service.admin_port}")
        self.see([service], 8, "새이름")

    def test_a_query_that_fails_is_told_once(self):
        self.mark('<watermark every="1s">SELECT at AS watermark FROM mark</watermark>')
        service = self.node("--cache", "memory")
        service.wait(lambda: self.asked(service, "failed") > 1)
        self.assertEqual(service.log().count('"watermark_failed"'), 1)
        self.warm(service, 8)
        self.call_center("CREATE TABLE mark(at)")
        self.call_center("INSERT INTO mark VALUES (1)")
        self.marked(service)
        self.call_center("UPDATE crm SET name = '새이름' WHERE cust_no = 'C00000008'")
        self.call_center("UPDATE mark SET at = 2")
        service.wait(lambda: self.name(service, 8) == "새이름")
        self.call_center("INSERT INTO mark VALUES (3)")
        service.wait(lambda: "select one value" in service.log())
        self.assertEqual(set(states(self.ask(service, 9)).values()) - {"live", "fresh"}, set(), "answers go on")

    def test_copies_that_cannot_be_void_are_told_once(self):
        self.mark()
        service = self.redis_node()
        self.warm(service, 8)
        self.marked(service)
        self.servers.redis.freeze()
        self.addCleanup(self.servers.redis.thaw)
        before = self.asked(service, "failed")
        self.change(8, "새이름")
        service.wait(lambda: self.asked(service, "failed") > before + 2)
        self.assertEqual(service.log().count('"watermark_failed"'), 1)
        self.servers.redis.thaw()
        service.wait(lambda: self.name(service, 8) == "새이름")

    def test_it_is_checked(self):
        for text, code, live in [("DELETE FROM crm", "M04", ()), ("SELECT max(updated) FROM crm", "M0815", ("--live",)),
                                 ("SELECT max(changed) AS watermark FROM crm", "M0811", ("--live",))]:
            with self.subTest(sql=text):
                self.mark(MARK.replace("SELECT max(updated) AS watermark FROM crm", text))
                done = federator("check", *live, "--map", self.shop.map, check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertRegex(done.stdout + done.stderr, rf"{code}[\s\S]*parts\.xml:15:\d+")
                self.shop.edit("parts.xml", "    " + MARK.replace("SELECT max(updated) AS watermark FROM crm", text) + "\n", "")
        self.mark()
        done = federator("check", "--live", "--map", self.shop.map, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
