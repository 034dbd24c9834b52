"""Who signs tokens in the end-to-end tests: keys of the three kinds by openssl(1), and what it signs with them."""
import base64
import hashlib
import hmac
import json
import os
import subprocess
import time

ISSUER, AUDIENCE = "https://id.mall", "federator"


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def compact(value):
    return b64(json.dumps(value).encode())


class Minter:
    """Keys in a directory, the kids es, rs and ed."""

    def __init__(self, directory):
        self.directory = directory
        self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.path("es"))
        self.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.path("rs"))
        self.openssl("genpkey", "-algorithm", "ED25519", "-out", self.path("ed"))

    def path(self, name):
        return os.path.join(self.directory, name + ".pem")

    def openssl(self, *arguments, data=None):
        return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout

    def public(self, kid):
        return self.openssl("pkey", "-in", self.path(kid), "-pubout", "-outform", "DER")

    def jwk(self, kid):
        der = self.public(kid)
        if kid == "es":  # the point is the end of the structure
            return {"kty": "EC", "crv": "P-256", "kid": kid, "x": b64(der[-64:-32]), "y": b64(der[-32:])}
        if kid == "ed":
            return {"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": b64(der[-32:])}
        modulus = self.openssl("rsa", "-in", self.path(kid), "-noout", "-modulus").decode().strip().split("=")[1]
        return {"kty": "RSA", "kid": kid, "n": b64(bytes.fromhex(modulus)), "e": "AQAB"}

    def write_jwks(self, path, *kids):
        with open(path + ".new", "w") as f:
            json.dump({"keys": [self.jwk(kid) for kid in kids]}, f)
        os.replace(path + ".new", path)

    def der(self, kid, text):
        """The signature as openssl writes it."""
        if kid != "ed":
            return self.openssl("dgst", "-sha256", "-sign", self.path(kid), data=text)
        plain = os.path.join(self.directory, "plain")  # -rawin takes no pipe
        with open(plain, "wb") as f:
            f.write(text)
        return self.openssl("pkeyutl", "-sign", "-inkey", self.path(kid), "-rawin", "-in", plain)

    def sign(self, kid, text):
        """The signature as a token has it: of ES256 its two integers, 32 bytes each."""
        made = self.der(kid, text)
        if kid != "es":
            return made
        numbers, rest = [], made[2:]
        for _ in range(2):
            n = rest[1]
            numbers.append(rest[2:2 + n].lstrip(b"\0").rjust(32, b"\0"))
            rest = rest[2 + n:]
        return b"".join(numbers)

    def claims(self, **more):
        made = {"iss": ISSUER, "aud": AUDIENCE, "tenant": "default", "sub": "kim", "azp": "console", "role": "agent",
                "scope": "view pops", "exp": int(time.time()) + 600}
        made.update(more)
        return {name: value for name, value in made.items() if value is not None}

    def token(self, kid="es", header=None, claims=None, **more):
        alg = {"es": "ES256", "rs": "RS256", "ed": "EdDSA"}[kid]
        head = compact({"alg": alg, "kid": kid} if header is None else header)
        text = f"{head}.{compact(self.claims(**more)) if claims is None else claims}"
        return f"{text}.{b64(self.sign(kid, text.encode()))}"

    def bad_tokens(self):
        """name -> a token that must not be taken."""
        good = self.token()
        head, body, signature = good.split(".")
        now = int(time.time())
        hs = f"{compact({'alg': 'HS256', 'kid': 'rs'})}.{body}"
        pem = self.openssl("pkey", "-in", self.path("rs"), "-pubout")
        text = f"{head}.{body}".encode()
        bad = {
            "HS256 with the public key": f"{hs}.{b64(hmac.new(pem, hs.encode(), hashlib.sha256).digest())}",
            "none": f"{compact({'alg': 'none'})}.{body}.",
            "none with kid": f"{compact({'alg': 'none', 'kid': 'es'})}.{body}.{signature}",
            "RS256 by a P-256 key": self.token("es", {"alg": "RS256", "kid": "rs"}),
            "ES256 named for RSA": self.token("rs", {"alg": "ES256", "kid": "rs"}),
            "over": self.token(exp=now - 61),
            "without end": self.token(exp=None),
            "not begun": self.token(nbf=now + 120),
            "another audience": self.token(aud="other"),
            "another issuer": self.token(iss="https://evil"),
            "another tenant": self.token(tenant="bank"),
            "without tenant": self.token(tenant=None),
            "without role": self.token(role=None),
            "without subject": self.token(sub=None),
            "unknown kid": self.token(header={"alg": "ES256", "kid": "no"}),
            "without kid": self.token(header={"alg": "ES256"}),
            "critical": self.token(header={"alg": "ES256", "kid": "es", "crit": ["exp"]}),
            "truncated": good[:-10],
            "two pieces": f"{head}.{body}",
            "four pieces": good + ".x",
            "padded": good + "=",
            "another letter of the same bits": good[:-1] + chr(ord(good[-1]) + 1),
            "claims twice": self.token(claims=b64(json.dumps(self.claims()).encode()[:-1] + b', "role": "boss"}')),
            "nested": self.token(claims=b64(b'{"a":' * 60 + b"1" + b"}" * 60)),
            "a token inside": self.token(claims=b64(good.encode())),
            "halves of 31 bytes": f"{head}.{body}.{b64(self.sign('es', text)[:62])}",
            "as DER": f"{head}.{body}.{b64(self.der('es', text))}",
            "zeros": f"{head}.{body}.{b64(bytes(64))}",
            "no text": "..",
            "blanks": f" {good}",
        }
        return bad
