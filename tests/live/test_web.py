#!/usr/bin/env python3
"""The web team's questions over HTTP: sessions, searches, who is on the site now, why a visitor is taken for a customer; by
the same SQL in SQLite, PostgreSQL and MariaDB."""
import os
import threading
import unittest
from urllib.parse import quote

from servers import Servers
from shop import Shop, phone_of
from streams import Stream
from support import LiveTest, Service
from weblog import Indexer, Stationer, line
from webshop import WebShop, ago

WEB = "{urn:federator:web:1}"
NEWEST = ["a000000000000002", "b000000000000003", "b000000000000002", "d000000000000001", "c000000000000001",
          "b000000000000001", "a000000000000001", "a000000000000000"]


class Asking:
    def web(self, service, path, purpose="web", method="GET", accept=None):
        return service.ask(method, "/v1/web/" + path, headers={"X-Purpose": purpose, **({"Accept": accept} if accept else {})})

    def got(self, service, path, **more):
        answer = self.web(service, path, **more)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def sessions(self, service, query=""):
        return [s["session"] for s in self.got(service, "sessions?" + query)["sessions"]]


class Questions(Asking):
    """What holds with every store."""

    def test_sessions_come_newest_first_page_by_page(self):
        self.assertEqual(self.sessions(self.service), NEWEST)
        seen, path = [], "sessions?limit=3"
        while path:
            page = self.got(self.service, path)
            self.assertLessEqual(len(page["sessions"]), 3)
            seen += [s["session"] for s in page["sessions"]]
            path = page.get("links", {}).get("next", "").removeprefix("/v1/web/")
        self.assertEqual(seen, NEWEST)

    def test_a_session_says_who_it_is_and_where_it_went(self):
        session = [s for s in self.got(self.service, "sessions")["sessions"] if s["session"] == "a000000000000001"][0]
        id = session.pop("customer")
        self.assertEqual(session, {
            "session": "a000000000000001", "visitor": "v1", "started": "2026-11-20T10:00:00+09:00",
            "last": "2026-11-20T10:03:00+09:00", "on_site": False, "events": 5, "searches": 1, "failures": 0,
            "entry_path": "/", "last_path": "/checkout/pay", "client": "10.1.2.0", "device": "mobile",
            "agent": "Mozilla/5.0 Phone"})
        self.assertEqual(self.service.ask("GET", f"/v1/customers/{id}?fields=name").json["customer"]["name"], "한7별")
        self.assertEqual(self.sessions(self.service, "customer=" + id), ["a000000000000002", "a000000000000001"])

    def test_sessions_are_asked_for_by_key_visitor_path_and_time(self):
        for query, wanted in (("member=7", ["a000000000000002", "a000000000000001"]),
                              ("member=8", ["b000000000000001"]),
                              ("order=a00000070", ["a000000000000002", "a000000000000001"]),
                              ("visitor=v2", ["b000000000000003", "b000000000000002", "b000000000000001"]),
                              ("path=/checkout", ["a000000000000001"]),
                              ("path=" + quote("/checkout*"), ["a000000000000001"]),
                              ("path=" + quote("/100%_*"), ["a000000000000002"]),
                              ("path=" + quote("/CHECKOUT*") + "&visitor=v3", []),
                              ("since=2026-11-20T11:00:00%2B09:00&until=2026-11-20T12:00:00%2B09:00",
                               ["b000000000000002"]),
                              ("log=shop&visitor=v9", [])):
            self.assertEqual(self.sessions(self.service, query), wanted, query)

    def test_a_session_shows_its_events_in_order(self):
        whole = self.got(self.service, "sessions/a000000000000001")
        self.assertEqual(whole["session"]["visitor"], "v1")
        self.assertEqual([e["path"] for e in whole["events"]],
                         ["/", "/search", "/goods/17", "/checkout", "/checkout/pay"])
        self.assertEqual(whole["events"][1], {"at": "2026-11-20T10:01:00+09:00", "kind": "search", "method": "GET",
                                              "path": "/search", "status": 200, "result": "done", "terms": "shoes",
                                              "hits": 3})
        paged, path = [], "sessions/a000000000000001?limit=2"
        while path:
            page = self.got(self.service, path)
            paged += page["events"]
            path = page.get("links", {}).get("next", "").removeprefix("/v1/web/")
        self.assertEqual(paged, whole["events"])
        self.assert_problem(self.web(self.service, "sessions/ffffffffffffffff"), 404, "unknown-session")
        self.assert_problem(self.web(self.service, "sessions/e000000000000001"), 404, "unknown-session")

    def test_searches_are_told_one_by_one_and_by_term(self):
        searches = self.got(self.service, "searches")["searches"]
        self.assertEqual([s["terms"] for s in searches], ["반품", "hat", "hat", "shoes", "shoes", "shoes"])
        paged, path = [], "searches?limit=4"
        while path:
            page = self.got(self.service, path)
            paged += page["searches"]
            path = page.get("links", {}).get("next", "").removeprefix("/v1/web/")
        self.assertEqual(paged, searches)
        window = "&since=2026-11-20T00:00:00%2B09:00&until=2026-11-21T00:00:00%2B09:00"
        terms = self.got(self.service, "searches?group=term" + window)
        self.assertEqual((terms["searches"], terms["visitors"]), (6, 3))
        self.assertEqual(terms["terms"][0], {"terms": "shoes", "searches": 3, "visitors": 2, "visitors_share": 0.6667,
                                             "last": "2026-11-20T10:21:00+09:00"})
        self.assertEqual([t["terms"] for t in terms["terms"]], ["shoes", "hat", "반품"])
        self.assertEqual([t["terms"] for t in self.got(self.service, "searches?group=term&limit=1" + window)["terms"]],
                         ["shoes"])
        self.assertEqual(self.got(self.service, "searches?group=term")["terms"], [])  # of the last day

    def test_searches_that_found_nothing(self):
        window = "&since=2026-11-20T00:00:00%2B09:00&until=2026-11-21T00:00:00%2B09:00"
        zero = self.got(self.service, "searches?group=zero_result" + window)["terms"]
        self.assertEqual([(t["terms"], t["searches"], t["by_hits"]) for t in zero], [("반품", 1, 1), ("hat", 1, 0)])

    def test_a_visitor_with_one_member_is_told_why(self):
        told = self.got(self.service, "visitors/v1/stitch")
        self.assertIs(told["shared_device"], False)
        links = {link["key"]: link for link in told["links"]}
        self.assertEqual(links["order"]["value"], "****")
        self.assertNotIn("value", links["member"])
        self.assertEqual(links["member"]["since"], "2026-10-21T10:03:00+09:00")
        self.assertEqual([e["evidence"] for e in told["evidence"]], ["login", "thanks"])
        self.assertEqual({e["link"] for e in told["evidence"]}, {links["member"]["link"], links["order"]["link"]})
        counts = {s["session"]: [(r["key"], r["by"]) for r in s["counts_for"]] for s in told["sessions"]}
        both = [("member", "only_value"), ("order", "only_value")]
        self.assertEqual(counts, {"a000000000000002": both, "a000000000000001": both, "a000000000000000": []})
        self.assertIn("30 days before", told["sessions"][-1]["why"])
        self.assertIs(told["complete"], True)
        customer = links["member"]["customer"]
        self.assertEqual(self.service.ask("GET", f"/v1/customers/{customer}?fields=name").json["customer"]["name"], "한7별")

    def test_a_shared_device_counts_by_evidence_only(self):
        told = self.got(self.service, "visitors/v2/stitch")
        self.assertIs(told["shared_device"], True)
        self.assertEqual([link["shared"] for link in told["links"]], [True, True])
        counts = {s["session"]: [(r["link"], r["by"]) for r in s["counts_for"]] for s in told["sessions"]}
        self.assertEqual(counts, {"b000000000000003": [], "b000000000000002": [(2, "evidence")],
                                  "b000000000000001": [(1, "evidence")]})
        self.assertIn("no evidence lies in this session", told["sessions"][0]["why"])
        self.assertEqual(self.got(self.service, "visitors/v3/stitch")["links"], [])
        self.assert_problem(self.web(self.service, "visitors/nobody/stitch"), 404, "unknown-visitor")

    def test_xml_is_the_same_tree(self):
        root = self.web(self.service, "sessions?visitor=v2", accept="application/xml").xml
        self.assertEqual(root.tag, WEB + "web")
        self.assertEqual([s.findtext(WEB + "session") for s in root.find(WEB + "sessions")],
                         ["b000000000000003", "b000000000000002", "b000000000000001"])
        for path in ("sessions/a000000000000001", "searches", "searches?group=term", "live", "visitors/v1/stitch"):
            self.assertEqual(self.web(self.service, path, accept="application/xml").xml.findtext(WEB + "log"), "shop")

    def test_who_is_on_the_site_now(self):
        shop = self.shop
        self.addCleanup(shop.fill_again)
        shop.session("v4", "f000000000000004", [(ago(60), "/", {}), (ago(5), "/checkout/pay", {})])
        shop.link("v4", "4", ago(60))
        shop.session("v5", "f000000000000005", [(ago(20), "/checkout", {})])
        shop.session("v6", "f000000000000006", [(ago(900), "/", {})])
        shop.session("bot", "f000000000000007", [(ago(3), "/", {})], agent=2)
        live = self.got(self.service, "live")
        self.assertEqual([s["session"][-1] for s in live["sessions"]], ["4", "5", "6"])
        self.assertEqual(live["sessions"][0]["live"], {"outcome": "one", "Name": "한4별", "Tier": "VIP"})
        self.assertEqual(live["sessions"][1]["live"], {})
        self.assertIs(live["complete"], True)
        for query, wanted in (("minutes=10", "45"), ("path=" + quote("/checkout*"), "45"), ("Tier=VIP", "4"),
                              ("Tier=BASE", ""), ("path=/checkout", "5"), ("limit=1", "4"),
                              ("Tier=VIP&Name=" + quote("한4별"), "4")):
            got = self.got(self.service, "live?" + query)
            self.assertEqual("".join(s["session"][-1] for s in got["sessions"]), wanted, query)
        # by a purpose that does not see the tier nobody is found by it
        self.assertEqual(self.got(self.service, "live?Tier=VIP", purpose="tier")["sessions"], [])


