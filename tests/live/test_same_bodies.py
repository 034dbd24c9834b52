#!/usr/bin/env python3
"""Whether and where copies are kept changes no answer: each question gets the same bytes from the sources, from a cold cache
and from a warm one, but for ages, states and the seal of ids."""
import os
import re
import time
import unittest

from bank import FIRST, Bank, Rows, sheet
from shop import CUSTOMERS, SHARED_PHONE, Shop, phone_of
from support import START_S, RedisTest, Service

ROUNDS = 3  # cold, from copies, and from what was made of copies

VARIES = [
    (r'"(age_ms|took_ms)":\d+', r'"\1":0'),
    (r"<(age_ms|took_ms)>\d+<", r"<\1>0<"),
    (r'"state":"(live|fresh)"', '"state":"had"'),
    (r"<state>(live|fresh)<", "<state>had<"),
    (r"\bc\.[A-Za-z0-9_-]{60,}", "c.sealed"),
]


def steady(body):
    """The bytes of an answer without what differs from request to request."""
    text = body.decode()
    for pattern, to in VARIES:
        text = re.sub(pattern, to, text)
    return text


def keep_long(mapping):
    """Let copies last as long as any test: which of them are had is not left to the machine's speed."""
    for name in os.listdir(mapping):
        if name.endswith(".xml"):
            path = os.path.join(mapping, name)
            with open(path) as f:
                text = f.read()
            with open(path, "w") as f:
                f.write(re.sub(r'\bttl="\w+"', 'ttl="1h"', text))


class SameBodiesTest(RedisTest):
    def modes(self):
        """name -> options."""
        redis = ["--cache", self.servers.env["FED_TEST_REDIS"], "--cache-timeout", "1s"]
        memory = ["--cache", "memory"]
        return {"memory": memory, "redis": redis, "redis, none near": [*redis, "--near-bytes", "0"],
                "memory, none rendered": [*memory, "--rendered-bytes", "0"],
                "redis, none near or rendered": [*redis, "--near-bytes", "0", "--rendered-bytes", "0"]}

    def hit(self, service, question):
        """The answer from copies. A Redis that a busy machine lets fall silent for a moment is not waited for."""
        due = time.monotonic() + START_S
        while not (answer := service.query(**question)).headers["cache-status"].startswith("federator; hit"):
            self.assertLess(time.monotonic(), due, f"never a hit: {question}")
        return answer

    def ask_all(self, mapping, questions, options, again):
        """The answers of each round; `again` asks in those behind the first."""
        with Service(mapping, *options, directory=self.scratch) as service:
            service.wait_sources()
            if "--cache-timeout" in options:
                service.wait(lambda: service.admin("/readyz?verbose").json["cache"]["up"])
            first = [service.query(**question) for question in questions]
            return [first, *([again(service, question) for question in questions] for _ in range(1, ROUNDS))]

    def check(self, mapping, questions):
        keep_long(mapping)
        live = self.ask_all(mapping, questions, ["--cache", "off"], lambda service, question: service.query(**question))
        wanted = [steady(answer.body) for answer in live[0]]
        self.assertFalse([answer for answers in live for answer in answers if answer.status != 200])
        self.assertGreater(len(set(wanted)), len(questions) / 2)  # the questions differ
        self.assertEqual([[steady(answer.body) for answer in answers] for answers in live], [wanted] * ROUNDS)
        for name, options in self.modes().items():
            self.servers.redis.ask("FLUSHALL")
            for number, answers in enumerate(self.ask_all(mapping, questions, options, self.hit)):
                for question, answer, body in zip(questions, answers, wanted):
                    with self.subTest(cache=name, round=number, question=question):
                        self.assertEqual(steady(answer.body), body)

    def forms(self, by, view, *fields):
        """A question in the forms in which its answer is written."""
        yield {"by": by, "view": view}
        yield {"by": by, "view": view, "accept": "application/xml"}
        yield {"by": by, "view": view, "lang": "ko", "provenance": "full"}
        yield {"by": by, "view": view, "accept": "application/xml", "provenance": "full"}
        yield {"by": by, "view": view, "fields": list(fields)}

    def test_of_the_shop(self):
        shop = Shop(self.fresh())
        questions = []
        for n in range(1, CUSTOMERS + 1, 4):
            questions += self.forms({"member": n}, "full", "name", "orders.amount")
            questions += self.forms({"phone": phone_of(n)}, "pop", "tier", "calls")
            questions.append({"by": {"phone": phone_of(n)}, "view": "routing"})
        questions += self.forms({"phone": SHARED_PHONE}, "full", "name")  # candidates
        questions += self.forms({"phone": "010-9999-9999"}, "full", "name")  # nobody
        questions += self.forms({"order": "A0000071"}, "full", "orders")
        questions += self.forms({"member": 3, "phone": phone_of(3)}, "full", "name")
        questions += self.forms({"member": 3, "phone": phone_of(4)}, "full", "name")  # they disagree
        self.check(shop.map, questions)

    def test_of_the_bank(self):
        rows = Rows()
        bank = Bank(self.fresh(), rows.of)
        questions = []
        for i in range(0, 60, 3):
            questions += self.forms({"client": sheet(FIRST + i)}, "full", "name", "accounts")
            questions += self.forms({"account": f"110-100-{i:06d}"}, "full", "name", "cards") if i % 11 != 7 else []
        questions += [{"by": {"visitor": visitor}, "view": "full"} for visitor in ("web-0", "web-30", "lost-1", "web-3")]
        self.check(bank.map, questions)


if __name__ == "__main__":
    unittest.main()
