"""The shop with the log of its web site: the tables of weblog/store.sql in SQLite, PostgreSQL or MariaDB, and what
some visitors did."""
import datetime
import os
import re
import sqlite3

from servers import ROOT
from shop import Shop, literal, sqlite_connect

MAPPING = """<mapping xmlns="urn:federator:mapping:1">
  <source name="events" connect="secret:events" dialect="{dialect}" zone="UTC" pool="2"/>
  <class name="web" mask="all"/>
  <policy role="agent" purpose="web"><show class="open person web"/></policy>
  <policy role="agent" purpose="masked"><show class="open"/><mask class="web"/></policy>
  <policy role="agent" purpose="tier"><show class="web"/></policy>
  <view name="escort" by="member" budget="20s" shape="flat">
    <use path="name" as="Name" default=""/>
    <use path="tier" as="Tier" default="NONE"/>
  </view>
  <weblog name="shop" store="events" writer="secret:events" class="web" zone="Asia/Seoul" live="escort">
    <file path="/var/log/shop.log"/>
    <page kind="product" path="/goods/{{product}}"/>
    <evidence name="login" gives="member" from="cookie:mb" confidence="100"/>
    <evidence name="thanks" gives="order" from="parameter:no" confidence="90"/>
  </weblog>
</mapping>
"""

# The words of weblog/store.sql, as weblog/store_schema.c has them.
MARIADB_OPTIONS = " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"
WORDS = {
    "sqlite": {"text": "TEXT", "int": "INTEGER", "big": "INTEGER", "time": "TEXT", "serial": "INTEGER PRIMARY KEY", "options": "",
               "keyed": " WITHOUT ROWID", "event_key": "", "event_options": "", "of_searches": " WHERE terms IS NOT NULL",
               "view": "CREATE VIEW"},
    "postgresql": {"text": "varchar(#)", "int": "integer", "big": "bigint", "time": "timestamp(3)", "serial": "bigserial",
                   "options": "", "keyed": "", "event_key": ", PRIMARY KEY (id)", "event_options": "",
                   "of_searches": " WHERE terms IS NOT NULL", "view": "CREATE VIEW"},
    "mariadb": {"text": "varchar(#)", "int": "int", "big": "bigint", "time": "datetime(3)",
                "serial": "bigint NOT NULL AUTO_INCREMENT", "options": MARIADB_OPTIONS, "keyed": "",
                "event_key": ", PRIMARY KEY (id)", "event_options": MARIADB_OPTIONS, "of_searches": "", "view": "CREATE VIEW"}}
UTC = datetime.timezone.utc
DAY = datetime.datetime(2026, 11, 20, 1, 0, 0, tzinfo=UTC)  # 10:00 in Seoul


