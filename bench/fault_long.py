"""What must hold for long: reloads and restarts under load, a crash, memory and descriptors."""
import os
import signal
import socket
import subprocess
import time

from bed import FIRST, Bed, answers
from fault_load import Row, failed, incomplete, p99_ms, start
from fault_valid import is_whole, percentile

RELOADS, RESTARTS, KILLS, REQUESTS = 1000, 200, 20, 2_000_000
FAULTS = ("* exec-error percent=1", "shop fetch-reset after=2 percent=1", "web idle-reset percent=1", "crm exec-deadlock percent=1")
LISTEN_FD = 3  # sd_listen_fds(3): where a passed socket is


def reload_under_load(directory, build, scale):
    """The mapping changes again and again while views are asked for."""
    n = max(10, round(RELOADS * scale))
    bed = Bed(directory, build)
    out = os.path.join(directory, "answers")
    with bed.serve("--cache", "off") as service:
        service.wait(lambda: is_whole(service))
        healthy = list(bed.ask(service.port, bodies=0, connections=8, ms=3000))
        client = bed.asker(service.port, out, bodies=0, connections=8, ms=10 ** 9)
        refused = 0
        try:
            for i in range(n):
                bed.edit([(r'rows="0..\d+" deadline', f'rows="0..{20 + i % 2}" deadline')])
                refused += service.ask("POST", "/admin/reload", port=service.admin_port).status != 200
        finally:
            client.send_signal(signal.SIGTERM)
            client.wait()
        found = list(answers(out))
    return [Row(f"{n} reloads under load", "0 failed requests", f"p99 {p99_ms(healthy):.1f} ms, {failed(healthy)} failed",
                f"p99 {p99_ms(found):.1f} ms, {failed(found)} of {len(found)} failed, {incomplete(found)} not complete, "
                f"{refused} reloads refused",
                not failed(found) and not refused)]


class Supervised:
    """The service on a listening socket that outlives it, as systemd keeps one."""

    def __init__(self, bed):
        self.bed = bed
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.socket.getsockname()[1]
        self.service = bed.serve("--cache", "off", command=["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"])
        self.process = None

    def launch(self):
        """Start it; returns at once."""
        log = os.open(self.service.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        fd = self.socket.fileno()

        def hand_over():
            os.dup2(fd, LISTEN_FD)
            os.set_inheritable(LISTEN_FD, True)

        self.process = subprocess.Popen(self.service.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                        pass_fds=(LISTEN_FD,) if fd == LISTEN_FD else (fd, LISTEN_FD), preexec_fn=hand_over,
                                        env={**os.environ, "LISTEN_FDS": "1"}, cwd=self.bed.directory)
        self.service.process = self.process
        os.close(log)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait()

    def whole(self):
        """Does it answer, in full? Waits as a client does."""
        answer = self.service.ask("GET", f"/v1/customers?view=pop&member={FIRST}", port=self.port)
        return answer.status == 200 and answer.json["complete"]

    def close(self):
        if self.process.poll() is None:
            self.end()
        self.socket.close()


def restart_under_load(directory, build, scale):
    """SIGTERM and a new process, again and again; then SIGKILL; then a driver that crashes."""
    n, kills = max(3, round(RESTARTS * scale)), max(3, round(KILLS * scale))
    bed = Bed(directory, build)
    out = os.path.join(directory, "answers")
    supervised = Supervised(bed)
    supervised.launch()
    try:
        supervised.service.wait(supervised.whole)
        healthy = list(bed.ask(supervised.port, bodies=0, connections=8, ms=3000))
        client = bed.asker(supervised.port, out, bodies=0, connections=8, ms=10 ** 9)
        codes = []
        for _ in range(n):
            codes.append(supervised.end())
            supervised.launch()
            supervised.service.wait(supervised.whole)
        client.send_signal(signal.SIGTERM)
        client.wait()
        found = list(answers(out))
        killed = [first_answer_ms(supervised, lambda: supervised.end(signal.SIGKILL)) for _ in range(kills)]
        crashed = [first_answer_ms(supervised, lambda: crash(bed, supervised)) for _ in range(3)]
    finally:
        bed.faults()
        supervised.close()
    no_answer = sum(answer.status == 0 for answer in found)
    return [Row(f"{n} restarts under load, socket passed in", "0 failed requests",
                f"p99 {p99_ms(healthy):.1f} ms, {failed(healthy)} failed",
                f"p99 {p99_ms(found):.1f} ms, {no_answer} of {len(found)} without an answer, {failed(found) - no_answer} with "
                f"another status, {incomplete(found)} not complete, exit codes {sorted(set(codes))}", not failed(found) and set(codes) == {0}),
            Row(f"SIGKILL to the first answer, {kills} times", "≤ 100 ms", "–",
                f"median {percentile([ms * 1000 for ms in killed], 0.5):.0f} ms, most {max(killed):.0f} ms", max(killed) <= 100),
            Row("D15 driver crashes: back by its supervisor", "≤ 1 s", "–", f"most {max(crashed):.0f} ms", max(crashed) <= 1000)]


def crash(bed, supervised):
    """The next query kills the process."""
    bed.faults("* crash")
    try:
        supervised.whole()
    except OSError:
        pass
    supervised.process.wait()
    bed.faults()


def first_answer_ms(supervised, end):
    """From the end of the process until a view is answered, complete or not, by the next one."""
    end()
    begun = time.monotonic()
    supervised.launch()
    while supervised.service.ask("GET", f"/v1/customers?view=pop&member={FIRST}", port=supervised.port).status not in (200, 503):
        pass
    took_ms = (time.monotonic() - begun) * 1000
    supervised.service.wait(supervised.whole)
    return took_ms


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def flatness(directory, build, scale):
    """Memory and descriptors while sources go wrong all the time."""
    n = max(2000, round(REQUESTS * scale))
    bed = Bed(directory, build)
    service = start(bed)
    try:
        bed.faults(*FAULTS)
        list(bed.ask(service.port, bodies=0, connections=16, count=n // 5))
        pid, struck = service.process.pid, sum(bed.hits().values())
        before = resident_kib(pid), descriptors(pid)
        list(bed.ask(service.port, bodies=0, connections=16, count=n))
        after = resident_kib(pid), descriptors(pid)
        struck = sum(bed.hits().values()) - struck
    finally:
        bed.faults()
        service.__exit__(None, None, None)
    grown = after[0] - before[0]
    return [Row(f"{n:,} requests and {struck:,} source faults", "RSS ± 1 MiB, descriptors constant",
                f"before: {before[0]} KiB, {before[1]} descriptors", f"{grown:+d} KiB, {after[1] - before[1]:+d} descriptors",
                abs(grown) <= 1024 and before[1] == after[1])]
