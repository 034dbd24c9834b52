#!/usr/bin/env python3
"""A bank whose three systems write clients, accounts and phones in their own ways: the right customer by every key,
nobody else's rows, the same view whichever key was used; in three SQLite files and in three kinds of databases."""
import json
import os
import unittest

from bank import BLOCKED, CLIENTS, FIRST, STRANGER, Bank, Oracle, Rows, core, dashed, international, sheet
from servers import Servers
from support import LiveTest, Service, federator, without_times

LOCKED_ACCOUNT = "110-100-000300"  # of a blocked client and of one more
LOST_ACCOUNT = "110-190-000000"  # its holder's row is missing
STRANGERS_ACCOUNT = "110-193-000000"
OUTCOMES = {0: "none", 1: "one"}


class BankTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = Servers(os.path.join(cls.scratch, "servers"), ("pg", "mariadb")).start()
        cls.addClassCleanup(cls.servers.stop)
        rows = Rows()
        cls.oracle, cls.rows = Oracle(rows.of), rows.of
        cls.mixed = Bank(os.path.join(cls.scratch, "mixed"), rows.of, cls.servers)
        cls.files = Bank(os.path.join(cls.scratch, "files"), rows.of)
        cls.service = Service(cls.mixed.map, directory=cls.scratch)
        cls.service.__enter__()
        cls.addClassCleanup(cls.service.__exit__, None, None, None)
        cls.service.wait_sources()

    def ask(self, key, value, *more):
        """The answer by one key; `more` are further pairs of key and value."""
        pairs = (key, value, *more)
        answer = self.service.query(dict(zip(pairs[::2], pairs[1::2])), view="full")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertTrue(answer.json["complete"], answer.body)
        return answer.json

    def check(self, key, written, value):
        """The answer names whom the oracle does, and shows what it says."""
        wanted = self.oracle.who(key, value)
        answer = self.ask(key, written)
        self.assertEqual(answer["match"]["outcome"], OUTCOMES.get(len(wanted), "many"), f"{key}={written}: {wanted}")
        if len(wanted) == 1:
            self.check_view(answer, *wanted)
        else:
            self.assertNotIn("customer", answer)
            self.assertNotIn("id", answer)
            names = sorted(self.oracle.people[n][1] for n in wanted if n in self.oracle.people)
            self.assertEqual(sorted(c["customer"]["name"] for c in answer.get("candidates", [])), names)
        return answer

    def check_view(self, answer, n):
        self.assertEqual(answer["customer"], self.oracle.view(n), f"client {n}")
        self.assertFalse([name for name, part in answer["parts"].items() if "warnings" in part or part["state"] == "missing"])

    def clients(self):
        """(number, row of the core system) of those who may be looked at."""
        return [(n, row) for n, row in self.oracle.people.items() if n not in BLOCKED]

    def test_a_client_by_three_spellings(self):
        self.assertEqual(len(self.clients()), CLIENTS)
        for n, _ in self.clients():
            with self.subTest(client=n):
                answers = [self.check("client", written, n) for written in (core(n), sheet(n), str(n))]
                self.assertTrue(all(without_times(a) == without_times(answers[0]) for a in answers))

    def test_a_phone_by_every_spelling(self):
        seen = set()
        numbers = {f"0102{i:07d}" for i in range(CLIENTS)}  # some of them are nobody's
        for tel in sorted(numbers):
            with self.subTest(phone=tel):
                spaced = f"+82 {tel[1:3]} {tel[3:7]} {tel[7:]}"
                answers = [self.check("phone", text, tel) for text in (tel, dashed(tel), international(tel), spaced)]
                matches = [{**a["match"], "names": [c["customer"] for c in a.get("candidates", [])]} for a in answers]
                self.assertEqual(matches, [matches[0]] * 4)
                seen.add(matches[0]["outcome"])
        self.assertEqual(seen, {"one", "none", "many"})

    def test_an_email(self):
        seen = set()
        for i in range(CLIENTS):
            with self.subTest(i=i):
                email = f"user{i}@example.com"
                seen.add(self.check("email", email.upper(), email)["match"]["outcome"])
        self.assertEqual(seen, {"one", "none", "many"})

    def test_an_account_with_and_without_dashes(self):
        seen = []
        for no, *_ in self.rows["account"]:
            if no.startswith("110-19") or not self.oracle.who("account", no):
                continue
            with self.subTest(account=no):
                first, second = (self.check("account", text, no) for text in (no, no.replace("-", "")))
                self.assertEqual(first.get("customer"), second.get("customer"))
                seen.append(first["match"]["outcome"])
        self.assertGreater(seen.count("many"), 30)
        self.assertGreater(seen.count("one"), 400)

    def test_a_card_leads_to_all_cards(self):
        for no, n, *_ in self.rows["card"]:
            with self.subTest(card=no):
                answer = self.check("card", no.replace("-", " "), no)
                if n not in BLOCKED:
                    self.assertIn(no, [card["no"] for card in answer["customer"]["cards"]])

    def test_a_visitor_of_the_web(self):
        for visitor in sorted({row[1] for row in self.rows["visit"]}):
            with self.subTest(visitor=visitor):
                if visitor.startswith("lost"):
                    answer = self.ask("visitor", visitor)
                    self.assertEqual(answer["match"]["outcome"], "unlinked")
                    self.assertNotIn("id", answer)
                    found = [(visit["no"], visit["branch"]) for visit in answer["customer"]["visits"]]
                    self.assertEqual(sorted(found), [(v[0], v[4]) for v in self.rows["visit"] if v[1] == visitor])
                    self.assertLessEqual(set(answer["customer"]), {"visits", "journey"})
                elif self.oracle.who("visitor", visitor):
                    self.check("visitor", visitor.upper(), visitor)

    def test_the_view_is_the_same_whichever_key_was_used(self):
        alike = 0
        for n, row in self.clients():
            keys = {"phone": row[3], "email": row[4]}
            keys.update({"account": account["no"] for account in self.oracle.accounts(n)})
            keys.update({"card": card[0] for card in self.rows["card"] if card[1] == n})
            views = [self.ask("client", n)]
            views += [answer for key, value in keys.items() if value
                      for answer in [self.ask(key, value)] if answer["match"]["outcome"] == "one"]
            parts = [{name: part.get("rows") for name, part in view["parts"].items() if name != "account_owner"} for view in views]
            with self.subTest(client=n):
                for view, asked in zip(views, parts):
                    if view["customer"]["name"] == row[1]:
                        self.assertEqual(json.dumps(view["customer"]), json.dumps(views[0]["customer"]))
                        self.assertEqual(asked, parts[0])
                        alike += 1
        self.assertGreater(alike, 4 * CLIENTS)

    def test_a_candidate_is_followed_by_its_id(self):
        answer = self.ask("account", "110-100-000000")
        self.assertEqual(answer["match"]["outcome"], "many")
        names = {row[1]: n for n, row in self.clients()}
        seen = set()
        for candidate in answer["candidates"]:
            n = names[candidate["customer"]["name"]]
            view = self.service.ask("GET", f"/v1/customers/{candidate['id']}?view=full").json
            self.check_view(view, n)
            seen.add(n)
        self.assertEqual(seen, self.oracle.who("account", "110-100-000000"))
        self.assertEqual(len(seen), 3)

    def test_two_keys_tell_holders_of_one_account_apart(self):
        holders = self.oracle.who("account", "110-100-000000")
        for n in holders:
            answer = self.ask("account", "110-100-000000", "email", self.oracle.people[n][4])
            with self.subTest(client=n):
                self.assertEqual(answer["match"]["outcome"], "one")
                self.check_view(answer, n)
        stranger = self.oracle.people[FIRST + 2][4]
        answer = self.ask("account", "110-100-000000", "email", stranger)
        self.assertEqual(answer["match"]["outcome"], "many")
        self.assertEqual(len(answer["candidates"]), 4)

    def test_systems_that_disagree_about_a_phone_are_told(self):
        tel = f"0102{27:07d}"  # 4527's in the core, 4526's in the card system
        self.assertEqual(self.oracle.clients("client", 3, international(tel), 0), {FIRST + 27})
        self.assertIn(FIRST + 26, self.oracle.clients("card_holder", 1, tel, 0))
        answer = self.check("phone", tel, tel)
        self.assertEqual([c["customer"]["name"] for c in answer["candidates"]],
                         [self.oracle.people[n][1] for n in (FIRST + 26, FIRST + 27)])

    def test_blocked_clients_are_never_shown(self):
        for i, n in enumerate(BLOCKED, CLIENTS):
            for written in (core(n), sheet(n), str(n)):
                answer = self.ask("client", written)
                self.assertEqual(answer["match"]["outcome"], "blocked")
                self.assertNotIn("customer", answer)
            for key, value in (("phone", self.oracle.people[n][3]), ("email", f"user{i}@example.com"),
                               ("card", f"4000-0000-1234-{i:04d}")):
                if value:
                    with self.subTest(client=n, key=key):
                        answer = self.ask(key, value)
                        self.assertEqual(answer["match"]["outcome"], "none", answer)
                        self.assertNotIn(self.oracle.people[n][1], json.dumps(answer, ensure_ascii=False))

    def test_the_other_holder_of_a_blocked_clients_account(self):
        wanted = self.oracle.who("account", LOCKED_ACCOUNT)
        self.assertEqual(len(wanted), 1)
        self.check("account", LOCKED_ACCOUNT, LOCKED_ACCOUNT)

    def test_clients_without_accounts(self):
        none = [n for n, _ in self.clients() if not self.oracle.accounts(n)]
        self.assertGreater(len(none), 10)
        for n in none:
            answer = self.ask("client", n)
            with self.subTest(client=n):
                self.check_view(answer, n)
                self.assertEqual((answer["customer"]["accounts"], answer["customer"]["account_count"]), ([], 0))
                self.assertEqual({answer["parts"][name]["state"] for name in ("holders", "transactions")}, {"skipped"})

    def test_an_account_without_its_holder_is_nobodys(self):
        for no in (LOST_ACCOUNT, LOST_ACCOUNT.replace("-", "")):
            answer = self.ask("account", no)
            self.assertEqual(answer["match"]["outcome"], "none")
            self.assertNotIn("id", answer)
            self.assertNotIn("customer", answer)

    def test_a_holder_whom_the_core_does_not_know(self):
        answer = self.ask("account", STRANGERS_ACCOUNT)
        self.assertEqual(answer["match"]["outcome"], "one")
        self.assertEqual(answer["match"]["evidence"], ["account_owner.acct_no"])
        self.check_view(answer, STRANGER)
        self.assertEqual(self.ask("client", STRANGER)["match"]["outcome"], "none")

    def test_what_is_no_number_is_refused(self):
        for key, value in (("client", "C4587x"), ("client", "4587.5"), ("phone", "12"), ("email", "user"), ("account", "eins")):
            with self.subTest(key=key, value=value):
                self.assert_problem(self.service.query({key: value}, view="full"), 422, key)

    def test_a_system_that_is_gone_costs_its_own_parts_only(self):
        for gone, lost in (("core", {"name", "grade", "birth", "memo", "complaints"}),
                           ("warehouse", {"accounts", "account_count"}), ("cards", {"cards", "visits"})):
            bank = Bank(self.fresh(), self.rows)
            os.unlink(os.path.join(bank.directory, gone + ".db"))
            for n in (FIRST + 87, FIRST + 1, FIRST + 33):
                answer = json.loads(federator("get", "--map", bank.map, "--by", f"client={n}", "--view", "full").stdout)
                mixed = {"contact", "journey"}  # of two systems
                with self.subTest(gone=gone, client=n):
                    self.assertFalse(answer["complete"])
                    self.assertEqual({name: value for name, value in answer["customer"].items() if name not in mixed},
                                     {name: value for name, value in self.oracle.view(n).items() if name not in mixed | lost})
                    gaps = [event["kind"] for event in answer["customer"]["journey"] if "missing" in event]
                    self.assertEqual(gaps, [kind for kind in ("complaints", "visits") if kind in lost])

    def test_three_kinds_of_databases_answer_as_three_files(self):
        questions = [f"client={core(n)}" for n in range(FIRST, FIRST + CLIENTS, 29)]
        questions += [f"phone={row[3]}" for _, row in self.clients()[::31] if row[3]]
        questions += [f"account={row[0]}" for row in self.rows["account"][::61]]
        questions += [f"card={row[0]}" for row in self.rows["card"][::61]] + ["phone=01020000027", "email=user3@example.com"]
        questions += [f"account={LOST_ACCOUNT}", f"account={STRANGERS_ACCOUNT}", "visitor=lost-1", "visitor=web-30",
                      f"client={BLOCKED[0]}"]
        for place, by in enumerate(questions):
            with self.subTest(by=by):
                options = ("--by", by, "--view", "full", "--canonical", *(("--xml",) if place % 3 == 0 else ()))
                mixed, files = (federator("get", "--map", bank.map, *options).stdout for bank in (self.mixed, self.files))
                self.assertIn("outcome", files)
                self.assertEqual(mixed, files)


if __name__ == "__main__":
    unittest.main()
