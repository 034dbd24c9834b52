"""What must be in an answer, by the oracle: functions of (answer, oracle's company, ...) that return what is wrong, or nothing."""
import json
import xml.etree.ElementTree as ET

VIEW = "{urn:federator:view:1}"


def differs(what, wanted, got):
    return [] if wanted == got else [f"{what}: {got!r} instead of {wanted!r}"]


def fits(wanted, element):
    """Is the element that value, as docs/http.md says how JSON becomes XML?"""
    if isinstance(wanted, dict):
        return [child.tag for child in element] == [VIEW + name for name in wanted] and all(map(fits, wanted.values(), element))
    if isinstance(wanted, list):
        return len(element) == len(wanted) and all(map(fits, wanted, element))
    return len(element) == 0 and (element.text or "") == str(wanted)


def withheld(company, rights, view, wanted):
    """Paths of a view that the role may not see."""
    found = []
    for path, _, _ in company.views[view]:
        if path in company.lists:
            found += [f"{path}.{f.path}" for f in company.lists[path] if f.cls not in rights.show | rights.mask]
        elif path not in wanted:
            found.append(path)
    return found


class Seen:
    """Whom a question leads to, and what of them stands in the view."""

    def __init__(self, who, view, customers, fields=None):
        self.company, self.rights, self.view, self.customers, self.fields = who.company, who.rights, view, sorted(customers), fields

    @property
    def outcome(self):
        return ("none", "one")[len(self.customers)] if len(self.customers) < 2 else "many"

    def customer(self, view, n):
        made = self.company.customer(self.rights, view, n)
        return {path: value for path, value in made.items() if self.fields is None or view != self.view or path in self.fields}

    def wanted(self):
        """`customer`, or those of the candidates in any order."""
        if self.outcome == "many":
            return sorted((self.customer("candidate", n) for n in self.customers), key=json.dumps)
        return self.customer(self.view, self.customers[0]) if self.customers else None

    def json(self, answer):
        if self.outcome == "many":
            got = sorted((c["customer"] for c in answer["candidates"]), key=json.dumps)
        else:
            got = without_journey(answer.get("customer"))
        return differs("outcome", self.outcome, answer["match"]["outcome"]) + differs("customer", self.wanted(), got) + \
            self.hidden(answer.get("withheld", []))

    def hidden(self, got):
        if self.outcome != "one" or self.fields is not None:
            return []
        wanted = withheld(self.company, self.rights, self.view, self.wanted())
        return differs("withheld", sorted(wanted), sorted(path for path in got if not path.startswith("journey")))

    def xml(self, body):
        root = ET.fromstring(body)
        outcome = root.findtext(f"{VIEW}match/{VIEW}outcome")
        if outcome != self.outcome:
            return differs("outcome", self.outcome, outcome)
        if outcome == "many":
            got = sorted(len(c.find(VIEW + "customer")) for c in root.find(VIEW + "candidates"))
            return differs("candidates", sorted(map(len, self.wanted())), got)
        element = root.find(VIEW + "customer")
        if element is None or self.wanted() is None:
            return differs("customer", self.wanted(), element)
        for journey in element.findall(VIEW + "journey"):
            element.remove(journey)
        return [] if fits(self.wanted(), element) else [f"customer: {ET.tostring(element)} instead of {self.wanted()}"]

    def view_answer(self, answer):
        return self.xml(answer.body) if b"xml" in answer.header("content-type") else self.json(json.loads(answer.body))


def without_journey(customer):
    return customer and {path: value for path, value in customer.items() if path != "journey"}


def flat_answer(seen, answer):
    n = seen.customers[0] if seen.outcome == "one" else None
    wanted = seen.company.flat(seen.rights, seen.view, n)
    got = json.loads(answer.body)
    got.pop("candidates", None)
    return differs("flat", {"outcome": seen.outcome, **wanted}, got)


def name_answer(seen, answer):
    n = seen.customers[0] if seen.outcome == "one" else None
    return differs("name", seen.company.line(seen.rights, n), answer.body.decode())


def export_answer(seen, answer):
    if b"xml" in answer.header("content-type"):
        return []
    wrong = []
    for one in json.loads(answer.body)["views"]:
        of = Seen.__new__(Seen)
        of.__dict__.update(seen.__dict__, view=one["view"])
        wrong += of.json(one["answer"])
    return wrong


def events_of(body):
    """Those of a stream: (name, data)."""
    for text in body.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in text.split("\n") if ": " in line and not line.startswith(":"))
        if "event" in fields:
            yield fields["event"], json.loads(fields["data"])


def is_over(body):
    """Of a stream: did it come to its end?"""
    return b"\nevent: done\n" in body or b"\nevent: problem\n" in body


def told(events):
    """The view that events put together, as docs/http.md tells clients to."""
    view = {}
    for name, data in events:
        if name == "view":
            view = data
        elif name == "part":
            for member, value in data.items():
                if value is None:
                    view.pop(member, None)
                elif isinstance(value, dict) and isinstance(view.get(member), dict):
                    view[member] = {k: v for k, v in {**view[member], **value}.items() if v is not None}
                else:
                    view[member] = value
    return view


def stream_answer(seen, answer):
    events = list(events_of(answer.body))
    if not seen.rights.known or not seen.customers:
        return differs("last event", ("problem", 404 if seen.rights.known else 403), (events[-1][0], events[-1][1].get("status")))
    return seen.json(told(events)) if events[-1][0] == "done" else [f"the stream ends with {events[-1]}"]


def timeline_answer(seen, answer):
    if b"xml" in answer.header("content-type"):
        return []
    got = json.loads(answer.body)["customer"].get("journey", [])
    shown = {f.path for path in ("calls", "orders") for f in seen.company.lists[path] if f.cls in seen.rights.show | seen.rights.mask}
    return [f"an event has {event}" for event in got if not set(event) <= shown | {"kind"}]


def nothing(_answer):
    return []

