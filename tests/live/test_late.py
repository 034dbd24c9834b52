#!/usr/bin/env python3
"""A source that stands still for a while: the answer leaves without its part, whoever asks again waits for the query that
runs on, and its rows are there for the next."""
import itertools
import json
import os
import signal
import threading
import unittest

from servers import Servers
from shop import CUSTOMERS, Shop, be_patient
from support import SLOW, LiveTest, states

CROWD = 24


class LateTest(LiveTest):
    def setUp(self):
        self.servers = Servers(self.fresh()).start()
        self.addCleanup(self.servers.stop)
        self.shop = Shop(os.path.join(self.fresh(), "shop"), self.servers, patient=False)
        for ttl in ("30s", "10s"):
            self.shop.edit("parts.xml", f'deadline="400ms" ttl="{ttl}" stale="0s"',
                           'deadline="400ms" cap="120s" ttl="10m" stale="0s"')

    def serve(self, late, *options):
        """`late`: the source that stands still."""
        be_patient(self.shop.map, but=late)
        service = self.start(self.shop.map, *options)
        service.wait_sources()
        service.wait(lambda: self.pop(service, 9)["complete"])
        return service

    @staticmethod
    def pop(service, member, **headers):
        body = json.dumps({"by": {"member": str(member)}, "view": "pop"})
        return service.ask("QUERY", "/v1/customers", body, {"Content-Type": "application/json", **headers}).json

    @staticmethod
    def state(service, source):
        return [s for s in service.admin("/readyz?verbose").json["sources"] if s["name"] == source][0]

    def fetches(self, service, source):
        return self.state(service, source)["fetches"]

    def crowd(self, service, members, **headers):
        """Many ask at once."""
        threads = [threading.Thread(target=self.pop, args=(service, member), kwargs=headers) for member in members]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

    def connected(self, service, source, least):
        """Ask until the source has so many connections, none of them at work: none can be made while it stands still."""
        others = itertools.cycle(range(10, CUSTOMERS + 1))

        def check():
            self.crowd(service, [next(others) for _ in range(8)], **{"Cache-Control": "no-cache"})
            state = self.state(service, source)
            return state["connected"] >= least and state["busy"] == state["queued"] == 0
        service.wait(check)

    def freeze(self, server):
        server.freeze()
        self.addCleanup(server.thaw)

    def assert_late(self, view, *parts):
        self.assertFalse(view["complete"])
        for part in parts:
            self.assertEqual(view["parts"][part]["state"], "missing", view)
            self.assertEqual(view["parts"][part]["reason"], "deadline", view)
            self.assertIs(view["parts"][part]["refreshing"], True, view)
            self.assertNotIn(part, view["customer"])

    def assert_lands_once(self, server, source, *parts):
        service = self.serve(source)
        self.connected(service, source, len(parts))
        before = self.fetches(service, source)
        self.freeze(server)
        self.assert_late(self.pop(service, 7), *parts)
        self.crowd(service, [7] * CROWD)
        self.assert_late(self.pop(service, 7), *parts)
        server.thaw()
        service.wait(lambda: all(states(self.pop(service, 7))[part] == "fresh" for part in parts))
        view = self.pop(service, 7)
        self.assertTrue(view["complete"], view)
        for part in parts:
            self.assertNotIn("refreshing", view["parts"][part])
        self.assertEqual(self.fetches(service, source) - before, len(parts))

    def test_mariadb_is_asked_once_however_many_wait(self):
        self.assert_lands_once(self.servers.mariadb, "warehouse", "orders")

    def test_postgresql_is_asked_once_however_many_wait(self):
        self.assert_lands_once(self.servers.pg, "callcenter", "crm", "calls")

    def test_end_does_not_wait_for_what_nobody_waits_for(self):
        service = self.serve("warehouse", "--drain", "500ms")
        self.freeze(self.servers.mariadb)
        self.assert_late(self.pop(service, 7), "orders")
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(timeout=60 * SLOW)  # the cap is 120 s


if __name__ == "__main__":
    unittest.main()
