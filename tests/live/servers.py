#!/usr/bin/env python3
"""Private PostgreSQL, MariaDB and Redis for tests: loopback, free ports, throw-away data.

As a library:   with Servers(directory) as servers: ... servers.env["FED_TEST_PG"] ...
As a command:   servers.py start --dir D [--only pg,redis]   writes D/env (KEY='value' lines) and D/servers.json
                servers.py stop --dir D                      stops what that file names, by pid

Run as root, the servers run as the user nobody, who must reach their data: it lies in D when nobody can, else in
/var/tmp.
"""
import argparse
import errno
import fcntl
import json
import os
import pwd
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

import traces
from redis_dump import ReplyError, atoms, dump

START_S = 60  # a loaded two-core machine needs a few seconds
STOP_S = 15
PORT_LEAST = 10000
CLAIMS_FROM = 200
SOCKET_PATH_MAX = 90  # of 107 bytes; the name of the socket comes behind it
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PG_BIN = "/usr/lib/postgresql/15/bin"
KINDS = ("pg", "mariadb", "redis")


class ServerError(Exception):
    """A server could not be made or started; the text ends with the tail of its log."""


def free_port():
    """A TCP port nobody listens on now, and none that the system gives to a connection before somebody does. As long as
    this process lives, no other one is given it here, also while its server is down."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        first_given = int(f.read().split()[0])
    while True:
        port = random.randrange(PORT_LEAST, first_given)
        try:
            with socket.socket(socket.AF_UNIX) as claim, socket.socket() as s:
                claim.bind(f"\0federator-test-port-{port}")
                s.bind(("127.0.0.1", port))
                # open to the end of this process, beyond the descriptors that shells can name
                fcntl.fcntl(claim, fcntl.F_DUPFD_CLOEXEC, CLAIMS_FROM)
            return port
        except OSError as failed:
            if failed.errno != errno.EADDRINUSE:
                raise


def find_tool(name, *directories):
    """The path of a program, looked for in `directories` before PATH."""
    for directory in directories:
        path = os.path.join(directory, name)
        if os.access(path, os.X_OK):
            return path
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise ServerError(f"{name} is not installed; run scripts/setup test")
    return path


def tail(path, lines=20):
    """The last lines of a log file."""
    try:
        with open(path, errors="replace") as f:
            return "".join(f.readlines()[-lines:])
    except OSError:
        return ""


def command_line(pid):
    """The command line of a process, or "" when there is none (gone, or a zombie nobody waits for)."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return f.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def unprivileged():
    """Arguments for subprocess that drop root (the servers refuse it), or none."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def reachable_by_others(path):
    """May any user walk to `path`?"""
    path = os.path.abspath(path)
    while True:
        if not os.stat(path).st_mode & stat.S_IXOTH:
            return False
        if path == "/":
            return True
        path = os.path.dirname(path)


class Server:
    """One server process. Sub-classes say how its data are made, how it starts and when it answers."""

    name = ""
    stop_signal = signal.SIGTERM

    def __init__(self, base, run):
        self.data = os.path.join(base, self.name)
        self.run = run  # directory of the sockets
        self.log = os.path.join(base, self.name + ".log")
        self.port = free_port()
        self.pid = None
        self.child = None

    def prepare(self):
        """Make the data directory."""

    def command(self):
        """Program and arguments of the server in the foreground."""
        raise NotImplementedError

    def ready(self):
        """Does it answer?"""
        raise NotImplementedError

    def environment(self):
        """The FED_TEST_* variables it stands for."""
        raise NotImplementedError

    def call(self, *args, stdin=None):
        """Run a helper program as the server's user."""
        done = subprocess.run(args, input=stdin, capture_output=True, text=True, cwd=self.data,
                              env=self.clean_env(), **unprivileged())
        if done.returncode != 0:
            raise ServerError(f"{args[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    @staticmethod
    def clean_env():
        """Without the caller's PG*, MYSQL* and locale."""
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def start(self):
        """Start and wait until it answers. The port stays the same, so a client sees the server come back."""
        self.launch()
        self.await_ready()

    def launch(self):
        """Start the process."""
        argv = self.command()
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(argv, executable=self.executable(argv), stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=log, cwd=self.data, start_new_session=True,
                                          env=self.clean_env(), **unprivileged())
        self.pid = self.child.pid

    def await_ready(self):
        """Wait until it answers; a server that ends instead is a ServerError."""
        due = time.monotonic() + START_S
        while not self.ready():
            if self.child.poll() is not None or time.monotonic() > due:
                self.stop()
                raise ServerError(f"{self.name} did not start:\n{tail(self.log)}")
            time.sleep(0.05)

    def executable(self, argv):
        """The file to run, when it is not argv[0]."""
        return argv[0]

    def stop(self):
        """Stop and wait until the process is gone."""
        stop_process(self.pid, self.stop_signal, self.child)
        self.pid = self.child = None

    def freeze(self):
        """SIGSTOP: connections stay open, nothing is answered."""
        signal_family(self.pid, signal.SIGSTOP)

    def thaw(self):
        """The opposite of freeze()."""
        signal_family(self.pid, signal.SIGCONT)


def parent_of(pid):
    """The parent of a process; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return int(f.read().rpartition(")")[2].split()[1])
    except OSError:
        return None


def family_of(pid):
    """A server, the other processes of the session it leads, and all that they have begun: each of PostgreSQL's backends
    leads a session of its own."""
    children, found = {}, [pid]
    for entry in filter(str.isdigit, os.listdir("/proc")):
        one = int(entry)
        children.setdefault(parent_of(one), []).append(one)
        try:
            if one != pid and os.getsid(one) == pid:
                found.append(one)
        except OSError:
            pass
    for one in found:  # grows while it is walked
        found += [child for child in children.get(one, ()) if child not in found]
    return found


def send_signal(pid, number):
    """Signal a process that may be gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def signal_family(pid, number):
    """Signal a server and its children. The server comes first: stopped, it begins no more of them."""
    before = family_of(pid)
    send_signal(pid, number)
    for member in {*before, *family_of(pid)} - {pid}:
        send_signal(member, number)


def gone(pid, child):
    """Has the process ended?"""
    if child is not None:
        return child.poll() is not None
    return command_line(pid) == ""


def stop_process(pid, number, child=None):
    """Thaw, signal, wait; kill what does not go. Harmless for a process that is gone."""
    if pid is None or gone(pid, child):
        return
    signal_family(pid, signal.SIGCONT)
    os.kill(pid, number)
    due = time.monotonic() + STOP_S
    while not gone(pid, child):
        if time.monotonic() > due:
            signal_family(pid, signal.SIGKILL)
            due += STOP_S
        time.sleep(0.02)


def make_certificate(server, name="127.0.0.1"):
    """A certificate that the server signs itself: (certificate, key) in its data, as relative paths."""
    server.call(find_tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2", "-subj", "/CN=" + name, "-keyout", "tls.key", "-out", "tls.crt")
    return "tls.crt", "tls.key"


class PostgreSQL(Server):
    """Database `fed`, role `app` (may only read) and superuser `owner`, both with SCRAM over TCP."""

    name = "pg"
    stop_signal = signal.SIGQUIT  # at once: the data are thrown away

    def prepare(self):
        self.call(find_tool("initdb", PG_BIN), "-D", self.data, "-U", "owner", "--locale=C.UTF-8", "-E", "UTF8",
                  "-N", "--auth-local=trust", "--auth-host=scram-sha-256")
        make_certificate(self)

    def command(self):
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.run,
                   "fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB",
                   "max_connections": 150, "timezone": "UTC", "max_wal_size": "256MB",
                   "ssl": "on", "ssl_cert_file": "tls.crt", "ssl_key_file": "tls.key"}
        argv = [find_tool("postgres", PG_BIN), "-D", self.data]
        for name, value in options.items():
            argv += ["-c", f"{name}={value}"]
        return argv

    def ready(self):
        done = subprocess.run([find_tool("pg_isready", PG_BIN), "-q", "-h", self.run, "-p", str(self.port)],
                              env=self.clean_env())
        return done.returncode == 0

    def sql(self, text, database="fed"):
        """Run statements as the superuser; returns what psql prints."""
        done = subprocess.run([find_tool("psql", PG_BIN), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h",
                               self.run, "-p", str(self.port), "-U", "owner", "-d", database],
                              input=text, capture_output=True, text=True, env=self.clean_env())
        if done.returncode != 0:
            raise ServerError(f"psql: {done.stderr[-2000:]}")
        return done.stdout

    def set_up(self):
        """Users and database, once after the first start."""
        self.sql("CREATE DATABASE fed; ALTER ROLE owner PASSWORD 'owner'; CREATE ROLE app LOGIN PASSWORD 'app';"
                 "GRANT pg_read_all_data TO app;", database="postgres")

    def environment(self):
        common = f"Driver={{PostgreSQL Unicode}};Server=127.0.0.1;Port={self.port};Database=fed;"
        plain, tls = common + "sslmode=disable;", common + "sslmode=require;"
        return {"FED_TEST_PG": plain + "UID=app;PWD={app}", "FED_TEST_PG_ADMIN": plain + "UID=owner;PWD={owner}",
                "FED_TEST_PG_TLS": tls + "UID=app;PWD={app}",
                "FED_TEST_PG_PORT": str(self.port), "FED_TEST_PG_PID": str(self.pid)}


class MariaDB(Server):
    """Database `fed`, user `app` (may only read) and user `owner`, utf8mb4."""

    name = "mariadb"

    def __init__(self, base, run):
        super().__init__(base, run)
        self.socket = os.path.join(run, "mariadb.sock")

    def prepare(self):
        tmp = os.path.join(self.data, "tmp")
        make_certificate(self)
        self.call("mkdir", tmp)  # not /tmp: names there hold the process number, and containers may share it
        self.call(find_tool("mariadb-install-db"), "--no-defaults", "--datadir=" + self.data, "--tmpdir=" + tmp,
                  "--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-log-file-size=8M")
        with open(self.init_file(), "w") as f:
            f.write("CREATE DATABASE IF NOT EXISTS fed CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n"
                    "CREATE USER IF NOT EXISTS app@'127.0.0.1' IDENTIFIED BY 'app';\n"
                    "GRANT SELECT ON fed.* TO app@'127.0.0.1';\n"
                    "CREATE USER IF NOT EXISTS owner@'127.0.0.1' IDENTIFIED BY 'owner';\n"
                    "GRANT ALL ON *.* TO owner@'127.0.0.1' WITH GRANT OPTION;\n")
        os.chmod(self.init_file(), 0o644)

    def init_file(self):
        return os.path.join(self.data, "users.sql")

    def command(self):
        return [find_tool("mariadbd"), "--no-defaults", "--datadir=" + self.data, "--socket=" + self.socket,
                f"--port={self.port}", "--bind-address=127.0.0.1", "--pid-file=" + self.data + "/mariadb.pid",
                "--init-file=" + self.init_file(), "--tmpdir=" + os.path.join(self.data, "tmp"),
                "--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin", "--skip-name-resolve",
                "--skip-log-bin", "--innodb-flush-log-at-trx-commit=2", "--innodb-log-file-size=8M",
                "--innodb-buffer-pool-size=64M", "--max-connections=200", "--default-time-zone=+00:00",
                "--local-infile=1", f"--ssl-cert={self.data}/tls.crt", f"--ssl-key={self.data}/tls.key"]

    def ready(self):
        """The greeting comes after the users were made."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as s:
                return len(s.recv(5)) == 5
        except OSError:
            return False

    def sql(self, text, database="fed"):
        """Run statements as the owner; returns what the client prints."""
        done = subprocess.run([find_tool("mariadb"), "--no-defaults", "-h", "127.0.0.1", "-P", str(self.port),
                               "-uowner", "-powner", "--local-infile=1", "--default-character-set=utf8mb4", "-N",
                               "-B", database], input=text, capture_output=True, text=True, env=self.clean_env())
        if done.returncode != 0:
            raise ServerError(f"mariadb: {done.stderr[-2000:]}")
        return done.stdout

    def set_up(self):
        """Nothing: the init file made the users."""

    def environment(self):
        common = f"Driver={{MariaDB Unicode}};Server=127.0.0.1;Port={self.port};Database=fed;CHARSET=utf8mb4;"
        return {"FED_TEST_MARIADB": common + "UID=app;PWD={app}",
                "FED_TEST_MARIADB_TLS": common + "FORCETLS=1;UID=app;PWD={app}",
                "FED_TEST_MARIADB_ADMIN": common + "UID=owner;PWD={owner}",
                "FED_TEST_MARIADB_PORT": str(self.port), "FED_TEST_MARIADB_PID": str(self.pid)}


class Redis(Server):
    """TCP and unix socket, nothing on disk."""

    name = "redis"

    def __init__(self, base, run):
        super().__init__(base, run)
        self.socket = os.path.join(run, "redis.sock")

    def executable(self, argv):
        """Debian's redis-tools carries the server under another name: one binary that goes by argv[0]."""
        return shutil.which("redis-server") or find_tool("redis-check-rdb")

    def command(self):
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", self.socket,
                "--unixsocketperm", "777", "--save", "", "--appendonly", "no", "--dir", self.data]

    def ask(self, line):
        """One inline command, its raw answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=START_S) as s:
            s.sendall(line.encode() + b"\r\n")
            return s.recv(65536).decode()

    def set(self, key, value):
        """Keep bytes under a key."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=START_S) as s:
            s.sendall(b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (len(key), key.encode(), len(value), value))
            if s.recv(64) != b"+OK\r\n":
                raise ServerError("Redis does not keep " + key)

    def ready(self):
        try:
            return self.ask("PING").startswith("+PONG")
        except OSError:
            return False

    def set_up(self):
        """Nothing."""

    def stop(self):
        """What is in it is kept for who looks for values of customers, but for what sources told in the clear."""
        try:
            found = dump(self.port, traces.KEYS_MOST) if traces.DIRECTORY and self.pid else {}
        except (OSError, ReplyError):
            found = {}
        traces.keep("redis", b"\n".join(atom if isinstance(atom, bytes) else b"%d" % atom for key, value in found.items()
                                        if not key.startswith(b"fed2:invalidate:") for atom in [key, *atoms(value)]))
        super().stop()

    def environment(self):
        return {"FED_TEST_REDIS": f"127.0.0.1:{self.port}", "FED_TEST_REDIS_SOCKET": "unix:" + self.socket,
                "FED_TEST_REDIS_PORT": str(self.port), "FED_TEST_REDIS_PID": str(self.pid)}


