"""What merging, masking and writing a view costs beside jansson's dump of the same tree, and whether it grows as the view does."""
import os
import statistics
import subprocess

from goals import Goal
from measure import cores

MAPPING = """<mapping xmlns="urn:federator:mapping:1">
  <source name="shop" connect="secret:shop" dialect="sqlite" zone="Asia/Seoul" pool="1"/>
  <key name="member" role="identity" type="integer"/>
  <class name="open"/><class name="name" mask="name"/><class name="phone" mask="phone"/>
  <part name="person" source="shop" rows="0..1" deadline="400ms" ttl="0s" stale="0s">
    <query by="member">SELECT * FROM person WHERE member IN (:member...)</query>
    <column name="member" type="integer" proves="member"/><column name="name" type="text"/>
    <column name="phone" type="text"/><column name="since" type="timestamp"/>
  </part>
  <part name="orders" source="shop" rows="0..400" deadline="400ms" ttl="0s" stale="0s">
    <query by="member">SELECT * FROM orders WHERE member IN (:member...)</query>
    <column name="member" type="integer" proves="member"/><column name="no" type="text"/><column name="title" type="text"/>
    <column name="amount" type="decimal"/><column name="placed" type="timestamp"/><column name="phone" type="text"/>
  </part>
  <field path="name" class="name"><from part="person" column="name"/></field>
  <field path="phone" class="phone"><from part="person" column="phone"/></field>
  <field path="since" class="open"><from part="person" column="since"/></field>
  <list path="orders" parts="orders" class="open" order="placed desc" limit="400">
    <field path="no"/><field path="title"/><field path="amount"/><field path="placed"/>
    <field path="phone" class="phone"/>
  </list>
  <view name="pop" by="member" budget="2s"><use path="name"/><use path="phone"/><use path="since"/><use path="orders"/></view>
  <policy role="agent" purpose="service"><show class="open"/><mask class="name phone"/></policy>
</mapping>
"""
ORDERS = {"1": 13, "2": 66, "3": 144}  # rows by customer: some 2, 10 and 20 KB
SMALL, LARGE = "1", "3"
RATIO_MOST, GROWTH_MOST, TIMES = 0.5, 1.1, 400


def fixture():
    """The source's rows, as adapters/fixture.h reads them."""
    lines = ["part person", "key member", "columns member name phone since"]
    lines += [f"{member}\t김민서\t01012345678\t2021-03-0{member} 10:20:30" for member in ORDERS]
    lines += ["", "part orders", "key member", "columns member no title amount placed phone"]
    lines += [f"{member}\tA{100000 + i}\t오렌지 주스 {i} \"1.5L\"\t{1000 + 37 * i}.50\t2026-10-{1 + i % 28:02} 12:{i % 60:02}:00"
              "\t01012345678"
              for member, n in ORDERS.items() for i in range(n)]
    return "\n".join(lines) + "\n"


def write_mapping(directory):
    os.makedirs(os.path.join(directory, "secrets"), mode=0o700)
    source = os.path.join(directory, "shop.txt")
    for name, text in (("mapping.xml", MAPPING), ("shop.txt", fixture()), ("secrets/shop", f"fixture:{source}\n")):
        with open(os.open(os.path.join(directory, name), os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.write(text)


def run(lab, args):
    """Goals, and all rounds."""
    directory = lab.path("render")
    write_mapping(directory)
    times = max(10, TIMES // 10) if args.quick else TIMES
    argv = ["taskset", "-c", str(cores()[0]), lab.program("render_cost"), directory, str(args.rounds), str(times), "member", *ORDERS]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    raw = {}
    for line in done.stdout.splitlines():
        value, *numbers = line.split()
        raw.setdefault(value, []).append(dict(zip(("bytes", "own_ns", "jansson_ns"), map(int, numbers))))
    middle = {value: {name: statistics.median(r[name] for r in of) for name in of[0]} for value, of in raw.items()}
    goals = []
    for of in middle.values():
        ratio = of["own_ns"] / of["jansson_ns"]
        goals.append(Goal(f"merge + mask + render of {of['bytes'] / 1000:.1f} KB ÷ jansson's dump of its tree", f"≤ {RATIO_MOST}",
                          f"{ratio:.2f} ({of['own_ns'] / 1000:.1f} µs; {of['jansson_ns'] / 1000:.1f} µs)", ratio <= RATIO_MOST))
    small, large = middle[SMALL], middle[LARGE]
    growth = large["own_ns"] / small["own_ns"] / (large["bytes"] / small["bytes"])
    return goals + [Goal("the same, growth of time ÷ growth of bytes", f"≤ {GROWTH_MOST}", f"{growth:.2f}",
                         growth <= GROWTH_MOST)], raw
