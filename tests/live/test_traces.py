#!/usr/bin/env python3
"""No customer of the tests stands in what the programs left behind (traces.py), in clear or encoded. It runs behind all tests
that leave something."""
import base64
import glob
import json
import os
import re
import sqlite3
import subprocess
import tempfile
import unittest
from urllib.parse import quote

import traces
from bank import Rows
from shop import rows
from support import LiveTest, federator

SHORTEST = 6  # bytes of a value that is looked for: shorter ones are words that stand anywhere
# Of the demo company: table -> columns that tell who somebody is.
DEMO = {"tb_cust": ("cust_nm", "hp_no", "tel_no", "email", "road_addr"), "tb_callback": ("tel_no",), "tb_sns_link": ("sns_id",)}


def spellings(value):
    """A value as systems write it: a telephone number has several."""
    digits = re.sub(r"\D", "", value)
    if re.fullmatch(r"\+?[\d -]{9,}", value):
        local = "0" + digits[2:] if digits.startswith("82") else digits
        return {value, local, "+82" + local[1:], f"{local[:3]}-{local[3:7]}-{local[7:]}"}
    return {value, value.lower()}


def encodings(value):
    """The bytes of a value in clear, percent-encoded, as JSON escapes, as hexadecimal digits, and what is the same of it in
    base64 wherever it begins."""
    data = value.encode()
    found = {data, quote(value, safe="").encode(), quote(value, safe="").lower().encode(), json.dumps(value)[1:-1].encode(),
             data.hex().encode(), data.hex().upper().encode()}
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + data).rstrip(b"=")
        inner = whole[(8 * before + 5) // 6:len(whole) - (1 if (before + len(data)) % 3 else 0)]
        if len(inner) > SHORTEST:
            found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def demo_values():
    """Those of the demo company that tests make; the first 300 are the same for every number of customers."""
    with tempfile.TemporaryDirectory() as directory:
        federator("demo", "--dir", directory, "--customers", "300", "--generate-only")
        for path in glob.glob(os.path.join(directory, "**", "*.db"), recursive=True):
            db = sqlite3.connect(path)
            for table, columns in DEMO.items():
                if db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                    for column in columns:
                        yield from (value for value, in db.execute(f"SELECT DISTINCT {column} FROM {table}") if value)
            db.close()


def seeded():
    """Names, numbers, addresses of all customers that tests make up."""
    found = set(demo_values())
    for row in rows("crm"):
        found |= {row[1], row[3], row[4]}
    bank = Rows().of
    for row in bank["client"]:
        found |= {row[1], row[3], row[4]}
    found |= {row[0] for row in bank["card"]} | {row[0] for row in bank["account"]}
    return {spelling for value in found if value for spelling in spellings(value) if len(spelling.encode()) >= SHORTEST}


def needles():
    """encoded -> value."""
    return {encoded: value for value in seeded() for encoded in encodings(value)}


def find(wanted, directory):
    """(file, encoded) of all that stand there."""
    with tempfile.NamedTemporaryFile() as patterns:
        patterns.write(b"\n".join(wanted))
        patterns.flush()
        # the C locale: bytes, whatever they are
        done = subprocess.run(["grep", "-raoFHZ", "-f", patterns.name, directory], capture_output=True, check=False,
                              env={**os.environ, "LC_ALL": "C"})
    if done.returncode > 1:
        raise AssertionError(done.stderr.decode())
    for line in done.stdout.split(b"\n")[:-1]:
        path, encoded = line.split(b"\0", 1)
        yield path.decode(), encoded


# Half of a service's own one is a count, so a run of its digits is somebody's number sooner than chance would have it.
REQUEST_ID = re.compile(rb"(request[-_]id\W{1,5})[0-9a-f]{24}\b", re.IGNORECASE)


def stands_alone(path, encoded):
    """Digits inside of a longer number, or of the name of a request, are no telephone number."""
    if not encoded.isdigit():
        return True
    with open(path, "rb") as f:
        return re.search(rb"(?<!\d)" + encoded + rb"(?!\d)", REQUEST_ID.sub(rb"\1", f.read())) is not None


class TracesTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.needles = needles()
        assert len(cls.needles) > 10000, "the customers of all worlds"

    def found_in(self, directory):
        return [(os.path.basename(path), self.needles[encoded], encoded) for path, encoded in find(self.needles, directory)
                if stands_alone(path, encoded)]

    def test_what_is_planted_is_found(self):
        directory = self.fresh()
        planted = {"한7별", "010-2000-0007", "01020000007", "+821020000007", "user7@example.com", "김하0", "4000-0000-1234-0001"}
        planted |= set(list(demo_values())[:3])
        for n, value in enumerate(sorted(planted)):
            data = value.encode()
            texts = [data, quote(value, safe="").encode(), json.dumps(value).encode(), data.hex().encode()] + \
                    [base64.b64encode(b"x" * before + data + b"yz") for before in range(3)]
            for k, text in enumerate(texts):
                with open(os.path.join(directory, f"{n}-{k}"), "wb") as f:
                    f.write(b'{"event":"x","text":"' + text + b'"}\n\x00\xff')
        found = {name for name, _, _ in self.found_in(directory)}
        self.assertEqual(set(os.listdir(directory)) - found, set())

    def test_a_number_within_a_number_is_none(self):
        directory = self.fresh()
        with open(os.path.join(directory, "log"), "w") as f:
            f.write('{"took_us":9010200000071}\n')
            f.write('{"request_id":"0123456789abc01020000007"}\nX-Request-Id: 0123456789abc01020000007\r\n')
        self.assertEqual(self.found_in(directory), [])

    def test_no_customer_stands_in_what_was_left(self):
        if not traces.DIRECTORY or not os.path.isdir(traces.DIRECTORY):
            self.skipTest("nothing was left")
        found = self.found_in(traces.DIRECTORY)
        self.assertEqual(found[:20], [], f"{len(found)} in {traces.DIRECTORY}")


if __name__ == "__main__":
    unittest.main()
