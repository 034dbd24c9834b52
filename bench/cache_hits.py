"""What a hit costs beside servers that do less: the same bytes from loops that know nothing but them, and from Redis."""
import os
import shutil
import subprocess
import time

from goals import Goal
from lab import ROOT, Contestant
from measure import rounds, summary

IOREDIS = os.path.join(ROOT, "bench", "ioredis")
BARE, KEEPER, NGINX, WEBDIS, NODE = "bare epoll loop", "bare epoll loop that asks Redis", "nginx return 200", "webdis", "Node + ioredis"
MEMORY, NEAR = "hit in memory", "hit near, before Redis"
REDIS, FAR = "hit in Redis", "hit in Redis, nothing near"
ON_RECORD = "hit near, on record"
LIMITS = ((NEAR, BARE, 1.35), (NEAR, NGINX, 1.15), (REDIS, WEBDIS, 0.55), (NEAR, NODE, 0.35), (ON_RECORD, BARE, 2.6))
REDIS_US_MOST = 3
MANY = 8000  # customers: of their copies a tenth fits into SMALL, beside what all of them share
NOBODY_S = 6
SMALL = ("--near-bytes", "1M", "--rendered-bytes", "0")
NGINX_CONF = """daemon off; master_process off; worker_processes 1; pid {directory}/nginx.pid; error_log {directory}/nginx.err;
events {{ use epoll; worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 1h; tcp_nodelay on;
client_body_temp_path {directory}; proxy_temp_path {directory}; fastcgi_temp_path {directory}; uwsgi_temp_path {directory};
scgi_temp_path {directory};
geo $dollar {{ default "$"; }}
server {{ listen 127.0.0.1:{port}; location / {{ default_type application/json; return 200 '{body}'; }} }} }}
"""
WEBDIS_CONF = """{{"redis_host": "127.0.0.1", "redis_port": {redis}, "http_host": "127.0.0.1", "http_port": {port}, "threads": 1,
"pool_size": 20, "daemonize": false, "websockets": false, "database": 0, "verbosity": 0, "logfile": "{directory}/webdis.log"}}
"""


def write(path, text):
    with open(path, "w") as f:
        f.write(text)
    return path


def check(contestant, wanted):
    """It answers with these bytes, by the path that it will be asked for."""
    with open(contestant.paths) as f:
        path = f.readline().strip()
    status, body = contestant.ask(path)
    if status != 200 or body != wanted:
        raise RuntimeError(f"{contestant.name}: {status} {body[:300]!r} for {path}")
    return contestant


def bytes_only(lab, contestant, argv, body):
    """Start a contestant that has nothing but the same bytes for every request."""
    contestant.paths = lab.path("paths")
    return check(lab.add(contestant, argv), body)


def start_bare(lab, body, name=BARE, program="bare_epoll"):
    """A loop that knows nothing but the bytes of one view."""
    path = lab.path(program + ".json")
    with open(path, "wb") as f:
        f.write(body)
    c = Contestant(name)
    return bytes_only(lab, c, [lab.program(program), str(c.port), path, "application/json"], body)


def start_nginx(lab, body):
    """Nothing when it is not installed. A view of more than 4,000 bytes is more than a parameter of its configuration may have."""
    nginx = shutil.which("nginx", path="/usr/sbin:" + os.environ["PATH"])
    if not nginx:
        return []
    c = Contestant(NGINX)
    text = body.decode().replace("\\", "\\\\").replace("'", "\\'").replace("$", "${dollar}")
    conf = write(lab.path("nginx.conf"), NGINX_CONF.format(directory=lab.directory, port=c.port, body=text))
    return [bytes_only(lab, c, [nginx, "-p", lab.directory, "-c", conf], body)]


def start_keepers(lab, bodies):
    """Servers that fetch the bytes of each view from Redis: a bare loop, webdis and Node."""
    redis, found = lab.servers.redis, []
    for i, body in enumerate(bodies):
        redis.set(f"view{i}", body)
    c = Contestant(KEEPER)
    c.paths = write(lab.path("keeper-paths"), "".join(f"/view{i}\n" for i in range(len(bodies))))
    found.append(check(lab.add(c, [lab.program("bare_redis"), str(c.port), str(redis.port)], [redis.pid]), bodies[0]))
    if shutil.which("webdis"):
        c = Contestant(WEBDIS)
        c.paths = write(lab.path("webdis-paths"), "".join(f"/GET/view{i}.txt\n" for i in range(len(bodies))))
        conf = write(lab.path("webdis.json"), WEBDIS_CONF.format(directory=lab.directory, port=c.port, redis=redis.port))
        found.append(check(lab.add(c, ["webdis", conf], [redis.pid]), bodies[0]))
    if shutil.which("node") and os.path.isdir(os.path.join(IOREDIS, "node_modules")):
        c = Contestant(NODE)
        c.paths = write(lab.path("node-paths"), "".join(f"/view{i}\n" for i in range(len(bodies))))
        argv = ["node", os.path.join(IOREDIS, "server.mjs"), str(c.port), str(redis.port)]
        found.append(check(lab.add(c, argv, [redis.pid]), bodies[0]))
    return found


