#!/usr/bin/env python3
"""The demo: one command, one JSON document on stdout."""
import json
import os
import signal
import socket
import subprocess
import unittest

from shop import be_patient
from support import BINARY, LiveTest, federator


class DemoTest(LiveTest):
    def demo(self, directory, *more, check=True):
        return federator("demo", "--dir", directory, "--customers", "300", *more, check=check).stdout

    def test_once_prints_one_view_and_nothing_else(self):
        directory = os.path.join(self.fresh(), "demo")
        json.loads(self.demo(directory, "--once", check=False))  # a busy machine may be late with all of it
        be_patient(self.demo(directory, "--generate-only").strip())
        view = json.loads(self.demo(directory, "--once"))
        self.assertEqual(view["view"], "pop")
        self.assertEqual(view["match"]["outcome"], "one")
        self.assertTrue(view["complete"])
        self.assertTrue(view["customer"]["name"])

    def test_twice_in_the_same_directory(self):
        directory = os.path.join(self.fresh(), "demo")
        be_patient(self.demo(directory, "--generate-only").strip())
        first, second = (json.loads(self.demo(directory, "--once")) for _ in range(2))
        self.assertEqual(first["customer"], second["customer"])

    def test_lines_for_curl_fit_a_unix_socket(self):
        directory = self.fresh()
        socket_path = os.path.join(directory, "s")
        with open(os.path.join(directory, "options"), "w", encoding="utf-8") as options:
            options.write(f"listen = unix:{socket_path}\nadmin = off\n")
        command = [BINARY, "demo", "--dir", os.path.join(directory, "demo"), "--customers", "300", "--config",
                   options.name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as demo:
            try:
                lines = [next(line for line in demo.stdout if line.startswith("curl ")) for _ in range(3)]
            finally:
                demo.send_signal(signal.SIGTERM)
            self.assertEqual(demo.wait(), 0)
        for line in lines:
            self.assertIn(f" --unix-socket {socket_path} http://localhost/v1/customers ", line)

    def test_taken_port_is_told_before_any_line_for_curl(self):
        directory = os.path.join(self.fresh(), "demo")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            done = federator("demo", "--dir", directory, "--customers", "300", "--admin", "off", "--listen",
                             f"127.0.0.1:{taken.getsockname()[1]}", check=False)
        self.assertEqual(done.returncode, 4)
        self.assertIn("Address already in use; --listen takes another address", done.stderr)
        self.assertNotIn("curl", done.stdout)


if __name__ == "__main__":
    unittest.main()
