#!/usr/bin/env python3
"""docs/mapping-reference.md is what the schema and the table of findings say, and they leave nothing unexplained."""
import importlib.machinery
import importlib.util
import os
import re
import subprocess
import unittest

from tree import ROOT

GENERATOR = os.path.join(ROOT, "scripts", "mapping-reference")


def load():
    """The generator as a module: its name has no .py."""
    loader = importlib.machinery.SourceFileLoader("mapping_reference", GENERATOR)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


class MappingReferenceTest(unittest.TestCase):
    def setUp(self):
        self.made = load()
        self.schema, self.codes = self.made.read(self.made.SCHEMA), self.made.read(self.made.CODES)

    def test_the_page_is_fresh(self):
        done = subprocess.run([GENERATOR, "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_everything_of_the_schema_is_on_it(self):
        page = self.made.page(self.schema, self.codes)
        for kind, name in re.findall(r'<xs:(element|attribute|enumeration) (?:name|value)="([^"]+)"', self.schema):
            with self.subTest(kind=kind, name=name):
                self.assertIn(f"`<{name}>`" if kind == "element" else f"`{name}`", page)

    def test_every_finding_is_on_it(self):
        found = self.made.findings(self.codes)
        self.assertEqual(len(found), len(re.findall(r"^(?:CODE|WARNING)\(", self.codes, flags=re.M)))
        self.assertIn(("CODE", "M0403"), [row[:2] for row in found])

    def test_its_links_lead_somewhere(self):
        page = self.made.page(self.schema, self.codes)
        headings = {re.sub(r"[^\w\- ]", "", h).strip().lower().replace(" ", "-")
                    for h in re.findall(r"^#+ (.*)$", page, flags=re.M)}
        self.assertEqual({link for link in re.findall(r"\]\(#([^)]+)\)", page)} - headings, set())

    def test_an_attribute_without_annotation_is_refused(self):
        bare = re.sub(r"(<xs:attribute name=\"pool\"[^>]*>)\s*<xs:annotation>.*?</xs:annotation>", r"\1", self.schema,
                      flags=re.S)
        self.assertNotEqual(bare, self.schema)
        with self.assertRaises(self.made.Undocumented):
            self.made.page(bare, self.codes)


if __name__ == "__main__":
    unittest.main()
