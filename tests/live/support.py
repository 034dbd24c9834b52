"""What the end-to-end tests share: running federator, asking it over HTTP, comparing answers."""
import glob
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree as ET
from urllib.parse import quote

import traces
from servers import ROOT, Servers, free_port

BUILD = os.environ.get("FEDERATOR_BUILD", os.path.join(ROOT, "build", "dev"))
BINARY = os.path.join(BUILD, "bin", "federator")
SANITIZED = os.environ.get("FEDERATOR_SANITIZE", "")
SLOW = 4 if SANITIZED else 1  # how many times slower things may be
VIEW = "{urn:federator:view:1}"
START_S = 60 * SLOW  # how long it is waited for what must come


def federator(*args, check=True, **more):
    """Run a command of federator to its end."""
    done = subprocess.run([BINARY, *args], capture_output=True, text=True, timeout=120 * SLOW, **more)
    traces.keep("stderr", done.stderr.encode())
    if check and done.returncode != 0:
        raise AssertionError(f"federator {' '.join(args)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def complete(*args):
    """What a command prints of a customer when no part is missing: on a busy machine some may be late for a while."""
    due = time.monotonic() + START_S
    while True:
        done = federator(*args, check=False)
        if done.returncode == 0 and not re.search(r'"complete": ?false|<complete>false', done.stdout):
            return done.stdout
        if time.monotonic() > due:
            raise AssertionError(f"federator {' '.join(args)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")


def peak_bytes(process):
    """The most memory that it has held so far."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM")) * 1024


class Answer:
    """An HTTP answer read to its end."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()
        self.took_s = 0.0
        if self.status >= 400:
            headers = {name: value for name, value in self.headers.items() if name not in ("date", "x-request-id")}
            traces.keep("problem", str(headers).encode() + self.body)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def xml(self):
        return ET.fromstring(self.body)


def is_behind(answer):
    """Was it turned away because the loop came round too late?"""
    return answer.status == 503 and b"the service is behind with its work" in answer.body


class Service:
    """`federator serve` on free loopback ports, stopped at the end; its log is kept for failures."""

    def __init__(self, mapping, *options, directory=None):
        self.directory = directory or os.path.dirname(mapping)
        self.port, self.admin_port = free_port(), free_port()
        self.command = [BINARY, "serve", "--map", mapping, "--listen", f"127.0.0.1:{self.port}", "--admin",
                        f"127.0.0.1:{self.admin_port}", *options]
        self.log_path = os.path.join(self.directory, f"serve-{self.port}.log")
        self.process = None

    def __enter__(self):
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.directory)
        try:
            self.wait(lambda: self.admin("/livez").status == 200)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        return self

    def __exit__(self, kind, value, trace):
        self.keep_pages()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=30 * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("federator serve did not end after SIGTERM:\n" + self.tail()) from value
        finally:
            for path in [self.log_path, *glob.glob(os.path.join(self.directory, "core*")),
                         *glob.glob(os.path.join(self.directory, "*", "audit-*.jsonl"))]:
                traces.keep_file("log", path)
        if kind is None and code != 0:
            raise AssertionError(f"federator serve ended with {code}:\n{self.tail()}")

    def keep_pages(self):
        """What operators see; a service that is gone, frozen or without an admin listener shows nothing."""
        if not traces.DIRECTORY:
            return
        for path in ("/metrics", "/readyz?verbose"):
            connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=2)
            try:
                connection.request("GET", path)
                traces.keep("page", connection.getresponse().read())
            except (OSError, http.client.HTTPException):
                return
            finally:
                connection.close()

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def tail(self):
        """The end of the log, to be shown."""
        return self.log()[-8000:]

    def wait(self, condition, seconds=START_S):
        """Until `condition()` holds; a refused connection counts as not yet."""
        due = time.monotonic() + seconds
        while True:
            try:
                if condition():
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                raise AssertionError(f"federator serve ended with {self.process.returncode}:\n{self.tail()}")
            if time.monotonic() > due:
                raise AssertionError("waited in vain:\n" + self.tail())
            time.sleep(0.02)

    def wait_sources(self):
        """Until every source is connected."""
        self.wait(lambda: {source["state"] for source in self.admin("/readyz?verbose").json["sources"]} == {"up"})

    def admin(self, path):
        return self.ask("GET", path, port=self.admin_port)

    def ask(self, *request, **more):
        """The answer to a request on a connection of its own; asked again while the machine is too busy for the service."""
        due = time.monotonic() + START_S
        while is_behind(answer := self.ask_once(*request, **more)) and time.monotonic() < due:
            pass
        return answer

    def ask_once(self, method, path, body=None, headers=None, port=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=30 * SLOW)
        try:
            begun = time.monotonic()
            connection.request(method, path, body=body, headers=headers or {})
            answer = Answer(connection.getresponse())
            answer.took_s = time.monotonic() - begun
            return answer
        finally:
            connection.close()

    def query(self, by, view="pop", method="QUERY", path="/v1/customers", accept=None, **more):
        """Look a customer up with a JSON body."""
        headers = {"Content-Type": "application/json"}
        if accept:
            headers["Accept"] = accept
        return self.ask(method, path, json.dumps({"by": by, "view": view, **more}), headers)

    def get(self, view="pop", accept=None, **query):
        """Look a customer up with a query string."""
        text = "&".join(f"{name}={quote(str(value))}" for name, value in {**query, "view": view}.items())
        return self.ask("GET", "/v1/customers?" + text, headers={"Accept": accept} if accept else {})


class LiveTest(unittest.TestCase):
    """A test with a directory of its own."""

    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        if not os.access(BINARY, os.X_OK):
            raise AssertionError(f"{BINARY} is not built")
        cls.scratch = tempfile.mkdtemp(prefix="fed-test-", dir=os.environ.get("TMPDIR"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch, ignore_errors=True)

    def fresh(self):
        """A new empty directory."""
        return tempfile.mkdtemp(dir=self.scratch)

    def start(self, *arguments):
        """A Service of these arguments that runs until the test ends."""
        service = Service(*arguments)
        service.__enter__()
        self.addCleanup(service.__exit__, None, None, None)
        return service

    def assert_problem(self, answer, status, *words):
        """A problem document (RFC 9457) with the status and, in its texts, the words."""
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["content-type"].split(";")[0], "application/problem+json")
        problem = answer.json
        self.assertEqual(problem["status"], status)
        for member in ("type", "title"):
            self.assertIsInstance(problem[member], str)
        for word in words:
            self.assertIn(word, json.dumps(problem, ensure_ascii=False))
        return problem


class RedisTest(LiveTest):
    """A test with a Redis of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = Servers(os.path.join(cls.scratch, "servers"), ("redis",)).start()
        cls.addClassCleanup(cls.servers.stop)


def without_times(answer):
    """A JSON answer without what differs from request to request."""
    answer = json.loads(json.dumps(answer))
    for name in ("id", "links"):
        answer.pop(name, None)
    for part in answer.get("parts", {}).values():
        for name in ("age_ms", "took_ms", "state"):
            part.pop(name, None)
    for candidate in answer.get("candidates", []):
        candidate.pop("id", None)
    return answer


def states(answer):
    """part -> state of a JSON answer."""
    return {name: part["state"] for name, part in answer["parts"].items()}

