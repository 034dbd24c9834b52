"""The fault proxy (main.c) for tests and benchmarks in Python."""
import subprocess


class Proxy:
    """In front of loopback ports; `ports` are where it listens. Commands are those of main.c."""

    def __init__(self, program, *to_ports, toxics=(), wrap=()):
        self.process = subprocess.Popen([*wrap, program, *toxics, *map(str, to_ports)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        self.ports = [int(self.process.stdout.readline()) for _ in to_ports]

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()

    def set(self, toxics="", which="*", direction="both"):
        """From now on so; without words: as if it were not there."""
        self.process.stdin.write(f"{which} {direction} {toxics}\n")
        said = self.process.stdout.readline().strip()
        if said != "ok":
            raise ValueError(f"faultproxy: {said}")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
