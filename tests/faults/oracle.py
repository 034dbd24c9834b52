"""What an answer of the fault bed may hold. The fault driver writes into every cell whose it is (tests/faultodbc/cells.h), so
each value of an answer is held against the customer who was asked for, the source it must come from, and what the answer
says of its parts."""
import collections
import datetime
import json
import re

from bed import ROWS, SOURCES

TEXT = re.compile(r"(\w+)\.(\w+)\.(\w+):(\d{8}):(\d+)(.*)", re.S)
YEAR_2020 = datetime.datetime(2020, 1, 1)
SOURCE_OF = {part: source for source, parts in SOURCES.items() for part in parts}
TWIN_APART = 45_000_000
DIGITS = re.compile(rb"[0-9]+")
VOLATILE = re.compile(rb'"(?:took_ms|age_ms)":\d+|c\.[A-Za-z0-9_-]{20,}')
MISSING, GONE = ("missing", "skipped"), object()


class Wrong(Exception):
    """The answer is not valid."""


class WrongCustomer(Wrong):
    """It shows a cell of somebody else."""


def require(truth, text):
    if not truth:
        raise Wrong(text)


def digit(source):
    return sum(source.encode()) % 10


def moment(customer, source, row):
    """A timestamp as it is shown; without the zeros at the end of its fraction."""
    at = YEAR_2020 + datetime.timedelta(seconds=customer)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{digit(source)}{row % 100:02d}"


