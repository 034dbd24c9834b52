#!/usr/bin/env python3
"""`cmake --install` puts everything in place, and what it installs works from there."""
import os
import shutil
import subprocess
import tempfile
import unittest

from tree import ROOT

BUILD = os.environ.get("FEDERATOR_BUILD", os.path.join(ROOT, "build", "dev"))
CMAKE = os.environ.get("FEDERATOR_CMAKE", "cmake")


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.prefix = tempfile.mkdtemp(prefix="fed-install-", dir=os.environ.get("TMPDIR"))
        cls.addClassCleanup(shutil.rmtree, cls.prefix)
        done = subprocess.run([CMAKE, "--install", BUILD, "--prefix", cls.prefix], capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)

    def path(self, *names):
        return os.path.join(self.prefix, *names)

    def run_installed(self, *args):
        """With nothing of the build tree or the environment to lean on."""
        return subprocess.run([self.path("bin", "federator"), *args], capture_output=True, text=True, timeout=300,
                              cwd="/", env={"PATH": "/usr/bin:/bin", "TMPDIR": self.prefix})

    def test_files_are_in_place(self):
        for name in ("bin/federator", "share/federator/mapping-1.xsd", "share/federator/odbc/odbcinst.ini",
                     "share/man/man1/federator.1", "share/bash-completion/completions/federator",
                     "share/doc/federator/README.md", "lib/systemd/system/federator.service",
                     "lib/systemd/system/federator.socket", "share/federator/examples/mall/mapping/view.xml"):
            self.assertTrue(os.path.isfile(self.path(*name.split("/"))), name)

    def test_installed_program_runs(self):
        for args in (("--help",), ("--version",), ("check", self.path("share", "federator", "examples", "mall",
                                                                     "mapping"))):
            done = self.run_installed(*args)
            self.assertEqual(done.returncode, 0, f"{args}: {done.stdout}{done.stderr}")

    def test_installed_program_finds_its_drivers(self):
        for _ in range(5):
            done = self.run_installed("demo", "--dir", self.path("demo"), "--customers", "200", "--once")
            if "deadline" not in done.stderr:  # the machine is not that busy
                break
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"outcome"', done.stdout)
        self.assertIn('"complete"', done.stdout)

    def test_man_page_is_well_formed(self):
        with open(self.path("share", "man", "man1", "federator.1")) as f:
            page = f.read()
        self.assertTrue(page.startswith(".TH FEDERATOR 1"), page[:80])
        for command in ("serve", "demo", "check", "get", "explain", "reload", "config"):
            self.assertIn(command, page)


if __name__ == "__main__":
    unittest.main()
