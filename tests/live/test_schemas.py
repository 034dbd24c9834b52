#!/usr/bin/env python3
"""Answers of every view of every example hold to the schemas made from their mappings, and only such answers do."""
import copy
import glob
import json
import os
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as ET
from urllib.parse import quote

import jsonschema

from servers import ROOT
from shop import SHARED_PHONE, Shop, be_patient, phone_of
from support import LiveTest, Service, federator

MAPPING = "{urn:federator:mapping:1}"
XML = "application/xml"
NAMED_BY_DATA = ("currency", "provenance")  # maps whose members may have any name


class Schemas:
    """The schemas a service hands out, of all its views and of each."""

    def __init__(self, service, views, directory):
        self.directory = directory
        self.json, self.xsd = {}, {}
        self.problem = validator(service.ask("GET", "/schema/problem.schema.json").body)
        self.save("provenance.xsd", service.ask("GET", "/schema/provenance.xsd").body)
        self.explain = validator(service.ask("GET", "/schema/explain.schema.json").body)
        self.explain_xsd = self.save("explain.xsd", service.ask("GET", "/schema/explain.xsd").body)
        self.routing, self.routing_xsd = {}, {}
        for view in (None, *views):
            query = f"?view={view}" if view else ""
            self.json[view] = validator(service.ask("GET", "/schema/view.schema.json" + query).body)
            self.xsd[view] = self.save(f"view-{view}.xsd", service.ask("GET", "/schema/view.xsd" + query).body)
            routing = service.ask("GET", "/schema/routing.schema.json" + query)
            if routing.status == 200:  # a flat view, or all of them
                self.routing[view] = validator(routing.body)
                self.routing_xsd[view] = self.save(f"routing-{view}.xsd",
                                                   service.ask("GET", "/schema/routing.xsd" + query).body)

    def save(self, name, body):
        path = os.path.join(self.directory, name)
        with open(path, "wb") as f:
            f.write(body)
        return path

    def json_fault(self, answer, view=None):
        """What is wrong with a JSON answer, or None."""
        return fault(self.json[view], answer)

    def xml_refused(self, bodies, view=None):
        """Which of the XML answers, by index, do not hold to the schema of views, and what xmllint says."""
        return self.refused(bodies, self.xsd[view])

    def refused(self, bodies, xsd):
        """The same for any schema."""
        paths = [self.save(f"answer-{i}.xml", body) for i, body in enumerate(bodies)]
        refused, said = set(), ""
        for at in range(0, len(paths), 200):
            done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", xsd, *paths[at:at + 200]],
                                  capture_output=True, text=True)
            lines = done.stderr.splitlines()
            verdicts = {line.rsplit(" ", 1)[0]: line for line in lines if line.endswith(" validates")}
            refused |= {i for i in range(at, min(at + 200, len(paths))) if paths[i] not in verdicts}
            said += "\n".join(line for line in lines if not line.endswith("validates"))
        return refused, said[:3000]


def fault(schema, document):
    """What is wrong with a JSON document, or None."""
    error = jsonschema.exceptions.best_match(schema.iter_errors(document))
    return error and f"{list(error.absolute_path)}: {error.message}"


def validator(body):
    schema = json.loads(body)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def views_of(mapping):
    """name -> keys one may ask by."""
    roots = [ET.parse(path).getroot() for path in sorted(glob.glob(os.path.join(mapping, "*.xml")))]
    return {view.get("name"): view.get("by").split() for root in roots for view in root.iter(MAPPING + "view")}


