"""Random requests that are no views: grants, contacts, purges, pops, warming, the web site, mappings, health, and mistakes."""
import functools
import json
import re

from rights.asks import JSON, USUAL, XML, Ask
from rights.made import AGENTS, CUSTOMERS, MASKS, TENANTS, member_of, phone_of

REASONS = ("calls back", "reads it back", "sends a parcel")


def act(method, target, scope, operation, body=None, statuses=(200,)):
    ask = Ask(method, target, scope, "act", operation, body if body is None else json.dumps(body))
    ask.statuses, ask.by_policy = set(statuses), False
    return ask


def unmask(asker, who):
    """A grant; the record has its reason."""
    draw = asker.draw
    classes = draw.sample([*MASKS, "nowhere"] if draw.random() < 0.1 else list(MASKS), draw.randint(1, 2))
    likely = sorted(who.rights.may_lift) if who.rights else []
    if likely and draw.random() < 0.7:
        classes = draw.sample(likely, min(len(likely), draw.randint(1, 2)))
    reason = draw.choice(REASONS)
    ask = act("POST", "/v1/unmask", "unmask", "/v1/unmask", {"classes": classes, "reason": reason})
    ask.by_policy, ask.reason = True, reason
    if not who.agent or not who.rights or not set(classes) <= who.rights.may_lift:
        ask.statuses, ask.reason = {403}, None
    else:
        ask.keep = functools.partial(keep_grant, asker, ask, classes, reason)
    return ask


def keep_grant(asker, ask, classes, reason, answer):
    who = ask.who
    asker.put(asker.grants, {"text": json.loads(answer.body)["grant"], "of": (*who.actor, who.purpose or USUAL), "reason": reason,
                             "classes": classes, "who": (who.credential, who.agent or None, who.purpose)})


def contact(asker, who):
    """A call begins; most are said by whose views need one."""
    draw, n = asker.draw, asker.draw.randint(1, CUSTOMERS)
    if not who.tenant or draw.random() < 0.1:
        ask = act("DELETE", f"/v1/contacts/{asker.name}-over-{asker.n}", "contacts", "/v1/contacts/{id}", None, (204,))
        ask.shaken = {503}
        return ask
    phone, agent = phone_of(who.tenant, n), draw.choice((*AGENTS, ""))
    name = f"{asker.name}-call-{asker.n}"
    ask = act("PUT", f"/v1/contacts/{name}", "contacts", "/v1/contacts/{id}",
              {"by": {"phone": phone}, "minutes": 1000, **({"agent": agent} if agent else {})})
    found = who.company.who_has("phone", phone)
    ask.shaken = {503}
    ask.keep = functools.partial(keep_contact, asker, ask, who.tenant, {"id": name, "by": ("phone", phone), "found": found, "agent": agent,
                                                                        "epoch": asker.epoch})
    return ask


def keep_contact(asker, ask, tenant, made, answer):
    if json.loads(answer.body)["resolved"] and not asker.is_shaken(ask):  # else it is not known with whom it is
        asker.put(asker.contacts.setdefault(tenant, []), made)


def purge(asker, who):
    """Copies are void; of the customers named the record tells."""
    draw, n = asker.draw, asker.draw.randint(1, CUSTOMERS)
    sealed, whose = asker.id(who)
    how = draw.choice(("erase", "customer", "part", "source", "nowhere", "member", "phone"))
    if how == "erase":
        ask = act("DELETE", f"/v1/customers/{sealed}", "erase", "/v1/customers/{id}", None, (200,) if whose else (404,))
        ask.subjects = (whose,) if whose else ()
    elif how == "customer":
        ask = act("DELETE", f"/v1/cache?customer={sealed}", "purge", "/v1/cache", None, (200,) if whose else (404,))
        ask.subjects = (whose,) if whose else ()
    elif how in ("part", "source", "nowhere"):
        what = {"part": "part=calls", "source": "source=crm", "nowhere": "part=nowhere"}[how]
        ask = act("DELETE", f"/v1/cache?{what}", "purge", "/v1/cache", None, (404,) if how == "nowhere" else (200,))
    else:
        tenant = who.tenant or TENANTS[0]
        value = {"member": member_of, "phone": phone_of}[how](tenant, n)
        ask = act("POST", "/v1/cache/purge", "purge", "/v1/cache/purge", {"by": {how: value}})
    ask.shaken = {503}
    return ask


def ring(asker, who):
    phone = phone_of(who.tenant or TENANTS[0], asker.draw.randint(1, CUSTOMERS))
    if asker.draw.random() < 0.5:
        ask = act("POST", "/v1/warm", "warm", "/v1/warm", {"by": [{"phone": phone}], "view": "pop"}, (202, 503))
        ask.by_policy = True
        return ask
    body = {"by": {"phone": phone}, "view": "pop"}
    return act("POST", f"/v1/agents/{asker.name}-nobody/pops", "pops", "/v1/agents/{agent}/pops", body, (202, 403, 503))


