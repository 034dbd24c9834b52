"""What whoever asks may see, by the files of a mapping and the customers that were made up, and by nothing of the service: which values,
clear or masked, stand in an answer, and which values of anybody stand in some bytes, however they are spelt there."""
import base64
import functools
import html
import json
import os
import re
import xml.etree.ElementTree as ET
from urllib.parse import quote, unquote_to_bytes

from rights.made import CUSTOMERS, TENANTS, calls, orders, person

MAPPING = "{urn:federator:mapping:1}"
NEVER = ("crm", "member")  # the identity is sealed in every answer
WEB = "web"
LISTS = {"calls": calls, "orders": orders}
NOTHING = object()

MASKED = {  # of values as made.py makes them
    "name": lambda text: text[0] + "*" + text[2],
    "phone": lambda text: text[:4] + "****" + text[8:],
    "email": lambda text: text[0] + "***" + text[text.index("@"):],
    "rrn": lambda text: text[:7] + "*******",
    "card": lambda text: text[:6] + "******" + text[12:],
    "account": lambda text: "***-********-" + text[-4:],
    "address": lambda text: " ".join(text.split()[:2]) + " ****",
    "generic": lambda text: text[0] + "****" + text[-1],
}


def masked(mask, kind, value):
    """What a mask leaves of a value of that type of column."""
    text = str(value)
    if mask == "all" or kind not in ("text", "integer") or (mask == "generic" and len(text) < 6):
        return "****"
    return MASKED[mask](text)


def plain(kind, value):
    """As JSON has a value in the clear."""
    if kind == "timestamp":
        return value.replace(" ", "T") + "Z"
    return value if kind == "integer" else str(value)


class Field:
    def __init__(self, element, name, around=None):
        source = element.find(MAPPING + "from")
        self.path, self.cls = element.get("path"), element.get("class") or around
        self.part, self.column = (source.get("part"), source.get("column")) if source is not None else (name, self.path)


class Rights:
    """What a role sees for a purpose, with the classes whose masks were lifted."""

    def __init__(self, company, role, purpose, lifted=()):
        rules = [rule for rule in company.rules if role in rule["role"] and purpose in rule["purpose"]]
        self.known = bool(rules)
        self.may_lift = set().union(*(rule["unmask"] for rule in rules))
        self.show = set().union(lifted, *(rule["show"] for rule in rules))
        self.mask = set().union(*(rule["mask"] for rule in rules)) - self.show
        self.clear = {(f.part, f.column) for f in company.all_fields if f.cls in self.show}
        if company.web_class in self.show:
            self.clear.add((WEB, WEB))


