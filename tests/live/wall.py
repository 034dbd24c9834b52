"""A wall clock for the service that a test moves (tests/live/wall_clock.c)."""
import contextlib
import os
import struct
import unittest

from support import BUILD, SANITIZED

needs_wall = unittest.skipIf(SANITIZED, "a sanitizer must be the first library")


class Wall:
    def __init__(self, directory):
        self.path = os.path.join(directory, "wall")
        self.jump(0)

    def jump(self, seconds):
        """So far away from the true time. In place: the file stays mapped."""
        fd = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.pwrite(fd, struct.pack("=q", seconds), 0)
        os.close(fd)

    @contextlib.contextmanager
    def for_services(self):
        """What is started inside has this clock, unless sanitized."""
        if SANITIZED:
            yield
            return
        os.environ.update(FED_TEST_WALL=self.path, LD_PRELOAD=os.path.join(BUILD, "lib", "libwall_clock.so"))
        try:
            yield
        finally:
            del os.environ["FED_TEST_WALL"], os.environ["LD_PRELOAD"]
