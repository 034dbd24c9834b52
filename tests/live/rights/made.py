"""Companies for tests of rights: customers whose every value tells whose it is, mappings and policies drawn by a seed, and who may
ask: keys and tokens, good and bad.

Texts hold the word canaq, digits hold 7391, names a syllable that no other word has, dates lie in the twentieth century: so whatever is a
customer's can be told in any bytes (oracle.py)."""
import json
import os
import random
import sqlite3
import time

from minter import AUDIENCE, ISSUER, Minter
from rights.books import lines_of
from rights.client import Doors
from shop import literal, sqlite_connect
from support import federator
from webshop import WebShop, after, ago

TENANTS = ("amber", "birch", "cedar", "dross")
CONTACTS, LIMITED = "birch", "dross"  # whose views need a live contact; whose agents are held to a few requests
ROLES = ("agent", "boss", "clerk", "guest")
PURPOSES = ("service", "sales", "audit")
AGENTS = ("kim", "lee", "park")
CUSTOMERS = 24
ON_SITE = 4  # of them were on the web site a moment ago
SHARED = 8  # every so many customers have the same keys with all tenants, and those behind them a number together
SCOPES = ("view", "routing", "pops", "warm", "web", "mappings", "purge", "erase", "export", "unmask", "contacts")
MASKS = {"k_name": "name", "k_phone": "phone", "k_email": "email", "k_rrn": "rrn", "k_card": "card", "k_account": "account",
         "k_address": "address", "k_some": "generic", "k_none": "all", "k_hid": "all", "k_web": "all"}
END = int(time.time()) + 7 * 86400  # of tokens
SECRETS = {"salt": "a salt of the tests, long enough", "seal": "a key of the tests, long enough"}
CRM = ("name", "phone", "email", "rrn", "card", "account", "address", "memo", "birth", "score")
TYPES = {"birth": "date", "score": "integer"}


def whose(tenant, n):
    """The digit of a tenant in what is its customer's: 0 where all have the same."""
    return 0 if n % SHARED == 0 else TENANTS.index(tenant) + 1


def member_of(tenant, n):
    return f"73919{whose(tenant, n)}{n:03}61"


def phone_of(tenant, n):
    """Customers 2 and 1 of each eight have one number."""
    return f"010-7391-{whose(tenant, n)}{n - 1 if n % SHARED == 2 else n:03}"


def person(tenant, n):
    """column -> value."""
    t = TENANTS.index(tenant) + 1
    return {"member": member_of(tenant, n), "name": f"김{chr(0xBDC0 + CUSTOMERS * (t - 1) + n)}수", "phone": phone_of(tenant, n),
            "email": f"canaq{t}{n:03}e@post.example", "rrn": f"{70 + t}{1 + n % 12:02}{1 + n % 28:02}-17391{n:02}",
            "card": f"400073917391{t}{n:03}", "account": f"110-7391{t}{n:03}-5{n:03}",
            "address": f"서울특별시 강남구 canaq{t}{n:03}a 12", "memo": f"canaq{t}{n:03}m", "birth": f"19{50 + n}-{t:02}-15", "score": 73918000000 + 1000 * t + n}


def calls(tenant, n):
    t = TENANTS.index(tenant) + 1
    return [{"member": member_of(tenant, n), "at": f"19{50 + n}-{t:02}-16 0{k}:00:00", "topic": f"canaq{t}{n:03}t{k} <&\"'>"}
            for k in range(n % 4)]


def orders(tenant, n):
    t = TENANTS.index(tenant) + 1
    return [{"member": member_of(tenant, n), "at": f"19{50 + n}-{t:02}-17 0{k}:00:00", "no": f"canaq{t}{n:03}o{k}",
             "amount": 73917000000 + 10000 * t + 10 * n + k} for k in range(n % 3)]


