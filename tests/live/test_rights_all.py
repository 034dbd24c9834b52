#!/usr/bin/env python3
"""Random requests of all kinds of callers of several companies, held against an oracle that knows the mappings and the customers, and
nothing of the service: nobody sees a byte that is not theirs to see, and all that is answered is on record, over kills, and by certificates
at two nodes whose Redis comes and goes."""
import copy
import glob
import os
import re
import shutil
import unittest

from rights import books, oracle, run
from rights.made import MASKS, TENANTS, World, person
from rights.nodes import NodesWorld
from support import SANITIZED, LiveTest

REQUESTS = 800 if SANITIZED else 2000
KILLS = 3
SEED = 7


class RightsTest(LiveTest):
    def world(self, seed=SEED):
        return World(self.fresh(), seed)

    def nodes(self):
        """Two of them, on a Redis that runs until the test ends."""
        world = NodesWorld(self.fresh(), SEED)
        world.__enter__()
        self.addCleanup(world.__exit__, None, None, None)
        return world

    def assert_no_fault(self, found, *more):
        self.assertFalse(found.tally.faults, "\n".join(found.tally.faults))
        self.assertEqual(found.tally.leaked + found.tally.wrong, 0)
        for what in ("answered", "refused", "not_known", "checked", "unmasked", "rightly", *more):
            self.assertGreater(found.tally.n[what], 0, what)  # a run in which it never happened would show nothing

    def assert_on_record(self, world, found, node=0):
        """All that the node answered, and nothing else."""
        asked, record = found.books[node], books.of_record(world.records[node])
        self.assertEqual(books.compare(asked, record, found.lost), [])
        if books.are_same(asked, record):  # the disk was never too slow
            self.assertEqual(books.compare_months(asked, world.months(node)), [])
        self.assertIn("whole: ", world.verify(node))
        for path in glob.glob(os.path.join(world.records[node], "audit-*")):
            with open(path, "rb") as f:
                told = re.sub(rb"[0-9a-f]{16,}", b"", f.read())
            self.assertEqual(oracle.Oracle(world.tenants).leaks(told, None, None, (), True)[1], [])
        return record

    def test_nobody_sees_what_is_not_theirs_and_all_is_on_record(self):
        world = self.world()
        found = run.run(world, REQUESTS, seed=SEED)
        self.assert_no_fault(found)
        self.lose_a_record(self.assert_on_record(world, found))

    def test_nor_over_tls_by_certificates_and_with_copies_that_nodes_share(self):
        world = self.nodes()
        found = run.run(world, REQUESTS, seed=SEED, troubled=REQUESTS // 10)
        self.assert_no_fault(found, "certified", "beside", "turned_away", "cut")
        self.assertTrue(all(found.troubles.values()), found.troubles)
        self.assertTrue(all(found.hits), found.hits)
        self.assertGreater(found.kept, 0)
        for node in range(len(world.records)):
            self.assert_on_record(world, found, node)

    def lose_a_record(self, record):
        """The comparison finds one that is missing, one too many, and a stranger of whom nothing tells."""
        asked = copy.deepcopy(record)
        some = next(iter(asked.answers))
        for books_of in (asked, record):
            books_of.answers[some] += 1
            self.assertEqual(len(books.compare(asked, record)), 1)
            books_of.answers[some] -= 1
        record.strangers -= 1
        self.assertEqual(len(books.compare(asked, record)), 1)

    def test_all_is_on_record_over_kills(self):
        world = self.world()
        found = run.run_with_kills(world, KILLS, REQUESTS // 4, seed=SEED)
        self.assert_no_fault(found)
        record = books.of_record(world.record)
        self.assertEqual(record.starts, KILLS + 1)
        self.assertEqual(books.compare(found.books[0], record, KILLS * found.clients), [])  # of each connection one, if any
        self.assertEqual(books.compare_months(record, world.months()), [])
        self.assertIn("whole: ", world.verify())

    def assert_found(self, world, judge):
        """The service shows more than the oracle thinks that it should."""
        found = run.run(world, REQUESTS, seed=SEED, oracle=judge)
        self.assertGreater(found.tally.leaked, 0)

    def test_policy_that_shows_more_is_found(self):
        world = self.world()
        judge = oracle.Oracle(world.tenants)
        world.edit(TENANTS[0], "<part name=\"crm\"", f'<policy role="agent" purpose="service"><show class="{" ".join(MASKS)}"/></policy>'
                                                     '<part name="crm"')
        self.assert_found(world, judge)

    def test_customers_of_another_company_are_found(self):
        world = self.world()
        secrets = [os.path.join(world.tenants, tenant, "secrets", "crm") for tenant in TENANTS]
        shutil.copy(secrets[0], secrets[2])
        self.assert_found(world, oracle.Oracle(world.tenants))

    def test_certificate_that_is_mapped_to_the_wrong_client_is_found(self):
        world = self.nodes()
        world.certificates.swap()
        self.assertGreater(run.run(world, REQUESTS, seed=SEED).tally.wrong, 0)  # somebody else's values, or nobody's

    def test_revoked_certificate_that_is_let_in_is_found(self):
        world = self.nodes()
        world.certificates.forget()
        self.assertGreater(run.run(world, 2, seed=SEED).tally.wrong, 0)

    def test_each_spelling_of_a_value_is_found(self):
        judge = oracle.Oracle(self.world().tenants)
        for tenant in TENANTS:
            for n in (1, 8):
                for column, value in person(tenant, n).items():
                    for form in oracle.spelt(str(value)):
                        told = judge.leaks(b'{"x":"' + form + b'"}', tenant, None, (n,), column == "birth")[1]
                        self.assertTrue(told, (column, form))


if __name__ == "__main__":
    unittest.main()
