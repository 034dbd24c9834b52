"""The fault bed: `federator serve` with three sources on the fault driver, and a client that asks for many views."""
import array
import collections
import os
import re
import shutil
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "live"))

import support  # noqa: E402 (the path is known only now)

ROWS = {"person": 1, "orders": 5, "items": 2, "pages": 4}
SOURCES = {"crm": ("person",), "shop": ("orders", "items"), "web": ("pages",)}
FIRST = 20_000_000  # number of the first customer
RECORD = struct.Struct("<QIHBBII")  # struct answer of asker.h
BY = ("member", "phone")

Answer = collections.namedtuple("Answer", "start_us took_us status by complete customer body")


def fault_names():
    """The faults in the order of their counters."""
    with open(os.path.join(HERE, "..", "faultodbc", "faults.def")) as f:
        return re.findall(r'^FAULT\(\w+, "([a-z0-9-]+)"', f.read(), re.M)


class Bed:
    """A directory with the mapping, its secrets and the control file. `edits` are (pattern, replacement) for all mapping
    files: other times, pools, copies."""

    def __init__(self, directory, build=support.BUILD, edits=()):
        self.directory, self.build = os.path.abspath(directory), build
        self.control_path = os.path.join(self.directory, "faults")
        self.map = os.path.join(self.directory, "mapping")
        shutil.copytree(os.path.join(HERE, "mapping"), self.map)
        self.edit(edits)
        os.mkdir(os.path.join(self.map, "secrets"), mode=0o700)
        rows = " ".join(f"{table}:{n}" for table, n in ROWS.items())
        for source in SOURCES:
            self.write_secret(source, f"Driver={{Fault}};Source={source};Control={self.control_path};Rows={{{rows}}}")
        self.faults()

    def edit(self, edits):
        for name in os.listdir(self.map):
            if not name.endswith(".xml"):
                continue
            path = os.path.join(self.map, name)
            with open(path) as f:
                text = f.read()
            for old, new in edits:
                text = re.sub(old, new, text)
            with open(path + ".new", "w") as f:
                f.write(text)
            os.rename(path + ".new", path)

    def write_secret(self, name, text):
        with open(os.open(os.path.join(self.map, "secrets", name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
            f.write(text + "\n")

    def faults(self, *lines):
        """These faults from now on, and no others."""
        fresh = self.control_path + ".new"
        with open(fresh, "w") as f:
            f.writelines(line + "\n" for line in lines)
        os.rename(fresh, self.control_path)

    def hits(self):
        """How often each fault has struck."""
        names = fault_names()
        counts = array.array("Q")
        try:
            with open(self.control_path + ".hits", "rb") as f:
                counts.frombytes(f.read())
        except FileNotFoundError:
            return dict.fromkeys(names, 0)
        return dict(zip(names, counts))

    def serve(self, *options, command=()):
        """The service, not started yet: a context manager."""
        service = support.Service(self.map, "--odbc-ini", os.path.join(self.build, "faultodbc"), "--log", "warn", *options,
                                  directory=self.directory)
        service.command = [*command, os.path.join(self.build, "bin", "federator"), *service.command[1:]]
        return service

    def asker(self, port, out, **options):
        """A running client; see the head of ask.c."""
        options = {"port": port, "out": out, "first": FIRST, **options}
        return subprocess.Popen([os.path.join(self.build, "bin", "fault_ask"),
                                 *(f"{name}={value}" for name, value in options.items())])

    def ask(self, port, **options):
        """Ask; a generator of the answers."""
        out = os.path.join(self.directory, "answers")
        client = self.asker(port, out, **options)
        if client.wait() != 0:
            raise RuntimeError(f"fault_ask ended with {client.returncode}")
        return answers(out)


def answers(path):
    """The records of a finished client."""
    with open(path, "rb") as f:
        while head := f.read(RECORD.size):
            start_us, took_us, status, by, complete, customer, n = RECORD.unpack(head)
            yield Answer(start_us, took_us, status, BY[by], bool(complete), customer, f.read(n))
