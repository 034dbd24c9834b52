#!/usr/bin/env python3
"""test_try.py FEDERATOR - `federator weblog try` as web teams run it."""
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

FEDERATOR = sys.argv.pop(1)
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "weblog")
LINE = '10.0.0.{} - - [10/Oct/2000:13:55:{:02} +0000] "GET /find?q={} HTTP/1.1" 200 1 "-" "Mozilla/5.0 Firefox/1"\n'


def run(*arguments, stdin=None):
    return subprocess.run([FEDERATOR, "weblog", *arguments], input=stdin, capture_output=True, timeout=60)


def found(*arguments, **more):
    done = run("try", "--json", *arguments, **more)
    return done.returncode, json.loads(done.stdout)


class TryTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as out:
            out.write(data)
        return path

    def test_a_real_log(self):
        code, doc = found(os.path.join(DATA, "elastic", "apache_logs.gz"))
        self.assertEqual((code, doc["format"], doc["lines"], doc["read"], doc["rejected"]), (0, "combined", 10000, 9999, 1))
        bad = doc["bad_lines"][0]
        self.assertEqual((bad["line"], bad["byte"], bad["at"]), (8899, 112, "User-Agent"))
        self.assertEqual(doc["time"], {"first": "2015-05-17T10:05:00Z", "last": "2015-05-20T21:05:59Z"})
        self.assertGreater(doc["bots"]["requests"], 0)
        self.assertGreaterEqual(doc["sessions"], doc["visitors"])
        self.assertEqual(doc["engine_searches"]["top"][1], {"term": "rage face", "n": 4})

    def test_files_members_and_the_standard_input_are_the_same(self):
        text = "".join(LINE.format(n, n, "red+shoes") for n in range(20)).encode()
        members = gzip.compress(text[:700]) + gzip.compress(text[700:])
        answers = [found(self.file("plain", text)), found(self.file("packed", members)), found("-", stdin=text),
                   found("-", stdin=members), found(self.file("one", text[:700]), self.file("other", text[700:]))]
        for code, doc in answers[:-1]:
            del doc["lines_per_cpu_second"]
            self.assertEqual((code, doc), (0, answers[0][1]))
        self.assertEqual(answers[0][1]["searches"], {"n": 20, "distinct": 1, "top": [{"term": "red shoes", "n": 20}]})

    def test_the_caret_stands_under_the_byte(self):
        path = self.file("log", (LINE.format(1, 1, "x") + "운동화 - - (no time)\n").encode())
        done = run("try", path)
        lines = done.stdout.decode().splitlines()
        self.assertEqual(done.returncode, 1)
        self.assertTrue(lines[-3].startswith(f"{path}:2: byte 1: not an address or a host name"), lines[-3])
        self.assertEqual(lines[-2:], ["    운동화 - - (no time)", "    ^"])

    def test_a_format_is_a_name_or_a_string(self):
        path = self.file("log", b"7 [10/Oct/2000:13:55:36 +0000] /a\n")
        self.assertEqual(found("--format", "%D %t %U", path)[0], 0)
        self.assertEqual(found("--format", "combined", path)[1]["rejected"], 1)
        for wrong in ("nothing", "%h %t", "%{x", "{"):
            done = run("try", "--format", wrong, path)
            self.assertEqual((done.returncode, done.stdout), (2, b""), wrong)

    def test_formats_of_a_directory(self):
        self.file("formats.conf", b"ours = %D %t %U\n")
        path = self.file("log", b"7 [10/Oct/2000:13:55:36 +0000] /a\n")
        self.assertEqual(found("--rules", self.folder, path)[1]["format"], "ours")
        self.file("formats.conf", b"ours = %D\n")
        self.assertIn(b"formats.conf: line 1:", run("try", "--rules", self.folder, path).stderr)
        os.remove(os.path.join(self.folder, "formats.conf"))
        for name, bad in (("hidden.conf", "part = Hp"), ("hidden.conf", "some = hp"), ("assets.conf", "suffix = CSS"),
                          ("assets.conf", "path = a"), ("devices.conf", "watch = x"), ("campaigns.conf", "x = google")):
            self.file(name, ("# ours\n%s\n" % bad).encode())
            self.assertIn(b"%s: line 2:" % name.encode(), run("try", "--rules", self.folder, path).stderr)
            self.file(name, b"")

    def mapping(self):
        os.mkdir(os.path.join(self.folder, "map"))
        self.file("map/site.xml", b"""<mapping xmlns="urn:federator:mapping:1">
  <source name="web" connect="secret:web" dialect="sqlite" zone="UTC" pool="4"/>
  <class name="browsing" mask="all"/>
  <key name="member" role="identity" type="upper"/>
  <weblog name="shop" store="web" writer="secret:web_writer" class="browsing" format="combined_cookie">
    <file path="/var/log/access.log"/>
    <visitor from="cookie:vid"/>
    <hide parameter="shoe_size"/>
    <page kind="product" path="/goods/{product}"/>
    <evidence name="login" gives="member" from="cookie:mb" path="/login" confidence="100"/>
  </weblog>
</mapping>
""")
        return "--map", os.path.join(self.folder, "map"), "--weblog"

    def test_by_the_rules_of_a_mapping(self):
        line = '10.0.0.1 - - [10/Oct/2000:13:55:00 +0000] "GET {} HTTP/1.1" {} 1 "-" "{}" "{}"\n'
        lines = [("/goods/7?shoe_size=41", 200, "M", "vid=a"), ("/find?q=x&token=y", 200, "M", "vid=a"),
                 ("/login", 302, "M", "vid=a; mb=m-1"), ("/goods/8", 404, "M", "-"), ("/a.png", 200, "M", "-"),
                 ("/", 200, "Googlebot/2.1", "-"), ("*", 400, "M", "-")]
        path = self.file("log", "".join(line.format(*cells) for cells in lines).encode())
        mapping = self.mapping()
        code, report = found(*mapping, "shop", path)
        self.assertEqual((code, report["format"]), (0, "combined_cookie"))
        self.assertEqual(report["mapping"], {
            "events": 4, "assets": 1, "bots": 1, "no_requests": 1,
            "results": {"done": 2, "moved": 1, "refused": 1, "failed": 0},
            "kinds": {"product": 2, "page": 1, "search": 1}, "products": 2, "categories": 0, "orders": 0,
            "searches": 1, "terms": 1, "visitors": 2, "named_visitors": 1, "linked_visitors": 1, "linked_events": 3,
            "evidence": {"login": 1}, "hidden": {"shoe_size": 1, "token": 1},
            "first_events": ["product done named /goods/7: product client",
                             "search done named /find: terms query client",
                             "page moved named /login: client login=member",
                             "product refused unnamed /goods/8: product client"]})
        text = run("try", *mapping, "shop", path).stdout
        self.assertIn(b"linked      75.0 % of events, those of 1 visitors with evidence\n", text)
        self.assertIn(b"hidden      shoe_size 1, token 1\n", text)
        self.assertIn(b"searches    1 by the rules of the mapping\n", text)
        self.assertIn(b"searches by the parameters of searches.conf  1, 1 different\n", text)
        for wrong in ((*mapping, "ship"), ("--weblog", "shop")):
            self.assertEqual(run("try", *wrong, path).returncode, 2, wrong)

    def test_the_log_of_a_mapping_need_not_be_named_when_there_is_one(self):
        path = self.file("log", LINE.format(1, 1, "x").encode())
        mapping = self.mapping()[:2]
        self.assertIn("mapping", found(*mapping, path)[1])
        self.assertIn("mapping", found("--map=" + mapping[1], path)[1])
        self.assertNotIn("mapping", found(path)[1])
        self.file("map/more.xml", b'''<mapping xmlns="urn:federator:mapping:1">
  <weblog name="blog" store="web" writer="secret:web_writer" class="browsing"><file path="/var/log/blog.log"/></weblog>
</mapping>''')
        done = run("try", *mapping, path)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertRegex(done.stderr, b"several logs; say which one: (blog, shop|shop, blog)\n")

    def test_what_cannot_be_read(self):
        text = LINE.format(1, 1, "x").encode() * 50
        for code, arguments in ((2, ("try",)), (2, ()), (2, ("index", "x")), (2, ("try", os.path.join(self.folder, "none"))),
                                (2, ("try", self.folder)), (1, ("try", self.file("noise", os.urandom(4096)))),
                                (2, ("try", self.file("cut", gzip.compress(text)[:-9])))):
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stdout), (code, b""), arguments)
            self.assertTrue(done.stderr, arguments)

    def test_an_empty_log_is_no_error(self):
        code, doc = found(self.file("empty", b""))
        self.assertEqual((code, doc["lines"], doc["read"]), (0, 0, 0))
        text = run("try", self.file("empty", b"")).stdout
        self.assertIn(b"format      cannot be told: there is no line\n", text)
        self.assertIn(b"what was given is empty\n", text)

    def test_why_no_format_reads_the_first_line_is_shown(self):
        path = self.file("log", b"\n10.0.0.1 - - [10/Oct/2000:13:55:36 +0000] nonsense\n" + b"more\n" * 3)
        done = run("try", path)
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        lines = done.stderr.decode().splitlines()
        self.assertIn("no known format reads the first lines", lines[0])
        self.assertEqual(len(lines), 1 + 3 * 3)
        heads = [re.match(f"as ([a-z_]+): {re.escape(path)}:2: byte ([0-9]+): .", head) for head in lines[1::3]]
        self.assertIn("combined", [head[1] for head in heads])
        for head, shown, mark in zip(heads, lines[2::3], lines[3::3]):
            self.assertEqual(shown, "    10.0.0.1 - - [10/Oct/2000:13:55:36 +0000] nonsense")
            self.assertEqual(mark, "    " + " " * (int(head[2]) - 1) + "^")

    def test_why_formats_of_its_kind_do_not_read_it_is_shown(self):
        done = run("try", self.file("app.json", b'{"time":"2026-11-22T09:38:51Z","message":"started"}\n' * 2)).stderr.decode()
        kinds = re.findall("^as ([a-z_]+): ", done, re.MULTILINE)
        self.assertIn("nginx_json", kinds)
        self.assertNotIn("combined", kinds)
        self.assertIn("not a line about a request", done)
        done = run("try", self.file("iis.log", b"#Fields: date time cs-method\n2015-01-13 00:32:17 GET /robots.txt\n")).stderr.decode()
        self.assertEqual(re.findall("^as ([a-z0-9_]+): ", done, re.MULTILINE), ["w3c"])
        self.assertIn(":2: byte 25: more values than #Fields has names", done)

    def test_lines_of_a_megabyte_and_nul_bytes(self):
        text = LINE.format(1, 1, "x").encode()
        code, doc = found(self.file("log", text + b"x" * (3 << 20) + b"\n" + text + b"\0" * 99 + text + text))
        self.assertEqual((code, doc["read"], doc["rejected"]), (1, 3, 2))
        self.assertEqual([bad["reason"] for bad in doc["bad_lines"]], ["longer than 1 MiB", "a NUL byte"])


if __name__ == "__main__":
    unittest.main()
