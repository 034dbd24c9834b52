#!/usr/bin/env python3
"""Every code that the sources use is explained in codes.def, and every one explained there is used."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
METADATA = ROOT / "metadata"
FINDERS = [f for folder in ("metadata", "federator/live", "federator/cli") for f in (ROOT / folder).glob("*.c")]


class Codes(unittest.TestCase):
    def test_codes_used_are_the_codes_explained(self):
        explained = re.findall(r"^(?:CODE|WARNING)\((M\d{4}),", (METADATA / "codes.def").read_text(), re.M)
        used = {code for f in FINDERS for code in re.findall(r'"(M\d{4})"', f.read_text())}
        self.assertEqual(sorted(used), sorted(explained))
        self.assertEqual(sorted(set(explained)), explained, "in order, each once")


if __name__ == "__main__":
    unittest.main()
