"""Requests at a steady rate, by bench/open_loop.c, and what came of each."""
import collections
import subprocess
import time

from measure import cores

CONNECTIONS = 16

Answer = collections.namedtuple("Answer", "due_us took_us status complete")


def now_us():
    """The clock of the answers."""
    return time.monotonic_ns() // 1000


class OpenLoad:
    """A running client; its answers are there when it has ended."""

    def __init__(self, lab, contestant, paths, rate, seconds):
        argv = ["taskset", "-c", str(cores()[1]), lab.program("open_loop"), str(contestant.port), str(rate), str(int(1000 * seconds)),
                str(CONNECTIONS), paths]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)

    def answers(self):
        """Wait for the end; all answers in the order in which they came."""
        out, _ = self.process.communicate()
        if self.process.returncode != 0:
            raise RuntimeError(f"open_loop ended with {self.process.returncode}")
        return [Answer(*map(int, line.split())) for line in out.splitlines()]


def failures(answers):
    """Answers that are not a whole view."""
    return sum(answer.status != 200 or not answer.complete for answer in answers)


def between(answers, since_us, until_us):
    """Those that were due in that time."""
    return [answer for answer in answers if since_us <= answer.due_us < until_us]


def quantile_us(answers, share):
    """Of the times."""
    times = sorted(answer.took_us for answer in answers)
    return times[min(len(times) - 1, int(share * len(times)))] if times else float("nan")
