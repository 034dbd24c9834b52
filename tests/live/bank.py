"""An imagined bank for tests: three systems that write one client number, account and phone in their own ways.

Its rows are made here, and what a right answer says is worked out here as well, from the rows and without SQL."""
import os
import random
import shutil
import sqlite3

from shop import be_patient, literal, sqlite_connect

HERE = os.path.dirname(os.path.abspath(__file__))
FIRST, CLIENTS = 4500, 300
BLOCKED = range(99900, 99905)
STRANGER = 88888  # the warehouse has an account of this client, nobody else knows the number
SHOWN_TRANSACTIONS = 5

TABLES = {
    "core": {
        "client": "cust_no varchar(9) PRIMARY KEY, name varchar(40), grade varchar(2), tel varchar(20), email varchar(60),"
                  " birth date, memo varchar(200), updated timestamp",
        "complaint": "no varchar(12), cust_no varchar(9), at timestamp, topic varchar(200)"},
    "warehouse": {
        "account": "acct_no varchar(14) PRIMARY KEY, product varchar(40), opened date, balance decimal(15,2)",
        "holder": "acct_no varchar(14), client_no varchar(12), role varchar(8)",
        "txn": "no varchar(12), acct_no varchar(14), at timestamp, amount decimal(15,2), note varchar(200),"
               " merchant_id varchar(8)",
        "merchant": "merchant_id varchar(8) PRIMARY KEY, name varchar(40), trade varchar(20)"},
    "cards": {
        "card_holder": "client_no integer PRIMARY KEY, tel text, changed text",
        "card": "card_no text PRIMARY KEY, client_no integer, kind text, expires text, account text",
        "visit": "no text, visitor text, client_no integer, at text, branch text"},
}
TYPES = {"postgresql": {}, "mariadb": {"timestamp": "datetime"}, "sqlite": {"timestamp": "text", "decimal(15,2)": "text"}}


def core(n):
    return f"C{n:08d}"


def sheet(n):
    return f"{n}.0"


def dashed(tel):
    return f"{tel[:3]}-{tel[3:7]}-{tel[7:]}"


def international(tel):
    return "+82" + tel[1:]


def shown(at):
    """A time as answers have it."""
    return at.replace(" ", "T") + "+09:00"


