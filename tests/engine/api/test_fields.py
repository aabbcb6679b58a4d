"""Every text of every request may be an attack, and every field one too many."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.engine.api.conftest import Street
from tests.engine.api.everywhere import everything, who_may
from tests.engine.api.test_walls import PAYLOADS, ROLES, addressed, body_of, described, operations

DELAY_S = 20.0
"""`pg_sleep(30)` is among what is sent; what does not sleep takes less, however many tests run beside it."""
EXTRA: tuple[dict[str, Any], ...] = (
    {"bank": "harbour"}, {"role": "operator"}, {"merchant_id": "wash-2"}, {"version": 1}, {"id": "x"},
    {"__proto__": {}}, {"status": "captured"},
)  # fmt: skip
NEVER = ("Traceback", "SyntaxError", "syntax error", "InternalServerError")


@pytest.fixture
async def street(closed_street: Street) -> Street:
    """One in which wrong codes may be tried again and again."""
    await closed_street.serve(api_guesses_max=10_000_000)
    await closed_street.member("m-1", 100)
    return closed_street


async def tokens(street: Street) -> dict[Any, str]:
    """A key of each role."""
    return {role: await street.token(role, "wash-1" if role == "merchant" else f"{role}-1") for role in ROLES}


def sendable(request: dict[str, Any]) -> bool:
    """What HTTP itself can carry: headers are ASCII."""
    return all(text.isascii() and "\0" not in text for text in request.get("headers", {}).values())


async def test_no_text_of_any_request_reaches_sql(street: Street, full: bool) -> None:
    """Each operation by who may, with what would be SQL in each place: never a fault, never a wait, nothing moved."""
    keys = await tokens(street)
    may = await who_may(street, keys)
    before = await street.owner.fetchval("select count(*) from posting")
    slowest, count = 0.0, 0
    async with httpx.AsyncClient(base_url=street.address, timeout=60) as client:
        async for method, path, request in everything(street, PAYLOADS if full else PAYLOADS[6:7]):
            if not sendable(request):
                continue
            by = {"Authorization": f"Bearer {keys[may[f'{method} {path}'][0]]}"} | street.key()
            began = time.monotonic()
            answer = await client.request(method, **request | {"headers": by | request.get("headers", {})})
            slowest, count = max(slowest, time.monotonic() - began), count + 1
            assert answer.status_code < 500, (method, request, answer.text)
    print(f"\n{count} requests, the slowest in {1000 * slowest:.0f} ms")
    assert slowest < DELAY_S
    assert await street.owner.fetchval("select count(*) from posting") == before
    assert not [word for word in NEVER if word in street.said()]


def wrong(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The body with a field that is none, or with a value of another type."""
    for extra in EXTRA:
        yield body | extra
    for name, value in body.items():
        yield body | {name: [value]}
        if isinstance(value, int) and not isinstance(value, bool):
            yield body | {name: str(value)}
        if isinstance(value, str):
            yield body | {name: 5}


async def test_every_field_that_nobody_asked_for_is_refused(street: Street) -> None:
    """On every operation with a body in JSON, by who may: 422, and nothing is written."""
    told, keys = await described(street), await tokens(street)
    may = await who_may(street, keys)
    count = 0
    async with httpx.AsyncClient(base_url=street.address) as client:
        for method, path, operation in await operations(street):
            body = body_of(operation, told)
            for one in wrong(body) if body is not None else ():
                by = {"Authorization": f"Bearer {keys[may[f'{method} {path}'][0]]}"} | street.key()
                at = addressed(path, member_id="m-1", number="1")
                answer = await client.request(method, at, json=one, headers=by)
                count += 1
                assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request"), (at, one)
    assert count > 100
    assert await street.owner.fetchval("select count(*) from api_answer") == 0
