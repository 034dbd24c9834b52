"""A world of two nodes on one Redis, the one over plain TCP and the other over TLS; and what becomes of Redis, and of who is revoked, while
clients ask."""
import os
import signal

from redis_dump import atoms, dump
from rights.made import World
from rights.secured import Certificates, SecuredDoors
from servers import Servers

SEALED = 9  # so many bytes do not stand by chance in what is sealed
TROUBLES = ("flush", "cut", "kill", "freeze", "revoke")
OFTEN = (3, 3, 2, 1, 3)
DURING = 200  # requests at least while Redis is away


class NodesWorld(World):
    """`redis` runs from the beginning to the end of a `with`."""

    def __init__(self, directory, seed):
        super().__init__(directory, seed)
        self.certificates = Certificates(os.path.join(self.directory, "certificates"), self.keys, self.draw)
        self.records = [f"{self.record}-{node}" for node in range(2)]
        self.servers = Servers(os.path.join(self.directory, "servers"), ("redis",))

    def __enter__(self):
        self.servers.start()
        return self

    def __exit__(self, *_):
        self.servers.stop()

    @property
    def redis(self):
        return self.servers.redis

    def nodes(self):
        """Options of each."""
        env = self.servers.env
        return [(*self.options(self.records[0], env["FED_TEST_REDIS_SOCKET"]), "--cache-timeout", "1s"),
                (*self.options(self.records[1], env["FED_TEST_REDIS"]), "--cache-timeout", "1s", *self.certificates.options())]

    def doors(self, ports, draw, common):
        return SecuredDoors(ports, draw, self.certificates, common.turn)

    def told(self, oracle):
        """What Redis tells who reads all of it."""
        held = dump(self.redis.port)
        data = b"\n".join(atom for key, value in held.items() for atom in (key, *atoms(value)) if isinstance(atom, bytes))
        return len(held), [one for one in oracle.leaks(data, None, None, (), True)[1] if len(one[0]) >= SEALED]


def are_up(nodes, up):
    """Does Redis serve all tenants of all nodes, and tell each of what changes; or none?"""
    return all((one["cache"]["up"] and one["near"]["up"]) == up for node in nodes
               for one in node.admin("/readyz?verbose").json["tenants"])


class Troubles:
    def __init__(self, world, nodes, clients, draw):
        self.world, self.nodes, self.clients, self.draw = world, nodes, clients, draw
        self.done = dict.fromkeys(TROUBLES, 0)

    def go_on(self, requests, every):
        """Until so many were answered; one each time that about `every` were, first each once."""
        first = list(TROUBLES)
        self.draw.shuffle(first)
        while self.clients.go_on(self.draw.randint(every // 2, every * 3 // 2)) and (first or self.clients.common.done.value < requests):
            name = first.pop() if first else self.draw.choices(TROUBLES, OFTEN)[0]
            getattr(self, name)()
            self.done[name] += 1
        self.clients.common.ending.set()

    def until_up(self, up):
        self.nodes[0].wait(lambda: are_up(self.nodes, up))

    def redis_is_troubled(self, what):
        """The number that clients look at is odd meanwhile."""
        trouble = self.clients.common.trouble
        trouble.value += 1
        what()
        self.until_up(True)
        trouble.value += 1

    def flush(self):
        self.redis_is_troubled(lambda: self.world.redis.ask("FLUSHALL"))

    def cut(self):
        """All connections but that of who says so."""
        self.redis_is_troubled(lambda: [self.world.redis.ask(f"CLIENT KILL TYPE {kind}") for kind in ("normal", "pubsub")])

    def redis_is_away(self, leave, come):
        def away():
            leave()
            self.until_up(False)
            self.clients.go_on(DURING)
            come()
        self.redis_is_troubled(away)

    def kill(self):
        def killed():
            os.kill(self.world.redis.pid, signal.SIGKILL)
            self.world.redis.stop()
        self.redis_is_away(killed, self.world.redis.start)

    def freeze(self):
        self.redis_is_away(self.world.redis.freeze, self.world.redis.thaw)

    def revoke(self):
        """Another one. Meanwhile nobody asks, so that it is known of each request what must come of it."""
        turn, node = self.clients.common.turn, self.nodes[1]
        with self.clients.held():
            before = self.until(node)
            self.world.certificates.revoke(turn.value + 1)
            node.wait(lambda: self.until(node) != before)
            turn.value += 1

    @staticmethod
    def until(node):
        """Until when the list is good."""
        return [line for line in node.admin("/metrics").body.splitlines() if line.startswith(b"federator_tls_crl_expiry")]