def web(asker, who):
    """The web team sees all visitors of its company, or nothing."""
    draw, (sealed, whose) = asker.draw, asker.id(who)
    t, n = TENANTS.index(who.tenant or TENANTS[0]) + 1, draw.randint(1, CUSTOMERS)
    other = t % 4 + 1
    operation, below, missing = draw.choice((
        ("/v1/web/sessions", "?limit=3", False), ("/v1/web/sessions", f"?limit=3&customer={sealed}", not whose),
        ("/v1/web/sessions/{id}", f"{t}{n:015}", False), ("/v1/web/sessions/{id}", f"{other}{n:015}", True),
        ("/v1/web/searches", "?limit=3", False), ("/v1/web/searches", "?group=term&since=2026-11-01T00:00:00Z", False),
        ("/v1/web/visitors/{visitor}/stitch", f"canaq{t}{n:03}v", False),
        ("/v1/web/visitors/{visitor}/stitch", f"canaq{other}{n:03}v", True), ("/v1/web/live", "", False)))
    target = re.sub("{.*}", below, operation) if "{" in operation else operation + below
    ask = Ask("GET", target, "web", "web", operation)
    ask.headers.append(("Accept", draw.choice(("application/json", "application/xml"))))
    ask.customers, ask.subjects = None, (whose,) if "customer=" in target and whose else ()
    if who.rights and who.company.web_class not in who.rights.show:
        ask.statuses = {403} | ({404} if missing else set())
    elif missing:
        ask.statuses = {404}
    return ask


def mapping(asker, _who):
    """What tells of no customer."""
    scope, (target, *statuses) = asker.draw.choice((
        *(("mappings", one) for one in (
            ("/v1/mappings", 200), ("/v1/mappings/none/all.xml", 404), ("/schema/view.xsd?view=pop", 200), ("/schema/view.schema.json", 200),
            ("/schema/routing.xsd", 200), ("/openapi.json", 200), ("/schema/view.xsd?view=nowhere", 404))),
        *((None, one) for one in (
            ("/livez", 200), ("/readyz", 200), ("/readyz?verbose", 200, 401), ("/schema/mapping-1.xsd", 200),
            ("/schema/web.schema.json", 200), ("/nowhere", 404), ("/v1/customers/", 404, 400)))))
    ask = Ask("GET", target, scope, "none", "")
    ask.statuses, ask.by_policy = set(statuses), False
    return ask


def malformed(asker, who):
    """A mistake in a question: nobody is looked for, and nothing goes on record but that somebody may not ask."""
    phone = phone_of(who.tenant or TENANTS[0], asker.draw.randint(1, CUSTOMERS))
    by = {"by": {"phone": phone}}
    entity = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><ask xmlns="urn:federator:ask:1"><by key="phone">&b;</by></ask>'
    status, method, target, text, content = asker.draw.choice((
        *((status, method, "/v1/customers" + below, None, "") for status, method, below in (
            (400, "GET", f"?phone={phone}&vieww=pop"), (400, "GET", f"?phone={phone}&view=nowhere"), (400, "GET", f"?phone={phone}%00"),
            (400, "GET", f"?phone={phone}&phone={phone}"), (400, "GET", f"?phone={phone}&fields=name,nowhere"), (400, "GET", "/..%2f.."),
            (422, "GET", "?phone=canaq1003e"), (405, "DELETE", f"?phone={phone}"))),
        *((status, method, "/v1/customers", text, content) for status, method, text, content in (
            (400, "QUERY", json.dumps(by)[:-1], JSON), (400, "QUERY", json.dumps({"by": by}), JSON), (400, "QUERY", entity, XML),
            (400, "QUERY", json.dumps({**by, "view": "' OR 1=1 --"}), JSON), (415, "QUERY", json.dumps(by), "text/plain"),
            (413, "QUERY", "x" * 70000, JSON), (405, "POST", json.dumps(by), JSON)))))
    ask = Ask(method, target, "view", "none", "", text, content)
    ask.statuses, ask.also = {status, 403}, {status} if who.tenant or status == 413 else set()
    if status == 405 or "%2f" in target:
        ask.scope = None
    return ask


def broken(asker, _who):
    """A head that is no head: what follows on the connection is not read."""
    ask = Ask("GET", "/v1/customers", None, "none", "")
    ask.headers = [asker.draw.choice((("Host", "again"), ("X-Nul", "a\0b"), ("X-Folded", "a\r\n b"), ("X-Long", 9000 * "x"), ("X Blank", "a"),
                                      ("Content-Length", "1\r\nContent-Length: 2"), ("Transfer-Encoding", "odd")))]
    ask.statuses, ask.closes, ask.by_policy = {400, 431, 501}, True, False
    return ask


MAKERS = ((4, unmask), (4, contact), (3, purge), (3, ring), (6, web), (4, mapping), (4, malformed), (0.3, broken))
