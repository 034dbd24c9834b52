#!/usr/bin/env python3
"""More requests than can be answered: what is taken is answered in full, the others hear 503 at once."""
import os
import threading
import unittest

from servers import Servers
from support import SANITIZED, LiveTest, Service, federator

CLIENTS = 24
ASKS = 6
MAPPING = """<mapping xmlns="urn:federator:mapping:1">
<source name="crm" connect="secret:crm" dialect="postgresql" zone="UTC" pool="2"/>
<key name="member" role="identity" type="integer"/>
<key name="phone" role="shared" type="text"/>
<part name="person" source="crm" rows="0..1" deadline="20s" cap="30s" ttl="0s" stale="0s">
<query by="phone">SELECT id, phone, pg_sleep(0.02)::text AS nap FROM customer WHERE phone IN (:phone...)</query>
<column name="id" type="integer" gives="member" proves="member"/><column name="phone" type="text" proves="phone"/>
<column name="nap" type="text"/></part>
<part name="more" source="crm" rows="0..1" deadline="20s" cap="30s" ttl="0s" stale="0s">
<query by="member">SELECT id, 'n' || id AS name, pg_sleep(0.02)::text AS nap FROM customer WHERE id IN (:member...)</query>
<column name="id" type="integer" proves="member"/><column name="name" type="text"/><column name="nap" type="text"/></part>
<part name="large" source="crm" rows="0..1" deadline="20s" cap="30s" ttl="0s" stale="0s">
<query by="member">SELECT id, repeat('x', 40000) AS much FROM customer WHERE id IN (:member...)</query>
<column name="id" type="integer" proves="member"/><column name="much" type="text"/></part>
<part name="larger" source="crm" rows="0..1" deadline="20s" cap="30s" ttl="0s" stale="0s">
<query by="member">SELECT id, repeat('y', 60000) AS more FROM customer WHERE id IN (:member...)</query>
<column name="id" type="integer" proves="member"/><column name="more" type="text"/></part>
<class name="open"/>
<field path="name" class="open"><from part="more" column="name"/></field>
<field path="much" class="open"><from part="large" column="much"/></field>
<field path="more" class="open"><from part="larger" column="more"/></field>
<view name="all" by="member phone" budget="60s"><use path="much"/><use path="more"/></view>
<view name="pop" by="member phone" budget="60s"><use path="name"/></view>
<view name="candidate" by="phone" budget="60s"><use path="name"/></view>
<policy role="agent" purpose="service"><show class="open"/></policy>
</mapping>
"""


class OverloadTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = Servers(os.path.join(cls.scratch, "servers"), kinds=("pg",)).start()
        cls.addClassCleanup(cls.servers.stop)
        cls.servers.pg.sql("CREATE TABLE customer (id integer primary key, phone text);"
                           "INSERT INTO customer SELECT i, 'p' || i FROM generate_series(1, 100) i;")
        cls.map = os.path.join(cls.scratch, "mapping")
        os.makedirs(os.path.join(cls.map, "secrets"), mode=0o700)
        with open(os.path.join(cls.map, "mapping.xml"), "w") as f:
            f.write(MAPPING)
        with open(os.path.join(cls.map, "secrets", "crm"), "w") as f:
            f.write(cls.servers.env["FED_TEST_PG"])
        os.chmod(os.path.join(cls.map, "secrets", "crm"), 0o600)

    def flood(self, service):
        """All answers of many clients, who ask again at once."""
        answers = []

        def client(n):
            for _ in range(ASKS):
                answers.append((n, service.get(phone=f"p{n}")))

        clients = [threading.Thread(target=client, args=(1 + n,)) for n in range(CLIENTS)]
        for thread in clients:
            thread.start()
        while any(thread.is_alive() for thread in clients):
            for path in ("/livez", "/readyz"):
                self.assertEqual(service.ask("GET", path).status, 200)
                self.assertEqual(service.admin(path).status, 200)
        for thread in clients:
            thread.join()
        self.assertEqual(len(answers), CLIENTS * ASKS)
        return answers

    def check(self, answers):
        """Every one is whole or turned away; returns how many were."""
        turned_away = 0
        for n, answer in answers:
            if answer.status == 200:
                self.assertTrue(answer.json["complete"], answer.body)
                self.assertEqual(answer.json["customer"]["name"], f"n{n}")
                continue
            self.assert_problem(answer, 503)
            self.assertEqual(answer.headers["retry-after"], "1")
            turned_away += 1
        self.assertLess(turned_away, len(answers))
        return turned_away

    def test_beyond_the_requests_in_flight(self):
        with Service(self.map, "--cache", "off", "--requests", "3", directory=self.scratch) as service:
            service.wait_sources()
            answers = self.flood(service)
            turned_away = self.check(answers)
            self.assertGreater(turned_away, 0)
            for _, answer in answers:
                if answer.status == 503:
                    self.assert_problem(answer, 503, "urn:federator:problem:overloaded", "in flight")
            with open(service.log_path) as log:
                told = [line for line in log if '"event":"shed","reason":"full"' in line]
            self.assertIn(len(told), range(1, turned_away + 1))
            metrics = service.admin("/metrics").body.decode()
            self.assertIn(f'\nfederator_http_shed_total{{reason="full"}} {turned_away}\n', metrics)
            self.assertIn(f'\nfederator_http_responses_total{{status="503"}} {turned_away}\n', metrics)
            self.assertEqual(service.get(phone="p5").status, 200)

    def test_beyond_what_a_source_can(self):
        with Service(self.map, "--cache", "off", directory=self.scratch) as service:
            service.wait_sources()
            self.check(self.flood(service))
            self.assertEqual(service.get(phone="p5").status, 200)

    def test_one_request_holds_so_many_bytes(self):
        with Service(self.map, "--cache", "off", "--max-request-bytes", "90K", directory=self.scratch) as service:
            service.wait_sources()
            view = service.get(view="all", member="5").json
            self.assertFalse(view["complete"])
            missing = [part for part in view["parts"].values() if part["state"] == "missing"]
            self.assertEqual([part["reason"] for part in missing], ["too_large"])
            self.assertEqual(len(service.get(view="all", member="5", fields="much").json["customer"]["much"]), 40000)

    def test_no_limit_below_what_is_needed_is_taken(self):
        done = federator("serve", "--map", self.map, "--memory", "80M", "--admin", "off", "--listen", "127.0.0.1:0",
                         check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("--cache-bytes", done.stderr)

    def test_without_memory_to_spare_requests_are_turned_away(self):
        with Service(self.map, "--cache", "off", "--memory", "64M", directory=self.scratch) as service:
            service.wait_sources()
            answer = service.get(phone="p5")
            if SANITIZED and answer.status != 200:  # some have more than that before the first request
                self.assert_problem(answer, 503, "memory")
            else:
                self.assertEqual(answer.status, 200)
            self.assertEqual(service.ask("GET", "/livez").status, 200)


if __name__ == "__main__":
    unittest.main()
