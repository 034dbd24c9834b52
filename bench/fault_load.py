"""What is measured in time: a frozen source, too much load, connections that never finish their header."""
import os
import resource
import select
import socket
import statistics
import threading
import time

from bed import FIRST, Bed, answers
from fault_valid import is_whole, percentile

RATE = 300  # requests a second when nothing is to be overloaded
DEADLINE_MS, CAP_MS, BUDGET_MS = 150, 300, 500  # of the mapping
FROZEN = ("shop exec-hang", "shop connect-hang")
CONNECTIONS_MOST = 2000
SLOW_CONNECTIONS = 5000


class Row:
    """A line of the table: what must hold, what was found with everything healthy, and what with the fault."""

    def __init__(self, what, must, healthy, found, holds):
        self.what, self.must, self.healthy, self.found, self.holds = what, must, healthy, found, holds


def print_rows(rows):
    print("\n| what | must hold | all healthy | with the fault | holds |")
    print("|---|---|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.must} | {row.healthy} | {row.found} | {'yes' if row.holds else '**no**'} |")


def load(bed, service, **options):
    """The answers of a load, without bodies."""
    return list(bed.ask(service.port, bodies=0, **options))


def p99_ms(found):
    return percentile([answer.took_us for answer in found], 0.99)


def failed(found):
    return sum(answer.status != 200 for answer in found)


def incomplete(found):
    return sum(not answer.complete for answer in found)


def start(bed, *options):
    """A service whose sources are all up."""
    service = bed.serve("--cache", "off", *options)
    service.__enter__()
    service.wait(lambda: is_whole(service))
    return service


class Twins:
    """Two services alike, under the same load at the same time: what else the machine does strikes both. The first one stays
    healthy."""

    def __init__(self, directory, build, *options):
        self.beds = [Bed(os.path.join(directory, name), build) for name in ("healthy", "faulty")]
        self.services = []
        self.options = options

    def __enter__(self):
        try:
            for bed in self.beds:
                self.services.append(start(bed, *self.options))
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *exc):
        for bed, service in zip(self.beds, self.services):
            bed.faults()
            service.__exit__(*exc)

    def steady(self, seconds):
        """Answers of both, at a rate that everything can bear."""
        outs = [os.path.join(bed.directory, "answers") for bed in self.beds]
        clients = [bed.asker(service.port, out, bodies=0, rate=RATE, connections=256, ms=int(1000 * seconds))
                   for bed, service, out in zip(self.beds, self.services, outs)]
        if any([client.wait() for client in clients]):
            raise RuntimeError("fault_ask failed")
        return [list(answers(out)) for out in outs]


def has_learnt(service, name):
    """Is the source's breaker open, after one more request? Without requests it would never learn."""
    service.get(member=FIRST)
    sources = service.admin("/readyz?verbose").json["sources"]
    return next(source for source in sources if source["name"] == name)["breaker"] == "open"


def released_ms(bed, service):
    """How long a thread hangs in a frozen query; None: it does not come back."""
    def busy():
        return next(s for s in service.admin("/readyz?verbose").json["sources"] if s["name"] == "web")["busy"]

    bed.faults("web exec-hang")
    begun = time.monotonic()
    service.get(member=FIRST)
    while busy():
        if time.monotonic() - begun > 10 * CAP_MS / 1000:
            return None
    return (time.monotonic() - begun) * 1000


def frozen(directory, build, scale):
    """One of three sources is frozen: the first second, and once its breaker is open."""
    first, later = [], []
    with Twins(directory, build) as twins:
        bed, service = twins.beds[1], twins.services[1]
        for _ in range(max(1, round(5 * scale))):
            bed.faults(*FROZEN)
            first.append([p99_ms(found) for found in twins.steady(1)])
            service.wait(lambda: has_learnt(service, "shop"))
            later.append([p99_ms(found) for found in twins.steady(6)])
            bed.faults()
            service.wait(lambda: is_whole(service))
        released = released_ms(bed, service)
    ratio = statistics.median(fault / healthy for healthy, fault in later)
    most = min(DEADLINE_MS, BUDGET_MS) + 20
    at_once = statistics.median(pair[1] for pair in first)
    return [Row("one of three sources frozen, first second", f"p99 ≤ {most} ms",
                f"p99 {statistics.median(pair[0] for pair in first):.1f} ms",
                f"p99 {at_once:.1f} ms (median of {len(first)} times)", at_once <= most),
            Row("one of three sources frozen, its breaker open", "p99 ≤ 1.10 ×",
                f"p99 {statistics.median(pair[0] for pair in later):.1f} ms",
                f"p99 {statistics.median(pair[1] for pair in later):.1f} ms, {ratio:.2f} × (median of {len(later)} ratios)",
                ratio <= 1.10),
            Row("thread hung in a frozen query", f"back at its cap + 50 ms = {CAP_MS + 50} ms", "–",
                "not at all" if released is None else f"back after {released:.0f} ms",
                released is not None and released <= CAP_MS + 50)]


# ---- overload ----

def goodput(found, since_us, until_us):
    """Complete views a second, of those that were asked for in that time."""
    n = sum(answer.complete and since_us <= answer.start_us < until_us for answer in found)
    return n * 1_000_000 / (until_us - since_us)


