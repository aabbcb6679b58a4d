"""Which events of its own the engine takes when they come back to it, and that what it said is decided."""

import json
from pathlib import Path

import pytest

from engine.batch import Lane, Record, Slice
from engine.intake import Intake, opened
from engine.registry import Registry
from rules.language.load import load
from rules.program import Programs
from schemas.events import MODELS
from schemas.topics import CALENDAR
from tests.chaos.traffic import BEGINS, event, sent
from tests.corner import corner_bank
from tests.engine.store.conftest import Desk, desk, migrated, owner
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
