"""Redemptions on a real ledger: in batches of any size the same rows, and merchants are told of every step."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.evidence.verify import Asked, verified
from engine.store.outbox import unpacked
from schemas.outgoing import GrantIssued
from tests.chaos.house import PARTITIONS
from tests.chaos.traffic import Sent, event, purchase, sent
from tests.conftest import MASTERS
from tests.corner import corner_bank
from tests.engine.store.conftest import Desk

PROGRAM = """
program: corner-bank
semantics: 1
version: 2026-01-01
time_zone: UTC
currency: CNY
points: {reward: {spendable: true, expires: {after_months: 1, at: month-end}}}
earn:
  - {id: purchase, on: card.purchased, award: {rate: 1 per full 1.00, to: reward}}
benefits:
  wash: {network: car, units: 3, per: calendar-year, value: {ceiling: 10.00, excess: 2 points per 1.00}}
  ride: {network: taxi, price: 5 points, valid_days: 30}
  lounge: {network: air, units: 1, per: calendar-year, companions: 2, regions: [south, north]}
"""
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
OPEN = """
    with taken as (select lot_id, sum(points) as points from allocation group by lot_id)
    select sum(p.points - coalesce(t.points, 0))::bigint as left
    from posting p left join taken t on t.lot_id = p.posting_id where p.points > 0"""
BALANCE = "select available, pending, held, deficit from balance where point_type = 'reward'"
ROWS = """
    select merchant_ref, state, captured, returned, expired, units, payable_minor, cardinality(lots), member_version
    from redemption order by member_version, merchant_ref"""


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    """A point for each whole yuan; January's expire at the end of February."""
    return corner_bank(tmp_path, PROGRAM)


def asked(id_: str, kind: str, minutes: int, ref: str, **told: Any) -> Sent:
    about = {"merchant": "shop-1", "merchant_ref": ref, **told}
    return sent(event(f"redemption.{kind}.v1", id_, "m-1", NOON + timedelta(minutes=minutes), about))


FOOD: dict[str, Any] = {"network": "food"}
STORY = [
    sent(event("member.enrolled.v1", "join", "m-1", NOON, {})),
    sent(purchase("a", "m-1", NOON, minor=3_000)),
    sent(purchase("b", "m-1", NOON, minor=7_000)),
    asked("h-1", "hold-requested", 1, "r1", **FOOD, points=40),
    asked("c-1", "capture-requested", 2, "r1", points=15, rest="keep"),
    asked("c-2", "capture-requested", 3, "r1", points=20),
    asked("x-1", "reversal-requested", 4, "r1", points=10),
    asked("h-2", "hold-requested", 5, "r2", **FOOD, points=20),
    asked("v-2", "void-requested", 6, "r2"),
    asked("s-3", "requested", 7, "r3", **FOOD, points=71),
    asked("s-3-again", "requested", 8, "r3", **FOOD, points=71),
    asked("u-4", "requested", 9, "r4", network="car", benefit="wash", amount_minor=1_250, currency="CNY"),
    asked("x-4", "reversal-requested", 10, "r4"),
    asked("h-5", "hold-requested", 11, "r5", **FOOD, points=50, hold_minutes=5),
    asked("h-6", "hold-requested", 16, "r6", **FOOD, points=60),
    asked("x-1b", "reversal-requested", 17, "r1"),
]
"""Of 100 points: 40 held, 15 and 20 captured, 5 void, 10 back: 75. 71 at once: 4, and asked again nothing. A wash for
12.50 costs 2.50 x 2 = 5 points, which are not there, so r4 is refused and its reversal too; so are holds of 50 and 60.
The last 25 of r1 come back: 29."""


@pytest.mark.parametrize("size", [1, 3, len(STORY)])
async def test_redemptions_come_to_the_same_in_batches_of_any_size(desk: Desk, size: int) -> None:
    """One by one every redemption is read from the ledger; all at once none is."""
    for at in range(0, len(STORY), size):
        await desk.handle(*STORY[at : at + size])
    assert tuple((await desk.rows(BALANCE))[0]) == (29, 0, 0, 0)
    assert await desk.value(OPEN) == 29
    assert [tuple(row)[:5] for row in await desk.rows(ROWS)] == [
        ("r1", "held", 0, 0, 0),
        ("r1", "held", 15, 0, 0),
        ("r1", "captured", 35, 0, 0),
        ("r1", "captured", 35, 10, 0),
        ("r2", "held", 0, 0, 0),
        ("r2", "voided", 0, 0, 0),
        ("r3", "captured", 71, 0, 0),
        ("r1", "reversed", 35, 35, 0),
    ]
    refused = await desk.rows("select reason from refusal order by member_version")
    assert [row[0] for row in refused] == [
        "not-enough-points", "unknown-redemption", "not-enough-points", "not-enough-points",
    ]  # fmt: skip


