"""Authorities and certificates for tests, made by openssl."""
import os
import subprocess


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True)


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

    def sign(self, name, names="", purpose="serverAuth", expired=False):
        """Paths of a certificate for `name`, with alternative names, and of its key."""
        self.made += 1
        certificate, key, asked, more = (self.path(f"{self.made}.{end}") for end in ("pem", "key", "csr", "ext"))
        self.new_key(key)
        openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", asked)
        with open(more, "w", encoding="utf-8") as f:
            f.write(f"extendedKeyUsage={purpose}\n" + (f"subjectAltName={names}\n" if names else ""))
        days = ["-not_before", "20200101000000Z", "-not_after", "20200201000000Z"] if expired else ["-days", "20"]
        self.issue(asked, certificate, more, days)
        return certificate, key

    def issue(self, asked, certificate, more, days):
        """`openssl x509` of Debian 12 knows no dates; `openssl ca` does."""
        if days[0] == "-days":
            openssl("x509", "-req", "-in", asked, "-CA", self.certificate, "-CAkey", self.key, *days, "-extfile", more,
                    "-out", certificate)
            return
        index, config = self.path("index.txt"), self.path("ca.conf")
        open(index, "w", encoding="utf-8").close()
        with open(config, "w", encoding="utf-8") as f:
            f.write(f"[ca]\ndefault_ca=a\n[a]\ndatabase={index}\nnew_certs_dir={self.directory}\nrand_serial=yes\n"
                    "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        openssl("ca", "-batch", "-config", config, "-cert", self.certificate, "-keyfile", self.key, "-in", asked, "-out",
                certificate, "-notext", "-extfile", more, "-startdate", days[1], "-enddate", days[3])
