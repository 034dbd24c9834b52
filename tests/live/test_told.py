#!/usr/bin/env python3
"""Sources tell by a stream in Redis which copies are void; the nodes share the work."""
import json
import os
import re
import socket
import unittest

from kept import KeptTest
from servers import Servers
from shop import Shop, phone_of
from support import SLOW, Service, states

STREAM = "fed2:invalidate:{default}"


class ToldTest(KeptTest):
    def setUp(self):
        self.servers = Servers(os.path.join(self.fresh(), "servers"), ("redis",)).start()
        self.addCleanup(self.servers.stop)
        self.shop = Shop(os.path.join(self.fresh(), "shop"))
        self.shop.write_secret("salt", "one salt for every node")
        with open(os.path.join(self.shop.map, "parts.xml")) as f:
            self.shop.write_file("parts.xml", re.sub(r'\bttl="\w+"', 'ttl="1h"', f.read()))

    def node(self, *options):
        service = self.start(self.shop.map, "--cache", self.servers.env["FED_TEST_REDIS"], "--cache-timeout", "1s",
                             "--salt-secret", "salt", *options)
        service.wait_sources()
        service.wait(lambda: service.admin("/readyz?verbose").json["cache"]["up"])
        return service

    def redis(self, *words):
        """One command of words that may hold blanks; its raw answer."""
        command = b"*%d\r\n" % len(words)
        for word in words:
            word = str(word).encode()
            command += b"$%d\r\n%s\r\n" % (len(word), word)
        with socket.create_connection(("127.0.0.1", self.servers.redis.port), timeout=30 * SLOW) as s:
            s.sendall(command)
            return s.recv(65536).decode()

    def tell(self, *fields):
        answer = self.redis("XADD", STREAM, "*", *fields)
        self.assertRegex(answer, r"^\$\d+\r\n\d+-\d+\r\n$")
        return answer.split("\r\n")[1]

    def pending(self):
        return int(self.redis("XPENDING", STREAM, "federator").split("\r\n")[1][1:])

    def metric(self, service, name):
        text = service.admin("/metrics").body.decode()
        return float(re.search("(?m)^" + re.escape(name) + " (.*)$", text)[1])

    def told(self, services, outcome):
        return sum(self.metric(s, f'federator_invalidations_total{{outcome="{outcome}"}}') for s in services)

    def test_what_sources_say(self):
        node = self.node()
        for number, fields in enumerate([["by", "member", "value", "8"], ["by", "phone", "value", phone_of(8)],
                                         ["source", "callcenter"], ["part", "crm"], ["all", "true"],
                                         ["source", "web", "by", "member", "value", "9", "by", "member", "value", "8"]]):
            self.warm(node, 8)
            self.change(8, f"새이름{number}")
            self.tell(*fields)
            node.wait(lambda: self.name(node, 8) == f"새이름{number}")
        node.wait(lambda: self.pending() == 0)
        self.assertEqual(self.told([node], "committed"), 6)
        self.assertEqual(self.metric(node, "federator_invalidation_seconds_count"), 6)
        self.assertEqual(self.told([node], "refused"), 0)
        calls = lambda: int(re.search(r"cmdstat_xreadgroup:calls=(\d+)", self.redis("INFO", "commandstats"))[1])
        before = calls()
        node.wait(lambda: calls() >= before + 3)
        self.assertEqual(node.log().count('"event":"invalidations_'), 1)

    def test_a_key_that_nothing_was_asked_by(self):
        node = self.node()
        node.wait(lambda: set(states(self.by_member(node, 8)).values()) == {"fresh"})
        self.change(8, "다시")
        self.tell("by", "phone", "value", phone_of(8))
        node.wait(lambda: self.by_member(node, 8)["customer"]["name"] == "다시")

    def test_whose_a_key_is_cannot_be_said(self):
        node = self.node()
        self.call_center("ALTER TABLE crm RENAME TO gone")
        self.redis("XADD", STREAM, "5-1", "by", "phone", "value", phone_of(8))  # too old to be tried again
        node.wait(lambda: '"invalidation_unresolved"' in node.log())
        node.wait(lambda: self.pending() == 0)
        self.assertIn('"entry":"5-1"', node.log())
        self.tell("by", "phone", "value", phone_of(8))
        node.wait(lambda: self.told([node], "again") >= 1)
        self.call_center("ALTER TABLE gone RENAME TO crm")
        node.wait(lambda: self.pending() == 0)

    def test_what_cannot_be_understood(self):
        node = self.node()
        secret = "010-9876-abcd"
        bad = [self.tell(*fields) for fields in [
            ["by", "phone", "value", secret], ["by", "phnoe", "value", secret], ["by", "phone"], ["value", secret],
            ["sourec", "web"], ["source", "wbe"], ["part", secret], ["all", "false"], ["by", "phone", "source", "web"],
            ["source", "web"] * 40, ["source", "web"] * 17, ["", ""], ["source", "web", "part", "nothing"]]]
        self.warm(node, 8)
        self.change(8, "다시")
        self.tell("by", "member", "value", "8")
        node.wait(lambda: self.name(node, 8) == "다시")
        node.wait(lambda: self.pending() == 0)
        self.assertEqual(self.told([node], "refused"), len(bad))
        log = node.log()
        for said in (secret, secret.replace("-", "")):  # four of its digits are in many a moment of the log
            self.assertNotIn(said, log)
        lines = [json.loads(line) for line in log.splitlines() if '"invalidation_refused"' in line]
        refused = {line["entry"]: line for line in lines}
        self.assertEqual(list(refused), bad)
        self.assertIn("cannot be read as", refused[bad[0]]["text"])
        self.assertEqual(refused[bad[1]]["advice"], "did you mean `phone`?")
        self.assertIn("`value`", refused[bad[2]]["text"])
        self.assertIn("its fields are", refused[bad[4]]["text"])
        self.assertEqual(refused[bad[5]]["advice"], "did you mean `web`?")
        self.assertIn("too many fields", refused[bad[9]]["text"])

    def test_nodes_share_the_work(self):
        nodes = [self.node(), self.node()]
        for n in (7, 8):
            self.warm(nodes[0], n)
            self.change(n, f"다시{n}")
        for _ in range(200):
            self.tell("by", "member", "value", "7")
        self.tell("by", "member", "value", "8")
        for node in nodes:
            for n in (7, 8):
                node.wait(lambda: self.name(node, n) == f"다시{n}")
        nodes[0].wait(lambda: self.pending() == 0)
        # at least once: what a node held for five seconds, as on a busy machine, the other takes over
        self.assertIn(self.told(nodes, "committed"), range(201, 2 * 201))

    def test_what_was_said_while_nobody_listened(self):
        self.tell("source", "web")
        with self.node_for_a_while() as node:
            node.wait(lambda: self.told([node], "committed") == 1)
        self.tell("source", "web")
        with self.node_for_a_while() as node:
            node.wait(lambda: self.told([node], "committed") == 1)
            node.wait(lambda: self.pending() == 0)

    def node_for_a_while(self):
        return Service(self.shop.map, "--cache", self.servers.env["FED_TEST_REDIS"], "--salt-secret", "salt")

    def test_a_node_is_killed_in_between(self):
        node, victim = self.node(), self.node_for_a_while()
        victim.__enter__()
        self.addCleanup(victim.process.wait)
        self.addCleanup(victim.process.kill)
        node.wait(lambda: self.redis("XINFO", "CONSUMERS", STREAM, "federator").startswith("*2\r\n"))
        for n in (7, 8):
            self.warm(node, n)
            self.change(n, f"다시{n}")
        for number in range(300):
            self.tell("by", "member", "value", 7 if number % 2 else 8)
            if number == 100:
                victim.process.kill()
        for n in (7, 8):
            node.wait(lambda: self.name(node, n) == f"다시{n}")
        node.wait(lambda: self.pending() == 0)
        self.assertGreaterEqual(self.told([node], "committed"), 199)

    def test_who_is_killed_leaves_entries_to_the_others(self):
        node = self.node()
        node.wait(lambda: "federator" in self.redis("XINFO", "GROUPS", STREAM))
        self.warm(node, 8)
        self.change(8, "다시")
        # Somebody takes entries and is gone before they are dealt with; what he took last was deleted since.
        self.redis("DEL", STREAM)
        self.redis("XGROUP", "CREATE", STREAM, "federator", "0", "MKSTREAM")
        taken = [self.take_away("by", "member", "value", "8"), self.take_away("source", "web")]
        self.redis("XDEL", STREAM, taken[1])
        node.wait(lambda: self.name(node, 8) == "다시")
        node.wait(lambda: self.pending() == 0)

    def take_away(self, *fields):
        """Add an entry, already in the hands of a consumer who does nothing, before anybody else can read it."""
        args = ", ".join(f"'{field}'" for field in fields)
        script = ("local id = redis.call('XADD', KEYS[1], '*', " + args + ") "
                  "redis.call('XREADGROUP', 'GROUP', 'federator', 'dead', 'COUNT', 1000, 'STREAMS', KEYS[1], '>') return id")
        return self.redis("EVAL", script, 1, STREAM).split("\r\n")[1]

    def test_redis_goes_and_comes(self):
        node = self.node()
        self.warm(node, 8)
        node.wait(lambda: '"invalidations_up"' in node.log())
        self.change(8, "다시")
        self.servers.redis.freeze()
        self.addCleanup(self.servers.redis.thaw)
        node.wait(lambda: '"invalidations_down"' in node.log())
        self.servers.redis.thaw()
        self.tell("by", "member", "value", "8")
        node.wait(lambda: self.name(node, 8) == "다시")
        # a stream that was deleted begins anew
        self.redis("DEL", STREAM)
        self.warm(node, 8)
        self.change(8, "또")
        self.tell("part", "crm")
        node.wait(lambda: self.name(node, 8) == "또")
        self.redis("DEL", STREAM)
        self.redis("SET", STREAM, "text")
        node.wait(lambda: "the key is no stream" in node.log())
        self.redis("DEL", STREAM)
        self.change(8, "끝")
        self.tell("all", "true")
        node.wait(lambda: self.name(node, 8) == "끝")

    def test_a_stream_of_another_name_or_none(self):
        node = self.node("--invalidations", "crm:changes")
        self.warm(node, 8)
        self.change(8, "다시")
        self.redis("XADD", "crm:changes", "*", "part", "crm")
        node.wait(lambda: self.name(node, 8) == "다시")
        self.assertEqual(self.redis("EXISTS", STREAM), ":0\r\n")
        self.node("--invalidations", "")
        self.assertEqual(self.redis("EXISTS", STREAM), ":0\r\n")


if __name__ == "__main__":
    unittest.main()
