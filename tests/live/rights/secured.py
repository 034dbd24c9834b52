"""Clients over TLS, with and without certificates: good ones, those that no key maps to, and those that must not be let in."""
import os
import shutil
import ssl

from pki import Authority
from rights.client import Connection, Doors, Gone
from rights.made import AGENTS, LIMITED, ROLES, SCOPES, TENANTS, Credential, phone_of
from support import federator

AGAIN = 0.02  # so many of the connections are begun anew behind an answer
NAMES = "DNS:localhost,IP:127.0.0.1"
ALERTS = {"of an unknown authority": "UNKNOWN_CA", "expired": "CERTIFICATE_EXPIRED", "not begun": "CERTIFICATE_EXPIRED",
          "of a server": "BAD_CERTIFICATE", "revoked": "CERTIFICATE_REVOKED"}
LIST_DAYS = 5  # for which the first list is good; the next ones are good for longer, each for a day more


class Certificates:
    """Of a world. `good` and `unmapped` are credentials; `lent` are revoked in turn; `refused`: why -> a certificate and its key."""

    def __init__(self, directory, keys, draw):
        self.authority = Authority(os.path.join(directory, "clients"), "an authority of clients")
        self.other = Authority(os.path.join(directory, "strangers"), "an authority of clients")
        self.ours = Authority(os.path.join(directory, "services"), "an authority of services")
        self.service = self.ours.sign("localhost", NAMES)
        self.lists, self.keys = os.path.join(directory, "revoked.pem"), keys
        self.good, self.lent = [], []
        for tenant in TENANTS:
            roles = (ROLES[0],) if tenant == LIMITED else (ROLES[0], draw.choice(ROLES[1:]))
            self.good += [self.mapped(f"shown-{role}", tenant, role, SCOPES) for role in roles]
            self.good.append(self.mapped("shown-few", tenant, draw.choice(ROLES[:3]), draw.sample(SCOPES, 5)))
            self.lent.append(self.mapped("lent", tenant, ROLES[0], SCOPES))
        self.unmapped = list(self.make_unmapped())
        self.refused = self.make_refused()
        self.revoke(0)

    def entry(self, client, tenant, role, scopes):
        """One of the key file: the name that its certificate has, and its id."""
        name = f"{client}.{tenant}.example"
        return name, federator("keys", "add", "--keys", self.keys, "--client", client, "--role", role, "--tenant", tenant, "--scopes",
                               ",".join(scopes), "--certificate", name).stdout.strip()

    def mapped(self, client, tenant, role, scopes):
        """Its certificate has the name of an entry of the key file, as a DNS name or as its common name."""
        name, _ = self.entry(client, tenant, role, scopes)
        made = Credential(name, None, tenant, client, role, scopes, "", "certificate")
        made.pair = self.signed(name, len(self.good) % 2)
        return made

    def signed(self, name, as_dns=True):
        names = f"DNS:{name}" if as_dns else ""
        return self.authority.sign("somebody" if as_dns else name, names, "clientAuth")

    def make_unmapped(self):
        """Good certificates, whose names stand for nobody: no entry has it, or one of no tenant, or one that was revoked."""
        names = {"nobody": "nobody.at-all.example", "elsewhere": self.entry("elsewhere", "elsewhere", ROLES[0], SCOPES)[0]}
        names["over"], over = self.entry("over", TENANTS[0], ROLES[0], SCOPES)
        federator("keys", "revoke", over, "--keys", self.keys)
        for why, name in names.items():
            made = Credential(f"certificate: {why}", None, proof="certificate")
            made.pair = self.signed(name)
            yield made

    def make_refused(self):
        """All of them have names of clients who are let in."""
        name = self.good[0].name
        return {"of an unknown authority": self.other.sign(name, purpose="clientAuth"),
                "expired": self.authority.sign(name, purpose="clientAuth", expired=True),
                "not begun": self.authority.sign(name, purpose="clientAuth", dates=(5, 20)),
                "of a server": self.authority.sign(name, purpose="serverAuth"),
                "revoked": self.authority.sign(name, purpose="clientAuth")}

    def revoked_in(self, turn):
        """One of those that are lent."""
        return self.lent[turn % len(self.lent)]

    def revoke(self, turn):
        """Put a list in place."""
        made = self.authority.revoke(self.refused["revoked"][0], self.revoked_in(turn).pair[0], dates=(-1, LIST_DAYS + turn))
        shutil.copy(made, self.lists + ".new")
        os.replace(self.lists + ".new", self.lists)

    def swap(self):
        """The file of keys maps the certificates of two companies the wrong way round."""
        one, other = (f".{tenant}.example" for tenant in (TENANTS[0], TENANTS[2]))
        with open(self.keys, encoding="utf-8") as f:
            text = f.read()
        with open(self.keys, "w", encoding="utf-8") as f:
            f.write(text.replace(one, "?").replace(other, one).replace("?", other))

    def forget(self):
        """The list lacks one."""
        shutil.copy(self.authority.revoke(self.revoked_in(0).pair[0]), self.lists)

    def options(self):
        return ("--tls-cert", self.service[0], "--tls-key", self.service[1], "--client-ca", self.authority.certificate, "--client-crl",
                self.lists)

    def context(self, pair, old):
        """What a client begins with; `old`: it speaks TLS 1.2."""
        context = ssl.create_default_context(cafile=self.ours.certificate)
        context.maximum_version = ssl.TLSVersion.TLSv1_2 if old else ssl.TLSVersion.TLSv1_3
        if pair:
            context.load_cert_chain(*pair)
        return context


