"""All that a Redis holds, read as bytes."""
import socket

READ = {"string": "GET {}", "hash": "HGETALL {}", "zset": "ZRANGE {} 0 -1 WITHSCORES", "set": "SMEMBERS {}",
        "list": "LRANGE {} 0 -1", "stream": "XRANGE {} - +"}


class ReplyError(Exception):
    """Redis refuses, or is gone."""


class Wire:
    """A connection that speaks RESP2."""

    def __init__(self, port, timeout=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def ask(self, *words):
        words = [word.encode() if isinstance(word, str) else word for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        return self.read()

    def read(self):
        line = self.file.readline()[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise ReplyError(rest.decode())
        if not kind:
            raise ReplyError("the connection is closed")
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if int(rest) < 0:
            return None
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        value = self.file.read(int(rest))
        self.file.read(2)
        return value


def dump(port, most=None):
    """key -> what it holds: bytes, numbers and lists of them. Of `most` keys: a Redis that does not answer soon holds nobody up."""
    wire, found = Wire(port, 20 if most is None else 3), {}
    try:
        for key in wire.ask("KEYS", "*")[:most]:
            kind = wire.ask("TYPE", key).decode()
            if kind != "none":  # over since
                words = READ[kind].split()
                found[key] = wire.ask(*(key if word == "{}" else word for word in words))
    finally:
        wire.close()
    return found


def atoms(value):
    """The values in what a key holds, one by one."""
    if isinstance(value, list):
        return [atom for one in value for atom in atoms(one)]
    return [value]
