"""Load and measure: wrk against one port, CPU of processes from /proc, rounds of all contestants in turn."""
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FAILED_MOST = 0.01  # a machine busy with other work lets deadlines pass; more failures are not a measurement
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cores():
    """(core of the server, core of the load and of the databases); the same one on a single-core machine."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def pin(pid, core):
    """Keep all threads of a running process on a core."""
    subprocess.run(["taskset", "-a", "-c", "-p", str(core), str(pid)], check=True, stdout=subprocess.DEVNULL)


def cpu_us(pids):
    """User and system time of processes so far, in microseconds; those that are gone count as nothing."""
    ticks = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1_000_000 // TICKS_PER_S


class LoadError(Exception):
    """wrk failed, or answers did."""


def load(contestant, keys, method, seconds, failed_most=FAILED_MOST, view="pop", key="phone"):
    """One run of wrk; its RESULT line as a dictionary. `failed_most`: the share of requests that may fail."""
    method, keys = ("PATHS", contestant.paths) if contestant.paths else (method, keys)
    headers = [f"-H{name}: {value}" for name, value in contestant.headers.items()]
    argv = ["nice", "-n", "10", "taskset", "-c", str(cores()[1]), "wrk", "-t1", f"-c{contestant.clients}", f"-d{seconds}s", "--timeout",
            "10s", *headers, "-s", os.path.join(HERE, "lookup.lua"), f"http://127.0.0.1:{contestant.port}/", "--", method, keys, view, key]
    done = subprocess.run(argv, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if done.returncode != 0 or not lines:
        raise LoadError(f"wrk against {contestant.name}: {done.stdout[-500:]}{done.stderr[-500:]}")
    result = json.loads(lines[0].removeprefix("RESULT "))
    if result["failed"] > failed_most * result["requests"] or not result["requests"]:
        raise LoadError(f"{contestant.name}: {result['failed']} of {result['requests']} requests failed")
    return result


def measure(contestant, keys, method, seconds):
    """One round of one contestant."""
    own, helpers = cpu_us([contestant.pid]), cpu_us(contestant.helpers())
    result = load(contestant, keys, method, seconds)
    n = result["requests"]
    return {"cpu_us": (cpu_us([contestant.pid]) - own) / n,
            "helpers_us": (cpu_us(contestant.helpers()) - helpers) / n,
            "per_s": n * 1_000_000 / result["duration_us"], "p50_us": result["p50_us"], "p99_us": result["p99_us"],
            "requests": n, "failed": result["failed"]}


def rounds(contestants, keys, method, seconds, n):
    """All contestants in turn, n times, each time beginning with another; {name: [round]}."""
    found = {c.name: [] for c in contestants}
    for c in contestants:
        load(c, keys, method, 1, failed_most=1)  # fills caches, connects, prepares statements
    for i in range(n):
        print(f"bench: round {i + 1} of {n}", file=sys.stderr)
        first = i % len(contestants)
        for c in contestants[first:] + contestants[:first]:
            found[c.name].append(measure(c, keys, method, seconds))
    return found


def summary(of_rounds):
    """Median of each figure, least and most CPU, all requests and failures."""
    cpu = [r["cpu_us"] for r in of_rounds]
    found = {name: statistics.median(r[name] for r in of_rounds) for name in of_rounds[0]}
    sums = {name: sum(r[name] for r in of_rounds) for name in ("requests", "failed")}
    return {**found, **sums, "cpu_least_us": min(cpu), "cpu_most_us": max(cpu)}