class Oracle:
    """Counts what it has seen. `schema` says what is wrong with the document of a status, or None (None: no schema is checked).
    `spoilt`: kinds of cells that the fault at hand makes unreadable, which are null or absent then (text, number, time), or
    that end otherwise (tail); `twins`: a telephone number has two customers."""

    def __init__(self, schema=None, spoilt=(), twins=False):
        self.schema, self.spoilt, self.twins = schema, set(spoilt), twins
        self.cells = self.valid = self.invalid = self.wrong_customer = self.problems = 0
        self.states = collections.Counter()
        self.complete = 0
        self.first_wrong = None
        self.shapes = set()
        self.known = {}

    def take(self, answer):
        """Check an answer. That nobody could say in time who this is, or that there is too much to do, is a right one, too."""
        form = self.form(answer)
        known = self.known.get(form) if answer.status == 200 else None
        if known:
            self.valid += 1
            self.cells += known[0]
            self.complete += known[1]
            self.states.update(known[2])
            return
        cells, complete, states = self.cells, self.complete, self.states
        self.states = collections.Counter()
        try:
            self.check(answer)
            self.valid += 1
            self.known[form] = (self.cells - cells, self.complete - complete, self.states)
        except Wrong as wrong:
            self.invalid += 1
            self.wrong_customer += isinstance(wrong, WrongCustomer)
            if self.first_wrong is None:
                self.first_wrong = f"{answer.by} {answer.customer}: {wrong}: {answer.body[:1500]!r}"
        self.states = states + self.states

    @staticmethod
    def form(answer):
        """The answer without times and ids, its customer's own number and moment replaced. Answers of one form are equal
        but for whose they are: what holds for one holds for all, and a cell of anybody else makes another form."""
        body = VOLATILE.sub(b"", answer.body)
        body = body.replace(b"%d" % answer.customer, b"C").replace(moment(answer.customer, "", 0)[:19].encode(), b"T")
        return body.replace(b"%d" % (answer.customer + TWIN_APART), b"W")

    def check(self, answer):
        require(answer.status, "no answer")
        try:
            document = json.loads(answer.body.decode("utf-8", "strict"))
        except ValueError as e:
            raise Wrong(f"no JSON in UTF-8: {e}") from e
        require(answer.status in (200, 503, 504), f"status {answer.status}")
        self.check_schema(answer, document)
        if answer.status != 200:
            require(document.get("status") == answer.status and document.get("type"), "no problem document")
            self.problems += 1
            self.states[f"status {answer.status}"] += 1
            return
        if document["match"]["outcome"] == "many":
            self.check_many(answer, document)
        else:
            self.check_one(answer, document)

    def check_schema(self, answer, document):
        """Answers that differ in digits only have one shape; the digits are the oracle's."""
        shape = DIGITS.sub(b"0", answer.body)
        if self.schema is None or shape in self.shapes:
            return
        fault = self.schema(document, answer.status)
        require(fault is None, f"schema: {fault}")
        self.shapes.add(shape)

    def check_many(self, answer, document):
        """Of twins, or of a stale copy that must not decide alone."""
        stale = document["match"].get("state") == "stale"
        require(self.twins or stale, "several customers for a key that has one")
        require("customer" not in document, "a silent choice among several customers")
        names = [self.text(c["customer"]["name"], "person", "name", None) for c in document["candidates"]]
        known = [(answer.customer, 0), (answer.customer + TWIN_APART, 0)]
        if not set(names) <= set(known):
            raise WrongCustomer(f"candidates {names}")
        require(sorted(names) == (known if self.twins else known[:1]), f"candidates {names}")
        self.states["many, stale" if stale else "many"] += 1

    def check_one(self, answer, document):
        require(document["match"]["outcome"] == "one", f"outcome {document['match']['outcome']}")
        parts, customer, of = document["parts"], document["customer"], answer.customer
        for name, part in parts.items():
            self.states[f"{SOURCE_OF[name]}.{name} {part['state']} {part.get('reason', '')}".strip()] += 1
        self.check_complete(document)
        self.check_person(parts["person"], customer, of)
        self.check_list("orders", parts["orders"], customer.get("orders", GONE), of)
        self.check_list("pages", parts["pages"], customer.get("pages", GONE), of)
        for order in customer.get("orders", ()):
            self.check_items(parts["items"], order, of)

    def check_complete(self, document):
        whole = document["match"].get("complete", True) and not any(
            part["state"] == "missing" or part.get("truncated") for part in document["parts"].values())
        require(document["complete"] is whole, f"complete is {document['complete']} with {document['parts']}")
        self.complete += whole

    # ---- cells ----

    def is_spoilt(self, kind, value):
        self.cells += 1
        if value is not None:
            return False
        require(kind in self.spoilt, f"null for a {kind}")
        return True

    def whose(self, customer, of, what):
        if of is not None and customer != of:
            raise WrongCustomer(f"{what} of customer {customer}")

    def text(self, value, part, column, of):
        """(customer, row) of a text; None: it is null, and may be."""
        if self.is_spoilt("text", value):
            return None
        match = TEXT.fullmatch(value)
        require(match, f"text {value[:80]!r} of {part}.{column}")
        source, table, name, customer, row, tail = match.groups()
        self.whose(int(customer), of, f"{part}.{column}")
        require((source, table, name) == (SOURCE_OF[part], part, column), f"{value[:80]!r} for {part}.{column}")
        require(not tail or "tail" in self.spoilt, f"text {value[:80]!r} of {part}.{column}")
        return int(customer), int(row)

    def integer(self, value, part, of, row):
        if self.is_spoilt("number", value):
            return
        self.whose(value // 1000, of, f"number of {part}")
        require(value % 1000 // 100 == digit(SOURCE_OF[part]), f"number {value} for {part}")
        require(row is None or value % 100 == row, f"number {value} in row {row} of {part}")

    def decimal(self, value, part, of, row):
        if self.is_spoilt("number", value):
            return
        whole, _, fraction = value.partition(".")
        self.whose(int(whole), of, f"amount of {part}")
        fraction = f"{fraction:0<3}"
        require(int(fraction[0]) == digit(SOURCE_OF[part]), f"amount {value} for {part}")
        require(row is None or int(fraction[1:]) == row, f"amount {value} in row {row} of {part}")

    def time(self, value, part, of, row):
        if self.is_spoilt("time", value):
            return
        head = value[:19]
        if head != moment(of, "", 0)[:19]:
            raise WrongCustomer(f"time {value} of {part}")
        if row is not None:
            fraction = f"{re.sub('[Z+-].*', '', value[19:])[1:]:0<3}"
            require(fraction[:3] == moment(of, SOURCE_OF[part], row)[20:], f"time {value} in row {row} of {part}")

    # ---- parts ----

    def check_person(self, part, customer, of):
        if part["state"] in MISSING:
            require(not {"name", "grade", "visits", "credit", "since"} & set(customer), "fields of a missing part")
            return
        if "member" in customer and customer["member"] is not None:
            self.cells += 1
            self.whose(customer["member"], of, "member")
        for field, check in (("name", self.text), ("grade", self.text)):
            if field in customer:
                check(customer[field], "person", field, of)
            else:
                require("text" in self.spoilt or part.get("truncated"), f"{field} is absent")
        for field, check, kind in (("visits", self.integer, "number"), ("credit", self.decimal, "number"),
                                   ("since", self.time, "time")):
            if field in customer:
                check(customer[field], "person", of, 0)
            else:
                require(kind in self.spoilt or part.get("truncated"), f"{field} is absent")

    @staticmethod
    def check_whole(name, part, rows):
        """A part that is shown as whole has each of its rows once; None is one that cannot be told."""
        if part.get("truncated"):
            return
        require(len(rows) == ROWS[name], f"{len(rows)} of {ROWS[name]} rows of {name}, shown as whole")
        require(None in rows or len(set(rows)) == ROWS[name], f"rows {rows} of {name}")

    def check_list(self, name, part, rows, of):
        if part["state"] in MISSING:
            require(rows is GONE, f"a list of the missing part {name}")
            return
        if rows is GONE:
            require(part.get("truncated"), f"the list of {name} is absent")
            return
        seen = []
        for item in rows:
            at = self.text(item.get("title"), name, "title", of)
            row = at[1] if at else None
            seen.append(row)
            if name == "orders":
                self.integer(item.get("pieces"), name, of, row)
                self.decimal(item.get("paid"), name, of, row)
                self.time(item.get("placed"), name, of, row)
                self.check_order_number(item.get("no"), of, row)
            else:
                self.integer(item.get("spent"), name, of, row)
                self.time(item.get("seen"), name, of, row)
        self.check_whole(name, part, seen)

    def check_order_number(self, no, of, row):
        self.cells += 1
        match = re.fullmatch(r"A(\d{8})R(\d+)", no or "")
        require(match, f"order number {no!r}")
        self.whose(int(match[1]), of, "order number")
        require(row is None or int(match[2]) == row, f"order number {no} in row {row}")

    def check_items(self, part, order, of):
        items = order.get("items", GONE)
        if part["state"] in MISSING:
            require(items is GONE, "items of a missing part")
            return
        if items is GONE:
            require(part.get("truncated"), "items are absent")
            return
        seen, first = [], 10 * int(order["no"].rpartition("R")[2])
        for item in items:
            at = self.text(item.get("label"), "items", "label", of)
            require(at is None or first <= at[1] < first + 10, f"an item of another order in {order['no']}")
            seen.append(at and at[1])
            self.integer(item.get("count"), "items", of, at and at[1])
        self.check_whole("items", part, seen)