async def test_merchants_are_told_of_every_step_and_of_nothing_else(desk: Desk) -> None:
    await desk.handle(*STORY)
    said = [m for row in await desk.rows("select messages from outbox") for m in unpacked(row["messages"], str)]
    told = [(m.key, orjson.loads(m.value or b"")["data"]) for m in said if m.topic == "redemption-results"]
    assert {key for key, _ in told} == {b"corner/shop-1"}
    assert [(data["merchant_ref"], data["state"]) for _, data in told] == [
        ("r1", "held"), ("r1", "held"), ("r1", "captured"), ("r1", "captured"), ("r2", "held"), ("r2", "voided"),
        ("r3", "captured"), ("r4", "refused"), ("r4", "refused"), ("r5", "refused"), ("r6", "refused"),
        ("r1", "reversed"),
    ]  # fmt: skip
    assert not any("m-1" in str(data) for _, data in told)


async def test_a_grant_tells_all_that_a_merchant_needs(desk: Desk) -> None:
    """Two points a yuan are 1 point for 50 minor units; nothing is said of the member."""
    await desk.handle(*STORY[:1])
    said = [m for row in await desk.rows("select messages from outbox") for m in unpacked(row["messages"], str)]
    about: dict[bytes | None, dict[str, Any]] = {}
    for m in (m for m in said if m.topic == "grants"):
        GrantIssued.model_validate_json(m.value or b"", by_name=False)
        about[m.key] = orjson.loads(m.value or b"")["data"]
        del about[m.key]["grant_id"]
    valid = {"bank": "corner", "valid_from": "2026-01-15", "valid_until": "2027-01-01"}
    assert about[b"corner/car"] == {
        **valid, "network": "car", "benefit": "wash", "units": 3, "currency": "CNY", "value_ceiling_minor": 1_000,
        "excess_points": 1, "excess_per_minor": 50, "price_needed": True,
    }  # fmt: skip
    assert about[b"corner/air"] == {
        **valid, "network": "air", "benefit": "lounge", "units": 1, "regions": ["north", "south"],
        "companions_at_most": 2,
    }  # fmt: skip


async def test_a_hold_lapses_and_a_lot_expires_at_the_close(desk: Desk) -> None:
    """Held on 28 February for a week: 60 wait past their day and the other 40 expire; on 8 March all are gone."""
    late = event("redemption.hold-requested.v1", "h", "m-1", datetime(2026, 2, 28, 12, tzinfo=UTC), {
        "merchant": "shop-1", "merchant_ref": "r1", "network": "food", "points": 60, "hold_minutes": 10_080,
    })  # fmt: skip
    await desk.handle(*STORY[:3], sent(late))
    await desk.close("2026-02-28")
    assert tuple((await desk.rows(BALANCE))[0]) == (0, 0, 60, 0)
    await desk.close("2026-03-07")
    assert tuple((await desk.rows(BALANCE))[0]) == (0, 0, 0, 0)
    assert await desk.value(OPEN) == 0
    assert [row[0] for row in await desk.rows("select state from redemption order by member_version")] == [
        "held", "lapsed",
    ]  # fmt: skip


async def test_units_are_used_bought_and_kept_with_the_member(desk: Desk) -> None:
    """Three washes: one used, one reversed; 12.50 costs 5 points and a ride 5 of 100."""
    wash: dict[str, Any] = {"network": "car", "benefit": "wash", "amount_minor": 1_250, "currency": "CNY"}
    bought = event("benefit.purchase-requested.v1", "p", "m-1", NOON, {"benefit": "ride"})
    for one in (
        *STORY[:3],
        asked("u-1", "requested", 1, "r1", **wash),
        asked("u-2", "requested", 2, "r2", **wash),
        asked("x-2", "reversal-requested", 3, "r2"),
        sent(bought),
    ):
        await desk.handle(one)
    assert tuple((await desk.rows(BALANCE))[0]) == (90, 0, 0, 0)
    state = orjson.loads(await desk.value("select state from member"))
    assert sorted((row[0], row[2], row[3]) for row in state["grants"].values()) == [
        ("lounge", 1, 0), ("ride", 1, 0), ("wash", 3, 1),
    ]  # fmt: skip
    assert await desk.value("select count(*) from benefit_grant") == 3


async def test_the_journal_decided_again_gives_the_redemptions(desk: Desk) -> None:
    """In batches of three, with a hold over a close and units of both benefits."""
    told = {"merchant": "shop-1", "merchant_ref": "late", "network": "food", "points": 9, "hold_minutes": 10_080}
    late = event("redemption.hold-requested.v1", "late", "m-1", datetime(2026, 1, 31, 12, tzinfo=UTC), told)
    bought = event("benefit.purchase-requested.v1", "p", "m-1", NOON, {"benefit": "ride"})
    story = [*STORY, sent(bought), sent(late)]
    for at in range(0, len(story), 3):
        await desk.handle(*story[at : at + 3])
    await desk.close("2026-01-31")
    await desk.close("2026-02-28")
    assert await desk.value("select count(*) from redemption where state = 'lapsed'") == 1
    async with desk.handler.ledger.pool.acquire() as session, session.transaction():
        assert (await verified(session, PARTITIONS, Asked(masters=MASTERS))).divergence is None
