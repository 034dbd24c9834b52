#!/usr/bin/env python3
"""Only answers hold to the schemas made from a mapping: every small mistake in one is found."""
import copy
import json
import os
import unittest
import xml.etree.ElementTree as ET
from urllib.parse import quote

from schemas import XML, Schemas, SchemaTest, fault, outcomes, views_of
from shop import SHARED_PHONE, Shop, phone_of
from support import Service, federator

NAMED_BY_DATA = ("currency", "provenance")  # maps whose members may have any name


class SchemaFaultTest(SchemaTest):
    """A schema that accepts everything would pass test_schemas.py."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop = Shop(os.path.join(cls.scratch, "shop"))
        cls.views = views_of(cls.shop.map)

    def setUp(self):
        self.service = Service(self.shop.map, directory=self.fresh())
        self.service.__enter__()
        self.addCleanup(self.service.__exit__, None, None, None)
        self.service.wait_sources()
        self.schemas = Schemas(self.service, self.views, self.fresh())

    def answers(self, accept=None):
        asked = [("full", {"member": "7", "provenance": "full"}), ("pop", {"phone": SHARED_PHONE}),
                 ("routing", {"phone": phone_of(3)})]
        return [(view, self.service.get(view, accept=accept, **query)) for view, query in asked]

    def test_the_shop_holds(self):
        asked = [(view, {"phone": phone}) for view in self.views for phone in (phone_of(3), phone_of(5), SHARED_PHONE)]
        asked += [(view, {"phone": "010-9999-9999"}) for view in self.views]
        asked += [(view, {"phone": "010-0000-0000"}) for view in self.views]
        answers = self.assert_hold(self.service, self.schemas, asked)
        self.assertLessEqual({"one", "many", "none", "blocked"}, outcomes(answers))

    def test_routing_in_every_outcome(self):
        asked = [("routing", {"phone": phone}) for phone in (phone_of(3), SHARED_PHONE, "010-9999-9999", "010-0000-0000",
                                                            "anonymous")]
        seen = self.assert_routing_holds(self.service, self.schemas, asked)
        self.assertEqual(seen, {"one", "many", "none", "blocked", "default"})

    def test_explain_of_any_outcome(self):
        """At the terminal there are explanations without a customer as well."""
        for phone, outcome in ((phone_of(3), "one"), (SHARED_PHONE, "many"), ("010-9999-9999", "none"),
                               ("010-0000-0000", "blocked")):
            with self.subTest(outcome=outcome):
                told = json.loads(federator("explain", "--map", self.shop.map, "--by", f"phone={phone}", "--view", "pop",
                                            "--json").stdout)
                self.assertEqual(told["match"]["outcome"], outcome)
                self.assertIsNone(fault(self.schemas.explain, told))

    def small_answers(self):
        """(schema, XML schema, path) of a flat answer with all it can have, and of an explanation."""
        ident = self.service.get("full", member=7).json["id"]
        return ((self.schemas.routing["routing"], self.schemas.routing_xsd["routing"],
                 f"/v1/routing?view=routing&phone={quote(SHARED_PHONE)}"),
                (self.schemas.explain, self.schemas.explain_xsd, f"/v1/customers/{ident}/explain?view=full"))

    def test_a_wrong_routing_or_explanation_is_found(self):
        for schema, _, path in self.small_answers():
            answer = self.service.ask("GET", path).json
            self.assertIsNone(fault(schema, answer))
            for wrong, where in (*renamed(answer), *replaced(answer)):
                if where[-2:-1] == ("asked",) and isinstance(wrong_member(wrong, where), int):
                    continue  # a key of any name
                if where[0] == "fields" and where[2:] == ("value",) and wrong_member(wrong, where) == [[]]:
                    continue  # a value of any kind
                self.assertIsNotNone(fault(schema, wrong), where)

    def test_a_wrong_element_of_them_is_found(self):
        for _, xsd, path in self.small_answers():
            body = self.service.ask("GET", path, headers={"Accept": XML}).body
            wrong = [self.xml_with(body, i, what) for what in ("tag", "attribute")
                     for i in range(len(list(ET.fromstring(body).iter())))]
            refused, said = self.schemas.refused([body, *wrong], xsd)
            self.assertEqual(refused, set(range(1, len(wrong) + 1)), said)

    def test_a_typo_in_any_member_is_found(self):
        for view, answer in self.answers():
            self.assertIsNone(self.schemas.json_fault(answer.json, view))
            tried = 0
            for wrong, where in renamed(answer.json):
                tried += 1
                self.assertIsNotNone(self.schemas.json_fault(wrong, view), where)
            self.assertGreater(tried, 15)

    def test_a_value_of_another_kind_is_found(self):
        for view, answer in self.answers():
            for wrong, where in replaced(answer.json):
                self.assertIsNotNone(self.schemas.json_fault(wrong, view), where)

    def test_values_that_are_none_of_their_type_are_found(self):
        _, answer = self.answers()[0]
        for path, value in ((("customer", "orders", 0, "amount"), "12,50"), (("customer", "orders", 0, "amount"), 12.5),
                            (("customer", "orders", 0, "at"), "2026-11-22 09:38:51"), (("view",), "pop"),
                            (("parts", "crm", "state"), "ill"), (("parts", "crm", "rows"), -1),
                            (("parts", "crm", "reason"), "deadline"), (("match", "outcome"), "two"),
                            (("match", "outcome"), "many"), (("match", "outcome"), "none"),
                            (("customer", "journey", 0, "kind"), "visits"),
                            (("customer", "calls"), answer.json["customer"]["calls"] * 6)):
            wrong = answer.json
            put(wrong, path, value)
            self.assertIsNotNone(self.schemas.json_fault(wrong, "full"), (path, value))

    def test_codes_that_the_mapping_does_not_know_pass(self):
        _, answer = self.answers()[0]
        known = answer.json
        put(known, ("customer", "tier"), "PLATINUM")
        self.assertIsNone(self.schemas.json_fault(known, "full"))

    def test_a_typo_in_any_element_is_found(self):
        for view, answer in self.answers(accept=XML):
            wrong = [self.xml_with(answer.body, i, "tag") for i in range(len(list(answer.xml.iter())))]
            refused, _ = self.schemas.xml_refused([answer.body, *wrong], view)
            self.assertEqual(refused, set(range(1, len(wrong) + 1)), view)

    def test_text_beside_elements_and_unknown_attributes_are_found(self):
        for view, answer in self.answers(accept=XML):
            elements = list(answer.xml.iter())
            attributes = [self.xml_with(answer.body, i, "attribute") for i in range(len(elements))]
            texts = [self.xml_with(answer.body, i, "text") for i, e in enumerate(elements) if len(e)]
            wrong = attributes + texts
            refused, _ = self.schemas.xml_refused([answer.body, *wrong], view)
            self.assertEqual(refused, set(range(1, len(wrong) + 1)), view)

    def xml_with(self, body, index, what):
        """The answer with one thing wrong with its element of that number."""
        root = ET.fromstring(body)
        element = list(root.iter())[index]
        if what == "tag":
            element.tag += "x"
        elif what == "attribute":
            element.set("unknown", "1")
        else:
            element.text = "text"
        return ET.tostring(root)

    def test_the_command_prints_what_the_service_answers(self):
        for flags, path in (((), "view.schema.json"), (("--view", "pop"), "view.schema.json?view=pop"),
                            (("--xsd",), "view.xsd"),
                            (("--xsd", "--view", "pop", "--lang", "ko"), "view.xsd?view=pop&lang=ko"),
                            (("--routing", "--view", "routing"), "routing.schema.json?view=routing"),
                            (("--routing", "--xsd"), "routing.xsd"), (("--events", "--view", "pop"), "events.schema.json?view=pop"),
                            (("--explain",), "explain.schema.json"),
                            (("--explain", "--xsd"), "explain.xsd"), (("--export",), "export.schema.json"),
                            (("--export", "--xsd"), "export.xsd"), (("--provenance-xsd",), "provenance.xsd")):
            with self.subTest(path=path):
                printed = federator("schema", "--map", self.shop.map, *flags).stdout
                self.assertEqual(printed.encode(), self.service.ask("GET", "/schema/" + path).body)

    def test_titles_come_in_the_language_asked_for(self):
        for path, headers, title in (("?view=full&lang=ko", {}, "우수"), ("?view=full&lang=en", {}, "Very important"),
                                     ("?view=full", {"Accept-Language": "ko-KR,en;q=0.5"}, "우수")):
            for name in ("view.schema.json", "view.xsd"):
                answer = self.service.ask("GET", f"/schema/{name}{path}", headers=headers)
                self.assertIn(title, answer.body.decode(), (name, path))

    def test_what_is_refused(self):
        self.assert_problem(self.service.ask("GET", "/schema/view.xsd?view=popp"), 404, "pop")
        self.assert_problem(self.service.ask("GET", "/schema/view.xsd?viev=pop"), 400, "view")
        self.assert_problem(self.service.ask("GET", "/schema/provenance.xsd?view=pop"), 400, "view")
        self.assert_problem(self.service.ask("GET", "/schema/routing.xsd?view=pop"), 404, "flat")
        self.assert_problem(self.service.ask("GET", "/schema/explain.xsd?view=pop"), 400, "view")
        for flags in (("--routing", "--view", "pop"), ("--routing", "--explain"), ("--events", "--xsd"), ("--events", "--explain"), ("--export", "--explain")):
            self.assertEqual(federator("schema", "--map", self.shop.map, *flags, check=False).returncode, 2)
        refused = self.service.get("popp", phone="1"), self.service.get(phone="x"), self.service.ask("GET", "/no")
        for answer in refused:
            self.assertEqual(list(self.schemas.problem.iter_errors(answer.json)), [], answer.body)
        self.assertEqual(federator("schema", "--map", self.shop.map, "--view", "popp", check=False).returncode, 2)
        self.assertEqual(federator("schema", check=False).returncode, 2)
        self.assertEqual(federator("schema", "--json", "--xsd", "--map", self.shop.map, check=False).returncode, 2)


def put(document, path, value):
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value


def wrong_member(document, path):
    """What stands at the path, or at the renamed one."""
    for step in path[:-1]:
        document = document[step]
    return document[path[-1]] if not isinstance(document, dict) or path[-1] in document else document[path[-1] + "x"]


def places(value, path=()):
    """(path, holder's member or index) of everything in a document."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in members:
        yield (*path, step)
        yield from places(member, (*path, step))


def renamed(document):
    """The document with the name of one member changed, for every member whose name is not data."""
    for path in places(document):
        if isinstance(path[-1], str) and not (path[0] in NAMED_BY_DATA and len(path) == 2):
            wrong = copy.deepcopy(document)
            holder = wrong
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1] + "x"] = holder.pop(path[-1])
            yield wrong, path


def replaced(document):
    """The document with an array in an array in the place of one member, for every member."""
    for path in places(document):
        wrong = copy.deepcopy(document)
        put(wrong, path, [[]])
        yield wrong, path


if __name__ == "__main__":
    unittest.main()
