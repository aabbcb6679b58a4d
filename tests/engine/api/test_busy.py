"""A member whom another transaction keeps locked, as a batch of events does: nobody else's redemption waits for it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx

from tests.engine.api.conftest import BANK, Street

LOCK = "select from member where bank = $1 and member_id = any ($2) for no key update"
OTHERS = 20


@asynccontextmanager
async def locked(street: Street, *members: str) -> AsyncIterator[None]:
    """Another transaction has the members' rows, as long as this lasts."""
    session = await asyncpg.connect(street.url, server_settings={"search_path": "points"})
    try:
        async with session.transaction():
            await session.execute(LOCK, BANK, members)
            yield
    finally:
        await session.close()


async def redeem(street: Street, shop: httpx.AsyncClient, member: str, ref: str, **more: Any) -> httpx.Response:
    asked = {"merchant_ref": ref, "code": await street.code(member), "points": 10, "capture": True, **more}
    return await shop.post("/v1/redemptions", json=asked, headers=street.key())


async def took(asked: "asyncio.Task[httpx.Response]") -> float:
    began = time.monotonic()
    told = await asked
    assert told.status_code == 201, told.text
    return time.monotonic() - began


async def test_nobody_waits_for_a_locked_member_but_who_asks_for_it(closed_street: Street) -> None:
    """One strand, so that all are in its transactions; the locked one's answer comes when the lock has gone."""
    street = closed_street
    await street.serve(api_transactions=1)
    shop = await street.client()
    names = [await street.member(f"m-{n}", 100) for n in range(OTHERS + 1)]
    busy, *others = names
    async with locked(street, busy):
        waiting = asyncio.create_task(redeem(street, shop, busy, "r-busy"))
        await asyncio.sleep(0.3)
        asks = [asyncio.create_task(redeem(street, shop, name, f"r-{name}")) for name in others]
        seconds = await asyncio.gather(*map(took, asks))
        print(f"\nthe slowest of {OTHERS} beside a locked member: {1000 * max(seconds):.0f} ms")
        assert max(seconds) < 2
        assert not waiting.done()
    assert (await waiting).status_code == 201
    assert [await street.balance(name) for name in names] == [(90, 0)] * len(names)
    assert await street.verdict() is None


async def test_a_members_commands_are_decided_in_the_order_in_which_they_came(closed_street: Street) -> None:
    """100 points: each of three takes more than the next leaves, so only their order gives these answers.

    60 of 100 is taken, 50 of the 40 left is refused, 40 of 40 is taken. The first is long overdue when the third comes.
    """
    street = closed_street
    await street.serve()
    shop = await street.client()
    await street.member("m-1", 100)
    asks: list[asyncio.Task[httpx.Response]] = []
    async with locked(street, "m-1"):
        for n, points in enumerate((60, 50, 40)):
            asks.append(asyncio.create_task(redeem(street, shop, "m-1", f"r-{n}", points=points)))
            await asyncio.sleep(0.7)
    assert [(await one).status_code for one in asks] == [201, 422, 201]
    assert await street.balance("m-1") == (0, 0)
    assert await street.verdict() is None


async def test_a_member_who_is_locked_for_too_long_is_told_so_and_nothing_is_done_twice(closed_street: Street) -> None:
    """Answered `timed-out` after the second that is given here, again for the same key, and done once when it is free.

    Two others, overdue as well, are waited for in turn with the first: they are answered while that one stays locked.
    """
    street = closed_street
    await street.serve(api_timeout_s=3.0)
    shop = await street.client()
    names = [await street.member(f"m-{n}", 100) for n in range(3)]
    key = street.key()
    asked = {"merchant_ref": "r-0", "code": await street.code("m-0"), "points": 10, "capture": True}
    async with locked(street, "m-0"):
        first = asyncio.create_task(shop.post("/v1/redemptions", json=asked, headers=key))
        async with locked(street, *names[1:]):
            asks = [asyncio.create_task(redeem(street, shop, name, f"r-{name}")) for name in names[1:]]
            await asyncio.sleep(0.8)
        assert max(await asyncio.gather(*map(took, asks))) < 2
        began = time.monotonic()
        told = [await first, await shop.post("/v1/redemptions", json=asked, headers=key)]
        assert [(one.status_code, one.json()["type"]) for one in told] == [(503, "/problems/timed-out")] * 2
        assert time.monotonic() - began < 6
    told = [await shop.post("/v1/redemptions", json=asked, headers=key) for _ in range(2)]
    assert [one.status_code for one in told] == [201, 201]
    assert told[0].content == told[1].content
    assert [await street.balance(name) for name in names] == [(90, 0)] * 3
    assert await street.verdict() is None


async def test_what_was_answered_before_is_answered_again_though_its_member_is_locked(street: Street) -> None:
    shop = await street.client()
    await street.member("m-1", 100)
    key = street.key()
    asked = {"merchant_ref": "r-1", "code": await street.code("m-1"), "points": 10, "capture": True}
    first = await shop.post("/v1/redemptions", json=asked, headers=key)
    async with locked(street, "m-1"):
        again = await asyncio.wait_for(shop.post("/v1/redemptions", json=asked, headers=key), 5)
        other = await shop.post("/v1/redemptions", json=asked | {"points": 11}, headers=key)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert other.json()["type"] == "/problems/key-reused"