def record_options(lab):
    """A record on the disk of the bench, and its secrets."""
    directory = shutil.copytree(lab.path("sqlite-secrets"), lab.path("record-secrets"))
    for name in ("record-salt", "record-seal"):
        os.chmod(write(os.path.join(directory, name), name * 4), 0o600)
    return ("--secrets", directory, "--salt-secret", "record-salt", "--audit", lab.path("record"), "--audit-key-secret",
            "record-seal")


def ask_many(lab, contestant):
    """It is asked for more customers than it has room for close at hand. That there is nobody of a name is known for 5 s at
    most: who has such a copy is left out, as the source would be asked for them again and again."""
    phones = lab.keys(MANY, "many-")
    for phone in phones:
        contestant.until_fresh(phone)
    time.sleep(NOBODY_S)
    kept = [phone for phone in phones if contestant.states_now(phone) == {"fresh"}]
    if len(kept) < MANY // 2:
        raise RuntimeError(f"{contestant.name}: only {len(kept)} of {MANY} customers have copies that stay")
    contestant.paths = write(lab.path("many-kept"), "".join(f"/v1/customers?view=pop&phone={phone}\n" for phone in kept))


def key_options(lab):
    """A client with a key, that everybody is asked with from now on."""
    keys = lab.path("hits-keys.json")
    argv = [lab.program("federator"), "keys", "add", "--keys", keys, "--client", "bench", "--role", "agent"]
    key = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
    lab.headers = {"Authorization": f"Bearer {key}"}
    return ("--keys", keys, "--client-requests", "0", "--client-customers", "0")


def start_ours(lab, phones, key):
    """The service with each cache; every view is asked for once and answered from copies."""
    redis, found = lab.servers.redis, []
    address = f"127.0.0.1:{redis.port}"
    for name, options, helpers in ((MEMORY, ("--cache", "memory"), []),
                                   (REDIS, ("--cache", address, *SMALL), [redis.pid]),
                                   (FAR, ("--cache", address, "--near-bytes", "0"), [redis.pid]),
                                   (NEAR, ("--cache", address), [redis.pid]),
                                   (ON_RECORD, ("--cache", address, *record_options(lab)), [redis.pid])):
        c = lab.serve(Contestant(name), *key, *options, helped_by=helpers)
        for phone in phones:
            c.until_fresh(phone)
        if name == REDIS:
            ask_many(lab, c)
        found.append(c)
    return found


def print_table(contestants, sums, n_bytes):
    print(f"\n### Hits, {n_bytes} bytes, {contestants[0].clients} clients\n")
    print(f"| | CPU µs/request, median (least–most) | ÷ {BARE}, medians (least) | Redis CPU µs | requests/s | p50 ms | p99 ms | failed |")
    print("|---|---|---|---|---|---|---|---|")
    for c in contestants:
        s, bare = sums[c.name], sums[BARE]
        print(f"| {c.name} | {s['cpu_us']:.1f} ({s['cpu_least_us']:.1f}–{s['cpu_most_us']:.1f}) | "
              f"{s['cpu_us'] / bare['cpu_us']:.2f} ({s['cpu_least_us'] / bare['cpu_least_us']:.2f}) | {s['helpers_us']:.1f} | "
              f"{s['per_s']:,.0f} | {s['p50_us'] / 1000:.2f} | {s['p99_us'] / 1000:.2f} | {s['failed']} of {s['requests']} |")


def goals_of(sums):
    found = []
    for ours, other, most in LIMITS:
        what = f"{ours}, CPU ÷ {other}"
        if other not in sums:
            found.append(Goal(what, f"≤ {most}", f"{other} is not installed", None))
            continue
        ratio, least = (sums[ours][name] / sums[other][name] for name in ("cpu_us", "cpu_least_us"))
        found.append(Goal(what, f"≤ {most}", f"{ratio:.2f} (of the least: {least:.2f})", ratio <= most))
    redis_us = sums[REDIS]["helpers_us"]
    return found + [Goal(f"{REDIS}, Redis's own CPU", f"≤ {REDIS_US_MOST} µs", f"{redis_us:.1f} µs", redis_us <= REDIS_US_MOST)]


def run(lab, args):
    """Goals, and all rounds."""
    phones = lab.keys(args.keys)
    ours = start_ours(lab, phones, key_options(lab))
    bodies = [ours[0].view(phone) for phone in phones]
    middle = sorted(bodies, key=len)[len(bodies) // 2]
    contestants = [start_bare(lab, middle), start_bare(lab, middle, "bare libmicrohttpd", "bare_mhd"), *start_nginx(lab, middle),
                   *start_keepers(lab, bodies), *ours]
    found = rounds(contestants, lab.path("keys"), "GET", args.seconds, args.rounds)
    sums = {name: summary(of) for name, of in found.items()}
    print_table(contestants, sums, len(middle))
    for c in contestants:
        lab.drop(c)
    lab.headers = {}
    return goals_of(sums), found
