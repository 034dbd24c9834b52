#!/usr/bin/env python3
"""run.py GATE - run one gate on the work tree; prints what it finds and fails when there is anything."""
import sys

from gates import GATES
from tree import Tree


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in GATES:
        sys.exit(f"usage: run.py {'|'.join(GATES)}")
    findings = GATES[sys.argv[1]](Tree.of_work_tree())
    print("\n".join(findings))
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
