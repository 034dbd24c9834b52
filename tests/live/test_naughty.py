#!/usr/bin/env python3
"""The Big List of Naughty Strings over HTTP: as keys of every type, and as text of a source in JSON and XML."""
import json
import os
import sqlite3
import unittest

from servers import ROOT
from shop import sqlite_connect
from support import VIEW, LiveTest, Service

TYPES = ("text", "upper", "lower", "integer", "digits", "email", "uuid", "phone-kr", "phone-us")
SPELLED = dict.fromkeys(("phone-kr", "phone-us"), ' as="dashed digits e164"')
METHODS = ("QUERY", "POST", "GET")
SPACE = " \t\n\v\f\r\u00a0\u3000"  # what is trimmed


def mapping():
    """One customer number for each string; it is found by the string as a key of each type."""
    keys = "".join(f'<key name="{t}" role="shared" type="{t}" values="5"/>\n' for t in TYPES)
    parts = "".join(f'<part name="by-{t}" source="strings" rows="0..500" deadline="20s" ttl="0s" stale="0s"'
                    f' find-only="true">\n<query by="{t}">SELECT n, said FROM string WHERE said IN (:{t}...)</query>\n'
                    f'<column name="n" type="integer" gives="member"/>'
                    f'<column name="said" type="text" proves="{t}"{SPELLED.get(t, "")}/></part>\n' for t in TYPES)
    by = " ".join(TYPES)
    return f'''<mapping xmlns="urn:federator:mapping:1">
<source name="strings" connect="secret:strings" dialect="sqlite" zone="UTC" pool="4"/>
<key name="member" role="identity" type="integer" values="600"/>
{keys}{parts}
<part name="string" source="strings" rows="0..1" deadline="20s" ttl="0s" stale="0s">
<query by="member">SELECT n, said FROM string WHERE n IN (:member...)</query>
<column name="n" type="integer" proves="member"/><column name="said" type="text"/></part>
<part name="all" source="strings" rows="0..1000" deadline="20s" ttl="0s" stale="0s">
<query by="member">SELECT :member AS asked, n, said FROM string</query>
<column name="asked" type="text" proves="member"/><column name="n" type="integer"/><column name="said" type="text"/></part>
<class name="open"/>
<field path="said" class="open"><from part="string" column="said"/></field>
<list path="all" class="open" parts="all" order="n asc" limit="1000"><field path="n"/><field path="said"/></list>
<view name="one" by="member {by}" budget="60s"><use path="said"/></view>
<view name="all" by="member" budget="60s"><use path="all"/></view>
<view name="candidate" by="{by}" budget="60s"><use path="said"/></view>
<policy role="agent" purpose="service"><show class="open"/></policy>
</mapping>
'''


def in_xml(text):
    """As XML 1.0 can carry it."""
    return "".join(c if c in "\t\n\r" or " " <= c and c not in "\ufffe\uffff" else "\ufffd" for c in text)


def is_key(text):
    """May it be a key of type text?"""
    bare = text.strip(SPACE)
    return 0 < len(bare.encode()) <= 256 and not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in bare)


class NaughtyTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(os.path.join(ROOT, "tests", "data", "blns.json"), encoding="utf-8") as f:
            cls.strings = json.load(f)
        directory = os.path.join(cls.scratch, "mapping")
        os.makedirs(os.path.join(directory, "secrets"), mode=0o700)
        with open(os.path.join(directory, "mapping.xml"), "w") as f:
            f.write(mapping())
        database = os.path.join(cls.scratch, "strings.db")
        with sqlite3.connect(database) as db:
            db.execute("CREATE TABLE string (n integer primary key, said text)")
            db.executemany("INSERT INTO string VALUES (?, ?)", enumerate(cls.strings))
        db.close()
        secret = os.path.join(directory, "secrets", "strings")
        with open(secret, "w") as f:
            f.write(sqlite_connect(database))
        os.chmod(secret, 0o600)
        cls.service = Service(directory, "--cache", "off")
        cls.service.__enter__()
        cls.addClassCleanup(cls.service.__exit__, None, None, None)
        cls.service.wait_sources()

    def ask(self, method, key, value):
        if method == "GET":
            return self.service.get(view="one", **{key: value})
        path = "/v1/customers" if method == "QUERY" else "/v1/customers/lookup"
        return self.service.query({key: value}, view="one", method=method, path=path)

    def answered(self, method, key, value):
        """A valid answer: a view, or a problem that says the value is none of this key."""
        answer = self.ask(method, key, value)
        self.assertIn(answer.status, (200, 400, 422), (method, key, value, answer.body))
        kind = "application/json" if answer.status == 200 else "application/problem+json"
        self.assertTrue(answer.headers["content-type"].startswith(kind), answer.headers)
        self.assertIsInstance(answer.json, dict)
        return answer

    def test_a_string_as_text_key_finds_its_rows(self):
        found = 0
        for n, text in enumerate(self.strings):
            for method in METHODS:
                with self.subTest(n=n, method=method, text=text):
                    answer = self.answered(method, "text", text)
                    self.assertEqual(answer.status == 200, is_key(text), answer.body)
                    if not is_key(text) or text != text.strip(SPACE):
                        continue
                    self.assertIn(answer.json["match"]["outcome"], ("one", "many"), answer.body)
                    if answer.json["match"]["outcome"] == "one":
                        self.assertEqual(answer.json["customer"]["said"], text)
                        found += 1
        self.assertGreater(found, 1000)

    def test_a_string_as_key_of_any_type(self):
        for n, text in enumerate(self.strings):
            for k, key in enumerate(TYPES[1:]):
                with self.subTest(n=n, key=key, text=text):
                    self.answered(METHODS[(n + k) % 3], key, text)

    def test_strings_of_a_source_in_json(self):
        answer = self.service.query({"member": "1"}, view="all")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual([item["said"] for item in answer.json["customer"]["all"]], self.strings)

    def test_strings_of_a_source_in_xml(self):
        answer = self.service.query({"member": "1"}, view="all", accept="application/xml")
        self.assertEqual(answer.status, 200, answer.body)
        said = [element.text or "" for element in answer.xml.iter(VIEW + "said")]
        self.assertEqual(said, [in_xml(text) for text in self.strings])

    def test_the_table_is_still_there(self):
        self.assertEqual(self.ask("QUERY", "member", str(len(self.strings) - 1)).json["customer"]["said"],
                         self.strings[-1])


if __name__ == "__main__":
    unittest.main()
