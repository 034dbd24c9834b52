"""Answers under each single fault, every one of them checked: schema, whose cells, what is said of the parts."""
import collections
import dataclasses
import functools
import os
import re
import socket
import statistics
import threading

from bed import FIRST, Bed
from oracle import Oracle
from proxy import Proxy
from schemas import fault as schema_fault, validator
from servers import Servers

CONNECTIONS, MANY = 32, 128  # many: where most answers wait for a deadline
CUSTOMERS, CUSTOMERS_CACHED = 1000, 100


@dataclasses.dataclass
class Story:
    """One fault of the matrix: lines of the control file, and what it changes in answers that are right."""
    name: str
    faults: tuple = ()
    spoilt: tuple = ()
    twins: bool = False
    connections: int = CONNECTIONS
    wants: str = ""  # a state that must have been seen


MISSING = "shop.orders missing "
SOURCE_STORIES = (
    Story("D1 refused", ("shop connect-refuse", "shop exec-reset"), wants=MISSING + "refused"),
    Story("D2 frozen in a query", ("shop exec-hang",), wants=MISSING + "deadline"),
    Story("D2 hung whatever is done", ("shop exec-hardhang",), wants=MISSING + "deadline"),
    Story("D3 black hole", ("shop connect-hang", "shop exec-hang"), wants=MISSING + "deadline"),
    Story("D4 300 ms slower, a third", ("shop exec-slow ms=300 percent=33",), wants=MISSING + "deadline", connections=MANY),
    Story("D4 drip, 5 ms a row", ("shop fetch-drip ms=5",), connections=MANY),
    Story("D5 error in mid-fetch, half", ("shop fetch-error after=2 percent=50",), wants=MISSING + "error"),
    Story("D5 reset in mid-fetch, half", ("shop fetch-reset after=3 percent=50",), wants=MISSING + "refused"),
    Story("D5 deadlock, half", ("shop exec-deadlock percent=50",), wants=MISSING + "error"),
    Story("D7 huge result", ("shop huge rows=2000",)),
    Story("D7 long texts", ("shop long-text bytes=20000 percent=10",), spoilt=("tail",)),
    Story("D8 wrong types", ("shop wrong-type",), spoilt=("number", "time")),
    Story("D8 bad UTF-8", ("shop bad-utf8",), spoilt=("text",)),
    Story("D8 NUL in texts", ("shop nul-byte",), spoilt=("text",)),
    Story("D8 NULL everywhere", ("shop nulls",), spoilt=("text", "number", "time")),
    Story("D9 column dropped", ("shop column-drop",), wants=MISSING + "schema_mismatch"),
    Story("D9 column renamed", ("shop column-rename",), wants=MISSING + "schema_mismatch"),
    Story("D9 columns reordered", ("shop column-reorder",), wants="shop.orders live"),
    Story("D10 two customers for a number", ("crm twins",), twins=True, wants="many"),
    Story("D11 rows of another customer, half", ("shop other-key after=2 percent=50",), wants=MISSING + "wrong_subject"),
    Story("D12 reset while idle, a third", ("* idle-reset percent=33",)),
    Story("D13 password changed", ("shop connect-auth", "shop exec-reset percent=10"), wants=MISSING + "auth"),
)


# With copies of a hundred customers that may stand in: what is shown then is old, and still theirs.
STALE = "shop.orders stale "
STALE_STORIES = (
    Story("D1 refused, with copies", SOURCE_STORIES[0].faults, wants=STALE + "refused"),
    Story("D2 frozen in a query, with copies", ("shop exec-hang",), wants=STALE + "deadline"),
    Story("D5 error in mid-fetch, half, with copies", ("shop fetch-error after=2 percent=50",), wants=STALE + "error"),
    Story("D11 rows of another customer, half, with copies", ("shop other-key after=2 percent=50",),
          wants=MISSING + "wrong_subject"),
)


