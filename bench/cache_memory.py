"""What memory the cache and those who wait for it take: kept connections, streams, and copies in Redis."""
import http.client
import json
import resource
import socket
import string

from goals import Goal
from lab import Contestant

CONNECTIONS, STREAMS, VIEWS = 4000, 5000, 10_000
CONNECTION_BYTES_MOST = STREAM_BYTES_MOST = 12_000
TRIES = 20
MILLION_GB_MOST, MILLION_VIEW_BYTES = 0.6, 1600
TABLES_BYTES = 2 * 8 * 2**21  # Redis' tables of keys and of their ends, with a million sheaves and 2^18 hashes


def resident_bytes(pid):
    """RSS of a process."""
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * resource.getpagesize()


def redis_bytes(redis):
    """What Redis says it uses for data."""
    text = redis.ask("INFO memory")
    return int(next(line for line in text.splitlines() if line.startswith("used_memory:")).split(":")[1])


def key_count(redis):
    """How many keys it has."""
    return int(redis.ask("DBSIZE").strip().lstrip(":"))


def held(contestant, n, request, lacks):
    """n connections that got an answer, or as much of it as there will be, and stay."""
    found = []
    for i in range(n):
        s = socket.create_connection(("127.0.0.1", contestant.port), timeout=30)
        s.sendall(request(i))
        found.append(s)
    for s in found:
        got = b""
        while lacks(got):
            more = s.recv(65536)
            if not more:
                raise RuntimeError(f"{contestant.name} hung up: {got[-300:]!r}")
            got += more
        if b" 200 " not in got.split(b"\r\n")[0]:
            raise RuntimeError(f"{contestant.name}: {got[:300]!r}")
    return found


def lacks_body(got):
    """Is there more to come of an answer with Content-Length?"""
    head, end, body = got.partition(b"\r\n\r\n")
    if not end:
        return True
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return len(body) < int(lengths[0])


def lacks_head(got):
    """Is there more to come of the head of an answer?"""
    return b"\r\n\r\n" not in got


def get(path):
    """A request."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def per_connection(contestant, n, request, lacks):
    """Growth of RSS for each of n connections more; the first ones pay for what all share."""
    sockets = held(contestant, n // 4, request, lacks)
    before = resident_bytes(contestant.pid)
    sockets += held(contestant, n, request, lacks)
    grown = resident_bytes(contestant.pid) - before
    for s in sockets:
        s.close()
    return grown / n


def many_files():
    """Allow as many connections as this process may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def goal_of(what, most, found, n):
    return [Goal(f"{what}, memory", f"≤ {most / 1000:.0f} KB", f"{found / 1000:.1f} KB ({n} of them)", found <= most)], \
        {"bytes": found, "n": n}


def consoles(lab, args):
    """Idle connections of consoles, each of which has asked for a view."""
    many_files()
    n = CONNECTIONS // 10 if args.quick else CONNECTIONS
    node = lab.serve(Contestant("consoles"), "--cache", "memory", "--connections", str(2 * CONNECTIONS))
    phone = lab.keys(args.keys)[0]
    node.view(phone)
    found = per_connection(node, n, lambda i: get(f"/v1/customers?view=pop&phone={phone}"), lacks_body)
    lab.drop(node)
    return goal_of("idle kept connection of a console", CONNECTION_BYTES_MOST, found, n)


def streams(lab, args):
    """Idle streams of agents."""
    many_files()
    n = STREAMS // 10 if args.quick else STREAMS
    node = lab.serve(Contestant("streams"), "--cache", "memory", "--connections", str(2 * STREAMS))
    found = per_connection(node, n, lambda i: get(f"/v1/agents/agent{i}/pops"), lacks_head)
    lab.drop(node)
    return goal_of("idle stream of an agent", STREAM_BYTES_MOST, found, n)


def whole_view(connection, member):
    """The bytes of a view; on a busy machine a source may miss a deadline now and then."""
    for _ in range(TRIES):
        connection.request("GET", f"/v1/customers?view=pop&member={member}")
        body = connection.getresponse().read()
        if json.loads(body).get("complete"):
            return body
    raise RuntimeError(f"not in full: {body[:500]!r}")


def fill_index(redis):
    """A field in each hash of the index, as there is with a million customers: else nearly every name of a few thousand
    would begin one of its own. Returns what a customer's share takes then of the hashes themselves, and of the two tables
    of all keys, which do not grow while the copies come."""
    letters, before = string.ascii_letters + string.digits + "-_", redis_bytes(redis)
    for first in letters:
        redis.ask(f"""EVAL "local letters, last = '{letters}', string.rep('a', 12) .. string.char(15, 255, 255, 255) """
                  f"""for i = 0, 4095 do local second, third = math.floor(i / 64) + 1, i % 64 + 1 """
                  f"""local bucket = 'fed2:x:{{default}}:b:{first}' .. letters:sub(second, second) .. letters:sub(third, third) """
                  f"""redis.call('HSET', bucket, 'bench.', last) redis.call('EXPIRE', bucket, 86400) end" 0""")
    if key_count(redis) < len(letters) ** 3:
        raise RuntimeError("the index is not filled")
    return (redis_bytes(redis) - before + TABLES_BYTES) / 1_000_000


def million(lab, args):
    """Copies of the parts of so many views in Redis, extrapolated to a million. Those of the first half are not
    counted: from them the words are learnt that the others are packed with."""
    redis, n = lab.servers.redis, VIEWS // 20 if args.quick else VIEWS
    redis.ask("FLUSHALL")
    share = fill_index(redis)
    node = lab.serve(Contestant("filler"), "--cache", f"127.0.0.1:{redis.port}")
    view_bytes, members = 0, lab.members(n)
    keys, learnt_from = members[n // 2:], members[:n // 2]
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=10)
    for member in learnt_from:
        whole_view(connection, member)
    before, before_keys = redis_bytes(redis), key_count(redis)
    for member in keys:
        view_bytes += len(whole_view(connection, member))
    connection.close()
    copy_bytes = (redis_bytes(redis) - before) / len(keys) + share
    keys_each = (key_count(redis) - before_keys) / len(keys)
    lab.drop(node)
    redis.ask("FLUSHALL")
    view_bytes /= len(keys)
    gb = copy_bytes * MILLION_VIEW_BYTES / view_bytes / 1000
    return [Goal(f"a million cached views of {MILLION_VIEW_BYTES / 1000} KB in Redis", f"≤ {MILLION_GB_MOST} GB",
                 f"{gb:.2f} GB, from {len(keys)} views of {view_bytes:.0f} bytes which take {copy_bytes:.0f} bytes and "
                 f"{keys_each:.1f} keys each ({copy_bytes / 1000:.2f} GB a million as they are)", gb <= MILLION_GB_MOST)], \
        {"copy_bytes": copy_bytes, "view_bytes": view_bytes, "keys": keys_each, "n": len(keys)}
