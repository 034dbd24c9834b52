"""The SQL of a view's parts as the questions of bench/live_c.c, in an order in which every key is known when needed."""
import glob
import os
import re
import xml.etree.ElementTree as ET

NS = "{urn:federator:mapping:1}"
LIST_VALUES = {"visitor": 8, "order": 8, "invoice": 8, "product": 32}  # placeholders of a list parameter


class Part:
    """What the mapping says about one part."""

    def __init__(self, element):
        self.name, self.source = element.get("name"), element.get("source")
        self.queries = {q.get("by"): " ".join(q.text.split()) for q in element.findall(NS + "query")}
        self.columns = element.findall(NS + "column")
        proved = {c.get("proves"): c.get("as") for c in self.columns if c.get("proves")}
        self.spelling = {key: f"{key}.{spelling}" if key == "member" else key for key, spelling in proved.items()}

    def binds(self, key):
        """Slots and indexes that stand for one list parameter."""
        if key == "phone":
            return ["phone.dashed/0", "phone.digits/0"]
        return [f"{self.spelling[key]}/{i}" for i in range(LIST_VALUES.get(key, 1))]

    def gives(self):
        """(column, key, slot) of the keys its rows carry."""
        found = []
        for i, column in enumerate(self.columns):
            key = column.get("gives")
            if key and key != "phone":
                found.append((i, key, f"member.{column.get('as')}" if key == "member" else key))
        return found

    def line(self, by, connection):
        """The line of the questions' file."""
        found = re.split(r":(\w+)\.\.\.", self.queries[by])
        sql, binds = found[0], []
        for key, text in zip(found[1::2], found[2::2]):
            binds += self.binds(key)
            sql += ",".join("?" * len(self.binds(key))) + text
        gives = ",".join(f"{column}={slot}" for column, _, slot in self.gives()) or "-"
        return "\t".join((self.name, str(connection), ",".join(binds), gives, sql))


def parts_of(mapping):
    """All parts of a mapping directory by name, in document order."""
    roots = [ET.parse(path).getroot() for path in sorted(glob.glob(os.path.join(mapping, "*.xml")))]
    return {e.get("name"): Part(e) for root in roots for e in root.iter(NS + "part")}


def questions(mapping, names, sources):
    """Lines for the parts `names`; `sources` are the connections in their order."""
    waiting = [part for name, part in parts_of(mapping).items() if name in names]
    known, lines = {"phone"}, []
    while waiting:
        ready = [(part, by) for part in waiting for by in part.queries if by in known]
        if not ready:
            raise RuntimeError("no key for " + ", ".join(part.name for part in waiting))
        later = {key for part in waiting for _, key, _ in part.gives()}
        part, by = next((found for found in ready if found[1] not in later - {"member"}), ready[0])
        waiting.remove(part)
        known.update(key for _, key, _ in part.gives())
        lines.append(part.line(by, sources.index(part.source)))
    return "\n".join(lines) + "\n"
