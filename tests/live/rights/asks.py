"""Random requests of random callers, each with the statuses that the oracle allows and a check of its answer."""
import copy
import functools
import json
from urllib.parse import quote

from rights import checks
from rights.made import (AGENTS, CONTACTS, CRM, CUSTOMERS, LIMITED, PURPOSES, SHARED, TENANTS, member_of, person, phone_of)

USUAL = "service"  # the purpose of who names none
JSON, XML = "application/json", "application/xml"
REPEATED = 20  # requests that are sent again and again
FEW = 400  # ids, grants and contacts that are remembered at most


class Who:
    """Who asks, as far as an answer depends on it."""

    def __init__(self, oracle, credential, agent, purpose, lifted=()):
        self.credential, self.purpose = credential, purpose
        self.agent = credential.agent or agent or "" if credential else ""
        self.tenant = credential.tenant if credential else None
        self.role = credential.role if credential else ""
        self.company = oracle.companies.get(self.tenant)
        self.rights = self.company.rights(self.role, purpose or USUAL, frozenset(lifted)) if self.company else None

    @property
    def proof(self):
        return self.credential.proof if self.tenant else ""

    @property
    def actor(self):
        """As the record names them."""
        return (self.tenant or "?", self.credential.client if self.tenant else "", self.agent if self.tenant else "", self.role)