class Company:
    """A tenant, as its mapping says."""

    def __init__(self, tenant, path):
        root = ET.parse(path).getroot()
        self.tenant, self.rights = tenant, functools.lru_cache(maxsize=4096)(functools.partial(Rights, self))
        self.masks = {e.get("name"): e.get("mask") for e in root.iter(MAPPING + "class")}
        self.types = {(p.get("name"), c.get("name")): c.get("type") for p in root.iter(MAPPING + "part")
                      for c in p.iter(MAPPING + "column")}
        self.fields = {e.get("path"): Field(e, None) for e in root.findall(MAPPING + "field")}
        self.lists = {e.get("path"): [Field(f, e.get("parts"), e.get("class")) for f in e.iter(MAPPING + "field")]
                      for e in root.findall(MAPPING + "list")}
        self.all_fields = [*self.fields.values(), *sum(self.lists.values(), [])]
        self.timelines = {e.get("path") for e in root.findall(MAPPING + "timeline")}
        self.views = {}
        for e in root.iter(MAPPING + "view"):
            self.views[e.get("name")] = [use for u in e.iter(MAPPING + "use") for use in self.uses(u)]
        self.web_class = root.find(MAPPING + "weblog").get("class")
        self.rules = [{"role": e.get("role").split(), "purpose": e.get("purpose").split(),
                       **{what: {name for c in e.iter(MAPPING + what) for name in c.get("class").split()}
                          for what in ("show", "mask", "unmask")}} for e in root.iter(MAPPING + "policy")]
        self.people = {n: person(tenant, n) for n in range(1, CUSTOMERS + 1)}

    def uses(self, element):
        """(path, name in a flat view, its default) of what a view takes in; a time line shows what its lists do."""
        if element.get("view"):
            return self.views[element.get("view")]
        return [] if element.get("path") in self.timelines else [(element.get("path"), element.get("as"), element.get("default"))]

    def who_has(self, key, value):
        return [n for n, row in self.people.items() if row[key] == value]

    def seen(self, rights, field, row):
        """A value of a row as the role sees it; NOTHING: not at all."""
        kind = self.types[field.part, field.column]
        if field.cls in rights.show:
            return plain(kind, row[field.column])
        if field.cls in rights.mask:
            return masked(self.masks[field.cls], kind, row[field.column])
        return NOTHING

    def items(self, rights, path, n):
        """A list; NOTHING when no field of it may be seen."""
        found = [{f.path: value for f in self.lists[path] if (value := self.seen(rights, f, row)) is not NOTHING}
                 for row in LISTS[path](self.tenant, n)]
        shown = any(f.cls in rights.show | rights.mask for f in self.lists[path])
        return found if shown else NOTHING

    def customer(self, rights, view, n):
        """The member `customer` of a view."""
        made = {}
        for path, _, _ in self.views[view]:
            value = self.items(rights, path, n) if path in self.lists else self.seen(rights, self.fields[path], self.people[n])
            if value is not NOTHING:
                made[path] = value
        return made

    def flat(self, rights, view, n):
        """The names of a flat view and their values: of nobody, `n` is None, the defaults."""
        made = {}
        for path, name, default in self.views[view]:
            value = NOTHING if n is None else self.seen(rights, self.fields[path], self.people[n])
            made[name] = default if value is NOTHING else str(value)
        return made

    def line(self, rights, n):
        """A caller's name, at most 64 bytes."""
        seen = [value for path, _, _ in self.views["cnam"]
                if n and (value := self.seen(rights, self.fields[path], self.people[n])) is not NOTHING]
        return " ".join(map(str, seen)).encode()[:64].decode(errors="ignore")


# ---- values in bytes ----

NAME = rb"\xeb[\xb7\xb8][\x80-\xbf]"
TOKENS = re.compile(rb"canaq[0-9a-z]*|[0-9-]*7391[0-9-]*|19[5-7][0-9]-?[01][0-9]-?1[567]|" + NAME)
SESSION = re.compile(rb"[1-9]0{10}[0-9]{5}")
REQUEST_ID = re.compile(rb"(?<![0-9A-Za-z])[0-9a-f]{24}(?![0-9A-Za-z])")  # the service's own are hexadecimal digits by chance
ESCAPE = re.compile(rb"\\u([0-9a-fA-F]{4})")


