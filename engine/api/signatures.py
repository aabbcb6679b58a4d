"""Requests that are signed: HTTP Message Signatures (RFC 9421) with HMAC-SHA256, each good for one request."""

from datetime import timedelta
from typing import Any, Final, NamedTuple

import asyncpg
from fastapi import Request
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    MappingKeyResolver,
    algorithms,
)
from starlette.datastructures import Headers

from engine.api.keys import Caller, hmac_key
from engine.api.problems import Problem
from engine.store.sql import statement

TOLERANCE: Final = timedelta(minutes=5)
"""How far a signature's time may lie before or after this process's clock."""
NONCE_MAX: Final = 64
COVERED: Final = ("@method", "@path", "@query")
"""What is signed of every request; a body by its Content-Digest, and an Idempotency-Key, where there are any."""
_SAID_MAX: Final = 160


class Message(NamedTuple):
    """A request as it came: what is signed of it is taken from here."""

    method: str
    url: str
    headers: Headers


class Signatures:
    """Verifies what callers sign; of all processes together each nonce is taken once."""

    def __init__(self, pool: "asyncpg.Pool[Any]", peppered: bytes) -> None:
        self._pool = pool
        self._pepper = peppered

    async def verify(self, caller: Caller, request: Request) -> None:
        """Problem where the request is not signed, or not by the caller, or signed for another, or was used."""
        if "signature" not in request.headers or "signature-input" not in request.headers:
            raise Problem("signature-needed", "the headers Signature-Input and Signature are missing")
        nonce = self._nonce(caller, _message(request), await request.body())
        if not await self._pool.fetchval(statement("claim_nonce"), caller.key_id, nonce):
            raise Problem("signature-refused", "its nonce was used before")

    def _nonce(self, caller: Caller, message: Message, body: bytes) -> str:
        """What makes a signature that is good for this message another one than all others."""
        names = [f"{caller.key_id}.{number}" for number in caller.signs_with]
        known = MappingKeyResolver(public_keys={name: hmac_key(self._pepper, name) for name in names}, private_keys={})
        verifier = HTTPMessageVerifier(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=known)
        verifier.max_clock_skew = TOLERANCE
        covered = (*COVERED, *(["idempotency-key"] if "idempotency-key" in message.headers else []))
        try:
            [found] = verifier.verify(message, max_age=timedelta(0), require_components=covered, body=body)
        except HTTPMessageSignaturesException as error:
            raise Problem("signature-refused", str(error)[:_SAID_MAX] or "it is not of this request") from None
        if not found.nonce or len(found.nonce) > NONCE_MAX:
            raise Problem("signature-refused", f"a nonce of 1 to {NONCE_MAX} characters is needed")
        return found.nonce


def _message(request: Request) -> Message:
    """Path and query as they were sent: what decodes and encodes them again would change what was signed."""
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    there = path if not query else path + b"?" + query
    return Message(request.method, f"http://here{there.decode('latin-1')}", request.headers)
