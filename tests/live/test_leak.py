#!/usr/bin/env python3
"""10,000 requests leave no memory behind. Under AddressSanitizer the leak check at exit counts (support.Service wants
exit code 0); elsewhere the resident memory after a warm-up is bounded."""
import http.client
import json
import os
import re
import unittest

from shop import CUSTOMERS, SHARED_PHONE, Shop, phone_of
from support import SANITIZED, LiveTest, Service

REQUESTS = 10000
WARM_UP = 3000
GROWTH_KB = 8192


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


class LeakTest(LiveTest):
    def drive(self, service, count):
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
        phones = [phone_of(1 + n % CUSTOMERS) for n in range(CUSTOMERS)] + [SHARED_PHONE, "010-9999-9999", "nonsense"]
        for n in range(count):
            headers = {"Content-Type": "application/json", "Accept": "application/xml" if n % 3 == 0 else "*/*"}
            body = json.dumps({"by": {"phone": phones[n % len(phones)]}, "view": "full"})
            connection.request("QUERY", "/v1/customers", body, headers)
            response = connection.getresponse()
            response.read()
            self.assertIn(response.status, (200, 422))
        connection.close()

    def run_with(self, cache):
        shop = Shop(os.path.join(self.fresh(), "shop"))
        with Service(shop.map, "--cache", cache) as service:
            service.wait_sources()
            self.drive(service, WARM_UP)
            before = resident_kb(service.process.pid)
            self.drive(service, REQUESTS - WARM_UP)
            grown = resident_kb(service.process.pid) - before
        self.assertIn('"stopped"', service.log(), "it must have ended in order, not by _exit()")
        if not SANITIZED:
            self.assertLess(grown, GROWTH_KB)

    def test_live(self):
        self.run_with("off")

    def test_cached(self):
        self.run_with("memory")


if __name__ == "__main__":
    unittest.main()
