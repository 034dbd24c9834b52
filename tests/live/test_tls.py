#!/usr/bin/env python3
"""TLS on the public listener, from outside: who is let in, with what, and that certificates change under load."""
import functools
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import unittest
import warnings

from pki import Authority
from servers import free_port
from shop import Shop, phone_of
from streams import Stream
from support import SLOW, LiveTest, federator


ANSWER_S = 30 * SLOW


class TlsTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop = Shop(os.path.join(cls.scratch, "shop"))
        cls.authority = Authority(os.path.join(cls.scratch, "authority"))
        cls.other = Authority(os.path.join(cls.scratch, "other"), "another authority")
        cls.names = "DNS:localhost,IP:127.0.0.1"

    def pair(self):
        """The service's certificate and key, at paths of their own."""
        directory = self.fresh()
        paths = os.path.join(directory, "tls.pem"), os.path.join(directory, "tls.key")
        self.replace(paths, self.authority.sign("localhost", self.names))
        return paths

    @staticmethod
    def replace(paths, new):
        for old, path in zip(paths, new):
            shutil.copy(path, old + ".new")
            os.replace(old + ".new", old)

    def serve(self, *options, pair=None):
        certificate, key = pair or self.pair()
        return self.start(self.shop.map, "--tls-cert", certificate, "--tls-key", key, *options)

    def context(self, authority=None, certificate=None, **versions):
        context = ssl.create_default_context(cafile=(authority or self.authority).certificate)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # old protocols are to be refused
            for name, version in versions.items():
                setattr(context, name, version)
        if certificate:
            context.load_cert_chain(*certificate)
        return context

    def ask(self, service, context, path="/livez", headers=None):
        connection = http.client.HTTPSConnection("localhost", service.port, timeout=ANSWER_S, context=context)
        try:
            connection.request("GET", path, headers=headers or {})
            return connection.getresponse().status
        finally:
            connection.close()

    def shake(self, service, context):
        """The socket after a good handshake."""
        plain = socket.create_connection(("127.0.0.1", service.port), timeout=ANSWER_S)
        self.addCleanup(plain.close)
        secured = context.wrap_socket(plain, server_hostname="localhost")
        self.addCleanup(secured.close)
        return secured

    def stream(self, service, path, headers="", context=None):
        stream = Stream(service.port, path, headers, context=context or self.context())
        self.addCleanup(stream.close)
        return stream

    # ---- protocols ----

    def test_versions(self):
        service = self.serve()
        for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
            context = self.context(minimum_version=version, maximum_version=version)
            context.set_alpn_protocols(["h2", "http/1.1"])
            secured = self.shake(service, context)
            self.assertEqual(secured.version(), version.name.replace("_", "."))
            self.assertEqual(secured.selected_alpn_protocol(), "http/1.1")
            self.assertEqual(self.ask(service, context), 200)
        for version in ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1:
            context = self.context(minimum_version=version, maximum_version=version)
            context.set_ciphers("ALL:@SECLEVEL=0")
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                self.shake(service, context)
        # counted when the connection is closed, behind what the client hears
        service.wait(lambda: "federator_tls_handshakes_failed_total 2\n" in service.admin("/metrics").body.decode())

    def test_only_ciphers_with_forward_secrecy_and_aead(self):
        service = self.serve()
        ours = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305")
        every = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        every.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
        old = [cipher["name"] for cipher in every.get_ciphers() if cipher["protocol"] != "TLSv1.3"]
        taken = []
        for name in old:
            context = self.context(maximum_version=ssl.TLSVersion.TLSv1_2)
            context.set_ciphers(name + ":@SECLEVEL=0")
            try:
                taken.append(self.shake(service, context).cipher()[0])
            except (ssl.SSLError, ConnectionError):
                pass
        self.assertGreater(len(old), 50)
        self.assertEqual(sorted(taken), sorted(ours))

    def test_nobody_renegotiates(self):
        service = self.serve()
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{service.port}", "-tls1_2", "-CAfile", self.authority.certificate]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as client:
            watch = threading.Timer(ANSWER_S, client.kill)
            watch.start()
            client.stdin.write("R\n")  # its command for that
            client.stdin.flush()
            said = client.stdout.read()
            watch.cancel()
        self.assertIn("Verify return code: 0", said)
        self.assertIn("RENEGOTIATING", said)
        self.assertGreaterEqual(client.returncode, 0, "it was not cut, and had to be killed")

    def test_who_does_not_say_how_it_would_renegotiate_is_answered(self):
        def vector(size, content):
            return len(content).to_bytes(size, "big") + content
        extensions = b"".join(kind.to_bytes(2, "big") + vector(2, content) for kind, content in (
            (10, vector(2, b"\x00\x1d\x00\x17")), (11, vector(1, b"\x00")), (13, vector(2, b"\x04\x03"))))
        hello = b"\x03\x03" + 32 * b"r" + vector(1, b"") + vector(2, b"\xc0\x2b") + vector(1, b"\x00") + vector(2, extensions)
        plain = socket.create_connection(("127.0.0.1", self.serve().port), timeout=ANSWER_S)
        self.addCleanup(plain.close)
        plain.sendall(b"\x16\x03\x01" + vector(2, b"\x01" + vector(3, hello)))
        with plain.makefile("rb") as answer:
            record = answer.read(6)
        self.assertEqual((record[:3], record[5:]), (b"\x16\x03\x03", b"\x02"))  # a handshake record that begins with a ServerHello

    def test_curl_knows_the_authority_or_refuses(self):
        service = self.serve()
        for authority, code in (self.authority, 0), (self.other, 60):
            done = subprocess.run(["curl", "--silent", "--cacert", authority.certificate, "--write-out", "%{http_code}",
                                   f"https://localhost:{service.port}/livez"], capture_output=True, text=True,
                                  timeout=ANSWER_S, check=False)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn("200", subprocess.run(["curl", "--silent", "--insecure", "--write-out", "%{http_code}",
                                             f"https://127.0.0.1:{service.port}/livez"], capture_output=True, text=True,
                                            timeout=ANSWER_S, check=True).stdout)  # without a name (SNI)

    def test_who_does_not_speak_tls_hears_nothing_of_http(self):
        service = self.serve()
        plain = socket.create_connection(("127.0.0.1", service.port), timeout=ANSWER_S)
        self.addCleanup(plain.close)
        plain.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        got = b""
        try:
            while more := plain.recv(4096):
                got += more
        except ConnectionError:
            pass
        self.assertNotIn(b"HTTP", got)
        self.assertEqual(self.ask(service, self.context()), 200)

    def test_header_that_is_too_long_is_answered_in_the_session(self):
        service = self.serve()
        secured = self.shake(service, self.context())
        secured.sendall(b"GET /" + 7000 * b"x" + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertTrue(secured.recv(65536).startswith(b"HTTP/1.1 414"))

    def test_question_that_is_too_large_is_answered_in_the_session(self):
        service, body = self.serve(), 70000 * b"x"
        for _ in range(20):
            secured = self.shake(service, self.context())
            secured.sendall(b"QUERY /v1/customers HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            self.assertTrue(secured.recv(65536).startswith(b"HTTP/1.1 413"))

    # ---- clients with certificates ----

    def test_client_has_to_show_a_certificate(self):
        service = self.serve("--client-ca", self.authority.certificate)
        good = self.authority.sign("crm", purpose="clientAuth")
        self.assertEqual(self.ask(service, self.context(certificate=good)), 200)
        for refused in (None,
                        self.other.sign("crm", purpose="clientAuth"),
                        self.authority.sign("crm", purpose="clientAuth", expired=True),
                        self.authority.sign("crm", purpose="serverAuth")):
            with self.assertRaises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
                self.ask(service, self.context(certificate=refused))
        self.assertEqual(self.ask(service, self.context(certificate=good)), 200)

    def test_replaced_authorities_end_what_old_ones_let_in(self):
        authorities = os.path.join(self.fresh(), "clients.pem")
        shutil.copy(self.authority.certificate, authorities)
        service = self.serve("--client-ca", authorities)
        old = self.context(certificate=self.authority.sign("crm", purpose="clientAuth"))
        new = self.context(certificate=self.other.sign("crm", purpose="clientAuth"))
        connection = http.client.HTTPSConnection("localhost", service.port, timeout=ANSWER_S, context=old)
        self.addCleanup(connection.close)
        connection.request("GET", "/livez")
        self.assertEqual(connection.getresponse().read() and 200, 200)
        stream = self.stream(service, "/v1/agents/kim/pops", context=old)
        self.assertIn(" 200 ", stream.header())
        self.replace([authorities], [self.other.certificate])

        def taken():
            try:
                return self.ask(service, new) == 200
            except ssl.SSLError:
                return False
        service.wait(taken)
        with self.assertRaises((ConnectionError, http.client.HTTPException)):
            connection.request("GET", "/livez")
            connection.getresponse()
        self.assertEqual(stream.event()["event"], "bye")
        self.assertTrue(stream.ends())

    def test_who_is_refused_is_told_why(self):
        gone = self.authority.sign("gone", purpose="clientAuth")
        service = self.serve("--client-ca", self.authority.certificate, "--client-crl", self.listed(gone[0]))

        def told(certificate, version, why):
            context = self.context(certificate=certificate, maximum_version=version)
            with self.assertRaises(OSError) as caught:
                self.shake(service, context).recv(1)  # TLS 1.3: the client has finished by then
            return why in str(caught.exception)
        for certificate, why in ((gone, "CERTIFICATE_REVOKED"), (self.other.sign("crm", purpose="clientAuth"), "UNKNOWN_CA"),
                                 (self.authority.sign("crm", purpose="clientAuth", expired=True), "CERTIFICATE_EXPIRED"),
                                 (self.authority.sign("crm", purpose="serverAuth"), "BAD_CERTIFICATE")):
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                service.wait(functools.partial(told, certificate, version, why))  # a reset may overtake it

    def refused(self, service, context):
        with self.assertRaises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
            self.ask(service, context)

    def kept(self, service, context):
        """A connection on which something was asked."""
        connection = http.client.HTTPSConnection("localhost", service.port, timeout=ANSWER_S, context=context)
        self.addCleanup(connection.close)
        self.assertEqual(self.again(connection), 200)
        return connection

    @staticmethod
    def again(connection):
        connection.request("GET", "/livez")
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def listed(self, *revoked, **more):
        """A list of the authority at a path of its own."""
        path = os.path.join(self.fresh(), "revoked.pem")
        shutil.copy(self.authority.revoke(*revoked, **more), path)
        return path

    def test_who_is_revoked_is_let_in_no_more(self):
        gone, stays = (self.authority.sign(name, purpose="clientAuth") for name in ("gone", "stays"))
        lists = self.listed()
        service = self.serve("--client-ca", self.authority.certificate, "--client-crl", lists)
        kept = [self.kept(service, self.context(certificate=one)) for one in (gone, stays)]
        stream = self.stream(service, "/v1/agents/kim/pops", context=self.context(certificate=gone))
        self.assertIn(" 200 ", stream.header())
        self.replace([lists], [self.authority.revoke()])  # the same once more: nobody has to come again
        service.wait(lambda: service.log().count("tls_reloaded") == 1)
        self.assertEqual([self.again(connection) for connection in kept], [200, 200])
        for connection in kept:
            self.assertIsNotNone(connection.sock)
        self.replace([lists], [self.authority.revoke(gone[0])])
        service.wait(lambda: service.log().count("tls_reloaded") == 2)
        self.assertEqual(stream.event()["event"], "bye")
        for connection in kept:  # who is still let in shows it by a new handshake
            with self.assertRaises((ConnectionError, http.client.HTTPException)):
                self.again(connection)
        self.refused(service, self.context(certificate=gone))
        self.assertEqual(self.ask(service, self.context(certificate=stays)), 200)

    def test_list_that_is_over_lets_nobody_in_by_a_certificate(self):
        client, lists = self.authority.sign("crm", purpose="clientAuth"), self.listed(dates=(-10, -1))
        keys = os.path.join(self.fresh(), "keys.json")
        federator("keys", "add", "--keys", keys, "--client", "pbx", "--role", "agent", "--scopes", "view")
        service = self.serve("--client-ca", self.authority.certificate, "--client-crl", lists, "--keys", keys)
        self.assertIn("tls_expires", service.log())
        self.refused(service, self.context(certificate=client))
        self.assertEqual(self.ask(service, self.context()), 200)  # others show another credential
        self.replace([lists], [self.authority.revoke()])
        service.wait(lambda: "tls_reloaded" in service.log())
        self.assertEqual(self.ask(service, self.context(certificate=client)), 200)
        self.replace([lists], [self.authority.revoke(client[0], dates=(-10, -1))])  # that one is not taken
        service.wait(lambda: "a list of revoked certificates has expired" in service.log())
        self.assertEqual(self.ask(service, self.context(certificate=client)), 200)
        self.replace([lists], [self.authority.revoke(dates=(-20, 2))])
        service.wait(lambda: service.log().count("tls_expires") == 2)

    def test_list_that_is_over_holds_no_new_certificate_up(self):
        client, pair = self.authority.sign("crm", purpose="clientAuth"), self.pair()
        keys = os.path.join(self.fresh(), "keys.json")
        federator("keys", "add", "--keys", keys, "--client", "pbx", "--role", "agent", "--scopes", "view")
        service = self.serve("--client-ca", self.authority.certificate, "--client-crl", self.listed(dates=(-10, -1)),
                             "--keys", keys, pair=pair)
        self.replace(pair, self.authority.sign("localhost", self.names))
        service.wait(lambda: "tls_reloaded" in service.log())
        self.refused(service, self.context(certificate=client))
        self.assertEqual(self.ask(service, self.context()), 200)

    def test_lists_of_several_authorities(self):
        both = os.path.join(self.fresh(), "clients.pem")
        lists = self.listed()
        ours, theirs = self.authority.sign("ours", purpose="clientAuth"), self.other.sign("theirs", purpose="clientAuth")
        self.join(both, self.authority.certificate, self.other.certificate)
        self.join(lists, self.authority.revoke(), self.other.revoke(theirs[0]))
        service = self.serve("--client-ca", both, "--client-crl", lists)
        self.assertEqual(self.ask(service, self.context(certificate=ours)), 200)
        self.refused(service, self.context(certificate=theirs))

    def forged(self):
        """A list by somebody who only has the authority's name."""
        namesake = Authority(os.path.join(self.fresh(), "namesake"))
        return namesake.revoke(dates=(-10, -1))

    @staticmethod
    def join(path, *parts):
        with open(path, "w", encoding="utf-8") as out:
            for part in parts:
                with open(part, encoding="utf-8") as f:
                    out.write(f.read())

    def test_certificate_stands_for_a_client_of_the_key_file(self):
        keys = os.path.join(self.fresh(), "keys.json")
        federator("keys", "add", "--keys", keys, "--client", "crm", "--role", "agent", "--scopes", "view", "--certificate",
                  "crm.example")
        key = federator("keys", "add", "--keys", keys, "--client", "pbx", "--role", "agent", "--scopes", "view").stdout.split()[-1]
        service = self.serve("--client-ca", self.authority.certificate, "--keys", keys)
        service.wait_sources()
        path = f"/v1/customers?phone={phone_of(7)}"
        known, unknown = (self.context(certificate=self.authority.sign("x", f"DNS:{name}", "clientAuth"))
                          for name in ("crm.example", "pbx.example"))
        for _ in range(4):  # also when the very same was asked a moment ago
            self.assertEqual(self.ask(service, known, path), 200)
            self.assertEqual(self.ask(service, unknown, path), 401)
            self.assertEqual(self.ask(service, self.context(), path), 401)
        self.assertEqual(self.ask(service, self.context(), path, {"Authorization": "Bearer " + key}), 200)
        self.assertEqual(self.ask(service, self.context()), 200)  # health is open

    def test_only_what_is_guarded_is_reached_from_elsewhere(self):
        certificate, key = self.pair()
        keys = os.path.join(self.fresh(), "keys.json")
        federator("keys", "add", "--keys", keys, "--client", "pbx", "--role", "agent", "--scopes", "view")
        tls, everywhere = ("--tls-cert", certificate, "--tls-key", key), ("--listen", f"0.0.0.0:{free_port()}")
        for options in (), tls, ("--keys", keys):
            done = federator("serve", "--map", self.shop.map, "--admin", "off", *everywhere, *options, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn("can be reached from elsewhere", done.stderr)
        service = self.start(self.shop.map, *everywhere, "--keys", keys, *tls)
        service.port = int(everywhere[1].split(":")[1])
        self.assertEqual(self.ask(service, self.context()), 200)

    # ---- files ----

    def test_files_that_are_no_good_are_said_at_the_start(self):
        certificate, key = self.pair()
        options = ["serve", "--map", self.shop.map, "--listen", "127.0.0.1:0", "--admin", "off"]

        def refused(words, *more):
            done = federator(*options, *more, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)
        refused("TLS needs --tls-cert and --tls-key", "--tls-cert", certificate)
        refused("TLS needs --tls-cert and --tls-key", "--client-ca", certificate)
        refused("is not that of the certificate", "--tls-cert", certificate, "--tls-key", self.pair()[1])
        refused("holds no certificates", "--tls-cert", certificate, "--tls-key", key, "--client-ca", key)
        refused("no certificate and key in PEM", "--tls-cert", key, "--tls-key", key)
        refused("cannot open", "--tls-cert", certificate + ".no", "--tls-key", key)
        ours = ("--tls-cert", certificate, "--tls-key", key, "--client-ca", self.authority.certificate)
        refused("clients of the authorities of --client-ca", *ours[:4], "--client-crl", self.listed())
        refused("holds no revocation lists", *ours, "--client-crl", certificate)
        refused("list 1 of", *ours, "--client-crl", self.other.revoke())
        refused("list 1 of", *ours, "--client-crl", self.other.revoke(dates=(-10, -1)))
        refused("list 1 of", *ours, "--client-crl", self.forged())
        os.chmod(key, 0o640)
        refused("can be read by others", "--tls-cert", certificate, "--tls-key", key)

    def test_certificate_is_replaced_under_load(self):
        pair = self.pair()
        service = self.serve(pair=pair)
        over, failed, asked = threading.Event(), [], [0]

        def load():
            while not over.is_set():
                try:
                    if self.ask(service, self.context()) != 200:
                        failed.append("status")
                    asked[0] += 1
                except (OSError, http.client.HTTPException) as e:
                    failed.append(repr(e))
        threads = [threading.Thread(target=load) for _ in range(4)]
        kept = http.client.HTTPSConnection("localhost", service.port, timeout=ANSWER_S, context=self.context())
        kept.connect()
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                before = self.serial(service)
                self.replace(pair, self.authority.sign("localhost", self.names))
                service.wait(lambda: self.serial(service) != before)
            before = self.serial(service)
            self.replace(pair[1:], self.authority.sign("localhost", self.names)[1:])  # a key without its certificate
            service.wait(lambda: self.serial(service) == before and "tls_reload_failed" in service.log())
            kept.request("GET", "/livez")
            self.assertEqual(kept.getresponse().status, 200)
        finally:
            over.set()
            for thread in threads:
                thread.join()
            kept.close()
        self.assertEqual(failed, [])
        self.assertGreater(asked[0], 10)
        service.wait(lambda: "tls_reloaded" in service.log())

    def test_certificate_is_taken_without_a_client(self):
        pair = self.pair()
        service = self.serve(pair=pair)
        expires = "federator_tls_certificate_expiry_timestamp_seconds {}\n"
        self.assertIn(expires.format(self.until(pair[0])), service.admin("/metrics").body.decode())
        new = self.authority.sign("localhost", self.names, dates=(-50, 10))
        self.replace(pair[:1], new[:1])  # a certificate without its key
        service.wait(lambda: "tls_reload_failed" in service.log())
        self.assertNotIn("tls_reloaded", service.log())
        self.replace(pair[1:], new[1:])
        service.wait(lambda: "tls_reloaded" in service.log())
        service.wait(lambda: "tls_expires" in service.log())
        self.assertIn(expires.format(self.until(new[0])), service.admin("/metrics").body.decode())
        self.assertIn("federator_tls_handshakes_total 0", service.admin("/metrics").body.decode())

    @staticmethod
    def until(certificate):
        """When it expires, in seconds since 1970."""
        said = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-enddate"], capture_output=True, text=True,
                              check=True).stdout
        return ssl.cert_time_to_seconds(said.strip().split("=")[1])

    def serial(self, service):
        return self.shake(service, self.context()).getpeercert()["serialNumber"]

    # ---- streams ----

    def test_streams(self):
        service = self.serve()
        service.wait_sources()
        self.assertEqual(self.ask(service, self.context()), 200)
        stream = self.stream(service, "/v1/agents/kim/pops")
        self.assertIn("text/event-stream", stream.header())
        service.wait(lambda: "federator_streams 1" in service.admin("/metrics").body.decode())
        self.pop(service, 7)
        events = stream.events("done")
        self.assertEqual(events[0]["event"], "pop")
        self.assertIs(events[-1]["data"]["complete"], True)
        self.assertIn("한7별", json.dumps(events, ensure_ascii=False))
        service.__exit__(None, None, None)
        self.assertEqual(stream.event()["event"], "bye")
        self.assertTrue(stream.ends())

    def pop(self, service, n):
        connection = http.client.HTTPSConnection("localhost", service.port, timeout=ANSWER_S, context=self.context())
        try:
            connection.request("POST", "/v1/agents/kim/pops", json.dumps({"by": {"phone": phone_of(n)}, "view": "pop"}),
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            self.assertEqual((answer.status, json.loads(answer.read())["streams"]), (202, 1))
        finally:
            connection.close()

    def test_stream_ends_with_its_client(self):
        service = self.serve()
        streams = [self.stream(service, f"/v1/agents/a{n}/pops") for n in range(20)]
        for stream in streams:
            stream.header()
        service.wait(lambda: "federator_streams 20" in service.admin("/metrics").body.decode())
        for stream in streams:
            stream.close()
        service.wait(lambda: "federator_streams 0" in service.admin("/metrics").body.decode())
        service.wait(lambda: 'federator_http_connections{listener="public"} 0' in service.admin("/metrics").body.decode())

    # ---- those who do not finish ----

    def test_unfinished_handshakes_hold_nobody_up(self):
        service = self.serve()
        begun = []
        for n in range(200):
            plain = socket.create_connection(("127.0.0.1", service.port), timeout=ANSWER_S)
            self.addCleanup(plain.close)
            if n % 2:
                plain.sendall(b"\x16\x03\x01\x02\x00\x01\x00")  # the beginning of a ClientHello
            begun.append(plain)
        before, asked = self.turns(service), 50
        for _ in range(asked):
            self.assertEqual(self.ask(service, self.context()), 200)
        self.assertLess((self.turns(service) - before) / asked, 50)  # thousands, if the loop looked after them all the time
        service.__exit__(None, None, None)  # the end does not wait for them either

    @staticmethod
    def turns(service):
        for line in service.admin("/metrics").body.decode().splitlines():
            if line.startswith("federator_loop_turn_seconds_count "):
                return float(line.split()[1])
        raise AssertionError("no turns are counted")


if __name__ == "__main__":
    unittest.main()
