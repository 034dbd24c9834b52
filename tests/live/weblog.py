"""The stationer of examples/stationer with a log that a test writes: members in SQLite, the event store anywhere, the
indexer as a process of its own."""
import os
import shutil
import signal
import sqlite3
import subprocess
import time

from servers import ROOT
from shop import be_patient
from support import BINARY, SLOW, START_S

MAPPING = os.path.join(ROOT, "examples", "stationer", "mapping")
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
MEMBERS = [(1, "김다온", "010-0111-0001", "VIP", 1), (2, "이서준", "010-0111-0002", "BASE", 1), (3, "박하늘", "010-0111-0003", "GOLD", 0)]


def sqlite(path, more=""):
    return f"Driver={{SQLite3}};Database={path};{more}"


def line(target, at=None, vid="-", member="-", hits="-", status=200, method="GET", agent=BROWSER, client="10.1.2.3", size=512):
    """A line as the example's format has it. `at`: seconds since 1970, default now."""
    when = time.strftime("%d/%b/%Y:%H:%M:%S +0900", time.gmtime((time.time() if at is None else at) + 9 * 3600))
    return f'{client} - - [{when}] "{method} {target} HTTP/1.1" {status} {size} "-" "{agent}" "{vid}" "{member}" {hits}\n'


class Stationer:
    """A directory with mapping, secrets and databases. `events`: connection strings of who reads and who writes the store;
    `patient` False: with the times as they stand in the example."""

    def __init__(self, directory, events=None, dialect="sqlite", patient=True):
        self.directory = directory
        self.log = os.path.join(directory, "log", "shop.log")
        self.mapping = os.path.join(directory, "mapping")
        os.makedirs(os.path.dirname(self.log))
        shutil.copytree(MAPPING, self.mapping)
        if patient:
            be_patient(self.mapping)
        secrets = os.path.join(self.mapping, "secrets")
        os.makedirs(secrets, mode=0o700, exist_ok=True)
        self.store_path = os.path.join(directory, "events.db")
        reader = sqlite(f"file:{self.store_path}?mode=ro") if events is None else events[0]
        writer = sqlite(self.store_path) if events is None else events[1]
        shop = os.path.join(directory, "shop.db")
        for name, text in {"shop": sqlite(f"file:{shop}?mode=ro"), "events": reader, "events_writer": writer,
                           "salt": "0123456789abcdef0123456789abcdef"}.items():
            path = os.path.join(secrets, name)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
                f.write(text)
        for name in os.listdir(self.mapping):
            if name.endswith(".xml"):
                self.edit(name, lambda s: s.replace("/var/log/nginx/shop.log", self.log))
        if dialect != "sqlite":
            self.edit("shop.xml", lambda s: s.replace('secret:events" dialect="sqlite"', f'secret:events" dialect="{dialect}"'))
            self.edit("web.xml", lambda s: s.replace("strftime('%Y-%m-%d %H:%M:%f', 'now', '-5 minutes')", {
                "postgresql": "(now() AT TIME ZONE 'UTC') - INTERVAL '5 minutes'",
                "mariadb": "UTC_TIMESTAMP(3) - INTERVAL 5 MINUTE"}[dialect]))
        with sqlite3.connect(shop) as db:
            db.execute("CREATE TABLE member (id INTEGER PRIMARY KEY, name TEXT, phone TEXT, tier TEXT, web_history INTEGER)")
            db.execute("CREATE INDEX member_phone ON member (phone)")
            db.execute("CREATE TABLE orders (order_no TEXT PRIMARY KEY, member INTEGER, at TEXT, amount INTEGER)")
            db.executemany("INSERT INTO member VALUES (?,?,?,?,?)", MEMBERS)
            db.execute("INSERT INTO orders VALUES ('D-1001', 2, '2026-11-20 10:00:00', 45000)")
        db.close()

    def edit(self, name, change):
        path = os.path.join(self.mapping, name)
        with open(path) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(change(text))

    def write(self, *lines, end=""):
        with open(self.log, "a") as f:
            f.write("".join(lines) + end)

    def store(self, sql, *parameters):
        """Rows of the SQLite store."""
        db = sqlite3.connect(f"file:{self.store_path}?mode=ro", uri=True, timeout=60)
        try:
            return db.execute(sql, parameters).fetchall()
        finally:
            db.close()


class Indexer:
    """`federator weblog index` as a process."""

    def __init__(self, stationer, *options, name="site"):
        self.stationer = stationer
        self.command = [BINARY, "weblog", "index", name, "--map", stationer.mapping, "--salt-secret", "salt", *options]
        self.log_path = os.path.join(stationer.directory, "index.log")
        self.process = None

    def start(self, **more):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **more)
        return self

    def once(self):
        """Index what is there; the process ends by itself."""
        return subprocess.run([*self.command, "--once"], capture_output=True, text=True, timeout=120 * SLOW, check=False)

    def all_of_it(self):
        """Index what is there in as many runs as it takes: a store that a busy machine does not connect to in time ends one."""
        due = time.monotonic() + 4 * START_S
        while (done := self.once()).returncode != 0:
            if done.returncode != 3 or " connecting: " not in done.stderr.splitlines()[-1] or time.monotonic() > due:
                raise AssertionError(f"federator weblog index --once: exit {done.returncode}\n{done.stderr}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=30 * SLOW)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("federator weblog index did not end after SIGTERM:\n" + self.tail()) from None

    def output(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def tail(self):
        """The end of the output, to be shown."""
        return self.output()[-8000:]

    def wait(self, condition, seconds=START_S):
        """Until `condition()` holds."""
        due = time.monotonic() + seconds
        while not condition():
            if self.process and self.process.poll() is not None:
                raise AssertionError(f"the indexer ended with {self.process.returncode}:\n{self.tail()}")
            if time.monotonic() > due:
                raise AssertionError("waited in vain:\n" + self.tail())
            time.sleep(0.02)
