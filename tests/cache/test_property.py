#!/usr/bin/env python3
"""Whatever happens to Redis, and in whatever order nodes look up, fetch, keep and void: no answer is older than it may be, or
of somebody else. And a cache that lacks a rule is found out."""
import json
import os
import subprocess
import sys
import unittest

PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else "cache_property"
OPERATIONS = 10_000 if os.environ.get("FEDERATOR_SANITIZE") else 40_000
PATIENCE_S = 300
TRIES = 15  # a fault must meet an operation, and two fills each other


class PropertyTest(unittest.TestCase):
    def run_program(self, code, *options):
        """What it says at its end, which must be with this code."""
        done = subprocess.run([PROGRAM, f"operations={OPERATIONS}", *options], capture_output=True, text=True,
                              timeout=PATIENCE_S)
        said = f"{' '.join(options)}: {done.stdout}{done.stderr}"
        self.assertIn(done.returncode, code, said)
        return done.returncode, json.loads(done.stdout), said

    def check(self, *options):
        _, result, said = self.run_program((0,), *options)
        self.assertEqual((result["stale"], result["foreign"]), (0, 0), said)
        for least in ("hits", "kept", "voided"):
            self.assertGreater(result[least], OPERATIONS / 100, said)
        return result, said

    def test_in_redis_with_faults(self):
        result, said = self.check("mode=redis")
        self.assertGreater(sum(result["faults"].values()), OPERATIONS / 10_000, said)
        self.assertGreater(result["younger"], 0, said)

    def test_in_redis_without_faults(self):
        self.check("mode=redis", "every=0")

    def test_packed_with_books(self):
        for mode in ("redis", "near"):
            for _ in range(TRIES):  # faults may come so that nobody ever knows enough customers to learn from
                result, said = self.check(f"mode={mode}", "customers=240", "learn=200")
                if result["adopted"] > result["learnt"] > 0:  # by others, too
                    break
            else:
                self.fail(said)

    def test_near(self):
        self.check("mode=near")

    def test_in_memory(self):
        self.check("mode=memory")

    def find_out(self, *options):
        for _ in range(TRIES):
            code, result, said = self.run_program((0, 1), *options)
            if code == 1:
                self.assertGreater(result["stale"], 0, said)
                return
        self.fail("not found: " + said)

    def test_rules_that_are_missing(self):
        for rule in ("tomb", "index", "whole", "compare"):
            with self.subTest(rule=rule):
                self.find_out("mode=redis", f"broken={rule}", "every=0")

    def test_rules_that_are_missing_under_faults(self):
        for rule, fault in (("era", "flush"), ("eviction", "evict")):
            with self.subTest(rule=rule):
                self.find_out("mode=redis", f"broken={rule}", f"fault={fault}", "every=300")

    def test_rules_that_are_missing_near(self):
        for rule in ("drop", "stamp"):
            with self.subTest(rule=rule):
                self.find_out("mode=near", f"broken={rule}", "every=0")
        self.find_out("mode=near", "broken=flush", "fault=cut_channels", "every=5000")

    def test_rules_that_are_missing_in_memory(self):
        self.find_out("mode=memory", "broken=admit")


if __name__ == "__main__":
    unittest.main()
