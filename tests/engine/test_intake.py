"""Which events of its own the engine takes when they come back to it, and what comes before its time."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from engine.batch import Lane, Record, Slice
from engine.evidence.verify import Asked, verified
from engine.intake import Intake, Unusable, in_time, opened
from engine.registry import Registry, Source
from rules.language.load import load
from rules.program import Programs
from schemas.events import MODELS
from schemas.topics import CALENDAR
from tests.chaos.house import PARTITIONS
from tests.chaos.traffic import BEGINS, BRANCH, CARDS, Sent, event, purchase, sent
from tests.conftest import MASTERS
from tests.corner import corner_bank
from tests.engine.store.conftest import Desk, announcement, desk, migrated, ordered, owner
from tests.schemas.samples import SAMPLES

__all__ = ["desk", "migrated", "owner"]
ENGINE = "urn:points-engine"
REFERRALS = """
program: corner-bank
semantics: 1
version: 2026-01-01
time_zone: UTC
currency: CNY
points: {reward: {spendable: true}}
earn:
  - {id: brings, on: referral.completed, award: {points: 100, to: reward}}
  - {id: is-brought, on: referral.welcomed, award: {points: 50, to: reward}}
"""
OWN = {
    # The calendar's: an operator's order, and the marker of each partition.
    "business-day.closed.v1", "day.marked.v1",
    # What one member's decision says to another: after a merge, at a change of owner, at a referral.
    "member.absorbed.v1", "event.forwarded.v1", "account.owner-changed.v1", "referral.welcomed.v1",
    # What a merchant's upload becomes.
    "redemption.requested.v1", "redemption.hold-requested.v1", "redemption.capture-requested.v1",
    "redemption.void-requested.v1", "redemption.reversal-requested.v1",
}  # fmt: skip
"""What docs and semantics have the engine say to itself."""


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    return corner_bank(tmp_path, REFERRALS)


def _taken(kind: str) -> bool:
    """Whether the engine's own event of a type is accepted in the one partition of its topic."""
    told = SAMPLES[kind] | {"source": ENGINE}
    if kind == "day.marked.v1":
        told |= {"id": "close-corner-2026-10-09-0"}  # the sample's day, in partition 0
    topic = MODELS[kind].topic
    key = f"corner/{ENGINE if topic is CALENDAR else told['subject']}".encode()
    registry = Registry(1, {}, {"corner": Programs([load(REFERRALS, "referrals.yaml")])})
    record = Record(0, 0, key, json.dumps(told).encode(), ())
    [found] = opened(Slice(Lane(f"loyalty.{topic.name}", 0, 1), 0, 1, [record]), registry, 1)
    assert isinstance(found, Intake) or found.reason == "unauthorised-source", found
    return isinstance(found, Intake)


def test_the_engine_takes_what_it_says_to_itself_and_nothing_else_in_its_name() -> None:
    assert {kind for kind in SAMPLES if _taken(kind)} == OWN


async def test_who_was_brought_has_points_by_what_the_engine_says(desk: Desk) -> None:
    """100 for who brings and 50 for who is brought, whom nobody knew before."""
    await desk.handle(sent(event("referral.completed.v1", "r-1", "m-1", BEGINS, {"referred_member": "m-2"})))
    done = await desk.handle(*await desk.markers())
    assert done.dead_letters == {}
    found = await desk.rows("select member_id, available from balance order by member_id")
    assert [tuple(row) for row in found] == [("m-1", 100), ("m-2", 50)]


MIDNIGHT = datetime(2026, 1, 31, 16, tzinfo=UTC)
"""In Shanghai the first moment of 1 February."""


def _early(one: Sent, topic: str, latest: datetime) -> list[str]:
    """The reasons for which a record is unusable when nothing may lie after a moment."""
    lane = Lane(f"loyalty.{topic}", 0, 1)
    sources = {CARDS: Source("corner", frozenset(MODELS))}
    registry = Registry(1, sources, {"corner": Programs([load(REFERRALS.replace("UTC", "Asia/Shanghai"), "a.yaml")])})
    read = opened(Slice(lane, 0, 1, [Record(0, 0, one.key, one.value, ())]), registry, 1)
    assert [type(found) for found in read] == [Intake]
    return [found.reason for found in in_time(read, lane, latest) if isinstance(found, Unusable)]


def test_an_event_is_taken_until_the_latest_moment_and_a_day_on_its_own_date_in_the_programs_zone() -> None:
    at, later = timedelta(), timedelta(microseconds=1)
    buys = sent(purchase("p-1", "m-1", MIDNIGHT))
    assert [_early(buys, "events", MIDNIGHT + by) for by in (at, -later)] == [[], ["from-the-future"]]
    # Fourteen days of holidays may lie behind the day on which it is announced.
    closes = announcement(CARDS, "2026-01-31", "2026-02-15")
    assert [_early(closes, "calendar", MIDNIGHT + by) for by in (at, -later)] == [[], ["from-the-future"]]


async def _is_verified(desk: Desk) -> None:
    async with desk.owner.transaction():
        assert (await verified(desk.owner, PARTITIONS, Asked(masters=MASTERS))).divergence is None


async def test_what_comes_before_its_time_is_decided_when_it_is_sent_again_in_its_time(desk: Desk) -> None:
    """The bound of a day is the real one; with the wide one of the other tests its time has come."""
    buys = sent(event("referral.completed.v1", "r-1", "m-1", BEGINS.replace(year=2126), {"referred_member": "m-2"}))
    wide, desk.handler.ahead_days = desk.handler.ahead_days, 1
    assert (await desk.handle(buys)).dead_letters == {"from-the-future": 1}
    desk.handler.ahead_days = wide
    done = await desk.handle(buys)
    assert (done.dead_letters, done.postings) == ({}, 1)
    await _is_verified(desk)


async def test_a_slip_of_a_century_closes_nothing(desk: Desk) -> None:
    """One source writes 2126 for 2026; then both write what they meant, and the day closes."""
    wide, desk.handler.ahead_days = desk.handler.ahead_days, 1
    slip = await desk.announce(announcement(CARDS, "2026-01-31", "2126-01-31"))
    order = await desk.announce(ordered("2026-01-31", "2126-01-31"))
    assert slip.dead_letters == order.dead_letters == {"from-the-future": 1}
    assert await desk.value("select count(*) from day_close") == 0
    done = await desk.announce(*[announcement(source, "2026-01-31", "2026-01-31") for source in (CARDS, BRANCH)])
    assert done.dead_letters == {}
    assert await desk.value("select max(through) from day_close") == date(2026, 1, 31)
    desk.handler.ahead_days = wide
    await _is_verified(desk)