class Web(WebShop):
    """The event store of a tenant."""

    def __init__(self, path):  # pylint: disable=super-init-not-called
        self.path, self.store, self.ids, self.held = path, "sqlite", 0, None
        self.make()

    def fill_for(self, tenant):
        t = TENANTS.index(tenant) + 1
        self.held = []
        for n in range(1, CUSTOMERS + 1):
            session, visitor, at = f"{t}{n:015}", f"canaq{t}{n:03}v", ago(60 * n) if n <= ON_SITE else after(n)
            self.session(visitor, session, [(at, f"/canaq{t}{n:03}p", {}), (at, "/search", {"terms": f"canaq{t}{n:03}q", "hits": n % 2})])
            self.evidence(visitor, session, member_of(tenant, n), at)
            self.link(visitor, member_of(tenant, n), at)
        statements, self.held = self.held, None
        self.run(*statements)


# ---- the mapping ----

def part(name, columns, types, proves):
    made = "".join(f'<column name="{c}" type="{types.get(c, "text")}"{proves.get(c, "")}/>' for c in columns)
    queries = "".join(f'<query by="{key}">SELECT {", ".join(columns)} FROM {name} WHERE {key} IN (:{key}...)</query>'
                      for key in ("member", "phone", "email") if name == "crm" or key == "member")
    return f'<part name="{name}" source="crm" rows="0..9" deadline="20s" ttl="1h" stale="0s">{queries}{made}</part>\n'


def parts():
    proves = {"member": ' gives="member" proves="member"', "phone": ' proves="phone" as="dashed"', "email": ' proves="email"'}
    of_list = {"member": ' proves="member"'}
    return part("crm", ("member", *CRM), TYPES, proves) + \
        part("calls", ("member", "at", "topic"), {"at": "timestamp"}, of_list) + \
        part("orders", ("member", "at", "no", "amount"), {"at": "timestamp", "amount": "decimal"}, of_list)


def fields(draw):
    own = {"name": "k_name", "phone": "k_phone", "email": "k_email", "rrn": "k_rrn", "card": "k_card", "account": "k_account",
           "address": "k_address"}
    text = ""
    for column in CRM:
        cls = draw.choice((own.get(column, "k_some"),) * 2 + ("k_none", "k_hid") + (("k_some",) if column not in TYPES else ()))
        text += f'<field path="{column}" class="{cls}"><from part="crm" column="{column}"/></field>\n'
    for name, columns in (("calls", ("at", "topic")), ("orders", ("at", "no", "amount"))):
        inner = "".join(f'<field path="{c}" class="{draw.choice(("k_some", "k_none", "k_hid"))}"><from part="{name}" column="{c}"/></field>'
                        for c in columns)
        text += f'<list path="{name}" parts="{name}" class="k_none" order="{columns[1]} asc" limit="9">{inner}</list>\n'
    return text + '<timeline path="journey" limit="9"><of list="calls" at="at"/><of list="orders" at="at"/></timeline>\n'


def views(draw):
    def uses(*names):
        return "".join(f'<use path="{name}"/>' for name in names)

    def flat(name, *columns):
        made = "".join(f'<use path="{c}" as="{c.capitalize()}" default="-"/>' for c in columns)
        return f'<view name="{name}" by="phone email" budget="60s" shape="flat">{made}</view>\n'
    some = draw.sample(CRM, 4)
    return (f'<view name="candidate" by="phone" budget="60s">{uses(*draw.sample(CRM, 5))}</view>\n'
            f'<view name="pop" by="member phone email" budget="60s">{uses(*CRM, "calls", "orders")}</view>\n'
            f'<view name="some" by="member phone email" budget="60s">{uses(*some)}</view>\n'
            '<view name="full" by="member phone email" budget="60s"><use view="pop"/><use path="journey"/></view>\n' +
            flat("routing", *draw.sample(CRM, 6)) + flat("cnam", *draw.sample(CRM, 2)) + flat("live", "name", "score"))


def policies(draw):
    text = ""
    for role in ROLES:
        for purpose in PURPOSES:
            if draw.random() < 0.2 and (role, purpose) != ("agent", "service"):
                continue
            of = {name: draw.choice(("show", "mask", "", "")) for name in MASKS}
            of["k_web"] = draw.choice(("show", "mask"))
            lift = [name for name in MASKS if of[name] != "show" and draw.random() < 0.4]
            made = "".join(f'<{what} class="{" ".join(names)}"/>' for what in ("show", "mask")
                           if (names := [name for name in MASKS if of[name] == what]))
            made += f'<unmask class="{" ".join(lift)}" minutes="90"/>' if lift else ""
            text += f'<policy role="{role}" purpose="{purpose}">{made}</policy>\n'
    return text


