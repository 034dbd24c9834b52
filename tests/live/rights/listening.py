"""What comes to who listens: a call rings at an agent's console, whose role says what it is told; and who is on the web site now."""
import json

from rights import checks
from rights.asks import Ask, Who
from rights.client import Gone, answer_of
from rights.made import CUSTOMERS, LIMITED, ON_SITE, PURPOSES, phone_of

PATTERN = "/v1/agents/{agent}/pops"
PATIENCE_S, TROUBLED_S = 10, 1  # for a pop that is rung at another node: it may be lost, most often when Redis is troubled


def listeners(client):
    """Who may listen for a while: no persons, and nobody whose requests are few."""
    return [c for c in (*client.asker.good, *client.doors.shown()) if c.tenant != LIMITED and c.proof != "token"]


def made(client, connection, ask, credential, purpose):
    """The request as that credential sends it."""
    asker = client.asker
    asker.n += 1
    asker.look()
    ask.shown = credential if credential.proof == "certificate" else None
    ask.who, ask.epoch, ask.node = Who(asker.oracle, credential, None, purpose), asker.epoch, connection.node
    ask.request_id = f"{asker.name}-{asker.n}"
    ask.headers.append(("X-Request-Id", ask.request_id))
    asker.dress(ask, credential, None, purpose)
    return ask


def listen(client, connection, ask):
    """Does the stream stand? What is refused is held against the oracle as every answer."""
    connection.open()
    connection.socket.sendall(ask.raw())
    while b"\r\n\r\n" not in connection.rest:
        connection.more()
    answer, _ = answer_of(connection.rest)
    if answer.status == 200:
        client.enter(ask, answer)
        return True
    client.judge(ask, connection.read(ask))
    return False


def is_silent(client, connection, ask):
    """Does nothing come of a pop that was rung at another node?"""
    waits = PATIENCE_S // TROUBLED_S
    while b"\nevent: " not in connection.rest:
        if connection.has_more(TROUBLED_S):
            connection.more()
        elif client.asker.is_shaken(ask) or waits == 0:
            return True
        waits -= 1
    return False


def heard(client, connection, ask, found):
    """What the stream tells of the pop, to its end."""
    while not checks.is_over(connection.rest) or not connection.rest.endswith(b"\n\n"):
        connection.more()
    answer, answer.body = answer_of(connection.rest)
    seen = checks.Seen(ask.who, "pop", found)
    ask.check = lambda answer: seen.json(checks.told(checks.events_of(answer.body)))
    ask.customers, ask.subjects, ask.outcome = found, found, seen.outcome
    client.judge(ask, answer, client.enter_stream)


def on_site(client):
    """The web team's stream tells of all visitors who are there, and the record that somebody listens."""
    listener = client.draw.choice([c for c in listeners(client) if "web" in c.scopes])
    stream = client.doors.to(listener)
    ask = Ask("GET", "/v1/web/live?minutes=1440", "web", "stream", "/v1/web/live")
    ask.stream, ask.customers = True, None
    ask.headers.append(("Accept", "text/event-stream"))
    purpose = client.draw.choice(PURPOSES)
    who = Who(client.oracle, listener, None, purpose)
    if who.company.web_class not in who.rights.show:
        ask.statuses = {403}
    made(client, stream, ask, listener, purpose)
    try:
        if listen(client, stream, ask):
            while stream.rest.count(b"event: session\n") < ON_SITE or not stream.rest.endswith(b"\n\n"):
                stream.more()
            answer, answer.body = answer_of(stream.rest)
            client.judge(ask, answer, lambda *_: None)
    except Gone as gone:
        client.tally.faults.append(f"a stream of the web site was cut: {gone}")
    finally:
        stream.close()


def ring(client):
    """A call rings where somebody listens."""
    draw, asker = client.draw, client.asker
    able = [c for c in listeners(client) if "pops" in c.scopes]
    listener = draw.choice(able)
    ringer = draw.choice([c for c in able if c.tenant == listener.tenant])
    agent = f"{asker.name}-{asker.n}"
    phone = phone_of(listener.tenant, draw.randint(1, CUSTOMERS))
    console, pbx = client.doors.to(listener), client.doors.to(ringer)
    try:
        ask = made(client, console, Ask("GET", f"/v1/agents/{agent}/pops", "pops", "stream", PATTERN), listener, draw.choice(PURPOSES))
        ask.stream = True
        if not listen(client, console, ask):
            return
        pop = Ask("POST", f"/v1/agents/{agent}/pops", "pops", "act", PATTERN, json.dumps({"by": {"phone": phone}, "view": "pop"}))
        pop.statuses, pop.by_policy = {202, 403}, False
        made(client, pbx, pop, ringer, None)
        pbx.open()
        pbx.socket.sendall(pop.raw())
        answer = pbx.read(pop)
        client.judge(pop, answer)
        if answer.status != 202:
            return
        across = console.node != pbx.node
        if across and is_silent(client, console, pop):
            client.lost += 1  # it may come yet, and be on record
            client.tally.n["unheard"] += 1
            return
        if not across and json.loads(answer.body)["streams"] != 1:
            client.tally.fault(pop, answer, ["the stream of the agent is another one's"])
            return
        heard(client, console, ask, ask.who.company.who_has("phone", phone))
        client.tally.n["across"] += across
    except Gone as gone:
        client.tally.faults.append(f"a stream or a pop was cut: {gone}")
    finally:
        console.close()
        pbx.close()
