"""What tests of voided copies do with a shop (self.shop) and the nodes that keep its copies."""
import os
import sqlite3

from shop import phone_of
from support import LiveTest, RedisTest, states

FIELDS = "name,tier,calls.topic,orders.status"


class KeptTest(LiveTest):
    def node(self, *options):
        service = self.start(self.shop.map, *options)
        service.wait_sources()
        return service

    def call_center(self, sql, *values):
        """One statement in the source."""
        with sqlite3.connect(os.path.join(self.shop.directory, "callcenter.db")) as db:
            db.execute(sql, values)
        db.close()

    def change(self, n, name):
        """Customer n is called something else, in the source."""
        self.call_center("UPDATE crm SET name = ? WHERE cust_no = ?", name, f"C{n:08d}")

    def ask(self, service, n):
        answer = service.get(phone=phone_of(n), fields=FIELDS)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def by_member(self, service, n):
        answer = service.get(member=str(n), fields=FIELDS)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def name(self, service, n):
        return self.ask(service, n)["customer"]["name"]

    def warm(self, service, n):
        """All its parts have copies; the customer's id."""
        service.wait(lambda: set(states(self.ask(service, n)).values()) == {"fresh"})
        return self.ask(service, n)["id"]


class KeptInRedisTest(KeptTest, RedisTest):
    def redis_node(self):
        service = self.node("--cache", self.servers.env["FED_TEST_REDIS"], "--cache-timeout", "1s", "--salt-secret", "salt")
        service.wait(lambda: service.admin("/readyz?verbose").json["cache"]["up"])
        return service