class Problems(Asking, LiveTest):
    """What is refused, and how."""

    def serve(self, *options):
        self.shop = WebShop(os.path.join(self.fresh(), "shop")).fill()
        service = self.start(self.shop.map, *options)
        service.wait_sources()
        return service

    def test_what_is_wrong_with_a_question_is_told(self):
        service = self.serve()
        for path, status, *words in (
                ("sessions?visiter=v1", 400, "unknown-parameter", "did you mean `visitor`?"),
                ("sessions?membr=7", 400, "unknown-parameter", "did you mean `member`?"),
                ("sessions?phone=010-1234-5678", 400, "unknown-parameter"),
                ("live?Teir=VIP", 400, "unknown-parameter", "did you mean `Tier`?"),
                ("sessions?log=shpo", 400, "unknown-log", "did you mean `shop`?"),
                ("sessions?member=nobody", 422, "malformed-key"), ("sessions?member=7&order=A1", 400, "too-many-keys"),
                ("sessions?customer=c.abc", 404, "unknown-id"), ("sessions?path=checkout", 400, "bad-parameter"),
                ("sessions?path=/a*b", 400, "bad-parameter"), ("sessions?limit=0", 400, "bad-parameter"),
                ("sessions?limit=1001", 400, "bad-parameter"), ("sessions?since=2026-11-20", 400, "malformed-time"),
                ("sessions?cursor=c.abc", 400, "bad-cursor"), ("searches?group=terms", 400, "bad-parameter"),
                ("live?minutes=0", 400, "bad-parameter"), ("live?minutes=1441", 400, "bad-parameter"),
                ("visitors/v1/stitch?visitor=v1", 400, "unknown-parameter"), ("session", 404, "no-such-path")):
            with self.subTest(path):
                self.assert_problem(self.web(service, path), status, *words)
        self.assert_problem(self.web(service, "sessions", accept="text/html"), 406, "not-acceptable")
        self.assert_problem(self.web(service, "sessions", method="POST"), 405)

    def test_a_cursor_serves_its_question_only(self):
        service = self.serve()
        cursor = self.got(service, "sessions?limit=1")["links"]["next"].split("cursor=")[1]
        self.assertEqual(self.sessions(service, "cursor=" + cursor)[0], NEWEST[1])
        for path in ("sessions?visitor=v2&cursor=", "sessions?path=/&cursor=", "searches?cursor=",
                     "sessions/a000000000000001?cursor=", "sessions?since=2026-11-20T00:00:00Z&cursor="):
            self.assert_problem(self.web(service, path + cursor), 400, "bad-cursor")

    def test_who_does_not_see_the_class_is_refused_everywhere(self):
        service = self.serve()
        for path in ("sessions", "sessions/a000000000000001", "searches", "searches?group=term", "live", "visitors/v1/stitch"):
            for purpose, word in (("service", "does not see"), ("masked", "only masked"), ("nothing", "no policy")):
                self.assert_problem(self.web(service, path, purpose=purpose), 403, "not-allowed", word)
        self.assertEqual(self.web(service, "live", purpose="service", accept="text/event-stream").status, 403)

    def test_head_and_headers(self):
        service = self.serve()
        answer = self.web(service, "sessions", method="HEAD")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(answer.headers["cache-control"], "private, no-store")
        stream = self.web(service, "live", method="HEAD", accept="text/event-stream")
        self.assertEqual((stream.status, stream.headers["content-type"]), (200, "text/event-stream"))

    def test_a_mapping_without_weblog_says_so(self):
        shop = Shop(os.path.join(self.fresh(), "plain"))
        service = self.start(shop.map)
        for path in ("sessions", "searches", "live", "visitors/v/stitch"):
            self.assert_problem(self.web(service, path, purpose="service"), 404, "no-weblog", "<weblog>")

    def test_with_several_logs_the_question_says_which(self):
        service = self.serve()
        with open(os.path.join(self.shop.map, "weblog.xml")) as f:
            text = f.read()
        begin = text.index("  <weblog")
        second = text[begin:].replace('name="shop"', 'name="elsewhere"').replace("shop.log", "elsewhere.log")
        self.shop.write_file("weblog.xml", text[:text.index("</mapping>")] + second)
        self.assertEqual(service.ask("POST", "/admin/reload", port=service.admin_port).status, 200)
        self.assert_problem(self.web(service, "sessions"), 400, "no-log", "`shop`, `elsewhere`")
        self.assertEqual(self.sessions(service, "log=elsewhere"), ["e000000000000001"])
        self.assertEqual(self.sessions(service, "log=shop&visitor=v9"), [])

    def test_a_store_that_is_not_there_is_told(self):
        service = self.serve()
        os.rename(self.shop.path, self.shop.path + ".away")
        self.shop.write_file("extra.xml", '<mapping xmlns="urn:federator:mapping:1"><class name="more"/></mapping>')
        with open(os.path.join(self.shop.map, "secrets", "events"), "a") as f:
            f.write("\n")
        self.shop.edit("weblog.xml", 'pool="2"', 'pool="1"')
        self.assertEqual(service.ask("POST", "/admin/reload", port=service.admin_port).status, 200)
        answer = self.web(service, "sessions")
        self.assert_problem(answer, 503, "weblog-unavailable", "`events`", "refused")
        self.assertEqual(answer.headers["retry-after"], "1")
        os.rename(self.shop.path + ".away", self.shop.path)
        service.wait(lambda: self.web(service, "sessions").status == 200)


