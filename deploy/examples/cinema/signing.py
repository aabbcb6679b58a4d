"""Requests that are signed as the bank asks: HTTP Message Signatures (RFC 9421) with HMAC-SHA256."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Generator

import httpx


class Signing(httpx.Auth):
    """Signs each request just before it is sent; `secret` is `sk_<keyid>_<key>`, as the bank gave it."""

    requires_request_body = True

    def __init__(self, secret: str) -> None:
        _, self._keyid, key = secret.split("_")
        self._key = key.encode()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        path, _, query = request.url.raw_path.decode().partition("?")
        signed = {"@method": request.method, "@path": path, "@query": f"?{query}"}
        if request.content:
            signed["content-digest"] = f"sha-256=:{_base64(hashlib.sha256(request.content).digest())}:"
            request.headers["Content-Digest"] = signed["content-digest"]
        if "Idempotency-Key" in request.headers:
            signed["idempotency-key"] = request.headers["Idempotency-Key"]
        names = " ".join(f'"{name}"' for name in signed)
        # The nonce makes each signature another one: the bank takes each once, so an answer that was lost is asked for
        # again with a new signature and the same Idempotency-Key.
        nonce = secrets.token_urlsafe(16)
        told = f'({names});created={int(time.time())};keyid="{self._keyid}";alg="hmac-sha256";nonce="{nonce}"'
        lines = [*(f'"{name}": {value}' for name, value in signed.items()), f'"@signature-params": {told}']
        request.headers["Signature-Input"] = f"bank={told}"
        signature = hmac.digest(self._key, "\n".join(lines).encode(), "sha256")
        request.headers["Signature"] = f"bank=:{_base64(signature)}:"
        yield request


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
