"""A client of many connections that are kept: asks in rounds, holds each answer against the oracle, and keeps books of all of them."""
import re
import select
import socket
import ssl
import xml.etree.ElementTree as ET

from rights import checks
from rights.books import Books

WAIT_S = 120
FAULTS_MOST = 5
UNDECIDED = re.compile(rb"urn:federator:problem:(contacts-unknown|not-purged)")
PROBLEM = re.compile(rb"urn:federator:problem:([a-z-]+)")


class Answer:
    def __init__(self, status, head, body):
        self.status, self.head, self.body = status, head, body

    def header(self, name):
        """The value, without the case of its letters; empty: there is none."""
        at = self.head.lower().find(b"\r\n" + name.encode() + b":")
        return b"" if at < 0 else self.head[at + len(name) + 3:self.head.index(b"\r\n", at + 2)].strip()


class Doors:
    """How a client reaches the service."""

    def __init__(self, ports, draw):
        self.ports, self.draw = ports, draw

    def kept(self, connections):
        """Those on which it asks again and again."""
        return [Connection(0, self.ports[0]) for _ in range(connections)]

    def shown(self):
        """Credentials that are certificates, and stay good."""
        return []

    def to(self, _credential):
        """One on which somebody may prove themselves by that credential."""
        return Connection(0, self.ports[0])


class Gone(Exception):
    """The connection was closed before the end of the answer; with what came of it."""

    def __init__(self, some):
        super().__init__(f"{len(some)} bytes of an answer")
        self.some = some


class Connection:
    """To a node. `shown`: the credential that its certificate is; `void`: nothing may be answered on it any more."""

    shown, void = None, False

    def __init__(self, node, port):
        self.node, self.port, self.socket, self.rest = node, port, None, b""

    def open(self):
        if not self.socket:
            self.socket = self.connect()
            self.rest = b""

    def connect(self):
        made = socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def is_dead(self):
        """Was it closed by the other side? Nothing is under way on it."""
        try:
            return self.has_more(0) and self.socket.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            return True

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def has_more(self, seconds):
        """Comes something, or the end, by then?"""
        return bool(select.select([self.socket], [], [], seconds)[0])

    def more(self):
        try:
            got = self.socket.recv(262144)
        except (ConnectionError, ssl.SSLError):
            got = b""
        if not got:
            raise Gone(self.rest)
        self.rest += got

    def read(self, ask):
        while b"\r\n\r\n" not in self.rest:
            self.more()
        answer, body = answer_of(self.rest)
        begin = len(self.rest) - len(body)
        length = answer.header("content-length")
        if length:
            needed = 0 if ask.method == "HEAD" or answer.status in (204, 304) else int(length)
            while len(self.rest) < begin + needed:
                self.more()
            answer.body, self.rest = self.rest[begin:begin + needed], self.rest[begin + needed:]
        elif answer.status not in (204, 304):
            answer.body, self.rest = self.to_end(begin), b""
        else:
            self.rest = body
        if answer.header("connection") == b"close" or ask.closes:
            self.close()
        return answer

    def to_end(self, begin):
        """Of a stream: all that comes."""
        try:
            while True:
                self.more()
        except Gone as gone:
            return gone.some[begin:]


def answer_of(some):
    """An answer whose head is there, and what came of its body."""
    head, body = some.split(b"\r\n\r\n", 1)
    return Answer(int(head[9:12]), head + b"\r\n", b""), body


def kind_of(ask, status, undecided=False):
    """As what an answer goes on record, as docs/audit.md says; None: not at all. `undecided`: Redis was not there to say."""
    if status in (401, 403, 429) or (status == 404 and ask.kind != "none"):
        return "denial"
    if ask.kind == "none" or undecided:
        return None
    if status < 400 or status == 409 or (status >= 500 and ask.kind == "view"):
        return {"stream": "listen", "web": "view"}.get(ask.kind, ask.kind)
    return None


