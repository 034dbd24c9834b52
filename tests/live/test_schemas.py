#!/usr/bin/env python3
"""Answers of every view of every example hold to the schemas made from their mappings."""
import glob
import os
import re
import shutil
import unittest
import xml.etree.ElementTree as ET

from schemas import MAPPING, XML, Schemas, SchemaTest, outcomes, views_of
from servers import ROOT
from shop import be_patient
from support import Service, federator


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
  <part name="p" source="s" rows="0..1" deadline="20s" ttl="0s" stale="0s">
    <query by="member">SELECT * FROM p WHERE m IN (:member...)</query>
    <column name="m" type="integer" gives="member" proves="member"/>
    <column name="i" type="integer"/><column name="d" type="decimal"/><column name="b" type="boolean"/>
    <column name="on" type="date"/><column name="at" type="timestamp"/><column name="t" type="time"/>
    <column name="u" type="uuid"/><column name="j" type="json"/><column name="x" type="bytes"/>
    <column name="bad" type="integer"/><column name="refuses" type="boolean"/>
  </part>
  <part name="nobody" source="s" rows="0..1" deadline="20s" ttl="0s" stale="0s">
    <query by="member">SELECT * FROM nobody WHERE m IN (:member...)</query>
    <query by="visitor">SELECT * FROM nobody WHERE v IN (:visitor...)</query>
    <column name="m" type="integer" gives="member" proves="member"/>
    <column name="v" type="text" gives="visitor" proves="visitor"/>
  </part>
  <part name="visits" source="s" rows="0..9" deadline="20s" ttl="0s" stale="0s">
    <query by="visitor">SELECT * FROM visits WHERE v IN (:visitor...)</query>
    <column name="v" type="text" proves="visitor"/><column name="at" type="timestamp"/>
  </part>
  <part name="q" source="s" rows="0..9" deadline="20s" ttl="0s" stale="0s">
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
  <view name="pop" by="member visitor" budget="60s">
    <use path="pay.gross"/><use path="number"/><use path="since"/><use path="code"/><use path="yes"/><use path="clock"/>
    <use path="uuid"/><use path="document"/><use path="image"/><use path="pay.net"/><use path="things"/>
    <use path="line"/><use path="bad"/><use path="private"/><use path="visits"/>
  </view>
  <view name="flat" by="member" budget="60s" shape="flat"><use path="yes" as="things" default="no"/></view>
  <policy role="agent" purpose="service"><show class="open pay"/></policy>
  <policy role="clerk" purpose="service"><show class="open"/><mask class="pay"/></policy>
</mapping>
"""


if __name__ == "__main__":
    unittest.main()