class SchemaTest(LiveTest):
    def assert_hold(self, service, schemas, asked):
        """Each of (view, query) in JSON and XML, also with provenance. Gives the JSON answers."""
        answers, bodies = [], {}
        for view, query in asked:
            for more in ({}, {"provenance": "full"}):
                with self.subTest(view=view, query=query, **more):
                    answer = service.get(view, **query, **more)
                    self.assertEqual(answer.status, 200, answer.body)
                    answers.append(answer.json)
                    self.assertIsNone(schemas.json_fault(answer.json))
                    self.assertIsNone(schemas.json_fault(answer.json, view))
                    bodies.setdefault(view, []).append(service.get(view, accept=XML, **query, **more).body)
        for view, texts in bodies.items():
            for schema in (view, None):
                with self.subTest(view=view, schema=schema):
                    refused, said = schemas.xml_refused(texts, schema)
                    self.assertEqual(refused, set(), said)
        self.assert_routing_holds(service, schemas, [(view, query) for view, query in asked if view in schemas.routing])
        self.assert_explain_holds(service, schemas, answers)
        return answers

    def assert_routing_holds(self, service, schemas, asked):
        """What /v1/routing says to each of (view, query). Gives the outcomes."""
        seen, bodies = set(), {}
        for view, query in asked:
            path = f"/v1/routing?view={view}" + "".join(f"&{key}={quote(value)}" for key, value in query.items())
            with self.subTest(path=path):
                answer = service.ask("GET", path)
                self.assertEqual(answer.status, 200, answer.body)
                seen.add(answer.json["outcome"])
                for schema in (schemas.routing[view], schemas.routing[None]):
                    self.assertIsNone(fault(schema, answer.json))
                bodies.setdefault(view, []).append(service.ask("GET", path + "&format=xml").body)
        for view, texts in bodies.items():
            for xsd in (schemas.routing_xsd[view], schemas.routing_xsd[None]):
                refused, said = schemas.refused(texts, xsd)
                self.assertEqual(refused, set(), said)
        return seen

    def assert_explain_holds(self, service, schemas, answers):
        """How each answer with a customer came about, as a whole and by its first and its last path."""
        bodies = []
        for answer in (answer for answer in answers if "id" in answer and "provenance" not in answer):
            path = f"/v1/customers/{answer['id']}/explain?view={answer['view']}"
            explained = service.ask("GET", path)
            fields = [field["path"] for field in explained.json["fields"] if "state" in field]
            for more in ("", f"&field={fields[0]}", f"&field={fields[-1]}"):
                with self.subTest(view=answer["view"], more=more):
                    explained = service.ask("GET", path + more)
                    self.assertEqual(explained.status, 200, explained.body)
                    self.assertIsNone(fault(schemas.explain, explained.json))
                    bodies.append(service.ask("GET", path + more, headers={"Accept": XML}).body)
        refused, said = schemas.refused(bodies, schemas.explain_xsd)
        self.assertEqual(refused, set(), said)


def outcomes(answers):
    return {answer["match"]["outcome"] for answer in answers}


class MallTest(SchemaTest):
    KEYS = {"member": ["1", "2", "7", "299", "9999999"], "phone": ["010-0123-4567", "010-0888-8888", "010-9999-0000"],
            "email": ["hanbyul1@example.com"], "order": ["NONE-1"], "invoice": ["0"], "social": ["x"], "visitor": ["x"]}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        directory = os.path.join(cls.scratch, "demo")
        cls.map = federator("demo", "--dir", directory, "--customers", "300", "--generate-only").stdout.strip()
        be_patient(cls.map)
        cls.views = views_of(cls.map)

    def asked(self):
        return [(view, {key: value}) for view, keys in self.views.items() for key in keys for value in self.KEYS[key]]

    def test_every_view_for_those_who_see_masks(self):
        with Service(self.map, directory=self.fresh()) as service:
            service.wait_sources()
            schemas = Schemas(service, self.views, self.fresh())
            answers = self.assert_hold(service, schemas, self.asked())
            timeline = "/v1/customers/" + answers_one(answers)["id"] + "/timeline?view=full&limit=3"
            self.assertIsNone(schemas.json_fault(service.ask("GET", timeline).json))
            refused, said = schemas.xml_refused([service.ask("GET", timeline, headers={"Accept": XML}).body])
            self.assertEqual(refused, set(), said)
        self.assertLessEqual({"one", "many", "none"}, outcomes(answers))

    def test_every_view_for_those_who_see_everything(self):
        with Service(self.map, "--role", "supervisor", directory=self.fresh()) as service:
            service.wait_sources()
            self.assert_hold(service, Schemas(service, self.views, self.fresh()), self.asked())

    def test_with_a_source_missing(self):
        broken = os.path.join(self.fresh(), "mapping")
        shutil.copytree(self.map, broken)
        with open(os.path.join(broken, "secrets", "warehouse"), "w") as f:
            f.write("fixture:/nonexistent\n")
        with Service(broken, directory=self.fresh()) as service:
            schemas = Schemas(service, self.views, self.fresh())
            service.wait(lambda: service.get("pop", member="1").status == 200)
            asked = [(view, {"member": "1"}) for view, keys in self.views.items() if "member" in keys]
            answers = self.assert_hold(service, schemas, asked)
            path = "/v1/routing?view=routing&phone=010-0123-4567"
            self.assertEqual(service.ask("GET", path).json["reason"], "refused")
            self.assert_routing_holds(service, schemas, [("routing", {"phone": "010-0123-4567"})])
        self.assertIn(False, {answer["complete"] for answer in answers})
        self.assertIn("missing", {part["state"] for answer in answers for part in answer["parts"].values()})
        self.assertIn("missing", {key for answer in answers for event in answer["customer"].get("journey", ())
                                  for key in event})


