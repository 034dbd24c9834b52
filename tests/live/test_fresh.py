#!/usr/bin/env python3
"""Which copies will do: Cache-Control of a question, over HTTP and at the terminal, and what an answer says of it."""
import os
import unittest

from shop import Shop, phone_of
from support import LiveTest, federator, states

FIELDS = "name,orders.no"


class FreshTest(LiveTest):
    def setUp(self):
        self.shop = Shop(os.path.join(self.fresh(), "shop"))
        for part in ("crm", "orders"):  # so long that no slow machine gets behind it
            self.set_part(part, 'ttl="1h" stale="1h"')
        self.service = self.start(self.shop.map, "--cache", "memory")
        self.service.wait_sources()

    def set_part(self, part, times):
        with open(os.path.join(self.shop.map, "parts.xml")) as f:
            line = next(line for line in f if f'<part name="{part}"' in line)
        old = line[line.index("ttl="):].split(">")[0]
        self.shop.edit("parts.xml", line, line.replace(old, times))

    def ask(self, control=None):
        headers = {"Cache-Control": control} if control else {}
        return self.service.ask("GET", f"/v1/customers?phone={phone_of(8)}&view=pop&fields={FIELDS}", headers=headers)

    def test_what_the_cache_was_good_for(self):
        problem = self.assert_problem(self.ask("only-if-cached"), 504, "part `crm`")
        self.assertEqual(problem["type"], "urn:federator:problem:not-in-cache")
        live = self.ask()
        self.assertEqual(live.status, 200, live.body)
        self.assertEqual(live.headers["cache-status"], "federator; fwd=miss")
        self.assertNotIn("age", live.headers)
        copied = self.ask("only-if-cached, max-age=3000")
        self.assertEqual(set(states(copied.json).values()), {"fresh"})
        self.assertRegex(copied.headers["cache-status"], r"^federator; hit; ttl=3[0-9]{3}$")
        self.assertRegex(copied.headers["age"], r"^[0-9]+$")
        self.assertEqual(copied.json["customer"], live.json["customer"])
        for control in ("no-cache", "min-fresh=3601"):
            again = self.ask(control)
            self.assertEqual(again.headers["cache-status"], "federator; fwd=request", control)
            self.assertEqual(set(states(again.json).values()), {"live"}, control)

    def test_nothing_is_kept_that_must_not_be(self):
        self.assertEqual(self.ask("no-store").status, 200)
        self.assert_problem(self.ask("only-if-cached"), 504, "not-in-cache")

    def test_typos_are_told(self):
        self.assert_problem(self.ask("max-age=soon"), 400, "bad-header", "max-age takes whole seconds")

    def test_the_terminal_has_the_same_words(self):
        ask = ("get", "--map", self.shop.map, "--by", "phone=" + phone_of(8), "--view", "pop")
        refused = federator(*ask, "--only-if-cached", check=False)
        self.assertEqual(refused.returncode, 3, refused.stderr)
        self.assertIn("only-if-cached", refused.stderr)
        wrong = federator(*ask, "--max-age", "soon", check=False)
        self.assertEqual(wrong.returncode, 2, wrong.stderr)
        self.assertIn("--max-age takes whole seconds", wrong.stderr)
        federator(*ask, "--max-age", "5", "--min-fresh", "1", "--max-stale", "5", "--no-store")


if __name__ == "__main__":
    unittest.main()