class Ask:
    """A request and what must come of it."""

    def __init__(self, method, target, scope, kind, operation, body=None, content=JSON):
        self.method, self.target, self.scope, self.kind, self.operation = method, target, scope, kind, operation
        self.body, self.content = body, content
        self.headers = []
        self.statuses, self.also = {200}, set()
        self.check = checks.nothing
        self.customers = ()  # whose values may be told; None: any of the tenant's
        self.subjects = ()  # whom the record names
        self.outcome = self.reason = None
        self.by_policy = True  # refused where no policy names role and purpose
        self.stream = self.closes = False
        self.keep = None  # called with the answer, for what later requests may use
        self.who = self.request_id = None
        self.node, self.shown = 0, None  # whom it is asked; the credential whose certificate proves who asks
        self.beside = False  # a key or token of one company, by who shows the certificate of another one
        self.shaken, self.epoch = set(), None  # what it may be answered besides, when Redis was troubled since then
        self.repeats = False

    def raw(self):
        body = self.body.encode() if isinstance(self.body, str) else self.body
        lines = [f"{self.method} {self.target} HTTP/1.1", "Host: rights", *(f"{name}: {value}" for name, value in self.headers)]
        if body is not None:
            lines += [f"Content-Type: {self.content}", f"Content-Length: {len(body)}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + (body or b"")


def any_of(draw, *weighted):
    """One of ((weight, what), ...)."""
    return draw.choices([what for _, what in weighted], [weight for weight, _ in weighted])[0]


class Asker:
    """Makes requests, and remembers what answers brought. `trouble`: a number that two processes share, odd while Redis is troubled."""

    def __init__(self, oracle, credentials, draw, name, more=(), trouble=None):
        self.oracle, self.draw, self.name, self.trouble, self.epoch = oracle, draw, name, trouble, 0
        good = [c for c in credentials if c.good]
        self.good = [c for c in good if c.tenant != LIMITED] + [c for c in good if c.tenant == LIMITED][:3]
        self.bad = [c for c in credentials if not c.good]
        self.ids, self.grants, self.contacts, self.asked = {t: [] for t in TENANTS}, [], {}, []
        self.n = 0
        self.more = [(weight, functools.partial(maker, self)) for weight, maker in more]

    def forget(self):
        """The service was begun anew: contacts in its memory are gone."""
        self.contacts, self.asked = {}, []

    # ---- what becomes of Redis ----

    def look(self):
        """Contacts are gone where Redis was lost."""
        epoch = self.trouble.value if self.trouble else 0
        if epoch != self.epoch and epoch % 2 == 0:
            self.contacts = {}
        self.epoch = epoch

    def is_shaken(self, ask):
        epoch = self.trouble.value if self.trouble else 0
        return epoch % 2 == 1 or epoch != ask.epoch

    # ---- who ----

    def who(self, shown):
        """`shown`: by a certificate. A key or token that is sent besides goes before it, be it of another company, or no good."""
        draw = self.draw
        credential = any_of(draw, (86, draw.choice(self.good)), (9, draw.choice(self.bad)), (5, shown))
        if shown and draw.random() < 0.6:
            credential = shown
        agent = draw.choice((*AGENTS, None))
        if credential and credential.agent and draw.random() < 0.97:
            agent = draw.choice((credential.agent, None))
        purpose = any_of(draw, (40, None), (55, draw.choice(PURPOSES)), (5, "theft"))
        return credential, agent, purpose

    # ---- what is asked ----

    def key(self, who, flat=False):
        """A key of somebody, or of nobody: its name, its value, and who has it."""
        draw, n = self.draw, self.draw.randint(1, CUSTOMERS)
        tenant = any_of(draw, (85, who.tenant), (15, draw.choice(TENANTS))) or draw.choice(TENANTS)
        name = draw.choice(("phone", "email") if flat else ("phone", "phone", "email", "member"))
        value = {"phone": phone_of, "member": member_of, "email": lambda t, n: person(t, n)["email"]}[name](tenant, n)
        if draw.random() < 0.05:
            value = {"phone": "010-1234-0000", "member": "739", "email": "nobody@post.example"}[name]
        return name, value, who.company.who_has(name, value) if who.company else []

    def view(self, who):
        view = self.draw.choice(("pop", "pop", "some", "full"))
        fields = None
        if self.draw.random() < 0.1 and who.company:
            of = [path for path, _, _ in who.company.views[view] if path in CRM]
            fields = self.draw.sample(of, 2)
        return view, fields

    def view_by_key(self, who):
        (name, value, found), (view, fields), draw = self.key(who), self.view(who), self.draw
        how = draw.choice(("QUERY", "POST", "GET", "XML"))
        if how == "GET":
            target = f"/v1/customers?view={view}&{name}={quote(value)}" + (f"&fields={','.join(fields)}" if fields else "")
            ask = Ask("GET", target, "view", "view", "/v1/customers")
        elif how == "XML":
            extra = f"<fields>{','.join(fields)}</fields>" if fields else ""
            ask = Ask("QUERY", "/v1/customers", "view", "view", "/v1/customers",
                      f'<ask xmlns="urn:federator:ask:1"><by key="{name}">{value}</by><view>{view}</view>{extra}</ask>', XML)
        else:
            body = {"by": {name: value}, "view": view, **({"fields": ",".join(fields)} if fields else {})}
            if draw.random() < 0.2:
                body["provenance"] = "full"
            path = "/v1/customers" if how == "QUERY" else "/v1/customers/lookup"
            ask = Ask(how, path, "view", "view", path, json.dumps(body))
        return self.of_customers(ask, who, view, found, fields, (name, value))

    def id(self, who):
        """A sealed id of one's own, of another tenant, or none at all: the id, and whose it is to who asks."""
        draw, tenant = self.draw, who.tenant
        if draw.random() < 0.12 or not tenant:
            tenant = draw.choice(TENANTS)
        known = self.ids[tenant]
        if not known or draw.random() < 0.04:
            return draw.choice(("c.none", "c." + 80 * "A", phone_of(TENANTS[0], 3), "u.abc", "canaq")), None
        n, text = draw.choice(known)
        if draw.random() < 0.03:
            return text[:-1] + ("A" if text[-1] != "A" else "E"), None
        return text, n if tenant == who.tenant else None

    def view_by_id(self, who):
        sealed, n = self.id(who)
        view, fields = self.view(who)
        below, method = any_of(self.draw, (5, ("", "GET")), (1, ("", "HEAD")), (1, ("/timeline", "GET")), (1, ("/explain", "GET")),
                               (1, ("/refresh", "POST")))
        view, fields = ("full", None) if below == "/timeline" else (view, fields)
        target = f"/v1/customers/{sealed}{below}?view={view}" + (f"&fields={','.join(fields)}" if fields else "")
        ask = Ask(method, target, "view", "view", "/v1/customers/{id}" + below)
        self.of_customers(ask, who, view, [n] if n else [], fields, None)
        if below == "/timeline":
            ask.check = functools.partial(checks.timeline_answer, checks.Seen(who, view, ask.customers)) if n else checks.nothing
        elif below == "/explain":
            ask.check = checks.nothing
        return self.by_id(ask, n)

    @staticmethod
    def by_id(ask, n):
        if not n:
            ask.statuses = {404} if ask.statuses == {200} else ask.statuses | {404}
            ask.customers, ask.outcome, ask.subjects = (), None, ()
        return ask

    def export(self, who):
        sealed, n = self.id(who)
        ask = Ask("GET", f"/v1/customers/{sealed}/export", "export", "view", "/v1/customers/{id}/export")
        self.of_customers(ask, who, "pop", [n] if n else [], None, None)
        ask.check = functools.partial(checks.export_answer, checks.Seen(who, "pop", ask.customers))
        return self.by_id(ask, n)

    def stream(self, who):
        sealed, n = self.id(who)
        ask = Ask("GET", f"/v1/customers/{sealed}/stream?view=pop", "view", "stream", "/v1/customers/{id}/stream")
        ask.stream, ask.closes, ask.by_policy = True, True, False
        ask.statuses = {403} if who.tenant == CONTACTS else {200}
        ask.customers = ask.subjects = [n] if n else []
        ask.check = functools.partial(checks.stream_answer, checks.Seen(who, "pop", ask.customers))
        return ask

    def of_customers(self, ask, who, view, found, fields, by):
        """What a view of these customers must be like."""
        draw, xml = self.draw, self.draw.random() < 0.2
        seen = checks.Seen(who, view, found, fields)
        ask.customers, ask.subjects, ask.outcome, ask.check = found, found, seen.outcome, seen.view_answer
        ask.headers.append(("Accept", XML if xml else "*/*"))
        if by and draw.random() < 0.08:
            ask.headers.append(("Prefer", "handling=strict"))
            ask.statuses = {{"none": 404, "one": 200, "many": 409}[seen.outcome]}
        control = any_of(draw, (80, None), (5, "no-cache"), (5, "only-if-cached"), (5, "max-stale"), (5, "no-store"))
        if control:
            ask.headers.append(("Cache-Control", control))
        if control == "only-if-cached":
            ask.statuses = ask.statuses | {504}
        if draw.random() < 0.03 and ask.method in ("GET", "HEAD"):
            ask.headers.append(("If-None-Match", "*"))
            ask.statuses = ask.statuses | {304}
        if who.tenant == CONTACTS:
            self.with_contact(ask, who, found, by)
        if len(found) == 1 and not xml and not ask.method == "HEAD" and ask.statuses == {200}:
            ask.keep = functools.partial(self.keep_id, who.tenant, found[0])
        return ask

    def keep_id(self, tenant, n, answer):
        sealed = json.loads(answer.body).get("id")
        if sealed:
            self.put(self.ids[tenant], (n, sealed))

    def put(self, of, one):
        if len(of) < FEW:
            of.append(one)
        else:
            of[self.draw.randrange(FEW)] = one

    def with_contact(self, ask, who, found, by):
        """Views of this tenant need a live contact of the agent with the customers."""
        draw = self.draw
        live = self.contacts.get(who.tenant, [])
        fit = [c for c in live if by == c["by"] or (found and set(found) <= set(c["found"]) and (not by or by[0] == "member"))]
        contact = draw.choice(fit or live) if live and draw.random() < 0.8 else None
        good = contact in fit and contact["agent"] in ("", who.agent)
        if contact or draw.random() < 0.5:
            ask.headers.append(("X-Contact", contact["id"] if contact else "never"))
        ask.shaken = {403, 503}
        if not good:
            ask.statuses = {403}
        elif contact["epoch"] != self.epoch:
            ask.epoch = contact["epoch"]

    def flat(self, who):
        name, value, found = self.key(who, flat=True)
        if self.draw.random() < 0.3:
            ask = Ask("QUERY", "/v1/routing", "routing", "view", "/v1/routing", json.dumps({"by": {name: value}}))
            shape = "json"
        else:
            shape = self.draw.choice(("json", "json", "form", "text", "xml"))
            ask = Ask("GET", f"/v1/routing?format={shape}&{name}={quote(value)}", "routing", "view", "/v1/routing")
        return self.of_flat(ask, who, "routing", found, checks.flat_answer if shape == "json" else None)

    def caller_name(self, who):
        value = phone_of(who.tenant or TENANTS[0], self.draw.randint(1, CUSTOMERS))
        ask = Ask("GET", f"/v1/cnam/{value}", "routing", "view", "/v1/cnam/{number}")
        found = who.company.who_has("phone", value) if who.company else []
        return self.of_flat(ask, who, "cnam", found, checks.name_answer)

    @staticmethod
    def of_flat(ask, who, view, found, check):
        seen = checks.Seen(who, view, found)
        ask.customers = ask.subjects = found if len(found) == 1 else []  # of several it says how many they are
        ask.outcome = seen.outcome
        if check:
            ask.check = functools.partial(check, seen)
        return ask

    # ---- again, and all together ----

    def dress(self, ask, credential, agent, purpose):
        """Its head, and what its credential leaves of the statuses."""
        draw = self.draw
        if credential and credential.proof != "certificate":
            way = draw.choice(("X-API-Key", "Authorization")) if "." in credential.text[:13] else "Authorization"
            ask.headers.append((way, credential.text if way == "X-API-Key" else f"Bearer {credential.text}"))
        if agent:
            ask.headers.append(("X-Agent", agent))
        if purpose:
            ask.headers.append(("X-Purpose", purpose))
        several = credential and credential.good and draw.random() < 0.005
        if several:
            ask.headers.append(("X-API-Key", self.good[0].text))
            ask.headers.append(("X-API-Key", self.good[1].text))
        who = ask.who
        if ask.scope is None:
            return
        if several or (who.tenant and agent and credential.agent not in ("", agent)):
            ask.statuses = {400}
        elif not who.tenant:
            ask.statuses = {401}
        elif ask.scope not in credential.scopes:
            ask.statuses = {403}
        elif ask.by_policy and not who.rights.known:
            ask.statuses = {403} | (ask.statuses & {404})
        if who.tenant == LIMITED and who.agent and ask.statuses != {400}:
            ask.statuses = ask.statuses | {429}
        ask.statuses = ask.statuses | ask.also

    def alike(self, shown):
        """The very same bytes whoever shows a certificate, by a number that customers of all tenants have."""
        who = Who(self.oracle, shown, None, None)
        phone = phone_of(TENANTS[0], SHARED)
        found = who.company.who_has("phone", phone) if who.company else []
        ask = Ask("GET", f"/v1/customers?view=pop&phone={phone}", "view", "view", "/v1/customers")
        seen = checks.Seen(who, "pop", found)
        ask.customers, ask.subjects, ask.outcome, ask.check = found, found, seen.outcome, seen.view_answer
        if who.tenant == CONTACTS:
            ask.statuses = {403}
        ask.who, ask.shown, ask.repeats, ask.epoch = who, shown, shown.good, self.epoch
        self.dress(ask, shown, None, None)
        return ask

    def make(self, shown=None):
        """The next request, on a connection whose certificate is that credential."""
        draw = self.draw
        self.look()
        if shown and draw.random() < 0.1:
            return self.alike(shown)
        fit = [ask for ask in self.asked if ask.shown in (None, shown)]
        if fit and draw.random() < 0.15:
            return copy.copy(draw.choice(fit))
        credential, agent, purpose = self.who(shown)
        grant = None
        if self.grants and draw.random() < 0.08:
            grant = draw.choice(self.grants)
            if draw.random() < 0.8 and grant["who"][0] in (shown, *self.good):
                credential, agent, purpose = grant["who"]
        who = Who(self.oracle, credential, agent, purpose)
        mine = grant and grant["of"] == (*who.actor, purpose or USUAL)
        if mine:
            who = Who(self.oracle, credential, agent, purpose, grant["classes"])
        maker = self.view_by_key if grant else any_of(
            draw, (30, self.view_by_key), (22, self.view_by_id), (8, self.flat), (6, self.caller_name), (1, self.export), (1, self.stream),
            *self.more)
        ask = maker(who)
        ask.who, ask.epoch = who, self.epoch if ask.epoch is None else ask.epoch
        ask.shown = credential if credential and credential.proof == "certificate" else None
        ask.beside = bool(shown and shown.tenant and who.tenant not in (None, shown.tenant))
        if grant:
            ask.headers.append(("X-Unmask", grant["text"]))
            ask.reason = grant["reason"] if mine else None
            ask.statuses = ask.statuses if mine else {403}
        self.dress(ask, credential, agent, purpose)
        self.name_it(ask, credential)
        return ask

    def name_it(self, ask, credential):
        """Some come without an id of their own, and then the very same again."""
        self.n += 1
        plain = ask.kind == "view" and ask.method in ("GET", "QUERY") and not ask.reason and credential and credential.good
        if plain and self.draw.random() < 0.1:
            ask.repeats = True
            self.asked = [*self.asked[-REPEATED:], ask]
            return
        ask.request_id = f"{self.name}-{self.n}"
        ask.headers.append(("X-Request-Id", ask.request_id))

