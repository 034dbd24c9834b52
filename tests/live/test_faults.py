#!/usr/bin/env python3
"""A source or Redis that is down, frozen or back again: an answer in time that says what is missing, and why."""
import json
import os
import signal
import unittest

from servers import Servers
from shop import Shop, be_patient, phone_of
from support import SLOW, LiveTest, states, without_times

BUDGET_S = 1.0  # of the view; its parts have 0.4 s
GENEROUS_S = 30 * BUDGET_S * SLOW  # a hung driver would hang for ever, not for thirty budgets


class FaultTest(LiveTest):
    def setUp(self):
        self.servers = Servers(self.fresh()).start()
        self.addCleanup(self.servers.stop)
        self.shop = Shop(os.path.join(self.fresh(), "shop"), self.servers, patient=False)

    def serve(self, *options, late=None):
        """`late`: the only source that need not wait for a slow machine; default all of them."""
        if late is not None:
            be_patient(self.shop.map, but=late)
        return self.start(self.shop.map, *options)

    def pop(self, service, customer=7, by=None):
        answer = service.query(by or {"phone": phone_of(customer)})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertLess(answer.took_s, GENEROUS_S)
        return answer.json

    def complete(self, service):
        """For waiting: an answer that a loaded machine makes late is not the last one."""
        return lambda: service.query({"phone": phone_of(7)}).json.get("complete", False)

    def assert_orders_missing(self, view, *reasons):
        self.assertFalse(view["complete"])
        self.assertEqual(states(view), {"crm": "live", "calls": "live", "orders": "missing", "pages": "live"})
        self.assertIn(view["parts"]["orders"]["reason"], reasons)
        self.assertNotIn("orders", view["customer"])
        self.assertEqual(view["customer"]["name"], "한7별")
        self.assertEqual(len(view["customer"]["pages"]), 2)
        self.assertEqual(view["match"]["outcome"], "one")

    def test_one_source_stopped_and_back(self):
        service = self.serve("--cache", "off", late="warehouse")
        service.wait(self.complete(service))
        whole = self.pop(service)
        self.servers.mariadb.stop()
        self.assert_orders_missing(self.pop(service), "refused", "error", "deadline")
        self.assert_orders_missing(self.pop(service), "refused", "error", "deadline")
        self.servers.mariadb.start()
        service.wait(self.complete(service))
        self.assertEqual(without_times(self.pop(service)), without_times(whole))

    def test_frozen_source_does_not_delay_the_answer(self):
        service = self.serve("--cache", "off", late="warehouse")
        service.wait(self.complete(service))
        self.servers.mariadb.freeze()
        try:
            for _ in range(4):
                self.assert_orders_missing(self.pop(service), "deadline", "refused", "busy")
            self.assert_released(service, "warehouse")
        finally:
            self.servers.mariadb.thaw()
        service.wait(self.complete(service))

    def test_a_frozen_source_is_not_asked_while_its_breaker_is_open(self):
        service = self.serve("--cache", "off", late="warehouse")
        service.wait(self.complete(service))
        self.servers.mariadb.freeze()
        try:
            service.wait(lambda: not self.pop(service)["complete"] and
                         self.source(service, "warehouse")["breaker"] != "closed")
            before = self.source(service, "warehouse")
            for _ in range(100):
                self.assert_orders_missing(self.pop(service), "deadline", "refused")
            after = self.source(service, "warehouse")
            self.assertLessEqual(after["fetches"] - before["fetches"], before["pool"])  # that were under way
            self.assertEqual(after["queued"], 0)
        finally:
            self.servers.mariadb.thaw()
        service.wait(self.complete(service))
        self.assertEqual(self.source(service, "warehouse")["breaker"], "closed")

    def source(self, service, name):
        """What /readyz?verbose says of a source."""
        sources = service.admin("/readyz?verbose").json["sources"]
        return next(source for source in sources if source["name"] == name)

    def assert_released(self, service, name):
        """While the server is still frozen its calls end."""
        service.wait(lambda: self.source(service, name)["cut"] > 0)
        service.wait(lambda: self.source(service, name)["connected"] == 0)
        self.assertEqual(self.source(service, name)["hung"], 0)

    def frozen_pg(self):
        """PostgreSQL, which knows the customers, frozen until the test ends."""
        self.servers.pg.freeze()
        self.addCleanup(self.servers.pg.thaw)

    def assert_late(self, answer):
        self.assertIn(answer.status, (503, 504), answer.body)
        self.assertIn("retry-after", answer.headers)
        self.assertLess(answer.took_s, GENEROUS_S)

    def test_frozen_postgresql_leaves_a_customer_unknown_and_other_parts_alone(self):
        service = self.serve("--cache", "off", late="callcenter")
        service.wait(self.complete(service))
        self.frozen_pg()
        first = service.query({"phone": phone_of(7)})
        self.assert_late(first)
        self.assertEqual(first.status, 504, first.body)  # connections are open, and nothing is answered
        for phone in (phone_of(7), "010-9999-9999"):
            self.assert_late(service.query({"phone": phone}))
        view = self.pop(service, by={"member": "7"})  # taken at its word
        self.assertEqual(view["match"]["outcome"], "one")
        self.assertIs(view["match"]["complete"], False)
        self.assertEqual(states(view), {"crm": "missing", "calls": "missing", "orders": "live", "pages": "live"})
        self.assertNotIn("calls", view["customer"])
        self.assertNotIn("name", view["customer"])
        self.assertEqual(len(view["customer"]["pages"]), 2)
        self.assert_late(service.query({"member": "4711"}))  # of whom nobody has a row
        self.assert_released(service, "callcenter")
        self.servers.pg.thaw()
        service.wait(lambda: service.query({"phone": phone_of(7)}).status == 200)
        service.wait(self.complete(service))

    def test_frozen_postgresql_with_copies_gives_candidates_and_known_parts(self):
        self.shop.edit("parts.xml", 'ttl="30s" stale="0s"', 'ttl="0s" stale="10m"')
        service = self.serve(late="callcenter")
        service.wait(self.complete(service))
        known = self.pop(service, by={"member": "7"})
        self.pop(service)
        self.frozen_pg()
        by_phone = self.pop(service)
        self.assertEqual((by_phone["match"]["outcome"], by_phone["match"]["state"]), ("many", "stale"))
        self.assertIs(by_phone["match"]["complete"], False)
        self.assertEqual(len(by_phone["candidates"]), 1)
        strict = service.ask("QUERY", "/v1/customers", json.dumps({"by": {"phone": phone_of(7)}, "view": "pop"}),
                             {"Content-Type": "application/json", "Prefer": "handling=strict"})
        self.assert_late(strict)
        by_id = service.ask("GET", f"/v1/customers/{by_phone['candidates'][0]['id']}?view=pop").json
        for view in (by_id, self.pop(service, by={"member": "7"})):
            self.assertEqual(view["match"]["outcome"], "one")
            self.assertEqual(view["parts"]["crm"]["state"], "stale")
            self.assertEqual(view["customer"]["name"], known["customer"]["name"])
        self.assert_late(service.query({"phone": phone_of(8)}))  # of whom there is no copy
        self.servers.pg.thaw()
        service.wait(lambda: self.pop(service)["match"]["outcome"] == "one")

    def test_identity_source_down_is_no_empty_answer(self):
        service = self.serve("--cache", "off")
        service.wait(self.complete(service))
        self.servers.pg.stop()
        answer = service.query({"phone": phone_of(7)})
        self.assertIn(answer.status, (503, 504), answer.body)
        self.assertTrue(answer.headers["content-type"].startswith("application/problem+json"))
        self.assertIn("retry-after", answer.headers)
        self.servers.pg.start()
        service.wait(lambda: service.query({"phone": phone_of(7)}).status == 200)

    def new_password(self, password):
        """In PostgreSQL, whose connections are ended too."""
        self.servers.pg.sql(f"ALTER ROLE app PASSWORD '{password}';"
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")

    def refused_logins(self):
        with open(self.servers.pg.log) as f:
            return f.read().count("password authentication failed")

    def test_a_new_password_costs_a_login_for_each_rest_and_needs_no_restart(self):
        service = self.serve("--cache", "off", late="")
        service.wait(self.complete(service))
        self.new_password("newer")
        reasons = {self.pop(service, by={"member": "7"})["parts"]["crm"].get("reason") for _ in range(100)}
        self.assertEqual(reasons, {"auth"})
        service.wait(lambda: self.source(service, "callcenter")["probes"] >= 2)
        crm = self.pop(service, by={"member": "7"})["parts"]["crm"]
        self.assertEqual((crm["state"], crm["reason"]), ("missing", "auth"))
        state = self.source(service, "callcenter")
        self.assertIn(state["breaker"], ("open", "probing"))
        self.assertIn("password", state["why"])
        self.assertNotIn("newer", json.dumps(state))
        logins = self.refused_logins()  # the one that opened the breaker, and the probes
        self.assertLessEqual(logins, 1 + self.source(service, "callcenter")["probes"])
        self.assertGreaterEqual(logins, 2)
        self.shop.write_secret("callcenter", self.servers.env["FED_TEST_PG"].replace("PWD={app}", "PWD={newer}"))
        service.wait(lambda: self.pop(service, by={"member": "7"})["complete"])
        self.assertEqual(self.source(service, "callcenter")["breaker"], "closed")

    def test_what_else_changes_in_a_secret_waits_for_a_reload(self):
        service = self.serve("--cache", "off")
        service.wait(self.complete(service))
        self.shop.write_secret("callcenter", self.servers.env["FED_TEST_PG"].replace("Database=fed", "Database=postgres"))
        self.new_password("app")  # the same; only the connections end
        service.wait(self.complete(service))
        service.wait(lambda: '"secret_changed"' in service.log())
        self.shop.write_secret("callcenter", "")
        self.new_password("app")
        service.wait(self.complete(service))
        service.wait(lambda: '"secret_unusable"' in service.log())

    def test_a_source_without_a_driver_says_so_and_waits_for_a_reload(self):
        self.shop.write_secret("callcenter", "Driver={Nobody's};Database=x")
        service = self.serve("--cache", "off")
        for _ in range(3):
            answer = service.query({"phone": phone_of(7)})
            self.assertEqual((answer.status, answer.json["type"]), (503, "urn:federator:problem:identity-unavailable"))
        self.assertRegex(service.log(), "there is no ODBC driver `Nobody's`; .*/odbcinst.ini has ")
        self.assertNotIn('"secret_changed"', service.log())
        self.shop.write_secret("callcenter", self.servers.env["FED_TEST_PG"])
        service.process.send_signal(signal.SIGHUP)
        service.wait(self.complete(service))

    def test_starts_with_all_sources_down_and_heals(self):
        self.servers.mariadb.stop()
        self.servers.pg.stop()
        web = os.path.join(self.shop.directory, "web.db")
        os.rename(web, web + ".away")
        service = self.serve("--cache", "off")
        self.assertEqual(service.admin("/livez").status, 200)
        self.assertIn(service.query({"phone": phone_of(7)}).status, (503, 504))
        os.rename(web + ".away", web)
        self.servers.pg.start()
        self.servers.mariadb.start()
        service.wait(lambda: service.query({"phone": phone_of(7)}).status == 200)
        service.wait(self.complete(service))

    def test_redis_stopped_frozen_and_back(self):
        service = self.serve("--cache", self.servers.env["FED_TEST_REDIS"], late="")
        service.wait(self.complete(service))
        whole = without_times(self.pop(service))
        self.servers.redis.freeze()
        try:
            self.assertEqual(without_times(self.pop(service)), whole)
        finally:
            self.servers.redis.thaw()
        self.assertEqual(without_times(self.pop(service)), whole)
        self.servers.redis.stop()
        self.assertEqual(without_times(self.pop(service)), whole)
        self.servers.redis.start()
        service.wait(lambda: "fresh" in states(self.pop(service)).values())
        self.assertEqual(without_times(self.pop(service)), whole)

    def test_foreign_values_in_redis_are_a_miss(self):
        service = self.serve("--cache", self.servers.env["FED_TEST_REDIS"], late="")
        service.wait(lambda: "fresh" in states(self.pop(service)).values())
        whole = without_times(self.pop(service))
        keys = [line for line in self.servers.redis.ask("KEYS *").split("\r\n") if line.startswith("fed")]
        self.assertGreater(len(keys), 0)
        for key in keys:
            self.assertNotIn("20000007", key)
            self.servers.redis.ask(f"SET {key} garbage")
        self.assertEqual(without_times(self.pop(service)), whole)


if __name__ == "__main__":
    unittest.main()