class Streams(Asking, LiveTest):
    """Who is on the site, as it changes."""

    def setUp(self):
        self.shop = WebShop(os.path.join(self.fresh(), "shop")).fill()
        self.service = self.start(self.shop.map)
        self.service.wait_sources()

    def listen(self, query="", purpose="web"):
        stream = Stream(self.service.port, "/v1/web/live" + query,
                        f"Accept: text/event-stream\r\nX-Purpose: {purpose}\r\n")
        self.addCleanup(stream.close)
        self.assertIn("text/event-stream", stream.header())
        return stream

    def metric(self, name, **labels):
        wanted = name + ("{" + ",".join(f'{k}="{v}"' for k, v in labels.items()) + "}" if labels else "")
        return sum(float(line.rsplit(" ", 1)[1]) for line in self.service.admin("/metrics").body.decode().splitlines()
                   if line.rsplit(" ", 1)[0] == wanted)

    def assert_told(self, stream, event, session, **more):
        got = stream.event()
        self.assertEqual((got["event"], got["data"]["session"]), (event, session), got)
        for name, value in more.items():
            self.assertEqual(got["data"][name], value)
        return got["data"]

    def test_sessions_begin_change_and_end(self):
        self.shop.session("v3", "f000000000000003", [(ago(9), "/", {})])
        stream = self.listen("?minutes=1")
        self.assert_told(stream, "session", "f000000000000003", last_path="/", live={})
        self.shop.goes_on("f000000000000003", ago(1), "/cart")
        self.assert_told(stream, "session", "f000000000000003", last_path="/cart", events=2)
        late = self.listen("?minutes=1")
        self.assert_told(late, "session", "f000000000000003", last_path="/cart")

    def test_a_session_ends_when_nothing_happened_for_so_long(self):
        self.shop.session("v3", "f000000000000003", [(ago(57), "/", {})])
        stream, wider = self.listen("?minutes=1"), self.listen("?minutes=2")
        for one in (stream, wider):
            self.assert_told(one, "session", "f000000000000003")
        self.assert_told(stream, "gone", "f000000000000003", why="ended")
        self.shop.goes_on("f000000000000003", ago(0), "/again")
        for one in (stream, wider):
            self.assert_told(one, "session", "f000000000000003", last_path="/again")

    def test_filters_by_path_and_tier(self):
        paying, important = self.listen("?path=/checkout*"), self.listen("?Tier=VIP")
        self.shop.session("v4", "f000000000000004", [(ago(9), "/", {})])
        self.shop.session("v5", "f000000000000005", [(ago(9), "/checkout", {})])
        self.assert_told(paying, "session", "f000000000000005")
        self.shop.goes_on("f000000000000004", ago(3), "/checkout/pay")
        self.assert_told(paying, "session", "f000000000000004")
        self.shop.goes_on("f000000000000005", ago(2), "/")
        self.assert_told(paying, "gone", "f000000000000005", why="filter")
        # who logs in is somebody
        self.shop.evidence("v4", "f000000000000004", "4", ago(1))
        self.shop.link("v4", "4", ago(1))
        self.shop.goes_on("f000000000000004", ago(1), "/checkout/pay")
        told = self.assert_told(important, "session", "f000000000000004")
        self.assertEqual(told["live"]["Tier"], "VIP")
        self.assertTrue(told["customer"].startswith("c."))
        # and on the same device somebody else
        self.shop.evidence("v4", "f000000000000004", "5", ago(0))
        self.shop.link("v4", "5", ago(0))
        self.shop.goes_on("f000000000000004", ago(0), "/checkout/pay")
        self.assert_told(important, "gone", "f000000000000004", why="filter")

    def test_each_purpose_sees_its_own(self):
        self.shop.session("v4", "f000000000000004", [(ago(9), "/", {})])
        self.shop.link("v4", "4", ago(9))
        seeing, blind = self.listen(), self.listen(purpose="tier")
        self.assertEqual(self.assert_told(seeing, "session", "f000000000000004")["live"]["Name"], "한4별")
        self.assertEqual(self.assert_told(blind, "session", "f000000000000004")["live"]["Name"], "")

    def test_the_store_is_asked_for_all_listeners_together(self):
        listeners = [self.listen(f"?minutes={1 + n % 4}") for n in range(60)]
        self.service.wait(lambda: self.metric("federator_streams") == 60)
        before = self.metric("federator_source_fetches_total", source="events")
        self.service.wait(lambda: self.metric("federator_source_fetches_total", source="events") >= before + 3)
        self.assertLess(self.metric("federator_source_fetches_total", source="events"), before + 60)
        self.shop.session("v3", "f000000000000003", [(ago(1), "/", {})])
        for stream in listeners:
            self.assert_told(stream, "session", "f000000000000003")

    def test_too_many_different_questions_are_refused(self):
        streams = [self.listen(f"?minutes={n + 1}") for n in range(64)]
        self.service.wait(lambda: self.metric("federator_streams") == 64)
        more = self.listen("?minutes=65")
        self.assertEqual(more.event()["data"]["type"], "urn:federator:problem:overloaded")
        self.assertTrue(more.ends())
        streams.pop().close()
        self.service.wait(lambda: self.metric("federator_streams") == 63)
        self.shop.session("v3", "f000000000000003", [(ago(1), "/", {})])
        self.assert_told(self.listen("?minutes=66"), "session", "f000000000000003")

    def test_a_reload_that_hides_the_log_ends_its_streams(self):
        self.shop.session("v3", "f000000000000003", [(ago(1), "/", {})])
        stream = self.listen()
        self.assert_told(stream, "session", "f000000000000003")
        self.shop.edit("weblog.xml", '<show class="open person web"/>', '<show class="open person"/>')
        self.assertEqual(self.service.ask("POST", "/admin/reload", port=self.service.admin_port).status, 200)
        self.assertEqual(stream.event()["data"]["type"], "urn:federator:problem:not-allowed")
        self.assertTrue(stream.ends())

    def test_a_store_that_fails_is_told_once_and_when_it_is_back_it_goes_on(self):
        self.shop.session("v3", "f000000000000003", [(ago(1), "/", {})])
        stream = self.listen()
        self.assert_told(stream, "session", "f000000000000003")
        self.shop.run("ALTER TABLE web_agent RENAME TO web_agent_away")
        self.assertEqual(stream.event()["data"]["type"], "urn:federator:problem:weblog-unavailable")
        self.assertEqual(self.listen("?minutes=1").event()["event"], "session")
        self.shop.run("ALTER TABLE web_agent_away RENAME TO web_agent")
        self.shop.goes_on("f000000000000003", ago(0), "/back")
        self.assert_told(stream, "session", "f000000000000003", last_path="/back")

    def test_streams_say_good_bye(self):
        stream = self.listen()
        self.service.wait(lambda: self.metric("federator_streams") == 1)
        self.service.process.terminate()
        self.assertEqual(stream.event()["event"], "bye")
        self.assertTrue(stream.ends())


