"""The keys of the issuer of people's tokens (RFC 7517): fetched seldom, and kept while it does not answer."""

import asyncio
import logging
import time
import warnings
from collections.abc import Callable
from typing import Any, Final

import httpx
import orjson
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet, RSAKey, import_key

from engine.api.problems import Problem

log = logging.getLogger(__name__)

REFRESHED_S: Final = 300.0
"""Keys older than this are fetched again when a token comes: a key that the issuer withdrew is dead by then."""
AGAIN_S: Final = 10
"""The issuer is asked at most once in so many seconds, whatever tokens come and whether it answers or not."""
KEPT_S: Final = 86_400.0
"""So long keys are good of an issuer that does not answer."""
WITHIN_S: Final = 3.0
BYTES_MAX: Final = 256 * 1024
RSA_BITS_MIN: Final = 2048
_TYPES: Final = ("RSA", "EC", "OKP")


class IssuerKeys:
    """The issuer's keys as one process knows them. `clock` tells seconds from any beginning."""

    def __init__(self, url: str, client: httpx.AsyncClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._client = client
        self._clock = clock
        self._keys = KeySet([])
        self._fetched_at = self._asked_at = float("-inf")
        self._one_asks = asyncio.Lock()

    async def known(self, kid: str | None) -> KeySet:
        """The keys, fetched again where they are old or have none of this id.

        Problem where there are none to go by, for the issuer has not answered for too long.
        """
        if self._age() >= REFRESHED_S or not self._has(kid):
            await self._fetch()
        if self._age() >= KEPT_S:
            raise Problem("issuer-unavailable", "the keys of its issuer could not be had", retry_after_s=AGAIN_S)
        return self._keys

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _has(self, kid: str | None) -> bool:
        return kid is None or any(key.kid == kid for key in self._keys)

    async def _fetch(self) -> None:
        """Asks, unless somebody did just now; of many who want it at once one asks, and the others wait."""
        async with self._one_asks:
            if self._clock() - self._asked_at < AGAIN_S:
                return
            self._asked_at = self._clock()
            try:
                async with asyncio.timeout(WITHIN_S):
                    self._keys = usable(orjson.loads(await self._answer()))
                self._fetched_at = self._clock()
            except (httpx.HTTPError, TimeoutError, ValueError) as error:
                log.warning("the issuer's keys could not be fetched, those known are kept: %s", type(error).__name__)

    async def _answer(self) -> bytes:
        body = bytearray()
        async with self._client.stream("GET", self._url) as answer:
            answer.raise_for_status()  # also of a redirect, which is not followed
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > BYTES_MAX:
                    raise ValueError(f"more than {BYTES_MAX} bytes")
        return bytes(body)


def usable(told: Any) -> KeySet:
    """The public keys of a JWK set that may sign tokens; others in it are passed over. ValueError of what is no set."""
    listed = told.get("keys") if isinstance(told, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no JWK set")  # noqa: TRY004  # as what is no JSON: both are what the issuer sent
    return KeySet([key for one in listed if (key := _key(one)) is not None])


def _key(told: Any) -> Any:
    """A key, or None of what is none, is secret, too short, or of a kind that is not known here."""
    if not isinstance(told, dict) or told.get("kty") not in _TYPES:
        return None
    try:
        with warnings.catch_warnings(category=SecurityWarning, action="ignore"):
            key = import_key(told)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None if isinstance(key, RSAKey) and key.public_key.key_size < RSA_BITS_MIN else key
