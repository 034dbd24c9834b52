#!/usr/bin/env python3
"""All that the views show of one customer, as one document: by whose rights, from where, and what is missing."""
import glob
import json
import os
import socket
import sqlite3
import unittest

from schemas import Exports
from servers import Servers
from shop import SHARED_PHONE, Shop, phone_of
from support import SLOW, LiveTest, federator, states, without_times
from test_same_bodies import keep_long

EXPORT = "{urn:federator:export:1}"
VIEW = "{urn:federator:view:1}"
PROBLEM = "{urn:ietf:rfc:7807}"
TREES = ["candidate", "pop", "full"]  # of the shop, in the order of its mapping
OFFICER = """<mapping xmlns="urn:federator:mapping:1">
  <policy role="officer" purpose="disclosure"><show class="open person phone private"/></policy>
</mapping>"""


class ExportTest(LiveTest):
    def setUp(self):
        self.shop = Shop(os.path.join(self.fresh(), "shop"))
        self.shop.write_file("officer.xml", OFFICER)
        keep_long(self.shop.map)
        self.schemas = {}

    def node(self, *options):
        service = self.start(self.shop.map, *options)
        service.wait_sources()
        return service

    def call_center(self, sql):
        with sqlite3.connect(os.path.join(self.shop.directory, "callcenter.db")) as db:
            db.execute(sql)
        db.close()

    def get(self, service, **by):
        answer = service.get(**by)
        self.assertEqual(answer.status, 200, answer.body)
        return answer

    def warm(self, service, n):
        """All its parts have copies."""
        service.wait(lambda: set(states(self.get(service, member=n).json).values()) == {"fresh"})
        return self.get(service, member=n).json["id"]

    def fault(self, service, body):
        """What is wrong with an export by its schema, or None."""
        if service not in self.schemas:
            self.schemas[service] = Exports(service, self.fresh())
        return self.schemas[service].fault(body)

    def export(self, service, seal, accept="application/json", **headers):
        """An answer; an export among them holds to its schema."""
        answer = service.ask("GET", f"/v1/customers/{seal}/export",
                             headers={"Accept": accept, **{name.replace("_", "-"): value for name, value in headers.items()}})
        if answer.status == 200:
            self.assertIsNone(self.fault(service, answer.body))
        return answer

    def test_every_view_with_its_sources_and_none_from_a_copy(self):
        service = self.node("--cache", "memory")
        seal = self.warm(service, 8)
        self.call_center("UPDATE crm SET name = '다시' WHERE cust_no = 'C00000008'")
        answer = self.export(service, seal)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn("no-store", answer.headers["cache-control"])
        told = answer.json
        self.assertIs(told["complete"], True)
        self.assertEqual((told["role"], told["purpose"]), ("agent", "service"))
        self.assertLessEqual(told["began"], told["ended"])
        self.assertEqual([one["view"] for one in told["views"]], TREES)
        for one in told["views"]:
            view = one["answer"]
            self.assertEqual((view["view"], view["revision"]), (one["view"], told["revision"]))
            self.assertEqual(view["customer"]["name"], "다시", "not from the copy")
            self.assertEqual(set(states(view).values()), {"live"})
            self.assertEqual(view["provenance"]["/customer/name"]["source"], "callcenter")
        self.assertEqual(self.get(service, member=8).json["customer"]["name"], "한8별", "nothing of it is kept")

    def test_it_shows_what_the_views_show(self):
        service = self.node("--cache", "off")
        seal = self.get(service, member=7).json["id"]
        told = {one["view"]: one["answer"] for one in self.export(service, seal).json["views"]}
        for view in TREES:
            alone = service.ask("GET", f"/v1/customers/{seal}?view={view}&provenance=full").json
            self.assertEqual(without_times(told[view]), without_times(alone))

    def test_the_policy_of_the_role_holds(self):
        service = self.node("--cache", "memory")
        seal = self.get(service, member=7).json["id"]
        self.assertEqual(self.export(service, seal).json["views"][1]["answer"]["customer"]["phone"], "010-****-0007")
        self.assertEqual(self.export(service, seal).json["views"][1]["answer"]["withheld"], ["birth"])
        self.assert_problem(self.export(service, seal, X_Purpose="disclosure"), 403, "not-allowed")
        officer = self.node("--cache", "memory", "--role", "officer", "--purpose", "disclosure")
        view = self.export(officer, self.get(officer, member=7).json["id"]).json["views"][1]["answer"]
        self.assertEqual((view["customer"]["phone"], view["customer"]["birth"]), (phone_of(7), "1967-08-11"))
        self.assertNotIn("withheld", view)

    def test_only_who_may_export(self):
        keys = os.path.join(self.fresh(), "keys.json")
        add = lambda scopes: federator("keys", "add", "--keys", keys, "--client", "desk", "--role", "agent", "--scopes",
                                       scopes).stdout.strip()
        viewer, exporter = add("view"), add("export")
        service = self.node("--cache", "memory", "--keys", keys)
        ask = lambda path, key: service.ask("GET", path, headers={"X-API-Key": key})
        seal = ask("/v1/customers?member=7", viewer).json["id"]
        self.assert_problem(ask(f"/v1/customers/{seal}/export", viewer), 403, "this needs the scope export")
        self.assertEqual(ask(f"/v1/customers/{seal}/export", exporter).status, 200)
        self.assertEqual(service.ask("GET", f"/v1/customers/{seal}/export").status, 401)

    def test_what_is_missing_is_told(self):
        service = self.node("--cache", "memory")
        seal = self.get(service, member=7).json["id"]
        with sqlite3.connect(os.path.join(self.shop.directory, "warehouse.db")) as db:
            db.execute("ALTER TABLE orders RENAME TO gone")
        db.close()
        told = self.export(service, seal).json
        self.assertIs(told["complete"], False)
        views = {one["view"]: one["answer"] for one in told["views"]}
        self.assertIs(views["candidate"]["complete"], True)
        self.assertIs(views["pop"]["complete"], False)
        self.assertEqual((views["pop"]["parts"]["orders"]["state"], views["pop"]["parts"]["orders"]["reason"]),
                         ("missing", "schema_mismatch"))
        self.call_center("ALTER TABLE crm RENAME TO gone")
        answer = self.export(service, seal)
        self.assertEqual(answer.status, 200, answer.body)
        first, *others = answer.json["views"]
        self.assertEqual(first["problem"]["type"], "urn:federator:problem:identity-unavailable")
        self.assertEqual([one["answer"]["complete"] for one in others], [False, False])
        root = self.export(service, seal, "application/xml").xml
        self.assertEqual(len(root.findall(f"{EXPORT}views/{EXPORT}item/{EXPORT}problem/{PROBLEM}problem")), 1)
        self.call_center("ALTER TABLE calls RENAME TO gone_too")
        with sqlite3.connect(os.path.join(self.shop.directory, "web.db")) as db:
            db.execute("ALTER TABLE pages RENAME TO gone")
        db.close()
        self.assert_problem(self.export(service, seal), 503, "identity-unavailable")

    def test_nobody_is_nobody(self):
        service = self.node("--cache", "memory")
        seal = self.get(service, member=7).json["id"]
        self.call_center("DELETE FROM crm")
        self.assert_problem(self.export(service, seal), 404, "no-customer")
        self.assert_problem(self.export(service, "c.none"), 404, "unknown-id")
        self.assert_problem(service.ask("GET", f"/v1/customers/{seal}/export?view=pop"), 400, "not a parameter")
        self.assert_problem(self.export(service, seal, "text/html"), 406, "not-acceptable")

    def recorded(self):
        """A node that keeps a record, and the directory of that."""
        self.shop.write_secret("salt", "a salt of the tests, long enough")
        self.shop.write_secret("seal", "a key of the tests, long enough")
        record = os.path.join(self.fresh(), "record")
        return self.node("--cache", "memory", "--salt-secret", "salt", "--audit", record, "--audit-key-secret", "seal"), record

    @staticmethod
    def records(record):
        """All that are there."""
        lines = []
        for path in sorted(glob.glob(os.path.join(record, "audit-*.jsonl"))):
            with open(path) as f:
                lines += [json.loads(line) for line in f if line.endswith("\n")]
        return lines

    def untaken(self, record):
        """Records that an export was not taken, each with that of the export."""
        lines = self.records(record)
        exports = {line["request_id"]: line for line in lines if line["kind"] == "view" and line["operation"].endswith("/export")}
        return [(line, exports[line["request_id"]]) for line in lines if line["kind"] == "untaken"]

    def begin(self, service, seal):
        """An export whose answer nobody has read yet, through a small window."""
        client = socket.socket()
        client.settimeout(30 * SLOW)
        self.addCleanup(client.close)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", service.port))
        client.sendall(f"GET /v1/customers/{seal}/export HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        return client

    def test_it_goes_on_record_with_all_that_it_shows(self):
        service, record = self.recorded()
        viewed = self.get(service, member=7, fields="name")
        self.export(service, viewed.json["id"])
        self.export(service, "c.none")
        self.call_center("DELETE FROM crm")
        self.export(service, viewed.json["id"])
        lines = self.records(record)
        self.assertEqual(self.untaken(record), [])
        view, export, unknown, gone = [line for line in lines if line["kind"] in ("view", "denial")]
        self.assertEqual((export["kind"], export["operation"], export["outcome"], export["status"]),
                         ("view", "/v1/customers/{id}/export", "one", 200))
        self.assertEqual(export["subjects"], view["subjects"])
        self.assertEqual((view["shown"], "masked" in view), (["person"], False))
        self.assertEqual((sorted(export["shown"]), export["masked"]), (["open", "person"], ["phone"]))
        self.assertEqual((unknown["kind"], unknown["rule"], unknown["outcome"], "subjects" in unknown),
                         ("denial", "unknown-id", "denied", False))
        self.assertEqual((gone["kind"], gone["rule"]), ("denial", "no-customer"))

    def test_that_a_client_left_before_the_end_goes_on_record(self):
        self.much()
        service, record = self.recorded()
        client = self.begin(service, self.get(service, member=7, fields="name").json["id"])
        self.assertTrue(client.recv(100).startswith(b"HTTP/1.1 200"))
        client.close()
        service.wait(lambda: self.untaken(record))
        [(untaken, export)] = self.untaken(record)
        for member in ("tenant", "role", "purpose", "operation", "subjects", "address"):
            self.assertEqual(untaken[member], export[member])
        self.assertGreater(untaken["seq"], export["seq"])

    def test_who_hangs_up_is_asked_for_no_more(self):
        servers = Servers(os.path.join(self.fresh(), "servers")).start()
        self.addCleanup(servers.stop)
        self.shop = Shop(os.path.join(self.fresh(), "shop"), servers)
        self.shop.write_file("officer.xml", OFFICER)
        keep_long(self.shop.map)
        service, record = self.recorded()
        seal = self.get(service, member=7).json["id"]
        page = lambda: service.admin("/metrics").body.decode()
        answers = lambda view: sum(float(line.rsplit(" ", 1)[1]) for line in page().splitlines()
                                   if line.startswith("federator_answers_total{") and f'view="{view}"' in line)
        before = [answers(view) for view in TREES]
        busy = lambda: [source["busy"] for source in service.admin("/readyz?verbose").json["sources"]
                        if source["name"] == "callcenter"][0]
        service.wait(lambda: busy() == 0)
        servers.pg.freeze()
        self.addCleanup(servers.pg.thaw)
        client = self.begin(service, seal)
        service.wait(lambda: busy() == 1)
        client.close()
        self.assertEqual(service.ask("GET", "/livez").status, 200)  # the loop has come round since
        servers.pg.thaw()
        service.wait(lambda: self.untaken(record))
        self.assertEqual([answers(view) for view in TREES], [before[0] + 1, *before[1:]])

    def test_with_a_grant_it_shows_what_is_masked(self):
        self.shop.edit("keys.xml", '<mask class="phone"/>', '<mask class="phone"/><unmask class="phone" minutes="5"/>')
        keys = os.path.join(self.fresh(), "keys.json")
        key = federator("keys", "add", "--keys", keys, "--client", "desk", "--role", "agent", "--scopes",
                        "view,export,unmask").stdout.strip()
        service = self.node("--cache", "memory", "--keys", keys)
        headers = {"X-API-Key": key, "X-Agent": "kim"}
        seal = service.ask("GET", "/v1/customers?member=7", headers=headers).json["id"]
        grant = service.ask("POST", "/v1/unmask", json.dumps({"classes": ["phone"], "reason": "asks for it", "minutes": 1}),
                            {**headers, "Content-Type": "application/json"})
        self.assertEqual(grant.status, 200, grant.body)
        phone = lambda **more: service.ask("GET", f"/v1/customers/{seal}/export", headers={**headers, **more}
                                           ).json["views"][1]["answer"]["customer"]["phone"]
        self.assertEqual(phone(), "010-****-0007")
        self.assertEqual(phone(**{"X-Unmask": grant.json["grant"]}), phone_of(7))

    def test_as_xml(self):
        service = self.node("--cache", "memory")
        seal = self.get(service, member=7).json["id"]
        answer = self.export(service, seal, "application/xml")
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "application/xml"))
        root = answer.xml
        self.assertEqual(root.tag, EXPORT + "export")
        self.assertEqual(root.findtext(EXPORT + "complete"), "true")
        items = root.findall(f"{EXPORT}views/{EXPORT}item")
        self.assertEqual([item.findtext(EXPORT + "view") for item in items], TREES)
        for item in items:
            name = item.find(f"{EXPORT}answer/{VIEW}view/{VIEW}customer/{VIEW}name")
            self.assertEqual(name.text, "한7별")
            self.assertEqual(name.get("{urn:federator:provenance:1}source"), "callcenter")
        pages = items[2].findall(f"{EXPORT}timeline/{EXPORT}item/{VIEW}view/{VIEW}customer/{VIEW}journey")
        self.assertEqual(len(pages), 1)

    def much(self):
        """A customer whose views have no room in one document."""
        with sqlite3.connect(os.path.join(self.shop.directory, "callcenter.db")) as db:
            db.execute("DELETE FROM calls WHERE cust_no = 'C00000007'")
            db.executemany("INSERT INTO calls VALUES('C00000007', ?, ?)",
                           [(f"2026-11-10 14:02:{k:02d}", "x" * 350000) for k in range(19)])
        db.close()
        self.shop.edit("view.xml", '<use path="calls" limit="5"/>', '<use path="calls"/>')
        self.shop.edit("view.xml", '<view name="routing"', '<view name="tail" by="member" budget="300s"><use path="tier"/></view>'
                       '<view name="routing"')

    def test_what_is_no_export_is_none_by_its_schema(self):
        service = self.node("--cache", "memory")
        seal = self.get(service, member=7).json["id"]
        whole = self.export(service, seal).body
        view, nothing = json.loads(whole)["views"][2], {"left_out": "too_large"}
        for wrong in ({"answer": None}, {"problem": {}}, {"timeline": None}, {"timeline": [nothing]}, {"left_out": "x"},
                      {"more": 1}, {"answer": {**view["answer"], "more": 1}}):
            told = json.loads(whole)
            told["views"][2].update(wrong)
            self.assertIsNotNone(self.fault(service, json.dumps(told).encode()), wrong)
        for member in json.loads(whole):
            told = json.loads(whole)
            del told[member]
            self.assertIsNotNone(self.fault(service, json.dumps(told).encode()), member)
        whole = self.export(service, seal, "application/xml").body
        for old, new in ((b"<complete>true<", b"<complete>yes<"), (b"<began>2", b"<began>x2"),
                         (b"<timeline>", b"<timeline><item/>"), (b"</view><answer>", b"</view><more/><answer>"),
                         (b"<views>", b"<views><item><view>x</view></item>")):
            self.assertIn(old, whole)
            self.assertIsNotNone(self.fault(service, whole.replace(old, new, 1)), new)

    def test_too_much_is_left_out_by_name(self):
        self.much()
        service = self.node("--cache", "memory")
        seal = self.get(service, member=7, fields="name").json["id"]
        for accept in ("application/json", "application/xml"):
            answer = self.export(service, seal, accept)
            self.assertEqual(answer.status, 200, answer.body[:500])
            if accept.endswith("json"):
                views = {one["view"]: one for one in answer.json["views"]}
                self.assertIs(answer.json["complete"], False)
                self.assertEqual(views["full"]["left_out"], "too_large")
                self.assertIn("answer", views["full"], "it was there before there was too much")
                self.assertEqual(views["tail"], {"view": "tail", "left_out": "too_large"})
            else:
                items = answer.xml.findall(f"{EXPORT}views/{EXPORT}item")
                self.assertEqual([item.findtext(EXPORT + "left_out") for item in items],
                                 [None, None, "too_large", "too_large"])
                self.assertEqual(answer.xml.findtext(EXPORT + "complete"), "false")

    def test_at_the_terminal(self):
        service = self.node("--cache", "off")
        run = lambda *arguments: federator("export", "--map", self.shop.map, *arguments, check=False)
        for by in ("phone=" + phone_of(7), "member=7", "order=A0000070"):
            done = run("--by", by)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIsNone(self.fault(service, done.stdout.encode()))
            self.assertEqual([one["answer"]["customer"]["name"] for one in json.loads(done.stdout)["views"]], 3 * ["한7별"])
        self.assertIn('<export xmlns="urn:federator:export:1">', run("--by", "member=7", "--xml").stdout)
        for by, said in (("phone=" + SHARED_PHONE, "more than one customer"), ("phone=010-9999-9999", "it does not"),
                         ("phone=abc", "cannot be read as"), ("fone=1", "no key `fone`")):
            done = run("--by", by)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            self.assertIn(said, done.stderr)
        self.assertEqual(run().returncode, 2)
        self.call_center("ALTER TABLE calls RENAME TO gone")
        done = run("--by", "phone=" + phone_of(7))
        self.assertEqual((done.returncode, json.loads(done.stdout)["complete"]), (3, False), done.stderr)
        self.call_center("ALTER TABLE crm RENAME TO gone_too")
        done = run("--by", "phone=" + phone_of(7))
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)


if __name__ == "__main__":
    unittest.main()