class Rows:
    """What is in the tables; the same at every run."""

    def __init__(self):
        self.random = random.Random(4587)
        self.of = {table: [] for tables in TABLES.values() for table in tables}
        self.clock = 0
        self.of["merchant"] = [(f"M{m:03d}", f"가맹점 {m} <&\"'>", None if m % 5 == 0 else "식당") for m in range(30)]
        for i in range(CLIENTS):
            self.add_client(FIRST + i, i)
        for i, n in enumerate(BLOCKED):
            self.add_client(n, CLIENTS + i)
        for i, n in enumerate([None, None, None, STRANGER]):  # None: the holder's row was lost
            self.add_account(90 + i, 0, n)
        for visitor in range(5):
            self.add_visits(f"lost-{visitor}", None, 2)

    def at(self):
        """A time that no other row has."""
        self.clock += self.random.randint(1, 900)
        second = self.clock % 86400
        day = self.clock // 86400
        return f"2026-{1 + day // 28:02d}-{1 + day % 28:02d} {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"

    def add_client(self, n, i):
        pick = self.random
        tel = None if i % 17 == 5 else f"0102{i - (i % 25 == 1):07d}"  # 0 and 1 of each 25 share a telephone
        email = None if i % 13 == 6 else f"user{i - (i % 40 == 4)}@example.com"
        written = tel and (international(tel) if i % 3 == 0 else dashed(tel))
        memo = pick.choice([None, "", "청약 상담 희망 😀", "O'Neil & <b>\"김\"</b>\n둘째 줄"])
        self.of["client"].append((core(n), f"김{'하바나'[i % 3]}{i}", str(1 + i % 3), written, email,
                                  None if i % 19 == 2 else f"19{50 + i % 50}-02-{1 + i % 28:02d}", memo, self.at()))
        for _ in range(pick.randint(0, 6)):
            no = f"P{len(self.of['complaint']):05d}"
            self.of["complaint"].append((no, core(n), self.at(), pick.choice([None, "수수료 문의", "앱 오류"])))
        accounts = [] if i % 11 == 7 else [self.add_account(k, i, n) for k in range(1 + pick.randint(0, 2))]
        if accounts and i % 6 == 0:
            for other in range(1, 1 + pick.randint(1, 2)):
                self.of["holder"].append((accounts[0], sheet(FIRST + (i + 31 * other) % CLIENTS), "JOINT"))
        if i % 4:
            self.add_cards(n, i, tel, accounts)
        if i % 3 == 0:
            self.add_visits(f"web-{i}", n, pick.randint(1, 3))
        if i % 30 == 0:
            self.add_visits(f"web-{i}", FIRST + (i + 1) % CLIENTS, 1)  # two at one computer
            self.add_visits(f"web-{i}", None, 1)

    def add_account(self, k, i, n):
        pick, no = self.random, f"110-{100 + k:03d}-{i:06d}"
        self.of["account"].append((no, pick.choice(["정기예금", "보통예금", None]), f"20{10 + k % 10}-05-{1 + i % 28:02d}",
                                   f"{pick.randint(-10**6, 10**11)}.{pick.randint(0, 99):02d}"))
        if n is not None:
            self.of["holder"].append((no, sheet(n), "OWNER"))
        for _ in range(pick.randint(0, 8)):
            merchant = pick.choice([None, "M999", *(row[0] for row in self.of["merchant"])])
            self.of["txn"].append((f"T{len(self.of['txn']):06d}", no, self.at(), f"{pick.randint(-9999, 9999)}.50",
                                   pick.choice([None, "월세", "커피 ☕"]), merchant))
        return no

    def add_cards(self, n, i, tel, accounts):
        if i % 50 == 26:
            tel = f"0102{i + 1:07d}"  # the card system has a number that the core gives to somebody else
        self.of["card_holder"].append((n, None if i % 7 == 3 else tel, self.at()))
        for k in range(1 + i % 2):
            self.of["card"].append((f"4000-{k:04d}-1234-{i:04d}", n, "체크" if k else "신용", f"2030-01-{1 + i % 28:02d}",
                                    accounts[0].replace("-", "") if accounts else None))

    def add_visits(self, visitor, n, count):
        for _ in range(count):
            no = f"V{len(self.of['visit']):05d}"
            self.of["visit"].append((no, visitor, n, self.at(), self.random.choice(["강남", "여의도", None])))