def answers_one(answers):
    return next(answer for answer in answers if answer["match"]["outcome"] == "one")


class ExampleTest(SchemaTest):
    """Examples whose data we do not have: rows that fit their columns stand in."""

    KEY_VALUES = {"uuid": "00000000-0000-4000-8000-000000000001", "upper": "ALFKI", "integer": "7",
                  "digits": "2025550100", "email": "a@example.com", "text": "k1", "lower": "k1",
                  "phone-kr": "01001234567", "phone-us": "2025550100"}
    CELLS = {"text": "some <text> & more", "integer": "12", "decimal": "1234.50", "boolean": "1", "date": "2026-11-22",
             "timestamp": "2026-11-22 09:38:51.25", "time": "09:38:51.5",
             "uuid": "6F9619FF-8B86-D011-B42D-00C04FC964FF", "json": '{"a": [1, null]}', "bytes": "AAEC/w=="}
    ODD_CELLS = {"refuses": "0", "bad": "x"}  # by column

    def key_text(self, key, spelling):
        text = self.KEY_VALUES[key.get("type")]
        mask = next((s.get("mask") for s in key if s.get("name") == spelling), None)
        if not mask or "#+" in mask:
            return mask.replace("#+", text) if mask else text
        digits = iter(text.zfill(mask.count("#")))
        return "".join(next(digits) if c == "#" else c for c in mask)

    def fixture(self, part, keys, single):
        """A section of a fixture file: full rows and one with nothing but keys; one row where a customer has but one."""
        cells, bare = [], []
        columns = [c for c in part if c.tag == MAPPING + "column"]
        for column in columns:
            name = column.get("proves") or column.get("gives")
            key = name and self.key_text(keys[name], column.get("as", "").split(" ")[0])
            cells.append(key or self.ODD_CELLS.get(column.get("name")) or self.CELLS[column.get("type")])
            bare.append(key or "\\N")
        rows = [cells] if part.get("rows").endswith("..1") or part.get("name") in single else [cells, bare, cells]
        if part.get("name") == "nobody":
            rows = []
        return "\n".join([f"part {part.get('name')}", "columns " + " ".join(c.get("name") for c in columns),
                          *("\t".join(row) for row in rows)]) + "\n\n"

    def prepare(self, mapping):
        directory = os.path.join(self.fresh(), "mapping")
        shutil.copytree(mapping, directory)
        be_patient(directory)
        os.makedirs(os.path.join(directory, "secrets"), mode=0o700)
        roots = [ET.parse(path).getroot() for path in sorted(glob.glob(os.path.join(directory, "*.xml")))]
        keys = {key.get("name"): key for root in roots for key in root.iter(MAPPING + "key")}
        single = {choice.get("part") for root in roots for choice in root.iterfind(f"{MAPPING}field/{MAPPING}from")}
        for source in (source for root in roots for source in root.iter(MAPPING + "source")):
            path = os.path.join(directory, source.get("name") + ".txt")
            with open(path, "w") as f:
                f.writelines(self.fixture(part, keys, single) for root in roots for part in root.iter(MAPPING + "part")
                             if part.get("source") == source.get("name"))
            secret = os.path.join(directory, "secrets", source.get("connect").split(":")[1])
            with open(secret, "w") as f:
                f.write(f"fixture:{path}\n")
            os.chmod(secret, 0o600)
        return directory, keys

    def hold(self, mapping, *options):
        """Every view by every key; gives the JSON answers."""
        directory, keys = self.prepare(mapping)
        views = views_of(directory)
        asked = [(view, {key: self.key_text(keys[key], None)}) for view, by in views.items() for key in by]
        with Service(directory, *options, directory=self.fresh()) as service:
            service.wait_sources()
            return self.assert_hold(service, Schemas(service, views, self.fresh()), asked)

    def test_every_view_of_every_example(self):
        examples = sorted(os.listdir(os.path.join(ROOT, "examples")))
        for example in examples:
            with self.subTest(example=example):
                self.assertIn("one", outcomes(self.hold(os.path.join(ROOT, "examples", example, "mapping"))))
        self.assertGreater(len(examples), 2)

    def test_copies_that_stand_in(self):
        """Stale parts; and a customer who is found in stale copies only."""
        directory, keys = self.prepare(os.path.join(ROOT, "examples", "greenery", "mapping"))
        for path in glob.glob(os.path.join(directory, "*.xml")):
            with open(path) as f:
                text = re.sub(r'\bttl="\w+"', 'ttl="0s"', f.read())
            with open(path, "w") as f:
                f.write(text)
        asked = [("full", {"user": self.key_text(keys["user"], None)}), ("full", {"phone": "2025550100"})]
        with Service(directory, directory=self.fresh()) as service:
            service.wait_sources()
            schemas = Schemas(service, views_of(directory), self.fresh())
            self.assert_hold(service, schemas, asked)
            for path in glob.glob(os.path.join(directory, "*.txt")):
                os.remove(path)
            answers = self.assert_hold(service, schemas, asked)
        self.assertIn("stale", {part["state"] for answer in answers for part in answer["parts"].values()})
        self.assertIn("stale", {answer["match"].get("state") for answer in answers})

    def test_what_no_example_has(self):
        directory = self.fresh()
        with open(os.path.join(directory, "odd.xml"), "w") as f:
            f.write(ODD)
        for role in ("agent", "clerk"):
            answers = self.hold(directory, "--role", role)
            answer = answers_one(answers)
            self.assertEqual(len(answer["customer"]["things"]), 3)
            self.assertEqual(isinstance(answer["customer"]["pay"]["gross"], str), role == "clerk")
            self.assertEqual(answer["parts"]["p"]["warnings"][0]["column"], "bad")
            self.assertEqual(answer["no_consent"], ["private"])
            self.assertIn("unlinked", outcomes(answers))


