"""Point types and budgets become functions and tables."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from functools import lru_cache
from math import lcm

from rules.language import grammar as g
from rules.parts import Budget
from rules.periods import months_later
from rules.point_types import PointType, Refunds, never
from rules.spend import ONLY_MERCHANT, ONLY_NETWORK

DAYS_KEPT = 512
"""Of how many days the expiry is remembered: events come in days that lie close together."""


def point_type(name: str, t: g.PointType) -> PointType:
    floor = -t.deficit.floor if t.deficit else None
    within = t.on_reversal == "within-balance"
    return PointType(name, t.spendable, _expiry(t.expires), 0 if within else floor, t.on_reversal == "only-pending")


def refunds(r: g.Refunds) -> Refunds:
    return Refunds(r.without_original, r.waits_days, r.cap_room == "freed")


def _expiry(expires: g.Expires | str) -> Callable[[date], date | None]:
    if isinstance(expires, str):
        return never
    fixed, months = expires.on, expires.after_months
    if months is None:
        return lambda _earned: fixed

    def same_day(earned: date) -> date:
        return months_later(earned, months)

    def month_end(earned: date) -> date:
        return months_later(earned.replace(day=1), months + 1)

    return lru_cache(maxsize=DAYS_KEPT)(same_day if expires.at == "same-day" else month_end)


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
