"""A live view with one client beside its own parts, each asked alone by the native client of its database: near, and with
the servers a while away. What a view costs on top of its slowest part, when its parts run side by side."""
import os
import statistics
import subprocess

from lab import Contestant
from measure import cores, load

VIEW = "desk"
VIEW_XML = """<mapping xmlns="urn:federator:mapping:1">
  <view name="desk" by="member" budget="400ms">
    <use path="name"/><use path="phone"/><use path="tier"/><use path="order_count"/><use path="do_not_contact"/>
    <use path="pending_callbacks"/><use path="contacts" limit="5"/><use path="orders" limit="3" only="no at amount status"/>
  </view>
</mapping>
"""
FAR_US = (0, 1000, 5000)  # in each direction
RUNS = 200


class Place:
    """Where the servers are, the service that asks them there, and what each part takes by itself."""

    def __init__(self, lab, title, delay_us, phone, member):
        self.title, self.lab = title, lab
        kind = f"servers-{delay_us}"
        self.connections = lab.far(kind, delay_us, VIEW_XML)
        self.service = lab.serve(Contestant(f"{VIEW}, {title}", clients=1), "--cache", "off", kind=kind)
        self.parts = self.service.parts_of(VIEW, member)
        self.asked = lab.asked(kind, self.connections, phone, self.parts)

    def native(self):
        """Part -> microseconds, by the native clients."""
        argv = ["taskset", "-c", str(cores()[0]), self.lab.program("native"), str(RUNS), self.asked, *self.connections]
        done = subprocess.run(argv, check=True, capture_output=True, text=True)
        found = dict(line.split("\t") for line in done.stdout.splitlines())
        return {part: int(found[part]) for part in self.parts}


def compare(lab, phones, seconds, n):
    """{title: (parts, slowest us, view us, ratio, least, most)}, medians of n rounds."""
    with open(lab.path("members")) as f:
        member = f.readline().strip()
    places = [Place(lab, f"servers {2 * us / 1000:g} ms away" if us else "servers on this machine", us, phones[0], member)
              for us in FAR_US]
    found = {place.title: [] for place in places}
    for place in places:
        load(place.service, lab.path("members"), "QUERY", 1, failed_most=1, view=VIEW, key="member")
    for _ in range(n):
        for place in places:
            slowest = max(place.native().values())
            view = load(place.service, lab.path("members"), "QUERY", seconds, view=VIEW, key="member")["p50_us"]
            found[place.title].append((slowest, view, view / slowest))
    return {place.title: {"parts": len(place.parts), "rounds": found[place.title]} for place in places}


def print_table(found):
    print("\n### A live view beside its slowest part, one client\n")
    print("| | parts | slowest part by its native client, p50 ms | view, p50 ms | ÷ slowest part (least–most) |")
    print("|---|---|---|---|---|")
    for title, of in found.items():
        slowest, view, ratio = (statistics.median(r[i] for r in of["rounds"]) for i in range(3))
        least, most = min(r[2] for r in of["rounds"]), max(r[2] for r in of["rounds"])
        print(f"| {VIEW}, {title} | {of['parts']} | {slowest / 1000:.2f} | {view / 1000:.2f} | "
              f"{ratio:.2f} ({least:.2f}–{most:.2f}) |")
