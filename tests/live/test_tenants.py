#!/usr/bin/env python3
"""Several companies in one service: what is one's is nobody else's."""
import json
import os
import re
import shutil
import sqlite3
import unittest

from minter import AUDIENCE, ISSUER, Minter
from servers import Servers
from shop import Shop, phone_of
from streams import Stream
from support import LiveTest, Service, federator, without_times
from test_same_bodies import keep_long

ALL = "view,routing,pops,warm,web,mappings,purge,erase"


class TenantsService(Service):
    """The service of a directory of tenants."""

    def __init__(self, directory, *options):
        super().__init__("", "--tenants", directory, *options, directory=os.path.dirname(directory))

    def of(self, name):
        """What the admin listener tells of a tenant."""
        return next(t for t in self.admin("/readyz?verbose").json["tenants"] if t["name"] == name)

    def wait_tenant(self, name):
        self.wait(lambda: self.of(name)["ready"] and {s["state"] for s in self.of(name)["sources"]} == {"up"})


class TenantsTest(LiveTest):
    def setUp(self):
        self.directory = self.fresh()
        self.tenants = os.path.join(self.directory, "tenants")
        self.keys = os.path.join(self.directory, "keys.json")
        self.shops = {name: self.add_tenant(name) for name in ("atlas", "borea")}
        self.key = {name: self.add_key(name) for name in self.shops}

    def add_tenant(self, name):
        """A shop whose customers have the same keys as those of every other, but the tenant in their names."""
        shop = Shop(os.path.join(self.directory, "shops", name))
        keep_long(shop.map)
        with sqlite3.connect(os.path.join(shop.directory, "callcenter.db")) as db:
            db.execute("UPDATE crm SET name = ? || ' ' || cust_no", (name,))
        db.close()
        home = os.path.join(self.tenants, name)
        os.makedirs(home)
        shutil.move(os.path.join(shop.map, "secrets"), os.path.join(home, "secrets"))
        shutil.move(shop.map, os.path.join(home, "map"))
        shop.map = os.path.join(home, "map")
        return shop

    def add_key(self, tenant, *more):
        return federator("keys", "add", "--keys", self.keys, "--client", "console", "--role", "agent", "--tenant", tenant,
                         "--scopes", ALL, *more).stdout.strip()

    def options(self, tenant, text):
        with open(os.path.join(self.tenants, tenant, "options"), "w") as f:
            f.write(text)

    def serve(self, *options, ready=("atlas", "borea")):
        service = TenantsService(self.tenants, "--keys", self.keys, *options)
        service.__enter__()
        self.addCleanup(service.__exit__, None, None, None)
        for name in ready:
            service.wait_tenant(name)
        return service

    def ask(self, service, tenant, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        key = self.key.get(tenant, tenant)
        if key:
            headers["Authorization"] = f"Bearer {key}"
        return service.ask(method, path, body, headers)

    def view(self, service, tenant, member=7, **more):
        answer = self.ask(service, tenant, "QUERY", "/v1/customers", {"by": {"phone": phone_of(member)}, "view": "pop", **more})
        self.assertEqual(answer.status, 200, answer.body)
        return answer

    def assert_own(self, answer, tenant):
        for other in self.shops:
            (self.assertIn if other == tenant else self.assertNotIn)(other.encode(), answer.body)

    def break_mapping(self, tenant):
        path = os.path.join(self.shops[tenant].map, "sources.xml")
        os.rename(path, path + ".good")
        with open(path, "w") as f:
            f.write("<mapping")
        return lambda: os.replace(path + ".good", path)

    def test_a_key_gets_nothing_of_another_tenant_on_any_route(self):
        service = self.serve()
        ids = {name: self.view(service, name).json["id"] for name in self.shops}
        phone = phone_of(7)
        body = {"by": {"phone": phone}, "view": "pop"}
        same = [  # of each its own, in every way to ask: the key's tenant decides, whatever else the request says
            ("QUERY", "/v1/customers", body), ("POST", "/v1/customers/lookup", body),
            ("GET", f"/v1/customers?view=pop&phone={phone}"),
        ]
        for _ in range(2):  # from the sources, and from copies
            for method, path, *rest in same:
                for name in self.shops:
                    answer = self.ask(service, name, method, path, *rest, X_Tenant="borea", Host="borea")
                    self.assertEqual(answer.status, 200, (name, path))
                    self.assert_own(answer, name)
        self.assertNotEqual(self.ask(service, "atlas", "GET", f"/v1/customers?view=pop&phone={phone}&tenant=borea").status, 200)
        by_id = ["/v1/customers/{}?view=pop", "/v1/customers/{}/explain?view=pop", "/v1/customers/{}/stream?view=pop",
                 "/v1/customers/{}/timeline?view=pop"]
        for name, other in (("atlas", "borea"), ("borea", "atlas")):
            self.assert_own(self.ask(service, name, "GET", by_id[0].format(ids[name])), name)
            for path in by_id:
                stranger = self.ask(service, name, "GET", path.format(ids[other]))
                nobody = self.ask(service, name, "GET", path.format("c." + len(ids[other][2:]) * "A"))
                self.assertEqual(stranger.status, nobody.status, path)
                self.assertIn(stranger.status, (200,) if "stream" in path else (400, 404), path)
                self.assertEqual(*(re.sub(rb"retry: \d+|[0-9a-f]{24}", b"", a.body) for a in (stranger, nobody)), path)
            self.assertEqual(self.ask(service, name, "DELETE", f"/v1/customers/{ids[other]}").status, 404)
            self.assertEqual(self.ask(service, name, "POST", f"/v1/customers/{ids[other]}/refresh?view=pop").status, 404)
        revisions = {self.ask(service, name, "GET", "/v1/mappings").json["revision"] for name in self.shops}
        self.assertEqual(len(revisions), 1)  # the same files, whoever's
        health = self.ask(service, "atlas", "GET", "/readyz?verbose")
        self.assertNotIn("tenants", health.json)
        self.assertNotIn(b"borea", health.body)
        log = service.log()
        self.assertIn('"tenant":"atlas"}', log)
        self.assertNotIn(phone, log)

    def routes(self, sealed):
        """Every route of the public listener, asked for what both tenants have, and by a sealed id."""
        phone = phone_of(7)
        by = {"by": {"phone": phone}, "view": "pop"}
        names = [f"/v1/customers/{sealed}{more}?view=pop" for more in ("", "/timeline", "/explain", "/stream")]
        paths = (f"/v1/customers?view=pop&phone={phone}", f"/v1/routing?view=cti&phone={phone}", f"/v1/cnam/{phone}",
                 "/v1/web/sessions", f"/v1/web/sessions/{sealed}", "/v1/web/searches", "/v1/web/visitors/v-7/stitch",
                 "/v1/mappings", "/v1/mappings/none/parts.xml", "/schema/view.xsd", "/schema/view.schema.json",
                 "/schema/routing.xsd", "/schema/events.schema.json", "/schema/mapping-1.xsd", "/livez", "/readyz?verbose",
                 *names)
        yield from (("GET", path) for path in paths)
        yield from (("QUERY", path, by) for path in ("/v1/customers", "/v1/routing"))
        yield from (("POST", path, by) for path in ("/v1/customers/lookup", "/v1/agents/kim/pops"))
        yield "POST", "/v1/warm", {"view": "pop", "keys": [{"phone": phone}]}
        yield "POST", f"/v1/customers/{sealed}/refresh?view=pop"
        yield "DELETE", f"/v1/customers/{sealed}"
        yield "DELETE", "/v1/cache?part=calls"
        yield "POST", "/v1/cache/purge", {"by": {"phone": phone}}

    def test_no_credential_sees_another_tenant_on_any_route(self):
        stranger = self.add_key("cresta")
        service = self.serve()
        ids = {name: self.view(service, name).json["id"] for name in self.shops}
        for of, sealed in ids.items():
            for who in (*self.shops, stranger, None):
                for request in self.routes(sealed):
                    answer = self.ask(service, who, *request)
                    for other in self.shops:
                        if other != who:
                            self.assertNotIn(other.encode(), answer.body, (who, of, request))
                    if who not in self.shops and not request[1].startswith(("/livez", "/schema/mapping-1")):
                        self.assertEqual(answer.status, 401, (who, request))

    def test_credentials_of_no_tenant_are_bad_ones(self):
        stranger = self.add_key("cresta")
        directory = os.path.join(self.directory, "minter")
        os.mkdir(directory)
        minter = Minter(directory)
        jwks = os.path.join(self.directory, "jwks.json")
        minter.write_jwks(jwks, "es")
        service = self.serve("--jwks", jwks, "--jwt-issuer", ISSUER, "--jwt-audience", AUDIENCE)
        service.wait(lambda: '"event":"key_of_no_tenant","key":"' + stranger[:12] + '","tenant":"cresta"' in service.log())
        later = self.add_key("dorado")
        service.wait(lambda: '"event":"key_of_no_tenant","key":"' + later[:12] + '","tenant":"dorado"' in service.log())
        bad = self.ask(service, "0123456789ab." + 43 * "A", "GET", "/v1/mappings")
        for credential in (stranger, minter.token(tenant="cresta"), minter.token(tenant="../atlas"), minter.token(tenant="")):
            answer = self.ask(service, credential, "GET", "/v1/mappings")
            self.assertEqual((answer.status, answer.body), (401, bad.body))
        self.assertEqual(self.ask(service, None, "GET", "/v1/mappings").status, 401)
        for name in self.shops:
            for _ in range(3):
                self.assert_own(self.view(service, minter.token(tenant=name)), name)
        for path in ("/livez", "/readyz", "/schema/mapping-1.xsd", "/schema/explain.xsd", "/schema/problem.schema.json"):
            for credential in (None, "atlas", "bad"):
                self.assertEqual(self.ask(service, credential, "GET", path).status, 200, path)
        page = service.admin("/metrics").body.decode()
        self.assertRegex(page, r'\nfederator_auth_total\{outcome="refused"\} [1-9]')
        self.assertIn('\nfederator_auth_total{tenant="atlas",outcome="refused"} 0\n', page)
        self.assertIn('\nfederator_auth_total{tenant="atlas",outcome="token"} 3\n', page)
        self.assertIn('\nfederator_auth_total{outcome="token"} 0\n', page)

    def test_the_very_same_request_again_is_given_by_tenant(self):
        service = self.serve()
        path = f"/v1/customers?view=pop&phone={phone_of(7)}"
        for name in self.shops:
            answers = [self.ask(service, name, "GET", path)]

            def same():
                answers.append(self.ask(service, name, "GET", path))
                return answers[-1].headers["x-request-id"] == answers[-2].headers["x-request-id"]
            service.wait(same)
            self.assert_own(answers[-1], name)
            page = service.admin("/metrics").body.decode()
            self.assertIn(f'\nfederator_auth_total{{tenant="{name}",outcome="key"}} {len(answers)}\n', page)
            self.assertIn(f'\nfederator_http_responses_total{{tenant="{name}",status="200"}} {len(answers)}\n', page)
        self.assertIn('\nfederator_http_responses_total{status="200"} 0\n', page)

    def cached(self, service, tenant, member):
        parts = self.view(service, tenant, member).json["parts"]
        return {part["state"] for part in parts.values()} <= {"fresh", "skipped"}

    def assert_apart(self, service):
        """A purge of one leaves the copies of the other."""
        for name in self.shops:
            service.wait(lambda: self.cached(service, name, 7))
        self.assertEqual(self.ask(service, "atlas", "DELETE", "/v1/cache?all=true").status, 200)
        self.assertTrue(self.cached(service, "borea", 7))
        self.assertFalse(self.cached(service, "atlas", 7))
        for name in self.shops:
            service.wait(lambda: self.cached(service, name, 7))
        url = "/v1/cache/purge"
        body = json.dumps({"by": {"phone": phone_of(7)}})
        headers = {"Content-Type": "application/json"}
        self.assert_problem(service.ask("POST", url, body, headers, port=service.admin_port), 400, "tenant-needed")
        self.assert_problem(service.ask("POST", url + "?tenant=cresta", body, headers, port=service.admin_port), 404)
        self.assertEqual(service.ask("POST", url + "?tenant=borea", body, headers, port=service.admin_port).status, 200)
        self.assertTrue(self.cached(service, "atlas", 7))
        self.assertFalse(self.cached(service, "borea", 7))
        done = federator("cache", "purge", "--all", "--tenants", self.tenants, "--tenant", "atlas", "--admin",
                         f"127.0.0.1:{service.admin_port}")
        self.assertIn("void", done.stdout)
        self.assertFalse(self.cached(service, "atlas", 7))
        for name in self.shops:
            self.assert_own(self.view(service, name), name)
        status = ("cache", "status", "--admin", f"127.0.0.1:{service.admin_port}")
        self.assertEqual(list(json.loads(federator(*status, "--json").stdout)), list(self.shops))
        self.assertEqual(re.findall("^tenant +(.*)$", federator(*status).stdout, re.M), list(self.shops))

    def test_copies_in_memory_are_apart(self):
        self.assert_apart(self.serve("--cache", "memory"))

    def test_copies_in_redis_are_apart(self):
        servers = Servers(os.path.join(self.directory, "servers"), ("redis",)).start()
        self.addCleanup(servers.stop)
        for name in self.shops:
            path = os.path.join(self.tenants, name, "secrets", "salt")
            with open(path, "w") as f:
                f.write("the same sixteen bytes and more")  # the name alone keeps them apart
            os.chmod(path, 0o600)
        service = self.serve("--cache", servers.env["FED_TEST_REDIS"], "--cache-timeout", "1s", "--salt-secret", "salt")
        for name in self.shops:
            service.wait(lambda: service.of(name)["cache"]["up"])
        self.assert_apart(service)
        ids = {name: self.view(service, name).json["id"] for name in self.shops}
        self.assertEqual(self.ask(service, "atlas", "GET", f"/v1/customers/{ids['atlas']}?view=pop").status, 200)
        self.assertEqual(self.ask(service, "borea", "GET", f"/v1/customers/{ids['atlas']}?view=pop").status, 404)
        keys = servers.redis.ask("KEYS fed2:*")
        for name in self.shops:
            self.assertIn(f"{{{name}", str(keys))

    def listen(self, service, tenant):
        stream = Stream(service.port, "/v1/agents/kim/pops", f"Authorization: Bearer {self.key[tenant]}\r\nX-Agent: kim\r\n")
        self.addCleanup(stream.close)
        self.assertIn(" 200 ", stream.header())
        return stream

    def test_pops_reach_the_agent_of_the_tenant_alone(self):
        service = self.serve()
        streams = {name: self.listen(service, name) for name in self.shops}

        def ring(tenant, member):
            answer = self.ask(service, tenant, "POST", "/v1/agents/kim/pops",
                              {"by": {"phone": phone_of(member)}, "view": "pop"})
            self.assertEqual(answer.status, 202, answer.body)
            return answer.json["streams"]
        service.wait(lambda: {ring(name, 3) for name in self.shops} == {1})
        for name in self.shops:
            self.assertEqual(ring(name, 7), 1)
        for name, stream in streams.items():
            seen = b""
            while f"{name} C00000007".encode() not in seen:
                self.assertTrue(stream.read())
                seen += stream.bytes
                stream.bytes = b""
            for other in self.shops:
                if other != name:
                    self.assertNotIn(other.encode(), seen)

    def test_limits_and_options_are_of_each(self):
        self.options("atlas", "agent-requests = 20\ncache-bytes = 1M\n")
        service = self.serve()

        def ask(tenant):
            return self.ask(service, tenant, "GET", "/v1/mappings", X_Agent="kim")
        service.wait(lambda: ask("atlas").status == 429)  # every three seconds one more may pass
        last = [ask("borea") for _ in range(40)][-1]
        self.assertEqual(last.status, 200)
        self.assertEqual(last.headers["ratelimit-policy"], '"agent";q=600;w=60')
        page = service.admin("/metrics").body.decode()
        self.assertRegex(page, r'\nfederator_limited_total\{tenant="atlas",of="requests"\} [1-9]')
        self.assertIn('\nfederator_limited_total{tenant="borea",of="requests"} 0\n', page)

    def test_records_and_contacts_are_of_each(self):
        self.options("borea", "contact = required\n")
        for directory in (self.shops["atlas"].directory, *(os.path.join(self.tenants, name, "secrets") for name in self.shops)):
            for name in ("salt", "record"):
                path = os.path.join(directory, name)
                with open(path, "w") as f:
                    f.write("sixteen bytes and more")
                os.chmod(path, 0o600)
        record = os.path.join(self.directory, "record")
        os.mkdir(record, mode=0o700)
        service = self.serve("--audit", record, "--audit-key-secret", "record", "--salt-secret", "salt", "--secrets",
                             self.shops["atlas"].directory)
        body = {"by": {"phone": phone_of(7)}, "view": "pop"}
        wanted = {"atlas": 200, "borea": 403, "0123456789ab." + 43 * "A": 401}
        for who, status in wanted.items():
            self.assertEqual(self.ask(service, who, "QUERY", "/v1/customers", body).status, status)
        page = service.admin("/metrics").body.decode()
        self.assertIn("\nfederator_audit_records_total 3\n", page)
        lines = [line for name in os.listdir(record) for line in open(os.path.join(record, name), errors="replace")]
        records = [json.loads(line) for line in lines if '"status"' in line]
        self.assertEqual([(r["tenant"], r["status"]) for r in records], [("atlas", 200), ("borea", 403), ("?", 401)])

    def test_streams_are_bounded_for_each_and_for_all(self):
        self.options("atlas", "streams = 1\n")
        service = self.serve("--streams", "2")

        def open_one(tenant):
            stream = Stream(service.port, "/v1/agents/kim/pops", f"Authorization: Bearer {self.key[tenant]}\r\n")
            self.addCleanup(stream.close)
            return stream.header().split()[1]
        self.assertEqual([open_one(name) for name in ("atlas", "atlas", "borea", "borea")], ["200", "503", "200", "503"])

    def test_a_broken_mapping_is_the_tenants_own_trouble(self):
        mend = self.break_mapping("atlas")
        service = self.serve(ready=("borea",))
        service.wait(lambda: '"event":"tenant_unavailable","tenant":"atlas"' in service.log())
        self.assertEqual(service.of("atlas")["ready"], False)
        self.assertEqual(service.ask("GET", "/readyz").status, 200)
        for path in ("/v1/mappings", f"/v1/customers?view=pop&phone={phone_of(7)}", "/v1/web/searches", "/schema/view.xsd"):
            answer = self.ask(service, "atlas", "GET", path)
            self.assert_problem(answer, 503, "tenant-unavailable")
            self.assertEqual(answer.headers["retry-after"], "1")
        self.assertEqual(self.ask(service, "atlas", "HEAD", "/v1/agents/kim/pops").status, 503)
        self.assertEqual(self.ask(service, "atlas", "GET", "/readyz?verbose").status, 503)
        self.assertEqual(self.ask(service, "bad", "GET", "/v1/mappings").status, 401)
        self.assert_own(self.view(service, "borea"), "borea")
        reload = ("reload", "--admin", f"127.0.0.1:{service.admin_port}", "--tenants", self.tenants)
        self.assertEqual(federator(*reload, check=False).returncode, 1)
        self.assertEqual(federator(*reload, "--tenant", "borea").stdout.count("revision"), 1)
        mend()
        self.assertEqual(json.loads(federator(*reload).stdout.splitlines()[-1])["tenants"][0]["name"], "atlas")
        service.wait_tenant("atlas")
        self.assert_own(self.view(service, "atlas"), "atlas")
        mend = self.break_mapping("borea")
        service.process.send_signal(1)
        service.wait(lambda: re.search('"event":"reload_refused".*"tenant":"borea"', service.log()))
        for name in self.shops:
            self.assert_own(self.view(service, name), name)
        mend()

    def refused(self, *options):
        done = federator("serve", "--tenants", self.tenants, "--listen", "127.0.0.1:0", "--admin", "off", *options, check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr

    def test_what_does_not_start(self):
        self.assertIn("--keys or --jwks", self.refused())
        self.options("borea", "\nlisten = 0.0.0.0:80\n")
        self.assertIn("borea/options:2: 'listen' is the same for all", self.refused("--keys", self.keys))

    def test_two_views_of_the_same_customer_differ_in_the_name_alone(self):
        service = self.serve()
        answers = [without_times(self.view(service, name).json) for name in self.shops]
        texts = [json.dumps(a, ensure_ascii=False).replace(name, "") for a, name in zip(answers, self.shops)]
        self.assertEqual(texts[0], texts[1])


if __name__ == "__main__":
    unittest.main()
