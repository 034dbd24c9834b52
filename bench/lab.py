"""What is measured: data of the demo company, the mapping, and the servers that answer."""
import copy
import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

from measure import cores, pin
from questions import questions

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "live"))

from servers import Servers, free_port, session_of  # noqa: E402 (the path is known only now)

START_S = 30


class Contestant:
    """A server that is measured with so many clients. `reference` names the contestant it is compared with."""

    def __init__(self, name, reference=None, clients=32):
        self.name, self.reference, self.clients = name, reference, clients
        self.port = free_port()
        self.process = None
        self.helped_by = []  # leaders of sessions: databases, Redis

    @property
    def pid(self):
        return self.process.pid

    def twin(self, clients, reference):
        """The same server under another load."""
        other = copy.copy(self)
        other.name, other.clients, other.reference = f"{self.name}, {clients}", clients, reference
        return other

    def helpers(self):
        """Processes that work for it."""
        return [pid for leader in self.helped_by for pid in session_of(leader)]

    def start(self, argv, log, env=None):
        """Start on the servers' core and wait until the port answers."""
        with open(log, "wb") as f:
            self.process = subprocess.Popen(["taskset", "-c", str(cores()[0]), *argv], stdin=subprocess.DEVNULL,
                                            stdout=f, stderr=f, env={**os.environ, **(env or {})})
        due = time.monotonic() + START_S
        while True:
            try:
                self.ask("/livez")
                return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > due:
                with open(log, errors="replace") as f:
                    raise RuntimeError(f"{self.name} did not start:\n{f.read()[-2000:]}")
            time.sleep(0.05)

    def ask(self, path):
        """Status and body of one GET."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def view(self, phone):
        """The body of a customer's pop view, checked: one customer, every part there."""
        status, body = self.ask(f"/v1/customers?view=pop&phone={phone}")
        answer = json.loads(body)
        if status != 200 or answer["match"]["outcome"] != "one" or not answer["complete"]:
            raise RuntimeError(f"{self.name} does not answer in full: {status} {body[:2000].decode()}")
        return body

    def states(self, phone):
        """The states of the parts of a view that is asked again."""
        self.view(phone)
        return {part["state"] for part in json.loads(self.view(phone))["parts"].values()} - {"skipped"}

    def parts(self, phones):
        """Names of the parts that are asked for these customers."""
        return {name for phone in phones for name, part in json.loads(self.view(phone))["parts"].items()
                if part["state"] != "skipped"}

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Lab:
    """A directory with data and mappings, and all servers; gone at the end."""

    def __init__(self, directory, build, customers, redis=True, servers=True):
        self.directory, self.build = os.path.abspath(directory), os.path.abspath(build)
        self.customers = customers
        self.kinds = (("redis",) if redis else ()) + (("pg", "mariadb") if servers else ())
        self.servers = None
        self.contestants = []

    def __enter__(self):
        try:
            return self.set_up()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *exc):
        self.stop()

    def set_up(self):
        """Data, mappings and the servers that contestants need."""
        os.makedirs(self.directory)
        subprocess.run([self.program("mall_data"), self.directory, str(self.customers)], check=True)
        self.map_of("sqlite")
        if self.kinds:
            self.servers = Servers(self.path("daemons"), self.kinds).start()
            for server in self.servers.of.values():
                for pid in session_of(server.pid):
                    pin(pid, cores()[1])
        if "pg" in self.kinds:
            self.map_of("servers")
            for server, database in ((self.servers.pg, "callcenter"), (self.servers.mariadb, "warehouse")):
                with open(self.path(database + ".sql")) as f:
                    server.sql(f.read())
        return self

    def stop(self):
        """End everything that was started."""
        for contestant in self.contestants:
            contestant.stop()
        if self.servers:
            self.servers.stop()

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def connections(self, kind):
        """Connection string of each database."""
        found = {name: f"Driver={{SQLite3}};Database=file:{self.path(name + '.db')}?mode=ro;Timeout=200;NoTXN=1"
                 for name in ("callcenter", "web", "warehouse")}
        if kind == "servers":
            found.update(callcenter=self.servers.env["FED_TEST_PG"], warehouse=self.servers.env["FED_TEST_MARIADB"])
        return found

    def map_of(self, kind):
        """The example's mapping with its secrets. Copies are good for an hour, so that cached means cached."""
        mapping, secrets = self.path(kind), self.path(kind + "-secrets")
        shutil.copytree(os.path.join(ROOT, "examples", "mall", "mapping"), mapping)
        if kind == "servers":
            shutil.copy(os.path.join(ROOT, "examples", "mall", "servers", "sources.xml"), mapping)
        for name in os.listdir(mapping):
            path = os.path.join(mapping, name)
            if name.endswith(".xml"):
                with open(path) as f:
                    text = re.sub(r'\bttl="[^"]*"', 'ttl="1h"', f.read())
                with open(path, "w") as f:
                    f.write(text)
        os.mkdir(secrets, 0o700)
        for name, text in self.connections(kind).items():
            with open(os.open(os.path.join(secrets, name), os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
                f.write(text + "\n")

    def keys(self, n):
        """A file of phone numbers that belong to one customer each."""
        with sqlite3.connect(self.path("callcenter.db")) as db:
            rows = db.execute("SELECT MIN(phone) FROM (SELECT hp_no AS phone, cust_no FROM tb_cust UNION ALL "
                              "SELECT tel_no, cust_no FROM tb_cust WHERE tel_no IS NOT NULL) x GROUP BY "
                              "REPLACE(phone, '-', '') HAVING COUNT(DISTINCT cust_no) = 1 AND MIN(phone) LIKE '010%' "
                              "AND REPLACE(MIN(phone), '-', '') <> '01000000000' ORDER BY MIN(cust_no)").fetchall()
        db.close()
        step = max(1, len(rows) // n)
        phones = [row[0] for row in rows[::step]][:n]
        with open(self.path("keys"), "w") as f:
            f.write("\n".join(phones) + "\n")
        return phones

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    def serve(self, contestant, *options, kind="sqlite", helped_by=()):
        """Start `federator serve` as a contestant."""
        argv = [self.program("federator"), "serve", "--map", self.path(kind), "--secrets", self.path(kind + "-secrets"),
                "--listen", f"127.0.0.1:{contestant.port}", *options]
        return self.add(contestant, argv, helped_by)

    def live_c(self, contestant, kind, parts, helped_by):
        """Start the C program with the SQL of these parts and the same drivers."""
        strings = self.connections(kind)
        path = self.path(kind + "-questions")
        with open(path, "w") as f:
            f.write(questions(self.path(kind), parts, list(strings)))
        argv = [self.program("live_c"), str(contestant.port), path, *strings.values()]
        return self.add(contestant, argv, helped_by, {"ODBCSYSINI": os.path.join(self.build, "odbc")})

    def add(self, contestant, argv, helped_by=(), env=None):
        """Start any contestant."""
        contestant.helped_by = list(helped_by)
        self.contestants.append(contestant)
        contestant.start(argv, self.path(contestant.name.replace(" ", "-") + ".log"), env)
        return contestant
