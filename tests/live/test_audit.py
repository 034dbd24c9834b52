#!/usr/bin/env python3
"""The record of who saw what of whom: nothing is shown that is not on record, whatever the disk and the process do."""
import glob
import hmac
import http.client
import json
import os
import resource
import shutil
import signal
import socket
import threading
import unittest

from shop import Shop, phone_of
from support import SANITIZED, SLOW, LiveTest, Service, federator
from test_same_bodies import keep_long

CLIENTS = 8
KILLS = 2 if SANITIZED else 4
SEAL = "a key of the tests, long enough"
KEPT = ("view", "denial", "act")
PHONE = f"/v1/customers?view=pop&phone={phone_of(7)}"


class Recorded(Service):
    """A service that keeps a record."""

    def __init__(self, shop, directory, *options):
        self.record = os.path.join(directory, "record")
        super().__init__(shop.map, "--cache", "memory", "--salt-secret", "salt", "--audit", self.record,
                         "--audit-key-secret", "seal", *options, directory=directory)

    def lines(self):
        """All records that are there."""
        found = []
        for path in sorted(glob.glob(os.path.join(self.record, "audit-*.jsonl"))):
            with open(path, encoding="utf-8") as f:
                found += [json.loads(line) for line in f if line.endswith("\n")]
        return found

    def about(self):
        """Those of answers."""
        return [line for line in self.lines() if line["kind"] in KEPT]

    def verify(self, *flags, check=True):
        key = os.path.join(self.command[3], "secrets", "seal")
        return federator("audit", "verify", self.record, "--key-file", key, *flags, check=check)


