#!/usr/bin/env python3
"""Every mapping shown in the documentation and every example is valid by the schema that the loader uses."""
import os
import re
import subprocess
import unittest

from tree import ROOT, Tree

XSD = os.path.join(ROOT, "metadata", "mapping-1.xsd")


def snippets(text):
    """(line, XML) of each ```xml block whose root is <mapping>."""
    found = []
    for match in re.finditer(r"^ *```xml\n(.*?)^ *```", text, flags=re.S | re.M):
        if re.match(r"\s*(<\?xml[^>]*\?>\s*)?(<!--.*?-->\s*)*<mapping\b", match.group(1), flags=re.S):
            found.append((text.count("\n", 0, match.start(1)) + 1, match.group(1)))
    return found


def complaint(xml):
    """What xmllint says against it, or None."""
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", XSD, "-"], input=xml, capture_output=True,
                          text=True)
    return None if done.returncode == 0 else done.stderr


class SnippetTest(unittest.TestCase):
    def setUp(self):
        self.tree = Tree.of_work_tree()

    def test_snippets_of_the_documentation(self):
        seen = 0
        for path in self.tree.paths(".md"):
            for line, xml in snippets(self.tree.texts[path]):
                seen += 1
                with self.subTest(place=f"{path}:{line}"):
                    self.assertIsNone(complaint(xml))
        self.assertGreater(seen, 5, "the documentation has lost its examples")

    def test_examples(self):
        mappings = [p for p in self.tree.paths(".xml") if p.startswith("examples/") and "<mapping" in self.tree.texts[p]]
        self.assertGreater(len(mappings), 0)
        for path in mappings:
            with self.subTest(path):
                self.assertIsNone(complaint(self.tree.texts[path]))

    def test_a_bad_snippet_is_found(self):
        bad = "```xml\n<mapping><key nam='a'/></mapping>\n```\n"
        self.assertIsNotNone(complaint(snippets(bad)[0][1]))
        self.assertEqual(snippets("```xml\n<field/>\n```\n"), [])


if __name__ == "__main__":
    unittest.main()
