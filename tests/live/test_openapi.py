#!/usr/bin/env python3
"""What /openapi.json tells is what is answered: it is an OpenAPI document, each operation has an example here whose answer
is as told, and it names the parameters, scopes and problems that there are."""
import copy
import http.client
import json
import os
import unittest
from urllib.parse import quote

import jsonschema

from schemas import fault
from servers import ROOT
from shop import phone_of
from support import SLOW, LiveTest, federator
from webshop import WebShop, ago

JSON = {"Content-Type": "application/json"}
WEB = {"X-Purpose": "web"}
BY = {"phone": phone_of(7)}
ALWAYS = {"connection", "content-length", "content-type", "date", "x-content-type-options"}
STREAM = "text/event-stream"
# What they are asked with beside their path they do not look at.
CARELESS = {("get", "/livez"), ("get", "/readyz"), ("get", "/metrics"), ("post", "/admin/reload")}

UNMASKING = """<mapping xmlns="urn:federator:mapping:1">
  <policy role="agent" purpose="service"><unmask class="phone" minutes="10"/></policy>
</mapping>
"""


def body(**members):
    return json.dumps(members), JSON


# (method, path) -> its request: path, body, header fields. {names} in a path are filled in.
EXAMPLES = {
    ("x-query", "/v1/customers"): ("/v1/customers", *body(by=BY, view="full", fields=["name", "tier"])),
    ("post", "/v1/customers/lookup"): ("/v1/customers/lookup", *body(by=BY, view="pop", budget=2000)),
    ("get", "/v1/customers"): (f"/v1/customers?view=pop&phone={BY['phone']}&provenance=full",),
    ("get", "/v1/customers/{id}"): ("/v1/customers/{id}?view=full",),
    ("get", "/v1/customers/{id}/timeline"): ("/v1/customers/{id}/timeline?limit=1",),
    ("get", "/v1/customers/{id}/explain"): ("/v1/customers/{id}/explain?view=pop",),
    ("get", "/v1/customers/{id}/export"): ("/v1/customers/{id}/export",),
    ("get", "/v1/customers/{id}/stream"): ("/v1/customers/{id}/stream",),
    ("post", "/v1/customers/{id}/refresh"): ("/v1/customers/{id}/refresh",),
    ("delete", "/v1/customers/{id}"): ("/v1/customers/{id}",),
    ("post", "/v1/unmask"): ("/v1/unmask", *body(classes=["phone"], reason="calls back")),
    ("put", "/v1/contacts/{id}"): ("/v1/contacts/call-1", *body(by=BY, agent="kim", minutes=5)),
    ("delete", "/v1/contacts/{id}"): ("/v1/contacts/call-1",),
    ("get", "/v1/agents/{agent}/pops"): ("/v1/agents/kim/pops",),
    ("post", "/v1/agents/{agent}/pops"): ("/v1/agents/kim/pops", *body(by=BY)),
    ("post", "/v1/warm"): ("/v1/warm", *body(by=[BY], view="pop")),
    ("x-query", "/v1/routing"): ("/v1/routing", *body(by=BY, format="json")),
    ("get", "/v1/routing"): (f"/v1/routing?phone={BY['phone']}",),
    ("get", "/v1/cnam/{number}"): (f"/v1/cnam/{BY['phone']}?budget=500ms",),
    ("get", "/v1/cnam/"): ("/v1/cnam/",),
    ("get", "/v1/web/sessions"): ("/v1/web/sessions?limit=1", None, WEB),
    ("get", "/v1/web/sessions/{id}"): ("/v1/web/sessions/a000000000000001", None, WEB),
    ("get", "/v1/web/searches"): ("/v1/web/searches", None, WEB),
    ("get", "/v1/web/live"): ("/v1/web/live", None, WEB),
    ("get", "/v1/web/visitors/{visitor}/stitch"): ("/v1/web/visitors/v1/stitch", None, WEB),
    ("get", "/v1/mappings"): ("/v1/mappings",),
    ("get", "/v1/mappings/{revision}/{file}"): ("/v1/mappings/{revision}/keys.xml",),
    ("get", "/schema/mapping-1.xsd"): ("/schema/mapping-1.xsd",),
    ("get", "/schema/view.xsd"): ("/schema/view.xsd?view=pop",),
    ("get", "/schema/view.schema.json"): ("/schema/view.schema.json?lang=ko",),
    ("get", "/schema/provenance.xsd"): ("/schema/provenance.xsd",),
    ("get", "/schema/problem.schema.json"): ("/schema/problem.schema.json",),
    ("get", "/schema/routing.xsd"): ("/schema/routing.xsd",),
    ("get", "/schema/routing.schema.json"): ("/schema/routing.schema.json",),
    ("get", "/schema/events.schema.json"): ("/schema/events.schema.json",),
    ("get", "/schema/explain.xsd"): ("/schema/explain.xsd",),
    ("get", "/schema/explain.schema.json"): ("/schema/explain.schema.json",),
    ("get", "/schema/export.xsd"): ("/schema/export.xsd",),
    ("get", "/schema/export.schema.json"): ("/schema/export.schema.json",),
    ("get", "/schema/web.xsd"): ("/schema/web.xsd",),
    ("get", "/schema/web.schema.json"): ("/schema/web.schema.json",),
    ("get", "/openapi.json"): ("/openapi.json?lang=ko",),
    ("get", "/livez"): ("/livez",),
    ("get", "/readyz"): ("/readyz?verbose",),
    ("delete", "/v1/cache"): ("/v1/cache?all=true",),
    ("post", "/v1/cache/purge"): ("/v1/cache/purge", *body(by={"member": "7"})),
    ("post", "/admin/reload"): ("/admin/reload",),
    ("get", "/metrics"): ("/metrics",),
}