CLASSES = {"pg": PostgreSQL, "mariadb": MariaDB, "redis": Redis}


class Servers:
    """The servers of `kinds`, their data and the files that describe them, all gone after stop()."""

    def __init__(self, directory, kinds=KINDS):
        self.directory = os.path.abspath(directory)
        self.kinds = kinds
        self.base = None
        self.of = {}

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()

    @property
    def pg(self):
        return self.of["pg"]

    @property
    def mariadb(self):
        return self.of["mariadb"]

    @property
    def redis(self):
        return self.of["redis"]

    @property
    def env(self):
        """All FED_TEST_* variables."""
        found = {}
        for server in self.of.values():
            found.update(server.environment())
        return found

    def start(self):
        """Make and start all of them; on failure none is left."""
        os.makedirs(self.directory, exist_ok=True)
        stop_recorded(self.directory)
        self.base = self.make_base()
        self.record()
        try:
            for kind in self.kinds:
                self.start_one(kind)
        except BaseException:
            self.stop()
            raise
        self.write_env()
        return self

    def make_base(self):
        """The directory of the data, owned by the servers' user."""
        inside = os.path.join(self.directory, "data")
        if os.getuid() != 0 or reachable_by_others(self.directory):
            shutil.rmtree(inside, ignore_errors=True)
            os.mkdir(inside, 0o700)
        else:
            inside = tempfile.mkdtemp(prefix="federator-live-", dir="/var/tmp")
        self.run = inside if len(inside) <= SOCKET_PATH_MAX else tempfile.mkdtemp(prefix="fed-", dir="/tmp")
        for path in {inside, self.run}:
            self.give_away(path)
        return inside

    @staticmethod
    def give_away(path):
        who = unprivileged()
        if who:
            os.chown(path, who["user"], who["group"])

    def start_one(self, kind):
        server = CLASSES[kind](self.base, self.run)
        os.mkdir(server.data, 0o700)
        self.give_away(server.data)
        server.prepare()
        self.of[kind] = server
        server.launch()
        self.record()
        server.await_ready()
        server.set_up()

    def record(self):
        """What a later stop needs to know."""
        content = {"base": self.base, "run": self.run,
                   "servers": [{"pid": s.pid, "data": s.data, "signal": int(s.stop_signal)}
                               for s in self.of.values() if s.pid]}
        with open(os.path.join(self.directory, "servers.json"), "w") as f:
            json.dump(content, f)

    def write_env(self):
        with open(os.path.join(self.directory, "env"), "w") as f:
            for name, value in sorted(self.env.items()):
                f.write(f"{name}='{value}'\n")

    def stop(self):
        """Stop all, forget the data."""
        for server in self.of.values():
            server.stop()
        self.of = {}
        stop_recorded(self.directory)


