#!/usr/bin/env python3
"""What happens to real servers while calls come in: packets lost, connections reset, processes killed, tables changed,
passwords and limits changed. Agents ask without a pause all the while, and every answer is held against the rows."""
import collections
import http.client
import json
import os
import random
import tempfile
import threading
import time
import unittest

import netns
from servers import Servers
from shop import CUSTOMERS, Shop, be_patient, phone_of, rows
from support import SLOW, LiveTest, states

AGENTS = 4
LISTS = {"calls": "calls", "orders": "orders", "pages": "pages"}  # list of the view -> part
GENEROUS_S = 30 * SLOW  # the budget is 1 s; a hung driver would hang for ever


def truth_of(customer):
    """What a complete view shows of a customer, from the rows themselves."""
    code, = [row for row in rows("crm") if row[0] == f"C{customer:08d}"]
    return {
        "name": code[1],
        "calls": sorted(row[2] for row in rows("calls") if row[0] == code[0]),
        "orders": sorted(row[0] for row in rows("orders") if row[1] == customer),
        "pages": sorted(row[2] for row in rows("pages") if row[0] == customer),
    }


TRUTH = {n: truth_of(n) for n in range(3, CUSTOMERS + 1)}  # 1 and 2 share a phone
SHOWN = {"calls": "topic", "orders": "no", "pages": "title"}


def wrongs(customer, view):
    """What an answer says that is not so."""
    found, truth = [], TRUTH[customer]
    parts, shown = view["parts"], view.get("customer", {})
    if parts["crm"]["state"] == "missing":
        if "name" in shown:
            found.append("a name without its part")
    elif shown.get("name") != truth["name"]:
        found.append(f"name {shown.get('name')!r}")
    for name, part in LISTS.items():
        if parts[part]["state"] == "missing":
            if name in shown:
                found.append(f"{name} without its part")
        elif sorted(row[SHOWN[name]] for row in shown.get(name, ["?"])) != truth[name]:
            found.append(f"{name} {shown.get(name)!r}")
    if view["complete"] != all(part["state"] in ("live", "fresh") for part in parts.values()) and not (
            view["complete"] and "stale" in states(view).values()):
        found.append(f"complete={view['complete']} with {states(view)}")
    return found


