"""Who may put points right by hand: each refusal, and what would have made it right."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rules.identity import event_key
from rules.language.load import load
from rules.memory import Memory
from rules.program import Programs
from schemas.events import MODELS

PROGRAM = """
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true, expires: {after_months: 1}}
adjustments:
  reasons: [goodwill, correction]
  approvals: [{up_to: 1000, by: 1}, {up_to: 50000, by: 2}]
"""
NOON = datetime(2026, 3, 10, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
TOLD = {
    "point_type": "reward",
    "points": 500,
    "reason": "goodwill",
    "requested_by": "op-1",
    "requested_at": NOON - timedelta(days=7),
    "approved_by": ("op-2",),
}


def refused(*changes: dict[str, Any], days: int = 0) -> str | None:
    """Why the last of adjustments that come `days` apart is refused."""
    memory, why = Memory(Programs([load(PROGRAM)])), None
    for n, change in enumerate(changes):
        at = NOON + timedelta(days=days * n)
        told = {**TOLD, "requested_at": at - timedelta(days=7), **change}
        whole = {"id": f"a-{n}", "source": "/s", "subject": "m-1", "occurred_at": at, "data": told}
        event = MODELS["points.adjusted.v1"].model_validate(whole)
        decision = memory.decided(event, event_key("corner", "/s", event.id), memory.programs.versions[0])
        why = decision.refusal and f"{decision.refusal.reason}: {decision.refusal.detail}"
    return why


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"approved_by": ("op-2", "op-1")}, "adjustment-not-allowed: whoever asks for an adjustment cannot approve it"),
        ({"points": 1001}, "adjustment-not-allowed: 1001 points need 2 checkers, 1 approved"),
        ({"points": -1001}, "adjustment-not-allowed: 1001 points need 2 checkers, 1 approved"),
        ({"points": 50_001}, "adjustment-not-allowed: nobody may adjust more than 50000 points"),
        ({"reason": "friendship"}, "adjustment-not-allowed: the reason friendship is not one of correction, goodwill"),
        ({"point_type": "rewards"}, "adjustment-not-allowed: no point type is called rewards"),
        (
            {"requested_at": NOON - timedelta(days=7, seconds=1)},
            "adjustment-not-allowed: the request is older than 7 days; it has to be made again",
        ),
        ({"points": -1}, "not-enough-points: 0 of reward are available"),
    ],
)
def test_an_adjustment_that_may_not_be_is_refused_with_what_is_missing(change: dict[str, Any], why: str) -> None:
    assert refused(change) == why


def test_as_much_as_can_be_spent_can_be_taken_and_a_point_more_cannot() -> None:
    assert refused({}, {"points": -500}) is None
    assert refused({}, {"points": -501}) == "not-enough-points: 500 of reward are available"


def test_points_past_their_day_cannot_be_taken_even_before_a_close_says_so() -> None:
    """Given on 10 March for a month; 31 days later, on 10 April, they are past."""
    assert refused({}, {"points": -500}, days=30) is None
    assert refused({}, {"points": -500}, days=31) == "not-enough-points: 500 of reward are available"


def test_a_program_without_adjustments_allows_none() -> None:
    program = PROGRAM[: PROGRAM.index("adjustments:")]
    memory = Memory(Programs([load(program)]))
    whole = {"id": "a-1", "source": "/s", "subject": "m-1", "occurred_at": NOON, "data": TOLD}
    event = MODELS["points.adjusted.v1"].model_validate(whole)
    decision = memory.decided(event, event_key("corner", "/s", "a-1"), memory.programs.versions[0])
    assert decision.refusal is not None
    assert decision.refusal.detail == "the program allows no adjustments; it needs `adjustments`"
