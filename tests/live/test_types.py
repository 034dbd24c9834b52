#!/usr/bin/env python3
"""Every type of the mapping language from PostgreSQL, MariaDB and SQLite: the same value gives the same JSON and XML."""
import base64
import json
import os
import sqlite3
import subprocess
import unittest
import xml.etree.ElementTree as ET

import jsonschema

from servers import Servers
from shop import sqlite_connect
from support import VIEW, LiveTest, federator

ZONE = "America/New_York"  # of all sources: its clocks change on 2026-03-08 and 2026-11-01
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
BAD = None  # the cell is no value of its type: the field is absent, the part warns
LONG = 400_000  # characters of three bytes each
ALL_BYTES = bytes(range(256))


class Cell:
    """A column of one database: its type, the value as SQL, and the expression that a mapping selects."""

    def __init__(self, type_, value, select="{}"):
        self.type, self.value, self.select = type_, value, select


def text(value):
    """The value as a text in every database."""
    literal = "'" + value.replace("'", "''") + "'"
    return Cell("text", literal), Cell("varchar(400)", literal), Cell("text", literal)


def same(type_, value):
    """One declaration for all."""
    return (Cell(type_, value),) * 3


# name: mapping type, JSON, then the cell of PostgreSQL, MariaDB, SQLite
SHARED = {
    "unsigned": ("integer", "18446744073709551615", Cell("numeric(20)", "18446744073709551615"),
                 Cell("bigint unsigned", "18446744073709551615"), Cell("text", "'18446744073709551615'")),
    "least": ("integer", "-9223372036854775808", *same("bigint", "-9223372036854775808")),
    "most": ("integer", "9223372036854775807", *same("bigint", "9223372036854775807")),
    "zero": ("integer", "0", *same("integer", "0")),
    "whole": ("integer", "12", *same("decimal(9,1)", "12.0")),
    "beyond": ("integer", BAD, *text("18446744073709551616")),
    "fraction_of_integer": ("integer", BAD, *text("12.5")),
    "words": ("integer", BAD, Cell("text", "'abc'"), Cell("varchar(9)", "'abc'"), Cell("integer", "'abc'")),
    "exact": ("decimal", '"123456789012345678901234567890.123456789"',
              Cell("numeric(39,9)", "123456789012345678901234567890.123456789"),
              Cell("decimal(39,9)", "123456789012345678901234567890.123456789"),
              Cell("text", "'123456789012345678901234567890.123456789'")),
    "scale": ("decimal", '"12.50"', Cell("numeric(9,2)", "12.5"), Cell("decimal(9,2)", "12.5"), Cell("text", "'12.50'")),
    "negative": ("decimal", '"-0.001"', Cell("numeric", "-0.001"), Cell("decimal(9,3)", "-0.001"), Cell("real", "-0.001")),
    "float": ("decimal", '"0.1"', *same("double precision", "0.1")),
    "exponent": ("decimal", '"100000000000000000000"', *same("double precision", "1e20")),
    "nan": ("decimal", BAD, Cell("numeric", "'NaN'"), *text("NaN")[1:]),
    "infinity": ("decimal", BAD, Cell("double precision", "'Infinity'"), Cell("varchar(9)", "'inf'"), Cell("real", "9e999")),
    "yes": ("boolean", "true", Cell("boolean", "true"), Cell("boolean", "true"), Cell("boolean", "1")),
    "no": ("boolean", "false", Cell("boolean", "false"), Cell("tinyint(1)", "0"), Cell("boolean", "'f'")),
    "maybe": ("boolean", BAD, Cell("integer", "2"), Cell("tinyint(1)", "2"), Cell("boolean", "2")),
    "empty": ("text", '""', *text("")),
    "korean": ("text", '"똠방각하 한별 😀 é"', *text("똠방각하 한별 😀 é")),
    "marks": ("text", r'"<a b=\"c\">&amp;\n\t]]>"', *(Cell(cell.type, "'<a b=\"c\">&amp;\n\t]]>'") for cell in text("x"))),
    "padded": ("text", '"ab"', Cell("char(5)", "'ab'", "CAST({} AS text)"), Cell("char(5)", "'ab'"), Cell("char(5)", "'ab'")),
    "padded_number": ("integer", "7", Cell("char(5)", "'7'"), Cell("char(5)", "'7'"), Cell("char(5)", "'7   '")),
    "long": ("text", '"' + "가" * LONG + '"', Cell("text", f"repeat('가', {LONG})"), Cell("longtext", f"repeat('가', {LONG})"),
             Cell("text", f"replace(hex(zeroblob({LONG})), '00', '가')")),
    "day": ("date", '"2024-02-29"', *same("date", "'2024-02-29'")),
    "first_day": ("date", '"0001-01-01"', *same("date", "'0001-01-01'")),
    "last_day": ("date", '"9999-12-31"', *same("date", "'9999-12-31'")),
    "no_day": ("date", BAD, Cell("text", "'0000-00-00'"), Cell("date", "'0000-00-00'"), Cell("date", "'0000-00-00'")),
    "local": ("timestamp", '"2026-11-22T09:38:51-05:00"', Cell("timestamp", "'2026-11-22 09:38:51'"),
              Cell("datetime", "'2026-11-22 09:38:51'"), Cell("timestamp", "'2026-11-22 09:38:51'")),
    "micros": ("timestamp", '"2026-11-22T09:38:51.123456-05:00"', Cell("timestamp", "'2026-11-22 09:38:51.123456'"),
               Cell("datetime(6)", "'2026-11-22 09:38:51.123456'"), Cell("timestamp", "'2026-11-22 09:38:51.123456'")),
    "nanos": ("timestamp", '"2026-11-22T09:38:51.123456-05:00"', *text("2026-11-22 09:38:51.123456999")),
    "half": ("timestamp", '"2026-11-22T09:38:51.5-05:00"', Cell("timestamp(3)", "'2026-11-22 09:38:51.5'"),
             Cell("datetime(3)", "'2026-11-22 09:38:51.5'"), Cell("text", "'2026-11-22T09:38:51.500000000'")),
    "gap": ("timestamp", '"2026-03-08T01:30:00-05:00"', Cell("timestamp", "'2026-03-08 02:30:00'"),
            Cell("datetime", "'2026-03-08 02:30:00'"), Cell("timestamp", "'2026-03-08 02:30:00'")),
    "fold": ("timestamp", '"2026-11-01T01:30:00-04:00"', Cell("timestamp", "'2026-11-01 01:30:00'"),
             Cell("datetime", "'2026-11-01 01:30:00'"), Cell("timestamp", "'2026-11-01 01:30:00'")),
    "summer": ("timestamp", '"2026-07-01T08:00:00.25-04:00"', Cell("timestamptz", "'2026-07-01 12:00:00.25+00'"),
               Cell("timestamp(6) NULL", "'2026-07-01 12:00:00.25'"), Cell("timestamp", "'2026-07-01 12:00:00.25Z'")),
    "winter": ("timestamp", '"2026-01-01T07:00:00-05:00"', Cell("timestamptz", "'2026-01-01 12:00:00+00'"),
               Cell("timestamp NULL", "'2026-01-01 12:00:00'"), Cell("timestamp", "'2026-01-01 12:00:00+00:00'")),
    "later_in_fold": ("timestamp", '"2026-11-01T01:30:00-05:00"',
                      Cell("timestamptz", "'2026-11-01 06:30:00+00'", "CAST({} AS text)"),
                      Cell("timestamp NULL", "'2026-11-01 06:30:00'"), Cell("timestamp", "'2026-11-01 06:30:00+00'")),
    "first_moment": ("timestamp", '"0001-01-01T00:00:00-04:56"', Cell("timestamp", "'0001-01-01 00:00:00'"),
                     Cell("datetime", "'0001-01-01 00:00:00'"), Cell("timestamp", "'0001-01-01 00:00:00'")),
    "before_zones": ("timestamp", '"1850-01-01T00:00:00-04:56"', Cell("timestamp", "'1850-01-01'"),
                     Cell("datetime", "'1850-01-01'"), Cell("timestamp", "'1850-01-01'")),
    "turn_of_century": ("timestamp", '"1900-01-01T00:00:00-05:00"', Cell("timestamp", "'1900-01-01'"),
                        Cell("datetime", "'1900-01-01'"), Cell("timestamp", "'1900-01-01 00:00:00.000'")),
    "last_moment": ("timestamp", '"9999-12-31T23:59:59.999999-05:00"', Cell("timestamp", "'9999-12-31 23:59:59.999999'"),
                    Cell("datetime(6)", "'9999-12-31 23:59:59.999999'"), Cell("timestamp", "'9999-12-31 23:59:59.999999'")),
    "offset_behind_blank": ("timestamp", '"2026-11-21T19:00:00.5-05:00"', *text("2026-11-22 09:00:00.5000000 +09:00")),
    "first_moment_with_offset": ("timestamp", '"0001-01-01T00:00:00+00:00"', *text("0001-01-01 00:00:00 +00:00")),
    "never": ("timestamp", BAD, Cell("date", "'infinity'"), Cell("datetime", "'0000-00-00 00:00:00'"),
              Cell("timestamp", "'0000-00-00 00:00:00'")),
    "clock": ("time", '"09:30:00"', *same("time", "'09:30:00'")),
    "clock_micros": ("time", '"23:59:59.25"', Cell("time", "'23:59:59.25'"), Cell("time(6)", "'23:59:59.25'"),
                     Cell("time", "'23:59:59.250000000'")),
    "clock_bad": ("time", BAD, Cell("time", "'24:00:00'"), Cell("time", "'-838:59:59'"), Cell("time", "'24:00:00'")),
    "id": ("uuid", '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"', Cell("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
           Cell("uuid", "'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'"), Cell("text", "'{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}'")),
    "id_of_bytes": ("uuid", '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"',
                    Cell("bytea", r"'\xa0eebc999c0b4ef8bb6d6bb9bd380a11'", "encode({}, 'hex')"),
                    Cell("binary(16)", "x'a0eebc999c0b4ef8bb6d6bb9bd380a11'", "HEX({})"),
                    Cell("blob", "x'a0eebc999c0b4ef8bb6d6bb9bd380a11'", "nullif(hex({}), '')")),
    "id_bad": ("uuid", BAD, *text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1")),
    "document": ("json", '{"b":[1,-2.50,true,null],"a":"한 별 😀","n":123456789012345678901234567890.10}',
                 *(Cell(type_, """'{"b": [1, -2.50,true, null],\n "a": "한 별 😀", "n":123456789012345678901234567890.10}'""")
                   for type_ in ("json", "json", "text"))),
    "document_numbers": ("json", "[1,1e400,-2.5E-9999]", *text("[1, 1e400,\n-2.5E-9999]")),
    "document_text": ("json", '"x"', *same("json", "'\"x\"'")),
    "document_null": ("json", "null", *same("json", "'null'")),
    "document_bad": ("json", BAD, *text("{'a': 1}")),
    "document_deep": ("json", BAD, *text("[" * 65 + "]" * 65)),
    "binary": ("bytes", '"AP8Q"', Cell("bytea", r"'\x00ff10'"), Cell("varbinary(9)", "x'00ff10'"), Cell("blob", "x'00ff10'")),
    "binary_all": ("bytes", json.dumps(base64.b64encode(ALL_BYTES).decode()), Cell("bytea", f"'\\x{ALL_BYTES.hex()}'"),
                   Cell("blob", f"x'{ALL_BYTES.hex()}'"), Cell("blob", f"x'{ALL_BYTES.hex()}'")),
    "binary_empty": ("bytes", '""', Cell("bytea", "''"), Cell("blob", "''"), Cell("blob", "x''")),
    "binary_long": ("bytes", json.dumps(base64.b64encode(b"\xab" * 1_200_000).decode()),
                    Cell("bytea", r"decode(repeat('ab', 1200000), 'hex')"), Cell("longblob", "repeat(x'ab', 1200000)"),
                    Cell("blob", None)),
    "binary_text": ("bytes", json.dumps(base64.b64encode("한별".encode()).decode()), *text("한별")),
}

# What only one database has, or has in its own way.
OWN = {
    "pg": {
        "array": ("text", '"{a,\\"b c\\"}"', Cell("text[]", "ARRAY['a','b c']")),
        "mood": ("text", '"glad"', Cell("mood", "'glad'")),
        "span": ("text", '"1 day 02:00:00"', Cell("interval", "'1 day 2 hours'")),
        "money": ("decimal", '"12.34"', Cell("money", "12.34", "CAST({} AS numeric)")),
        "money_raw": ("decimal", BAD, Cell("money", "12.34")),
        "padding": ("text", '"ab   "', Cell("char(5)", "'ab'")),
        "jsonb": ("json", '{"a":18446744073709551616,"b":1.50}', Cell("jsonb", """'{"b": 1.50, "a": 18446744073709551616}'""")),
        "numeric_of_any_scale": ("decimal", '"1.50"', Cell("numeric", "1.50")),
        "before_christ": ("date", BAD, Cell("date", "'0044-03-15 BC'", "CAST({} AS text)")),
        "endless": ("timestamp", BAD, Cell("timestamptz", "'infinity'", "CAST({} AS text)")),
        "clock_with_zone": ("time", BAD, Cell("timetz", "'09:30:00+09'")),
        "bits": ("text", '"101"', Cell("bit(3)", "B'101'")),
        "xml": ("text", '"<a>1</a>"', Cell("xml", "'<a>1</a>'")),
    },
    "my": {
        "flag": ("boolean", "true", Cell("bit(1)", "b'1'")),
        "flag_off": ("boolean", "false", Cell("bit(1)", "b'0'")),
        "bits": ("integer", "5", Cell("bit(5)", "b'101'", "{}+0")),
        "bits_raw": ("bytes", '"BQ=="', Cell("bit(5)", "b'101'")),
        "mood": ("text", '"glad"', Cell("enum('sad','glad')", "'glad'")),
        "set": ("text", '"x,y"', Cell("set('x','y')", "'x,y'")),
        "year": ("integer", "2026", Cell("year", "2026")),
        "euckr": ("text", '"똠방각하 한별"', Cell("varchar(40) CHARACTER SET euckr", "'똠방각하 한별'")),
        "mislabelled": ("text", '"한별 서울"', Cell("varchar(40) CHARACTER SET latin1", "x'C7D1BAB020BCADBFEF'",
                                                "CONVERT(CONVERT(BINARY {} USING euckr) USING utf8mb4)")),
    },
    "sl": {
        "exact_in_real": ("decimal", '"1234567890123460"', Cell("decimal(18,2)", "1234567890123456.78")),
        "letter": ("boolean", "true", Cell("boolean", "'t'")),
        "untyped": ("text", '"42"', Cell("", "42")),
        "bytes_as_text": ("text", "\"X'00FF10'\"", Cell("blob", "x'00ff10'")),
    },
}

DATABASES = ("pg", "my", "sl")
DIALECTS = {"pg": "postgresql", "my": "mariadb", "sl": "sqlite"}


def cases(database):
    """name -> (mapping type, JSON or BAD, cell) of one database."""
    place = 2 + DATABASES.index(database)
    found = {name: (case[0], case[1], case[place]) for name, case in SHARED.items()}
    return {**found, **OWN[database]}


def table(database):
    """Statements that make its table: row 1 with the values, row 2 with NULLs."""
    columns = cases(database)
    declared = ", ".join(f"{name}_ {cell.type}" for name, (_, _, cell) in columns.items())
    values = ", ".join(cell.value if cell.value is not None else "zeroblob(0)" for _, _, cell in columns.values())
    nulls = ", ".join("NULL" for _ in columns)
    return (f"DROP TABLE IF EXISTS types; CREATE TABLE types (member integer, {declared});\n"
            f"INSERT INTO types VALUES (1, {values});\nINSERT INTO types VALUES (2, {nulls});\n"
            f"DROP TABLE IF EXISTS huge; CREATE TABLE huge (member integer, words {LONG_TEXT[database]});\n")


LONG_TEXT = {"pg": "text", "my": "longtext", "sl": "text"}
HUGE = {"pg": "repeat('가', 3000000)", "my": "repeat('가', 3000000)",
        "sl": "replace(hex(zeroblob(3000000)), '00', '가')"}


def mapping(database):
    """The XML of one database's parts and fields."""
    columns = cases(database)
    select = ", ".join(f"{cell.select.format(name + '_')} AS {name}_" for name, (_, _, cell) in columns.items())
    head = 'rows="0..1" deadline="60s" cap="60s" ttl="0s" stale="0s"'
    lines = [f'<source name="{database}" connect="secret:{database}" dialect="{DIALECTS[database]}" zone="{ZONE}" pool="2"/>',
             f'<part name="{database}" source="{database}" {head}>',
             f'  <query by="member">SELECT member, {select} FROM types WHERE member IN (:member...)</query>',
             '  <column name="member" type="integer" gives="member" proves="member"/>']
    lines += [f'  <column name="{name}_" type="{type_}"/>' for name, (type_, _, _) in columns.items()]
    lines += ["</part>", f'<part name="{database}_huge" source="{database}" {head}>',
              '  <query by="member">SELECT member, words FROM huge WHERE member IN (:member...)</query>',
              '  <column name="member" type="integer" proves="member"/>', '  <column name="words" type="text"/>', "</part>",
              f'<field path="{database}.huge" class="open"><from part="{database}_huge" column="words"/></field>']
    lines += [f'<field path="{database}.{name}" class="open"><from part="{database}" column="{name}_"/></field>'
              for name in columns]
    lines.append(f'<view name="{database}" by="member" budget="120s">')
    lines += [f'  <use path="{database}.{name}"/>' for name in columns] + ["</view>"]
    lines.append(f'<view name="{database}_huge" by="member" budget="120s"><use path="{database}.huge"/></view>')
    return '<mapping xmlns="urn:federator:mapping:1">\n' + "\n".join(lines) + "\n</mapping>\n"


# A database whose own character set is EUC-KR; it cannot hold what KS X 1001 lacks, such as 똠.
EUC_KR = "한별 서울 가각간"
EUC_KR_MAPPING = f"""<mapping xmlns="urn:federator:mapping:1">
  <source name="euc" connect="secret:euc" dialect="postgresql" zone="{ZONE}" pool="2"/>
  <part name="euc" source="euc" rows="0..1" deadline="60s" cap="60s" ttl="0s" stale="0s">
    <query by="member">SELECT member, words FROM euc WHERE member IN (:member...) AND words LIKE '한%'</query>
    <column name="member" type="integer" gives="member" proves="member"/>
    <column name="words" type="text"/>
  </part>
  <field path="euc.words" class="open"><from part="euc" column="words"/></field>
  <view name="euc" by="member" budget="120s"><use path="euc.words"/></view>
</mapping>
"""

COMMON = """<mapping xmlns="urn:federator:mapping:1">
  <key name="member" role="identity" type="integer"/>
  <class name="open"/>
  <policy role="agent" purpose="service"><show class="open"/></policy>
</mapping>
"""


class Number(str):
    """A JSON number as it was written."""


def read_json(text_):
    """JSON with numbers as their digits and members in their order."""
    return json.loads(text_, parse_int=Number, parse_float=Number, object_pairs_hook=lambda pairs: pairs)


def xml_of(type_, expected):
    """What an XML element holds for the JSON text; None: nil."""
    value = json.loads(expected)
    if value is None:
        return None
    return value if isinstance(value, str) and type_ != "json" else expected


class TypesTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = Servers(os.path.join(cls.scratch, "servers"), ("pg", "mariadb")).start()
        cls.addClassCleanup(cls.servers.stop)
        cls.map = os.path.join(cls.scratch, "mapping")
        os.makedirs(os.path.join(cls.map, "secrets"), mode=0o700)
        cls.write("common.xml", COMMON)
        for database in DATABASES:
            cls.write(database + ".xml", mapping(database))
        cls.servers.pg.sql("CREATE TYPE mood AS ENUM ('sad', 'glad');" + table("pg") +
                           f"INSERT INTO huge VALUES (1, {HUGE['pg']});")
        cls.servers.mariadb.sql("SET sql_mode='', max_statement_time=0;" + table("my") +
                                f"INSERT INTO huge VALUES (1, {HUGE['my']});")
        cls.servers.pg.sql("CREATE DATABASE euc ENCODING 'EUC_KR' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;")
        cls.servers.pg.sql("SET client_encoding = 'UTF8'; CREATE TABLE euc (member integer, words varchar(40));"
                           f"INSERT INTO euc VALUES (1, '{EUC_KR}');", database="euc")
        cls.write("euc.xml", EUC_KR_MAPPING)
        cls.secret("euc", cls.servers.env["FED_TEST_PG"].replace("Database=fed", "Database=euc"))
        path = os.path.join(cls.scratch, "types.db")
        with sqlite3.connect(path) as db:
            db.executescript(table("sl") + f"INSERT INTO huge VALUES (1, {HUGE['sl']});")
            db.execute("UPDATE types SET binary_long_ = ? WHERE member = 1", (b"\xab" * 1_200_000,))
        db.close()
        cls.secret("pg", cls.servers.env["FED_TEST_PG"])
        cls.secret("my", cls.servers.env["FED_TEST_MARIADB"])
        cls.secret("sl", sqlite_connect(path))

    @classmethod
    def write(cls, name, content):
        with open(os.path.join(cls.map, name), "w") as f:
            f.write(content)
        os.chmod(os.path.join(cls.map, name), 0o600)

    @classmethod
    def secret(cls, name, content):
        cls.write(os.path.join("secrets", name), content + "\n")

    def get(self, view, member, *options):
        return federator("get", "--map", self.map, "--by", f"member={member}", "--view", view, *options,
                         check=False).stdout

    def check_values(self, database):
        answer = dict(read_json(self.get(database, 1)))
        found = dict(dict(answer["customer"]).get(database, []))
        part = dict(dict(answer["parts"])[database])
        for name, (_, expected, _) in cases(database).items():
            with self.subTest(database=database, column=name):
                if expected is BAD:
                    self.assertNotIn(name, found)
                    self.assertIn(f"{name}_", json.dumps(part["warnings"]))
                else:
                    self.assertIn(name, found)
                    self.assertTrue(found[name] == read_json(expected), f"{str(found[name])[:200]}")
        bad = sum(expected is BAD for _, expected, _ in cases(database).values())
        self.assertEqual(len(part["warnings"]), bad)

    def check_xml(self, database):
        root = ET.fromstring(self.get(database, 1, "--xml").encode())
        found = root.find(f"{VIEW}customer/{VIEW}{database}")
        for name, (type_, expected, _) in cases(database).items():
            with self.subTest(database=database, column=name, format="xml"):
                element = found.find(VIEW + name)
                if expected is BAD:
                    self.assertIsNone(element)
                elif xml_of(type_, expected) is None:
                    self.assertEqual(element.get(NIL), "true")
                else:
                    self.assertIsNone(element.get(NIL))
                    self.assertTrue((element.text or "") == xml_of(type_, expected), (element.text or "")[:200])

    def check_nulls(self, database):
        answer = json.loads(self.get(database, 2))
        self.assertEqual(answer["customer"][database], dict.fromkeys(cases(database)))
        self.assertNotIn("warnings", answer["parts"][database])
        xml = self.get(database, 2, "--xml")
        self.assertEqual(xml.count('xsi:nil="true"'), len(cases(database)))

    def check_schemas(self, database):
        schema = json.loads(federator("schema", "--map", self.map, "--view", database).stdout)
        directory = os.path.join(self.scratch, "schema-" + database)
        os.mkdir(directory)
        for name, flags in (("view.xsd", ("--xsd", "--view", database)), ("provenance.xsd", ("--provenance-xsd",))):
            with open(os.path.join(directory, name), "w") as f:
                f.write(federator("schema", "--map", self.map, *flags).stdout)
        for member in (1, 2):
            jsonschema.validate(json.loads(self.get(database, member)), schema, jsonschema.Draft202012Validator)
            checked = subprocess.run(["xmllint", "--huge", "--nonet", "--noout", "--schema",
                                      os.path.join(directory, "view.xsd"), "-"],
                                     input=self.get(database, member, "--xml"), capture_output=True, text=True)
            self.assertEqual(checked.returncode, 0, checked.stderr[:2000])

    def check_huge(self, database):
        answer = json.loads(self.get(database + "_huge", 1))
        self.assertEqual(answer["parts"][database + "_huge"]["reason"], "too_large")
        self.assertNotIn("huge", answer["customer"].get(database, {}))

    def check_all(self, database):
        self.check_values(database)
        self.check_xml(database)
        self.check_nulls(database)
        self.check_schemas(database)
        self.check_huge(database)

    def test_postgresql(self):
        self.check_all("pg")

    def test_mariadb(self):
        self.check_all("my")

    def test_sqlite(self):
        self.check_all("sl")

    def test_postgresql_in_euc_kr(self):
        self.assertEqual(json.loads(self.get("euc", 1))["customer"]["euc"]["words"], EUC_KR)
        self.assertIn(f"<words>{EUC_KR}</words>", self.get("euc", 1, "--xml"))


if __name__ == "__main__":
    unittest.main()
