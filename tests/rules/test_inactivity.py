"""Points that all expire when none came for six months. The days are counted by hand."""

from typing import Any

import pytest

from tests.rules.till import HEAD, Till

PROGRAM = HEAD.replace("reward: {spendable: true}", "reward: {spendable: true, expires: {after_inactive_months: 6}}")
HANDS = "adjustments: {reasons: [goodwill], approvals: [{up_to: 1000, by: 1}]}\n"
WASH = "  wash: {network: car, units: 4, per: calendar-year}\n"

IMPORTED: dict[str, Any] = {"earned_on": "2024-02-01", "batch": "b-1"}
BY_HAND: dict[str, Any] = {"reason": "goodwill", "requested_by": "op-1", "approved_by": ["op-2"]}


def came(t: Till, kind: str, at: str) -> None:
    how = IMPORTED if kind == "imported" else {**BY_HAND, "requested_at": f"{at}:00+08:00"}
    assert t.ask(f"points.{kind}", at, point_type="reward", points=80, **how) is None


@pytest.mark.parametrize("kind", ["imported", "adjusted"])
def test_points_that_were_not_earned_last_six_months_from_the_day_they_came(kind: str) -> None:
    """Of 10 January: the last day is 9 July, whoever comes by meanwhile."""
    t = Till(HANDS + PROGRAM + WASH)
    came(t, kind, "2026-01-10T12:00")
    assert t.ask("member.updated", "2026-02-01T12:00") is None
    t.close("2026-07-08")
    assert t.balance == (80, 0, 0)
    t.close("2026-07-09")
    assert t.balance == (0, 0, 0)


@pytest.mark.parametrize("kind", ["imported", "adjusted"])
def test_they_keep_what_was_earned_before_them(kind: str) -> None:
    """20 of 10 January would last to 9 July; 80 of 1 March keep all to 31 August."""
    t = Till(HANDS + PROGRAM + WASH)
    t.earn("2026-01-10T12:00", 20)
    came(t, kind, "2026-03-01T12:00")
    t.close("2026-08-30")
    assert t.balance == (100, 0, 0)
    t.close("2026-08-31")
    assert t.balance == (0, 0, 0)
