#!/usr/bin/env python3
"""Several nodes on one Redis behave like one: a cold key is asked for once, and what becomes of Redis costs nobody an answer."""
import os
import re
import signal
import sys
import unittest

from servers import ROOT
from shop import be_patient
from support import BUILD, SLOW, RedisTest

sys.path.insert(0, os.path.join(ROOT, "tests", "faults"))
from bed import FIRST, Bed, answers  # noqa: E402 (the path is known only now)
from oracle import Oracle  # noqa: E402

NODES = 3
CLIENTS = 500
PARTS = 4  # of the view, with one query each
ROUNDS, TRIES = 3, 40
LEAST = 200  # answers under which nothing is shown


class NodesTest(RedisTest):
    def nodes(self, ttl, count=NODES):
        """Nodes on one Redis and one bed, all connected."""
        self.bed = Bed(os.path.join(self.fresh(), "bed"), BUILD, [(r'\bttl="\w+"', f'ttl="{ttl}"'),
                                                                 ('<part name="items"', '<part name="items" common="true"')])
        be_patient(self.bed.map)
        self.bed.write_secret("salt", "of all nodes together")
        options = ("--cache", self.servers.env["FED_TEST_REDIS"], "--cache-timeout", "1s", "--salt-secret", "salt")
        nodes = [self.bed.serve(*options) for _ in range(count)]
        for node in nodes:
            node.__enter__()
            self.addCleanup(node.__exit__, None, None, None)
        for node in nodes:
            node.wait_sources()
            self.until_redis_is(node, True)
        return nodes

    def until_redis_is(self, node, up):
        node.wait(lambda: node.admin("/readyz?verbose").json["cache"]["up"] == up)

    def out(self, node):
        return os.path.join(self.bed.directory, f"answers-{node.port}")

    def askers(self, nodes, **options):
        """A client for each node."""
        return [self.bed.asker(node.port, self.out(node), **options) for node in nodes]

    def judge(self, nodes, clients):
        """All answers of the clients, each of them whole and of its own customer."""
        for client in clients:
            self.assertEqual(client.wait(), 0)
        oracle = Oracle()
        for node in nodes:
            for answer in answers(self.out(node)):
                self.assertEqual(answer.status, 200, answer.body)
                oracle.take(answer)
        self.assertEqual(oracle.invalid, 0, oracle.first_wrong)
        self.assertEqual(oracle.complete, oracle.valid)
        return oracle.valid

    def without_redis(self, nodes):
        """How often anything went on without the answer of Redis."""
        states = [node.admin("/readyz?verbose").json["cache"] for node in nodes]
        return sum(state["timeouts"] + state["unasked"] for state in states)

    def test_a_cold_key_is_asked_for_once(self):
        """Nobody waits for a Redis that is silent, as it is now and then on a busy machine: then each goes to the source."""
        nodes, rounds = self.nodes("1h"), 0
        each = -(-CLIENTS // NODES)
        for first in range(FIRST, FIRST + TRIES):
            before, without = self.bed.hits()["exec-slow"], self.without_redis(nodes)
            self.bed.faults("* exec-slow ms=300")
            clients = self.askers(nodes, connections=each, count=each, first=first, customers=1, by="member")
            self.assertEqual(self.judge(nodes, clients), each * NODES)
            queries = self.bed.hits()["exec-slow"] - before
            if self.without_redis(nodes) > without:
                self.assertGreaterEqual(queries, PARTS)
                continue
            self.assertEqual(queries, PARTS)
            rounds += 1
            if rounds == ROUNDS:
                return
        self.fail("Redis was never there for all of a round")

    def hits(self, node):
        """Look-ups of this node that found a copy, and answers that were kept whole."""
        whole = re.findall(rb"^federator_answers_rendered_total\S* (\d+)", node.admin("/metrics").body, re.M)
        return node.admin("/readyz?verbose").json["cache"]["hits"] + sum(map(int, whole))

    def answered(self, node):
        """Bytes of answers written down so far."""
        out = self.out(node)
        return os.path.getsize(out) if os.path.exists(out) else 0

    def go_on(self, nodes):
        """Until each node has answered some more."""
        sizes = [self.answered(node) for node in nodes]
        for node, size in zip(nodes, sizes):
            node.wait(lambda node=node, size=size: self.answered(node) > size + 100_000)

    def test_redis_killed_and_back_fails_no_request(self):
        nodes, redis = self.nodes("1h", 2), self.servers.redis
        clients = self.askers(nodes, connections=8, ms=600_000 * SLOW, customers=300)
        try:
            for _ in range(3):
                self.go_on(nodes)
                os.kill(redis.pid, signal.SIGKILL)
                redis.stop()
                for node in nodes:
                    self.until_redis_is(node, False)
                self.go_on(nodes)
                redis.start()
                for node in nodes:
                    self.until_redis_is(node, True)
                before = [self.hits(node) for node in nodes]
                for node, hits in zip(nodes, before):
                    node.wait(lambda node=node, hits=hits: self.hits(node) > hits)
        finally:
            for client in clients:
                client.send_signal(signal.SIGTERM)
        self.assertGreater(self.judge(nodes, clients), LEAST)


if __name__ == "__main__":
    unittest.main()