class Redis:
    """Commands to a Redis, as the test that breaks it sends them."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.file.close()
        self.socket.close()

    def __call__(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        return self.reply()

    def reply(self):
        kind, rest = (line := self.file.readline())[:1], line[1:-2]
        if kind == b"$":
            return self.file.read(int(rest) + 2)[:-2] if int(rest) >= 0 else None
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        if kind == b"-":
            raise RuntimeError(f"Redis: {rest.decode()}")
        return rest




class Breakage:
    """What is done to Redis, or on the way to it, while answers come."""

    def __init__(self, server, proxy):
        self.server, self.proxy = server, proxy
        self.done = threading.Event()
        self.thread = None
        self.spoilt = 0

    def send(self, *commands):
        with Redis(self.server.port) as redis:
            for command in commands:
                redis(*command)

    def full(self):
        self.send(("CONFIG", "SET", "maxmemory-policy", "noeviction"), ("CONFIG", "SET", "maxmemory", "1"))

    def readonly(self):
        self.send(("REPLICAOF", "127.0.0.1", "1"))

    def closed(self):
        self.send(("CONFIG", "SET", "requirepass", "changed"), ("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))

    def reopen(self):
        self.send(("AUTH", "changed"), ("CONFIG", "SET", "requirepass", ""))

    def spoil(self):
        """Other bytes in all values, again and again: garbage, halves, values of other keys, nothing."""
        with Redis(self.server.port) as redis:
            while not self.done.wait(0.01):
                keys = redis("KEYS", "*")
                values = [redis("TYPE", key) == b"string" and redis("GET", key) or b"" for key in keys]
                for i, key in enumerate(keys):
                    self.spoilt += 1
                    redis("SET", key, (b"garbage", values[i][:len(values[i]) // 2], values[i - 1], b"")[self.spoilt % 4])

    def foreign(self):
        self.done.clear()
        self.thread = threading.Thread(target=self.spoil)
        self.thread.start()

    def own(self):
        self.done.set()
        self.thread.join()

    def errors(self):
        """How many commands Redis has refused, by its own count."""
        with Redis(self.server.port) as redis:
            return sum(int(n) for n in re.findall(rb"count=(\d+)", redis("INFO", "errorstats")))

    def stories(self):
        """(name, begin, end, what counts how often it struck) of each."""
        return (("R1 Redis down", self.server.stop, self.server.start, None),
                ("R2 Redis frozen", self.server.freeze, self.server.thaw, None),
                *((name, functools.partial(self.proxy.set, toxics), self.proxy.set, None) for name, toxics in (
                    ("R1 connections to Redis reset", "reset=1"), ("R2 Redis in a black hole", "hole=1"),
                    ("R2 Redis 50 ms away", "latency_us=50000"), ("R2 Redis in pieces of 7 bytes", "slice_bytes=7 slice_us=5"),
                    ("R1 connections to Redis cut after 2 KiB", "limit_bytes=2048"))),
                ("R3 Redis full", self.full, lambda: self.send(("CONFIG", "SET", "maxmemory", "0")), self.errors),
                ("R4 READONLY", self.readonly, lambda: self.send(("REPLICAOF", "NO", "ONE")), self.errors),
                ("R4 NOAUTH", self.closed, self.reopen, self.errors),
                ("R5 foreign and corrupt values", self.foreign, self.own, lambda: self.spoilt))


def percentile(times, share):
    """Of times in microseconds, in milliseconds."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1000 if ordered else float("nan")


@dataclasses.dataclass
class Checked:
    """Answers under a fault beside healthy ones of the same call."""
    name: str
    oracle: Oracle
    healthy: Oracle
    p50_ms: float
    p99_ms: float
    healthy_p99_ms: float
    struck: int
    wants: str

    @property
    def problems(self):
        """What must hold and does not."""
        found = []
        for what, oracle in (("healthy", self.healthy), (self.name, self.oracle)):
            if oracle.invalid:
                found.append(f"{what}: {oracle.invalid} answers of {oracle.valid + oracle.invalid} are not valid, "
                             f"{oracle.wrong_customer} show another customer: {oracle.first_wrong}")
        if not self.healthy.complete:  # on a busy machine some are late
            found.append(f"healthy, before {self.name}: no answer is complete: {dict(self.healthy.states)}")
        if not self.struck:
            found.append(f"{self.name}: the fault never struck")
        if self.wants and not self.oracle.states[self.wants]:
            found.append(f"{self.name}: no answer had `{self.wants}`: {dict(self.oracle.states)}")
        return found


def ask(bed, service, oracle, **options):
    """Ask and check; the times."""
    times = []
    for answer in bed.ask(service.port, **options):
        oracle.take(answer)
        times.append(answer.took_us)
    return times


def is_whole(service, state="live"):
    """Is a view complete, with parts of that state and none that is stale?"""
    answer = service.get(member=FIRST)
    if answer.status != 200 or not answer.json["complete"]:
        return False
    states = {part["state"] for part in answer.json["parts"].values()}
    return state in states and "stale" not in states


