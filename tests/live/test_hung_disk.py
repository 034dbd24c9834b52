#!/usr/bin/env python3
"""The disk of the record hangs, and the service is to end: it does, and says what was not written."""
import os
import signal
import unittest

from shop import Shop, phone_of
from streams import Stream
from support import BUILD, SANITIZED, SLOW, LiveTest
from test_audit import PHONE, SEAL, Recorded

END_S = 30 * SLOW


@unittest.skipIf(SANITIZED, "a sanitizer must be the first library")
class HungDiskTest(LiveTest):
    def setUp(self):
        shop = Shop(os.path.join(self.fresh(), "shop"))
        shop.write_secret("salt", "a salt of the tests, long enough")
        shop.write_secret("seal", SEAL)
        directory = self.fresh()
        self.hang = os.path.join(directory, "hang")
        os.environ.update(FED_TEST_HANG=self.hang, LD_PRELOAD=os.path.join(BUILD, "lib", "libhung_disk.so"))
        self.service = Recorded(shop, directory, "--drain", "200ms")
        self.service.__enter__()
        for name in ("FED_TEST_HANG", "LD_PRELOAD"):
            del os.environ[name]
        self.addCleanup(self.end)
        self.service.wait_sources()
        self.assertEqual(self.service.ask("GET", PHONE).status, 200)

    def end(self):
        if self.service.process.poll() is None:
            self.service.process.kill()
            self.service.process.wait()

    def stop(self):
        self.service.process.send_signal(signal.SIGTERM)
        return self.service.process.wait(timeout=END_S)

    def listen(self):
        stream = Stream(self.service.port, "/v1/agents/kim/pops", "")
        self.addCleanup(stream.close)
        self.assertIn(" 200 ", stream.header())
        return stream

    def test_the_end_is_not_held_up(self):
        stream = self.listen()
        os.mkfifo(self.hang)
        refused = self.service.ask("GET", f"/v1/customers?view=pop&phone={phone_of(8)}")
        self.assert_problem(refused, 503, "audit-unavailable")
        self.assertEqual(self.stop(), 4)
        self.assertIn('"event":"stopped_with_hung_record"', self.service.log())
        self.assertEqual(stream.event()["event"], "bye")
        self.assertIn("whole", self.service.verify().stdout)
        self.assertNotIn("stop", {line["kind"] for line in self.service.lines()})

    def test_nor_by_the_record_of_the_end(self):
        os.mkfifo(self.hang)
        self.assertEqual(self.stop(), 4)
        self.assertIn('"event":"stopped_with_hung_record"', self.service.log())

    def test_a_disk_that_is_back_gets_all(self):
        os.mkfifo(self.hang)
        refused = self.service.ask("GET", f"/v1/customers?view=pop&phone={phone_of(8)}")
        self.assert_problem(refused, 503, "audit-unavailable")
        waiting = os.open(self.hang, os.O_RDWR)
        os.unlink(self.hang)
        os.close(waiting)
        self.assertEqual(self.stop(), 0)
        self.assertEqual(self.service.lines()[-1]["kind"], "stop")
        self.assertIn("whole", self.service.verify().stdout)


if __name__ == "__main__":
    unittest.main()
