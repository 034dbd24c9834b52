"""Runs of random requests: clients in processes of their own against the services of a world, which may be killed now and then, or their
Redis."""
import contextlib
import multiprocessing
import random
import signal

from rights import acts, listening
from rights.asks import Asker
from rights.books import Books
from rights.client import Client, Tally
from rights.nodes import Troubles
from rights.oracle import Oracle
from rights.secured import ALERTS, knock
from support import Service

CONNECTIONS = 8
SCENES = 0.05  # behind so many of the rounds somebody listens
KNOCKS = 0.02  # behind so many somebody shows a bad certificate
FORK = multiprocessing.get_context("fork")


class Rights(Service):
    """A service of a world."""

    def __init__(self, world, options):
        super().__init__("", *options, directory=world.directory)
        at = self.command.index("--map")
        del self.command[at:at + 2]

    def begin(self):
        self.__enter__()
        try:
            self.wait(lambda: all({source["state"] for source in tenant["sources"]} == {"up"}
                                  for tenant in self.admin("/readyz?verbose").json["tenants"]))
        except BaseException:
            self.end(signal.SIGKILL)
            raise

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait()
        if how == signal.SIGTERM and code != 0:
            raise AssertionError(f"federator serve ended with {code}:\n{self.log()}")

    def counted(self, name):
        """The sum of a metric."""
        lines = self.admin("/metrics").body.decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((name + " ", name + "{")))


class Outcome:
    """Of a run: what was done, what is wrong, and the books of all clients by node."""

    def __init__(self, nodes):
        self.tally, self.books, self.lost, self.clients = Tally(), [Books() for _ in range(nodes)], 0, 0
        self.troubles, self.hits, self.kept = {}, [], 0

    def add(self, tally, books, lost):
        self.tally.add(tally)
        for mine, theirs in zip(self.books, books):
            mine.add(theirs)
        self.lost += lost
        self.clients += CONNECTIONS


class Common:
    """What the processes of a run share. `up`: while the service that is killed now and then has all its sources; `trouble`: odd while
    Redis is troubled; `turn`: who is revoked."""

    def __init__(self, kills):
        self.ending, self.up, self.go = FORK.Event(), FORK.Event() if kills else None, FORK.Event()
        self.done, self.held, self.trouble, self.turn = (FORK.Value("L", 0) for _ in range(4))
        self.go.set()

    def pass_by(self):
        """Wait while all are held."""
        if not self.go.is_set():
            with self.held.get_lock():
                self.held.value += 1
            self.go.wait()
            with self.held.get_lock():
                self.held.value -= 1


def scenes(client, common, secured):
    """What takes connections of its own."""
    draw = client.draw
    if not common.up and draw.random() < SCENES:
        (listening.on_site if draw.random() < 0.1 else listening.ring)(client)
    if secured and draw.random() < KNOCKS:
        knock(client)


def work(pipe, *about):
    """A process of its own."""
    common = about[-1]
    try:
        pipe.send(asked(*about))
    finally:
        with common.held.get_lock():
            common.held.value += 1
        pipe.close()


def asked(world, oracle, ports, number, requests, seed, common):
    """What its clients found; `requests` 0: until the end."""
    draw = random.Random(f"{seed}/{number}")
    asker = Asker(oracle, world.credentials, draw, f"p{number}", acts.MAKERS, common.trouble)
    client = Client(oracle, asker, world.doors(ports, draw, common), CONNECTIONS, common.ending, common.up)
    secured = len(ports) > 1
    for why in ALERTS if secured else ():
        knock(client, why)
    while (client.tally.n["requests"] < requests or not requests) and client.round():
        scenes(client, common, secured)
        with common.done.get_lock():
            common.done.value += CONNECTIONS
        common.pass_by()
    client.close()
    return client.tally, client.books, client.lost


class Clients:
    """Processes that ask."""

    def __init__(self, world, oracle, nodes, processes, requests, seed, kills=False):
        self.common, self.running, self.nodes = Common(kills), [], nodes
        ports = [node.port for node in nodes]
        each = requests and max(1, requests // processes)
        for number in range(processes):
            mine, theirs = FORK.Pipe(False)
            process = FORK.Process(target=work, args=(theirs, world, oracle, ports, number, each, seed, self.common))
            process.start()
            theirs.close()
            self.running.append((process, mine))

    def are_asking(self):
        """None of them is at its end; what they found waits in the pipes."""
        return not any(pipe.poll() for _, pipe in self.running)

    def go_on(self, requests):
        """Until so many more were answered. False: one of the processes has come to its end."""
        until = self.common.done.value + requests
        self.nodes[0].wait(lambda: self.common.done.value >= until or not self.are_asking(), seconds=600)
        return self.are_asking()

    @contextlib.contextmanager
    def held(self):
        """Nobody asks meanwhile."""
        self.common.go.clear()
        self.nodes[0].wait(lambda: self.common.held.value == len(self.running), seconds=600)
        yield
        self.common.go.set()
        self.nodes[0].wait(lambda: self.common.held.value == 0 or not self.are_asking())

    def outcome(self):
        found = Outcome(len(self.nodes))
        for process, pipe in self.running:
            found.add(*pipe.recv())
            process.join()
        return found


@contextlib.contextmanager
def served(world):
    """Its services, and a clean end."""
    nodes = [Rights(world, options) for options in world.nodes()]
    with contextlib.ExitStack() as stack:
        for node in nodes:
            node.begin()
            stack.callback(node.end)
        yield nodes


def run(world, requests, processes=2, seed=1, oracle=None, troubled=0):
    """Random requests. `troubled`: behind about so many of them something becomes of Redis or of certificates; 0: nothing does."""
    oracle = oracle or Oracle(world.tenants)
    with served(world) as nodes:
        clients = Clients(world, oracle, nodes, processes, 0 if troubled else requests, seed)
        troubles = Troubles(world, nodes, clients, random.Random(f"{seed}/troubles"))
        if troubled:
            troubles.go_on(requests, troubled)
        found = clients.outcome()
        found.troubles = troubles.done
        found.hits = [node.counted("federator_cache_hits_total") for node in nodes]
        pages = b"".join(node.admin(path).body for node in nodes for path in ("/metrics", "/readyz?verbose"))
        found.kept, told = world.told(oracle)
    for node in nodes:
        with open(node.log_path, "rb") as log:
            pages += log.read()
    told += oracle.leaks(pages, None, None, (), True)[1]
    found.tally.leaked += len(told)
    found.tally.faults += [f"for operators, or in Redis: {one}" for one in told]
    return found


def run_with_kills(world, kills, between, processes=2, seed=1):
    """The service is killed after about `between` requests, and comes again; then it ends as it should."""
    oracle, draw = Oracle(world.tenants), random.Random(seed)
    with served(world) as nodes:
        service, = nodes
        clients = Clients(world, oracle, nodes, processes, 0, seed, kills=True)
        clients.common.up.set()
        for n in range(kills + 1):
            clients.go_on(draw.randint(between // 2, between * 3 // 2))
            if n < kills:
                service.end(signal.SIGKILL)
                clients.common.up.clear()
                service.begin()
                clients.common.up.set()
        clients.common.ending.set()
        return clients.outcome()
