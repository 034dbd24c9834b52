"""How soon a change told to one process is known in another one, quiet and under load, and whether all know it in the end."""
import subprocess

from goals import Goal

SAMPLES = {"quiet": 2000, "loaded": 3000}
P50_US_MOST, P99_US_MOST, LOADED_US_MOST = 100, 1000, 200_000


def quantile(ordered, share):
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measured(lab, address, kind, n):
    """{near, done, bare: microseconds in order}, and the numbers of the last line."""
    lab.servers.redis.ask("FLUSHALL")
    done = subprocess.run([lab.program("change_cost"), address, kind, str(n)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    *lines, last = done.stdout.splitlines()
    near, told, bare = zip(*(map(int, line.split()) for line in lines))
    word, *numbers = last.split()
    assert word == "stale"
    return {"near": sorted(near), "done": sorted(told), "bare": sorted(bare),
            **dict(zip(("stale", "reads", "hits", "changes"), map(int, numbers)))}


def quiet_goal(over, found, goal=False):
    near, told, bare = found["near"], found["done"], found["bare"]
    p50, p99 = quantile(near, 0.5), quantile(near, 0.99)
    return Goal(f"a change told to one process is known in another, Redis by {over}",
                f"p50 ≤ {P50_US_MOST} µs, p99 ≤ {P99_US_MOST / 1000:.0f} ms" if goal else "–",
                f"p50 {p50} µs, p99 {p99} µs; it is told to be done after {quantile(told, 0.5)}, {quantile(told, 0.99)} µs; "
                f"the notice of a bare SET beside it takes {quantile(bare, 0.5)}, {quantile(bare, 0.99)} µs "
                f"({len(near)} changes)", p50 <= P50_US_MOST and p99 <= P99_US_MOST if goal else None)


def run(lab, args):
    """Goals, and all samples."""
    redis = lab.servers.redis
    local, tcp = f"unix:{redis.socket}", f"127.0.0.1:{redis.port}"
    raw = {name: measured(lab, address, kind, SAMPLES[kind] // 10 if args.quick else SAMPLES[kind])
           for name, address, kind in (("quiet", tcp, "quiet"), ("local", local, "quiet"), ("loaded", tcp, "loaded"))}
    loaded = raw["loaded"]["near"]
    late, most = quantile(loaded, 0.999), loaded[-1]
    stale = sum(found["stale"] for found in raw.values())
    return [quiet_goal("TCP", raw["quiet"], True), quiet_goal("a Unix socket", raw["local"]),
            Goal("the same while both read, fill and change as fast as they can", f"p99.9 ≤ {LOADED_US_MOST / 1000:.0f} ms",
                 f"p50 {quantile(loaded, 0.5) / 1000:.1f} ms, p99.9 {late / 1000:.1f} ms, most {most / 1000:.1f} ms ({len(loaded)} changes)",
                 late <= LOADED_US_MOST),
            Goal("stale keys when nothing moves any more", "0", f"{stale}, after {raw['loaded']['reads']:,} reads, "
                 f"{raw['loaded']['hits']:,} of them copies, and {raw['loaded']['changes']:,} changes", stale == 0)], raw
