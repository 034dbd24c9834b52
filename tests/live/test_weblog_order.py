#!/usr/bin/env python3
"""Several files of one log: what web servers behind a balancer wrote at the same time comes to the sessions of the whole."""
import gzip
import os
import random
import time
import unittest

from support import SANITIZED, LiveTest
from weblog import Indexer, Stationer, line

SESSIONS = "session, visitor, started_at, last_at, events, searches, failures, entry_path, last_path"


class Order(LiveTest):
    def traffic(self, dice, n):
        """Lines of ten days in the order of their times, no two of one second; visitors come back before and after a session's end."""
        step = 10 * 86400 // n
        at, lines = int(time.time()) - 20 * 86400, []
        for i in range(n):
            at += dice.randrange(1, 2 * step)
            vid = f"v{min(dice.randrange(n // 100), dice.randrange(n // 100))}"
            target = f"/search?q=t{i}" if i % 7 == 0 else f"/p/{i}"
            lines.append(line(target, at=at, vid=vid, member=vid[1:] if i % 50 == 0 else "-", status=dice.choice((200, 200, 404))))
        return lines

    def whole(self, lines):
        """What one file with all lines comes to."""
        s = Stationer(self.fresh())
        s.write(*lines)
        Indexer(s).all_of_it()
        return self.made_of(s)

    def made_of(self, s):
        return (s.store(f"SELECT {SESSIONS} FROM web_session ORDER BY session"),
                s.store("SELECT path, session FROM web_event ORDER BY path, query"),
                s.store("SELECT visitor, session, value, first_at, last_at FROM web_evidence ORDER BY 1, 2, 3"))

    def assert_same(self, made, whole):
        for rows, others in zip(made, whole):  # a whole difference of many rows takes unittest minutes
            self.assertEqual([pair for pair in zip(rows, others) if pair[0] != pair[1]][:3], [])
            self.assertEqual(len(rows), len(others))

    def split(self, dice, lines, heads):
        """The same by a balancer: a file for each head, `access-N.log`, older parts rotated and packed."""
        s = Stationer(self.fresh())
        folder = os.path.dirname(s.log)
        s.edit("web.xml", lambda text: text.replace(s.log, os.path.join(folder, "access-*.log")))
        shares = [[] for _ in range(heads)]
        for i, text in enumerate(lines):
            shares[i % heads if dice.random() < 0.7 else dice.randrange(heads)].append(text)
        for k, share in enumerate(shares):
            path = os.path.join(folder, f"access-{k}.log")
            cuts = [0, *sorted(dice.sample(range(len(share)), dice.randrange(3))), len(share)]
            for n, (begin, end) in enumerate(zip(cuts, cuts[1:])):
                text = "".join(share[begin:end]).encode()
                if end == len(share):
                    name, opened = path, open
                elif dice.random() < 0.5:
                    name, opened = f"{path}-2023100{n}.gz", gzip.open
                else:
                    name, opened = f"{path}-2023100{n}", open
                with opened(name, "wb") as f:
                    f.write(text)
                os.utime(name, (1700000000 + n, 1700000000 + n))
        return s

    def test_split_over_servers_it_is_the_same_sessions(self):
        dice = random.Random(7)
        lines = self.traffic(dice, 6000)
        whole = self.whole(lines)
        self.assertGreater(len(whole[0]), 500)
        for heads in (2, 3, 5):
            with self.subTest(heads=heads):
                s = self.split(dice, lines, heads)
                Indexer(s).all_of_it()
                self.assert_same(self.made_of(s), whole)

    def test_killed_in_the_middle_it_is_the_same_sessions(self):
        dice = random.Random(8)
        lines = self.traffic(dice, 30000 if SANITIZED else 60000)  # more than goes into one transaction
        whole = self.whole(lines)
        s = self.split(dice, lines, 4)
        indexer = Indexer(s)
        for _ in range(3):
            before = self.events(s)
            indexer.start()
            indexer.wait(lambda: self.events(s) > before or self.events(s) == len(lines))
            indexer.kill()
        indexer.all_of_it()
        self.assert_same(self.made_of(s), whole)

    def events(self, s):
        """That are written; none before there is a table."""
        made = os.path.exists(s.store_path) and s.store("SELECT 1 FROM sqlite_master WHERE name = 'web_event'")
        return s.store("SELECT COUNT(*) FROM web_event")[0][0] if made else 0


if __name__ == "__main__":
    unittest.main()
