#!/usr/bin/env python3
"""The tutorial of docs/mapping.md, done as it says: every command is run, every file saved, every answer compared."""
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from servers import ROOT
from shop import be_patient
from support import BUILD, SLOW, LiveTest

PAGE = os.path.join(ROOT, "docs", "mapping.md")
SQLITE3 = f'''#!{sys.executable}
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db:
    db.executescript(sys.stdin.read())
'''


def chapter():
    """(kind, text) of each block of code of the first chapter, in order."""
    with open(PAGE, encoding="utf-8") as f:
        text = f.read()
    first = text[text.index("\n## 1. "):text.index("\n## 2. ")]
    return re.findall(r"^```(\w*)\n(.*?)^```$", first, flags=re.S | re.M)


class TutorialTest(LiveTest):
    def setUp(self):
        self.place = self.fresh()
        tools = os.path.join(self.place, "tools")
        os.makedirs(tools)
        if not shutil.which("sqlite3"):
            with open(os.path.join(tools, "sqlite3"), "w") as f:
                f.write(SQLITE3)
            os.chmod(os.path.join(tools, "sqlite3"), 0o755)
        path = os.pathsep.join((os.path.join(BUILD, "bin"), tools, os.environ["PATH"]))
        self.environment = {**os.environ, "PATH": path}

    def run_commands(self, text):
        done = subprocess.run(["sh", "-eu", "-c", text], cwd=self.place, env=self.environment, capture_output=True,
                              text=True, timeout=60 * SLOW)
        self.assertEqual(done.returncode, 0, f"{text}\n{done.stdout}\n{done.stderr}")
        self.assertEqual(done.stderr.count("warnings: 0\n"), text.count("federator check "), done.stderr)
        self.assertEqual(done.stderr.count(" passed, 0 failed\n"), text.count("federator test "), done.stderr)
        return done.stdout

    def save(self, text):
        name = re.match(r"<!-- (\S+) -->", text).group(1)
        with open(os.path.join(self.place, name), "w", encoding="utf-8") as f:
            f.write(text)
        be_patient(os.path.join(self.place, "shop"))

    def test_every_step_does_what_the_page_says(self):
        printed, compared = "", 0
        for kind, text in chapter():
            with self.subTest(block=text[:60]):
                if kind == "sh":
                    printed = self.run_commands(text)
                elif kind == "xml":
                    self.save(text)
                else:
                    self.assertEqual(kind, "json")
                    answer = json.loads(printed[printed.index("{"):])
                    self.assertEqual(answer["customer"], json.loads(text))
                    compared += 1
        self.assertGreater(compared, 4)


if __name__ == "__main__":
    unittest.main()
