#!/usr/bin/env python3
"""The wall clock jumps, by days and in both directions: ages of copies follow it, deadlines do not."""
import os
import threading
import unittest

from shop import Shop, phone_of
from support import LiveTest, states, without_times
from wall import Wall, needs_wall

DAY_S = 24 * 3600
JUMPS = [DAY_S, -DAY_S, 400 * DAY_S, 0, -3600, 3600, 0]


@needs_wall
class ClockTest(LiveTest):
    def setUp(self):
        directory = self.fresh()
        self.shop = Shop(os.path.join(directory, "shop"))
        self.wall = Wall(directory)
        with self.wall.for_services():
            self.service = self.start(self.shop.map)
        self.service.wait_sources()

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
            self.wall.jump(jump)
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
                self.wall.jump(jump)
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
