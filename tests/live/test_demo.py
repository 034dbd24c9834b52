#!/usr/bin/env python3
"""The demo: one command, one JSON document on stdout."""
import json
import os
import unittest

from support import LiveTest, federator


class DemoTest(LiveTest):
    def test_once_prints_one_view_and_nothing_else(self):
        done = federator("demo", "--dir", os.path.join(self.fresh(), "demo"), "--customers", "300", "--once")
        view = json.loads(done.stdout)
        self.assertEqual(view["view"], "pop")
        self.assertEqual(view["match"]["outcome"], "one")
        self.assertTrue(view["complete"])
        self.assertTrue(view["customer"]["name"])

    def test_twice_in_the_same_directory(self):
        directory = os.path.join(self.fresh(), "demo")
        first = json.loads(federator("demo", "--dir", directory, "--customers", "300", "--once").stdout)
        second = json.loads(federator("demo", "--dir", directory, "--customers", "300", "--once").stdout)
        self.assertEqual(first["customer"], second["customer"])


if __name__ == "__main__":
    unittest.main()
