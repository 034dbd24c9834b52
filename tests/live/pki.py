"""Authorities and certificates for tests, made by openssl."""
import os
import subprocess
import time


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True)


def moment(days):
    """So many days from now, in openssl's words."""
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 86400 * days))


class Authority:
    """An authority of its own directory that signs what is asked for."""

    def __init__(self, directory, name="an authority"):
        os.makedirs(directory, exist_ok=True)
        self.directory, self.made = directory, 0
        self.certificate, self.key = self.path("ca.pem"), self.path("ca.key")
        self.new_key(self.key)
        openssl("req", "-x509", "-new", "-key", self.key, "-subj", f"/CN={name}", "-days", "30", "-out",
                self.certificate)

    def path(self, name):
        return os.path.join(self.directory, name)

    @staticmethod
    def new_key(path):
        openssl("ecparam", "-genkey", "-noout", "-name", "prime256v1", "-out", path)
        os.chmod(path, 0o600)

    def sign(self, name, names="", purpose="serverAuth", expired=False, dates=None):
        """Paths of a certificate for `name`, with alternative names, and of its key. `dates`: from when until when it is good, as
        days from now."""
        self.made += 1
        certificate, key, asked, more = (self.path(f"{self.made}.{end}") for end in ("pem", "key", "csr", "ext"))
        self.new_key(key)
        openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", asked)
        with open(more, "w", encoding="utf-8") as f:
            f.write(f"extendedKeyUsage={purpose}\n" + (f"subjectAltName={names}\n" if names else ""))
        self.issue(asked, certificate, more, (-60, -30) if expired else dates)
        return certificate, key

    def issue(self, asked, certificate, more, dates):
        """`openssl x509` of Debian 12 knows no dates; `openssl ca` does."""
        if not dates:
            openssl("x509", "-req", "-in", asked, "-CA", self.certificate, "-CAkey", self.key, "-days", "20", "-extfile", more,
                    "-out", certificate)
            return
        first, last = (moment(days) for days in dates)
        openssl("ca", "-batch", "-config", self.book("index.txt"), "-cert", self.certificate, "-keyfile", self.key, "-in", asked,
                "-out", certificate, "-notext", "-extfile", more, "-startdate", first, "-enddate", last)

    def book(self, name):
        """The path of a configuration for `openssl ca` that begins with an empty index of that name."""
        index = self.path(name)
        open(index, "w", encoding="utf-8").close()
        with open(index + ".conf", "w", encoding="utf-8") as f:
            f.write(f"[ca]\ndefault_ca=a\n[a]\ndatabase={index}\nnew_certs_dir={self.directory}\nrand_serial=yes\n"
                    "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        return index + ".conf"

    def revoke(self, *certificates, dates=(-1, 20)):
        """The path of a list of these certificates, no other one being revoked. `dates` as above."""
        self.made += 1
        book, made = self.book(f"{self.made}.index"), self.path(f"{self.made}.crl")
        ca = ("ca", "-config", book, "-cert", self.certificate, "-keyfile", self.key)
        for certificate in certificates:
            openssl(*ca, "-revoke", certificate)
        first, last = (moment(days) for days in dates)
        openssl(*ca, "-gencrl", "-crl_lastupdate", first, "-crl_nextupdate", last, "-out", made)
        return made