class Tally:
    """What a run did."""

    def __init__(self):
        self.n = dict.fromkeys(("requests", "answered", "refused", "not_known", "repeated", "checked", "unmasked", "rightly",
                                "certified", "beside", "turned_away", "cut", "undecided", "across", "unheard"), 0)
        self.faults, self.wrong, self.leaked, self.by_status = [], 0, 0, {}

    def add(self, other):
        for of, more in ((self.n, other.n), (self.by_status, other.by_status)):
            for what, n in more.items():
                of[what] = of.get(what, 0) + n
        self.leaked += other.leaked
        self.wrong += other.wrong
        self.faults = (self.faults + other.faults)[:FAULTS_MOST]

    def fault(self, ask, answer, what):
        self.wrong += 1
        self.leaked += any(word.startswith("leak") for word in what)
        if len(self.faults) < FAULTS_MOST:
            self.faults.append(f"{ask.who.credential and ask.who.credential.name} {ask.who.actor} {ask.who.purpose} "
                               f"{ask.who.rights and sorted(ask.who.rights.show)}: {ask.raw()[:700]!r}\n  -> {answer.status} "
                               f"{answer.head[:500]!r} {answer.body[:1500]!r}\n  {what}")


def checked(ask, answer):
    try:
        return ask.check(answer)
    except (ValueError, LookupError, TypeError, ET.ParseError) as odd:
        return [f"not what an answer looks like: {odd!r}"]


def is_unrecorded(ask, answer):
    """The disk took no record in time: nothing was shown, and there may be one."""
    return b"problem:audit-unavailable" in answer.body or (answer.status == 503 and ask.method == "HEAD" and 503 not in ask.shaken)


def is_undecided(ask, answer):
    """Redis was not there to say which contacts go on, or to void copies; or the machine was too busy. Nothing was shown."""
    if answer.status != 503:
        return False
    return b"problem:overloaded" in answer.body or (503 in ask.shaken and (ask.method == "HEAD" or bool(UNDECIDED.search(answer.body))))