class Agents:
    """Agents that ask on keep-alive connections, half by phone and half by number, until they are told to end."""

    def __init__(self, service):
        self.service, self.stop = service, threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(seed,)) for seed in range(AGENTS)]
        self.statuses, self.reasons = collections.Counter(), collections.Counter()
        self.problems, self.slowest_s, self.lock = [], 0.0, threading.Lock()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exc):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def work(self, seed):
        pick, connection = random.Random(seed), None
        while not self.stop.is_set():
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.service.port,
                                                                      timeout=60 * SLOW)
                self.one_call(connection, pick)
            except (OSError, http.client.HTTPException) as lost:
                self.note(f"no answer: {lost!r}")
                connection = None
        if connection:
            connection.close()

    def one_call(self, connection, pick):
        customer = pick.choice(sorted(TRUTH))
        by = {"phone": phone_of(customer)} if pick.random() < 0.5 else {"member": str(customer)}
        begun = time.monotonic()
        connection.request("QUERY", "/v1/customers", json.dumps({"by": by, "view": "pop"}),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        with self.lock:
            self.statuses[answer.status] += 1
            self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
        if answer.status == 200:
            self.judge(customer, by, body)
        elif answer.status not in (503, 504):
            self.note(f"{answer.status} for {by}: {body}")

    def judge(self, customer, by, view):
        for part in view["parts"].values():
            if part["state"] == "missing":
                self.reasons[part["reason"]] += 1
        if view["match"]["outcome"] != "one":
            if view["match"]["complete"]:  # all of them are known to everybody
                self.note(f"{by} is {view['match']}")
            return
        found = wrongs(customer, view)
        if found:
            self.note(f"{by}: {found} in {view}")

    def note(self, problem):
        with self.lock:
            self.problems.append(problem)


class ChaosTest(LiveTest):
    """Servers are made once, which takes longer than most of the stories; each test finds them as they were."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = Servers(tempfile.mkdtemp(dir=cls.scratch))
        cls.addClassCleanup(cls.servers.stop)
        cls.servers.start()
        cls.wall = netns.Wall()

    def setUp(self):
        self.addCleanup(self.heal)
        self.shop = Shop(os.path.join(self.fresh(), "shop"), self.servers, patient=False)  # fills the tables anew

    def heal(self):
        """Undo what a story, also a failed one, did to network and servers."""
        self.wall.open()
        for server in self.servers.of.values():
            if server is self.servers.redis or server.child is None or server.child.poll() is not None:
                server.stop()  # a new Redis has forgotten its settings
                server.start()
        self.servers.record()
        self.servers.pg.sql("ALTER ROLE app CONNECTION LIMIT -1")

    def serve(self, *options):
        service = self.start(self.shop.map, *(options or ("--cache", "off")))
        service.wait(self.whole(service))
        return service

    def serve_with_redis(self):
        """What becomes of Redis shows in no answer; what a busy machine is late with would."""
        be_patient(self.shop.map)
        return self.serve("--cache", self.servers.env["FED_TEST_REDIS"])

    def whole(self, service):
        """Does every part answer?"""
        def check():
            answer = service.query({"member": "7"})
            return answer.status == 200 and answer.json["complete"] and not wrongs(7, answer.json)
        return check

    def idle(self, service):
        """Does no worker ask or connect? A connect that is ended half-way is a failed one, and followed by a rest."""
        return lambda: not any(source["busy"] for source in service.admin("/readyz?verbose").json["sources"])

    def lacks(self, service, part, *reasons):
        """Is the part missing for one of these reasons, and nothing else wrong?"""
        def check():
            answer = service.query({"member": "7"})
            if answer.status != 200:
                return False
            self.assertEqual(wrongs(7, answer.json), [])
            state = answer.json["parts"][part]
            return state["state"] == "missing" and state["reason"] in reasons
        return check

    def story(self, service, *acts):
        """Let the acts happen one after the other under load; no answer may be late or wrong."""
        with Agents(service) as agents:
            for act in acts:
                act()
        self.assertEqual(agents.problems[:5], [])
        self.assertGreater(agents.statuses[200], 0)
        self.assertLess(agents.slowest_s, GENEROUS_S)
        return agents

    def until(self, service, condition):
        return lambda: service.wait(condition)

    def silent_story(self, port, part):
        service = self.serve()
        agents = self.story(service,
                            lambda: self.wall.drop(port),
                            self.until(service, self.lacks(service, part, "deadline", "refused", "busy")),
                            lambda: time.sleep(1.5),  # long enough for drivers to be cut off and to connect in vain
                            self.wall.open,
                            self.until(service, self.whole(service)))
        self.assertGreater(agents.reasons["deadline"], 0)

    def test_packets_of_postgresql_vanish(self):
        self.silent_story(self.servers.pg.port, "calls")

    def test_packets_of_mariadb_vanish(self):
        self.silent_story(self.servers.mariadb.port, "orders")

    def test_packets_of_both_vanish_by_turns(self):
        service = self.serve()
        turns = []
        for port, part in ((self.servers.pg.port, "calls"), (self.servers.mariadb.port, "orders")) * 2:
            turns += [lambda port=port: self.wall.drop(port),
                      self.until(service, self.lacks(service, part, "deadline", "refused", "busy")),
                      self.wall.open, self.until(service, self.whole(service))]
        self.story(service, *turns)

    def test_packets_answered_by_resets(self):
        service = self.serve()
        for port, part in ((self.servers.pg.port, "calls"), (self.servers.mariadb.port, "orders")):
            self.story(service,
                       lambda: self.wall.reset(port),
                       self.until(service, self.lacks(service, part, "refused", "deadline", "busy")),
                       self.wall.open,
                       self.until(service, self.whole(service)))

    def test_packets_of_new_connections_vanish(self):
        """Connections are lost and cannot be made again."""
        service = self.serve()
        lacking = self.lacks(service, "calls", "deadline", "refused", "busy")

        def lost():  # again and again: one that was just being made when the others ended is a session only later
            self.end_pg_sessions()
            return lacking()

        self.story(service,
                   lambda: self.wall.drop_new(self.servers.pg.port),
                   self.until(service, lost),
                   self.wall.open,
                   self.until(service, self.whole(service)))

    def test_packets_of_redis_vanish(self):
        service = self.serve_with_redis()
        agents = self.story(service,
                            lambda: self.wall.drop(self.servers.redis.port), lambda: time.sleep(0.5),
                            self.wall.open, lambda: time.sleep(0.5),
                            lambda: self.wall.reset(self.servers.redis.port), lambda: time.sleep(0.5),
                            self.wall.open, self.until(service, self.whole(service)))
        self.assertEqual(set(agents.statuses), {200})
        self.assertEqual(dict(agents.reasons), {})

    def end_pg_sessions(self):
        self.servers.pg.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")

    def end_mariadb_sessions(self):
        ids = self.servers.mariadb.sql("SELECT id FROM information_schema.processlist WHERE user = 'app'").split()
        for one in ids:
            try:
                self.servers.mariadb.sql(f"KILL CONNECTION {one}")
            except Exception as failed:  # it may have gone by itself
                self.assertIn("Unknown thread", str(failed))

    def test_sessions_ended_while_idle_cost_nothing(self):
        """One reconnect, unseen, inside the budget."""
        be_patient(self.shop.map)
        service = self.serve()
        for _ in range(3):
            service.wait(self.idle(service))
            self.end_pg_sessions()
            self.end_mariadb_sessions()
            for customer in (7, 8, 9):
                answer = service.query({"phone": phone_of(customer)})
                self.assertEqual(answer.status, 200, answer.body)
                view = answer.json
                self.assertEqual((view["complete"], wrongs(customer, view)), (True, []), view)

    def test_sessions_ended_under_load(self):
        service = self.serve()
        ends = []
        for _ in range(10):
            ends += [self.end_pg_sessions, self.end_mariadb_sessions, lambda: time.sleep(0.1)]
        self.story(service, *ends, self.until(service, self.whole(service)))

    def test_server_processes_killed(self):
        service = self.serve()

        def kill(server):
            os.kill(server.pid, 9)
            server.child.wait()
            time.sleep(0.5)
            server.start()
        self.story(service,
                   lambda: kill(self.servers.mariadb), self.until(service, self.whole(service)),
                   lambda: kill(self.servers.pg), self.until(service, self.whole(service)))

    def alter(self, database, text):
        return lambda: getattr(self.servers, database).sql(text)

    def test_tables_change(self):
        service = self.serve()
        gone = ("error", "schema_mismatch")
        self.story(
            service,
            self.alter("pg", "ALTER TABLE calls RENAME COLUMN topic TO subject"),
            self.until(service, self.lacks(service, "calls", *gone)),
            self.alter("pg", "ALTER TABLE calls RENAME COLUMN subject TO topic"),
            self.until(service, self.whole(service)),
            self.alter("pg", "ALTER TABLE calls ADD COLUMN more integer; ALTER TABLE calls ALTER topic TYPE text"),
            self.until(service, self.whole(service)),
            self.alter("mariadb", "ALTER TABLE orders CHANGE no number varchar(12)"),
            self.until(service, self.lacks(service, "orders", *gone)),
            self.alter("mariadb", "ALTER TABLE orders CHANGE number no varchar(20), ADD COLUMN first integer FIRST"),
            self.until(service, self.whole(service)))

    def test_tables_locked(self):
        """A lock held by somebody else is a slow source."""
        service = self.serve()
        unlock = threading.Event()

        def hold():
            self.servers.pg.sql("BEGIN; LOCK TABLE calls IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(3); COMMIT")
            unlock.set()
        self.story(service, threading.Thread(target=hold).start,
                   self.until(service, self.lacks(service, "calls", "deadline", "busy", "refused")),
                   lambda: unlock.wait(60), self.until(service, self.whole(service)))

    def test_no_connections_left_in_postgresql(self):
        """The server refuses more sessions; those we have go on, and what was refused comes back."""
        service = self.serve()
        self.story(service,
                   self.alter("pg", "ALTER ROLE app CONNECTION LIMIT 0"), self.end_pg_sessions,
                   self.until(service, self.lacks(service, "calls", "refused", "error")),
                   self.alter("pg", "ALTER ROLE app CONNECTION LIMIT -1"),
                   self.until(service, self.whole(service)))

    def test_redis_full_read_only_and_closed(self):
        """R3, R4: every answer of the cache that is none is a miss."""
        service = self.serve_with_redis()
        redis = self.servers.redis
        acts = []
        for change, back in (("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"),
                             ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"),
                             ("CONFIG SET min-replicas-to-write 3", "CONFIG SET min-replicas-to-write 0"),
                             ("FLUSHALL", "FLUSHALL"),
                             ("CLIENT KILL TYPE normal", "CLIENT KILL TYPE normal"),
                             ("CLIENT PAUSE 300", "PING")):
            acts += [lambda change=change: redis.ask(change), lambda: time.sleep(0.4),
                     lambda back=back: redis.ask(back), self.until(service, self.whole(service))]
        agents = self.story(service, *acts)
        self.assertEqual(set(agents.statuses), {200})
        self.assertEqual(dict(agents.reasons), {})

    def test_redis_wants_a_password(self):
        service = self.serve_with_redis()
        redis = self.servers.redis

        def close_it():
            redis.ask("CONFIG SET requirepass secret\r\nAUTH secret\r\nCLIENT KILL TYPE normal")
        agents = self.story(service, close_it, lambda: time.sleep(0.5), self.until(service, self.whole(service)))
        self.assertEqual(set(agents.statuses), {200})
        self.assertEqual(dict(agents.reasons), {})


if __name__ == "__main__":
    netns.enter()
    unittest.main()
