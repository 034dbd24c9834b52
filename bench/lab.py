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
FASTIFY = os.path.join(ROOT, "bench", "fastify")
sys.path[:0] = [os.path.join(ROOT, "tests", "live"), os.path.join(ROOT, "tests", "faultproxy")]

from proxy import Proxy  # noqa: E402
from servers import Servers, free_port, family_of  # noqa: E402 (the path is known only now)

START_S = 30


class Contestant:
    """A server that is measured with so many clients. `references` name the contestants it is compared with."""

    def __init__(self, name, *references, clients=32):
        self.name, self.references, self.clients = name, references, clients
        self.port = free_port()
        self.process = None
        self.helped_by = []  # leaders of sessions: databases, Redis
        self.headers = {}  # of each request
        self.paths = None  # a file with the paths to ask it for, when it has no views

    @property
    def pid(self):
        return self.process.pid

    def twin(self, clients, *references):
        """The same server under another load."""
        other = copy.copy(self)
        other.name, other.clients, other.references = f"{self.name}, {clients}", clients, references
        return other

    def helpers(self):
        """Processes that work for it."""
        return [pid for leader in self.helped_by for pid in family_of(leader)]

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
            connection.request("GET", path, headers=self.headers)
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
        return self.states_now(phone)

    def states_now(self, phone):
        """The states of the parts of a view."""
        return {part["state"] for part in json.loads(self.view(phone))["parts"].values()} - {"skipped"}

    def until_fresh(self, phone):
        """Ask until every part of the view is a copy: on a busy machine a source may miss a deadline."""
        due = time.monotonic() + START_S
        while True:
            try:
                if self.states(phone) == {"fresh"}:
                    return
                problem = "a part is no copy"
            except RuntimeError as failed:
                problem = str(failed)
            if time.monotonic() > due:
                raise RuntimeError(f"{self.name}: {problem}")

    def parts(self, phones):
        """Names of the parts that are asked for these customers."""
        return {name for phone in phones for name, part in json.loads(self.view(phone))["parts"].items()
                if part["state"] != "skipped"}

    def parts_of(self, view, member):
        """Names of the parts that a view asks for a customer, once all connections are made."""
        due = time.monotonic() + START_S
        while True:
            status, body = self.ask(f"/v1/customers?view={view}&member={member}")
            answer = json.loads(body)
            if status == 200 and answer["complete"]:
                return {name for name, part in answer["parts"].items() if part["state"] == "live"}
            if time.monotonic() > due:
                raise RuntimeError(f"{self.name} does not answer in full: {status} {body[:2000].decode()}")

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
        self.headers = {}  # of each request to contestants that are started from now on
        self.contestants = []
        self.proxies = []

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
                for pid in family_of(server.pid):
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
        for proxy in self.proxies:
            proxy.stop()
        if self.servers:
            self.servers.stop()

    def drop(self, contestant):
        """End one that is no longer needed."""
        contestant.stop()
        self.contestants.remove(contestant)

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def connections(self, kind):
        """Connection string of each database."""
        found = {name: f"Driver={{SQLite3}};Database=file:{self.path(name + '.db')}?mode=ro;Timeout=200;NoTXN=1"
                 for name in ("callcenter", "web", "warehouse")}
        if kind == "servers":
            found.update(callcenter=self.servers.env["FED_TEST_PG"], warehouse=self.servers.env["FED_TEST_MARIADB"])
        return found

    def map_of(self, kind, connections=None):
        """The example's mapping with its secrets. Copies are good for an hour, so that cached means cached."""
        mapping, secrets = self.path(kind), self.path(kind + "-secrets")
        shutil.copytree(os.path.join(ROOT, "examples", "mall", "mapping"), mapping)
        if kind.startswith("servers"):
            shutil.copy(os.path.join(ROOT, "examples", "mall", "servers", "sources.xml"), mapping)
        for name in os.listdir(mapping):
            path = os.path.join(mapping, name)
            if name.endswith(".xml"):
                with open(path) as f:
                    text = re.sub(r'\b(ttl|negative)="[^"]*"', r'\1="1h"', f.read())
                with open(path, "w") as f:
                    f.write(text)
        os.mkdir(secrets, 0o700)
        for name, text in (connections or self.connections(kind)).items():
            with open(os.open(os.path.join(secrets, name), os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
                f.write(text + "\n")

    def far(self, kind, delay_us, view):
        """A mapping of the servers with a view more and ample pools; they are so far away in each direction. Returns the
        connection strings."""
        found = self.connections("servers")
        if delay_us:
            servers = (self.servers.pg, self.servers.mariadb)
            proxy = Proxy(self.program("faultproxy"), *(server.port for server in servers),
                          toxics=[f"latency_us={delay_us}"], wrap=["taskset", "-c", str(cores()[1])])
            self.proxies.append(proxy)
            for name, server, port in zip(("callcenter", "warehouse"), servers, proxy.ports):
                found[name] = found[name].replace(f"Port={server.port}", f"Port={port}")
        self.map_of(kind, found)
        with open(self.path(kind, "bench.xml"), "w") as f:
            f.write(view)
        with open(self.path(kind, "sources.xml")) as f:
            text = f.read().replace('pool="4"', 'pool="16"')
        with open(self.path(kind, "sources.xml"), "w") as f:
            f.write(text)
        return list(found.values())

    def keys(self, n, prefix=""):
        """Files of phone numbers that belong to one customer each, of these customers, and of the paths of their views, their
        names with the prefix; the numbers."""
        with sqlite3.connect(self.path("callcenter.db")) as db:
            rows = db.execute("SELECT MIN(phone), MIN(cust_no) FROM (SELECT hp_no AS phone, cust_no FROM tb_cust UNION ALL "
                              "SELECT tel_no, cust_no FROM tb_cust WHERE tel_no IS NOT NULL) x GROUP BY "
                              "REPLACE(phone, '-', '') HAVING COUNT(DISTINCT cust_no) = 1 AND MIN(phone) LIKE '010%' "
                              "AND REPLACE(MIN(phone), '-', '') <> '01000000000' ORDER BY MIN(cust_no)").fetchall()
        db.close()
        step = max(1, len(rows) // n)
        chosen = rows[::step][:n]
        for name, before, column in (("keys", "", 0), ("members", "", 1), ("paths", "/v1/customers?view=pop&phone=", 0)):
            with open(self.path(prefix + name), "w") as f:
                f.writelines(before + row[column] + "\n" for row in chosen)
        return [row[0] for row in chosen]

    def members(self, n):
        """The first n customers."""
        with sqlite3.connect(self.path("callcenter.db")) as db:
            found = [row[0] for row in db.execute("SELECT cust_no FROM tb_cust ORDER BY cust_no LIMIT ?", (n,))]
        db.close()
        return found

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    def serve(self, contestant, *options, kind="sqlite", helped_by=()):
        """Start `federator serve` as a contestant."""
        argv = [self.program("federator"), "serve", "--map", self.path(kind), "--secrets", self.path(kind + "-secrets"),
                "--listen", f"127.0.0.1:{contestant.port}", *options]
        return self.add(contestant, argv, helped_by)

    def questions(self, kind, parts):
        """A file with the SQL of these parts, as live_c and the Fastify server read it."""
        path = self.path(kind + "-questions")
        with open(path, "w") as f:
            f.write(questions(self.path(kind), parts, list(self.connections("servers"))))
        return path

    def drivers(self):
        return {"ODBCSYSINI": os.path.join(self.build, "odbc")}

    def live_c(self, contestant, kind, parts, helped_by):
        """Start the C program with the SQL of these parts and the same drivers."""
        argv = [self.program("live_c"), str(contestant.port), self.questions(kind, parts), *self.connections(kind).values()]
        return self.add(contestant, argv, helped_by, self.drivers())

    def fastify(self, contestant, kind, parts, helped_by):
        """Start the same as a server in JavaScript with the databases' own drivers."""
        argv = ["node", os.path.join(FASTIFY, "server.mjs"), str(contestant.port), self.questions(kind, parts),
                self.path(kind, "keys.xml"), *self.connections(kind).values()]
        return self.add(contestant, argv, helped_by)

    def asked(self, kind, connections, phone, parts):
        """A file with what is asked of the sources for a customer: SQL and values, as `native` reads it."""
        argv = [self.program("live_c"), f"phone={phone}", self.questions(kind, parts | {"cust"}), *connections]
        done = subprocess.run(argv, check=True, capture_output=True, text=True, env={**os.environ, **self.drivers()})
        path = self.path(kind + "-asked")
        with open(path, "w") as f:
            f.writelines(line + "\n" for line in done.stdout.splitlines() if line.split("\t")[0] in parts)
        return path

    def add(self, contestant, argv, helped_by=(), env=None):
        """Start any contestant."""
        contestant.helped_by = list(helped_by)
        contestant.headers = self.headers
        self.contestants.append(contestant)
        contestant.start(argv, self.path(contestant.name.replace(" ", "-") + ".log"), env)
        return contestant