def check(bed, service, story, schema, count, redis=None, customers=CUSTOMERS):
    """The answers of one story; `redis`: begin, end and counter of a fault there."""
    begin, end, strikes = redis or (lambda: bed.faults(*story.faults), bed.faults, lambda: sum(bed.hits().values()))
    options = {"connections": story.connections, "customers": customers}
    healthy, faulty = Oracle(schema), Oracle(schema, story.spoilt, twins=story.twins)
    times = ask(bed, service, healthy, count=max(200, count // 10), **options)
    before = strikes() if strikes else 0
    begin()
    try:
        faulty_times = ask(bed, service, faulty, count=count, **options)
    finally:
        end()
    struck = strikes() - before if strikes else 1
    service.wait(lambda: is_whole(service, "fresh" if redis else "live"))
    return Checked(story.name, faulty, healthy, percentile(faulty_times, 0.5), percentile(faulty_times, 0.99),
                   percentile(times, 0.99), struck, story.wants)


def schema_of(service):
    """What is wrong with an answer of that status, or None."""
    view, problem = (validator(service.ask("GET", f"/schema/{name}.schema.json").body) for name in ("view", "problem"))
    return lambda document, status: schema_fault(view if status == 200 else problem, document)


def patient(edits=()):
    """Deadlines that a busy machine does not pass: healthy answers are complete then, and faults what they are."""
    return ((r'deadline="150ms" cap="300ms"', 'deadline="250ms" cap="400ms"'), (r'budget="500ms"', 'budget="900ms"'), *edits)


def run_sources(directory, build, count, only):
    """D: what sources do."""
    bed = Bed(directory, build, patient())
    with bed.serve("--cache", "off") as service:
        service.wait(lambda: is_whole(service))
        schema = schema_of(service)
        for story in SOURCE_STORIES:
            if only in story.name:
                yield check(bed, service, story, schema, count)


def run_stale(directory, build, count, only):
    """D: the same with copies that may stand in."""
    bed = Bed(directory, build, patient([(r'stale="0s"', 'stale="10m"')]))
    with bed.serve("--cache", "memory") as service:
        service.wait(lambda: is_whole(service))
        schema = schema_of(service)
        for story in STALE_STORIES:
            if only in story.name:
                yield check(bed, service, story, schema, count, customers=CUSTOMERS_CACHED)


def run_redis(directory, build, count, only):
    """R: what Redis does. Copies are good for a moment, so that answers both hit and fill."""
    bed = Bed(directory, build, patient([(r'ttl="0s"', 'ttl="40ms"')]))
    with Servers(directory + "-redis", ("redis",)) as servers, \
            Proxy(os.path.join(build, "bin", "faultproxy"), servers.redis.port) as proxy, \
            bed.serve("--cache", f"127.0.0.1:{proxy.ports[0]}") as service:
        service.wait(lambda: is_whole(service))
        schema = schema_of(service)
        for name, *redis in Breakage(servers.redis, proxy).stories():
            if only in name:
                yield check(bed, service, Story(name), schema, count, redis, CUSTOMERS_CACHED)


def head(states, most=3):
    """What the parts of shop were, the most frequent first."""
    total = collections.Counter({state.removeprefix("shop."): n for state, n in states.items()
                                 if state.startswith("shop.orders") or not state.startswith(("crm", "shop", "web"))})
    every = sum(total.values()) or 1
    return ", ".join(f"{state} {100 * n / every:.0f} %" for state, n in total.most_common(most))


def print_table(checked):
    """One line for each story."""
    print("\n| fault | answers | valid | wrong-customer cells | complete | 503, 504 | p50 | p99 | p99, all healthy | ratio | "
          "orders |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for c in checked:
        n = c.oracle.valid + c.oracle.invalid
        print(f"| {c.name} | {n} | {100 * c.oracle.valid / n:.3f} % | {c.oracle.wrong_customer} | "
              f"{100 * c.oracle.complete / n:.0f} % | {100 * c.oracle.problems / n:.1f} % | {c.p50_ms:.1f} ms | {c.p99_ms:.1f} ms | {c.healthy_p99_ms:.1f} ms | "
              f"{c.p99_ms / c.healthy_p99_ms:.2f} | {head(c.oracle.states)} |")
    oracles = [oracle for c in checked for oracle in (c.oracle, c.healthy)]
    print(f"\ncells checked: {sum(oracle.cells for oracle in oracles):,}; of another customer: "
          f"{sum(oracle.wrong_customer for oracle in oracles)}; median ratio of p99: "
          f"{statistics.median(c.p99_ms / c.healthy_p99_ms for c in checked):.2f}")
