#!/usr/bin/env python3
"""/metrics of a busy service: in a form that promtool takes, counters that only grow, and every fault in its counter."""
import os
import re
import subprocess
import threading
import unittest

from shop import Shop, phone_of
from support import LiveTest, federator

CLIENTS = 3
COLUMNS = "columns no member at amount status\n"
ORDERS = f"part orders\nkey member\n{COLUMNS}A7\t7\t2026-10-10 10:00:00\t10\tpaid\n\n"
OTHERS = f"part orders\n{COLUMNS}A9\t999\t2026-10-10 10:00:00\t10\tpaid\n\n"
MANY = "part orders\nkey member\n" + COLUMNS + "".join(f"A{n}\t7\t2026-10-10 10:00:00\t{n}\tpaid\n" for n in range(99)) + "\n"

# What the warehouse does, and the counters that tell of it.
FAULTS = {
    "refused": ("part orders\nfail refused\n\n", "source_faults", "parts_missing"),
    "error": ("part orders\nfail error\n\n", "source_faults", "parts_missing"),
    "auth": ("part orders\nfail auth\n\n", "source_faults", "parts_missing"),
    "deadline": ("part orders\nfail late\n\n", "source_faults", "parts_missing"),
    "busy": ("part orders\nfail busy\n\n", "source_faults", "parts_missing"),
    "schema_mismatch": ("part orders\nkey member\ncolumns no member\nA7\t7\n\n", "source_faults", "parts_missing"),
    "wrong_subject": (OTHERS, "parts_missing"),
}


class Series(dict):
    """series -> value, and metric -> kind."""

    def __init__(self, text):
        super().__init__()
        self.kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, flags=re.M))
        for series, value in re.findall(r"^([^#\s]\S*) (\S+)$", text, flags=re.M):
            assert series not in self, f"{series} stands twice"
            self[series] = float(value)

    def growing(self):
        """Those that may only grow."""
        for series, value in self.items():
            name = series.split("{")[0]
            if self.kinds.get(name, self.kinds.get(re.sub("_(bucket|sum|count)$", "", name))) in ("counter", "histogram"):
                yield series, value


class Client(threading.Thread):
    """Asks until told to end."""

    def __init__(self, service, customer, ending):
        super().__init__()
        self.service, self.customer, self.ending = service, customer, ending
        self.answers, self.wrong = 0, []

    def run(self):
        while not self.ending.is_set():
            answer = self.service.query({"phone": phone_of(self.customer)})
            self.answers += 1
            if answer.status != 200:
                self.wrong.append(answer.body)


