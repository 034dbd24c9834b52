#!/usr/bin/env python3
"""The oracle finds every kind of lie in an answer, also in one whose honest twin it has seen before."""
import copy
import json
import sys
import unittest

from bed import Answer
from oracle import Oracle, moment

OF = 20_000_007


def order(customer, row):
    return {"no": f"A{customer:08d}R{row}", "title": f"shop.orders.title:{customer:08d}:{row}",
            "pieces": customer * 1000 + 200 + row, "paid": f"{customer}.2{row:02d}",
            "placed": moment(customer, "shop", row) + "Z",
            "items": [{"label": f"shop.items.label:{customer:08d}:{10 * row + i}", "count": customer * 1000 + 200 + 10 * row + i}
                      for i in range(2)]}


def page(customer, row):
    return {"title": f"web.pages.title:{customer:08d}:{row}", "spent": customer * 1000 + 800 + row,
            "seen": moment(customer, "web", row) + "Z"}


def honest(customer=OF):
    return {"complete": True, "match": {"outcome": "one"},
            "customer": {"member": customer, "name": f"crm.person.name:{customer:08d}:0",
                         "grade": f"crm.person.grade:{customer:08d}:0", "visits": customer * 1000 + 200,
                         "credit": f"{customer}.2", "since": moment(customer, "crm", 0).rstrip("0") + "Z",
                         "orders": [order(customer, row) for row in range(5)],
                         "pages": [page(customer, row) for row in range(4)]},
            "parts": {name: {"state": "live", "took_ms": 3} for name in ("person", "orders", "items", "pages")}}


def missing(document, part, reason="deadline"):
    document["complete"] = False
    document["parts"][part] = {"state": "missing", "reason": reason}
    return document


def answer(document, status=200, customer=OF):
    body = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(0, 1000, status, "member", True, customer, body)


