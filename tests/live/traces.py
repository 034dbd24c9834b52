"""What the programs under test leave behind, kept until the last test of a run has looked for values of customers in it
(test_traces.py): logs, messages, pages of metrics, problem documents, what is in Redis."""
import itertools
import os
import sys

DIRECTORY = os.environ.get("FEDERATOR_TRACES")
PROGRAM = os.path.splitext(os.path.basename(sys.argv[0]))[0]
KEYS_MOST = 5000  # of one Redis; more are more of the same
numbers = itertools.count()
kept = set()


def keep(kind, data):
    """Bytes of that kind; the same ones once."""
    if DIRECTORY and data and data not in kept:
        if len(data) < 10000:
            kept.add(data)
        os.makedirs(DIRECTORY, exist_ok=True)
        with open(os.path.join(DIRECTORY, f"{PROGRAM}-{os.getpid()}-{next(numbers)}.{kind}"), "wb") as f:
            f.write(data)


def keep_file(kind, path):
    if DIRECTORY:
        with open(path, "rb") as f:
            keep(kind, f.read())