class Client:
    """`up`: an event that is set while the service has all its sources; with it the service may go at any moment, and comes again. It asks
    until `ending`, an event, is set."""

    def __init__(self, oracle, asker, doors, connections, ending, up=None):
        self.oracle, self.asker, self.tally = oracle, asker, Tally()
        self.books = [Books() for _ in doors.ports]  # by node
        self.doors, self.connections = doors, doors.kept(connections)
        self.draw, self.ids, self.ending, self.up = asker.draw, set(), ending, up
        self.lost = 0  # requests without an answer, which may be on record

    def judge(self, ask, answer, enter=None):
        """Hold it against the oracle. `enter` puts it in the books, by itself: of what a stream tells, that it stands is there already."""
        tally = self.tally
        tally.n["requests"] += 1
        if is_unrecorded(ask, answer):
            self.lost += 1
            if ask.stream and answer.status == 200 and not enter:
                self.enter(ask, Answer(200, answer.head, b""))
            return
        tally.by_status[answer.status] = tally.by_status.get(answer.status, 0) + 1
        allowed = ask.statuses | (ask.shaken if self.asker.is_shaken(ask) else set())
        undecided = is_undecided(ask, answer)
        wrong = [] if undecided or answer.status in allowed else [f"{answer.status} instead of {sorted(allowed)}"]
        told = answer.status == 200
        rightly, leaks = self.oracle.leaks(answer.head + b"\r\n" + answer.body, ask.who.tenant, ask.who.rights,
                                           ask.customers if told else (), self.draw.random() < 0.001)
        wrong += [f"leak: {token!r} of {owners}" for token, owners in leaks]
        tally.n["rightly"] += rightly
        if told and not wrong and ask.method != "HEAD":
            wrong += checked(ask, answer)
            tally.n["checked"] += ask.check is not checks.nothing
            if ask.keep and not wrong:
                ask.keep(answer)
        tally.n["answered"] += told
        tally.n["certified"] += told and bool(ask.shown)
        tally.n["beside"] += told and ask.beside
        tally.n["undecided"] += undecided
        tally.n["refused"] += answer.status == 403
        tally.n["not_known"] += answer.status == 401
        tally.n["unmasked"] += told and ask.kind == "view" and bool(ask.reason)
        if ask.repeats:
            request_id = answer.header("x-request-id")
            tally.n["repeated"] += request_id in self.ids
            self.ids.add(request_id)
        if wrong:
            tally.fault(ask, answer, wrong)
        (enter or self.enter)(ask, answer)

    def enter(self, ask, answer):
        """What of it must be on record."""
        kind, status, books = kind_of(ask, answer.status, is_undecided(ask, answer)), answer.status, self.books[ask.node]
        if kind == "denial" and status == 401:
            books.enter_stranger()
        elif kind:
            shown = status < 400 and kind != "listen"
            rule = PROBLEM.search(answer.body) if kind == "denial" else None
            books.enter((answer.header("x-request-id").decode(), ask.who.proof), status, kind, ask.who.actor, rule and rule[1].decode(),
                        ask.reason if shown else None, ask.subjects if shown else (), shown and ask.outcome == "none")
        if ask.stream and status == 200:
            self.enter_stream(ask, answer)

    def enter_stream(self, ask, answer):
        """Beside that somebody listens, whom the stream showed."""
        events = list(checks.events_of(answer.body))
        problem = next((data for event, data in events if event == "problem"), None)
        status = problem["status"] if problem else 200
        kind = "denial" if status in (401, 403, 404, 429) else "view"
        rule = problem["type"].rsplit(":", 1)[1] if kind == "denial" else None
        if len(events) > 1:
            self.books[ask.node].enter((events[0][1]["id"], ask.who.proof), status, kind, ask.who.actor, rule, None,
                                       ask.subjects if kind == "view" else (), kind == "view" and ask.outcome == "none")

    def lose(self, connection, ask, some):
        """The service was killed: what came of the answer is in the books, and whatever was under way may be on record. Of what was asked
        with a certificate that has to be shown again nothing may be."""
        if not some and connection.void:
            self.tally.n["cut"] += 1
            connection.close()
            return
        self.lost += 1
        if not self.up:
            self.tally.faults.append(f"no answer to {ask.raw()[:300]!r}: {some[:300]!r}")
        if b"\r\n\r\n" in some:
            answer, answer.body = answer_of(some)
            self.enter(ask, answer)
        elif len(some) >= 12 and ask.request_id:
            self.enter(ask, Answer(int(some[9:12]), f"\r\nX-Request-Id: {ask.request_id}\r\n".encode(), b""))

    # ---- asking ----

    def ready(self):
        """All connections stand, to one and the same service."""
        while not self.ending.is_set():
            if self.up and not self.up.wait(1):
                continue
            try:
                for connection in self.connections:
                    connection.open()
            except ConnectionError:
                if not self.up:
                    raise
                continue
            if not any(connection.is_dead() for connection in self.connections):
                return True
            self.begin_anew()
        return False

    def begin_anew(self):
        self.close()
        if self.up:
            self.asker.forget()

    def round(self):
        """Each connection asks one thing. False: it is the end."""
        asked, lost = [], self.lost
        if not self.ready():
            return False
        for connection in self.connections:
            ask = self.asker.make(connection.shown)
            ask.node = connection.node
            try:
                connection.socket.sendall(ask.raw())
            except OSError:
                self.lose(connection, ask, b"")
                continue
            asked.append((connection, ask, connection.void))
        for connection, ask, void in asked:
            try:
                answer = connection.read(ask)
            except Gone as gone:
                self.lose(connection, ask, gone.some)
                continue
            if void and (ask.stream or not ask.closes):  # a head that is no head is refused before anybody looks who it is of
                self.tally.fault(ask, answer, ["answered though the certificate has to be shown again"])
            if ask.stream and answer.status == 200 and not checks.is_over(answer.body):
                self.lose(connection, ask, answer.head + b"\r\n" + answer.body)
            else:
                self.judge(ask, answer)
        if self.lost > lost:
            self.begin_anew()
        return True

    def close(self):
        for connection in self.connections:
            connection.close()
