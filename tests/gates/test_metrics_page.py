#!/usr/bin/env python3
"""docs/metrics.md is what metrics.def says, and the example alarms of docs/alerts.yml are about metrics that there are."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from tree import ROOT

BINARY = os.path.join(os.environ.get("FEDERATOR_BUILD", os.path.join(ROOT, "build", "dev")), "bin", "federator")
PAGE = os.path.join(ROOT, "docs", "metrics.md")
ALERTS = os.path.join(ROOT, "docs", "alerts.yml")
FROM_ELSEWHERE = {"up"}  # what Prometheus itself says of what it scrapes


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def kinds(page):
    """metric -> kind, of the page."""
    return dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", page, flags=re.M))


def unknown_metrics(rules, page):
    """Metrics that rules ask for and nobody has."""
    known = FROM_ELSEWHERE | set(kinds(page))
    for name, kind in kinds(page).items():
        if kind == "histogram":
            known = known - {name} | {name + end for end in ("_bucket", "_sum", "_count")}
    return set(re.findall(r"\b(?:federator|process)_\w+", "\n".join(expressions(rules)))) - known


def expressions(rules):
    """What the rules compute, on the line of `expr:` or in a block below it."""
    return [block or line for block, line in re.findall(r"expr: (?:\|\n((?: {10,}.*\n)+)|(.*)\n)", rules)]


def promtool(*arguments, **more):
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, **more)


class MetricsPageTest(unittest.TestCase):
    def test_the_page_is_fresh(self):
        made = subprocess.run([BINARY, "docs", "metrics"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(read(PAGE), made, "run build/dev/bin/federator docs metrics > docs/metrics.md")

    def test_names_end_in_their_unit_and_counters_in_total(self):
        found = kinds(read(PAGE))
        self.assertGreater(len(found), 40)
        for name, kind in found.items():
            with self.subTest(name=name):
                self.assertEqual(name.endswith("_total"), kind == "counter")
                self.assertRegex(name, "^(federator|process)_[a-z_]+$")

    def test_rules_ask_for_metrics_that_there_are(self):
        rules, page = read(ALERTS), read(PAGE)
        self.assertGreater(len(expressions(rules)), 15)
        self.assertEqual(unknown_metrics(rules, page), set())
        wrong = rules.replace("federator_source_up ==", "federator_source_upp ==")
        self.assertEqual(unknown_metrics(wrong, page), {"federator_source_upp"})

    def test_promtool_takes_the_rules(self):
        done = promtool("check", "rules", ALERTS)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_rules_alarm_when_they_should(self):
        scratch = tempfile.mkdtemp(dir=os.environ.get("TMPDIR"))
        self.addCleanup(shutil.rmtree, scratch)
        shutil.copy(os.path.join(ROOT, "tests", "gates", "alerts_test.yml"), scratch)
        rules = read(ALERTS)
        for text, good in ((rules, True), (rules.replace("federator_source_up == 0", "federator_source_up == 2"), False)):
            with open(os.path.join(scratch, "alerts.yml"), "w", encoding="utf-8") as f:
                f.write(text)
            done = promtool("test", "rules", "alerts_test.yml", cwd=scratch)
            self.assertEqual(done.returncode == 0, good, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
