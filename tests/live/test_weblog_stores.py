#!/usr/bin/env python3
"""Several logs in one store of a server, cut up by time: every line once whatever is killed, sessions and views over all of
them, and what is too old dropped."""
import calendar
import os
import shutil
import time
import unittest

from servers import Servers
from support import LiveTest
from weblog import Indexer, Stationer, line

DAY = 86400
IDLE, LONGEST = 30 * 60, DAY
LOGS = ("site", "shop2")


def second_log(text):
    """The mapping with one more log that is like the first."""
    begin, end = text.index("<weblog "), text.index("</weblog>") + len("</weblog>")
    return text[:end] + "\n  " + text[begin:end].replace('name="site"', 'name="shop2"').replace("shop.log", "shop2.log") + text[end:]


def midnight(days_ago):
    return calendar.timegm(time.gmtime()[:3] + (0, 0, 0)) - days_ago * DAY


def sessions_of(moments):
    """How many sessions the moments of a visitor come to."""
    n, started, last = 0, 0, -LONGEST
    for at in moments:
        if at > last + IDLE or at > started + LONGEST:
            n, started = n + 1, at
        last = at
    return n


class Stores(LiveTest):
    kind, dialect, secret = "pg", "postgresql", "FED_TEST_PG"

    def begin(self, partition='partition="day"', keep="90d"):
        self.servers = Servers(os.path.join(self.fresh(), "servers"), (self.kind,)).start()
        self.addCleanup(self.servers.stop)
        env = self.servers.env
        s = Stationer(self.fresh(), events=(env[self.secret], env[self.secret + "_ADMIN"]), dialect=self.dialect)
        s.edit("web.xml", lambda text: text.replace('"100ms"', '"5s"').replace('"600ms"', '"15s"'))  # whatever the machine does
        s.edit("web.xml", lambda text: second_log(text.replace('keep="90d"', f'keep="{keep}" {partition}')))
        self.paths = {name: os.path.join(os.path.dirname(s.log), file) for name, file in zip(LOGS, ("shop.log", "shop2.log"))}
        self.indexers = {name: Indexer(s, name=name) for name in LOGS}
        for name, indexer in self.indexers.items():
            indexer.log_path += name
            with open(self.paths[name], "w", encoding="utf-8"):
                pass
        return s

    def sql(self, text):
        """Rows as lists of texts."""
        server = self.servers.pg if self.kind == "pg" else self.servers.mariadb
        return [row.split("|" if self.kind == "pg" else "\t") for row in server.sql(text).strip().splitlines()]

    def write(self, log, *lines):
        with open(self.paths[log], "a", encoding="utf-8") as f:
            f.write("".join(lines))

    def follow(self, *names):
        for name in names or LOGS:
            self.indexers[name].start()
            self.addCleanup(self.indexers[name].stop)

    def count(self, where="1=1"):
        return int(self.sql(f"SELECT COUNT(*) FROM web_event WHERE {where}")[0][0])

    def assert_whole(self, log, n, moments):
        """Each of `n` lines once, in as many sessions as there are."""
        self.assertEqual(self.sql(f"SELECT COUNT(*), COUNT(DISTINCT path), SUM(CAST(SUBSTR(path, 4) AS {self.integer})) FROM web_event "
                                  f"WHERE log = '{log}'"), [[str(n), str(n), str(n * (n - 1) // 2)]])
        sessions = sum(sessions_of(of_visitor) for of_visitor in moments.values())
        self.assertEqual(self.sql(f"SELECT COUNT(*), SUM(events) FROM web_session WHERE log = '{log}'"), [[str(sessions), str(n)]])
        self.assertEqual(self.sql(f"SELECT COUNT(*) FROM web_event e JOIN web_session s ON s.session = e.session AND s.visitor = e.visitor "
                                  f"AND s.log = e.log WHERE e.log = '{log}'"), [[str(n)]])

    def lines(self, log, n, count, step, moments):
        """Lines of visitors that both logs have, and a member who signs in on both."""
        begun, out = midnight(6) + 7 * 3600, []
        for i in range(n, n + count):
            visitor, at = f"v{i % 11}", begun + i * step
            moments.setdefault(visitor, []).append(at)
            out.append(line(f"/p/{i}", at=at, vid=visitor, member="1" if visitor == "v3" else "-"))
        return out

    integer = "BIGINT"

    def test_two_logs_killed_again_and_again(self):
        s = self.begin()
        written, moments = dict.fromkeys(LOGS, 0), {name: {} for name in LOGS}
        rounds, count, step = 8, 1500, 40  # of seconds; 12,000 lines are five and a half days
        for round_ in range(rounds):
            self.follow()
            for name in LOGS:
                for _ in range(5):
                    self.write(name, *self.lines(name, written[name], count // 5, step, moments[name]))
                    written[name] += count // 5
            if round_ % 3 == 1:
                shutil.move(self.paths["site"], f"{self.paths['site']}.{round_}")
            victim = LOGS[round_ % 2]
            floor = (round_ * count) // 2
            self.indexers[victim].wait(lambda: self.is_there() and self.count(f"log = '{victim}'") > floor)
            for indexer in self.indexers.values():
                indexer.kill()
        for name, indexer in self.indexers.items():
            indexer.all_of_it()
            self.assert_whole(name, written[name], moments[name])
        self.assert_days()
        self.assert_seen(s, written)

    def is_there(self):
        return self.sql("SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'web_event'") != [["0"]]

    def assert_days(self):
        days = self.sql("SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                        "WHERE i.inhparent = 'web_event'::regclass ORDER BY 1")
        self.assertGreaterEqual(len(days), 6)
        for name, _ in days:
            day = f"{name[-8:-4]}-{name[-4:-2]}-{name[-2:]}"
            self.assertEqual(self.sql(f"SELECT COUNT(*) FROM {name} WHERE at < '{day}' OR at >= '{day}'::date + 1"), [["0"]])

    def assert_seen(self, s, written):
        service = self.start(s.mapping, "--salt-secret", "salt", "--role", "webteam", "--purpose", "analysis")
        service.wait_sources()
        view = service.query({"member": "1"}).json
        self.assertEqual(view["match"]["outcome"], "one")
        last = max(i for i in range(written["site"]) if i % 11 == 3)
        service.wait(lambda: service.query({"member": "1"}, view="pop").json["complete"])  # a busy machine is late at first
        self.assertEqual([e["path"] for e in service.query({"member": "1"}, view="pop").json["customer"]["journey"] if "path" in e][:2],
                         [f"/p/{last}", f"/p/{last}"])  # one of each log
        for name in LOGS:
            seen, path = [], f"/v1/web/sessions?log={name}&member=1&limit=1000"
            while path:
                page = service.ask("GET", path).json
                seen += [(x["session"], x["events"]) for x in page["sessions"]]
                path = page.get("links", {}).get("next")
            self.assertEqual(sum(n for _, n in seen), len(range(3, written[name], 11)))
            self.assertEqual(len({one for one, _ in seen}), len(seen))
            one = service.ask("GET", f"/v1/web/sessions/{seen[0][0]}?log={name}&limit=1000").json
            self.assertEqual(one["events"][-1]["path"], f"/p/{last}")
        self.assertEqual(service.ask("GET", f"/v1/web/sessions/{seen[0][0]}?log=site").status, 404)


class OldAndLate(Stores):
    """What lies at the edges of a piece of time, and beyond those that are kept."""
    test_two_logs_killed_again_and_again = None

    def partitions(self):
        return [row[0] for row in self.sql("SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                                           "WHERE i.inhparent = 'web_event'::regclass ORDER BY 1")]

    def name_of(self, moment):
        return time.strftime("web_event_%Y%m%d", time.gmtime(moment))

    def test_what_lies_at_an_edge_is_there_once(self):
        self.begin()
        edge = midnight(1)
        self.write("site", *[line(f"/p/{i}", at=edge + at, vid="v1") for i, at in enumerate((-1, 0, 1))],
                   line("/ahead", at=time.time() + 2 * DAY, vid="v1"), line("/soon", at=time.time() + DAY / 2, vid="v1"),
                   line("/p/3", at=edge + 2, vid="v1"))
        self.indexers["site"].all_of_it()
        self.assertEqual(self.sql("SELECT path, tableoid::regclass FROM web_event WHERE path LIKE '/p/%' ORDER BY path"),
                         [["/p/0", self.name_of(edge - 1)], *[[f"/p/{i}", self.name_of(edge)] for i in (1, 2, 3)]])
        self.assertEqual(self.count("path = '/soon'"), 1)
        self.assertEqual(self.count("path = '/ahead'"), 0)

    def test_days_that_no_log_wants_are_dropped_and_late_lines_do_no_harm(self):
        s = self.begin(keep="2d")
        for name in LOGS:
            self.write(name, *[line(f"/old/{i}", at=midnight(6) + i * 3600, vid=f"v{i % 3}") for i in range(72)],
                       *[line(f"/new/{i}", at=time.time() - 600 + i, vid=f"v{i % 3}") for i in range(50)])
        self.follow("site")
        self.indexers["site"].wait(lambda: self.is_there() and self.count() == 122)
        # the other log has not said yet what it wants
        self.indexers["site"].wait(lambda: self.sql("SELECT COUNT(*) FROM web_log WHERE purged_to IS NOT NULL") == [["1"]])
        self.follow("shop2")
        self.indexers["shop2"].wait(lambda: self.sql("SELECT COUNT(*) FROM web_log WHERE purged_to IS NOT NULL") == [["2"]])
        self.indexers["shop2"].wait(lambda: self.partitions() == [n for n in self.partitions() if n >= self.name_of(time.time() - 2 * DAY)])
        self.indexers["shop2"].wait(lambda: self.count("path LIKE '/new/%'") == 100)
        self.indexers["shop2"].wait(lambda: self.count("path LIKE '/old/%'") == 0)
        old_sessions = "SELECT COUNT(*) FROM web_session WHERE last_at < CURRENT_TIMESTAMP - INTERVAL '3 days'"
        self.indexers["shop2"].wait(lambda: self.sql(old_sessions) == [["0"]])
        # lines of a clock that is wrong, or that come late, for days that are dropped
        self.write("site", line("/late/1", at=midnight(5), vid="v1"), line("/late/2", at=60, vid="v1"), line("/fresh/1", vid="v1"))
        self.write("shop2", line("/late/3", at=midnight(5), vid="v1"), line("/fresh/2", vid="v1"))
        self.indexers["site"].wait(lambda: self.count("path LIKE '/fresh/%'") == 2)
        self.indexers["site"].wait(lambda: self.count("path LIKE '/late/%'") == 0)
        for name in LOGS:
            downs = [said for said in self.indexers[name].output().splitlines() if "weblog_store_down" in said]
            self.assertEqual([said for said in downs if '"reason":"connecting: ' not in said], [])  # a busy machine was late
            self.assertNotIn('"dropped":1', self.indexers[name].output())


class Mariadb(Stores):
    """The same without pieces; nobody is killed."""
    kind, dialect, secret, integer = "mariadb", "mariadb", "FED_TEST_MARIADB", "SIGNED"
    test_two_logs_killed_again_and_again = None

    def test_two_logs_at_once(self):
        s = self.begin(partition="")
        written, moments = dict.fromkeys(LOGS, 3000), {name: {} for name in LOGS}
        for name in LOGS:
            self.write(name, *self.lines(name, 0, 3000, 150, moments[name]))
        self.follow()
        self.indexers["site"].wait(lambda: self.is_there() and self.count() >= 6000, seconds=120)
        for name in LOGS:
            self.assertEqual(self.indexers[name].stop(), 0)
            self.assert_whole(name, written[name], moments[name])
        self.assert_seen(s, written)


if __name__ == "__main__":
    unittest.main()
