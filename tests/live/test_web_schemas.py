#!/usr/bin/env python3
"""Answers about the web site hold to /schema/web.schema.json and web.xsd, and what is not such an answer does not."""
import copy
import os
import re
import unittest

import jsonschema

from schemas import XML, Schemas, fault, validator
from streams import Stream
from support import LiveTest
from webshop import WebShop, ago

WEB = {"X-Purpose": "web"}
PATHS = {
    "sessions": ("sessions", "sessions?limit=2", "sessions?visitor=v1", "sessions?member=7"),
    "session": ("sessions/a000000000000001", "sessions/a000000000000001?limit=1"),
    "searches": ("searches", "searches?limit=1", "searches?group=term&since=2026-11-01T00:00:00Z",
                 "searches?group=zero_result&since=2026-11-01T00:00:00Z"),
    "live": ("live", "live?Tier=NONE", "live?minutes=1440"),
    "stitch": ("visitors/v1/stitch", "visitors/v2/stitch", "visitors/v9/stitch"),
}


def mistakes(answer):
    """The answer with one thing wrong, again and again: a member too many, or one of the wrong type, anywhere."""
    def walk(thing, path):
        if isinstance(thing, dict):
            yield path, "more"
            for name, value in thing.items():
                if path[-1:] != ["live"]:
                    yield path + [name], "type"
                yield from walk(value, path + [name])
        elif isinstance(thing, list):
            for i, value in enumerate(thing[:1]):
                yield from walk(value, path + [i])

    for path, kind in walk(answer, []):
        wrong = copy.deepcopy(answer)
        place = wrong
        for step in path[:-1] if kind == "type" else path:
            place = place[step]
        if kind == "type":
            place[path[-1]] = [[]]
        else:
            place["nobody_says_this"] = 1
        yield path, kind, wrong


class WebSchemaTest(LiveTest):
    def setUp(self):
        self.shop = WebShop(os.path.join(self.fresh(), "shop"))
        self.shop.fill()
        self.shop.session("v9", "f000000000000009", [(ago(90), "/cart", {}), (ago(60), "/checkout", {})])
        self.service = self.start(self.shop.map)
        self.service.wait_sources()
        schema = self.service.ask("GET", "/schema/web.schema.json")
        self.assertEqual(schema.headers["content-type"], "application/schema+json")
        self.whole = validator(schema.body)
        self.parts = {name: jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": schema.json["$defs"]},
                                                            format_checker=jsonschema.FormatChecker())
                      for name in schema.json["$defs"]}

    def answers(self, accept=None):
        for name, paths in PATHS.items():
            for path in paths:
                answer = self.service.ask("GET", "/v1/web/" + path, headers={**WEB, **({"Accept": accept} if accept else {})})
                self.assertEqual(answer.status, 200, answer.body)
                yield name, path, answer

    def test_answers_hold_in_json(self):
        seen = set()
        for name, path, answer in self.answers():
            with self.subTest(path=path):
                self.assertIsNone(fault(self.whole, answer.json))
                self.assertIsNone(fault(self.parts[name], answer.json))
                lists = [(key, value) for key, value in answer.json.items() if isinstance(value, list)]
                seen |= {(name, key) for key, value in lists if value}
        self.assertLessEqual({("sessions", "sessions"), ("session", "events"), ("searches", "searches"), ("searches", "terms"),
                              ("live", "sessions"), ("stitch", "links"), ("stitch", "evidence"), ("stitch", "sessions")}, seen)

    def test_no_mistake_holds(self):
        for name, path, answer in self.answers():
            for where, kind, wrong in mistakes(answer.json):
                with self.subTest(path=path, where=where, kind=kind):
                    self.assertIsNotNone(fault(self.parts[name], wrong))

    def test_answers_hold_in_xml(self):
        schemas = Schemas(self.service, (), self.fresh())
        xsd = schemas.save("web.xsd", self.service.ask("GET", "/schema/web.xsd").body)
        bodies = [answer.body for _, _, answer in self.answers(XML)]
        refused, said = schemas.refused(bodies, xsd)
        self.assertEqual(refused, set(), said)
        wrong = [re.sub(rb"</log>", b"</log><nobody_says_this/>", body) for body in bodies]
        wrong += [re.sub(rb"<log>.*?</log>", b"", body) for body in bodies]
        wrong += [re.sub(rb"<(started|at|since)>[^<]*<", rb"<\1>yesterday<", body) for body in bodies if b"T" in body
                  and re.search(rb"<(started|at|since)>", body)]
        refused, _ = schemas.refused(wrong, xsd)
        self.assertEqual(refused, set(range(len(wrong))))

    def test_events_hold(self):
        stream = Stream(self.service.port, "/v1/web/live?path=/checkout", "X-Purpose: web\r\nAccept: text/event-stream\r\n")
        self.addCleanup(stream.close)
        self.assertIn("200", stream.header())
        event = stream.event()
        self.assertEqual(event["event"], "session")
        self.assertIsNone(fault(self.parts["seen"], event["data"]))
        self.shop.goes_on("f000000000000009", ago(1), "/")
        while event["event"] != "gone":
            event = stream.event()
        self.assertIsNone(fault(self.parts["gone"], event["data"]))


if __name__ == "__main__":
    unittest.main()