class Oracle:
    """What right answers say, by plain loops over the rows."""

    def __init__(self, rows):
        self.rows = rows
        self.people = {int(row[0][1:]): row for row in rows["client"]}

    @staticmethod
    def read(number):
        """A client number as any system writes it; those that are blocked are none."""
        if number is None:
            return None
        n = int(float(str(number).removeprefix("C")))
        return None if n in BLOCKED else n

    def clients(self, table, column, value, client):
        """The clients of a table's rows that have the value in a column."""
        found = {self.read(row[client]) for row in self.rows[table] if row[column] == value}
        return found - {None}

    def who(self, key, value):
        """The clients whom any system names by one key."""
        if key == "client":
            return {value} & set(self.people)
        if key == "phone":
            return (self.clients("client", 3, dashed(value), 0) | self.clients("client", 3, international(value), 0)
                    | self.clients("card_holder", 1, value, 0))
        table, column, client = {"email": ("client", 4, 0), "account": ("holder", 0, 1), "card": ("card", 0, 1),
                                 "visitor": ("visit", 1, 2)}[key]
        return self.clients(table, column, value, client)

    def transactions(self, account):
        items = sorted((row for row in self.rows["txn"] if row[1] == account), key=lambda row: row[2], reverse=True)
        names = {row[0]: row for row in self.rows["merchant"]}
        return [{"no": no, "at": shown(at), "amount": amount, "note": note,
                 "merchant": dict(zip(("name", "trade"), names.get(merchant, (None,) * 3)[1:]))}
                for no, _, at, amount, note, merchant in items[:SHOWN_TRANSACTIONS]]

    def accounts(self, n):
        held = sorted((no, role) for no, client, role in self.rows["holder"] if self.read(client) == n)
        by_no = {row[0]: row for row in self.rows["account"]}
        return [{"no": no, "role": role, "product": by_no[no][1], "opened": by_no[no][2], "balance": by_no[no][3],
                 "holders": [{"client": client, "role": part} for client, part in
                             sorted(row[1:] for row in self.rows["holder"] if row[0] == no)],
                 "transactions": self.transactions(no)} for no, role in held]

    def events(self, table, client, name, at, n):
        """Newest first: no, at and one more column."""
        mine = [row for row in self.rows[table] if self.read(row[client]) == n]
        place = {"complaint": 3, "visit": 4}[table]
        return [{"no": row[0], "at": shown(row[at]), name: row[place]}
                for row in sorted(mine, key=lambda row: row[at], reverse=True)]

    def phone(self, n):
        """The newest of core and card system that is known."""
        known = [(row[7], row[3]) for row in [self.people.get(n)] if row and row[3]]
        known += [(row[2], row[1]) for row in self.rows["card_holder"] if row[0] == n and row[1]]
        return max(known)[1] if known else None

    def view(self, n):
        """The customer, as JSON has it."""
        person = self.people.get(n, (None,) * 8)
        accounts = self.accounts(n)
        complaints = self.events("complaint", 1, "topic", 2, n)[:5]
        visits = self.events("visit", 2, "branch", 3, n)
        journey = [{"kind": "complaints", **item} for item in complaints] + [{"kind": "visits", **item} for item in visits]
        return {"name": person[1], "grade": person[2] and {"1": "VIP"}.get(person[2], "BASE"), "birth": person[5],
                "memo": person[6], "contact": {"email": person[4], "phone": self.phone(n)}, "account_count": len(accounts),
                "accounts": accounts,
                "cards": [dict(zip(("no", "kind", "expires", "account"), (row[0], *row[2:])))
                          for row in sorted(self.rows["card"]) if row[1] == n],
                "complaints": complaints, "visits": visits,
                "journey": sorted(journey, key=lambda event: event["at"], reverse=True)}


class Bank:
    """A mapping directory with its secrets and databases; `servers` None: everything in SQLite."""

    def __init__(self, directory, rows, servers=None):
        self.directory = os.path.abspath(directory)
        self.map = os.path.join(self.directory, "mapping")
        shutil.copytree(os.path.join(HERE, "bank"), self.map)
        os.makedirs(os.path.join(self.map, "secrets"), mode=0o700)
        self.dialects = dict.fromkeys(TABLES, "sqlite")
        if servers:
            self.dialects.update(core="postgresql", warehouse="mariadb")
        for name, dialect in self.dialects.items():
            self.write(os.path.join("secrets", name), self.fill(name, dialect, rows, servers) + "\n")
        sources = "".join(f'<source name="{name}" connect="secret:{name}" dialect="{dialect}" zone="Asia/Seoul" pool="4"/>\n'
                          for name, dialect in self.dialects.items())
        self.write("sources.xml", f'<mapping xmlns="urn:federator:mapping:1">\n{sources}</mapping>\n')
        be_patient(self.map)

    def write(self, name, text):
        with open(os.open(os.path.join(self.map, name), os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.write(text)

    def fill(self, name, dialect, rows, servers):
        """Make the tables; the connection string."""
        statements = []
        for table, columns in TABLES[name].items():
            for from_, to in TYPES[dialect].items():
                columns = columns.replace(from_, to)
            values = ",".join("(" + ",".join(map(literal, row)) + ")" for row in rows[table])
            statements.append(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({columns});\n"
                              f"INSERT INTO {table} VALUES {values};\n")
        if dialect == "postgresql":
            servers.pg.sql("".join(statements))
            return servers.env["FED_TEST_PG"]
        if dialect == "mariadb":
            servers.mariadb.sql("".join(statements))
            return servers.env["FED_TEST_MARIADB"]
        path = os.path.join(self.directory, name + ".db")
        with sqlite3.connect(path) as db:
            db.executescript("".join(statements))
        db.close()
        return sqlite_connect(path)
