"""Requests that are signed, by the public library of RFC 9421 as a merchant would use it."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms

from engine.api.keys import signing_secret
from engine.store.sql import statement
from tests.engine.api.conftest import PEPPER, Street
from tests.engine.api.test_commands import points

COVERED = ("@method", "@path", "@query", "idempotency-key")
KEYS_SEEN_S = 2.1
"""A process remembers a key for two seconds."""
DAY = timedelta(days=1)


class Till:
    """A merchant's till whose key signs; it keeps what it signs apart from what it sends, as a thief would."""

    def __init__(self, street: Street, token: str, secret: str) -> None:
        self.street, self.token = street, token
        self.secret = secret
        self.http = httpx.AsyncClient(base_url=street.address)
        street.clients.append(self.http)

    def hold(self, code: str, ref: str = "r-1") -> httpx.Request:
        """A request to hold ten points, not signed yet."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"{ref}-hold"}
        asked = {"merchant_ref": ref, "code": code, "points": 10}
        return self.http.build_request("POST", "/v1/redemptions", json=asked, headers=headers)

    def look(self, path: str = "/v1/redemptions/r-1") -> httpx.Request:
        return self.http.build_request("GET", path, headers={"Authorization": f"Bearer {self.token}"})

    def signed(self, asked: httpx.Request, age_s: float = 0, **more: Any) -> httpx.Request:
        """The request with a signature that is so old."""
        _, name, key = more.pop("secret", self.secret).split("_")
        known = MappingKeyResolver(public_keys={}, private_keys={name: key.encode()})
        signer = HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=known)
        covered = COVERED if "idempotency-key" in asked.headers else COVERED[:3]
        told = {"nonce": secrets.token_urlsafe(12), "covered_component_ids": covered, "key_id": name} | more
        created = datetime.now(UTC) - timedelta(seconds=age_s)
        signer.sign(asked, created=created, body=asked.content or None, **told)
        return asked

    async def sent(self, asked: httpx.Request) -> httpx.Response:
        return await self.http.send(again(asked))


def again(asked: httpx.Request, headers: dict[str, str] | None = None, **other: Any) -> httpx.Request:
    """The very bytes once more, or with something else in their place."""
    parts: dict[str, Any] = {"method": asked.method, "url": asked.url, "content": asked.content}
    kept = {name: value for name, value in asked.headers.items() if name not in ("content-length", "host")}
    return httpx.Request(**(parts | other), headers=kept | {n.lower(): v for n, v in (headers or {}).items()})


async def sign(street: Street, token: str, grace: timedelta = timedelta(0)) -> str:
    """The next secret of a key, which signs from now on."""
    key_id = token.split("_")[1]
    number = await street.pool.fetchval(statement("sign_key"), key_id, grace)
    return signing_secret(PEPPER.encode(), key_id, number)


@pytest.fixture
async def till(street: Street) -> Till:
    """Of a shop at which a member with points shows a code."""
    await street.member("m-1", 100)
    token = await street.token("merchant", "wash-1")
    return Till(street, token, await sign(street, token))


def refused(answer: httpx.Response, kind: str = "signature-refused") -> bool:
    return (answer.status_code, answer.json()["type"]) == (401, f"/problems/{kind}")


async def test_a_signed_request_is_taken_once(till: Till) -> None:
    """What was captured is refused a second later; the shop that signs anew under its key has the same bytes again."""
    code = await till.street.code("m-1")
    captured = till.signed(till.hold(code))
    first = await till.sent(captured)
    assert first.status_code == 201, first.text
    assert refused(await till.sent(captured))
    await asyncio.sleep(1)
    assert refused(await till.sent(captured))
    once_more = await till.sent(till.signed(till.hold(code)))
    assert (once_more.status_code, once_more.content) == (201, first.content)
    looked = till.signed(till.look())
    assert (await till.sent(looked)).status_code == 200
    assert refused(await till.sent(looked))
    assert await till.street.balance("m-1") == (90, 10)


async def test_a_signature_is_good_for_five_minutes_either_way(till: Till) -> None:
    for age_s, taken in ((3600, False), (360, False), (240, True), (-240, True), (-360, False)):
        answer = await till.sent(till.signed(till.look(), age_s=age_s))
        assert answer.status_code == 404 if taken else refused(answer), age_s


async def test_what_was_signed_for_one_request_is_good_for_no_other(till: Till) -> None:
    """Everything that makes the request another, one thing at a time; and everything that a signature has to hold."""
    code = await till.street.code("m-1")
    other = await till.street.token("merchant", "wash-2")
    others = await sign(till.street, other)
    asked = till.hold(code)

    def captured(**more: Any) -> httpx.Request:
        return till.signed(till.hold(code), **more)

    larger = asked.content.replace(b"10", b"90")
    digest = till.signed(again(asked, content=larger)).headers["content-digest"]
    thefts: dict[str, Callable[[], httpx.Request]] = {
        "another body": lambda: again(captured(), content=larger),
        "another body with its digest": lambda: again(captured(), content=larger, headers={"Content-Digest": digest}),
        "another path": lambda: again(captured(), url=f"{till.street.address}/v1/redemptions/r-1/void"),
        "another query": lambda: again(captured(), url=f"{till.street.address}/v1/redemptions?a=1"),
        "another method": lambda: again(captured(), method="PUT", url=f"{till.street.address}/v1/webhooks/main"),
        "another Idempotency-Key": lambda: again(captured(), headers={"Idempotency-Key": "r-2-hold"}),
        "another merchant": lambda: again(captured(), headers={"Authorization": f"Bearer {other}"}),
        "another merchant's secret": lambda: captured(secret=others),
        "another secret": lambda: captured(secret=till.secret[:-1] + ("0" if till.secret[-1] != "0" else "1")),
        "a secret that is to come": lambda: captured(secret=till.secret.replace(".1_", ".2_")),
        "no nonce": lambda: captured(nonce=None),
        "a long nonce": lambda: captured(nonce="n" * 65),
        "no Idempotency-Key covered": lambda: captured(covered_component_ids=COVERED[:3]),
        "no path covered": lambda: captured(covered_component_ids=("@method", "@query", "idempotency-key")),
        "no signature's bytes": lambda: again(captured(), headers={"Signature": "pyhms=::"}),
        "no form": lambda: again(captured(), headers={"Signature-Input": "(((", "Signature": "{"}),
        "another algorithm": lambda: _with_algorithm(captured()),
    }  # fmt: skip
    for name, theft in thefts.items():
        assert refused(await till.http.send(theft())), name
    for header in "signature", "signature-input":
        without = again(captured())
        del without.headers[header]
        assert refused(await till.http.send(without), "signature-needed")
    assert await till.street.owner.fetchval("select count(*) from redemption") == 0
    assert (await till.sent(captured())).status_code == 201


def _with_algorithm(asked: httpx.Request) -> httpx.Request:
    said = asked.headers["signature-input"]
    assert '"hmac-sha256"' in said
    return again(asked, headers={"Signature-Input": said.replace("hmac-sha256", "none")})


async def test_a_request_that_is_not_signed_tells_and_does_nothing(till: Till) -> None:
    """Once a key signs; another key of the same merchant that does not is as it was."""
    assert refused(await till.sent(till.look()), "signature-needed")
    assert refused(await till.sent(till.hold(await till.street.code("m-1"))), "signature-needed")
    plain = await till.street.client(scopes=("redemptions:read",))
    assert (await plain.get("/v1/redemptions/r-1")).status_code == 404


async def test_two_secrets_are_good_while_one_is_changed(till: Till) -> None:
    """The one before for its grace, then no more; the one before that not at all."""
    first = till.secret
    second = await sign(till.street, till.token, DAY)
    await asyncio.sleep(KEYS_SEEN_S)
    for secret in first, second:
        assert (await till.sent(till.signed(till.look(), secret=secret))).status_code == 404
    third = await sign(till.street, till.token, DAY)
    await asyncio.sleep(KEYS_SEEN_S)
    assert [refused(await till.sent(till.signed(till.look(), secret=one))) for one in (first, second, third)] == [
        True, False, False,
    ]  # fmt: skip
    await till.street.owner.execute("update api_key set signed_before_until = now() - interval '1 second'")
    await asyncio.sleep(KEYS_SEEN_S)
    assert [refused(await till.sent(till.signed(till.look(), secret=one))) for one in (second, third)] == [True, False]


async def test_a_nonce_is_remembered_as_long_as_its_signature_is_good(till: Till) -> None:
    """One dated five minutes ahead is good for ten."""
    owner = till.street.owner
    for nonce, minutes in ("kept", 10), ("forgotten", 12):
        await owner.execute("insert into nonce values ('k', $1, now() - make_interval(mins => $2))", nonce, minutes)
    await till.street.pool.execute(statement("forget_nonces"))
    assert [row[0] for row in await owner.fetch("select nonce from nonce where key_id = 'k'")] == ["kept"]


async def test_secrets_come_and_go_by_the_command_line(street: Street) -> None:
    """Unsigned, signed, with a new key that signs too, and unsigned again; no table and no log holds a secret."""
    token = await street.token("merchant", "wash-1")
    secret = await points(street, "keys", "sign", token.split("_")[1])
    till = Till(street, token, secret)
    assert (await till.sent(till.signed(till.look()))).status_code == 404
    new = (await points(street, "keys", "rotate", token.split("_")[1])).split("\n")
    assert [one[:3] for one in new] == ["pk_", "sk_"]
    rotated = Till(street, *new)
    assert (await rotated.sent(rotated.signed(rotated.look()))).status_code == 404
    assert refused(await rotated.sent(rotated.look()), "signature-needed")
    await points(street, "keys", "unsign", new[0].split("_")[1])
    await asyncio.sleep(KEYS_SEEN_S)
    assert (await rotated.sent(rotated.look())).status_code == 404
    again_ = await points(street, "keys", "sign", new[0].split("_")[1])
    assert again_ != new[1], "a secret that was given up never comes back"
    assert "no key" in await points(street, "keys", "sign", "nobody", code=1)
    kept = str(await street.owner.fetch("select * from api_key")) + street.said()
    assert not [one for one in (secret, new[1], again_) if one.split("_", 2)[-1] in kept]