def middle(found, seconds):
    """The time without the first and the last tenth."""
    begin = min(answer.start_us for answer in found)
    return begin + seconds * 100_000, begin + seconds * 900_000


def find_peak(bed, service, seconds):
    """(views a second, connections) of the best closed load."""
    best = (0.0, 0)
    for connections in (4, 8, 16, 32, 64, 128):
        found = load(bed, service, connections=connections, ms=seconds * 1000)
        best = max(best, (goodput(found, *middle(found, seconds)), connections))
    return best


def overload(directory, build, scale):
    """Ten times what the sources can bear: each row takes 2 ms, so that asking for several customers at once helps nobody, and
    the sources are what is scarce."""
    bed = Bed(directory, build)
    bed.faults("* fetch-drip ms=2")
    service = start(bed)
    seconds = max(2, round(6 * scale))
    try:
        peak, connections = find_peak(bed, service, seconds)
        calm = load(bed, service, rate=max(1, int(peak / 2)), connections=256, ms=seconds * 1000)
        flood = load(bed, service, rate=int(10 * peak), connections=CONNECTIONS_MOST, ms=seconds * 1000)
        flood_end_us = max(answer.start_us for answer in flood)
        after = load(bed, service, rate=max(1, int(peak / 2)), connections=256, ms=3000)
    finally:
        bed.faults()
        service.__exit__(None, None, None)
    under = goodput(flood, *middle(flood, seconds))
    shed = [answer.took_us for answer in flood if answer.status == 503]
    lost = sum(answer.status in (0, 1) for answer in flood)
    bad = [answer.start_us + answer.took_us for answer in after if not answer.complete]
    recovered_s = (max(bad) - flood_end_us) / 1e6 if bad else 0.0
    return [Row("goodput at 10 × overload", "≥ 95 % of the peak", f"{peak:.0f} views/s with {connections} connections",
                f"{under:.0f} views/s ({100 * under / peak:.0f} %) of {10 * peak:.0f} asked/s; of {len(flood)} answers "
                f"{sum(answer.status == 200 and not answer.complete for answer in flood)} not complete, {len(shed)} shed, {lost} "
                "none at all", under >= 0.95 * peak),
            Row("shedding at 10 × overload", "p99 < 5 ms", f"views at half the peak: p99 {p99_ms(calm):.1f} ms",
                f"{len(shed)} times 503, p99 {percentile(shed, 0.99):.1f} ms", bool(shed) and percentile(shed, 0.99) < 5),
            Row("recovery from 10 × overload", "≤ 1 s", f"{incomplete(calm)} of {len(calm)} not complete",
                f"{incomplete(after)} of {len(after)} not complete, the last {recovered_s:.2f} s after the flood", recovered_s <= 1)]


# ---- slow headers ----

class SlowHeaders:
    """Connections that send a byte of their header now and then, on a thread of its own."""

    def __init__(self, port, n):
        self.n, self.cut = n, 0
        self.stop = threading.Event()
        self.sockets = {}
        self.poll = select.epoll()
        for _ in range(n):
            s = socket.create_connection(("127.0.0.1", port))
            s.setblocking(False)
            s.send(b"GET /v1/customers?view=pop&member=20000000 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
            self.sockets[s.fileno()] = s
            self.poll.register(s.fileno(), select.EPOLLIN | select.EPOLLRDHUP)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def drop(self, fd):
        self.poll.unregister(fd)
        self.sockets.pop(fd).close()
        self.cut += 1

    def drip(self, fds):
        for fd in fds:
            try:
                self.sockets[fd].send(b"a")
            except OSError:
                self.drop(fd)

    def run(self):
        """Each sends once a second, but not all at the same time: they are as many clients."""
        ticks, tick = 50, 0
        while self.sockets and not self.stop.is_set():
            next_s = time.monotonic() + 1 / ticks
            self.drip([fd for fd in self.sockets if fd % ticks == tick % ticks])
            tick += 1
            while self.sockets and (left_s := next_s - time.monotonic()) > 0:
                for fd, _ in self.poll.poll(left_s):
                    self.drop(fd)

    def end(self):
        self.stop.set()
        self.thread.join()
        for s in self.sockets.values():
            s.close()
        self.poll.close()


def slow_headers(directory, build, scale):
    """Many connections that never finish their header, beside a steady load."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    n = min(max(100, round(SLOW_CONNECTIONS * scale)), hard // 2 - 200)
    seconds = 20
    with Twins(directory, build, "--connections", str(n + 1000)) as twins:
        slow = SlowHeaders(twins.services[1].port, n)
        try:
            healthy, beside = twins.steady(seconds)
        finally:
            slow.end()
    ratio = p99_ms(beside) / p99_ms(healthy)
    return [Row(f"{n} connections with slow headers", "all cut", "–", f"{slow.cut} cut within {seconds} s", slow.cut == n),
            Row("the others beside them", "p99 ≤ 1.1 ×, none fails", f"p99 {p99_ms(healthy):.1f} ms, {failed(healthy)} failed",
                f"p99 {p99_ms(beside):.1f} ms, {ratio:.2f} ×, {failed(beside)} failed", ratio <= 1.1 and not failed(beside))]
