"""Point types and budgets become functions and tables."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from functools import lru_cache
from math import lcm

from rules.language import grammar as g
from rules.parts import Budget
from rules.periods import PeriodName, months_later, period_end
from rules.points.point_types import PointType, Refunds, never
from rules.spending.spend import ONLY_MERCHANT, ONLY_NETWORK

END_OF: dict[str, PeriodName] = {"month-end": "month", "quarter-end": "quarter", "year-end": "year"}
DAYS_KEPT = 512
"""Of how many days the expiry is remembered: events come in days that lie close together."""


def point_type(name: str, t: g.PointType) -> PointType:
    expires = t.expires if isinstance(t.expires, g.Expires) else g.Expires()
    floor = -t.deficit.floor if t.deficit else None
    return PointType(
        name,
        t.spendable,
        _expiry(expires),
        0 if t.on_reversal == "within-balance" else floor,
        t.on_reversal == "only-pending",
        {tier: _expiry(expires, months) for tier, months in expires.longer_for.items()} or None,
        expires.after_inactive_months,
    )


def refunds(r: g.Refunds) -> Refunds:
    return Refunds(r.without_original, r.waits_days, r.cap_room == "freed")


def _expiry(expires: g.Expires, longer: int = 0) -> Callable[[date], date | None]:
    fixed, months = expires.on, expires.after_months
    if fixed is not None:
        return lambda earned: _next_anniversary(fixed, earned)
    if months is None:
        return never
    later, period = months + longer, END_OF.get(expires.at)

    def same_day(earned: date) -> date:
        return months_later(earned, later)

    def at_the_end(earned: date) -> date:
        return period_end(months_later(earned.replace(day=1), later), period or "day")

    return lru_cache(maxsize=DAYS_KEPT)(at_the_end if period else same_day)


def _next_anniversary(fixed: date, earned: date) -> date:
    """The first such day after the one of earning; 29 February is 28 February in a common year."""
    years = max(earned.year - fixed.year, 0)
    day = months_later(fixed, 12 * years)
    return day if day > earned else months_later(fixed, 12 * (years + 1))


def restriction(restrict: g.OnlyAt | str | None) -> str | None:
    """As postings carry it."""
    if not isinstance(restrict, g.OnlyAt):
        return restrict
    return f"{ONLY_MERCHANT}{restrict.merchant}" if restrict.merchant else f"{ONLY_NETWORK}{restrict.network}"


def budget(name: str, b: g.Budget, file: g.ProgramFile, exponent: int) -> Budget:
    """A budget in money counts in the smallest part of a coin that every point type's worth is whole in."""
    if b.points:
        return Budget(name, b.points, dict.fromkeys(file.points, 1))
    worths = {t: point.worth * 10**exponent for t, point in file.points.items() if point.worth}
    parts = lcm(*(w.denominator for w in worths.values()))
    money = (b.money or Fraction(0)) * 10**exponent * parts
    return Budget(name, int(money), {t: int(w * parts) for t, w in worths.items()})