class Secured(Connection):
    """Over TLS, as a client whose certificate may be another one each time."""

    def __init__(self, port, doors, may_show):
        super().__init__(1, port)
        self.doors, self.may_show, self.turn = doors, may_show, 0

    @property
    def void(self):
        return self.shown is not None and self.turn != self.doors.turn.value

    def connect(self):
        self.turn = self.doors.turn.value
        self.shown = self.doors.draw.choice(self.may_show(self.turn))
        return self.doors.shake(super().connect(), self.shown and self.shown.pair)

    def is_dead(self):
        """What comes by itself may be a ticket."""
        timeout = self.socket.gettimeout()
        self.socket.settimeout(0)
        try:
            return not self.more_now()
        except OSError:
            return True
        finally:
            self.socket.settimeout(timeout)

    def more_now(self):
        try:
            got = self.socket.recv(1)
        except ssl.SSLWantReadError:
            return True
        self.rest += got
        return bool(got)

    def has_more(self, seconds):
        return bool(self.socket.pending()) or super().has_more(seconds)

    def read(self, ask):
        answer = super().read(ask)
        if self.doors.draw.random() < AGAIN:
            self.close()
        return answer


class SecuredDoors(Doors):
    """To a node over plain TCP and to one over TLS. `turn`: a number that processes share, which says who is revoked."""

    def __init__(self, ports, draw, certificates, turn):
        super().__init__(ports, draw)
        self.certificates, self.turn, self.contexts = certificates, turn, {}

    def kept(self, connections):
        plain = super().kept(connections // 2)
        bare = [self.secured([None])]
        return plain + bare + [Secured(self.ports[1], self, self.may_show) for _ in range(connections - len(plain) - len(bare))]

    def may_show(self, turn):
        """Certificates of those who are let in, and at times of those of whom nothing is known then."""
        certificates = self.certificates
        lent = [one for one in certificates.lent if one is not certificates.revoked_in(turn)]
        return [*2 * certificates.good, *2 * lent, *certificates.unmapped, None]

    def secured(self, of):
        return Secured(self.ports[1], self, lambda _turn: of)

    def shown(self):
        return self.certificates.good

    def to(self, credential):
        if credential.proof == "certificate":
            return self.secured([credential])
        return self.secured([None]) if self.draw.random() < 0.5 else super().to(credential)

    def shake(self, plain, pair):
        old = self.draw.random() < 0.5
        context = self.contexts.get((pair, old))
        if not context:
            context = self.contexts[pair, old] = self.certificates.context(pair, old)
        return context.wrap_socket(plain, server_hostname="localhost")


def knock(client, why=None):
    """Somebody whose certificate is no good, and who has a good key and a name that is let in: hears nothing, and is not on record."""
    doors, draw = client.doors, client.draw
    bad, turn = doors.certificates.refused, doors.turn.value
    why = why or draw.choice((*bad, "lent"))
    pair = doors.certificates.revoked_in(turn).pair if why == "lent" else bad[why]
    key = draw.choice([c for c in client.asker.good if c.proof == "key"])
    asked = f"GET /v1/customers?view=pop&phone={phone_of(key.tenant, 3)} HTTP/1.1\r\nHost: rights\r\nAuthorization: Bearer {key.text}\r\n" \
            f"X-Agent: {AGENTS[0]}\r\nX-Request-Id: {client.asker.name}-knock-{client.asker.n}\r\n\r\n"
    client.asker.n += 1
    plain, got, told = Connection(1, doors.ports[1]).connect(), b"", ""
    try:
        with doors.shake(plain, pair) as secured:
            secured.sendall(asked.encode())
            got = secured.recv(65536)
    except (ssl.SSLError, ConnectionError) as refused:
        told = str(refused)
    client.tally.n["turned_away"] += 1
    alert = ALERTS["revoked" if why == "lent" else why]
    if got or ("ALERT" in told.upper() and alert not in told):
        client.tally.wrong += 1
        client.tally.faults.append(f"a certificate that is {why}: {told or got[:300]!r}")