class AuditTest(LiveTest):
    def setUp(self):
        self.shop = Shop(os.path.join(self.fresh(), "shop"))
        keep_long(self.shop.map)
        self.shop.write_secret("salt", "a salt of the tests, long enough")
        self.shop.write_secret("seal", SEAL)
        self.directory = self.fresh()

    def serve(self, *options):
        service = Recorded(self.shop, self.directory, *options)
        service.__enter__()
        self.addCleanup(service.__exit__, None, None, None)
        service.wait_sources()
        return service

    def asked(self, service, status, method, path, body=None, **headers):
        """An answer, and what is on record of it when it is here: at once, as it was durable before."""
        before = len(service.about())
        if body is not None:
            headers["Content-Type"] = "application/json"
        answer = service.ask(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        self.assertEqual(answer.status, status, answer.body)
        return answer, service.about()[before:]

    def one(self, *request, **headers):
        answer, records = self.asked(*request, **headers)
        self.assertEqual(len(records), 1, records)
        self.assertEqual(records[0]["status"], answer.status)
        self.assertEqual(records[0]["request_id"], answer.headers["x-request-id"])
        self.assertEqual(records[0]["address"], "127.0.0.1")
        return answer, records[0]

    def test_each_answer_says_who_saw_what_of_whom(self):
        service = self.serve()
        answer, seen = self.one(service, 200, "GET", PHONE, X_Contact="call-17")
        self.assertEqual((seen["kind"], seen["operation"], seen["outcome"]), ("view", "/v1/customers", "one"))
        self.assertEqual((seen["tenant"], seen["role"], seen["purpose"], seen["proof"], seen["contact"]),
                         ("default", "agent", "service", "none", "call-17"))
        self.assertEqual(seen["revision"], answer.json["revision"])
        self.assertIn("phone", seen["masked"])
        self.assertNotIn("phone", seen["shown"])
        self.assertEqual({part for parts in seen["parts"].values() for part in parts}, set(answer.json["parts"]))
        subject = seen["subjects"]
        self.assertEqual(len(subject), 1)
        path = f"/v1/customers/{answer.json['id']}"
        for method, what in (("GET", path), ("GET", path + "/timeline?view=full"), ("GET", path + "/explain"),
                             ("GET", f"/v1/routing?phone={phone_of(7)}"), ("GET", f"/v1/cnam/{phone_of(7)}"),
                             ("HEAD", path), ("POST", path + "/refresh")):
            _, seen = self.one(service, 200, method, what)
            self.assertEqual((seen["subjects"], seen["outcome"], seen["method"]), (subject, "one", method), what)
        for method, what in (("DELETE", path), ("DELETE", f"/v1/cache?customer={answer.json['id']}")):
            _, seen = self.one(service, 200, method, what)
            self.assertEqual((seen["kind"], seen["subjects"]), ("act", subject), what)
        _, seen = self.one(service, 200, "GET", f"/v1/customers?phone={phone_of(5999)}")
        self.assertEqual(seen["outcome"], "none")
        self.assertNotIn("subjects", seen)
        self.assertEqual(list(seen["asked"]), ["phone"])
        text = json.dumps(service.lines())
        for value in (phone_of(7), phone_of(5999), answer.json["customer"]["name"], answer.json["id"]):
            self.assertNotIn(value, text)
        service.verify()
        before = b"0" * 64
        with open(glob.glob(os.path.join(service.record, "audit-*.jsonl"))[0], "rb") as f:
            for line in f:  # as docs/audit.md tells others to
                sealed, mac = line.rstrip(b"\n").removesuffix(b'"}').rsplit(b'","mac":"', 1)
                self.assertEqual(hmac.new(SEAL.encode(), sealed, "sha256").hexdigest().encode(), mac)
                self.assertTrue(sealed.endswith(before))
                before = mac

    def test_purpose_of_the_question_is_on_record(self):
        self.shop.write_file("sales.xml", '<mapping xmlns="urn:federator:mapping:1"><policy role="agent" purpose="sales">'
                                          '<show class="person"/></policy></mapping>')
        service = self.serve()
        for _ in range(3):  # the last is given again
            _, seen = self.one(service, 200, "GET", PHONE, X_Purpose="sales")
            self.assertEqual((seen["purpose"], seen["shown"]), ("sales", ["person"]))
        _, denied = self.one(service, 403, "GET", PHONE, X_Purpose="curiosity")
        self.assertEqual((denied["role"], denied["purpose"]), ("agent", "curiosity"))
        _, seen = self.one(service, 200, "GET", PHONE)
        self.assertEqual(seen["purpose"], "service")

    def test_why_masks_were_lifted_is_on_record(self):
        self.shop.write_file("lift.xml", '<mapping xmlns="urn:federator:mapping:1"><policy role="agent" purpose="service">'
                                         '<unmask class="phone" minutes="5"/></policy></mapping>')
        service = self.serve()
        for _ in range(3):  # a kept answer is there to be given, and is not
            _, plain = self.one(service, 200, "GET", PHONE)
            self.assertNotIn("reason", plain)
        wish = json.dumps({"classes": ["phone"], "reason": "reads it back to the caller"})
        answer, act = self.one(service, 200, "POST", "/v1/unmask", wish)
        self.assertEqual((act["kind"], act["unmask"], act["reason"]), ("act", "phone", "reads it back to the caller"))
        for _ in range(3):
            _, seen = self.one(service, 200, "GET", PHONE, X_Unmask=answer.json["grant"])
            self.assertEqual((seen["unmask"], seen["reason"]), ("phone", "reads it back to the caller"))
            self.assertIn("phone", seen["shown"])
        grant = answer.json["grant"]
        _, denied = self.one(service, 403, "GET", PHONE, X_Unmask=grant[:-2] + ("AA" if grant[-2:] != "AA" else "EE"))
        self.assertEqual((denied["rule"], "reason" in denied), ("unmask-refused", False))
        self.assertNotIn(grant, json.dumps(service.lines()))

    def test_a_flood_of_strangers_does_not_fill_the_disk(self):
        keys = os.path.join(self.directory, "keys.json")
        federator("keys", "add", "--keys", keys, "--client", "console", "--role", "agent")
        service = self.serve("--keys", keys)
        crowd = [socket.create_connection(("127.0.0.1", service.port), timeout=30 * SLOW) for _ in range(100)]
        for one in crowd:
            self.addCleanup(one.close)
        for one in crowd:  # all at once, whatever the disk takes for each
            one.sendall(f"GET {PHONE} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        for one in crowd:
            self.assertTrue(one.recv(4096).startswith(b"HTTP/1.1 401 "))
        sent = len(crowd)

        def all_are_told():
            nonlocal sent
            sent += 1
            self.assertEqual(service.ask("GET", PHONE).status, 401)
            return sum(1 + line.get("left_out", 0) for line in service.about()) == sent

        service.wait(all_are_told)
        self.assertLess(len(service.about()), sent)
        self.assertEqual({line["status"] for line in service.about()}, {401})

    def test_strangers_are_all_told_at_the_end(self):
        keys = os.path.join(self.directory, "keys.json")
        federator("keys", "add", "--keys", keys, "--client", "console", "--role", "agent")
        service = self.serve("--keys", keys)
        for _ in range(40):
            self.assertEqual(service.ask("GET", PHONE).status, 401)
        service.process.send_signal(signal.SIGTERM)
        service.process.wait()
        records = service.about()
        self.assertEqual(sum(1 + record.get("left_out", 0) for record in records), 40)
        self.assertEqual({(record["kind"], record["rule"], record["outcome"]) for record in records},
                         {("denial", "unauthenticated", "denied")})
        report = federator("audit", "report", service.record, "--month", records[0]["time"][:7], "--json").stdout
        self.assertEqual(json.loads(report)["denials"], [{"rule": "unauthenticated", "n": 40}])
        self.assertEqual(json.loads(report)["actors"][0]["denials"], 40)
        service.verify()

    def test_denials_and_acts_are_on_record_and_what_shows_nobody_is_not(self):
        service = self.serve()
        for status, rule, path, headers in ((404, "unknown-id", "/v1/customers/c.nonsense", {}),
                                            (403, "not-allowed", PHONE, {"X_Purpose": "curiosity"})):
            _, denied = self.one(service, status, "GET", path, **headers)
            self.assertEqual((denied["kind"], denied["outcome"], denied["rule"]), ("denial", "denied", rule))
        for status, method, path, body in (
                (202, "POST", "/v1/warm", json.dumps({"by": [{"phone": phone_of(7)}]})),
                (202, "POST", "/v1/agents/a1/pops", json.dumps({"by": {"phone": phone_of(7)}})),
                (200, "DELETE", "/v1/cache?all=true", None),
                (200, "POST", "/v1/cache/purge", json.dumps({"all": True}))):
            _, act = self.one(service, status, method, path, body)
            self.assertEqual((act["kind"], act["outcome"]), ("act", "done"), path)
        for status, method, body in ((200, "PUT", json.dumps({"by": {"phone": phone_of(7)}})), (204, "DELETE", None)):
            _, act = self.one(service, status, method, "/v1/contacts/call-17", body)
            self.assertEqual((act["kind"], act["method"], act["contact"]), ("act", method, "call-17"))
        for status, path in ((200, "/livez"), (200, "/readyz"), (200, "/v1/mappings"), (404, "/nowhere"),
                             (400, "/v1/customers?nonsense=1"), (405, "/v1/warm")):
            _, records = self.asked(service, status, "GET", path)
            self.assertEqual(records, [], path)

    def test_problem_documents_show_nobody(self):
        service = self.serve()
        known = service.ask("GET", PHONE).json["id"]
        subject = service.about()[-1]["subjects"][0]
        service.ask("DELETE", "/v1/cache?part=calls")
        shared = f"/v1/customers?view=pop&phone={phone_of(1)}"
        for status, outcome, asked, path, headers in (
                (504, "error", "member", PHONE, {"Cache_Control": "only-if-cached"}),
                (409, "many", "phone", shared, {"Prefer": "handling=strict"}),
                (404, "none", "phone", f"/v1/customers?phone={phone_of(5999)}", {"Prefer": "handling=strict"}),
                (403, "denied", "member", f"/v1/customers/{known}/export", {"X_Purpose": "curiosity"})):
            _, record = self.one(service, status, "GET", path, **headers)
            self.assertEqual((record["outcome"], list(record.get("asked", ()))), (outcome, [asked]), record)
            self.assertEqual({"subjects", "shown", "masked", "reason"} & set(record), set(), path)
            if asked == "member":
                self.assertEqual(record["asked"][asked], subject)
        _, record = self.one(service, 200, "GET", f"/v1/routing?phone={phone_of(1)}")
        self.assertEqual((record["outcome"], list(record["asked"]), "subjects" in record), ("many", ["phone"], False))

    def test_who_asks_is_on_record(self):
        keys = os.path.join(self.directory, "keys")
        key = federator("keys", "add", "--keys", keys, "--client", "console", "--role", "agent").stdout.strip()
        service = self.serve("--keys", keys)
        for _ in range(3):
            _, seen = self.one(service, 200, "GET", PHONE, Authorization=f"Bearer {key}", X_Agent="kim")
            self.assertEqual((seen["proof"], seen["client"], seen["agent"], seen["role"]), ("key", "console", "kim", "agent"))
            self.assertNotIn("agent_proven", seen)
        _, denied = self.one(service, 401, "GET", PHONE)
        self.assertEqual((denied["kind"], denied["rule"]), ("denial", "unauthenticated"))
        self.assertNotIn("client", denied)
        _, denied = self.one(service, 403, "DELETE", "/v1/cache?all=true", Authorization=f"Bearer {key}")
        self.assertEqual((denied["kind"], denied["rule"], denied["client"]), ("denial", "not-allowed", "console"))
        self.assertNotIn(key, json.dumps(service.lines()))

    def test_what_is_too_much_is_on_record(self):
        keys = os.path.join(self.directory, "keys")
        key = federator("keys", "add", "--keys", keys, "--client", "console", "--role", "agent").stdout.strip()
        service = self.serve("--keys", keys, "--agent-customers", "1")
        whose = {"Authorization": f"Bearer {key}", "X-Agent": "kim"}
        self.assertEqual(service.ask("GET", PHONE, headers=whose).status, 200)
        answer = service.ask("GET", f"/v1/customers?phone={phone_of(8)}", headers=whose)
        self.assertEqual(answer.status, 429, answer.body)
        denied = service.about()[-1]
        self.assertEqual((denied["kind"], denied["status"], denied["agent"]), ("denial", 429, "kim"))
        self.assertEqual(denied["rule"], "too-many-customers")

    def test_what_is_answered_again_is_on_record_each_time(self):
        service = self.serve()
        answers = [service.ask("GET", PHONE) for _ in range(20)]
        ids = [answer.headers["x-request-id"] for answer in answers]
        self.assertLess(len(set(ids)), len(ids))  # the answer of a moment ago was among them
        records = service.about()
        self.assertEqual([record["request_id"] for record in records], ids)
        self.assertEqual({json.dumps(record["subjects"]) for record in records},
                         {json.dumps(records[0]["subjects"])})
        self.assertTrue(all(record["address"] == "127.0.0.1" for record in records))

    def stream(self, service, path, headers=""):
        with socket.create_connection(("127.0.0.1", service.port), timeout=30 * SLOW) as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nConnection: close\r\n{headers}\r\n".encode())
            return b"".join(iter(lambda: s.recv(65536), b"")).decode()

    def test_streams_tell_of_a_customer_when_that_is_on_record(self):
        service = self.serve()
        known = service.ask("GET", PHONE).json["id"]
        before = len(service.lines())
        self.assertIn("event: done", self.stream(service, f"/v1/customers/{known}/stream", "X-Contact: call-17\r\n"))
        listen, view = service.lines()[before:]
        self.assertEqual((listen["kind"], listen["operation"]), ("listen", "/v1/customers/{id}/stream"))
        self.assertEqual((view["kind"], view["outcome"], view["contact"]), ("view", "one", "call-17"))
        self.assertEqual(view["subjects"], service.about()[0]["subjects"])
        self.assertIn("phone", view["masked"])
        self.assertIn("event: problem", self.stream(service, "/v1/customers/c.nonsense/stream"))
        self.assertEqual([line["kind"] for line in service.lines()[before + 2:]], ["listen", "denial"])

    def no_record(self, service, known):
        """Nothing is shown, and health does not mind."""
        for path in (PHONE, f"/v1/customers/{known}"):
            answer = service.ask("GET", path)
            self.assert_problem(answer, 503, "audit-unavailable")
            self.assertEqual(answer.headers["retry-after"], "1")
            self.assertNotIn(b"customer\"", answer.body)
        self.assertNotIn("event: view", self.stream(service, f"/v1/customers/{known}/stream"))
        self.assertEqual(service.ask("GET", "/livez").status, 200)
        self.assertIn(b"federator_audit_up 0", service.admin("/metrics").body)

    def recovers(self, service):
        service.wait(lambda: service.ask("GET", PHONE).status == 200)
        self.assertIn(b"federator_audit_up 1", service.admin("/metrics").body)
        service.wait(lambda: "audit_recovered" in service.log())
        service.verify()

    def test_full_disk_refuses_and_recovers(self):
        service = self.serve()
        known = service.ask("GET", PHONE).json["id"]
        pid, limits = service.process.pid, resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE)
        size = max(map(os.path.getsize, glob.glob(os.path.join(service.record, "audit-*"))))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + 10, limits[1]))
        self.no_record(service, known)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
        self.recovers(service)

    def test_directory_that_is_gone_refuses_and_recovers(self):
        service = self.serve()
        known = service.ask("GET", PHONE).json["id"]
        aside = service.record + ".aside"
        shutil.copytree(service.record, aside)
        shutil.rmtree(service.record)
        self.no_record(service, known)
        self.assertFalse(os.path.exists(service.record))
        os.rename(aside, service.record)
        self.recovers(service)

    def load(self, service, ending, name, got):
        """Ask on, and note what was answered with which id of ours."""
        connection, n = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30 * SLOW), 0
        paths = (PHONE, f"/v1/customers?phone={phone_of(8)}", "/v1/customers/c.nonsense",
                 f"/v1/routing?phone={phone_of(9)}")
        try:
            while not ending.is_set():
                n += 1
                request_id = f"{name}-{n}"
                connection.request("GET", paths[n % len(paths)], headers={"X-Request-Id": request_id})
                response = connection.getresponse()
                response.read()
                got.append((request_id, response.status))
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()

    def test_whoever_was_answered_is_on_record_whenever_the_service_is_killed(self):
        got = []
        for kill in range(KILLS):
            service = Recorded(self.shop, self.directory, "--audit-file-bytes", "64K")
            service.__enter__()
            service.wait_sources()
            ending, answers, before = threading.Event(), [[] for _ in range(CLIENTS)], len(got)
            threads = [threading.Thread(target=self.load, args=(service, ending, f"{kill}-{i}", mine))
                       for i, mine in enumerate(answers)]
            for thread in threads:
                thread.start()
            service.wait(lambda: sum(map(len, answers)) > 100 * (kill + 1))
            last = kill == KILLS - 1
            service.process.send_signal(signal.SIGTERM if last else signal.SIGKILL)
            service.process.wait()
            ending.set()
            for thread in threads:
                thread.join()
            got += [one for mine in answers for one in mine]
            self.assertGreater(len(got), before + 100)
            on_record = [(record["request_id"], record["status"]) for record in service.about()]
            self.assertEqual([one for one in got if one[1] in (200, 404) and one not in set(on_record)], [])
            self.assertEqual(len(set(on_record)), len(on_record))
            self.assertLessEqual(len(on_record), len(got) + (kill + 1) * CLIENTS)  # at most one more for each client
            whole = service.verify()
            self.assertIn("whole: ", whole.stdout)
        self.assertEqual(service.lines()[-1]["kind"], "stop")

    def test_month_and_customer_are_found(self):
        service = self.serve()
        for n in (7, 7, 8):
            service.ask("GET", f"/v1/customers?phone={phone_of(n)}")
        service.ask("GET", "/v1/customers/c.nonsense")
        month = service.lines()[0]["time"][:7]
        report = json.loads(federator("audit", "report", service.record, "--month", month, "--json").stdout)
        actor = report["actors"][0]
        self.assertEqual((report["records"], actor["views"], actor["customers"], actor["shown"], actor["denials"]),
                         (4, 3, 2, 3, 1))
        self.assertEqual(report["denials"], [{"rule": "unknown-id", "n": 1}])
        self.assertIn("unknown-id", federator("audit", "report", service.record, "--month", month).stdout)
        found = federator("audit", "find", service.record, "--subject-of", "member=7", "--salt-secret", "salt", "--secrets",
                          os.path.join(self.shop.map, "secrets")).stdout
        self.assertEqual([json.loads(line)["seq"] for line in found.splitlines()],
                         [record["seq"] for record in service.about()[:2]])
        with open(service.log_path, encoding="utf-8") as log:
            anchor = json.loads(next(line for line in log if "audit_anchor" in line))
        self.assertEqual(service.verify("--anchor", f"{anchor['seq']}:{anchor['mac']}").returncode, 0)
        wrong = service.verify("--anchor", f"{anchor['seq']}:{'0' * 64}", check=False)
        self.assertEqual((wrong.returncode, "as it was written down" in wrong.stdout), (1, True))

    def test_without_its_secrets_it_does_not_start(self):
        for options, word in ((("--audit-key-secret", "seal"), "--salt-secret"),
                              (("--salt-secret", "salt"), "--audit-key-secret")):
            done = federator("serve", "--map", self.shop.map, "--listen", "127.0.0.1:0", "--admin", "off", "--audit",
                             os.path.join(self.directory, "r"), *options, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn(word, done.stderr)


if __name__ == "__main__":
    unittest.main()