class Indexed(Asking, LiveTest):
    """From the line in the log to the web team's screen, with the mapping of examples/stationer."""

    def setUp(self):
        self.stationer = Stationer(self.fresh())
        self.stationer.write()
        self.indexer = Indexer(self.stationer).start()
        self.addCleanup(self.indexer.stop)
        self.indexer.wait(lambda: os.path.exists(self.stationer.store_path) and "weblog_followed" in self.indexer.output())
        self.service = self.start(self.stationer.mapping, "--salt-secret", "salt", "--role", "webteam", "--purpose", "analysis")
        self.service.wait_sources()

    def web(self, service, path, **more):
        return super().web(service, path, purpose="analysis", **more)

    def test_a_line_is_told_to_who_watches_for_important_customers(self):
        stream = Stream(self.service.port, "/v1/web/live?path=/order/*&tier=VIP", "Accept: text/event-stream\r\n")
        self.addCleanup(stream.close)
        stream.header()
        self.stationer.write(line("/goods/PEN-7", vid="v1", member="1"), line("/order/form", vid="v2", member="2"),
                             line("/order/form", vid="v1", member="1"), line("/goods/", agent="Googlebot/2.1", vid="v3"))
        told = stream.event()
        self.assertEqual((told["event"], told["data"]["visitor"], told["data"]["last_path"], told["data"]["live"]),
                         ("session", "v1", "/order/form", {"outcome": "one", "tier": "VIP"}))
        self.stationer.write(line("/", vid="v1", member="1"))
        told = stream.event()
        self.assertEqual((told["event"], told["data"]["visitor"], told["data"]["why"]), ("gone", "v1", "filter"))
        self.assertEqual({s["visitor"] for s in self.got(self.service, "live")["sessions"]}, {"v1", "v2"})
        self.assertEqual([s["visitor"] for s in self.got(self.service, "live?tier=BASE")["sessions"]], ["v2"])

    def test_who_has_not_agreed_is_a_visitor_whose_view_is_empty(self):
        self.stationer.edit("web.xml", lambda text: text.replace('default="none"/></view>', 'default="none"/>'
                                                                 '<use path="on_site_now" as="here" default="?"/></view>'))
        self.assertEqual(self.service.ask("POST", "/admin/reload", port=self.service.admin_port).status, 200)
        stream = Stream(self.service.port, "/v1/web/live?here=true", "Accept: text/event-stream\r\n")
        self.addCleanup(stream.close)
        stream.header()
        self.stationer.write(line("/a", vid="v3", member="3"))
        self.service.wait(lambda: [s["live"] for s in self.got(self.service, "live")["sessions"]] ==
                          [{"outcome": "one", "tier": "GOLD", "here": "?"}])
        self.stationer.write(line("/b", vid="v1", member="1"))
        told = stream.event()["data"]
        self.assertEqual((told["visitor"], told["live"]["here"]), ("v1", "true"))

    def test_what_was_written_is_answered(self):
        self.stationer.write(line("/search?q=%EB%A7%8C%EB%85%84%ED%95%84", vid="v1", hits=0), line("/search?q=pen", vid="v1", hits=5),
                             line("/login/done", vid="v1", member="1", method="POST", status=302),
                             line("/order/done?no=D-1001", vid="v1", member="1"))
        self.service.wait(lambda: len(self.got(self.service, "sessions?visitor=v1&path=/order/done")["sessions"]) == 1)
        session = self.got(self.service, "sessions?member=1")["sessions"][0]
        self.assertEqual((session["visitor"], session["events"], session["searches"], session["client"], session["on_site"]),
                         ("v1", 4, 2, "10.1.2.0", True))
        self.assertEqual(self.sessions(self.service, "order=D-1001"), [session["session"]])
        events = self.got(self.service, "sessions/" + session["session"])["events"]
        self.assertEqual([(e["kind"], e.get("terms"), e.get("order")) for e in events],
                         [("search", "만년필", None), ("search", "pen", None), ("page", None, None), ("order", None, "D-1001")])
        self.assertEqual([t["terms"] for t in self.got(self.service, "searches?group=term")["terms"]], ["pen", "만년필"])
        self.assertEqual([t["terms"] for t in self.got(self.service, "searches?group=zero_result")["terms"]], ["만년필"])
        told = self.got(self.service, "visitors/v1/stitch")
        self.assertEqual({(e["key"], e["evidence"]) for e in told["evidence"]}, {("member", "login"), ("order", "order")})
        self.assertEqual({r["by"] for r in told["sessions"][0]["counts_for"]}, {"only_value"})


