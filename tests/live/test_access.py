#!/usr/bin/env python3
"""Who may ask: keys and tokens, good and bad, on each kind of route, while keys come and go."""
import json
import os
import socket
import subprocess
import unittest

from minter import AUDIENCE, ISSUER, Minter
from shop import Shop, phone_of
from support import BINARY, SLOW, LiveTest, federator
from test_same_bodies import keep_long

VIEW = f"/v1/customers?view=pop&phone={phone_of(7)}"

# scope -> a request that needs it, and what it is answered with when it may
ROUTES = {
    "view": (("GET", VIEW), 200),
    "routing": (("GET", "/v1/cnam/01020000007"), 200),
    "warm": (("POST", "/v1/warm", json.dumps({"view": "pop", "keys": [{"phone": phone_of(7)}]}),
              {"Content-Type": "application/json"}), None),
    "web": (("GET", "/v1/web/searches"), None),
    "mappings": (("GET", "/v1/mappings"), 200),
    "purge": (("DELETE", "/v1/cache?part=calls"), 200),
    "erase": (("DELETE", "/v1/customers/c.none"), None),
    "export": (("GET", "/v1/customers/c.none/export"), 404),
    "pops": (("HEAD", "/v1/agents/kim/pops"), 200),
}
OPEN = (("/livez", 200), ("/readyz", 200), ("/schema/mapping-1.xsd", 200), ("/schema/explain.xsd", 200))


def key_of(*arguments):
    return federator("keys", "add", *arguments).stdout.strip()


class AccessTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        directory = os.path.join(cls.scratch, "minter")
        os.mkdir(directory)
        cls.minter = Minter(directory)

    def setUp(self):
        directory = self.fresh()
        self.shop = Shop(os.path.join(directory, "shop"))
        keep_long(self.shop.map)
        self.keys, self.jwks = os.path.join(directory, "keys.json"), os.path.join(directory, "jwks.json")
        self.key = self.add("--client", "pbx", "--role", "agent", "--scopes", "view,pops")
        self.minter.write_jwks(self.jwks, "es", "rs", "ed")

    def add(self, *arguments):
        return key_of("--keys", self.keys, *arguments)

    def guarded(self, *options):
        service = self.start(self.shop.map, "--cache", "memory", "--keys", self.keys, "--jwks", self.jwks, "--jwt-issuer",
                             ISSUER, "--jwt-audience", AUDIENCE, *options)
        service.wait_sources()
        return service

    def ask(self, service, request, credential=None, **headers):
        method, path, *rest = request
        body, given = (rest + [None, {}])[:2] if rest else (None, {})
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if credential:
            headers["Authorization"] = f"Bearer {credential}"
        return service.ask(method, path, body, {**given, **headers})

    def status(self, service, credential):
        return self.ask(service, ("GET", VIEW), credential).status

    def test_each_scope_opens_its_routes_and_no_other(self):
        service = self.guarded()
        for held in ROUTES:
            credentials = (self.add("--client", held, "--role", "agent", "--scopes", held), self.minter.token(scope=held))
            service.wait(lambda: self.ask(service, ROUTES[held][0], credentials[0]).status != 401)
            for credential in credentials:
                for needed, (request, wanted) in ROUTES.items():
                    answer = self.ask(service, request, credential)
                    self.assertNotEqual(answer.status, 401, (held, needed))
                    if held != needed:
                        self.assertEqual(answer.status, 403, (held, needed))
                        self.assertEqual(answer.headers["www-authenticate"], 'Bearer realm="federator", '
                                         f'error="insufficient_scope", scope="{needed}"')
                    elif wanted:
                        self.assertEqual(answer.status, wanted, (held, answer.body))
                    else:
                        self.assertNotEqual(answer.status, 403, (held, answer.body))

    def test_without_credential_only_what_is_open(self):
        service = self.guarded()
        for request, _ in ROUTES.values():
            answer = self.ask(service, request)
            self.assertEqual(answer.status, 401, request)
            self.assertEqual(answer.headers["www-authenticate"], 'Bearer realm="federator"')
        for path, wanted in OPEN:
            self.assertEqual(service.ask("GET", path).status, wanted, path)
            self.assertEqual(self.ask(service, ("GET", path), "bad").status, wanted, path)
        self.assertEqual(service.ask("GET", "/readyz?verbose").status, 401)
        self.assertEqual(self.ask(service, ("GET", "/readyz?verbose"), self.key).status, 200)
        answer = service.ask("GET", VIEW, headers={"Accept": "application/xml"})
        self.assertEqual(answer.status, 401)
        self.assertIn(b"<problem", answer.body)

    def test_bad_tokens_are_all_the_same(self):
        service = self.guarded()
        bodies = set()
        bad = self.minter.bad_tokens()
        bad["an unknown key"] = "0123456789ab." + 43 * "A"
        bad["another secret"] = self.key[:-1] + ("A" if self.key[-1] != "A" else "E")
        bad["half a key"] = self.key[:30]
        for name, token in bad.items():
            answer = self.ask(service, ("GET", VIEW), token)
            self.assertEqual(answer.status, 401, name)
            self.assertEqual(answer.headers["www-authenticate"], 'Bearer realm="federator", error="invalid_token"', name)
            bodies.add(answer.body)
        answer = service.ask("GET", VIEW, headers={"Authorization": "Basic cGJ4OnBieA=="})
        self.assertEqual(answer.status, 401)
        self.assertEqual(bodies, {answer.body})
        for kid in ("es", "rs", "ed"):
            self.assertEqual(self.status(service, self.minter.token(kid)), 200, kid)
            self.assertEqual(self.status(service, self.minter.token(kid)), 200, kid)
        self.assertEqual(self.status(service, self.minter.token(x="x" * 9000)), 431)
        page = service.admin("/metrics").body.decode()
        self.assertIn(f'federator_auth_total{{outcome="refused"}} {len(bad) + 1}\n', page)
        self.assertIn('federator_auth_total{outcome="token"} 6\n', page)
        for secret in (self.key[13:], self.minter.token().split(".")[0]):
            self.assertNotIn(secret, service.log())

    def test_one_credential_and_one_agent(self):
        service = self.guarded()
        token = self.minter.token()
        self.assertEqual(service.ask("GET", VIEW, headers={"X-API-Key": self.key}).status, 200)
        self.assert_problem(service.ask("GET", VIEW, headers={"X-API-Key": self.key, "Authorization": f"Bearer {token}"}), 400)
        with socket.create_connection(("127.0.0.1", service.port), timeout=30 * SLOW) as client:
            client.sendall(f"GET {VIEW} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {self.key}\r\nX-API-Key: {self.key}\r\n"
                           "Connection: close\r\n\r\n".encode())
            self.assertTrue(client.recv(100).startswith(b"HTTP/1.1 400 "))
        self.assertEqual(self.ask(service, ("GET", VIEW), self.key, X_Agent="kim").status, 200)
        self.assert_problem(self.ask(service, ("GET", VIEW), self.key, X_Agent="k m"), 400, "bad-agent")
        self.assertEqual(self.ask(service, ("GET", VIEW), token, X_Agent="kim").status, 200)
        self.assert_problem(self.ask(service, ("GET", VIEW), token, X_Agent="lee"), 400, "bad-agent")
        self.assertEqual(self.ask(service, ("HEAD", "/v1/agents/kim/pops"), token).status, 200)
        self.assertEqual(self.ask(service, ("HEAD", "/v1/agents/lee/pops"), token).status, 403)
        self.assertEqual(self.ask(service, ("HEAD", "/v1/agents/lee/pops"), self.key).status, 200)

    def again(self, service, credential):
        """Until two answers in a row are the same one, kept whole for the very same request; false when the credential is
        refused before."""
        before = None
        while (answer := self.ask(service, ("GET", VIEW), credential)).status == 200:
            if answer.headers["x-request-id"] == before:
                return True
            before = answer.headers["x-request-id"]
        return False

    def test_what_is_kept_for_a_request_ends_with_its_key(self):
        service = self.guarded()
        self.assertTrue(self.again(service, self.key))
        federator("keys", "revoke", self.key[:12], "--keys", self.keys)
        service.wait(lambda: self.status(service, self.key) == 401)
        for _ in range(20):
            self.assertEqual(self.status(service, self.key), 401)

    def test_what_is_kept_for_a_request_ends_with_its_token(self):
        service = self.guarded()
        leeway_s = 60
        for left_s in (3, 9, 27):  # more for a machine that is too slow
            token = self.minter.token(exp=self.minter.claims()["exp"] - 600 - leeway_s + left_s)
            if self.again(service, token):
                break
        else:
            self.fail("no token was good for long enough")
        service.wait(lambda: self.status(service, token) == 401)

    def test_keys_of_tokens_are_exchanged_and_a_bad_file_changes_nothing(self):
        service = self.guarded()
        old, new = self.minter.token("es"), self.minter.token("ed")
        self.assertEqual(self.status(service, old), 200)
        self.minter.write_jwks(self.jwks, "ed")
        service.wait(lambda: self.status(service, old) == 401)
        self.assertEqual(self.status(service, new), 200)
        for path in (self.jwks, self.keys):
            os.replace(path, path + ".good")
            with open(path, "w") as f:
                f.write("{}")
            os.chmod(path, 0o600)
            service.wait(lambda: f'"event":"keys_refused","file":"{path}"' in service.log())
        self.assertEqual(self.status(service, new), 200)
        self.assertEqual(self.status(service, self.key), 200)
        self.assertEqual(self.ask(service, ("GET", VIEW)).status, 401)

    def test_streams_end_with_their_key(self):
        service = self.guarded()
        streams = []
        for key in (self.key, self.add("--client", "other", "--role", "agent", "--scopes", "pops")):
            service.wait(lambda: self.ask(service, ("HEAD", "/v1/agents/kim/pops"), key).status == 200)
            stream = socket.create_connection(("127.0.0.1", service.port), timeout=30 * SLOW)
            self.addCleanup(stream.close)
            stream.sendall(f"GET /v1/agents/kim/pops HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\n\r\n".encode())
            self.assertTrue(stream.recv(100).startswith(b"HTTP/1.1 200 "))
            streams.append(stream)
        federator("keys", "revoke", self.key[:12], "--keys", self.keys)
        got = b""
        while chunk := streams[0].recv(4096):
            got += chunk
        self.assertIn(b"event: bye\n", got)
        streams[1].setblocking(False)
        try:
            while chunk := streams[1].recv(4096):
                self.assertNotIn(b"bye", chunk)
            self.fail("the other stream was ended, too")
        except BlockingIOError:
            pass

    def test_the_terminal_reaches_a_guarded_service(self):
        service = self.guarded()
        address = ("--admin", f"127.0.0.1:{service.admin_port}")
        self.assertIn("void", federator("cache", "purge", "--part", "calls", *address).stdout)
        self.assertIn("revision", federator("reload", *address).stdout)
        self.assertIn("entries", federator("cache", "status", *address).stdout)

    def refused(self, *options):
        done = subprocess.run([BINARY, "serve", "--map", self.shop.map, "--admin", "off", *options], capture_output=True,
                              text=True, timeout=60 * SLOW)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr

    def test_what_does_not_start(self):
        text = self.refused("--listen", "0.0.0.0:0")
        self.assertIn("authentication is not configured (--keys, --jwks)", text)
        self.assertIn("TLS", text)
        text = self.refused("--listen", "0.0.0.0:0", "--keys", self.keys)
        self.assertNotIn("authentication", text)
        self.assertIn("TLS is not configured", text)
        self.assertIn("no-such-file", self.refused("--listen", "127.0.0.1:0", "--keys", self.keys + "no-such-file"))
        os.chmod(self.keys, 0o644)
        self.assertIn("chmod 600", self.refused("--listen", "127.0.0.1:0", "--keys", self.keys))
        self.assertIn("--jwt-issuer", self.refused("--listen", "127.0.0.1:0", "--jwks", self.jwks))

    def test_a_service_without_authentication_says_so(self):
        service = self.start(self.shop.map)
        service.wait(lambda: '"event":"nobody_authenticated"' in service.log())
        self.assertEqual(service.ask("GET", VIEW).status, 200)
        guarded = self.guarded()
        self.assertNotIn("nobody_authenticated", guarded.log())

    def test_person_rings_nobody_where_views_need_a_contact(self):
        service = self.guarded("--contact", "required")
        ring = ("POST", "/v1/agents/kim/pops", json.dumps({"by": {"phone": phone_of(7)}}), {"Content-Type": "application/json"})
        person = self.minter.token(scope="view pops", sub="kim")
        self.assert_problem(self.ask(service, ("GET", VIEW), person), 403, "no-contact")
        self.assert_problem(self.ask(service, ring, person), 403, "no-contact")
        self.assertEqual(self.ask(service, ("HEAD", "/v1/agents/kim/pops"), person).status, 200)
        self.assertEqual(self.ask(service, ring, self.key).status, 202)
        self.assertEqual(self.ask(self.guarded(), ring, person).status, 202)


if __name__ == "__main__":
    unittest.main()
