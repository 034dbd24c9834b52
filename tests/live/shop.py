"""A small shop for tests: one mapping, its data in three SQLite files or in PostgreSQL, MariaDB and SQLite."""
import glob
import os
import re
import shutil
import sqlite3

HERE = os.path.dirname(os.path.abspath(__file__))
CUSTOMERS = 40
SHARED_PHONE = "010-7777-0000"  # of customers 1 and 2

TABLES = {
    "callcenter": {
        "crm": "cust_no varchar(9) primary key, name varchar(40), grade varchar(2), phone varchar(13), email varchar(60),"
               " birth date, city varchar(20), updated timestamp",
        "calls": "cust_no varchar(9), at timestamp, topic varchar(60)"},
    "warehouse": {
        "orders": "no varchar(12) primary key, member integer, at timestamp, amount integer, status varchar(10)"},
    "web": {
        "pages": "member integer, at timestamp, title varchar(60)"},
}


def phone_of(n):
    """The phone number of customer n as the call center writes it."""
    return SHARED_PHONE if n in (1, 2) else f"010-2000-{n:04d}"


def rows(table):
    """What is in a table; the same in every database."""
    made = []
    for n in range(1, CUSTOMERS + 1):
        if table == "crm":
            city = None if n % 5 == 0 else "서울"
            made.append((f"C{n:08d}", f"한{n}별", "1" if n % 4 == 0 else "2", phone_of(n), f"user{n}@example.com",
                         f"19{60 + n % 40}-0{1 + n % 9}-11", city, f"2026-11-0{1 + n % 9} 09:00:00"))
        elif table == "calls":
            made += [(f"C{n:08d}", f"2026-11-{10 + k:02d} 14:02:{n % 60:02d}", f"배송 문의 {k} <&\"'>") for k in range(n % 4)]
        elif table == "orders":
            made += [(f"A{n:06d}{k}", n, f"2026-10-{10 + k:02d} 10:00:{n % 60:02d}", 10000 * n + k, "paid")
                     for k in range(n % 3)]
        elif table == "pages":
            made += [(n, f"2026-11-21 00:0{k}:{n % 60:02d}", f"반품 안내 {k} 😀") for k in range(n % 5)]
    return made


def literal(value):
    """As SQL."""
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def script(database, timestamp="timestamp"):
    """Statements that make a database's tables and rows."""
    text = []
    for table, columns in TABLES[database].items():
        values = ",".join("(" + ",".join(map(literal, row)) + ")" for row in rows(table))
        text.append(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({columns.replace('timestamp', timestamp)});\n"
                    f"INSERT INTO {table} VALUES {values};\n")
    return "".join(text)


def sqlite_connect(path):
    return f"Driver={{SQLite3}};Database=file:{path}?mode=ro;Timeout=200;NoTXN=1;NoCreat=1"


def be_patient(mapping, but=None):
    """Give every part and view of a mapping directory ample time: for tests of content on slow machines. Parts of the
    source `but` keep theirs."""
    def with_time(part):
        if but and f'source="{but}"' in part[0]:
            return part[0]
        return re.sub(r'\bcap="\d+m?s"', 'cap="60s"', re.sub(r'\bdeadline="\d+m?s"', 'deadline="20s"', part[0]))

    for path in glob.glob(os.path.join(mapping, "*.xml")):
        with open(path) as f:
            text = f.read()
        text = re.sub(r"<part\b[^>]*>", with_time, text)
        text = re.sub(r'\bbudget="\d+m?s"', 'budget="300s"', text)
        with open(path, "w") as f:
            f.write(text)


class Shop:
    """A mapping directory with its secrets; `servers` None: everything in SQLite; `patient` False: with the times as
    they stand in shop/."""

    def __init__(self, directory, servers=None, patient=True):
        self.directory = os.path.abspath(directory)
        self.map = os.path.join(self.directory, "mapping")
        shutil.copytree(os.path.join(HERE, "shop"), self.map)
        os.makedirs(os.path.join(self.map, "secrets"), mode=0o700)
        self.dialects = dict.fromkeys(TABLES, "sqlite")
        self.fill_sqlite("web")
        if servers is None:
            self.fill_sqlite("callcenter")
            self.fill_sqlite("warehouse")
        else:
            self.fill_servers(servers)
        self.write_sources()
        if patient:
            be_patient(self.map)

    def fill_sqlite(self, database):
        path = os.path.join(self.directory, database + ".db")
        with sqlite3.connect(path) as db:
            db.executescript(script(database))
        db.close()
        self.write_secret(database, sqlite_connect(path))

    def fill_servers(self, servers):
        servers.pg.sql(script("callcenter"))
        servers.mariadb.sql(script("warehouse", timestamp="datetime"))
        self.dialects.update(callcenter="postgresql", warehouse="mariadb")
        self.write_secret("callcenter", servers.env["FED_TEST_PG"])
        self.write_secret("warehouse", servers.env["FED_TEST_MARIADB"])

    def write_secret(self, name, text):
        path = os.path.join(self.map, "secrets", name)
        with open(path, "w") as f:
            f.write(text + "\n")
        os.chmod(path, 0o600)

    def write_sources(self):
        zones = {"web": "UTC"}
        sources = "".join(f'  <source name="{name}" connect="secret:{name}" dialect="{dialect}"'
                          f' zone="{zones.get(name, "Asia/Seoul")}" pool="2"/>\n'
                          for name, dialect in self.dialects.items())
        self.write_file("sources.xml", f'<mapping xmlns="urn:federator:mapping:1">\n{sources}</mapping>\n')

    def write_file(self, name, text):
        with open(os.path.join(self.map, name), "w") as f:
            f.write(text)

    def edit(self, name, old, new):
        """Change a mapping file, as a data engineer would."""
        with open(os.path.join(self.map, name)) as f:
            text = f.read()
        assert old in text, f"{name} has no {old!r}"
        self.write_file(name, text.replace(old, new))
