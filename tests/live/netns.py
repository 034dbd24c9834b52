"""A network of the test's own, in which packets can be dropped and connections reset without harm to anybody."""
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
INSIDE = "FED_TEST_NETNS"


def enter():
    """Run this program again in a network namespace with nothing but a loopback device; returns inside it. Where the
    machine does not allow namespaces, a skipped test says so (exit 77)."""
    if os.environ.get(INSIDE) == "1":
        raise_loopback()
        return
    own = ["unshare", "--net"]
    if os.getuid() != 0:  # a server refuses root, also a mapped one: keep the user, and the right to filter packets
        own += ["--user", "--map-current-user", "--keep-caps"]
    if subprocess.run([*own, "true"], capture_output=True).returncode != 0:
        print("skipped: this machine does not allow network namespaces (unshare --net)")
        sys.exit(77)
    os.environ[INSIDE] = "1"
    os.execvp(own[0], [*own, "--", sys.executable, *sys.argv])


def raise_loopback():
    """ip link set lo up, without the program."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = bytearray(struct.pack("16sH14x", b"lo", 0))
        fcntl.ioctl(s, SIOCGIFFLAGS, request)
        struct.pack_into("H", request, 16, struct.unpack_from("H", request, 16)[0] | IFF_UP)
        fcntl.ioctl(s, SIOCSIFFLAGS, bytes(request))


class Wall:
    """Packet filter of the namespace: what is sent to or from a port is dropped or its connections are reset."""

    def __init__(self):
        self.nft = shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if self.nft is None:
            raise RuntimeError("nft is not installed; run scripts/setup test")
        self.run("add table inet wall; add chain inet wall in { type filter hook input priority 0; }")

    def run(self, script):
        subprocess.run([self.nft, "-f", "-"], input=script.replace("; ", "\n"), text=True, check=True)

    def drop(self, port):
        """A black hole: packets in both directions vanish, for new and open connections."""
        self.run(f"add rule inet wall in tcp dport {port} drop; add rule inet wall in tcp sport {port} drop")

    def drop_new(self, port):
        """Only connects vanish; what is open goes on."""
        self.run(f"add rule inet wall in tcp dport {port} tcp flags syn / syn,ack drop")

    def reset(self, port):
        """Every packet is answered by a reset."""
        self.run(f"add rule inet wall in tcp dport {port} reject with tcp reset")

    def open(self):
        """Everything passes again."""
        self.run("flush chain inet wall in")