class Reply:
    """An answer; of a stream only its head."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.type = self.headers.get("content-type", "").split(";")[0]
        self.body = b"" if self.type == STREAM else response.read()

    @property
    def problem(self):
        return json.loads(self.body)["type"].rsplit(":", 1)[1] if self.type == "application/problem+json" else None


class Document:
    """An OpenAPI document."""

    def __init__(self, text):
        self.root = json.loads(text)

    def at(self, pointer):
        place = self.root
        for name in pointer.removeprefix("#/").split("/"):
            place = place[name.replace("~1", "/").replace("~0", "~")]
        return place

    def whole(self, thing):
        """A thing, or what it refers to."""
        return self.at(thing["$ref"]) if "$ref" in thing else thing

    def operations(self):
        return {(method, path): operation for path, item in self.root["paths"].items() for method, operation in item.items()}

    def fault(self, schema, value):
        """What is wrong with a value, by a schema inside the document; or None."""
        return fault(jsonschema.Draft202012Validator({**schema, "components": self.root["components"]},
                                                     format_checker=jsonschema.FormatChecker()), value)

    def parameters(self, operation, where):
        wanted = (self.whole(one) for one in operation["parameters"])
        return {one["name"]: one for one in wanted if one["in"] == where}


def references(thing):
    if isinstance(thing, dict):
        yield from (value for name, value in thing.items() if name == "$ref")
        for value in thing.values():
            yield from references(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from references(value)


class OpenApiTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(os.path.join(ROOT, "tests", "data", "openapi-3.1.schema.json"), encoding="utf-8") as f:
            cls.language = jsonschema.Draft202012Validator(json.load(f))

    def setUp(self):
        self.shop = WebShop(os.path.join(self.fresh(), "shop"))
        self.shop.fill()
        self.shop.session("v9", "f000000000000009", [(ago(60), "/", {})])
        self.shop.write_file("unmasking.xml", UNMASKING)

    def serve(self, *options):
        service = self.start(self.shop.map, *options)
        service.wait_sources()
        self.service, self.fills = service, {"revision": service.ask("GET", "/v1/mappings").json.get("revision", "")}
        return service

    def ask(self, method, path, text=None, headers=None, port=None):
        method = method.removeprefix("x-").upper()
        connection = http.client.HTTPConnection("127.0.0.1", port or self.service.port, timeout=30 * SLOW)
        try:
            connection.request(method, path.format(**self.fills), body=text, headers=headers or {})
            return Reply(connection.getresponse())
        finally:
            connection.close()

    def document(self, port=None):
        return Document(self.ask("GET", "/openapi.json", port=port).body)

    def listeners(self):
        return (("public", self.service.port), ("admin", self.service.admin_port))

    def know_customer(self):
        answer = self.service.query(BY)
        self.assertEqual(answer.json["match"]["outcome"], "one")
        self.fills["id"] = answer.json["id"]

    def test_it_is_an_openapi_document(self):
        self.serve()
        for name, port in self.listeners():
            with self.subTest(listener=name):
                document = self.document(port)
                self.assertIsNone(fault(self.language, document.root))
                posted = copy.deepcopy(document.root)
                for item in posted["paths"].values():
                    if "x-query" in item:
                        item["trace"] = item.pop("x-query")
                self.assertIsNone(fault(self.language, posted))
                for reference in set(references(document.root)):
                    document.at(reference)
                for schema in document.root["components"]["schemas"].values():
                    jsonschema.Draft202012Validator.check_schema(schema)
                ids = [operation["operationId"] for operation in document.operations().values()]
                self.assertEqual(len(ids), len(set(ids)))

    def assert_answer_as_told(self, document, operation, answer):
        told = document.whole(operation["responses"][str(answer.status)])
        headers = {name.lower() for name in told.get("headers", {})}
        self.assertLessEqual(set(answer.headers) - ALWAYS, headers)
        if "content" in told and answer.status != 304:
            self.assertIn(answer.type, told["content"])
            schema = told["content"][answer.type].get("schema")
            if schema and answer.type.endswith("json"):
                self.assertIsNone(document.fault(schema, json.loads(answer.body)))
            elif schema and answer.type == "text/plain":
                self.assertIsNone(document.fault(schema, answer.body.decode()))
        else:
            self.assertEqual(answer.body, b"")

    def test_each_operation_has_an_example_that_is_answered_as_told(self):
        self.serve()
        examined = set()
        for name, port in self.listeners():
            document = self.document(port)
            for which, operation in document.operations().items():
                examined.add(which)
                with self.subTest(listener=name, operation=which):
                    self.know_customer()
                    path, text, headers = (*EXAMPLES[which], None, None)[:3]
                    if text and headers == JSON:
                        schema = operation["requestBody"]["content"]["application/json"]["schema"]
                        self.assertIsNone(document.fault(schema, json.loads(text)))
                    answer = self.ask(which[0], path, text, headers, port)
                    self.assertLess(answer.status, 300, answer.body)
                    self.assert_answer_as_told(document, operation, answer)
                    known = {"If-None-Match": "*"}
                    if which[0] in ("get", "x-query") and answer.type != STREAM:
                        again = self.ask(which[0], path, text, {**(headers or {}), **known}, port)
                        self.assertEqual(again.status == 304, "304" in operation["responses"])
        self.assertEqual(examined, set(EXAMPLES))

    def test_paths_that_are_not_told_are_not_there(self):
        self.serve("--purge", "admin")
        told = set(self.document().operations())
        self.assertNotIn(("delete", "/v1/cache"), told)
        for which, (path, *_) in EXAMPLES.items():
            with self.subTest(operation=which):
                self.fills["id"] = "c.none"
                answer = self.ask(which[0], path)
                self.assertEqual(answer.status == 405 or answer.problem == "no-such-path", which not in told)

    def test_parameters_are_those_that_are_taken(self):
        self.serve()
        document = self.document()
        keys = set(document.root["components"]["schemas"]["Keys"]["properties"])
        known = {one["name"] for one in document.root["components"]["parameters"].values() if one["in"] == "query"}
        names = (known | keys | {"view", "Tier", "nothing"}) - {"verbose"}
        for which, operation in document.operations().items():
            if which in CARELESS:
                continue
            self.know_customer()
            path, _, headers = (*EXAMPLES[which], None, None)[:3]
            told = set(document.parameters(operation, "query"))
            for name in sorted(names):
                with self.subTest(operation=which, parameter=name):
                    text, path_asked = None, path.split("?")[0]
                    if "requestBody" in operation:
                        members = operation["requestBody"]["content"]["application/json"]["schema"]
                        told = set(document.whole(members)["properties"])
                        text, headers = json.dumps({"by": {}, name: "x"}), JSON
                        if name in ("minutes", "reason") and which[1].startswith(("/v1/unmask", "/v1/contacts")):
                            continue
                    else:
                        path_asked += f"?{name}=" + quote("x")
                    answer = self.ask(which[0], path_asked, text, {**(headers or {}), "X-Purpose": "web"}
                                      if "/web/" in path else headers)
                    taken = answer.problem not in ("unknown-parameter", "bad-query")
                    self.assertEqual(taken, name in told, answer.body)

    def test_same_document_is_not_sent_again(self):
        service = self.serve()
        first = service.ask("GET", "/openapi.json")
        etag = first.headers["etag"]
        same = service.ask("GET", "/openapi.json", headers={"If-None-Match": etag})
        self.assertEqual((same.status, same.body, same.headers["etag"]), (304, b"", etag))
        document = Document(first.body)
        self.assert_answer_as_told(document, document.operations()["get", "/openapi.json"],
                                   self.ask("GET", "/openapi.json", headers={"If-None-Match": etag}))
        self.assertNotEqual(service.ask("GET", "/openapi.json", port=service.admin_port).headers["etag"], etag)
        self.shop.edit("view.xml", 'name="candidate" by="phone email"', 'name="candidate" by="phone"')
        self.assertEqual(service.ask("POST", "/admin/reload", port=service.admin_port).status, 200)
        after = service.ask("GET", "/openapi.json", headers={"If-None-Match": etag})
        self.assertEqual(after.status, 200)
        self.assertEqual(after.json["x-views"]["candidate"]["by"], ["phone"])
        self.assertNotEqual(after.json["info"]["x-revision"], first.json["info"]["x-revision"])

    def test_it_needs_no_source(self):
        for name in os.listdir(self.shop.directory):
            if name.endswith(".db"):
                os.remove(os.path.join(self.shop.directory, name))
        service = self.start(self.shop.map)
        self.assertEqual(service.ask("GET", "/openapi.json").status, 200)
        printed = json.loads(federator("schema", "--openapi", "--map", self.shop.map).stdout)
        self.assertEqual(printed["components"], service.ask("GET", "/openapi.json").json["components"])

    def test_scopes_and_limits_are_those_that_are_asked_for(self):
        keys = os.path.join(self.fresh(), "keys.json")
        keyed = {}
        for scope in ("view", "mappings"):
            key = federator("keys", "add", "--keys", keys, "--client", scope, "--role", "agent", "--scopes", scope)
            keyed[scope] = {"Authorization": f"Bearer {key.stdout.strip()}"}
        service = self.start(self.shop.map, "--keys", keys, "--client-requests", "60")
        service.wait_sources()
        self.service, self.fills = service, {"id": "c.none", "revision": "0"}
        answer = self.ask("GET", "/openapi.json", headers=keyed["mappings"])
        document, asked = Document(answer.body), {"view": set(), "mappings": set()}
        self.assert_answer_as_told(document, document.operations()["get", "/openapi.json"], answer)
        for which, operation in document.operations().items():
            with self.subTest(operation=which):
                path, text, headers = (*EXAMPLES[which], None, None)[:3]
                nobody = self.ask(which[0], path, text, headers)
                scopes = {scope for one in operation["security"] for scheme in one.values() for scope in scheme}
                if not scopes:
                    self.assertEqual(nobody.status, 401 if which[1] == "/readyz" else 200)
                    continue
                self.assertEqual(nobody.status, 401)
                self.assert_answer_as_told(document, operation, nobody)
                self.assertEqual([list(one) for one in operation["security"]], [["bearer"], ["key"], ["certificate"]])
                scope = scopes.pop()
                asked.setdefault(scope, set()).add(which)
                other = self.ask(which[0], path, text, {**(headers or {}), **keyed["view" if scope != "view" else "mappings"]})
                self.assertEqual(other.status, 403)
                self.assertIn(f'scope="{scope}"', other.headers["www-authenticate"])
                self.assert_answer_as_told(document, operation, other)
        self.assertGreaterEqual(len(asked), 11)
        operation = document.operations()["get", "/v1/mappings"]
        while True:  # until its minute is used up
            answer = self.ask("GET", "/v1/mappings", headers=keyed["mappings"])
            self.assert_answer_as_told(document, operation, answer)
            if answer.status == 429:
                break
        self.assertIn("retry-after", answer.headers)


if __name__ == "__main__":
    unittest.main()
