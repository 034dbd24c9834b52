"""Runs of random requests: clients in processes of their own against one service, which may be killed now and then."""
import multiprocessing
import random
import signal

from rights import acts, listening
from rights.asks import Asker
from rights.books import Books
from rights.client import Client, Tally
from rights.oracle import Oracle
from support import Service

CONNECTIONS = 8
SCENES = 0.05  # behind so many of the rounds somebody listens
FORK = multiprocessing.get_context("fork")


class Rights(Service):
    """The service of a world."""

    def __init__(self, world, *more):
        super().__init__("", *world.options(), *more, directory=world.directory)
        at = self.command.index("--map")
        del self.command[at:at + 2]

    def begin(self):
        self.__enter__()
        self.wait(lambda: all({source["state"] for source in tenant["sources"]} == {"up"}
                              for tenant in self.admin("/readyz?verbose").json["tenants"]))

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait()
        if how == signal.SIGTERM and code != 0:
            raise AssertionError(f"federator serve ended with {code}:\n{self.log()}")


class Outcome:
    """Of a run: what was done, what is wrong, and the books of all clients."""

    def __init__(self):
        self.tally, self.books, self.lost, self.clients = Tally(), Books(), 0, 0

    def add(self, tally, books, lost):
        self.tally.add(tally)
        self.books.add(books)
        self.lost += lost
        self.clients += CONNECTIONS


def work(pipe, world, oracle, port, number, requests, seed, ending, up, done):
    """A process with clients of its own; `requests` 0: until the end."""
    draw = random.Random(f"{seed}/{number}")
    client = Client(oracle, Asker(oracle, world.credentials, draw, f"p{number}", acts.MAKERS), port, CONNECTIONS, ending, up)
    while (client.tally.n["requests"] < requests or not requests) and client.round():
        if not up and draw.random() < SCENES:
            (listening.on_site if draw.random() < 0.1 else listening.ring)(client)
        with done.get_lock():
            done.value += CONNECTIONS
    client.close()
    pipe.send((client.tally, client.books, client.lost))
    pipe.close()


class Clients:
    """Processes that ask."""

    def __init__(self, world, oracle, port, processes, requests, seed, kills=False):
        self.ending, self.up, self.done, self.running = FORK.Event(), FORK.Event() if kills else None, FORK.Value("L", 0), []
        for number in range(processes):
            mine, theirs = FORK.Pipe(False)
            process = FORK.Process(target=work, args=(theirs, world, oracle, port, number, requests // processes, seed, self.ending,
                                                      self.up, self.done))
            process.start()
            theirs.close()
            self.running.append((process, mine))

    def outcome(self):
        found = Outcome()
        for process, pipe in self.running:
            found.add(*pipe.recv())
            process.join()
        return found


def run(world, requests, processes=2, seed=1, oracle=None, service=None):
    """Random requests, and a clean end."""
    oracle = oracle or Oracle(world.tenants)
    service = service or Rights(world)
    service.begin()
    try:
        found = Clients(world, oracle, service.port, processes, requests, seed).outcome()
        pages = service.admin("/metrics").body + service.admin("/readyz?verbose").body
    finally:
        service.end()
    with open(service.log_path, "rb") as log:
        told = oracle.leaks(pages + log.read(), None, None, (), True)[1]
    found.tally.leaked += len(told)
    found.tally.faults += [f"for operators: {one}" for one in told]
    return found


def run_with_kills(world, kills, between, processes=2, seed=1):
    """The service is killed after about `between` requests, and comes again; then it ends as it should."""
    oracle, service, draw = Oracle(world.tenants), Rights(world), random.Random(seed)
    service.begin()
    clients = Clients(world, oracle, service.port, processes, 0, seed, kills=True)
    clients.up.set()
    for n in range(kills + 1):
        until = clients.done.value + draw.randint(between // 2, between * 3 // 2)
        service.wait(lambda until=until: clients.done.value >= until, seconds=600)
        if n < kills:
            service.end(signal.SIGKILL)
            clients.up.clear()
            service.begin()
            clients.up.set()
    clients.ending.set()
    found = clients.outcome()
    service.end()
    return found
