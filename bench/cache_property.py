"""Many operations in random order, with faults, held against what the source says: the program of the test suite, at length."""
import json
import os
import subprocess

from goals import Goal

OPERATIONS, QUICK = 10_000_000, 100_000


def run(lab, args):
    """Goals, and what the program says at its end."""
    n = args.operations or (QUICK if args.quick else OPERATIONS)
    path = os.path.join(lab.build, "bin") + ":" + os.environ["PATH"]  # Debian's redis-tools has the server under another name
    done = subprocess.run([lab.program("cache_property"), "mode=redis", "customers=120", "learn=110", f"operations={n}"], capture_output=True, text=True,
                          env={**os.environ, "PATH": path})
    if done.returncode not in (0, 1):
        raise RuntimeError(f"cache_property: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    said = json.loads(done.stdout)
    return [Goal(f"{n:,} random operations of several nodes with faults of Redis", "0 stale beyond the bound, 0 foreign",
                 f"{said['stale']} stale, {said['foreign']} foreign; {said['hits']:,} hits, {said['voided']:,} changes, "
                 f"{sum(said['faults'].values()):,} faults", not said["stale"] and not said["foreign"])], said
