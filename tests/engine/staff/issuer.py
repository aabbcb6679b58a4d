"""An issuer of tokens on loopback, with keys made for the test. It signs by `cryptography`, by no library of JWTs."""

import hashlib
import hmac
import json
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

AUDIENCE = "points-api"
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
Sign = Callable[[bytes], bytes]


def coded(value: bytes | Mapping[str, Any]) -> str:
    """Base64url without padding (RFC 7515, 2)."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int, size: int) -> str:
    return coded(value.to_bytes(size, "big"))


class SigningKey:
    """A key of the issuer's: its public half as a JWK (RFC 7517), and what it signs."""

    def __init__(self, alg: str, kid: str, *, bits: int = 2048) -> None:
        self.alg, self.kid = alg, kid
        self.secret: Any = _made(alg, bits)

    @property
    def jwk(self) -> dict[str, Any]:
        public, about = self.secret.public_key(), {"kid": self.kid, "use": "sig"}
        if isinstance(public, rsa.RSAPublicKey):
            numbers = public.public_numbers()
            return about | {"kty": "RSA", "n": number(numbers.n, public.key_size // 8), "e": "AQAB"}
        if isinstance(public, ec.EllipticCurvePublicKey):
            at = public.public_numbers()
            return about | {"kty": "EC", "crv": "P-256", "x": number(at.x, 32), "y": number(at.y, 32)}
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return about | {"kty": "OKP", "crv": "Ed25519", "x": coded(raw)}

    def sign(self, text: bytes) -> bytes:
        if self.alg == "RS256":
            return bytes(self.secret.sign(text, padding.PKCS1v15(), SHA256()))
        if self.alg == "PS256":
            return bytes(self.secret.sign(text, padding.PSS(padding.MGF1(SHA256()), 32), SHA256()))
        if self.alg == "ES256":
            r, s = decode_dss_signature(self.secret.sign(text, ec.ECDSA(SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return bytes(self.secret.sign(text))

    def pem(self) -> bytes:
        raw: bytes = self.secret.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return raw


def _made(alg: str, bits: int) -> Any:
    if alg == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate() if alg.startswith("Ed") else rsa.generate_private_key(65537, bits)


class Issuer:
    """What a bank's identity provider is to the API: an address with keys, and tokens signed by them."""

    def __init__(self, keys: list[SigningKey]) -> None:
        self.keys = keys
        self.asked = 0
        self.answer: tuple[int, dict[str, str], bytes] | None = None
        """What is answered instead of the keys: status, headers, body."""
        self.address = ""

    @property
    def settings(self) -> dict[str, Any]:
        return {"oidc_issuer": self.address, "oidc_audience": AUDIENCE, "oidc_jwks_url": f"{self.address}/jwks"}

    def claims(self, person: str = "li-wei", *roles: str, **more: Any) -> dict[str, Any]:
        """What a good token says; a claim that is None in `more` is left out."""
        now = int(time.time())
        told = {"iss": self.address, "aud": AUDIENCE, "sub": person, "bank": "corner", "iat": now, "exp": now + 600}
        told |= {"roles": list(roles or ("operator",)), "jti": f"j-{secrets.token_hex(6)}"} | more
        return {name: value for name, value in told.items() if value is not None}

    def token(self, person: str = "li-wei", *roles: str, key: SigningKey | None = None, **more: Any) -> str:
        signing = key or self.keys[0]
        header = {"alg": signing.alg, "kid": signing.kid, "typ": "at+jwt"}
        return signed(header, self.claims(person, *roles, **more), signing.sign)


def signed(header: Mapping[str, Any] | bytes, claims: Mapping[str, Any] | bytes, sign: Sign) -> str:
    """A JWS in its compact form (RFC 7515, 3.1)."""
    text = f"{coded(header)}.{coded(claims)}"
    return f"{text}.{coded(sign(text.encode()))}"


def symmetric(secret: bytes) -> Sign:
    """HS256: what is made with a public key as its secret is a well-known forgery."""
    return lambda text: hmac.digest(secret, text, hashlib.sha256)


@contextmanager
def serving(*keys: SigningKey) -> Iterator[Issuer]:
    """An issuer that answers on loopback."""
    issuer = Issuer(list(keys))

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            known = json.dumps({"keys": [key.jwk for key in issuer.keys]}).encode()
            status, headers, body = issuer.answer or (200, {}, known)
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_told: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        issuer.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield issuer
        server.shutdown()
        thread.join()
