#!/usr/bin/env python3
"""Break-glass over HTTP: a grant shows what it names, to whom it was given, and is refused everywhere else."""
import json
import os
import unittest

from shop import Shop, phone_of
from support import LiveTest, federator
from wall import Wall, needs_wall

POLICY = """<mapping xmlns="urn:federator:mapping:1">
  <class name="odd"/>
  <policy role="agent" purpose="service sales"><show class="open person"/><mask class="phone"/></policy>
  <policy role="agent" purpose="service"><unmask class="phone private" minutes="10"/><unmask class="odd" minutes="5"/></policy>
</mapping>
"""
JSON = {"Content-Type": "application/json"}
PHONE = phone_of(7)


class UnmaskTest(LiveTest):
    def setUp(self):
        directory = self.fresh()
        self.shop = Shop(os.path.join(directory, "shop"))
        self.shop.edit("keys.xml", *policies_of(os.path.join(self.shop.map, "keys.xml")))
        self.shop.write_file("rights.xml", POLICY)
        self.wall = Wall(directory)
        with self.wall.for_services():
            self.service = self.start(self.shop.map, "--cache", "memory")
        self.service.wait_sources()

    def wish(self, purpose=None, **body):
        headers = {**JSON, **({"X-Purpose": purpose} if purpose else {})}
        body = {name: value for name, value in {"classes": ["phone"], "reason": "본인 확인", **body}.items() if value is not None}
        return self.service.ask("POST", "/v1/unmask", json.dumps(body), headers)

    def grant(self, *classes, **more):
        answer = self.wish(classes=list(classes), **more)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json["grant"]

    def view(self, grant=None, path="/v1/customers", method="QUERY", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if grant:
            headers["X-Unmask"] = grant
        body = json.dumps({"by": {"phone": PHONE}}) if method != "GET" else None
        return self.service.ask(method, path, body, {**(JSON if body else {}), **headers})

    def test_grant_shows_what_it_names(self):
        plain = self.view().json
        self.assertEqual(plain["customer"]["phone"], "010-****-0007")
        self.assertIn("birth", plain["withheld"])
        answer = self.wish(classes=["phone", "private"])
        self.assertEqual((answer.json["classes"], answer.json["minutes"]), (["phone", "private"], 10))
        shown = self.view(answer.json["grant"]).json
        self.assertEqual(shown["customer"]["phone"].replace("-", ""), PHONE.replace("-", ""))
        self.assertEqual(shown["customer"]["name"], plain["customer"]["name"])
        self.assertIn("birth", shown["customer"])
        self.assertNotIn("birth", shown.get("withheld", []))
        for path in (f"/v1/customers/{plain['id']}", f"/v1/customers/{plain['id']}/timeline?view=full",
                     f"/v1/customers/{plain['id']}/explain"):
            self.assertEqual(self.view(answer.json["grant"], path, "GET").status, 200, path)
        refreshed = self.service.ask("POST", f"/v1/customers/{plain['id']}/refresh", None, {"X-Unmask": answer.json["grant"]})
        self.assertEqual(refreshed.json["customer"]["phone"], shown["customer"]["phone"])
        for _ in range(4):
            self.assertEqual(self.view().json["customer"], plain["customer"])

    def test_policy_says_what_and_how_long(self):
        self.assertEqual(self.wish(classes=["odd", "phone"]).json["minutes"], 5)
        self.assertEqual(self.wish(minutes=3).json["minutes"], 3)
        self.assert_problem(self.wish(minutes=11), 403, "unmask-refused", "10 minutes")
        self.assert_problem(self.wish(classes=["odd"], minutes=6), 403, "unmask-refused", "5 minutes")
        self.assert_problem(self.wish(classes=["open"]), 403, "unmask-refused")
        self.assert_problem(self.wish(classes=["phone", "nowhere"]), 403, "unmask-refused")
        self.assert_problem(self.wish("sales"), 403, "unmask-refused")
        self.assert_problem(self.wish("theft"), 403, "not-allowed")

    def test_bodies_that_are_none(self):
        for wrong in ({"classes": None}, {"classes": []}, {"classes": "phone"}, {"classes": [1]}, {"classes": ["a b"]},
                      {"classes": ["x" * 64] * 33}, {"reason": None}, {"reason": ""}, {"reason": "   "}, {"reason": 5},
                      {"reason": "a\nb"}, {"reason": "x" * 601}, {"minutes": 0}, {"minutes": 481}, {"minutes": "5"},
                      {"minutes": 1.5}, {"minutes": -1}, {"contact": ""}, {"contact": "a b"}, {"contact": 7}, {"role": "boss"}):
            self.assert_problem(self.wish(**wrong), 400)
        self.assert_problem(self.wish(reasons="x"), 400, "did you mean `reason`?")
        for body in ("", "[]", "{", '{"reason":"x","reason":"y"}'):
            self.assert_problem(self.service.ask("POST", "/v1/unmask", body, JSON), 400)
        self.assert_problem(self.service.ask("POST", "/v1/unmask", "reason=x", {"Content-Type": "text/plain"}), 415)
        self.assertNotIn("본인", self.service.log())

    def test_grant_is_for_its_question_only(self):
        grant, id_ = self.grant("phone"), self.view().json["id"]
        self.assert_problem(self.view(grant, X_Purpose="sales"), 403, "unmask-refused")
        for wrong in (grant[:-1], grant[:-1] + ("A" if grant[-1] != "A" else "B"), "u." + id_[2:], id_, "", "u."):
            self.assert_problem(self.view(None, X_Unmask=wrong), 403, "unmask-refused")
        bound = self.grant("phone", contact="call-1")
        self.assert_problem(self.view(bound), 403, "unmask-refused")
        self.assert_problem(self.view(bound, X_Contact="call-2"), 403, "unmask-refused")
        self.assertEqual(self.view(bound, X_Contact="call-1").status, 200)

    def test_other_paths_do_not_take_it(self):
        grant, id_ = self.grant("phone"), self.view().json["id"]
        unmask = {"X-Unmask": grant}
        for method, path, body in (("GET", f"/v1/customers/{id_}/stream", None),
                                   ("GET", f"/v1/routing?phone={PHONE}", None),
                                   ("GET", f"/v1/cnam/{PHONE}", None),
                                   ("POST", "/v1/warm", json.dumps({"by": [{"phone": PHONE}]})),
                                   ("POST", "/v1/agents/a/pops", json.dumps({"by": {"phone": PHONE}})),
                                   ("GET", "/v1/agents/a/pops", None),
                                   ("POST", "/v1/unmask", json.dumps({"classes": ["phone"], "reason": "x"}))):
            self.assert_problem(self.service.ask(method, path, body, {**(JSON if body else {}), **unmask}), 400, "X-Unmask")

    def test_reload_takes_it_back(self):
        grant = self.grant("phone")
        self.assertEqual(self.view(grant).status, 200)
        self.shop.edit("rights.xml", 'class="phone private"', 'class="private"')
        self.assertEqual(self.service.ask("POST", "/admin/reload", port=self.service.admin_port).status, 200)
        self.assert_problem(self.view(grant), 403, "unmask-refused")

    @needs_wall
    def test_minutes_are_those_of_the_policy_of_now(self):
        grant, odd = self.grant("phone"), self.grant("odd")
        self.wall.jump(4 * 60)
        self.assertEqual(self.view(grant).status, 200)
        self.shop.edit("rights.xml", 'private" minutes="10"', 'private" minutes="3"')
        self.assertEqual(self.service.ask("POST", "/admin/reload", port=self.service.admin_port).status, 200)
        self.assert_problem(self.view(grant), 403, "unmask-refused")
        self.assertEqual(self.view(odd).status, 200)
        self.assertEqual(self.view(self.grant("phone")).status, 200)
        self.wall.jump(6 * 60)
        self.assert_problem(self.view(odd), 403, "unmask-refused")


class WhoTest(LiveTest):
    """With keys: grants and contacts are a person's."""

    def setUp(self):
        self.shop = Shop(os.path.join(self.fresh(), "shop"))
        self.shop.edit("keys.xml", *policies_of(os.path.join(self.shop.map, "keys.xml")))
        self.shop.write_file("rights.xml", POLICY)
        self.keys = os.path.join(self.shop.directory, "keys.json")
        self.desk, self.other, self.plain, self.pbx = (
            federator("keys", "add", "--keys", self.keys, "--client", client, "--role", "agent", "--scopes",
                      scopes).stdout.strip()
            for client, scopes in (("desk", "view,unmask"), ("other", "view,unmask"), ("plain", "view"), ("pbx", "contacts")))

    def serve(self, *options):
        self.service = self.start(self.shop.map, "--cache", "memory", "--keys", self.keys, *options)
        self.service.wait_sources()

    def ask(self, method, path, body, key, agent=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if agent:
            headers["X-Agent"] = agent
        return self.service.ask(method, path, body and json.dumps(body), {"Authorization": f"Bearer {key}", **JSON, **headers})

    def wish(self, key, agent):
        return self.ask("POST", "/v1/unmask", {"classes": ["phone"], "reason": "why"}, key, agent)

    def view(self, key, agent, **headers):
        return self.ask("QUERY", "/v1/customers", {"by": {"phone": PHONE}}, key, agent, **headers)

    def test_grant_is_of_one_person_at_one_client(self):
        self.serve()
        self.assert_problem(self.wish(self.plain, "kim"), 403, "not-allowed", "unmask")
        self.assert_problem(self.wish(self.desk, None), 403, "no-agent")
        grant = self.wish(self.desk, "kim").json["grant"]
        seen = self.view(self.desk, "kim", X_Unmask=grant)
        self.assertNotIn("*", seen.json["customer"]["phone"])
        for key, agent in ((self.desk, "lee"), (self.desk, None), (self.other, "kim"), (self.plain, "kim")):
            self.assert_problem(self.view(key, agent, X_Unmask=grant), 403, "unmask-refused")
        federator("keys", "revoke", self.desk.split(".")[0], "--keys", self.keys)
        self.service.wait(lambda: self.view(self.desk, "kim", X_Unmask=grant).status == 401)

    def test_contact_is_of_its_agent(self):
        self.serve("--contact", "required")
        contact = {"by": {"phone": PHONE}}
        self.assert_problem(self.ask("PUT", "/v1/contacts/c1", contact, self.desk, "kim"), 403, "not-allowed", "contacts")
        self.assertEqual(self.ask("PUT", "/v1/contacts/c1", {**contact, "agent": "kim"}, self.pbx).status, 200)
        self.assertEqual(self.view(self.desk, "kim", X_Contact="c1").status, 200)
        for agent in ("lee", None):
            self.assert_problem(self.view(self.desk, agent, X_Contact="c1"), 403, "no-contact")
        self.assertEqual(self.ask("PUT", "/v1/contacts/c1", {**contact, "agent": "lee"}, self.pbx).status, 200)
        self.assert_problem(self.view(self.desk, "kim", X_Contact="c1"), 403, "no-contact")
        self.assertEqual(self.view(self.desk, "lee", X_Contact="c1").status, 200)


class DiffTest(LiveTest):
    def mapping(self, *policies):
        shop = Shop(os.path.join(self.fresh(), "shop"))
        shop.edit("keys.xml", *policies_of(os.path.join(shop.map, "keys.xml")))
        shop.write_file("rights.xml", f'<mapping xmlns="urn:federator:mapping:1">{"".join(policies)}</mapping>')
        return shop.map

    def test_what_is_shown_more_is_told(self):
        less = self.mapping('<policy role="agent" purpose="service"><show class="open"/><mask class="phone"/></policy>')
        more = self.mapping('<policy role="agent" purpose="service"><show class="open phone"/></policy>')
        done = federator("diff", less, more, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("M0704", done.stdout)
        self.assertEqual(json.loads(federator("diff", "--format", "json", less, more, check=False).stdout)[0]["code"], "M0704")
        for old, new in ((more, less), (less, less)):
            done = federator("diff", old, new)
            self.assertEqual(done.stdout, "")

    def test_what_cannot_be_compared(self):
        good, bad = self.mapping(), self.mapping("<nothing/>")
        self.assertEqual(federator("diff", good, check=False).returncode, 2)
        self.assertEqual(federator("diff", "--format", "odd", good, good, check=False).returncode, 2)
        for pair in ((good, bad), (bad, good)):
            done = federator("diff", *pair, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"federator check {bad}", done.stderr)


def policies_of(path):
    """The policies of a mapping file, and nothing, to replace them by."""
    with open(path) as f:
        text = f.read()
    begin, end = text.index("<policy"), text.rindex("</policy>") + len("</policy>")
    return text[begin:end], ""


if __name__ == "__main__":
    unittest.main()
