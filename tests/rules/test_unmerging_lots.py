"""Whose points are stays known when lots change: a merge that was a mistake gives them back. Figures by hand."""

import pytest

from tests.rules.family import Family
from tests.rules.test_unmerging import PROGRAM, undo

BY_HAND = """
adjustments:
  reasons: [hospital]
  approvals: [{up_to: 1000, by: 1}]
  extend: {at_most_days: 20}
spending: {returned_expired: new-expiry}
"""


def longer(f: Family, who: str, at: str, points: int) -> list[str]:
    """Points of 1 April are valid until 11 April."""
    told = {"point_type": "reward", "points": points, "expires_on": "2026-04-01", "until": "2026-04-11"}
    hand = {"reason": "hospital", "requested_by": "op-1", "approved_by": ["op-2"]}
    return f.say(who, "points.extended", at, **told, **hand, requested_at=f"{at}T09:00:00+08:00")


@pytest.mark.parametrize("leaves", ["ab", "ba"])
def test_points_that_are_valid_longer_go_back_to_who_brought_them(leaves: str) -> None:
    """m-a's 100 came first, then m-b's 30: 110 of both are valid longer. Both are m-c by now, and leave in turn."""
    f = Family(PROGRAM + BY_HAND, "abc")
    f.buys("a", "2026-01-10", 100, "p-1")
    f.buys("b", "2026-01-12", 30, "p-2")
    f.merge("a", "2026-01-13", "b")
    assert longer(f, "b", "2026-01-14", 110) == []
    f.merge("b", "2026-01-15", "c")
    for who in leaves:
        undo(f, who, "2026-01-16")
    assert f.lots("a") == [(100, 100, "2026-04-11")]
    assert f.lots("b") == [(10, 10, "2026-04-11"), (20, 20, "2026-04-01")]
    assert f.lots("c") == []


def test_what_is_valid_longer_in_two_steps_goes_back_in_both() -> None:
    f = Family(PROGRAM + BY_HAND)
    f.buys("a", "2026-01-10", 100, "p-1")
    f.merge("a", "2026-01-13", "b")
    assert longer(f, "b", "2026-01-14", 60) == []
    assert longer(f, "b", "2026-01-14", 40) == []
    undo(f, "a", "2026-01-16")
    assert f.lots("a") == [(40, 40, "2026-04-11"), (60, 60, "2026-04-11")]
    assert f.balance("b") == (0, 0, 0)


def test_points_that_come_back_after_their_day_are_of_who_brought_them() -> None:
    """70 of m-a and 30 of m-b are spent, and come back on 2 April with a new day: 70 go with m-a."""
    f = Family(PROGRAM + BY_HAND)
    f.buys("a", "2026-01-10", 70, "p-1")
    f.buys("b", "2026-01-12", 30, "p-2")
    f.merge("a", "2026-01-13", "b")
    assert f.redeem("b", "2026-01-14", "r-1", 100) == []
    f.close("2026-04-01")
    assert f.gives_back("b", "2026-04-02", "r-1") == []
    assert f.balance("b") == (100, 0, 0)
    undo(f, "a", "2026-04-03")
    assert (f.lots("a"), f.lots("b")) == ([(70, 70, "2026-07-01")], [(30, 30, "2026-07-01")])