class MetricsTest(LiveTest):
    def setUp(self):
        self.shop = Shop(os.path.join(self.fresh(), "shop"))
        self.rows = os.path.join(self.shop.directory, "warehouse.txt")
        self.warehouse(ORDERS)
        self.shop.write_secret("warehouse", f"fixture:{self.rows}")
        self.shop.write_secret("spare", f"fixture:{self.rows}")
        self.shop.edit("sources.xml", "</mapping>", '<source name="spare" connect="secret:spare" dialect="sqlite"'
                                                    ' zone="UTC" pool="1"/></mapping>')
        self.before = Series("")

    def warehouse(self, text):
        with open(self.rows + ".new", "w") as f:
            f.write(text)
        os.rename(self.rows + ".new", self.rows)

    def serve(self, *options):
        service = self.start(self.shop.map, *options)
        service.wait_sources()
        return service

    def busy(self, service):
        """Clients that ask until the test is over."""
        ending = threading.Event()
        clients = [Client(service, 7 + n, ending) for n in range(CLIENTS)]

        def end():
            ending.set()
            for client in clients:
                client.join()
            for client in clients:
                self.assertGreater(client.answers, 0)
                self.assertEqual(client.wrong, [])
        self.addCleanup(end)
        for client in clients:
            client.start()

    def scrape(self, service):
        """All series; promtool finds no fault, and what may only grow has not shrunk since the last time."""
        answer = service.admin("/metrics")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        checked = subprocess.run(["promtool", "check", "metrics"], input=answer.body, capture_output=True, timeout=60)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, b"", b""))
        now = Series(answer.body.decode())
        for series, value in self.before.growing():
            self.assertGreaterEqual(now.get(series, -1), value, series)
        self.before = now
        return now

    def grown(self, service, series):
        first = self.before[series]
        return lambda: self.scrape(service)[series] > first

    def test_every_fault_is_in_its_counter_while_calls_come_in(self):
        service = self.serve("--cache", "off", "--loops", "2")
        self.busy(service)
        self.scrape(service)
        for reason, (text, *counters) in FAULTS.items():
            wanted = [f'federator_{counter}_total{{source="warehouse",reason="{reason}"}}' for counter in counters]
            for series in wanted:
                self.assertEqual(self.before[series], 0, series)
            self.warehouse(text)
            for series in wanted:
                service.wait(lambda: self.scrape(service)[series] > 0)
            self.warehouse(ORDERS)
        self.warehouse(OTHERS)
        service.wait(self.grown(service, 'federator_wrong_subject_total{source="warehouse"}'))
        self.warehouse(MANY)
        service.wait(self.grown(service, 'federator_parts_truncated_total{source="warehouse"}'))
        for source in ("callcenter", "web"):
            for series, value in self.before.items():
                if re.match(rf'federator_(source_faults|parts_missing|wrong_subject)_total{{source="{source}"', series):
                    self.assertEqual(value, 0, series)

    def test_what_nothing_has_changed_of_is_counted_as_not_modified(self):
        service = self.serve()
        path = f"/v1/customers?view=pop&phone={phone_of(7)}"
        tag = service.ask("GET", path).headers["etag"]
        for _ in range(4):
            self.assertEqual(service.ask("GET", path, headers={"If-None-Match": tag}).status, 304)
        now = self.scrape(service)
        self.assertEqual(now['federator_answers_total{view="pop",status="200",complete="true"}'], 1)
        self.assertEqual(now['federator_answers_total{view="pop",status="304",complete="false"}'], 4)
        self.assertEqual(now['federator_http_responses_total{status="304"}'], 4)
        self.assertEqual(now['federator_answer_seconds_count{view="pop"}'], 5)

    def test_answers_are_counted_each_once(self):
        service = self.serve()
        for _ in range(5):
            self.assertTrue(service.query({"phone": phone_of(7)}).json["complete"])
        self.assertEqual(service.query({"phone": phone_of(7)}, view="nosuch").status, 400)
        self.assertEqual(service.ask("GET", "/v1/nowhere").status, 404)
        now = self.scrape(service)
        self.assertEqual(now['federator_answers_total{view="pop",status="200",complete="true"}'], 5)
        self.assertEqual(now['federator_answer_seconds_count{view="pop"}'], 5)
        self.assertEqual(now['federator_http_responses_total{status="200"}'], 5)
        self.assertEqual(now['federator_http_responses_total{status="400"}'], 1)
        self.assertEqual(now['federator_http_responses_total{status="404"}'], 1)
        self.assertEqual(now['federator_http_connections_opened_total{listener="public"}'], 7)
        self.assertGreater(now['federator_parts_total{source="callcenter",state="fresh"}'], 0)
        self.assertGreater(now["federator_cache_hits_total"], 0)
        self.assertEqual(now["federator_cache_hits_total"], service.admin("/readyz?verbose").json["cache"]["hits"])
        self.assertEqual(now['federator_cache_up{kind="memory"}'], 1)
        self.assertGreater(now["process_resident_memory_bytes"], 1e6)
        self.assertGreater(now["process_open_fds"], 5)
        for secret in (phone_of(7), "20000007", "한7별", "user7"):
            self.assertNotIn(secret, service.admin("/metrics").body.decode())
        for now in ("requests_in_flight", "connections"):  # ended a little later than the client sees the answer
            service.wait(lambda: self.scrape(service)[f'federator_http_{now}{{listener="public"}}'] == 0)
        self.assertEqual(service.ask("GET", "/metrics").status, 404)  # not for those who ask for customers

    def test_a_reload_that_removes_a_source_removes_its_series(self):
        service = self.serve()
        self.busy(service)
        reload = ("reload", "--admin", f"127.0.0.1:{service.admin_port}")
        self.assertIn('federator_source_up{source="spare"}', self.scrape(service))
        revision = service.query({"phone": phone_of(7)}).json["revision"]
        self.assertEqual(self.before[f'federator_mapping_info{{revision="{revision}"}}'], 1)
        with open(os.path.join(self.shop.map, "sources.xml")) as f:
            whole = f.read()
        self.shop.write_file("sources.xml", re.sub(r'<source name="spare"[^>]*>', "", whole))
        federator(*reload)
        # what is gone need not grow
        for series in [series for series in self.before if 'source="spare"' in series]:
            del self.before[series]
        now = self.scrape(service)
        self.assertFalse([series for series in now if 'source="spare"' in series])
        self.assertNotIn(f'federator_mapping_info{{revision="{revision}"}}', now)
        self.assertEqual(now['federator_reloads_total{outcome="loaded"}'], 1)
        self.shop.write_file("sources.xml", "<mapping")
        self.assertEqual(federator(*reload, check=False).returncode, 1)
        self.assertEqual(self.scrape(service)['federator_reloads_total{outcome="refused"}'], 1)

    def test_redis_that_is_not_there_is_a_cache_that_is_down(self):
        service = self.serve("--cache", f"unix:{self.shop.directory}/nobody.sock")
        self.assertEqual(service.query({"phone": phone_of(7)}).status, 200)
        now = self.scrape(service)
        self.assertEqual(now['federator_cache_up{kind="redis"}'], 0)
        self.assertEqual(now["federator_cache_hits_total"], 0)
        self.assertGreater(now["federator_cache_misses_total"], 0)


if __name__ == "__main__":
    unittest.main()
