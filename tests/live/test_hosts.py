#!/usr/bin/env python3
"""Pages in a browser of the same machine: what they ask by a name that was made to lead here, or from another site, is
refused where nobody proves who asks, and on the admin listener."""
import os
import socket
import subprocess
import unittest

from shop import Shop, phone_of
from support import BINARY, SLOW, LiveTest, federator

VIEW = f"/v1/customers?view=pop&phone={phone_of(7)}"
PUBLIC = (("GET", VIEW), ("GET", "/livez"), ("GET", "/nowhere"), ("POST", "/v1/cache/purge"), ("GET", "/v1/agents/kim/pops"))
ADMIN = (("GET", "/metrics"), ("GET", "/readyz?verbose"), ("POST", "/admin/reload"))
OURS = ("localhost", "127.0.0.1", "LocalHost:1", "[::1]:80")
OTHERS = ("evil.example", "localhost.evil.example", "0.0.0.0", "127.0.0.1.evil.example:8080")
FROM_ELSEWHERE = ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.example"},
                  {"Origin": "null"})


class HostsTest(LiveTest):
    def setUp(self):
        self.shop = Shop(os.path.join(self.fresh(), "shop"))

    def serve(self, *options):
        service = self.start(self.shop.map, "--cache", "memory", *options)
        service.wait_sources()
        return service

    def assert_kept_out(self, service, requests, port):
        for method, path in requests:
            for host in OTHERS:
                answer = service.ask(method, path, headers={"Host": host}, port=port)
                self.assert_problem(answer, 403, "unknown-host", "--hosts")
            for headers in FROM_ELSEWHERE:
                self.assert_problem(service.ask(method, path, headers=headers, port=port), 403, "other-site")

    def test_pages_are_kept_out(self):
        service = self.serve()
        before = service.ask("GET", "/v1/mappings").json["revision"]
        self.shop.write_file("more.xml", '<mapping xmlns="urn:federator:mapping:1"><class name="more"/></mapping>')
        self.assert_kept_out(service, PUBLIC, service.port)
        self.assert_kept_out(service, ADMIN, service.admin_port)
        self.assertEqual(service.ask("GET", "/v1/mappings").json["revision"], before)
        for host in OURS:
            for headers in ({}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:1"}):
                self.assertEqual(service.ask("GET", VIEW, headers={"Host": host, **headers}).status, 200, host)
                self.assertEqual(service.ask("GET", "/metrics", headers={"Host": host, **headers}, port=service.admin_port).status,
                                 200, host)
        self.assertEqual(service.ask("POST", "/admin/reload", port=service.admin_port).status, 200)
        self.assertNotEqual(service.ask("GET", "/v1/mappings").json["revision"], before)

    def test_answer_of_a_moment_ago_is_not_given_either(self):
        service = self.serve()
        for _ in range(5):
            self.assertEqual(service.ask("GET", VIEW).status, 200)
            self.assert_problem(service.ask("GET", VIEW, headers={"Host": "evil.example"}), 403, "unknown-host")

    def test_names_of_a_proxy_may_be_given(self):
        service = self.serve("--hosts", "crm.example.com,desk")
        for host in (*OURS, "crm.example.com", "Desk:8443"):
            self.assertEqual(service.ask("GET", VIEW, headers={"Host": host}).status, 200, host)
        self.assertEqual(service.ask("GET", VIEW, headers={"Origin": "https://crm.example.com"}).status, 200)
        self.assert_kept_out(service, PUBLIC, service.port)
        done = subprocess.run([BINARY, "serve", "--map", self.shop.map, "--hosts", "https://crm.example.com"],
                              capture_output=True, text=True, timeout=60 * SLOW)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("hosts: 'https://crm.example.com' are no names", done.stderr)

    def test_who_proves_who_asks_may_do_so_by_any_name(self):
        keys = os.path.join(self.shop.directory, "keys.json")
        key = federator("keys", "add", "--keys", keys, "--client", "desk", "--role", "agent").stdout.strip()
        service = self.serve("--keys", keys)
        for headers in ({"Host": "crm.example.com"}, *FROM_ELSEWHERE):
            self.assertEqual(service.ask("GET", VIEW, headers={"X-API-Key": key, **headers}).status, 200)
            self.assertEqual(service.ask("GET", VIEW, headers=headers).status, 401)
        self.assert_kept_out(service, ADMIN, service.admin_port)

    def test_no_browser_reaches_a_unix_socket(self):
        path = os.path.join(self.shop.directory, "s")
        service = self.serve("--listen", f"unix:{path}")
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60 * SLOW)
            client.connect(path)
            client.sendall(f"GET {VIEW} HTTP/1.1\r\nHost: crm.example.com\r\nConnection: close\r\n\r\n".encode())
            self.assertIn(b"HTTP/1.1 200 ", client.recv(65536))
        self.assert_kept_out(service, ADMIN, service.admin_port)

    def test_programs_of_old_say_no_host(self):
        service = self.serve()
        with socket.create_connection(("127.0.0.1", service.port), timeout=60 * SLOW) as client:
            client.sendall(f"GET {VIEW} HTTP/1.0\r\n\r\n".encode())
            self.assertIn(b" 200 ", client.recv(65536))


if __name__ == "__main__":
    unittest.main()