def stamp(at):
    """A moment as the store has it."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03d}"


def ago(seconds):
    return datetime.datetime.now(UTC) - datetime.timedelta(seconds=seconds)


def after(minutes, day=DAY):
    return day + datetime.timedelta(minutes=minutes)


class WebShop(Shop):
    """`store` one of the dialects; with `servers` for those that need one."""

    def __init__(self, directory, store="sqlite", servers=None):
        super().__init__(directory)
        self.store, self.servers = store, servers
        self.path = os.path.join(self.directory, "events.db")
        self.ids = 0
        self.held = None  # statements that are to be run together
        self.write_file("weblog.xml", MAPPING.format(dialect=store))
        secret = {"postgresql": "FED_TEST_PG", "mariadb": "FED_TEST_MARIADB"}
        self.write_secret("events", servers.env[secret[store]] if store in secret else sqlite_connect(self.path))
        self.make()

    def run(self, *statements):
        if self.held is not None:
            self.held += statements
            return
        text = ";\n".join(statements) + ";\n"
        if self.store == "sqlite":
            db = sqlite3.connect(self.path, timeout=20)
            with db:
                db.executescript(text)
            db.close()
        else:
            server = self.servers.pg if self.store == "postgresql" else self.servers.mariadb
            server.sql(text)

    def make(self):
        """The tables, empty."""
        with open(os.path.join(ROOT, "weblog", "store.sql")) as f:
            text = re.sub(r"--.*\n", "", f.read())
        for kind, name in re.findall(r"({view}|CREATE TABLE IF NOT EXISTS) (\w+)", text)[::-1]:
            self.run(f"DROP {'VIEW' if kind == '{view}' else 'TABLE'} IF EXISTS {name}")
        self.run(re.sub(r"{(\w+)(?::(\d+))?}", lambda m: WORDS[self.store][m[1]].replace("#", m[2] or ""), text).rstrip("\n;"))
        self.put("web_agent", id=1, agent="Mozilla/5.0 Phone", device="mobile", is_bot=0)
        self.put("web_agent", id=2, agent="Crawler/1", device="bot", is_bot=1)

    def put(self, table, **row):
        values = ", ".join("NULL" if v is None else literal(stamp(v) if isinstance(v, datetime.datetime) else v)
                           for v in row.values())
        self.run(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})")

    def event(self, at, visitor, session, path, log="shop", **more):
        self.ids += 1
        row = {"kind": "search" if "terms" in more else "product" if "product" in more else "page", "method": "GET",
               "status": 200, "result": "done", "agent": 1, **more}
        self.put("web_event", id=self.ids, log=log, at=at, visitor=visitor, session=session, path=path, **row)

    def session(self, visitor, session, events, log="shop", agent=1):
        """`events`: (moment, path, more) in their order."""
        for at, path, more in events:
            self.event(at, visitor, session, path, log=log, agent=agent, **more)
        self.put("web_session", session=session, log=log, visitor=visitor, started_at=events[0][0],
                 last_at=events[-1][0], events=len(events), searches=sum("terms" in more for _, _, more in events),
                 failures=0, entry_path=events[0][1], last_path=events[-1][1], client="10.1.2.0", agent=agent)

    def goes_on(self, session, at, path):
        self.run(f"UPDATE web_session SET last_at = {literal(stamp(at))}, last_path = {literal(path)},"
                 f" events = events + 1 WHERE session = '{session}'")

    def evidence(self, visitor, session, value, at, key="member", name="login"):
        self.put("web_evidence", visitor=visitor, session=session, key_name=key, value=value, evidence=name,
                 confidence=100, first_at=at, last_at=at)

    def link(self, visitor, value, first, key="member"):
        self.put("web_link", visitor=visitor, key_name=key, value=value, confidence=100, first_at=first, last_at=first,
                 since=first - datetime.timedelta(days=30))

    def fill_again(self):
        """As it was before."""
        self.held = []
        self.make()
        self.fill()

    def fill(self):
        """Days of November, so that nobody is on the site now."""
        m = after
        self.held = self.held or []
        self.session("v1", "a000000000000001", [(m(0), "/", {}), (m(1), "/search", {"terms": "shoes", "hits": 3}),
                                                (m(2), "/goods/17", {"product": "17"}), (m(3), "/checkout", {}),
                                                (m(3), "/checkout/pay", {"status": 500, "result": "failed"})])
        self.session("v1", "a000000000000000", [(m(0) - datetime.timedelta(days=40), "/", {})])
        self.session("v1", "a000000000000002", [(m(300), "/100%_sale", {}), (m(301), "/search", {"terms": "반품", "hits": 0})])
        self.evidence("v1", "a000000000000001", "7", m(3))
        self.link("v1", "7", m(3))
        self.evidence("v1", "a000000000000001", "A00000070", m(3), key="order", name="thanks")
        self.link("v1", "A00000070", m(3), key="order")
        self.session("v2", "b000000000000001", [(m(10), "/100x-sale", {})])
        self.session("v2", "b000000000000002", [(m(60), "/", {}), (m(61), "/search", {"terms": "hat"})])
        self.session("v2", "b000000000000003", [(m(120), "/", {})])
        for session, value, at in (("b000000000000001", "8", m(10)), ("b000000000000002", "9", m(60))):
            self.evidence("v2", session, value, at)
            self.link("v2", value, at)
        self.session("v3", "c000000000000001", [(m(20), "/search", {"terms": "shoes", "hits": 3}),
                                                (m(21), "/search", {"terms": "shoes", "hits": 3}),
                                                (m(22), "/search", {"terms": "hat"}), (m(23), "/goods/3", {"product": "3"})])
        self.session("bot", "d000000000000001", [(m(30), "/search", {"terms": "shoes", "hits": 0})], agent=2)
        self.session("v9", "e000000000000001", [(m(40), "/search", {"terms": "other log"})], log="elsewhere")
        statements, self.held = self.held, None
        self.run(*statements)
        return self
