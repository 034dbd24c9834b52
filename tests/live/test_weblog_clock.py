#!/usr/bin/env python3
"""A log that writes the server's wall clock without an offset, at the changes of summer time: each line has its moment, also
behind a restart and what the store refused."""
import re
import sqlite3
import unittest

from support import LiveTest
from weblog import Indexer, Stationer, line

def at(clock, path, day="25/Oct/2026"):
    return re.sub(r"\[.*?\]", f"[{day}:{clock}]", line(path, vid="v1"))


class Clock(LiveTest):
    def begin(self, zone="Europe/Berlin"):
        s = Stationer(self.fresh())
        s.edit("web.xml", lambda text: text.replace("Asia/Seoul", zone))
        return s, Indexer(s)

    def once(self, indexer):
        done = indexer.once()
        self.assertEqual(done.returncode, 0, done.stderr)

    def moments(self, s):
        return [(path, moment[5:19]) for path, moment in s.store("SELECT path, at FROM web_event ORDER BY id")]

    def test_the_hour_that_comes_twice(self):
        s, indexer = self.begin()
        s.write(at("01:59:00", "/a"), at("02:10:00", "/b"), at("02:58:00", "/c"), at("02:01:00", "/d"), at("02:00:30", "/e"))
        self.once(indexer)
        wanted = [("/a", "10-24 23:59:00"), ("/b", "10-25 00:10:00"), ("/c", "10-25 00:58:00"), ("/d", "10-25 01:01:00"),
                  ("/e", "10-25 01:00:30")]
        self.assertEqual(self.moments(s), wanted)
        s.write(at("02:02:00", "/f"), at("02:50:00", "/g"), at("03:00:00", "/h"))
        self.once(indexer)
        self.assertEqual(self.moments(s), wanted + [("/f", "10-25 01:02:00"), ("/g", "10-25 01:50:00"), ("/h", "10-25 02:00:00")])
        self.assertEqual(s.store("SELECT COUNT(*) FROM web_session"), [(3,)])

    def test_what_is_read_again_means_the_same(self):
        s, indexer = self.begin()
        s.write(at("01:00:00", "/first"))
        self.once(indexer)
        with sqlite3.connect(s.store_path) as db:
            db.execute("CREATE TRIGGER bad BEFORE INSERT ON web_event WHEN NEW.path LIKE '/bad%' BEGIN SELECT RAISE(ABORT, 'no'); END")
        db.close()
        s.write(at("02:50:00", "/b"), at("02:05:00", "/c"), at("02:06:00", "/bad"), at("02:40:00", "/d"))
        self.once(indexer)
        self.assertEqual(self.moments(s), [("/first", "10-24 23:00:00"), ("/b", "10-25 00:50:00"), ("/c", "10-25 01:05:00"),
                                           ("/d", "10-25 01:40:00")])

    def test_the_hour_that_is_left_out(self):
        s, indexer = self.begin("America/New_York")
        day = "01/Nov/2026"  # 2:00 becomes 1:00
        s.write(at("00:59:59", "/a", day), at("01:30:00", "/b", day), at("01:10:00", "/c", day), at("02:00:00", "/d", day))
        self.once(indexer)
        self.assertEqual(self.moments(s), [("/a", "11-01 04:59:59"), ("/b", "11-01 05:30:00"), ("/c", "11-01 06:10:00"),
                                           ("/d", "11-01 07:00:00")])


if __name__ == "__main__":
    unittest.main()
