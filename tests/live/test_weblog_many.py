#!/usr/bin/env python3
"""Much of one thing: thousands of files of one log, and a visitor who never stops."""
import os
import re
import time
import unittest
import xml.etree.ElementTree as ET

from support import SANITIZED, LiveTest, peak_bytes
from weblog import Indexer, Stationer, line

MAPPING = "{urn:federator:mapping:1}"


class Files(LiveTest):
    FILES = 500 if SANITIZED else 5000

    def test_thousands_of_files_of_one_log(self):
        s = Stationer(self.fresh())
        folder = os.path.dirname(s.log)
        s.edit("web.xml", lambda text: text.replace(s.log, os.path.join(folder, "host-*.log")))
        paths = [os.path.join(folder, f"host-{i}.log") for i in range(self.FILES)]
        for i, path in enumerate(paths):
            with open(path, "w", encoding="utf-8") as f:
                f.writelines(line(f"/p/{i}/{k}", vid=f"v{i % 50}") for k in range(3))
        indexer = Indexer(s).start()
        self.addCleanup(indexer.stop)
        self.there(s, indexer, 3 * self.FILES)
        self.append(paths, "next")
        os.rename(paths[7], paths[7] + ".1")
        with open(paths[7], "w", encoding="utf-8") as f:
            f.write(line("/p/7/new", vid="v7"))
        self.there(s, indexer, 4 * self.FILES + 1)
        descriptors = len(os.listdir(f"/proc/{indexer.process.pid}/fd"))
        peak = peak_bytes(indexer.process)
        self.assertEqual(indexer.stop(), 0)
        self.append(paths[8:], "last")
        self.assertEqual(indexer.once().returncode, 0)
        total = 5 * self.FILES + 1 - 8
        self.assertEqual(s.store("SELECT COUNT(*), COUNT(DISTINCT path) FROM web_event"), [(total, total)])
        self.assertLess(descriptors, 600)
        if not SANITIZED:
            self.assertLessEqual(peak, 64 << 20)

    def append(self, paths, name):
        for i, path in enumerate(paths):
            with open(path, "a", encoding="utf-8") as f:
                f.write(line(f"/p/{os.path.basename(path)}/{name}", vid=f"v{i % 50}"))

    def there(self, s, indexer, n):
        indexer.wait(lambda: os.path.exists(s.store_path) and "weblog_followed" in indexer.output()
                     and s.store("SELECT COUNT(*) FROM web_event") == [(n,)], seconds=120)


class OneVisitor(LiveTest):
    EVENTS = 20000 if SANITIZED else 200000

    def test_a_visitor_who_never_stops(self):
        s = Stationer(self.fresh())
        begun = time.time() - 20 * 86400
        step = 19 * 86400 / self.EVENTS  # seconds
        s.write(*[line(f"/p/{i}", at=begun + int(i * step), vid="kiosk", member="1" if i % 1000 == 0 else "-") for i in range(self.EVENTS)])
        indexer = Indexer(s)
        self.assertEqual(indexer.once().returncode, 0)
        self.assertEqual(s.store("SELECT COUNT(*) FROM web_event"), [(self.EVENTS,)])
        service = self.start(s.mapping, "--salt-secret", "salt", "--role", "webteam", "--purpose", "analysis")
        service.wait_sources()
        sessions = service.ask("GET", "/v1/web/sessions?member=1").json["sessions"]
        view = service.query({"member": "1"}).json
        self.assertEqual([e["path"] for e in view["customer"]["journey"]][:30], [f"/p/{self.EVENTS - 1 - i}" for i in range(30)])
        self.assertTrue(view["complete"])
        self.assertEqual(len(service.ask("GET", "/v1/web/sessions?path=/p/5").json["sessions"]), 1)
        stitch = service.ask("GET", "/v1/web/visitors/kiosk/stitch?limit=1000").json
        self.assertEqual((len(stitch["sessions"]), stitch["complete"]), (len(sessions), True))
        self.assertEqual(sum(one["events"] for one in sessions), self.EVENTS)
        end = self.EVENTS
        for one in sessions:  # newest first
            self.assertEqual(self.pages(service, one["session"]), [f"/p/{i}" for i in range(end - one["events"], end)])
            end -= one["events"]
        if not SANITIZED:
            self.assertLess(peak_bytes(service.process), 64 << 20)

    def pages(self, service, session):
        """Of all pages of the answer."""
        events, path = [], f"/v1/web/sessions/{session}?limit=1000"
        while path:
            page = service.ask("GET", path).json
            events += [e["path"] for e in page["events"]]
            path = page.get("links", {}).get("next")
        return events


class Plans(LiveTest):
    def test_the_parts_of_the_example_read_no_table_whole(self):
        s = Stationer(self.fresh())
        s.write(line("/", vid="v1", member="1"))
        self.assertEqual(Indexer(s).once().returncode, 0)
        parts = ET.parse(os.path.join(s.mapping, "web.xml")).getroot().findall(MAPPING + "part")
        self.assertEqual(len(parts), 5)
        for part in parts:
            sql = re.sub(r":\w+\.\.\.", "?", part.findtext(MAPPING + "query"))
            plan = [row[3] for row in s.store("EXPLAIN QUERY PLAN " + sql, *"1" * sql.count("?"))]
            self.assertTrue(any(step.startswith("SEARCH") for step in plan), plan)
            for step in plan:  # x is what was found before
                self.assertFalse(re.match(r"SCAN (?!x\b|\(subquery)", step), plan)


if __name__ == "__main__":
    unittest.main()