# All types, candidates of two types, an object whose members come late, plain items, two lists in one time line whose
# fields have one name and two types, masked numbers, a flat name like a list's, a bad cell, consent that is not
# given, a cookie that is nobody's.
ODD = """<mapping xmlns="urn:federator:mapping:1">
  <source name="s" connect="secret:s" dialect="sqlite" zone="Asia/Seoul" pool="2"/>
  <key name="member" role="identity" type="integer"/><key name="visitor" role="shared" type="text"/>
  <class name="open"/><class name="pay" mask="all"/>
  <codes name="kinds-of"><code is="12" from="1"><label xml:lang="en">Twelve</label></code></codes>
  <part name="p" source="s" rows="0..1" deadline="1s" ttl="0s" stale="0s">
    <query by="member">SELECT * FROM p WHERE m IN (:member...)</query>
    <column name="m" type="integer" gives="member" proves="member"/>
    <column name="i" type="integer"/><column name="d" type="decimal"/><column name="b" type="boolean"/>
    <column name="on" type="date"/><column name="at" type="timestamp"/><column name="t" type="time"/>
    <column name="u" type="uuid"/><column name="j" type="json"/><column name="x" type="bytes"/>
    <column name="bad" type="integer"/><column name="refuses" type="boolean"/>
  </part>
  <part name="nobody" source="s" rows="0..1" deadline="1s" ttl="0s" stale="0s">
    <query by="member">SELECT * FROM nobody WHERE m IN (:member...)</query>
    <query by="visitor">SELECT * FROM nobody WHERE v IN (:visitor...)</query>
    <column name="m" type="integer" gives="member" proves="member"/>
    <column name="v" type="text" gives="visitor" proves="visitor"/>
  </part>
  <part name="visits" source="s" rows="0..9" deadline="1s" ttl="0s" stale="0s">
    <query by="visitor">SELECT * FROM visits WHERE v IN (:visitor...)</query>
    <column name="v" type="text" proves="visitor"/><column name="at" type="timestamp"/>
  </part>
  <part name="q" source="s" rows="0..9" deadline="1s" ttl="0s" stale="0s">
    <query by="member">SELECT * FROM q WHERE m IN (:member...)</query>
    <column name="m" type="integer" proves="member"/>
    <column name="i" type="integer"/><column name="at" type="timestamp"/><column name="s" type="text"/>
  </part>
  <field path="pay.gross" class="pay"><from part="p" column="i"/></field>
  <field path="number" class="open" pick="max"><from part="p" column="i"/><from part="p" column="d"/></field>
  <field path="since" class="open" pick="min"><from part="p" column="on"/><from part="p" column="at"/></field>
  <field path="code" class="open" codes="kinds-of"><from part="p" column="i"/></field>
  <field path="yes" class="open"><from part="p" column="b"/></field>
  <field path="clock" class="open"><from part="p" column="t"/></field>
  <field path="uuid" class="open"><from part="p" column="u"/></field>
  <field path="document" class="open"><from part="p" column="j"/></field>
  <field path="image" class="open"><from part="p" column="x"/></field>
  <field path="pay.net" class="open"><from part="p" column="d"/></field>
  <list path="things" parts="q" limit="5"><item class="open"><from part="q" column="i"/></item></list>
  <field path="bad" class="open"><from part="p" column="bad"/></field>
  <field path="agrees" class="open"><from part="p" column="refuses"/></field>
  <list path="private" class="open" parts="q" limit="5" requires="agrees"><field path="at"/></list>
  <list path="visits" class="open" parts="visits" limit="5"><field path="at"/></list>
  <list path="ones" class="open" parts="q" limit="5">
    <field path="at"/><field path="what"><from part="q" column="i"/></field>
  </list>
  <list path="twos" class="open" parts="q" limit="5">
    <field path="at"/><field path="what"><from part="q" column="s"/></field>
  </list>
  <timeline path="line" limit="9"><of list="ones" at="at"/><of list="twos" at="at"/></timeline>
  <view name="pop" by="member visitor" budget="4s">
    <use path="pay.gross"/><use path="number"/><use path="since"/><use path="code"/><use path="yes"/><use path="clock"/>
    <use path="uuid"/><use path="document"/><use path="image"/><use path="pay.net"/><use path="things"/>
    <use path="line"/><use path="bad"/><use path="private"/><use path="visits"/>
  </view>
  <view name="flat" by="member" budget="2s" shape="flat"><use path="yes" as="things" default="no"/></view>
  <policy role="agent" purpose="service"><show class="open pay"/></policy>
  <policy role="clerk" purpose="service"><show class="open"/><mask class="pay"/></policy>
</mapping>
"""


class DetectTest(SchemaTest):
    """A schema that accepts everything would pass the tests above."""

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
                            (("--routing", "--xsd"), "routing.xsd"), (("--explain",), "explain.schema.json"),
                            (("--explain", "--xsd"), "explain.xsd"), (("--provenance-xsd",), "provenance.xsd")):
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
        for flags in (("--routing", "--view", "pop"), ("--routing", "--explain")):
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
