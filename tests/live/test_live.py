#!/usr/bin/env python3
"""check --live: what is wrong between a mapping and its databases is told with its place, for every source that can be
reached, whichever others cannot."""
import json
import os
import re
import sqlite3
import threading
import unittest
from xml.sax.saxutils import escape

from bank import Bank, Rows
from servers import ROOT, Servers
from shop import be_patient, sqlite_connect
from support import LiveTest, federator

LARGE = 20000  # rows; up to 10,000 a table is not worth a word
RAISES = {"postgresql": """
CREATE FUNCTION shout(v varchar) RETURNS varchar LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'about % here', v; END $$;
""", "mariadb": """
DELIMITER //
CREATE FUNCTION shout(v varchar(40)) RETURNS varchar(40) NO SQL BEGIN
  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = v;
  RETURN v;
END //
DELIMITER ;
GRANT EXECUTE ON FUNCTION shout TO app@'127.0.0.1';
"""}
TABLES = """
CREATE TABLE people (id bigint PRIMARY KEY, no varchar(12), name varchar(40), at {timestamp}, born date, score decimal(8,2),
                     raw {bytes}, flag {boolean}, clock time);
INSERT INTO people (id, no, name) VALUES (1, 'K-1', 'value-of-a-customer');
CREATE TABLE large (id bigint PRIMARY KEY, no varchar(12), tel varchar(20));
CREATE INDEX large_tel ON large (tel);
CREATE TABLE tiny (id smallint, v varchar(9));
INSERT INTO tiny VALUES (1, 'x'), (2, 'y');
"""
FILL = "INSERT INTO large SELECT {n}, concat('N', {n}), concat('010', {n}) FROM {numbers};"
COLUMNS = '<column name="id" type="integer" gives="member" proves="member"/>'
GREEN = "SELECT id, name FROM people WHERE id IN (:member...)"
SLEEP = "SELECT 1 AS id, CAST(pg_sleep(60) AS text) AS name WHERE 1 <> :member"
NAME = '<column name="name" type="text"/>'

shown = set()  # codes that some test has seen


def column(name, kind="text"):
    return f'<column name="{name}" type="{kind}"/>'


