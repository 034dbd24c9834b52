#!/usr/bin/env python3
"""TLS to the sources and to Redis: the server that is meant is asked, and no other one."""
import os
import shutil
import subprocess
import unittest

from pki import Authority
from servers import Servers, find_tool, free_port, make_certificate
from shop import Shop, phone_of
from support import LiveTest, federator, states


class SourceTlsTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = Servers(os.path.join(cls.scratch, "servers")).start()
        cls.addClassCleanup(cls.servers.stop)
        cls.files = os.path.join(cls.scratch, "files")
        os.mkdir(cls.files)
        cls.right = {}
        for name, server in ("pg", cls.servers.pg), ("mariadb", cls.servers.mariadb):
            cls.right[name] = os.path.join(cls.files, name + ".pem")
            shutil.copy(os.path.join(server.data, "tls.crt"), cls.right[name])
        cls.wrong = Authority(os.path.join(cls.scratch, "wrong")).certificate

    def shop(self, pg, mariadb):
        """With secrets that verify the servers by these authorities."""
        shop = Shop(os.path.join(self.fresh(), "shop"), self.servers)
        env = self.servers.env
        shop.write_secret("callcenter", env["FED_TEST_PG"].replace("sslmode=disable", "sslmode=verify-full")
                          + f";pqopt={{sslrootcert={pg}}}")
        shop.write_secret("warehouse", env["FED_TEST_MARIADB"] + f";FORCETLS=1;SSLVERIFY=1;SSLCA={mariadb}")
        return shop

    def refusals(self, shop):
        """source -> why it is not reached, by check."""
        done = federator("check", "--live", "--format", "gcc", shop.map, check=False)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        return {line.split("`")[1]: line for line in done.stdout.splitlines() if "M0801" in line}

    def test_the_right_authority(self):
        shop = self.shop(**self.right)
        self.assertIn("sources: 3 of 3", federator("check", "--live", shop.map).stderr)
        service = self.start(shop.map)
        service.wait_sources()
        answer = service.query({"phone": phone_of(7)}).json
        self.assertIs(answer["complete"], True)
        self.assertEqual(self.servers.pg.sql("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                                             " WHERE usename = 'app'").strip(), "t")

    def test_a_wrong_authority_is_missing_with_the_reason(self):
        refusals = self.refusals(self.shop(self.wrong, self.wrong))
        self.assertIn("certificate verify failed", refusals["callcenter"])
        self.assertIn("self-signed certificate", refusals["warehouse"])
        self.assert_missing(self.shop(self.right["pg"], self.wrong), {"orders"})
        self.assert_missing(self.shop(self.wrong, self.right["mariadb"]), {"crm", "calls"})

    def assert_missing(self, shop, parts):
        """These parts are refused, and no other one."""
        service = self.start(shop.map)
        service.wait(lambda: "certificate" in service.log())
        answer = service.query({"phone": phone_of(7)}).json if "crm" not in parts else service.query({"member": 7}).json
        missing = {name: part["reason"] for name, part in answer["parts"].items() if part["state"] == "missing"}
        self.assertEqual(missing, dict.fromkeys(parts, "refused"))

    def test_another_server_is_missing_with_the_reason(self):
        authorities = {}
        for name, server in ("pg", self.servers.pg), ("mariadb", self.servers.mariadb):
            make_certificate(server, "another.example")
            authorities[name] = os.path.join(self.files, name + ".another.pem")
            shutil.copy(os.path.join(server.data, "tls.crt"), authorities[name])
        self.addCleanup(self.own_names)
        self.take_certificates()
        refusals = self.refusals(self.shop(**authorities))
        self.assertIn("does not match host name", refusals["callcenter"])
        self.assertIn("ertificate", refusals["warehouse"])

    def test_an_expired_certificate_is_refused_with_the_reason(self):
        authority = Authority(os.path.join(self.fresh(), "authority"))
        shop = self.shop(authority.certificate, authority.certificate)
        self.addCleanup(self.own_names)
        self.show(authority.sign("127.0.0.1", "IP:127.0.0.1"))
        self.assertIn("sources: 3 of 3", federator("check", "--live", shop.map).stderr)
        self.show(authority.sign("127.0.0.1", "IP:127.0.0.1", dates=(-20, -1)))
        refusals = self.refusals(shop)
        self.assertEqual(set(refusals), {"callcenter", "warehouse"})
        self.assertIn("certificate verify failed", refusals["callcenter"])
        self.assertIn("expired", refusals["warehouse"])

    def show(self, pair):
        """Both servers have this certificate and key from now on; the files stay theirs."""
        for server in (self.servers.pg, self.servers.mariadb):
            for name, path in zip(("tls.crt", "tls.key"), pair):
                with open(path, encoding="utf-8") as new, open(os.path.join(server.data, name), "w", encoding="utf-8") as own:
                    own.write(new.read())
        self.take_certificates()

    def own_names(self):
        for name, server in ("pg", self.servers.pg), ("mariadb", self.servers.mariadb):
            make_certificate(server)
            shutil.copy(os.path.join(server.data, "tls.crt"), self.right[name])
        self.take_certificates()

    def take_certificates(self):
        """The servers read theirs again. PostgreSQL does so a moment later, and new connections see it."""
        before = self.servers.pg.sql("SELECT pg_conf_load_time()")
        self.servers.pg.sql("SELECT pg_reload_conf()")
        while self.servers.pg.sql("SELECT pg_conf_load_time()") == before:
            pass
        self.servers.mariadb.sql("FLUSH SSL")

    # ---- Redis ----

    def test_redis_behind_stunnel(self):
        authority = Authority(os.path.join(self.fresh(), "authority"))
        certificate, key = authority.sign("redis", "DNS:redis.example")
        middle, near = free_port(), os.path.join(self.fresh(), "redis.sock")
        self.tunnel(f"[redis]\naccept = 127.0.0.1:{middle}\nconnect = {self.servers.redis.port}\n"
                    f"cert = {certificate}\nkey = {key}\n")
        self.tunnel(f"[redis]\nclient = yes\naccept = {near}\nconnect = 127.0.0.1:{middle}\n"
                    f"CAfile = {authority.certificate}\nverifyChain = yes\ncheckHost = redis.example\n")
        shop = Shop(os.path.join(self.fresh(), "shop"))
        service = self.start(shop.map, "--cache", "unix:" + near)
        service.wait_sources()
        service.wait(lambda: service.admin("/readyz?verbose").json["cache"]["up"])
        self.assertEqual(set(states(service.query({"phone": phone_of(7)}).json).values()) & {"live"}, {"live"})
        service.wait(lambda: "fresh" in states(service.query({"phone": phone_of(7)}).json).values())

    def tunnel(self, text):
        """stunnel until the end of the test."""
        path = os.path.join(self.fresh(), "stunnel.conf")
        with open(path, "w", encoding="utf-8") as f:
            f.write("foreground = yes\npid =\nsyslog = no\n" + text)
        process = subprocess.Popen([find_tool("stunnel4"), path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)


if __name__ == "__main__":
    unittest.main()
