#!/usr/bin/env python3
"""New mapping files without a restart: by SIGHUP, by command; an invalid directory changes nothing."""
import json
import os
import shutil
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

    def reload(self, check=True, service=None):
        port = (service or self.service).admin_port
        return federator("reload", "--admin", f"127.0.0.1:{port}", check=check)

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
        self.service.wait(lambda: '"event":"reload_refused"' in self.service.log())
        after = self.pop()
        self.assertEqual(after["revision"], before["revision"])
        self.assertEqual(after["customer"], before["customer"])

    def test_a_wider_policy_is_flagged_and_loaded(self):
        self.assertEqual(self.pop()["withheld"], ["birth"])
        self.shop.edit("keys.xml", 'show class="open person"', 'show class="open person private"')
        done = self.reload()
        self.assertIn("M0704", done.stderr)
        self.assertIn("keys.xml:", done.stderr)
        self.assertIn("the class `private` shown; before, it was withheld", done.stderr)
        answer = self.pop()
        self.assertIn("birth", answer["customer"])
        self.assertEqual(done.stdout, f'{{"revision":"{answer["revision"]}"}}\n')
        events = [line for line in self.service.log().splitlines() if '"policy_widened"' in line]
        self.assertEqual(len(events), 1, events)
        self.assertEqual(json.loads(events[0])["count"], 1)
        self.assertNotIn("M0704", self.reload().stderr)

    def test_a_wider_policy_is_flagged_after_a_signal(self):
        self.shop.edit("keys.xml", 'mask class="phone"', 'show class="phone"')
        self.service.process.send_signal(signal.SIGHUP)
        self.service.wait(lambda: "the class `phone` shown; before, it was masked as phone" in self.service.log())

    def test_check_against_the_set_before(self):
        before = os.path.join(self.shop.map, "before")
        os.mkdir(before)
        for name in ("keys.xml", "parts.xml", "sources.xml", "view.xml"):
            shutil.copy(os.path.join(self.shop.map, name), before)
        same = federator("check", self.shop.map, "--against", before)
        self.assertEqual(same.stdout, "")
        self.shop.edit("view.xml", 'path="birth" class="private"', 'path="birth" class="open"')
        done = federator("check", self.shop.map, "--against", before, "--format", "gcc")
        self.assertRegex(done.stdout, r"^\S*/view\.xml:6:\d+: warning: .*`birth` shown, in the class `open`;"
                                      r" before, in `private`, it was withheld .*\[M0706\]\n$")
        os.remove(os.path.join(before, "keys.xml"))
        broken = federator("check", self.shop.map, "--against", before, check=False)
        self.assertEqual(broken.returncode, 1)
        self.assertIn("--against", broken.stderr)

    def test_the_directory_of_a_tenant_overrides(self):
        tenant = os.path.join(self.fresh(), "tenant")
        os.mkdir(tenant)
        own = ('<mapping xmlns="urn:federator:mapping:1"><policy role="agent" purpose="service" override="true">'
               '<show class="open"/></policy></mapping>')
        with open(os.path.join(tenant, "policy.xml"), "w") as f:
            f.write(own)
        both = f"{self.shop.map}:{tenant}"
        federator("check", both, "--against", self.shop.map)
        with Service(both, directory=self.fresh()) as service:
            service.wait_sources()
            answer = service.query({"phone": phone_of(8)}).json
            self.assertEqual(answer["withheld"], ["name", "phone", "birth"])
            names = [file["name"] for file in service.ask("GET", "/v1/mappings").json["files"]]
            self.assertEqual(names[-1], "tenant:policy.xml")
            file = service.ask("GET", f"/v1/mappings/{answer['revision']}/tenant:policy.xml")
            self.assertEqual(file.body.decode(), own)

    def test_a_tenant_has_its_own_connection(self):
        """To a source that the common mapping declares: here one that does not answer."""
        tenant = os.path.join(self.fresh(), "tenant")
        os.makedirs(os.path.join(tenant, "secrets"), mode=0o700)
        with open(os.path.join(tenant, "t.xml"), "w") as f:
            f.write('<mapping xmlns="urn:federator:mapping:1"><class name="of_tenant"/></mapping>')
        own = os.path.join(tenant, "secrets", "callcenter")
        rows = os.path.join(tenant, "rows.txt")
        with open(rows, "w") as f:
            f.write("part crm\nfail refused\n\n")
        with open(os.open(own, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.write(f"fixture:{rows}\n")
        with Service(f"{self.shop.map}:{tenant}", directory=self.fresh()) as service:
            service.wait_sources()
            self.assertEqual(service.query({"phone": phone_of(8)}).status, 503)
            os.remove(own)
            self.reload(service=service)
            service.wait_sources()
            self.assertEqual(service.query({"phone": phone_of(8)}).json["match"]["outcome"], "one")

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
