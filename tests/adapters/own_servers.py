#!/usr/bin/env python3
"""own_servers.py program - run a program with a PostgreSQL and a MariaDB of its own, which it may freeze."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))
from servers import Servers  # noqa: E402


def main():
    with tempfile.TemporaryDirectory(prefix="federator-frozen-") as directory:
        os.chmod(directory, 0o755)
        with Servers(directory, ("pg", "mariadb")) as servers:
            done = subprocess.run(sys.argv[1:], env={**os.environ, **servers.env})
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
