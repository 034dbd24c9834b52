#!/usr/bin/env python3
"""The program is built hardened, its unit shuts it in, and it leaves no core dump."""
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import unittest

from tree import ROOT

BUILD = os.environ.get("FEDERATOR_BUILD", os.path.join(ROOT, "build", "dev"))
BINARY = os.path.join(BUILD, "bin", "federator")
SANITIZED = os.environ.get("FEDERATOR_SANITIZE", "")
EXPOSURE_MOST = 1.2

# What stands in the program itself, by readelf; what does not, by the command line that its units were compiled with.
MARKS = {"position independent": ("-h", r"Type: +DYN"), "with a loader": ("-l", r"^ +INTERP"),
         "stack not executable": ("-l", r"^ +GNU_STACK .* RW "), "relocations read-only": ("-l", r"^ +GNU_RELRO"),
         "bound at the start": ("-d", r"FLAGS_1.*\bNOW\b"), "stack protector": ("--dyn-syms", r" __stack_chk_fail"),
         "checked functions of libc": ("--dyn-syms", r" __(?:memcpy|memset|snprintf)_chk")}
NEVER = {"search path": ("-d", r"\((?:RPATH|RUNPATH)\)"), "relocations in code": ("-d", r"\(TEXTREL\)"),
         "segment writable and executable": ("-l", r"^ +LOAD .* RWE ")}
FLAGS = ("-fstack-protector-strong", "-fstack-clash-protection", "-fcf-protection=full")


def readelf(option):
    return subprocess.run(["readelf", "--wide", option, BINARY], capture_output=True, text=True, check=True).stdout


@unittest.skipIf(SANITIZED, "sanitizers take the place of hardening")
class ProgramTest(unittest.TestCase):
    def test_marks(self):
        for what, (option, pattern) in MARKS.items():
            self.assertIsNotNone(re.search(pattern, readelf(option), re.M), what)
        for what, (option, pattern) in NEVER.items():
            self.assertIsNone(re.search(pattern, readelf(option), re.M), what)

    def test_flags(self):
        with open(os.path.join(BUILD, "build.ninja"), encoding="utf-8") as f:
            flags = re.findall(r"^build federator/CMakeFiles/\S+\.o: .*?^  FLAGS = (.*?)$", f.read(), re.M | re.S)
        self.assertGreater(len(flags), 100)
        for line in flags:
            for flag in FLAGS:
                self.assertIn(flag, line)
            if "-O2" in line:
                self.assertIn("-D_FORTIFY_SOURCE=3", line)

    def test_no_core_dump(self):
        scratch = tempfile.mkdtemp(prefix="fed-core-", dir=os.environ.get("TMPDIR"))
        self.addCleanup(shutil.rmtree, scratch)
        for flags, limit in ((), "0"), (("--core-dumps",), "unlimited"):
            self.assertEqual(self.killed(scratch, flags), limit)

    def killed(self, scratch, flags):
        """A service that is killed by SIGSEGV without leaving anything: its limit of core dumps."""
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        if hard != resource.RLIM_INFINITY:
            self.skipTest("the machine allows no core dumps at all")
        mapping = os.path.join(ROOT, "examples", "mall", "mapping")
        process = subprocess.Popen(["sh", "-c", 'ulimit -c unlimited && exec "$@"', "sh", BINARY, "serve", "--map", mapping,
                                    "--listen", "127.0.0.1:0", "--admin", "off", *flags], cwd=scratch,
                                   stderr=subprocess.PIPE, text=True)
        while "listening" not in process.stderr.readline():
            self.assertIsNone(process.poll())
        with open(f"/proc/{process.pid}/limits", encoding="ascii") as f:
            limit = re.search(r"Max core file size +(\S+)", f.read()).group(1)
        process.send_signal(signal.SIGKILL if flags else signal.SIGSEGV)
        status = os.waitpid(process.pid, 0)[1]
        process.returncode = -os.WTERMSIG(status)
        process.stderr.close()
        self.assertFalse(os.WCOREDUMP(status))
        return limit


class UnitTest(unittest.TestCase):
    def test_exposure(self):
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager",
                               os.path.join(BUILD, "federator.service")], capture_output=True, text=True, check=False)
        level = re.search(r"Overall exposure level for federator.service: ([0-9.]+)", done.stdout)
        self.assertIsNotNone(level, done.stdout + done.stderr)
        self.assertLessEqual(float(level.group(1)), EXPOSURE_MOST)


if __name__ == "__main__":
    unittest.main()
