"""The issuer's keys: fetched seldom, rotated, withdrawn, and kept while the issuer does not answer. Time is a value."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from engine.api.issuer import AGAIN_S, BYTES_MAX, KEPT_S, REFRESHED_S, IssuerKeys, usable
from engine.api.problems import Problem
from tests.engine.staff.issuer import Issuer, SigningKey, serving


class Known:
    """The keys as a process knows them, at a time that the test says."""

    def __init__(self, issuer: Issuer, client: httpx.AsyncClient) -> None:
        self.at = 1000.0
        self.issuer = issuer
        self.keys = IssuerKeys(f"{issuer.address}/jwks", client, lambda: self.at)

    async def kids(self, kid: str | None) -> set[str | None]:
        return {key.kid for key in await self.keys.known(kid)}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving(SigningKey("ES256", "k-1")) as issuer:
        yield issuer


@pytest.fixture
async def known(issuer: Issuer) -> AsyncIterator[Known]:
    async with httpx.AsyncClient() as client:
        yield Known(issuer, client)


async def test_a_hundred_who_come_at_once_ask_once(known: Known) -> None:
    assert await asyncio.gather(*(known.kids("k-1") for _ in range(100))) == [{"k-1"}] * 100
    assert known.issuer.asked == 1


async def test_a_key_that_is_not_known_is_asked_for_and_seldom(known: Known) -> None:
    """Fetched at 0 s. A new key is there at once; of made-up ones the issuer hears once in ten seconds."""
    await known.kids("k-1")
    known.issuer.keys.append(SigningKey("ES256", "k-2"))
    for n in range(50):
        assert await known.kids(f"made-up-{n}") == {"k-1"}
    assert known.issuer.asked == 1
    known.at += AGAIN_S
    assert await known.kids("k-2") == {"k-1", "k-2"}
    for n in range(50):
        await known.kids(f"made-up-{n}")
    assert known.issuer.asked == 2


async def test_a_key_that_was_withdrawn_is_dead_after_five_minutes(known: Known) -> None:
    await known.kids("k-1")
    known.issuer.keys = [SigningKey("ES256", "k-2")]
    known.at += REFRESHED_S - 1
    assert await known.kids("k-1") == {"k-1"}
    known.at += 1
    assert await known.kids("k-1") == {"k-2"}


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}, b"{}"), (200, {}, b"<html>"), (200, {}, b"[]"), (200, {}, b'{"keys": 5}'), (404, {}, b""),
        (200, {}, b" " * (BYTES_MAX + 1)), (200, {"Content-Encoding": "gzip"}, b"no gzip"),
    ],
)  # fmt: skip
async def test_keys_are_kept_while_the_issuer_does_not_answer_so(
    known: Known, answer: tuple[int, dict[str, str], bytes]
) -> None:
    """For a day; then its tokens are refused until it answers again. It is asked once in ten seconds."""
    await known.kids("k-1")
    known.issuer.answer = answer
    for later in (REFRESHED_S, AGAIN_S - 1.0, 1.0):
        known.at += later
        assert await known.kids("k-1") == {"k-1"}
    assert known.issuer.asked == 3
    known.at += KEPT_S
    with pytest.raises(Problem, match="issuer-unavailable") as refused:
        await known.kids("k-1")
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "10")
    known.issuer.answer = None
    known.at += AGAIN_S
    assert await known.kids("k-1") == {"k-1"}


async def test_where_nobody_listens_there_are_no_keys_and_no_fault(issuer: Issuer) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(Problem, match="issuer-unavailable"):
            await IssuerKeys("http://127.0.0.1:1/jwks", client).known("k-1")


async def test_a_redirect_is_not_followed(known: Known) -> None:
    """Whoever can make the issuer redirect would choose where the keys come from."""
    with serving(SigningKey("ES256", "k-9")) as other:
        known.issuer.answer = 302, {"Location": f"{other.address}/jwks"}, b""
        with pytest.raises(Problem, match="issuer-unavailable"):
            await known.kids("k-9")
        assert other.asked == 0


def test_what_cannot_sign_a_token_is_passed_over() -> None:
    """A shared secret, an RSA key of 1,024 bits, keys of unknown kind, half a key, no key."""
    good, weak = SigningKey("RS256", "good"), SigningKey("RS256", "weak", bits=1024)
    others = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}, weak.jwk, {"kty": "AKP", "kid": "later"},
        {"kty": "RSA", "kid": "half", "n": good.jwk["n"]}, {"kid": "none"}, "text", None, 5,
        {"kty": "EC", "kid": "odd", "crv": "P-1", "x": "AA", "y": "AA"},
    ]  # fmt: skip
    assert [key.kid for key in usable(json.loads(json.dumps({"keys": [*others, good.jwk]})))] == ["good"]
