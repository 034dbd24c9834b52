#!/usr/bin/env python3
"""The rights in Redis that docs/operations.md names: they suffice, and the log tells which one is lacking."""
import json
import os
import re
import unittest

from servers import ROOT
from shop import phone_of
from streams import StreamTest

STREAM = "fed2:invalidate:{default}"
USER = ("--cache-user", "federator", "--cache-secret", "redis")


def documented():
    """The commands of the manual, one line each."""
    with open(os.path.join(ROOT, "docs", "operations.md")) as f:
        blocks = re.findall(r"(?m)^```\n(ACL SETUSER [^`]*)^```$", f.read())
    return [" ".join(block.split()) for block in blocks]


class AclTest(StreamTest):
    def setUp(self):
        super().setUp()
        self.servers = self.redis_only()
        self.copies, self.pops, self.told = documented()
        for command in (self.copies, self.pops, self.told):
            self.redis(command)

    def redis(self, command):
        answer = self.servers.redis.ask(command)
        self.assertNotEqual(answer[:1], "-", command + ": " + answer)
        return answer

    def node(self, *options):
        self.shop.write_secret("redis", "PASSWORD")
        service = self.start(self.shop.map, *self.shared(self.servers), *USER, *options)
        service.wait_sources()
        return service

    def logged(self, service, event, text=None):
        """How often."""
        with open(service.log_path) as f:
            lines = [json.loads(line) for line in f if line.startswith("{") and line.endswith("}\n")]
        return len([line for line in lines if line["event"] == event and text in (None, line.get("text"))])

    def await_event(self, service, event, text=None, more_than=0):
        service.wait(lambda: self.logged(service, event, text) > more_than)

    def refused(self):
        """What ACL LOG holds."""
        return re.findall(r"object\r\n\$\d+\r\n(\S*)", self.redis("ACL LOG"))

    def use_everything(self, nodes):
        for node in nodes:
            self.await_event(node, "pops_up")
            self.await_event(node, "invalidations_up")
            node.wait(lambda node=node: node.admin("/readyz?verbose").json["near"]["up"])
        ask = lambda node: {part["state"] for part in node.query({"phone": phone_of(7)}).json["parts"].values()}
        for change in ({"by": {"phone": phone_of(7)}}, {"source": "callcenter"}, {"all": True}):
            for node in nodes:
                node.wait(lambda node=node: ask(node) == {"fresh"})
            answer = nodes[0].ask("POST", "/v1/cache/purge", json.dumps(change), {"Content-Type": "application/json"})
            self.assertEqual(answer.status, 200, answer.body)
        stream = self.agent(nodes[1], "kim")
        self.rung_elsewhere(nodes, "kim", {"phone": phone_of(7)})
        self.assert_pop(stream, 7)
        committed = 'federator_invalidations_total{outcome="committed"}'
        for number in range(1, 4):
            self.redis(f"XADD {STREAM} * by member value {number}")
            nodes[0].wait(lambda number=number: sum(self.metric(node, committed) for node in nodes) >= number)

    def test_the_documented_rights_suffice(self):
        self.use_everything([self.node(), self.node()])
        self.assertEqual(self.refused(), [])

    def test_the_log_tells_of_each_right_that_lacks_for_pops(self):
        service = self.node()
        self.await_event(service, "pops_up")
        for less, text in (("-publish", "PUBLISH was refused"), ("-subscribe", "SUBSCRIBE was refused"),
                           ("resetchannels &__redis__:invalidate", "SUBSCRIBE was refused")):
            with self.subTest(less):
                told = self.logged(service, "pops_down", text)
                self.without(less)
                self.await_event(service, "pops_down", text, told)
                ups = self.logged(service, "pops_up")
                self.redis(self.copies)
                self.redis(self.pops)
                self.await_event(service, "pops_up", more_than=ups)

    def test_the_log_tells_of_each_right_that_lacks_for_invalidations(self):
        service = self.node()
        self.await_event(service, "invalidations_up")
        rights = [word[1:] for word in self.told.split() if word[0] == "+"]
        self.assertEqual(len(rights), 4)
        for right in rights:
            with self.subTest(right):
                told = self.logged(service, "invalidations_down", "the ACL user may not")
                self.without("-" + right)
                self.redis(f"XADD {STREAM} * by member value 7")  # only then there is something to acknowledge
                self.await_event(service, "invalidations_down", "the ACL user may not", told)
                self.assertIn(right, self.refused())
                ups = self.logged(service, "invalidations_up")
                self.redis(self.told)
                self.await_event(service, "invalidations_up", more_than=ups)

    def without(self, rule):
        """From now on; connections that stand are ended, as they have what they asked for."""
        self.redis("ACL LOG RESET")
        self.redis("ACL SETUSER federator " + rule)
        self.redis("CLIENT KILL USER federator")


if __name__ == "__main__":
    unittest.main()
