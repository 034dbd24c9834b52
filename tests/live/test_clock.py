#!/usr/bin/env python3
"""The wall clock jumps, by days and in both directions: ages of copies follow it, deadlines do not."""
import os
import struct
import threading
import unittest

from shop import Shop, phone_of
from support import BUILD, SANITIZED, LiveTest, Service, states, without_times

DAY_S = 24 * 3600
JUMPS = [DAY_S, -DAY_S, 400 * DAY_S, 0, -3600, 3600, 0]


@unittest.skipIf(SANITIZED, "a sanitizer must be the first library")
class ClockTest(LiveTest):
    def setUp(self):
        directory = self.fresh()
        self.shop = Shop(os.path.join(directory, "shop"))
        self.wall = os.path.join(directory, "wall")
        self.jump(0)
        os.environ.update(FED_TEST_WALL=self.wall, LD_PRELOAD=os.path.join(BUILD, "lib", "libwall_clock.so"))
        self.addCleanup(os.environ.pop, "FED_TEST_WALL")
        service = Service(self.shop.map)
        service.__enter__()
        del os.environ["LD_PRELOAD"]
        self.addCleanup(service.__exit__, None, None, None)
        service.wait_sources()
        self.service = service

    def jump(self, seconds):
        """In place: the file stays mapped."""
        fd = os.open(self.wall, os.O_WRONLY | os.O_CREAT, 0o600)
        os.pwrite(fd, struct.pack("=q", seconds), 0)
        os.close(fd)

    def pop(self):
        answer = self.service.query({"phone": phone_of(7)})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertTrue(answer.json["complete"], answer.body)
        return answer.json

    def test_copies_of_another_day_are_not_used(self):
        whole = self.pop()
        for jump in (DAY_S, -DAY_S):
            # copies are kept after the answer has left, by the clock of that moment
            self.service.wait(lambda: set(states(self.pop()).values()) == {"fresh"})
            self.jump(jump)
            view = self.pop()
            self.assertEqual(set(states(view).values()), {"live"})
            self.assertTrue(all(part["age_ms"] == 0 for part in view["parts"].values()))
            self.assertEqual(without_times(view), without_times(whole))

    def test_no_answer_is_late_or_lost_while_it_jumps(self):
        answers, over = [], threading.Event()

        def client():
            while not over.is_set():
                answers.append(self.service.query({"phone": phone_of(7)}, budget="100s"))

        clients = [threading.Thread(target=client) for _ in range(3)]
        for thread in clients:
            thread.start()
        try:
            for jump in JUMPS:
                self.jump(jump)
                seen = len(answers)
                self.service.wait(lambda: len(answers) > seen + 5)
        finally:
            over.set()
            for thread in clients:
                thread.join()
        for answer in answers:
            self.assertEqual(answer.status, 200, answer.body)
            self.assertTrue(answer.json["complete"], answer.body)


if __name__ == "__main__":
    unittest.main()
