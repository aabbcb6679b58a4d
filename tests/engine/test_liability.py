"""Outstanding points by the month in which they were earned: the roll-forward closes, and breakage is what it says."""

import json
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from engine.liability import Cohort, breakage_rate, outstanding
from engine.store.sql import statement
from tests.chaos.traffic import Sent, event, purchase, sent
from tests.engine.settlement.test_command import Points
from tests.engine.store.conftest import Desk, desk, migrated, owner
from tests.engine.store.test_redemptions import banks
from tests.engine.test_verify import filled

__all__ = ["banks", "desk", "migrated", "owner"]


def cohort(vintage: str = "2026-01", **told: int) -> Cohort:
    names = [name for name in Cohort._fields if name not in ("point_type", "vintage")]
    return Cohort("reward", vintage, **{name: told.get(name, 0) for name in names})


OVER = cohort("2026-01", ever_redeemed=350, ever_expired=650)


def test_of_an_open_month_that_part_is_expected_to_expire_which_expired_of_those_that_are_over() -> None:
    """650 of 1,000 expired.

    Of 500 that are 325. Of 600, of which 300 were redeemed and 100 expired, it is 390: 290 are still to come, and only
    200 are left. Of 10 it is 6.5, 6. At 2 fen each the others are 350, nothing and 8.
    """
    months = [
        OVER,
        cohort("2026-02", closing=500),
        cohort("2026-03", closing=200, ever_redeemed=300, ever_expired=100),
        cohort("2026-04", closing=10),
    ]
    assert breakage_rate(months) == Fraction(65, 100)
    found = outstanding(months, Fraction(2), breakage_rate(months))
    assert [(one.breakage, one.liability_minor) for one in found] == [(0, 0), (325, 350), (200, 0), (6, 8)]


def test_while_no_month_is_over_nothing_is_left_out() -> None:
    months = [cohort(closing=100, ever_expired=50)]
    assert breakage_rate(months) == 0
    assert outstanding(months, Fraction(1, 3), Fraction(0))[0].liability_minor == 33


@pytest.mark.parametrize(
    ("points", "cost", "breakage", "minor"),
    [
        # IFRS 15, illustrative example 52 (IE267): 10,000 points of CU1, 95 % expected: stand-alone 9,500
        (10_000, Fraction(100), Fraction(5, 100), 950_000),
        # finlearnhub.com/2017/12/17/ifrs-15-customer-loyalty-programs: 2,000 points of 0.10, 85 %: 170
        (2_000, Fraction(10), Fraction(15, 100), 17_000),
    ],
)
def test_published_examples_of_what_points_are_worth(
    points: int, cost: Fraction, breakage: Fraction, minor: int
) -> None:
    assert outstanding([cohort(closing=points)], cost, breakage)[0].liability_minor == minor


def asked(id_: str, kind: str, at: datetime, **told: Any) -> Sent:
    return sent(event(f"redemption.{kind}.v1", id_, "m-1", at, {"merchant": "s", "merchant_ref": "r1", **told}))


def noon(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


async def months(desk: Desk, first: date, after: date) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await desk.rows(statement("liability"), "corner", first, after)]


async def test_points_are_followed_to_the_month_in_which_they_were_earned(desk: Desk, migrated: str) -> None:
    """January: 1,000 earned, 300 redeemed, 100 of them back. February: 500 earned, 150 of January's redeemed.

    When February closes the other 650 of January expire. 65 % of January's expired, so of February's 500 175 are
    expected to be redeemed: at 0.02 each 3.50.
    """
    spent = {"network": "food", "points": 150, "merchant_ref": "r2"}
    await desk.handle(
        sent(event("member.enrolled.v1", "join", "m-1", noon(1, 15), {})),
        sent(purchase("a", "m-1", noon(1, 15), minor=100_000)),
        asked("s-1", "requested", noon(1, 15), network="food", points=300),
        asked("x-1", "reversal-requested", noon(1, 16), points=100),
        sent(purchase("b", "m-1", noon(2, 10), minor=50_000)),
        asked("s-2", "requested", noon(2, 11), **spent),
    )
    rewards = [row[1:] for row in await months(desk, date(2026, 2, 1), date(2026, 3, 1)) if row[0] == "reward"]
    assert rewards == [
        # opening, earned, redeemed, expired, other, closing, ever redeemed, ever expired
        (date(2026, 1, 1), 800, 0, -150, 0, 0, 650, 350, 0),
        (date(2026, 2, 1), 0, 500, 0, 0, 0, 500, 0, 0),
    ]
    await desk.close("2026-02-28")
    words = ("liability", "corner", "--days", "2026-02-01", "2026-03-01", "--cost", "0.02", "--json")
    code, told, wrong = await Points(migrated)(*words)
    assert code == 0, wrong
    [reward] = json.loads(told)
    columns = "vintage", "opening", "earned", "redeemed", "expired", "closing", "breakage", "liability_minor"
    assert [tuple(row[name] for name in columns) for row in reward["cohorts"]] == [
        ("2026-01", 800, 0, -150, -650, 0, 0, 0), ("2026-02", 0, 500, 0, 0, 500, 325, 350),
    ]  # fmt: skip
    assert "--cost: expected a number such as 0.01, not 'much'" in (await Points(migrated)(*words[:6], "much"))[2]


async def test_every_roll_forward_closes_and_ends_at_what_members_have(desk: Desk) -> None:
    """Refunds, expiry, debts and closes: whatever the period, its opening is the closing of the days before it."""
    await filled(desk)
    days = [date(2000, 1, 1), date(2026, 2, 1), date(2026, 4, 15), date(2026, 9, 1), date(2100, 1, 1)]
    before: dict[tuple[str, date], int] = {}
    for first, after in pairwise(days):
        rows = await months(desk, first, after)
        for point_type, vintage, opening, *moves, closing, _, _ in rows:
            assert opening == before.get((point_type, vintage), 0)
            assert opening + sum(moves) == closing
        before = {(row[0], row[1]): row[7] for row in rows}
    have = await desk.rows("select point_type, sum(available + pending + held)::int from balance group by 1")
    ends: dict[str, int] = {}
    for (point_type, _), closing in before.items():
        ends[point_type] = ends.get(point_type, 0) + closing
    assert ends == {row[0]: row[1] for row in have}
    assert sum(ends.values()) > 0
