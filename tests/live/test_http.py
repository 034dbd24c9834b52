#!/usr/bin/env python3
"""The service over HTTP: the same view by every way of asking, and every refusal with its own status."""
import glob
import json
import os
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as ET
from urllib.parse import parse_qsl, quote

from servers import ROOT
from shop import SHARED_PHONE, Shop, phone_of
from support import VIEW, LiveTest, Service, federator, states, without_times

PROBLEM = "{urn:ietf:rfc:7807}"


def as_json(element, like):
    """An XML element as the JSON value it stands for; `like` says whether it is an object, an array or a scalar."""
    if isinstance(like, dict):
        return {child.tag.split("}")[1]: as_json(child, like.get(child.tag.split("}")[1])) for child in element}
    if isinstance(like, list):
        return [as_json(child, item) for child, item in zip(element, like + [None] * len(element))]
    if element.get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true":
        return None
    text = element.text or ""
    return json.loads(text) if isinstance(like, (bool, int)) else text


class HttpTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop = Shop(os.path.join(cls.scratch, "shop"))
        cls.service = Service(cls.shop.map, "--cache", "off")
        cls.service.__enter__()
        cls.addClassCleanup(cls.service.__exit__, None, None, None)
        cls.service.wait_sources()

    def test_a_view_by_phone(self):
        answer = self.service.query({"phone": phone_of(8)})
        self.assertEqual(answer.status, 200, answer.body)
        view = answer.json
        self.assertEqual(view["match"]["outcome"], "one")
        self.assertEqual(view["match"]["by"], "phone")
        self.assertTrue(view["complete"])
        self.assertTrue(view["id"].startswith("c."))
        self.assertEqual(view["customer"]["name"], "한8별")
        self.assertEqual(view["customer"]["tier"], "VIP")
        self.assertEqual(view["customer"]["address"]["city"], "서울")
        self.assertEqual([p["title"] for p in view["customer"]["pages"]],
                         ["반품 안내 2 😀", "반품 안내 1 😀", "반품 안내 0 😀"])
        self.assertEqual(view["customer"]["pages"][0]["at"], "2026-11-21T00:02:08Z")
        self.assertEqual(view["customer"]["orders"][0]["at"], "2026-10-11T10:00:08+09:00")
        self.assertEqual(view["customer"]["orders"][0]["amount"], "80001")
        self.assertEqual(states(view), {"crm": "live", "calls": "live", "orders": "live", "pages": "live"})
        self.assertEqual(answer.headers["cache-control"], "private, no-store")

    def test_withheld_and_masked(self):
        view = self.service.query({"phone": phone_of(8)}).json
        self.assertNotIn("birth", view["customer"])
        self.assertIn("birth", view["withheld"])
        self.assertNotIn("2000", view["customer"]["phone"])

    def test_null_is_not_absent(self):
        view = self.service.query({"phone": phone_of(10)}).json
        self.assertIsNone(view["customer"]["address"]["city"])
        self.assertEqual(view["customer"]["pages"], [])

    def test_query_post_and_get_are_the_same(self):
        by_query = self.service.query({"phone": phone_of(7)})
        by_post = self.service.query({"phone": phone_of(7)}, method="POST", path="/v1/customers/lookup")
        by_get = self.service.get(phone=phone_of(7))
        for answer in (by_query, by_post, by_get):
            self.assertEqual(answer.status, 200, answer.body)
            self.assertEqual(without_times(answer.json), without_times(by_query.json))

    def test_every_key_leads_to_the_same_customer(self):
        wanted = self.service.query({"phone": phone_of(7)}).json["customer"]
        for by in ({"email": "USER7@example.com"}, {"member": "C00000007"}, {"member": "7"}, {"order": "A0000070"},
                   {"phone": "+82 10 2000 0007"}, {"phone": "01020000007"}, {"phone": phone_of(7), "order": "A0000070"}):
            with self.subTest(by=by):
                answer = self.service.query(by)
                self.assertEqual(answer.status, 200, answer.body)
                self.assertEqual(answer.json["match"]["outcome"], "one")
                self.assertEqual(answer.json["customer"], wanted)

    def test_none(self):
        view = self.service.query({"phone": "010-9999-9999"}).json
        self.assertEqual(view["match"]["outcome"], "none")
        self.assertNotIn("customer", view)

    def test_many_never_picks_one(self):
        view = self.service.query({"phone": SHARED_PHONE}).json
        self.assertEqual(view["match"]["outcome"], "many")
        self.assertNotIn("customer", view)
        self.assertEqual([candidate["rank"] for candidate in view["candidates"]], [1, 2])
        chosen = self.service.ask("GET", f"/v1/customers/{view['candidates'][0]['id']}?view=pop")
        self.assertEqual(chosen.status, 200, chosen.body)
        self.assertEqual(chosen.json["match"]["outcome"], "one")

    def test_two_keys_of_two_customers_are_many(self):
        view = self.service.query({"phone": phone_of(7), "email": "user8@example.com"}).json
        self.assertEqual(view["match"]["outcome"], "many")

    def test_by_id_and_timeline(self):
        view = self.service.query({"phone": phone_of(7)}, view="full").json
        again = self.service.ask("GET", f"/v1/customers/{view['id']}?view=full")
        self.assertEqual(again.status, 200, again.body)
        self.assertEqual(again.json["customer"], view["customer"])
        journey = view["customer"]["journey"]
        self.assertEqual(len(journey), 3 + 1 + 2)
        self.assertEqual([e["at"][:19] for e in journey if e["kind"] == "calls"],
                         [f"2026-11-1{k}T14:02:07" for k in (2, 1, 0)])
        line = self.service.ask("GET", f"/v1/customers/{view['id']}/timeline?kind=calls&limit=2")
        self.assertEqual(line.status, 200, line.body)
        self.assertIn("2026-11-12T14:02:07+09:00", line.body.decode())
        self.assertNotIn("2026-11-10T14:02:07+09:00", line.body.decode())
        self.assertNotIn("반품", line.body.decode())

    def test_fields_and_parts_narrow_the_view(self):
        ident = self.service.query({"phone": phone_of(7)}).json["id"]
        view = self.service.ask("GET", f"/v1/customers/{ident}?view=pop&fields=name,orders.no").json
        self.assertEqual(set(view["customer"]), {"name", "orders"})
        self.assertEqual(set(view["customer"]["orders"][0]), {"no"})

    def test_provenance(self):
        ident = self.service.query({"phone": phone_of(7)}).json["id"]
        view = self.service.ask("GET", f"/v1/customers/{ident}?view=pop&provenance=full").json
        tier = view["provenance"]["/customer/tier"]
        self.assertEqual((tier["part"], tier["source"], tier["column"]), ("crm", "callcenter", "grade"))
        self.assertIn("view.xml:", tier["mapping"])

    def test_explain_tells_how_the_view_came_about(self):
        view = self.service.query({"phone": phone_of(7)}).json
        answer = self.service.ask("GET", f"/v1/customers/{view['id']}/explain?view=pop")
        self.assertEqual(answer.status, 200, answer.body)
        told = answer.json
        self.assertEqual((told["view"], told["role"], told["revision"]), ("pop", "agent", view["revision"]))
        self.assertEqual([step["name"] for step in told["steps"]][-1], "render")
        parts = {part["part"]: part for part in told["plan"][-1]["parts"]}
        self.assertEqual(set(parts) - set(view["parts"]), set())
        self.assertIn(":member...", parts["crm"]["sql"])
        self.assertTrue(any(part["critical"] for part in parts.values()))
        tier = next(field for field in told["fields"] if field["path"] == "tier")
        self.assertEqual((tier["value"], tier["winner"]["column"]), (view["customer"]["tier"], "grade"))
        for value in (phone_of(7), phone_of(7).replace("-", ""), "user7@example.com"):
            self.assertNotIn(value, answer.body.decode())

    def test_explain_of_one_field_as_xml(self):
        ident = self.service.query({"phone": phone_of(7)}).json["id"]
        answer = self.service.ask("GET", f"/v1/customers/{ident}/explain?view=pop&field=tier",
                                  headers={"Accept": "application/xml"})
        self.assertEqual(answer.status, 200, answer.body)
        ns = "{urn:federator:explain:1}"
        self.assertEqual(answer.xml.tag, ns + "explain")
        self.assertEqual([path.text for path in answer.xml.findall(f"{ns}fields/{ns}field/{ns}path")], ["tier"])

    def test_explain_refuses_like_the_view(self):
        ident = self.service.query({"phone": phone_of(7)}).json["id"]
        unknown = self.service.ask("GET", f"/v1/customers/{ident}/explain?view=pop&field=teir")
        self.assert_problem(unknown, 400)
        self.assertIn("tier", unknown.json["suggestion"])
        self.assert_problem(self.service.ask("GET", "/v1/customers/c.nonsense/explain"), 404)
        self.assert_problem(self.service.ask("GET", f"/v1/customers/{ident}?field=tier"), 400)

    def test_explain_at_the_terminal(self):
        question = ("explain", "--map", self.shop.map, "--by", f"phone={phone_of(7)}", "--view", "pop")
        text = federator(*question).stdout
        self.assertIn("phone -> member", text)
        self.assertIn("member -> pop", text)
        self.assertIn(":member...", text)
        self.assertRegex(text, r"\n  tier = \w+ - known\n      won  crm\.grade \(callcenter\)")
        self.assertNotIn(phone_of(7), text)
        document = json.loads(federator(*question, "--field", "tier", "--json").stdout)
        self.assertEqual([field["path"] for field in document["fields"]], ["tier"])
        refused = federator(*question, "--field", "teir", check=False)
        self.assertEqual((refused.returncode, refused.stdout), (2, ""))
        self.assertIn("did you mean `tier`?", refused.stderr)

    def test_missing_secret_is_told_with_its_cure(self):
        mapping = os.path.join(self.fresh(), "mapping")
        shutil.copytree(self.shop.map, mapping)
        path = os.path.join(mapping, "secrets", "callcenter")
        os.remove(path)
        done = federator("get", "--map", mapping, "--by", "phone=" + phone_of(7), "--view", "pop", check=False)
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stdout, "")
        told = [line for line in done.stderr.splitlines() if line.startswith("federator: ")]
        self.assertIn("part `crm`: refused; its source cannot be opened", told[0])
        self.assertEqual(told[1:], [f"federator: source `callcenter`: secret:callcenter: there is no file {path}: "
                                    "write the secret into it; chmod 600 it"])
        with Service(mapping, directory=self.scratch) as service:
            answer = service.query({"phone": phone_of(7)})
            self.assert_problem(answer, 503, "crm", "asking again will not help")
            self.assertNotIn(path, answer.body.decode())
            self.assertNotIn("retry-after", answer.headers)

    def test_xml_carries_the_same_values(self):
        for customer in (7, 10, 12):
            by = {"phone": phone_of(customer)}
            in_json = self.service.query(by, view="full").json
            answer = self.service.query(by, view="full", accept="application/xml")
            self.assertEqual(answer.status, 200, answer.body)
            self.assertEqual(answer.headers["content-type"].split(";")[0], "application/xml")
            root = ET.fromstring(answer.body)
            self.assertEqual(root.tag, VIEW + "view")
            for member in ("customer", "match", "withheld", "complete", "revision"):
                self.assertEqual(as_json(root.find(VIEW + member), in_json[member]), in_json[member])

    def test_the_question_may_be_xml(self):
        body = (f'<ask xmlns="urn:federator:ask:1"><by key="phone">{phone_of(7)}</by><view>pop</view></ask>')
        answer = self.service.ask("QUERY", "/v1/customers", body, {"Content-Type": "application/xml"})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(without_times(answer.json), without_times(self.service.query({"phone": phone_of(7)}).json))
        bomb = '<!DOCTYPE ask [<!ENTITY a "aa">]>' + body
        self.assert_problem(self.service.ask("QUERY", "/v1/customers", bomb, {"Content-Type": "application/xml"}), 400)

    def test_other_bodies_are_refused(self):
        answer = self.service.ask("QUERY", "/v1/customers", "phone=1", {"Content-Type": "text/plain"})
        self.assert_problem(answer, 415)

    def test_unknown_parameter_has_a_suggestion(self):
        answer = self.service.get(phone=phone_of(7), vieww="pop")
        self.assert_problem(answer, 400, "vieww", "view")
        self.assert_problem(self.service.query({"phone": phone_of(7)}, viw="x"), 400, "viw")
        self.assert_problem(self.service.query({"phon": phone_of(7)}), 400, "phon", "phone")
        self.assert_problem(self.service.query({"phone": phone_of(7)}, view="popp"), 400, "popp", "pop")

    def test_bad_bodies(self):
        headers = {"Content-Type": "application/json"}
        for body in ("", "{", "[]", '{"by":{}}', '{"by":{"phone":true}}', '{"by":{"phone":"010-2000-0007"}} x'):
            with self.subTest(body=body):
                self.assert_problem(self.service.ask("QUERY", "/v1/customers", body, headers), 400)

    def test_unprocessable_key(self):
        self.assert_problem(self.service.query({"phone": "not a number"}), 422, "phone")

    def test_blocked_key(self):
        view = self.service.query({"phone": "010-0000-0123"}).json
        self.assertEqual(view["match"]["outcome"], "blocked")
        wanted = self.service.query({"member": "7"}).json["customer"]
        view = self.service.query({"phone": "010-0000-0123", "member": "7"}).json
        self.assertEqual((view["match"]["outcome"], view["match"]["blocked"], view["customer"]), ("one", "phone", wanted))
        routed = self.service.ask("GET", "/v1/routing?phone=010-0000-0123&email=user7@example.com").json
        self.assertEqual(routed["outcome"], "one")

    def test_unknown_paths_and_ids(self):
        self.assert_problem(self.service.ask("GET", "/v1/nothing"), 404)
        self.assert_problem(self.service.ask("GET", "/v1/customers/c.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), 404)

    def test_wrong_method(self):
        answer = self.service.ask("DELETE", "/v1/customers")
        self.assert_problem(answer, 405)
        allowed = {method.strip() for method in answer.headers["allow"].split(",")}
        self.assertLessEqual({"GET", "QUERY"}, allowed)

    def test_not_acceptable(self):
        answer = self.service.get(phone=phone_of(7), accept="image/png")
        self.assertEqual(answer.status, 406, answer.body)

    def test_too_large(self):
        body = json.dumps({"by": {"phone": "0" * 70000}})
        answer = self.service.ask("QUERY", "/v1/customers", body, {"Content-Type": "application/json"})
        self.assert_problem(answer, 413)

    def test_problem_as_xml(self):
        answer = self.service.get(phone=phone_of(7), vieww="pop", accept="application/xml")
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.headers["content-type"].split(";")[0], "application/problem+xml")
        root = ET.fromstring(answer.body)
        self.assertEqual(root.tag, PROBLEM + "problem")
        self.assertEqual(root.find(PROBLEM + "status").text, "400")

    def test_strict_handling(self):
        strict = {"Content-Type": "application/json", "Prefer": "handling=strict"}
        none = self.service.ask("QUERY", "/v1/customers", json.dumps({"by": {"phone": "010-9999-9999"}}), strict)
        self.assert_problem(none, 404)
        many = self.service.ask("QUERY", "/v1/customers", json.dumps({"by": {"phone": SHARED_PHONE}}), strict)
        self.assert_problem(many, 409)

    def test_health(self):
        for path in ("/livez", "/readyz"):
            self.assertEqual(self.service.admin(path).status, 200, path)
            self.assertEqual(self.service.ask("GET", path).status, 200, path)
        verbose = self.service.admin("/readyz?verbose").json
        self.assertEqual([source["name"] for source in verbose["sources"]], ["callcenter", "warehouse", "web"])
        self.assertEqual(verbose["cache"]["kind"], "off")

    def test_mappings_are_listed(self):
        answer = self.service.ask("GET", "/v1/mappings")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn("view.xml", answer.body.decode())
        revision = self.service.query({"phone": phone_of(7)}).json["revision"]
        self.assertEqual(answer.json["revision"], revision)
        text = self.service.ask("GET", f"/v1/mappings/{revision}/view.xml")
        with open(os.path.join(self.shop.map, "view.xml"), "rb") as f:
            self.assertEqual(text.body, f.read())
        self.assert_problem(self.service.ask("GET", f"/v1/mappings/{revision}/passwd"), 404)

    def test_served_schema_validates_the_mappings(self):
        answer = self.service.ask("GET", "/schema/mapping-1.xsd")
        self.assertEqual(answer.status, 200)
        path = os.path.join(self.fresh(), "mapping-1.xsd")
        with open(path, "wb") as f:
            f.write(answer.body)
        examples = glob.glob(os.path.join(ROOT, "examples", "**", "*.xml"), recursive=True)
        files = glob.glob(os.path.join(self.shop.map, "*.xml")) + examples
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", path, *files], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def routing(self, query, **headers):
        answer = self.service.ask("GET", "/v1/routing?" + query, headers=headers)
        self.assertEqual(answer.status, 200, answer.body)
        return answer

    def test_routing_has_four_shapes(self):
        wanted = {"outcome": "one", "Tier": "VIP", "City": "서울", "Phone": "010-****-0008", "Birth": "withheld"}
        query = "phone=" + phone_of(8)
        self.assertEqual(self.routing(query).json, wanted)
        readers = {"application/json": json.loads,
                   "application/x-www-form-urlencoded": lambda body: dict(parse_qsl(body.decode(), strict_parsing=True)),
                   "text/plain": lambda body: dict(line.split("=", 1) for line in body.decode().splitlines()),
                   "application/xml": lambda body: {child.tag: child.text for child in ET.fromstring(body)}}
        for (accept, read), name in zip(readers.items(), ("json", "form", "text", "xml")):
            for answer in (self.routing(query, Accept=accept), self.routing(query + "&format=" + name)):
                self.assertEqual(answer.headers["content-type"].split(";")[0], accept)
                self.assertEqual(list(read(answer.body).items()), list(wanted.items()))
                self.assertNotIn("server-timing", answer.headers)
        both = self.routing(query + "&format=text", Accept="application/json")
        self.assertEqual(both.headers["content-type"], "text/plain; charset=utf-8")

    def test_routing_by_query_is_the_same(self):
        body = json.dumps({"by": {"phone": phone_of(8)}, "view": "routing", "format": "form"})
        answer = self.service.ask("QUERY", "/v1/routing", body, {"Content-Type": "application/json"})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.body, self.routing("format=form&phone=" + phone_of(8)).body)
        body = (f'<ask xmlns="urn:federator:ask:1"><by key="phone">{phone_of(8)}</by><format>form</format></ask>')
        again = self.service.ask("QUERY", "/v1/routing", body, {"Content-Type": "application/xml"})
        self.assertEqual(again.body, answer.body)

    def test_routing_answers_whatever_the_number_is(self):
        defaults = {"Tier": "BASE", "City": "?", "Phone": "", "Birth": "withheld"}
        for number, about in (("010-9999-9999", {"outcome": "none"}),
                              (SHARED_PHONE, {"outcome": "many", "candidates": "2"}),
                              ("010-0000-0123", {"outcome": "blocked"}),
                              ("anonymous", {"outcome": "default", "reason": "malformed_key"}),
                              ("", {"outcome": "default", "reason": "malformed_key"}),
                              ("%ff%0d%zz", {"outcome": "default", "reason": "malformed_key"})):
            with self.subTest(number=number):
                self.assertEqual(self.routing("phone=" + number).json, {**about, **defaults})

    def test_routing_refuses_mistakes_of_the_configuration(self):
        for query, words in (("phone=1&vieww=x", ("vieww", "view")), ("phone=1&view=pop", ("pop", "routing")),
                             ("phone=1&view=rooting", ("rooting", "routing")), ("phon=1", ("phon", "phone")),
                             ("order=1", ("order",)), ("phone=1&format=yaml", ("format",)), ("phone=1&budget=x", ("budget",)),
                             ("", ("key",)), ("phone=1&fields=name", ("fields",))):
            with self.subTest(query=query):
                self.assert_problem(self.service.ask("GET", "/v1/routing?" + query), 400, *words)
        self.assertEqual(self.service.ask("GET", "/v1/routing?phone=1", headers={"Accept": "image/png"}).status, 406)
        stranger = {"X-Purpose": "curiosity"}
        self.assert_problem(self.service.ask("GET", "/v1/routing?phone=1", headers=stranger), 403)
        self.assert_problem(self.service.ask("GET", "/v1/cnam/1", headers=stranger), 403)

    def test_caller_name(self):
        for number, name in ((phone_of(8), "한8별 서울"), (quote("+82 10-2000-0008"), "한8별 서울"), (phone_of(10), "한10별"),
                             ("010-9999-9999", ""), (SHARED_PHONE, ""), ("anonymous", ""), ("", "")):
            with self.subTest(number=number):
                answer = self.service.ask("GET", "/v1/cnam/" + number, headers={"Accept": "image/png"})
                self.assertEqual((answer.status, answer.body.decode()), (200, name))
                self.assertEqual(answer.headers["content-type"], "text/plain; charset=utf-8")
        self.assert_problem(self.service.ask("GET", "/v1/cnam/1?view=pop"), 400, "view")
        self.assertEqual(self.service.ask("GET", f"/v1/cnam/{phone_of(8)}?budget=400ms").body.decode(), "한8별 서울")

    def test_flat_answers_take_head(self):
        for path in ("/v1/cnam/" + phone_of(8), "/v1/routing?phone=" + phone_of(8)):
            answer = self.service.ask("HEAD", path)
            self.assertEqual((answer.status, answer.body), (200, b""))
            self.assertEqual(int(answer.headers["content-length"]), len(self.service.ask("GET", path).body))

    def test_what_has_not_changed_is_not_sent_again(self):
        path = "/v1/customers?view=pop&phone=" + phone_of(8)
        first = self.service.ask("GET", path)
        tag = first.headers["etag"]
        self.assertRegex(tag, r'^W/"[A-Za-z0-9_-]{22}"$')
        self.assertNotEqual(self.service.ask("GET", path).body, first.body)  # ids and timings differ
        for value in (tag, tag[2:], f'"x", {tag}', "*"):
            again = self.service.ask("GET", path, headers={"If-None-Match": value})
            self.assertEqual((again.status, again.body), (304, b""), value)
            for name in ("etag", "cache-control"):
                self.assertEqual(again.headers[name], first.headers[name])
            self.assertIn("date", again.headers)
            self.assertNotIn("content-type", again.headers)
            self.assertGreater(int(again.headers["content-length"]), 1000)  # of the body there would be, up to its timings
        self.assertEqual(self.service.ask("HEAD", path, headers={"If-None-Match": tag}).status, 304)
        other = self.service.ask("GET", path, headers={"If-None-Match": tag, "Accept": "application/xml"})
        self.assertEqual(other.status, 200)
        self.assertEqual(self.service.ask("GET", path.replace("8", "9"), headers={"If-None-Match": tag}).status, 200)
        body, headers = json.dumps({"by": {"phone": phone_of(8)}, "view": "pop"}), {"Content-Type": "application/json"}
        self.assertEqual(self.service.ask("QUERY", "/v1/customers", body, {**headers, "If-None-Match": tag}).status, 304)
        self.assertEqual(self.service.ask("POST", "/v1/customers/lookup", body, {**headers, "If-None-Match": "*"}).status, 200)

    def test_problems_are_sent_whatever_is_known(self):
        answer = self.service.ask("GET", "/v1/customers?vieww=pop", headers={"If-None-Match": "*"})
        self.assertEqual(answer.status, 400)
        self.assertNotIn("etag", answer.headers)

    def test_customer_values_are_not_logged(self):
        self.service.get(phone=phone_of(7))
        self.routing("phone=" + phone_of(7))
        self.service.ask("GET", "/v1/cnam/" + phone_of(7))
        log = self.service.log()
        for secret in ("2000-0007", "20000007", "user7@", "한7별"):
            self.assertNotIn(secret, log)


if __name__ == "__main__":
    unittest.main()
