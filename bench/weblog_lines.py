"""A made-up log of a shop, the same at each run, and what it costs to read it."""
import json
import os
import random
import subprocess
import sys

BROWSERS = ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS {} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
            "Mozilla/5.0 (Linux; Android {}; SM-S911N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile",
            "Mozilla/5.0 (compatible; Googlebot/2.{}; +http://www.google.com/bot.html)"]
TERMS = ["red+shoes", "%EC%9A%B4%EB%8F%99%ED%99%94", "%BF%EE%B5%BF%C8%AD", "rain+coat", "%EC%96%91%EB%A7%90"]


def combined(r):
    return (f'{r["client"]} - - [{r["day"]:02}/Nov/2026:{r["clock"]} +0900] "GET {r["url"]} HTTP/1.1" {r["status"]} '
            f'{r["bytes"]} "{r["referrer"]}" "{r["agent"]}"\n')


def caddy(r):
    return json.dumps({"level": "info", "ts": 1762000000 + r["day"] * 86400 + r["second"] + 0.25, "logger": "http.log.access",
                       "msg": "handled request",
                       "request": {"remote_ip": r["client"], "remote_port": "4711", "client_ip": r["client"],
                                   "proto": "HTTP/1.1", "method": "GET", "host": "shop.example.com", "uri": r["url"],
                                   "headers": {"User-Agent": [r["agent"]], "Referer": [r["referrer"]]}},
                       "user_id": "", "duration": 0.0123, "size": r["bytes"], "status": r["status"],
                       "resp_headers": {"Server": ["Caddy"]}}, separators=(",", ":")) + "\n"


# Name: how a line is written, what GoAccess calls it.
FORMATS = {"combined": (combined, ["--log-format=COMBINED"]), "caddy": (caddy, ["--log-format=CADDY"])}


def requests(lines):
    """What visitors of a shop ask for, 20 pages each; the same at each run."""
    dice = random.Random(1)
    for i in range(lines):
        second, visitor = i * 86400 // lines, dice.randrange(lines // 20 + 1)
        url = f"/product/{dice.randrange(5000)}" if dice.random() < 0.7 else f"/static/{dice.randrange(200)}.js"
        if dice.random() < 0.1:
            url = f"/search?query={dice.choice(TERMS)}&page={dice.randrange(5)}"
        yield {"client": f"10.{visitor >> 16}.{visitor >> 8 & 255}.{visitor & 255}", "day": 2, "second": second,
               "clock": f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}", "url": url,
               "status": dice.choice([200, 200, 200, 304, 404]), "bytes": dice.randrange(50000),
               "referrer": dice.choice(["-", "https://shop.example.com/", "https://www.google.co.kr/search?q=x"]),
               "agent": BROWSERS[visitor % len(BROWSERS)].format(10 + visitor % 110)}


def write_log(path, name, lines):
    with open(path, "w", encoding="ascii") as out:
        out.writelines(map(FORMATS[name][0], requests(lines)))


def cpu_of(argv):
    """CPU seconds of a process, its threads and their kernel time, and what it printed."""
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    out = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"weblog: ends with {process.returncode}: {' '.join(argv)}")
    return usage.ru_utime + usage.ru_stime, out


def goaccess_argv(log, name, *more):
    return ["goaccess", log, "--no-global-config", "--no-progress", *FORMATS[name][1], *more]
