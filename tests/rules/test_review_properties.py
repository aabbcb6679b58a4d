"""Whatever is bought and whenever days are closed: tiers rise when they are earned and fall only at reviews."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.language.load import load
from rules.program import Programs
from rules.simulate import simulate
from tests.rules.test_close import close
from tests.rules.test_reviews import bought, program

FIRST = date(2026, 1, 1)
RANKS = {"basic": 0, "silver": 1, "gold": 2}
REVIEWS = st.sampled_from([
    "{every: calendar-month, safe_periods: 0}",
    "{every: calendar-quarter, down: to-earned, safe_periods: 0, grace_months: 1}",
    "{every: calendar-quarter, grace_months: {gold: 2}}",
    "{on: [06-30, 12-31], up: at-review, down: to-earned}",
    "{every: tier-year, down: to-earned}",
])  # fmt: skip
OVER = st.sampled_from(["day", "calendar-month", "calendar-quarter", "calendar-year"])
DEEDS = st.dictionaries(st.integers(0, 700), st.sampled_from([1, 100, 250, 500, 900]), max_size=12)


def history(deeds: dict[int, int], step: int) -> list[bytes]:
    """Purchases on their days, and every `step` days the close of all days before."""
    lines: list[bytes] = []
    for number in range(720):
        day = FIRST + timedelta(days=number)
        if number and number % step == 0:
            lines.append(close(str(day - timedelta(days=1))))
        if number in deeds:
            lines.append(bought(str(day), deeds[number]))
    return [*lines, close(str(FIRST + timedelta(days=720)))]


def told(review: str, over: str, deeds: dict[int, int], step: int) -> list[dict[str, Any]]:
    return list(simulate(history(deeds, step), Programs([load(program(review, over=over))])))


@settings(max_examples=40, deadline=None)
@given(REVIEWS, OVER, DEEDS)
def test_tiers_fall_only_at_reviews_and_rise_only_when_earned(review: str, over: str, deeds: dict[int, int]) -> None:
    held = None
    for row in told(review, over, deeds, 1):
        if row["kind"] == "tier":
            assert row["from"] == held
            rises = RANKS[row["to"]] > RANKS.get(row["from"] or "", -1)
            assert rises == (row["reason"] in {"earned", "first-seen"})
            held = row["to"]


@settings(max_examples=25, deadline=None)
@given(REVIEWS, OVER, DEEDS, st.sampled_from([2, 7, 31, 90]))
def test_days_closed_together_end_where_days_closed_one_by_one_do(
    review: str, over: str, deeds: dict[int, int], step: int
) -> None:
    """A day is always closed before something of a later day than the next close is decided: the same days, in turn."""
    deeds = {number - number % step: yuan for number, yuan in deeds.items()}
    together, one_by_one = (
        [row for row in told(review, over, deeds, days) if row["kind"] in {"tier", "member"}] for days in (step, 1)
    )
    assert together == one_by_one
