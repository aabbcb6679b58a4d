"""A merchant begins no more redemptions in an hour and on a day than it may, counted before anything is decided."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.store.pace import Pace, full_s
from engine.store.sql import statement
from tests.engine.store.conftest import Desk
from tests.engine.store.test_stops import replays
from tests.engine.store.test_uploads import Counter, banks, counter, upload

__all__ = ["banks", "counter"]
BERLIN = "Europe/Berlin"
HOUR_S = 3600


async def limited(desk: Desk, per_hour: int | None = None, per_day: int | None = None) -> Pace:
    await desk.owner.execute(statement("add_merchant"), "corner", "shop-1", "food", None, False)
    assert await desk.owner.fetchrow(statement("pace_merchant"), "corner", "shop-1", per_hour, per_day) is not None
    return Pace("corner", "shop-1", per_hour, per_day)


@pytest.mark.parametrize(
    ("per_hour", "per_day", "told"),
    [
        (2, None, [("10:00", None), ("10:59", None), ("10:59", 60), ("11:00", None), ("10:30", 1800), ("11:01", None)]),
        (None, 2, [("10:00", None), ("23:59", None), ("23:59", 60), ("00:00", 24 * HOUR_S)]),
        (1, 2, [("10:00", None), ("10:15", 45 * 60), ("11:00", None), ("11:00", 13 * HOUR_S)]),
    ],
)
async def test_an_hour_and_a_day_have_so_many(
    desk: Desk, per_hour: int | None, per_day: int | None, told: list[tuple[str, int | None]]
) -> None:
    """On 15 January in Berlin; each time with the seconds until there is room again, None where it is counted."""
    pace = await limited(desk, per_hour, per_day)
    for at, again_s in told:
        when = datetime.fromisoformat(f"2026-01-15T{at}:00+01:00")
        assert await full_s(desk.owner, pace, BERLIN, when) == again_s, at


async def test_the_hour_that_the_clock_shows_twice_is_two_and_its_day_has_25(desk: Desk) -> None:
    """25 October 2026 in Berlin is from 24 October 22:00 to 25 October 23:00 of UTC."""
    pace = await limited(desk, per_hour=1)
    first = datetime.fromisoformat("2026-10-24T22:00:00Z")
    for hour in range(25):
        assert await full_s(desk.owner, pace, BERLIN, first + timedelta(hours=hour)) is None
        assert await full_s(desk.owner, pace, BERLIN, first + timedelta(hours=hour, minutes=1)) == 59 * 60
    days = await desk.rows("select day, (select sum(n) from unnest(of_hours) n) as begun from merchant_pace")
    assert [(str(one["day"]), one["begun"]) for one in days] == [("2026-10-25", 25)]
    assert await full_s(desk.owner, pace, BERLIN, first + timedelta(hours=25)) is None


async def test_of_many_at_once_no_more_are_counted_than_may_begin(desk: Desk) -> None:
    """200 on ten connections; 37 may."""
    pace, pool = await limited(desk, per_day=37), desk.handler.ledger.pool
    at = datetime.fromisoformat("2026-01-15T12:00:00Z")
    told = await asyncio.gather(*(full_s(pool, pace, "UTC", at) for _ in range(200)))
    assert sum(one is None for one in told) == 37
    assert {one for one in told if one is not None} <= {12 * HOUR_S, HOUR_S}, "until midnight; who raced, an hour"


async def test_what_is_uploaded_beyond_it_is_refused_and_told(counter: Counter, desk: Desk, banks: Path) -> None:
    """Two an hour, at noon: r1 and r2 begin, r3 does not, r1 told again is r1, its capture is free; 100 - 30 = 70.

    An hour later there is room; what the merchant begins beyond it reaches no member, and the journal replays.
    """
    await limited(desk, per_hour=2)
    begin: dict[str, Any] = {"member": "m-1", "network": "food", "points": 10}
    await counter.take(
        upload("u-1", ask="hold", merchant_ref="r1", **begin),
        upload("u-2", ask="redeem", merchant_ref="r2", **begin),
        upload("u-3", ask="redeem", merchant_ref="r3", **begin),
        upload("u-4", ask="hold", merchant_ref="r1", **begin),
        upload("u-5", ask="capture", merchant_ref="r1"),
    )
    await counter.take(upload("u-6", ask="redeem", merchant_ref="r4", **begin))
    await desk.owner.execute(statement("pace_merchant"), "corner", "shop-1", 3, None)
    await counter.take(upload("u-7", ask="redeem", merchant_ref="r5", **begin))
    await desk.handle(*await desk.markers())
    assert await desk.value("select available from balance") == 70
    told = [(one["merchant_ref"], one.get("refusal", one["state"])) for one in await counter.told()]
    assert sorted(told) == [
        ("r1", "captured"), ("r1", "held"), ("r2", "captured"), ("r3", "merchant-too-fast"),
        ("r4", "merchant-too-fast"), ("r5", "captured"),
    ]  # fmt: skip
    assert await desk.value("select count(*) from merchant_reference") == 3, "of r1, r2 and r5"
    await replays(desk)
