#!/usr/bin/env python3
"""The web site's log, live: what a visitor does is in the customer's view; who the visitor is, and who may know."""
import os
import resource
import shutil
import signal
import sqlite3
import time
import unittest

from servers import Servers
from support import SANITIZED, SLOW, LiveTest, peak_bytes
from weblog import Indexer, Stationer, line


class WeblogTest(LiveTest):
    def begin(self):
        """A stationer whose log is followed and whose service runs."""
        s = Stationer(self.fresh())
        s.write()
        indexer = Indexer(s).start()
        self.addCleanup(indexer.stop)
        indexer.wait(lambda: os.path.exists(s.store_path) and "weblog_followed" in indexer.output())
        service = self.start(s.mapping, "--salt-secret", "salt")
        service.wait_sources()
        return s, indexer, service

    def view(self, service, **by):
        answer = service.query(by)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def journey(self, service, **by):
        return [e.get("path") for e in self.view(service, **by).get("customer", {}).get("journey", []) if "path" in e]

    def test_from_the_line_to_the_agents_screen(self):
        s, _, service = self.begin()
        s.write(line("/goods/PEN-7", vid="v1"), line("/search?q=%EB%A7%8C%EB%85%84%ED%95%84&phone=01012345678", vid="v1", hits=0),
                line("/login/done", vid="v1", member="1", method="POST", status=302), line("/static/app.js", vid="v1"),
                line("/help/returns", vid="v1", status=500))
        service.wait(lambda: "/help/returns" in self.journey(service, phone="010-0111-0001"))

        def all_there():  # each part has a copy of its own, and of its own age
            shown = self.view(service, phone="010-0111-0001")["customer"]
            return shown["on_site_now"] and shown["searches"] and shown["visits"] and shown["visits"][0]["pages"] == 4
        service.wait(all_there)
        view = self.view(service, phone="010-0111-0001")
        self.assertEqual(self.journey(service, member="1"), ["/help/returns", "/login/done", "/search", "/goods/PEN-7"])
        self.assertEqual([(x["terms"], x["hits"]) for x in view["customer"]["searches"]], [("만년필", 0)])
        self.assertTrue(view["customer"]["on_site_now"])
        self.assertEqual(view["customer"]["visits"][0]["pages"], 4)
        self.assertEqual(view["customer"]["visits"][0]["failures"], 1)
        self.assertEqual(self.view(service, visitor="v1")["match"]["outcome"], "one")
        dump = b""
        for suffix in ("", "-wal"):
            with open(s.store_path + suffix, "rb") as f:
                dump += f.read()
        self.assertNotIn(b"01012345678", dump)
        self.assertNotIn(b"10.1.2.3", dump)

    def test_without_consent_nothing_of_the_web_is_shown(self):
        s, indexer, service = self.begin()
        s.write(line("/goods/SECRET", vid="v3", member="3"), line("/goods/OTHER", vid="v2", member="2"))
        service.wait(lambda: "/goods/OTHER" in self.journey(service, member="2"))
        view = self.view(service, member="3")
        self.assertNotIn("SECRET", str(view))
        self.assertEqual(view["parts"]["pages"]["reason"], "no_consent")
        self.assertEqual(self.view(service, member="2")["parts"]["pages"]["state"] in ("live", "fresh"), True)

    def test_a_shared_device_links_only_sessions(self):
        s, indexer, service = self.begin()
        now = time.time()
        s.write(line("/goods/BEFORE", at=now - 7200, vid="tablet"), line("/goods/HERS", at=now - 3600, vid="tablet", member="1"),
                line("/goods/HERS-TOO", at=now - 3590, vid="tablet"))
        service.wait(lambda: "/goods/HERS-TOO" in self.journey(service, member="1"))
        self.assertIn("/goods/BEFORE", self.journey(service, member="1"))
        s.write(line("/goods/HIS", at=now - 60, vid="tablet", member="2"), line("/goods/HIS-TOO", at=now - 50, vid="tablet"))
        service.wait(lambda: "/goods/HIS-TOO" in self.journey(service, member="2"))
        service.wait(lambda: "/goods/BEFORE" not in self.journey(service, member="1"))
        self.assertEqual(self.journey(service, member="1"), ["/goods/HERS-TOO", "/goods/HERS"])
        self.assertEqual(self.journey(service, member="2"), ["/goods/HIS-TOO", "/goods/HIS"])
        self.assertEqual(self.view(service, visitor="tablet")["match"]["outcome"], "none")

    def test_a_session_in_which_two_signed_in_is_nobodys(self):
        s, _, service = self.begin()
        now = time.time()
        s.write(line("/goods/HERS", at=now - 60, vid="sofa", member="1"), line("/goods/HIS", at=now - 50, vid="sofa", member="2"),
                line("/goods/WHOSE", at=now - 40, vid="sofa"), line("/goods/OWN", at=now - 30, vid="pc", member="2"))
        service.wait(lambda: "/goods/OWN" in self.journey(service, member="2"))
        self.assertEqual(self.journey(service, member="2"), ["/goods/OWN"])
        self.assertEqual(self.journey(service, member="1"), [])

    def test_who_has_no_cookie_is_linked_by_session_only(self):
        s, _, service = self.begin()
        now = time.time()
        s.write(line("/goods/SOMEBODY", at=now - 7200), line("/goods/HERS", at=now - 100, member="1"), line("/goods/HERS-TOO", at=now - 90))
        service.wait(lambda: "/goods/HERS-TOO" in self.journey(service, member="1"))
        self.assertEqual(self.journey(service, member="1"), ["/goods/HERS-TOO", "/goods/HERS"])

    def test_events_that_the_store_does_not_take_are_left_out(self):
        servers = Servers(os.path.join(self.fresh(), "servers"), ("pg",)).start()
        self.addCleanup(servers.stop)
        connect = servers.env["FED_TEST_PG_ADMIN"]
        s = Stationer(self.fresh(), events=(connect, connect), dialect="postgresql")
        s.write(line("/first", vid="v1"))
        indexer = Indexer(s)
        indexer.all_of_it()
        servers.pg.sql("ALTER TABLE web_event ADD CHECK (path NOT LIKE '/poison%')")
        s.write(*[line(f"/poison/{i}" if i in (500, 501, 502, 800) else f"/page/{i}", vid="v1") for i in range(1000)])
        indexer.all_of_it()
        self.assertEqual(servers.pg.sql("SELECT SUM(rejected) FROM web_file").strip(), "4")
        s.write(line("/last", vid="v1"))
        indexer.all_of_it()
        self.assertEqual(servers.pg.sql("SELECT COUNT(*), COUNT(DISTINCT path) FROM web_event").strip(), "998|998")

    def test_what_the_store_does_not_take_is_left_out(self):
        s = Stationer(self.fresh())
        other = s.log.replace("shop.log", "other.log")
        s.edit("web.xml", lambda text: text.replace(f'<file path="{s.log}"/>', f'<file path="{s.log}"/><file path="{other}"/>'))
        s.write(line("/first", vid="v0"))
        indexer = Indexer(s)
        self.assertEqual(indexer.once().returncode, 0)
        with sqlite3.connect(s.store_path) as db:
            db.execute("CREATE TRIGGER bad BEFORE INSERT ON web_event WHEN NEW.path LIKE '/bad%' BEGIN SELECT RAISE(ABORT, 'no'); END")
        db.close()
        for path in (s.log, other):
            with open(path, "a") as f:
                f.writelines(line(f"/{'bad' if i in (40, 41, 42) else 'good'}/{path[-9:-4]}/{i}", vid=f"v{i}") for i in range(80))
        indexer.start()
        self.addCleanup(indexer.stop)
        indexer.wait(lambda: len(s.store("SELECT 1 FROM web_event")) >= 155)
        self.assertEqual(indexer.stop(), 0)
        self.assertEqual(s.store("SELECT COUNT(*), COUNT(DISTINCT path) FROM web_event WHERE path LIKE '/good%'"), [(154, 154)])
        self.assertEqual(s.store("SELECT SUM(rejected) FROM web_file"), [(6,)])

    def test_the_end_of_once(self):
        s = Stationer(self.fresh())
        s.write(line("/a", vid="v1"))
        os.makedirs(s.store_path)
        self.assertEqual(Indexer(s).once().returncode, 3)

    def test_once_gives_a_store_up_that_refuses_everything(self):
        s = Stationer(self.fresh())
        self.assertEqual(Indexer(s).once().returncode, 0)
        with sqlite3.connect(s.store_path) as db:
            db.execute("CREATE TRIGGER no BEFORE INSERT ON web_event BEGIN SELECT RAISE(ABORT, 'no more'); END")
        s.write(*[line(f"/page/{i}", vid="v1") for i in range(200)])
        done = Indexer(s).once()
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, f"given up after 100 failures, at line [0-9]+ of {s.log}: ")
        self.assertIn("the store does not take it", done.stderr)

    def test_an_order_says_who_it_was(self):
        s, indexer, service = self.begin()
        s.write(line("/order/done?no=d-1001", vid="v9"), line("/goods/LATER", vid="v9"))
        indexer.wait(lambda: s.store("SELECT COUNT(*) FROM web_link WHERE key_name = 'order' AND value = 'D-1001'") == [(1,)])

    def test_kill_and_rotation_lose_and_double_nothing(self):
        s = Stationer(self.fresh())
        indexer = Indexer(s)
        begun, n = time.time() - 40000, 0
        for round_ in range(12):
            followed = indexer.output().count("weblog_followed") + 1 if round_ else 1
            indexer.start()
            for _ in range(25):
                s.write(*[line(f"/page/{i}", at=begun + i, vid=f"v{i % 7}") for i in range(n, n + 40)])
                n += 40
                if n % 320 == 0:
                    os.rename(s.log, f"{s.log}.{n}")
            if round_ % 2:
                indexer.kill()
            else:
                indexer.wait(lambda: indexer.output().count("weblog_followed") >= followed)
                self.assertEqual(indexer.stop(), 0)
        done = indexer.once()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(s.store("SELECT COUNT(*), COUNT(DISTINCT path) FROM web_event"), [(n, n)])
        self.assertEqual(s.store("SELECT SUM(events) FROM web_session"), [(n,)])

    def test_a_second_indexer_ends_the_first(self):
        s = Stationer(self.fresh())
        s.write(line("/a", vid="v1"))
        first = Indexer(s).start()
        first.wait(lambda: "weblog_followed" in first.output())
        second = Indexer(s)
        second.log_path += "2"
        second.start()
        self.addCleanup(second.stop)
        second.wait(lambda: "weblog_followed" in second.output())
        s.write(line("/b", vid="v1"))
        self.assertEqual(first.process.wait(timeout=60 * SLOW), 3)
        self.assertIn("another", first.output())
        second.wait(lambda: s.store("SELECT COUNT(*) FROM web_event") == [(2,)])

    def test_the_store_is_away_and_comes_back(self):
        s = Stationer(self.fresh())
        os.makedirs(s.store_path)  # no database can be there
        indexer = Indexer(s).start()
        self.addCleanup(indexer.stop)
        s.write(line("/a", vid="v1"))
        indexer.wait(lambda: "weblog_store_down" in indexer.output())
        os.rmdir(s.store_path)
        indexer.wait(lambda: os.path.exists(s.store_path) and "weblog_followed" in indexer.output())
        indexer.wait(lambda: s.store("SELECT COUNT(*) FROM web_event") == [(1,)])

    def test_garbage_is_told_and_counted(self):
        s = Stationer(self.fresh())
        with open(s.log, "wb") as f:
            f.write(b"\0" * 300 + b"\n" + b"\xff\xfe garbage\n" + b"x" * (2 << 20) + b"\n")
        s.write(line("/ok", vid="v1"), end="half a li")
        indexer = Indexer(s)
        done = indexer.once()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("weblog_line_rejected", done.stderr)
        self.assertEqual(s.store("SELECT path FROM web_event"), [("/ok",)])
        self.assertEqual(s.store("SELECT lines_read, rejected FROM web_file"), [(4, 3)])
        s.write('ne" then\n', line("/more", vid="v1"))
        self.assertEqual(indexer.once().returncode, 0)
        self.assertEqual(s.store("SELECT COUNT(*) FROM web_event"), [(2,)])

    def test_copied_and_truncated(self):
        s = Stationer(self.fresh())
        indexer = Indexer(s).start()
        self.addCleanup(indexer.stop)
        for round_ in range(5):
            s.write(*[line(f"/page/{round_}/{i}", vid="v1") for i in range(300)])
            shutil.copyfile(s.log, f"{s.log}.{round_}")
            os.truncate(s.log, 0)
        indexer.wait(lambda: os.path.exists(s.store_path) and "weblog_followed" in indexer.output())
        indexer.wait(lambda: s.store("SELECT COUNT(*) FROM web_event")[0][0] >= 1500)
        self.assertEqual(s.store("SELECT COUNT(*), COUNT(DISTINCT path) FROM web_event"), [(1500, 1500)])

    def test_a_burst_takes_no_more_memory(self):
        s = Stationer(self.fresh())
        lines = [line(f"/page/{i}", at=1700000000 + i, vid=f"v{i % 997}") for i in range(20000)]
        for _ in range(8):
            s.write(*lines)
        indexer = Indexer(s).start()
        self.addCleanup(indexer.stop)
        indexer.wait(lambda: os.path.exists(s.store_path) and "weblog_followed" in indexer.output())
        indexer.wait(lambda: s.store("SELECT COUNT(*) FROM web_event") == [(160000,)], seconds=240)
        if not SANITIZED:
            self.assertLessEqual(peak_bytes(indexer.process), 64 << 20)

    def test_the_disk_of_the_store_is_full(self):
        s = Stationer(self.fresh())
        s.write(*[line(f"/page/{i}", vid=f"v{i % 7}") for i in range(20000)])

        def little_room():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (400000, resource.RLIM_INFINITY))

        indexer = Indexer(s).start(preexec_fn=little_room, restore_signals=False)
        self.addCleanup(indexer.stop)
        indexer.wait(lambda: "weblog_store_down" in indexer.output())
        service = self.start(s.mapping, "--salt-secret", "salt")
        service.wait_sources()
        self.assertEqual(self.view(service, phone="010-0111-0001")["match"]["outcome"], "one")
        resource.prlimit(indexer.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        indexer.wait(lambda: s.store("SELECT COUNT(*), COUNT(DISTINCT path) FROM web_event") == [(20000, 20000)], seconds=120)

    def test_what_is_wrong_is_said(self):
        s = Stationer(self.fresh())
        self.assertIn("no file is there yet", Indexer(s).once().stderr)
        self.assertEqual(Indexer(s, name="sight").once().returncode, 2)
        s.write("")
        self.assertNotIn("weblog_file_trouble", Indexer(s).once().stderr)  # an empty file is a file
        s.write("this is no log\n" * 200)
        done = Indexer(s).once()
        self.assertEqual(done.returncode, 0)  # a log of other lines than the format says: all rejected, and told
        self.assertIn('"rejected":200', done.stderr)
        self.assertNotIn("weblog_file_trouble", Indexer(s).once().stderr)  # so is one that is read already
        s.edit("web.xml", lambda text: text.replace("format='$remote_addr -", "format='$remote_addr$status -"))
        done = Indexer(s).once()
        self.assertEqual(done.returncode, 2)
        self.assertIn("format", done.stderr)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    unittest.main()