class OracleTest(unittest.TestCase):
    def setUp(self):
        self.oracle = Oracle()

    def take(self, document, **more):
        self.oracle.take(answer(document, **more))
        return self.oracle

    def assert_lie(self, document, words="", wrong_customer=0, **more):
        """Wrong on its own, and behind an honest answer."""
        primed = Oracle()
        primed.take(answer(honest()))
        self.assertEqual(primed.valid, 1)
        for oracle in (Oracle(), primed):
            oracle.take(answer(document, **more))
            self.assertEqual(oracle.invalid, 1)
            self.assertEqual(oracle.wrong_customer > 0, wrong_customer > 0)
            self.assertIn(words, oracle.first_wrong)

    def test_honest_answers_are_valid(self):
        self.take(honest())
        self.take(honest())
        self.take(honest(OF + 5), customer=OF + 5)
        without = missing(honest(), "orders")
        del without["customer"]["orders"]
        without["parts"]["items"] = {"state": "missing", "reason": "key_unknown"}
        self.take(without)
        self.assertEqual((self.oracle.valid, self.oracle.invalid, self.oracle.first_wrong), (4, 0, None))
        self.assertEqual(self.oracle.complete, 3)
        self.assertEqual(self.oracle.states["shop.orders live"], 3)
        self.assertEqual(self.oracle.states["shop.orders missing deadline"], 1)
        self.assertEqual(self.oracle.cells, 3 * 63 + 18)

    def test_a_cell_of_another_customer(self):
        other = honest(OF + 1)["customer"]
        for path in (("name",), ("visits",), ("credit",), ("since",), ("member",), ("orders", 2, "title"), ("orders", 2, "no"),
                     ("orders", 2, "pieces"), ("orders", 2, "paid"), ("orders", 2, "placed"),
                     ("orders", 0, "items", 1, "label"), ("orders", 0, "items", 1, "count"), ("pages", 3, "title"),
                     ("pages", 3, "spent"), ("pages", 3, "seen")):
            with self.subTest(path):
                document = honest()
                to, of = document["customer"], other
                for step in path[:-1]:
                    to, of = to[step], of[step]
                to[path[-1]] = of[path[-1]]
                self.assert_lie(document, wrong_customer=1)

    def test_everything_of_another_customer(self):
        self.assert_lie(honest(OF + 1), wrong_customer=1)

    def test_a_cell_of_another_source_column_or_row(self):
        for change in (("shop.orders.title", "web.pages.title"), ("shop.items.label", "shop.items.title"),
                       (f"{OF}.203", f"{OF}.204"), (f"{OF}203", f"{OF}803"), (f"A{OF}R3", f"A{OF}R4"),
                       (f"shop.items.label:{OF}:30", f"shop.items.label:{OF}:20")):
            with self.subTest(change):
                text = json.dumps(honest(), separators=(",", ":"))
                self.assertIn(change[0], text)
                self.assert_lie(text.replace(*change).encode())

    def test_a_truncated_list_shown_as_whole(self):
        for path in (("orders",), ("pages",), ("orders", 1, "items")):
            with self.subTest(path):
                document = honest()
                rows = document["customer"]
                for step in path:
                    rows = rows[step]
                del rows[-1]
                self.assert_lie(document, "shown as whole")
        document["parts"]["items"]["truncated"] = True
        document["complete"] = False
        self.assertEqual(Oracle().take(answer(document)), None)

    def test_a_row_twice_instead_of_another(self):
        document = honest()
        document["customer"]["pages"][1] = copy.deepcopy(document["customer"]["pages"][2])
        self.assert_lie(document, "rows")

    def test_completeness_that_is_none(self):
        document = missing(honest(), "pages")
        del document["customer"]["pages"]
        self.oracle.take(answer(document))
        self.assertEqual(self.oracle.invalid, 0)
        document["complete"] = True
        self.assert_lie(document, "complete is True")
        document = honest()
        document["complete"] = False
        self.assert_lie(document, "complete is False")

    def test_data_of_a_part_that_is_missing(self):
        self.assert_lie(missing(honest(), "pages"), "missing part")
        self.assert_lie(missing(honest(), "person"), "missing part")

    def test_a_value_that_is_left_out(self):
        for field, value in (("name", None), ("visits", None), ("since", None)):
            with self.subTest(field):
                document = honest()
                document["customer"][field] = value
                self.assert_lie(document, "null")
                del document["customer"][field]
                self.assert_lie(document, "absent")
                oracle = Oracle(spoilt=("text", "number", "time"))
                oracle.take(answer(document))
                self.assertIsNone(oracle.first_wrong)

    def test_a_stale_copy_does_not_decide_alone(self):
        candidate = {"customer": {"name": f"crm.person.name:{OF:08d}:0"}}
        document = {"complete": False, "match": {"outcome": "many", "state": "stale", "complete": False}, "parts": {},
                    "candidates": [candidate]}
        self.take(document)
        self.assertEqual((self.oracle.valid, self.oracle.states["many, stale"]), (1, 1))
        document["candidates"].append({"customer": {"name": f"crm.person.name:{OF + 1:08d}:0"}})
        self.assert_lie(document, "candidates", wrong_customer=1)

    def test_what_is_no_answer(self):
        self.assert_lie(b'{"complete": tru', "no JSON")
        self.assert_lie(b'{"complete": "\xff"}', "no JSON")
        self.assert_lie({"type": "x", "status": 500}, "status 500", status=500)
        self.assert_lie(b"", "no answer", status=0)
        self.assert_lie({"complete": True, "match": {"outcome": "none"}, "parts": {}}, "outcome none")
        self.assert_lie({"complete": True, "match": {"outcome": "many"}, "candidates": [], "parts": {}}, "several customers")

    def test_a_problem_where_one_is_right(self):
        self.take({"type": "urn:x", "status": 504}, status=504)
        self.assertEqual((self.oracle.valid, self.oracle.problems, self.oracle.states["status 504"]), (1, 1, 1))
        self.assert_lie({"type": "urn:x", "status": 500}, "status 500", status=500)
        self.assert_lie({"type": "urn:x", "status": 503}, "no problem document", status=504)

    def test_the_schema_is_asked_once_for_each_shape(self):
        asked = []
        oracle = Oracle(schema=lambda document, status: asked.append(document))
        oracle.take(answer(honest()))
        oracle.take(answer(honest(OF + 1), customer=OF + 1))
        self.assertEqual((oracle.valid, len(asked)), (2, 1))
        oracle = Oracle(schema=lambda document, status: "too few members")
        oracle.take(answer(honest()))
        self.assertIn("too few members", oracle.first_wrong)


if __name__ == "__main__":
    sys.exit(unittest.main())
