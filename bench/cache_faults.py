"""What the cache bears: a Redis that stalls, one that is killed, and many who want the same cold customer at once."""
import contextlib
import os
import statistics
import time

from bed import FIRST, SOURCES, Bed
from cache_hits import BARE, start_bare
from fault_valid import is_whole
from goals import Goal
from lab import Contestant
from measure import cores, pin
from open_load import OpenLoad, between, failures, now_us, quantile_us
from shop import be_patient

RATE, STALL_US = 1000, 1_000_000
NODES, CLIENTS = 3, 500
SLOW_MS = 80  # each query takes so long, so that all clients are there before the first one is answered


def start_node(lab, name, phones):
    """A service with Redis and all that is kept before it, warm."""
    redis = lab.servers.redis
    node = lab.serve(Contestant(name), "--cache", f"127.0.0.1:{redis.port}")
    for phone in phones:
        node.until_fresh(phone)
    return node


def sleep_until(at_us):
    time.sleep(max(0, at_us - now_us()) / 1e6)


def stall(lab, args):
    """Hits near while Redis stands still for a second, beside the bare loop in the same second."""
    where, raw = lab.path("paths"), []
    phones = lab.keys(args.keys)
    node = start_node(lab, "near node, stalled Redis", phones)
    bare = start_bare(lab, node.view(phones[0]))
    for _ in range(args.rounds):
        loads = [OpenLoad(lab, c, where, RATE, 4) for c in (node, bare)]
        sleep_until(now_us() + 1_500_000)
        begin_us = now_us()
        lab.servers.redis.freeze()
        sleep_until(begin_us + STALL_US)
        lab.servers.redis.thaw()
        ours, others = (load.answers() for load in loads)
        during, beside = (between(answers, begin_us, begin_us + STALL_US) for answers in (ours, others))
        before = between(ours, 0, begin_us)
        raw.append({"failed": failures(ours), "requests": len(ours), "max_us": max(answer.took_us for answer in during),
                    **{f"{name}_{q}_us": quantile_us(answers, share) for name, answers in
                       (("during", during), ("before", before), ("bare", beside)) for q, share in (("p50", 0.5), ("p99", 0.99))}})
        node.view(phones[0])
    lab.drop(node)
    lab.drop(bare)
    middle = {name: statistics.median(r[name] for r in raw) for name in raw[0]}
    failed, requests = (sum(r[name] for r in raw) for name in ("failed", "requests"))
    found = (f"p99 {middle['during_p99_us']:.0f} µs, p50 {middle['during_p50_us']:.0f} µs; before {middle['before_p99_us']:.0f}, "
             f"{middle['before_p50_us']:.0f}; {BARE} in the same second {middle['bare_p99_us']:.0f}, {middle['bare_p50_us']:.0f} "
             f"(medians of {len(raw)}); {failed} of {requests} failed")
    return [Goal(f"{RATE} hits/s while Redis stands still for 1 s", "p99 < 1 ms, 0 failed", found,
                 middle["during_p99_us"] < 1000 and not failed)], raw


def killed(lab, args):
    """Redis is killed, and back a second and a half later."""
    where, raw = lab.path("paths"), []
    node, redis = start_node(lab, "near node, killed Redis", lab.keys(args.keys)), lab.servers.redis
    for _ in range(args.rounds):
        load = OpenLoad(lab, node, where, RATE // 2, 5)
        sleep_until(now_us() + 1_000_000)
        os.kill(redis.pid, 9)
        redis.child.wait()
        begin_us = now_us()
        sleep_until(begin_us + 1_500_000)
        redis.launch()
        redis.await_ready()
        pin(redis.pid, cores()[1])
        answers = load.answers()
        raw.append({"failed": failures(answers), "requests": len(answers), "p99_us": quantile_us(answers, 0.99)})
    lab.drop(node)
    failed, requests = (sum(r[name] for r in raw) for name in ("failed", "requests"))
    return [Goal(f"Redis killed and back, {len(raw)} times", "0 failed", f"{failed} of {requests} failed; p99 "
                 f"{statistics.median(r['p99_us'] for r in raw) / 1000:.2f} ms", not failed)], raw


def ask_all(bed, nodes, customer):
    """All clients, spread over the nodes, want the same customer once."""
    share = CLIENTS // len(nodes) + 1
    outs = [os.path.join(bed.directory, f"answers{i}") for i in range(len(nodes))]
    clients = [bed.asker(node.port, out, bodies=0, by="member", first=customer, customers=1, count=share, connections=share)
               for node, out in zip(nodes, outs)]
    if any([client.wait() for client in clients]):
        raise RuntimeError("fault_ask failed")


def stampede(lab, args):
    """Many clients of several nodes want the same customer, of whom nothing is kept: how often is the source asked?"""
    redis, raw = lab.servers.redis, []
    bed = Bed(lab.path("stampede"), lab.build, [(r'ttl="0s"', 'ttl="10m"')])
    be_patient(bed.map)
    bed.write_secret("salt", "one salt of all nodes")
    parts = sum(len(tables) for tables in SOURCES.values())
    bed.faults(f"* exec-slow ms={SLOW_MS}")
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(bed.serve("--cache", f"127.0.0.1:{redis.port}", "--cache-timeout", "1s", "--salt-secret",
                                            "salt"))
                 for _ in range(NODES)]
        for node in nodes:
            node.wait(lambda node=node: is_whole(node, "fresh"))
        for i in range(2 * args.rounds):
            before = bed.hits()["exec-slow"]
            ask_all(bed, nodes, FIRST + 500_000 + i)
            raw.append({"queries": bed.hits()["exec-slow"] - before, "parts": parts})
    most = max(r["queries"] for r in raw)
    found = f"at most {most} queries for the {parts} parts of a customer, in {len(raw)} stampedes"
    return [Goal(f"{CLIENTS} clients of {NODES} nodes want one cold customer", "1 query a part", found, most == parts)], raw