def base64_of(data):
    """What is the same of it in base64 wherever it begins."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + data).rstrip(b"=")
        inner = whole[(8 * before + 5) // 6:len(whole) - (1 if (before + len(data)) % 3 else 0)]
        yield from {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}


def encodings(data):
    return {data.hex().encode(), data.hex().upper().encode(), *base64_of(data)}


CODED = re.compile(b"|".join(re.escape(e) for word in ("canaq", "7391", "김") for e in encodings(word.encode())))


class Needles:
    """All values of all customers."""

    def __init__(self):
        self.of, self.digits, self.known, self.coded = {}, {}, {}, {}
        for tenant in TENANTS:
            for n in range(1, CUSTOMERS + 1):
                self.add_customer(tenant, n)

    def add_customer(self, tenant, n):
        for column, value in person(tenant, n).items():
            self.add(str(value), tenant, n, "crm", column)
        for name, rows in LISTS.items():
            for row in rows(tenant, n):
                for column, value in row.items():
                    if column != "member":
                        self.add(str(value), tenant, n, name, column)
        t = TENANTS.index(tenant) + 1
        for letter in "vpq":
            self.add(f"canaq{t}{n:03}{letter}", tenant, n, WEB, WEB)
        self.put(f"{t}{n:015}".encode(), (tenant, n, WEB, WEB))

    def add(self, value, tenant, n, part, column):
        who = (tenant, n, part, column)
        for form in encodings(value.encode()):
            if len(form) > 9:
                self.coded.setdefault(form, set()).add(who)
        token = TOKENS.search(value.encode())[0]
        if b"7391" not in token:
            self.put(token.replace(b"-", b""), who)
            return
        digits = re.sub(r"\D", "", value).encode()
        self.digits.setdefault(digits[1:] if column == "phone" else digits, set()).add(who)
        if column == "phone":
            self.put(digits[3:], who)

    def put(self, token, who):
        self.of.setdefault(token, set()).add(who)

    def owners(self, token):
        """Whose it may be; empty: nobody's. A token with canaq or a syllable that is no value as a whole is everybody's trouble."""
        found = self.known.get(token)
        if found is None:
            bare = token.replace(b"-", b"")
            found = set(self.of.get(bare, ()))
            if b"7391" in bare and not found:
                found = set().union(*(who for digits, who in self.digits.items() if digits in bare))
            elif not found and not bare.isdigit():
                found = {("?", 0, "?", "?")}
            if len(self.known) < 100000:
                self.known[token] = found
        return found

    def coded_in(self, data):
        """The owners of each value that stands there in base64 or as hexadecimal digits."""
        for form, who in self.coded.items():
            if form in data:
                yield form, who

    def find(self, data, thoroughly=False):
        """(bytes, owners) of all that stands there."""
        data = REQUEST_ID.sub(b"", data)
        for text in spellings(data):
            for token in set(TOKENS.findall(text)):
                yield token, self.owners(token)
            for token in set(SESSION.findall(text)):
                yield token, self.of.get(token, set())
            if thoroughly or CODED.search(text):
                yield from self.coded_in(text)


def spellings(data):
    """The bytes, and what they become when escapes are read."""
    yield data.lower() if b"CANAQ" in data.upper() else data
    if b"%" in data:
        yield unquote_to_bytes(data)
    if b"\\u" in data:
        yield ESCAPE.sub(lambda m: chr(int(m[1], 16)).encode(errors="replace"), data)
    if b"&#" in data:
        yield html.unescape(data.decode(errors="replace")).encode()


class Oracle:
    def __init__(self, world_tenants):
        self.needles = Needles()
        self.companies = {name: Company(name, os.path.join(world_tenants, name, "map", "all.xml")) for name in TENANTS}

    def leaks(self, data, tenant, rights, customers, thoroughly=False):
        """(pieces seen rightly, those that should not be there) in bytes for somebody; `customers` None: any of the tenant's."""
        rightly, wrongly = 0, []
        for token, owners in self.needles.find(data, thoroughly):
            if not owners:
                continue
            if any(who == tenant and (customers is None or n in customers) and rights and (part, column) in rights.clear and
                   (part, column) != NEVER for who, n, part, column in owners):
                rightly += 1
            else:
                wrongly.append((token, sorted(owners)[:3]))
        return rightly, wrongly


def spelt(value):
    """A value in each way that a leak might spell it, for tests of the oracle itself."""
    data = value.encode()
    yield from (data, quote(value, safe="").encode(), "".join(f"%{b:02x}" for b in data).encode(), json.dumps(value)[1:-1].encode(),
                "".join(f"\\u{ord(c):04x}" for c in value).encode(), "".join(f"&#{ord(c)};" for c in value).encode(), data.hex().encode(),
                data.hex().upper().encode())
    for before in (b"", b"x", b"xy"):
        yield base64.b64encode(before + data)
        yield base64.urlsafe_b64encode(before + data)
