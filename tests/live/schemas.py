"""What the tests of schemas share: the schemas a service hands out, and answers held against them."""
import glob
import json
import os
import subprocess
import xml.etree.ElementTree as ET
from urllib.parse import quote

import jsonschema

from support import LiveTest

MAPPING = "{urn:federator:mapping:1}"
XML = "application/xml"


class Files:
    """Documents in a directory."""

    def __init__(self, directory):
        self.directory = directory

    def save(self, name, body):
        path = os.path.join(self.directory, name)
        with open(path, "wb") as f:
            f.write(body)
        return path

    def refused(self, bodies, xsd):
        """Which of the XML documents, by index, do not hold to the schema, and what xmllint says."""
        paths = [self.save(f"answer-{i}.xml", body) for i, body in enumerate(bodies)]
        refused, said = set(), ""
        for at in range(0, len(paths), 200):
            done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", xsd, *paths[at:at + 200]],
                                  capture_output=True, text=True)
            lines = done.stderr.splitlines()
            verdicts = {line.rsplit(" ", 1)[0]: line for line in lines if line.endswith(" validates")}
            refused |= {i for i in range(at, min(at + 200, len(paths))) if paths[i] not in verdicts}
            said += "\n".join(line for line in lines if not line.endswith("validates"))
        return refused, said[:3000]


class Exports(Files):
    """The schemas of exports, with those of views and problems beside them."""

    AT = "http://federator.example/schema/"  # never asked

    def __init__(self, service, directory):
        super().__init__(directory)
        get = lambda name: service.ask("GET", "/schema/" + name).body
        beside = {self.AT + name: json.loads(get(name)) for name in ("view.schema.json", "problem.schema.json")}
        schema = json.loads(get("export.schema.json"))
        jsonschema.Draft202012Validator.check_schema(schema)
        self.json = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker(),
                                                    resolver=jsonschema.RefResolver(self.AT, schema, beside))
        for name in ("view.xsd", "provenance.xsd"):
            self.save(name, get(name))
        self.xsd = self.save("export.xsd", get("export.xsd"))

    def fault(self, body):
        """What is wrong with an export, JSON or XML, or None."""
        if body.lstrip().startswith(b"<"):
            refused, said = self.refused([body], self.xsd)
            return said if refused else None
        return fault(self.json, json.loads(body))


class Schemas(Files):
    """The schemas a service hands out, of all its views and of each."""

    def __init__(self, service, views, directory):
        super().__init__(directory)
        self.json, self.xsd = {}, {}
        self.problem = validator(service.ask("GET", "/schema/problem.schema.json").body)
        self.save("provenance.xsd", service.ask("GET", "/schema/provenance.xsd").body)
        self.explain = validator(service.ask("GET", "/schema/explain.schema.json").body)
        self.explain_xsd = self.save("explain.xsd", service.ask("GET", "/schema/explain.xsd").body)
        self.routing, self.routing_xsd = {}, {}
        for view in (None, *views):
            query = f"?view={view}" if view else ""
            self.json[view] = validator(service.ask("GET", "/schema/view.schema.json" + query).body)
            self.xsd[view] = self.save(f"view-{view}.xsd", service.ask("GET", "/schema/view.xsd" + query).body)
            routing = service.ask("GET", "/schema/routing.schema.json" + query)
            if routing.status == 200:  # a flat view, or all of them
                self.routing[view] = validator(routing.body)
                self.routing_xsd[view] = self.save(f"routing-{view}.xsd",
                                                   service.ask("GET", "/schema/routing.xsd" + query).body)

    def json_fault(self, answer, view=None):
        """What is wrong with a JSON answer, or None."""
        return fault(self.json[view], answer)

    def xml_refused(self, bodies, view=None):
        """Which of the XML answers, by index, do not hold to the schema of views, and what xmllint says."""
        return self.refused(bodies, self.xsd[view])


def fault(schema, document):
    """What is wrong with a JSON document, or None."""
    error = jsonschema.exceptions.best_match(schema.iter_errors(document))
    return error and f"{list(error.absolute_path)}: {error.message}"


def validator(body):
    schema = json.loads(body)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def views_of(mapping):
    """name -> keys one may ask by."""
    roots = [ET.parse(path).getroot() for path in sorted(glob.glob(os.path.join(mapping, "*.xml")))]
    return {view.get("name"): view.get("by").split() for root in roots for view in root.iter(MAPPING + "view")}


class SchemaTest(LiveTest):
    def assert_hold(self, service, schemas, asked):
        """Each of (view, query) in JSON and XML, also with provenance. Gives the JSON answers."""
        answers, bodies = [], {}
        for view, query in asked:
            for more in ({}, {"provenance": "full"}):
                with self.subTest(view=view, query=query, **more):
                    answer = service.get(view, **query, **more)
                    self.assertEqual(answer.status, 200, answer.body)
                    answers.append(answer.json)
                    self.assertIsNone(schemas.json_fault(answer.json))
                    self.assertIsNone(schemas.json_fault(answer.json, view))
                    bodies.setdefault(view, []).append(service.get(view, accept=XML, **query, **more).body)
        for view, texts in bodies.items():
            for schema in (view, None):
                with self.subTest(view=view, schema=schema):
                    refused, said = schemas.xml_refused(texts, schema)
                    self.assertEqual(refused, set(), said)
        self.assert_routing_holds(service, schemas, [(view, query) for view, query in asked if view in schemas.routing])
        self.assert_explain_holds(service, schemas, answers)
        return answers

    def assert_routing_holds(self, service, schemas, asked):
        """What /v1/routing says to each of (view, query). Gives the outcomes."""
        seen, bodies = set(), {}
        for view, query in asked:
            path = f"/v1/routing?view={view}" + "".join(f"&{key}={quote(value)}" for key, value in query.items())
            with self.subTest(path=path):
                answer = service.ask("GET", path)
                self.assertEqual(answer.status, 200, answer.body)
                seen.add(answer.json["outcome"])
                for schema in (schemas.routing[view], schemas.routing[None]):
                    self.assertIsNone(fault(schema, answer.json))
                bodies.setdefault(view, []).append(service.ask("GET", path + "&format=xml").body)
        for view, texts in bodies.items():
            for xsd in (schemas.routing_xsd[view], schemas.routing_xsd[None]):
                refused, said = schemas.refused(texts, xsd)
                self.assertEqual(refused, set(), said)
        return seen

    def assert_explain_holds(self, service, schemas, answers):
        """How each answer with a customer came about, as a whole and by its first and its last path."""
        bodies = []
        for answer in (answer for answer in answers if "id" in answer and "provenance" not in answer):
            path = f"/v1/customers/{answer['id']}/explain?view={answer['view']}"
            explained = service.ask("GET", path)
            fields = [field["path"] for field in explained.json["fields"] if "state" in field]
            for more in ("", f"&field={fields[0]}", f"&field={fields[-1]}"):
                with self.subTest(view=answer["view"], more=more):
                    explained = service.ask("GET", path + more)
                    self.assertEqual(explained.status, 200, explained.body)
                    self.assertIsNone(fault(schemas.explain, explained.json))
                    bodies.append(service.ask("GET", path + more, headers={"Accept": XML}).body)
        refused, said = schemas.refused(bodies, schemas.explain_xsd)
        self.assertEqual(refused, set(), said)


def outcomes(answers):
    return {answer["match"]["outcome"] for answer in answers}