def mapping(draw):
    classes = "".join(f'<class name="{name}" mask="{mask}"/>\n' for name, mask in MASKS.items())
    return f"""<mapping xmlns="urn:federator:mapping:1">
<source name="crm" connect="secret:crm" dialect="sqlite" zone="UTC" pool="2"/>
<source name="events" connect="secret:events" dialect="sqlite" zone="UTC" pool="2"/>
<key name="member" role="identity" type="integer"/>
<key name="phone" role="shared" type="phone-kr" values="5"/>
<key name="email" role="shared" type="email" values="3"/>
{classes}{policies(draw)}{parts()}{fields(draw)}{views(draw)}
<weblog name="shop" store="events" writer="secret:events" class="k_web" zone="UTC">
<file path="/var/log/shop.log"/><evidence name="login" gives="member" from="cookie:mb" confidence="100"/></weblog>
</mapping>
"""


# ---- who asks ----

class Signer(Minter):
    """Signs for the first of the companies, so that what is bad about a token is what its name says."""

    def claims(self, **more):
        return super().claims(**{"tenant": TENANTS[0], "exp": END, **more})

    def bad_tokens(self):
        return {**super().bad_tokens(), "not begun": self.token(nbf=END)}


class Credential:
    """What is sent to prove who asks, and what it proves. `agent`: of a token whose subject is a person. `pair`: of a certificate, which is
    shown, the paths of it and of its key."""

    pair = None

    def __init__(self, name, text, tenant=None, client="", role="", scopes=SCOPES, agent="", proof="key"):
        self.name, self.text, self.tenant, self.client, self.role = name, text, tenant, client, role
        self.scopes, self.agent, self.proof = frozenset(scopes), agent, proof

    @property
    def good(self):
        return self.tenant is not None