class Mapping:
    """A directory with one part for each query. `sources`: name -> (dialect, connection string, zone)."""

    def __init__(self, directory, sources):
        self.directory = directory
        os.makedirs(os.path.join(directory, "secrets"), mode=0o700)
        self.parts = 0
        self.write("base.xml", '<key name="member" role="identity" type="integer"/><class name="open"/>'
                   '<policy role="agent" purpose="service"><show class="open"/></policy>')
        declared = []
        for name, (dialect, connect, zone) in sources.items():
            declared.append(f'<source name="{name}" connect="secret:{name}" dialect="{dialect}" zone="{zone}" pool="1"/>')
            if connect:
                self.secret(name, connect)
        self.write("sources.xml", "\n".join(declared))

    def secret(self, name, connect):
        with open(os.open(os.path.join(self.directory, "secrets", name), os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.write(connect + "\n")

    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as f:
            f.write(f'<mapping xmlns="urn:federator:mapping:1">\n{text}\n</mapping>\n')

    def add(self, source, sql, columns=NAME, times='deadline="20s"'):
        """One more part with a view that shows its columns."""
        self.parts += 1
        n, names = self.parts, re.findall(r'column name="(\w+)"', columns)
        fields = "".join(f'<list path="l{n}{name}" class="open" parts="p{n}" limit="9"><field path="{name}"/></list>'
                         for name in names)
        uses = "".join(f'<use path="l{n}{name}"/>' for name in names) or f'<use part="p{n}"/>'
        self.write(f"p{n}.xml", f'<part name="p{n}" source="{source}" rows="0..5" {times} ttl="1s" stale="0s">\n'
                   f'<query by="member">{escape(sql)}</query>\n{COLUMNS}{columns}</part>\n{fields}'
                   f'<view name="v{n}" by="member" budget="300s">{uses}</view>')
        return self

    def check(self, *options):
        return federator("check", "--live", *options, self.directory, check=False)

    def findings(self, code=None):
        """(exit code, findings as JSON has them), each with the text it points at."""
        done = self.check("--format", "json")
        self.said = done.stderr
        found = [f for f in json.loads(done.stdout) if f["code"].startswith("M08")]
        for finding in found:
            shown.add(finding["code"])
            with open(finding["file"], encoding="utf-8") as f:
                line = f.read().split("\n")[finding["line"] - 1].encode()
            finding["at"] = line[finding["column"] - 1:][:finding["length"]].decode()
        return done.returncode, [f for f in found if code in (None, f["code"])]


class LiveCheckTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = Servers(os.path.join(cls.scratch, "servers"), ("pg", "mariadb")).start()
        cls.addClassCleanup(cls.servers.stop)
        cls.servers.pg.sql(TABLES.format(timestamp="timestamp", bytes="bytea", boolean="boolean")
                           + FILL.format(n="g", numbers=f"generate_series(1, {LARGE}) g")
                           + "CREATE ROLE narrow LOGIN PASSWORD 'narrow'; GRANT SELECT ON people, large TO narrow;"
                           "CREATE SEQUENCE numbers;")
        cls.servers.mariadb.sql(TABLES.format(timestamp="datetime", bytes="varbinary(20)", boolean="boolean")
                                + FILL.format(n="seq", numbers=f"seq_1_to_{LARGE}")
                                + "CREATE DATABASE hidden; CREATE TABLE hidden.people (id bigint, name varchar(9));"
                                "CREATE SEQUENCE numbers; ANALYZE TABLE large;")
        cls.file = os.path.join(cls.scratch, "people.db")
        with sqlite3.connect(cls.file) as db:
            db.executescript(TABLES.format(timestamp="timestamp", bytes="blob", boolean="boolean"))
            db.executemany("INSERT INTO large VALUES (?, ?, ?)", ((n, f"N{n}", f"010{n}") for n in range(LARGE)))
        db.close()
        env = cls.servers.env
        cls.dialects = {"postgresql": env["FED_TEST_PG"], "mariadb": env["FED_TEST_MARIADB"],
                        "sqlite": sqlite_connect(cls.file)}

    def mapping(self, *dialects, zone="Asia/Seoul", **connects):
        """Sources named by their dialects; `connects` replaces connection strings."""
        sources = {name: (name, connects.get(name, self.dialects[name]), zone) for name in dialects or self.dialects}
        return Mapping(os.path.join(self.fresh(), "map"), sources)

    def told(self, dialect, sql, columns=NAME, **more):
        """The findings of one query, as (code, what it points at)."""
        self.code, self.found = self.mapping(dialect, **more).add(dialect, sql, columns).findings()
        return [(f["code"], f["at"]) for f in self.found]

    def test_nothing_to_tell(self):
        mapping = self.mapping()
        for dialect in self.dialects:
            mapping.add(dialect, GREEN)
            mapping.add(dialect, "SELECT id, no, name, at, born, score, raw, flag, clock FROM people WHERE id IN (:member...)",
                        "".join((column("no"), NAME, column("at", "timestamp"), column("born", "date"),
                                 column("score", "decimal"), column("raw", "bytes"), column("flag", "boolean"),
                                 column("clock", "time"))))
            mapping.add(dialect, "SELECT id, id + 1 AS n, score AS s, 'x' AS w, NULL AS gap FROM people WHERE id = :member",
                        column("n") + column("s", "integer") + column("w") + column("gap"))
        done = mapping.check()
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertIn("asked live: sources: 3 of 3, queries: 9\n", done.stderr)
        self.assertIn("warnings: 0\n", done.stderr)

    def test_a_column_that_was_dropped(self):
        for dialect in self.dialects:
            with self.subTest(dialect=dialect):
                self.assertEqual(self.told(dialect, "SELECT id,\n gone_column AS name FROM people WHERE id IN (:member...)"),
                                 [("M0811", "gone_column")])
                self.assertEqual((self.code, self.found[0]["line"]), (1, 4))
                self.assertIn("gone_column", self.found[0]["text"])

    def test_a_column_of_another_name(self):
        for dialect in self.dialects:
            with self.subTest(dialect=dialect):
                self.assertEqual(self.told(dialect, "SELECT id, name AS nane FROM people WHERE id IN (:member...)"),
                                 [("M0815", "column")])
                self.assertIn("did you mean `nane`?", self.found[0]["help"])
                self.assertEqual(self.told(dialect, "SELECT id, name, no AS name FROM people WHERE id IN (:member...)"),
                                 [("M0816", "column")])

    def test_a_table_that_is_not_there(self):
        for dialect in self.dialects:
            with self.subTest(dialect=dialect):
                self.assertEqual(self.told(dialect, "SELECT c.id, c.name FROM gone_table c WHERE c.id IN (:member...)"),
                                 [("M0811", "gone_table")])

    def test_mistakes_that_drivers_let_pass_a_prepare(self):
        for dialect in self.dialects:
            with self.subTest(dialect=dialect):
                for sql, at in (("SELECT id, name FRM people WHERE id IN (:member...)", dict.fromkeys(self.dialects, "people")),
                                ("SELECT id, name FROM people WHERE id IN (:member...) AND = 1", dict.fromkeys(self.dialects, "=")),
                                ("SELECT id, name FROM people WHERE id IN (:member...) AND",
                                 dict.fromkeys(self.dialects, "D"))):
                    self.assertEqual(self.told(dialect, sql), [("M0811", at[dialect])], self.found)

    def test_a_function_that_is_not_there(self):
        for dialect in self.dialects:
            with self.subTest(dialect=dialect):
                self.assertEqual(self.told(dialect, "SELECT id, gone_function(name) AS name FROM people WHERE id IN (:member...)"),
                                 [("M0811", "gone_function")])

    def test_a_right_that_is_missing(self):
        narrow = self.servers.env["FED_TEST_PG"].replace("UID=app;PWD={app}", "UID=narrow;PWD={narrow}")
        self.assertEqual(self.told("postgresql", "SELECT id, v AS name FROM tiny WHERE id IN (:member...)", postgresql=narrow),
                         [("M0811", "tiny")])
        self.assertIn("permission denied", self.found[0]["text"])
        self.assertEqual(self.told("mariadb", "SELECT id, name FROM hidden.people WHERE id IN (:member...)"),
                         [("M0811", "hidden")])
        self.assertIn("denied", self.found[0]["text"])

    def test_what_a_function_says_is_not_told(self):
        for dialect, server in (("postgresql", self.servers.pg), ("mariadb", self.servers.mariadb)):
            with self.subTest(dialect=dialect):
                server.sql(RAISES[dialect])
                told = self.told(dialect, "SELECT id, shout(name) AS name FROM people WHERE id IN (1, :member...)")
                self.assertEqual([code for code, _ in told], ["M0811"])
                self.assertIn("raised an error of its own", self.found[0]["text"])
                self.assertNotIn("value-of-a-customer", json.dumps(self.found))

    def test_a_query_that_writes(self):
        env = self.servers.env
        writes = {"postgresql": ("SELECT nextval('numbers')::text AS name, id FROM people WHERE id IN (:member...) OR 1 = 1",
                                 env["FED_TEST_PG_ADMIN"]),
                  "mariadb": ("SELECT NEXTVAL(numbers) AS name, id FROM people WHERE id IN (:member...) OR 1 = 1",
                              env["FED_TEST_MARIADB_ADMIN"])}
        for dialect, (sql, connect) in writes.items():
            with self.subTest(dialect=dialect):
                told = self.told(dialect, sql, **{dialect: connect})
                self.assertEqual([code for code, _ in told], ["M0812"], self.found)
        self.assertEqual(self.servers.pg.sql("SELECT last_value, is_called FROM numbers"), "1|f\n")

    def test_a_query_without_a_result(self):
        self.assertEqual(self.told("postgresql", "SELECT FROM people WHERE id IN (:member...)"), [("M0813", "query")])

    def test_a_query_that_takes_too_long(self):
        for dialect, sql in (("postgresql", SLEEP),
                             ("mariadb", "SELECT 1 AS id, SLEEP(60) AS name FROM tiny WHERE 1 <> :member")):
            mapping = self.mapping(dialect)
            mapping.add(dialect, sql, times='deadline="100ms" cap="200ms"').add(dialect, GREEN)
            code, found = mapping.findings()
            self.assertEqual((code, [(f["code"], f["at"]) for f in found]), (1, [("M0814", "query")]), found)

    def test_types(self):
        cases = (("name", "timestamp", "M0818"), ("name", "integer", "M0818"), ("name", "date", "M0818"),
                 ("at", "date", "M0818"), ("born", "timestamp", None), ("at", "integer", "M0817"), ("at", "time", "M0817"),
                 ("score", "timestamp", "M0817"), ("score", "uuid", "M0817"), ("score", "text", None),
                 ("clock", "date", "M0817"), ("raw", "text", "M0818"), ("raw", "integer", "M0817"), ("id", "bytes", "M0818"),
                 ("born", "boolean", "M0817"), ("flag", "integer", None), ("name", "uuid", None), ("name", "json", None))
        for dialect in self.dialects:
            with self.subTest(dialect=dialect):
                mapping = self.mapping(dialect)
                for place, (name, kind, _) in enumerate(cases):
                    mapping.add(dialect, f"SELECT id, {name} AS c{place} FROM people WHERE id IN (:member...)",
                                column(f"c{place}", kind))
                code, found = mapping.findings()
                self.assertTrue(all("column `c" in f["text"] for f in found), found)
                by_column = {re.search(r"`c(\d+)`", f["text"]).group(1): f["code"] for f in found}
                loose = dialect == "sqlite"  # declared only, and texts are what dates are kept in
                wanted = {str(place): "M0818" if loose else kind for place, (name, _, kind) in enumerate(cases)
                          if kind and not (loose and name in ("name", "score"))}
                self.assertEqual(by_column, wanted)
                self.assertEqual(code, 0 if loose else 1)
                self.assertEqual({f["at"] for f in found}, {"column"})
                self.assertTrue(all(f["help"] for f in found))

    def test_a_type_is_told_once_for_all_queries_of_a_part(self):
        mapping = self.mapping("postgresql")
        sql = "SELECT id, no, at AS name FROM people WHERE {} IN (:{}...)"
        mapping.add("postgresql", sql.format("id", "member"), '<column name="no" type="text" proves="no"/>'
                    + column("name", "integer"))
        with open(os.path.join(mapping.directory, "p1.xml"), encoding="utf-8") as f:
            text = f.read()
        with open(os.path.join(mapping.directory, "p1.xml"), "w", encoding="utf-8") as f:
            f.write(text.replace("<part", '<key name="no" role="shared" type="text"/><part', 1)
                    .replace("</query>", f'</query><query by="no">{sql.format("no", "no")}</query>', 1))
        code, found = mapping.findings()
        self.assertIn("queries: 2", mapping.said)
        self.assertEqual((code, [f["code"] for f in found]), (1, ["M0817"]), found)

    def test_large_tables_are_read_by_an_index(self):
        for dialect in self.dialects:
            with self.subTest(dialect=dialect):
                whole = {"no": "SELECT id, tel AS name FROM large WHERE no IN ('N1', 'N2') AND id + 0 IN (:member...)",
                         "join": "SELECT c.id, t.tel AS name FROM people c JOIN large t ON t.no = c.no WHERE c.id IN (1, :member...)",
                         "inner": "SELECT id, name FROM (SELECT b.id, b.no AS name, ROW_NUMBER() OVER (PARTITION BY b.no ORDER BY"
                                  " b.tel) AS rn FROM large b WHERE b.no IN ('x', :member...)) x WHERE rn <= 3"}
                for name, sql in whole.items():
                    told = self.told(dialect, sql)
                    self.assertEqual([code for code, _ in told], ["M0819"], (name, self.found))
                    self.assertIn(told[0][1], ("large", "t", "b"))
                    self.assertEqual(self.code, 0)
                for sql in ("SELECT id, no AS name FROM large WHERE id IN (:member...)",
                            "SELECT id, no AS name FROM large WHERE tel IN ('x', :member...)",
                            "SELECT c.id, t.no AS name FROM people c JOIN large t ON t.id = c.id WHERE c.id IN (:member...)",
                            "SELECT id, v AS name FROM tiny WHERE id + 0 IN (:member...)"):
                    self.assertEqual(self.told(dialect, sql), [], self.found)

    def test_partitions_that_nobody_s_key_falls_into(self):
        sql = "SELECT id, no AS name FROM parted WHERE id IN (:member...)"
        self.servers.pg.sql(f"""
CREATE TABLE parted (id bigint, no varchar(12)) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO ({LARGE});
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM ({LARGE}) TO ({2 * LARGE});
INSERT INTO parted SELECT g, 'N' FROM generate_series(0, {2 * LARGE - 1}) g;""")
        self.assertEqual(self.told("postgresql", sql), [("M0819", "query")], self.found)
        self.assertIn("parted_1", self.found[0]["text"])
        self.servers.pg.sql("CREATE INDEX parted_id ON parted (id)")
        self.assertEqual(self.told("postgresql", sql), [], self.found)

    def test_a_key_of_a_small_integer(self):
        for dialect in self.dialects:
            with self.subTest(dialect=dialect):
                self.assertEqual(self.told(dialect, "SELECT id, v AS name FROM tiny WHERE id IN (:member...)"), [], self.found)

    def test_a_key_of_a_column_with_few_values(self):
        self.servers.pg.sql("CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE moods (mood mood PRIMARY KEY, id bigint,"
                            " u uuid); CREATE INDEX ON moods (u);")
        mapping = self.mapping("postgresql")
        mapping.write("mood.xml", """<key name="mood" role="unique" type="lower"/>
            <part name="mood" source="postgresql" rows="0..1" deadline="20s" ttl="1s" stale="0s" find-only="true">
            <query by="mood">SELECT mood, id FROM moods WHERE mood IN (:mood...)</query>
            <column name="mood" type="text" proves="mood"/><column name="id" type="integer" gives="member"/></part>""")
        mapping.add("postgresql", GREEN)
        self.assertEqual(mapping.findings(), (0, []))
        self.assertEqual(self.told("postgresql", "SELECT id, id AS name FROM moods WHERE u IN (:member...)"),
                         [("M0811", "query")], "an integer is never a UUID")
        self.assertIn("invalid input syntax for type uuid", self.found[0]["text"])

    def test_no_value_of_a_customer_is_printed(self):
        sql = "SELECT id, name FROM people WHERE CAST(name AS integer) = 1 OR id IN (:member...)"
        mapping = self.mapping("postgresql").add("postgresql", sql)
        self.assertEqual([f["code"] for f in mapping.findings()[1]], ["M0811"])
        for options in ((), ("--format", "gcc"), ("--format", "json")):
            done = mapping.check(*options)
            self.assertIn("invalid input syntax", done.stdout)
            self.assertNotIn("value-of-a-customer", done.stdout + done.stderr)

    def test_what_a_session_lacks(self):
        told = self.told("mariadb", GREEN, zone="America/New_York")
        self.assertEqual((self.code, told), (0, [("M0805", "source")]))
        self.assertEqual(self.told("mariadb", GREEN, mariadb=self.dialects["mariadb"].replace("utf8mb4", "latin1")),
                         [("M0806", "source")])
        for mode, words in ("disable", "without TLS"), ("require", "not which server"):
            away = self.dialects["postgresql"].replace("Server=127.0.0.1", "Server=127.0.0.1,127.0.0.1")  # not only this one
            self.assertEqual(self.told("postgresql", GREEN, postgresql=away.replace("sslmode=disable", "sslmode=" + mode)),
                             [("M0807", "source")])
            self.assertIn(words, self.found[0]["text"])
        self.assertEqual(self.told("mariadb", GREEN, mariadb=self.dialects["sqlite"]), [("M0803", "source")])

    # ---- sources that are not there ----

    def test_a_source_that_is_not_reached_hides_no_other(self):
        env, away = self.servers.env, os.path.join(self.scratch, "away.db")
        wrong = {"down": ("postgresql", re.sub(r"Port=\d+", "Port=1", env["FED_TEST_PG"])),
                 "nofile": ("sqlite", sqlite_connect(away)), "nosecret": ("sqlite", None),
                 "malformed": ("mariadb", "Driver={MariaDB Unicode"), "nodriver": ("other", "Driver={none of that name}"),
                 "pgpass": ("postgresql", env["FED_TEST_PG"].replace("{app}", "{not this}")),
                 "mypass": ("mariadb", env["FED_TEST_MARIADB"].replace("{app}", "{not this}"))}
        sources = {name: (*told, "Asia/Seoul") for name, told in wrong.items()}
        sources["good"] = ("sqlite", self.dialects["sqlite"], "Asia/Seoul")
        mapping = Mapping(os.path.join(self.fresh(), "map"), sources)
        for name in sources:
            mapping.add(name, GREEN)
        mapping.add("good", "SELECT id, gone AS name FROM people WHERE id IN (:member...)")
        code, found = mapping.findings()
        self.assertEqual(code, 3)
        texts = {re.search(r"source `(\w+)`", f["text"]).group(1): f for f in found if f["code"] == "M0801"}
        self.assertEqual(set(texts), set(wrong))
        self.assertEqual([f["at"] for f in found if f["code"] == "M0811"], ["gone"])
        self.assertEqual(len(found), len(wrong) + 1)
        for name in ("pgpass", "mypass"):
            self.assertIn("(auth)", texts[name]["text"])
            self.assertIn("PWD", texts[name]["help"])
        self.assertIn("(refused)", texts["down"]["text"])
        self.assertIn("(refused)", texts["nofile"]["text"])
        self.assertIn("secrets/nosecret", texts["nosecret"]["text"])
        done = mapping.check("--format", "gcc")
        self.assertRegex(done.stdout, r"sources\.xml:2:2: error: source `down` cannot be reached \(refused\): .*\[M0801\]")
        self.assertIn("sources: 1 of 8, queries: 2\n", done.stderr)
        self.assertNotIn("not this", done.stdout + done.stderr)
        self.assertFalse(os.path.exists(away))

    def test_frozen_servers_hold_nothing_up(self):
        mapping = self.mapping()
        for dialect in self.dialects:
            mapping.add(dialect, "SELECT id, gone AS name FROM people WHERE id IN (:member...)")
        self.servers.pg.freeze()
        self.servers.mariadb.freeze()
        try:
            code, found = mapping.findings()
        finally:
            self.servers.pg.thaw()
            self.servers.mariadb.thaw()
        self.assertEqual(code, 3)
        self.assertEqual(sorted(f["code"] for f in found), ["M0801", "M0801", "M0811"], found)

    def test_a_source_that_freezes_under_a_query(self):
        """Like a driver that nothing can interrupt: it is left behind, and the others are asked anew."""
        path = os.path.join(self.fresh(), "fixture")
        with open(path, "w") as f:
            f.write("part p1\ncolumns id name\n\npart p2\nfrozen\n\npart p3\ncolumns id\n")
        mapping = Mapping(os.path.join(self.fresh(), "map"), {"fix": ("other", "fixture:" + path, "UTC"),
                                                             "sqlite": ("sqlite", self.dialects["sqlite"], "UTC")})
        for _ in range(3):
            mapping.add("fix", GREEN, times='deadline="50ms" cap="100ms"')
        mapping.add("sqlite", "SELECT id, gone AS name FROM people WHERE id IN (:member...)")
        code, found = mapping.findings()
        self.assertEqual(code, 1)
        self.assertEqual([(f["code"], os.path.basename(f["file"])) for f in found],
                         [("M0814", "p2.xml"), ("M0815", "p3.xml"), ("M0811", "p4.xml"), ("M0804", "sources.xml")])

    def test_a_source_that_is_lost_under_a_query(self):
        """While a query runs that is going to be given up, its user loses the right to connect."""
        self.servers.pg.sql("CREATE ROLE single LOGIN PASSWORD 'single'; GRANT SELECT ON people TO single;")
        connect = self.servers.env["FED_TEST_PG"].replace("UID=app;PWD={app}", "UID=single;PWD={single}")
        mapping = self.mapping("postgresql", "sqlite", postgresql=connect)
        mapping.add("postgresql", SLEEP, times='deadline="2s" cap="4s"').add("postgresql", GREEN)
        mapping.add("sqlite", "SELECT id, gone AS name FROM people WHERE id IN (:member...)")
        checked = threading.Event()

        def lock_out():
            asleep = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'single' AND wait_event = 'PgSleep'"
            while self.servers.pg.sql(asleep) == "0\n" and not checked.is_set():
                pass
            self.servers.pg.sql("ALTER ROLE single NOLOGIN")
        other = threading.Thread(target=lock_out)
        other.start()
        try:
            code, found = mapping.findings()
        finally:
            checked.set()
            other.join()
        self.assertEqual((code, [f["code"] for f in found]), (3, ["M0811", "M0802"]), found)
        self.assertIn("sources: 1 of 2, queries: 2\n", mapping.said)

    # ---- whole mappings ----

    def test_the_bank_on_three_databases(self):
        for servers in (None, self.servers):
            bank = Bank(os.path.join(self.fresh(), "bank"), Rows().of, servers)
            done = federator("check", "--live", bank.map)
            self.assertEqual(done.stdout, "")
            self.assertIn("sources: 3 of 3, queries: 16\n", done.stderr)

    def test_the_demo_in_files_and_on_servers(self):
        directory = os.path.join(self.fresh(), "demo")
        mapping = federator("demo", "--generate-only", "--dir", directory, "--customers", "300").stdout.strip()
        be_patient(mapping)
        done = federator("check", "--live", mapping)
        self.assertEqual(done.stdout, "")
        for database, dialect, server in (("callcenter", "postgresql", self.servers.pg),
                                          ("warehouse", "mariadb", self.servers.mariadb)):
            server.sql(federator("demo", "--sql", dialect, "--database", database, "--customers", "300").stdout)
            with open(os.path.join(mapping, "secrets", database), "w") as f:
                f.write(self.dialects[dialect] + "\n")
        with open(os.path.join(ROOT, "examples", "mall", "servers", "sources.xml"), encoding="utf-8") as f:
            sources = f.read()
        with open(os.path.join(mapping, "sources.xml"), "w", encoding="utf-8") as f:
            f.write(sources)
        done = federator("check", "--live", mapping)
        self.assertEqual(done.stdout, "")
        self.assertIn("sources: 3 of 3", done.stderr)

    # ---- the command ----

    def test_a_mapping_that_is_wrong_by_itself_is_not_asked(self):
        mapping = self.mapping("sqlite").add("sqlite", GREEN.replace(":member", ":memver"))
        done = mapping.check()
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("asked live", done.stderr)

    def test_a_secret_that_only_the_indexer_has_is_a_warning(self):
        mapping = self.mapping("sqlite", zone="UTC").add("sqlite", GREEN)
        mapping.write("weblog.xml", '<weblog name="shop" store="sqlite" writer="secret:web_writer" class="open">'
                      '<file path="/l"/></weblog>')
        code, found = mapping.findings()
        self.assertEqual([(f["code"], f["at"]) for f in found], [("M0820", "secret:web_writer")])
        self.assertEqual((code, found[0]["level"]), (0, "warning"))
        mapping.secret("web_writer", "Driver=x")
        self.assertEqual(mapping.findings(), (0, []))

    def test_options_say_where_secrets_are(self):
        mapping = self.mapping("sqlite").add("sqlite", GREEN)
        away = os.path.join(self.fresh(), "elsewhere")
        os.rename(os.path.join(mapping.directory, "secrets"), away)
        self.assertEqual(mapping.check().returncode, 3)
        self.assertEqual(mapping.check("--secrets", away).returncode, 0)
        config = os.path.join(self.fresh(), "federator.conf")
        with open(config, "w") as f:
            f.write(f"map = {mapping.directory}\nsecrets = {away}\n")
        self.assertEqual(federator("check", "--live", "--config", config).stdout, "")


class ZCodesTest(unittest.TestCase):
    def test_every_live_code_was_shown(self):
        """Last of all, by its name: the tests above have shown each of them."""
        with open(os.path.join(ROOT, "metadata", "codes.def")) as f:
            self.assertEqual(shown, set(re.findall(r"\b(M08\d\d),", f.read())))


if __name__ == "__main__":
    unittest.main()