class Sqlite(Questions, LiveTest):
    store, kinds = "sqlite", ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = None
        if cls.kinds:
            cls.servers = Servers(os.path.join(cls.scratch, "servers"), cls.kinds).start()
            cls.addClassCleanup(cls.servers.stop)
        cls.shop = WebShop(os.path.join(cls.scratch, "shop"), cls.store, cls.servers).fill()
        cls.service = Service(cls.shop.map)
        cls.service.__enter__()
        cls.addClassCleanup(cls.service.__exit__, None, None, None)
        cls.service.wait_sources()


class Postgresql(Sqlite):
    store, kinds = "postgresql", ("pg",)

    def test_a_frozen_store_is_late_and_holds_up_nobody(self):
        self.servers.pg.freeze()
        answers = []
        asking = threading.Thread(target=lambda: answers.append(self.web(self.service, "sessions")))
        try:
            asking.start()
            self.assertTrue(self.service.get(phone=phone_of(7)).json["complete"])
            self.assertEqual(answers, [])
            asking.join()
        finally:
            self.servers.pg.thaw()
        self.assert_problem(answers[0], 504, "weblog-late", "deadline")
        self.service.wait(lambda: self.web(self.service, "sessions").status == 200)


class Mariadb(Sqlite):
    store, kinds = "mariadb", ("mariadb",)


if __name__ == "__main__":
    unittest.main()