class World:
    """All of it in a directory, and how to serve it."""

    def __init__(self, directory, seed):
        self.directory, self.draw = os.path.abspath(directory), random.Random(seed)
        self.tenants = os.path.join(self.directory, "tenants")
        self.secrets = os.path.join(self.directory, "secrets")
        self.keys, self.jwks = (os.path.join(self.directory, name) for name in ("keys.json", "jwks.json"))
        self.record = os.path.join(self.directory, "record")
        self.records = [self.record]
        self.write_secrets(self.secrets, SECRETS)
        for tenant in TENANTS:
            self.make_tenant(tenant)
        self.credentials = [*self.make_keys(), *self.make_tokens()]

    @staticmethod
    def write_secrets(directory, secrets):
        os.makedirs(directory, mode=0o700, exist_ok=True)
        for name, text in secrets.items():
            path = os.path.join(directory, name)
            with open(path, "w") as f:
                f.write(text + "\n")
            os.chmod(path, 0o600)

    def make_tenant(self, tenant):
        home = os.path.join(self.tenants, tenant)
        os.makedirs(os.path.join(home, "map"))
        with open(os.path.join(home, "map", "all.xml"), "w") as f:
            f.write(mapping(self.draw))
        with open(os.path.join(home, "options"), "w") as f:
            f.write(f"contact = {'required' if tenant == CONTACTS else 'optional'}\nagent-customers = 0\n"
                    f"agent-requests = {40 if tenant == LIMITED else 0}\n")
        path = {name: os.path.join(home, name + ".db") for name in ("crm", "events")}
        self.write_secrets(os.path.join(home, "secrets"), {**SECRETS, **{n: sqlite_connect(p) for n, p in path.items()}})
        self.fill(path["crm"], tenant)
        Web(path["events"]).fill_for(tenant)

    @staticmethod
    def fill(path, tenant):
        tables = {"crm": person, "calls": calls, "orders": orders}
        db = sqlite3.connect(path)
        with db:
            for table, made in tables.items():
                rows = [made(tenant, n) for n in range(1, CUSTOMERS + 1)]
                rows = rows if table == "crm" else sum(rows, [])
                types = {"birth": "date", "at": "timestamp", "score": "integer", "amount": "integer"}
                db.execute(f"CREATE TABLE {table} ({', '.join(f'{c} ' + types.get(c, 'varchar(60)') for c in rows[0])})")
                for row in rows:
                    db.execute(f"INSERT INTO {table} VALUES ({', '.join(map(literal, row.values()))})")
        db.close()

    def make_key(self, name, tenant, role, scopes=SCOPES, *more):
        text = federator("keys", "add", "--keys", self.keys, "--client", name, "--role", role, "--tenant", tenant, "--scopes",
                         ",".join(scopes), *more).stdout.strip()
        return Credential(name, text, tenant, name, role, scopes)

    def make_keys(self):
        made = []
        for tenant in TENANTS:
            made += [self.make_key(f"all-{role}", tenant, role) for role in ROLES]
            few = self.draw.sample(SCOPES, 5)
            made.append(self.make_key("few", tenant, self.draw.choice(ROLES[:3]), few))
        lost = self.make_key("lost", TENANTS[0], ROLES[0])
        federator("keys", "revoke", lost.text.split(".")[0], "--keys", self.keys)
        nowhere = self.make_key("nowhere", "elsewhere", ROLES[0])
        good = made[0].text
        bad = {"revoked": lost.text, "of no tenant": nowhere.text, "half": good[:30], "unknown": "0123456789ab." + 43 * "A",
               "of another": good[:13] + made[1].text[13:], "nothing": ""}
        return made + [Credential(name, text) for name, text in bad.items()]

    def make_tokens(self):
        directory = os.path.join(self.directory, "minter")
        os.mkdir(directory)
        minter = Signer(directory)
        minter.write_jwks(self.jwks, "es", "rs", "ed")
        made = []

        def token(tenant, role, agent, scopes, kid, client):
            text = minter.token(kid, tenant=tenant, role=role, sub=agent or client, azp=client, scope=" ".join(scopes))
            return Credential(f"token of {agent} at {tenant}", text, tenant, client, role, scopes, agent, "token")
        for tenant in TENANTS:
            for i, role in enumerate(ROLES):
                made.append(token(tenant, role, AGENTS[i % 3], SCOPES, ("es", "rs", "ed")[i % 3], "console"))
            made += [token(tenant, ROLES[0], AGENTS[2], ("view", "web"), "es", "console"),
                     token(tenant, ROLES[1], "", SCOPES, "ed", "robot")]
        head, body, signature = made[0].text.split(".")
        raised = minter.token(tenant=TENANTS[1], role="boss").split(".")[1]
        bad = {**minter.bad_tokens(), "raised": f"{head}.{raised}.{signature}", "of nobody": minter.token(tenant="elsewhere"),
               "of a path": minter.token(tenant=f"../{TENANTS[0]}"), "cut": f"{head}.{body}"}
        return made + [Credential(name, text) for name, text in bad.items()]

    def options(self, record, cache):
        return ("--tenants", self.tenants, "--secrets", self.secrets, "--keys", self.keys, "--jwks", self.jwks, "--jwt-issuer", ISSUER,
                "--jwt-audience", AUDIENCE, "--salt-secret", "salt", "--cache", cache, "--log", "warn", "--audit", record, "--audit-key-secret", "seal")

    def nodes(self):
        """The options of each service."""
        return [self.options(self.record, "memory")]

    def doors(self, ports, draw, _common):
        """How a client reaches them."""
        return Doors(ports, draw)

    def told(self, _oracle):
        """How much is kept outside of the services, and what it tells."""
        return 0, []

    def edit(self, tenant, old, new):
        """Change the mapping that the service reads."""
        path = os.path.join(self.tenants, tenant, "map", "all.xml")
        with open(path) as f:
            text = f.read()
        assert old in text
        with open(path, "w") as f:
            f.write(text.replace(old, new))

    def verify(self, node=0):
        """What `audit verify` says of the record."""
        return federator("audit", "verify", self.records[node], "--key-file", os.path.join(self.secrets, "seal")).stdout

    def months(self, node=0):
        """What `audit report` says, by month."""
        record = self.records[node]
        months = sorted({line["time"][:7] for line in lines_of(record)})
        return [json.loads(federator("audit", "report", record, "--month", month, "--json").stdout) for month in months]
