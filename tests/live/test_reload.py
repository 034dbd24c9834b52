#!/usr/bin/env python3
"""New mapping files without a restart: by SIGHUP, by command; an invalid directory changes nothing."""
import os
import signal
import unittest

from shop import Shop, phone_of
from support import LiveTest, Service, federator


class ReloadTest(LiveTest):
    def setUp(self):
        self.shop = Shop(os.path.join(self.fresh(), "shop"))
        self.service = Service(self.shop.map)
        self.service.__enter__()
        self.addCleanup(self.service.__exit__, None, None, None)
        self.service.wait_sources()

    def reload(self, check=True):
        return federator("reload", "--admin", f"127.0.0.1:{self.service.admin_port}", check=check)

    def pop(self):
        answer = self.service.query({"phone": phone_of(8)})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def rename_a_field(self):
        self.shop.edit("view.xml", '<field path="name"', '<field path="full_name"')
        self.shop.edit("view.xml", '<use path="name"', '<use path="full_name"')

    def test_reload_by_command(self):
        before = self.pop()
        self.rename_a_field()
        self.reload()
        after = self.pop()
        self.assertEqual(after["customer"]["full_name"], before["customer"]["name"])
        self.assertNotIn("name", after["customer"])
        self.assertNotEqual(after["revision"], before["revision"])

    def test_reload_by_signal(self):
        self.rename_a_field()
        self.service.process.send_signal(signal.SIGHUP)
        self.service.wait(lambda: "full_name" in self.pop()["customer"])

    def test_an_invalid_directory_changes_nothing(self):
        before = self.pop()
        self.shop.edit("view.xml", 'column="grade"', 'column="grad"')
        self.shop.edit("parts.xml", 'source="web"', 'source="wbe"')
        failed = self.reload(check=False)
        self.assertEqual(failed.returncode, 1, failed.stderr)
        told = failed.stdout + failed.stderr
        for word in ("view.xml:", "grad", "grade", "parts.xml:", "wbe"):
            self.assertIn(word, told)
        after = self.pop()
        self.assertEqual(after["revision"], before["revision"])
        self.assertEqual(after["customer"], before["customer"])

    def test_a_half_written_file_changes_nothing(self):
        before = self.pop()
        self.shop.write_file("view.xml", '<mapping xmlns="urn:federator:mapping:1"><view ')
        self.assertEqual(self.reload(check=False).returncode, 1)
        self.assertEqual(self.pop()["customer"], before["customer"])

    def test_check_finds_what_reload_would(self):
        self.assertEqual(federator("check", self.shop.map).returncode, 0)
        self.shop.edit("view.xml", 'column="grade"', 'column="grad"')
        done = federator("check", self.shop.map, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("view.xml:", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
