"""What clients were answered against what is on record: every answer has its record, and every record its answer."""
import glob
import json
import os

KINDS = {"view": "views", "denial": "denials", "act": "acts", "listen": "listens"}
TOLD = 8  # differences of a kind that are named


def lines_of(directory):
    """All records that are there; a torn line is none."""
    for path in sorted(glob.glob(os.path.join(directory, "audit-*.jsonl"))):
        with open(path, "rb") as f:
            for line in f:
                try:
                    yield json.loads(line)
                except ValueError:
                    continue


def person_of(line):
    return tuple(line.get(name, "") for name in ("tenant", "client", "agent", "role"))


def add(of, key, n=1):
    of[key] = of.get(key, 0) + n


class Books:
    """`answers`: ((name of the request or pop, proof of who asks), status, kind) -> how often; strangers; and by person what a month of
    the record tells. `wordless` are denials whose rule the client was not told: answers to HEAD."""

    def __init__(self):
        self.answers, self.actors, self.rules, self.reasons = {}, {}, {}, {}
        self.strangers = self.wordless = self.starts = 0

    def enter_stranger(self, n=1):
        self.strangers += n
        add(self.rules, "unauthenticated", n)

    def enter(self, name, status, kind, actor, rule=None, reason=None, customers=(), nobody=False):
        add(self.answers, (name, status, kind))
        of = self.actors.setdefault(actor, {"seen": set()})
        add(of, KINDS[kind])
        if rule:
            add(self.rules, rule)
        self.wordless += kind == "denial" and not rule
        if reason:
            add(of, "unmasked")
            add(self.reasons, (*actor, reason))
        add(of, "nobody", int(nobody))
        add(of, "shown", len(customers))
        of["seen"].update(customers)

    def add(self, other):
        """Those of another client, too."""
        for mine, theirs in ((self.answers, other.answers), (self.rules, other.rules), (self.reasons, other.reasons)):
            for key, n in theirs.items():
                add(mine, key, n)
        for actor, theirs in other.actors.items():
            mine = self.actors.setdefault(actor, {"seen": set()})
            mine["seen"] |= theirs["seen"]
            for what, n in theirs.items():
                if what != "seen":
                    add(mine, what, n)
        self.strangers += other.strangers
        self.wordless += other.wordless


def of_record(directory):
    """The same of what is on record."""
    books = Books()
    for line in lines_of(directory):
        kind = line["kind"]
        if kind not in KINDS:
            books.starts += kind == "start"
            books.enter_stranger(line.get("left_out", 0))
        elif line.get("status") == 401 and "client" not in line:
            books.enter_stranger(1 + line.get("left_out", 0))
        else:
            actor = person_of(line)
            rule = line.get("rule") if kind == "denial" else None
            books.enter((line.get("request_id") or line["pop"], line["proof"]), line.get("status", 200), kind, actor, rule, line.get("reason"),
                        line.get("subjects", ()), kind == "view" and line.get("outcome") == "none")
    return books


def surplus(more, less):
    """What the one has more often than the other: key -> how many times."""
    return {key: n - less.get(key, 0) for key, n in more.items() if n > less.get(key, 0)}


def are_same(asked, record):
    """Also of what was under way."""
    return asked.answers == record.answers and asked.strangers == record.strangers


def compare(asked, record, lost=0):
    """What is wrong, in words. `lost`: requests that were under way when the service was killed, which may have a record or not."""
    unrecorded, unanswered = surplus(asked.answers, record.answers), surplus(record.answers, asked.answers)
    wrong = [f"answered and not on record: {key}" for key in list(unrecorded)[:TOLD]]
    if sum(unanswered.values()) > lost:
        wrong += [f"on record and not answered: {key}" for key in list(unanswered)[:TOLD]]
    if record.strangers > asked.strangers + lost or (lost == 0 and record.strangers < asked.strangers):
        wrong.append(f"{asked.strangers} strangers were answered, {record.strangers} are on record")
    return wrong


def compare_months(asked, reports):
    """The same of what `audit report --json` says; when the month has changed meanwhile there are two, and nothing is compared."""
    return compare_month(asked, reports[0]) if len(reports) == 1 else []


def compare_month(asked, report):
    wrong = []
    got = {person_of(a): a for a in report["actors"]}
    strangers = got.pop(("?", "", "", ""), {}).get("denials", 0)
    for actor in set(got) | set(asked.actors):
        of = asked.actors.get(actor, {"seen": ()})
        wanted = {what: of.get(what, 0) for what in (*KINDS.values(), "nobody", "shown", "unmasked")}
        wanted["customers"] = len(of["seen"])
        mine = {what: got.get(actor, {}).get(what, 0) for what in wanted}
        if wanted != mine:
            wrong.append(f"{actor}: {mine} instead of {wanted}")
    if strangers != asked.strangers:
        wrong.append(f"strangers: {strangers} instead of {asked.strangers}")
    rules = {one["rule"]: one["n"] for one in report["denials"]}
    if any(asked.rules.get(rule, 0) > n for rule, n in rules.items()) or not set(asked.rules) <= set(rules) or \
            sum(rules.values()) != sum(asked.rules.values()) + asked.wordless:
        wrong.append(f"denials: {rules} instead of {asked.rules} and {asked.wordless} to HEAD")
    reasons = {(*person_of(one), one["reason"]): one["n"] for one in report["unmasked"]}
    if reasons != asked.reasons:
        wrong.append(f"reasons: {reasons} instead of {asked.reasons}")
    return wrong
