#!/usr/bin/env python3
"""Fetches of several requests that wait for a source are asked as one query; every caller gets the answer it gets alone."""
import os
import threading
import unittest

from servers import Servers
from shop import CUSTOMERS, Shop, phone_of
from support import LiveTest, Service, without_times


TAKEN = 32  # keys that the one connected worker may have taken at once before the rest had to wait


def member(n):
    return {"member": f"C{n:08d}"}


class TogetherTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = Servers(os.path.join(cls.scratch, "servers")).start()
        cls.addClassCleanup(cls.servers.stop)
        cls.shop = Shop(os.path.join(cls.scratch, "shop"), cls.servers)

    def source(self, name):
        """What the service says of a source."""
        return next(s for s in self.service.admin("/readyz?verbose").json["sources"] if s["name"] == name)

    def ask_all(self, questions):
        """Ask each on a thread of its own; the threads and the answers, which are there when the threads have ended."""
        answers = [None] * len(questions)

        def ask(i):
            answers[i] = self.service.query(questions[i]).json

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(questions))]
        for thread in threads:
            thread.start()
        return threads, answers

    def alone(self, question):
        answer = self.service.query(question)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertTrue(answer.json["complete"], answer.body)
        return without_times(answer.json)

    def test_waiting_fetches_are_joined_and_nobody_gets_anothers_rows(self):
        questions = [member(n) for n in range(3, CUSTOMERS + 1)] + [{"phone": phone_of(n)} for n in range(3, 9)]
        with Service(self.shop.map, "--cache", "off") as self.service:
            self.service.wait_sources()
            expected = [self.alone(question) for question in questions]
            self.servers.mariadb.freeze()
            try:
                threads, answers = self.ask_all(questions)
                self.service.wait(lambda: self.source("warehouse")["queued"] >= len(questions) - TAKEN)
            finally:
                self.servers.mariadb.thaw()
            for thread in threads:
                thread.join()
            for answer, wanted in zip(answers, expected):
                self.assertEqual(without_times(answer), wanted)
            self.assertGreaterEqual(self.source("warehouse")["joined"], len(questions) - TAKEN)

    def test_under_load_every_answer_is_that_of_a_single_question(self):
        questions = [member(n) for n in range(1, CUSTOMERS + 1)] + [{"phone": phone_of(n)} for n in range(1, 20)]
        with Service(self.shop.map, "--cache", "off") as self.service:
            self.service.wait_sources()
            expected = [without_times(self.service.query(question).json) for question in questions]
            for _ in range(4):
                threads, answers = self.ask_all(questions)
                for thread in threads:
                    thread.join()
                for answer, wanted in zip(answers, expected):
                    self.assertEqual(without_times(answer), wanted)


if __name__ == "__main__":
    unittest.main()