def stop_recorded(directory):
    """Stop what D/servers.json names: only processes that still run in the recorded data directory."""
    path = os.path.join(directory, "servers.json")
    try:
        with open(path) as f:
            content = json.load(f)
    except (OSError, ValueError):
        return
    for server in content["servers"]:
        if works_in(server["pid"], server["data"]):
            stop_process(server["pid"], server["signal"])
    for leftover in (content["base"], content["run"]):
        if leftover:
            shutil.rmtree(leftover, ignore_errors=True)
    for name in ("env", "servers.json"):
        if os.path.exists(os.path.join(directory, name)):
            os.unlink(os.path.join(directory, name))


def works_in(pid, data):
    """Is it the server that was started there, not another process with a recycled number?"""
    try:
        return os.readlink(f"/proc/{pid}/cwd") == data
    except OSError:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("start", "stop"))
    parser.add_argument("--dir", required=True, help="where env and servers.json stand")
    parser.add_argument("--only", default=",".join(KINDS), help="servers to start: " + ",".join(KINDS))
    args = parser.parse_args()
    try:
        if args.action == "start":
            Servers(args.dir, tuple(args.only.split(","))).start()
        else:
            stop_recorded(os.path.abspath(args.dir))
    except ServerError as failed:
        sys.exit(str(failed))


if __name__ == "__main__":
    main()
