"""What outstanding points may cost: by the month in which they were earned, less what will hardly be redeemed. Pure.

Breakage is estimated by cohort. Months whose points are all redeemed or expired have shown which part expires; of a
month that is still open that part is expected of all its points, less what has expired of them already.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from rules.numbers import rounded
from rules.program import Programs


class Cohort(NamedTuple):
    """The points of a type earned in a month: a roll-forward, opening + earned + redeemed + expired + other = closing.

    Signed: what was redeemed less what was given back, and what expired, are below zero. `other` is what was taken back
    by refunds, put right by hand, moved by a merge or filled what was owed. `ever_` are since the month, above zero.
    """

    point_type: str
    vintage: str
    opening: int
    earned: int
    redeemed: int
    expired: int
    other: int
    closing: int
    ever_redeemed: int
    ever_expired: int


class Outstanding(NamedTuple):
    """A cohort with how many of its points will hardly be redeemed, and what the others cost in minor units."""

    cohort: Cohort
    breakage: int
    liability_minor: int


def breakage_rate(cohorts: Iterable[Cohort]) -> Fraction:
    """The part that expired of the cohorts that are over; 0 while none is, so that nothing is left out unproved."""
    over = [one for one in cohorts if not one.closing]
    expired = sum(one.ever_expired for one in over)
    ended = expired + sum(one.ever_redeemed for one in over)
    return Fraction(expired, ended) if ended else Fraction(0)


def outstanding(cohorts: Sequence[Cohort], cost: Fraction, rate: Fraction) -> list[Outstanding]:
    """Each cohort with its liability. `cost` is minor units for a point, `rate` the part that is never redeemed."""
    return [_of(one, cost, rate) for one in cohorts]


def _of(one: Cohort, cost: Fraction, rate: Fraction) -> Outstanding:
    whole = one.closing + one.ever_redeemed + one.ever_expired
    expected = rounded(*(rate * whole).as_integer_ratio(), "down")
    breakage = min(one.closing, max(0, expected - one.ever_expired))
    exact = cost * (one.closing - breakage)
    return Outstanding(one, breakage, rounded(exact.numerator, exact.denominator, "half-up"))


class Price(NamedTuple):
    """What a point costs in the currency's whole units, and the part never redeemed: None, as earlier months show."""

    cost: Fraction
    breakage: Fraction | None


def told(rows: Iterable[Mapping[str, Any]], programs: Programs, price: Price) -> list[dict[str, Any]]:
    """The rows of `liability.sql` by type of spendable points, as they are told."""
    newest = programs.versions[-1]
    spendable = {t.id for version in programs.versions for t in version.point_types.values() if t.spendable}
    cohorts = [Cohort(**dict(row) | {"vintage": f"{row['vintage']:%Y-%m}"}) for row in rows]
    shown: list[dict[str, Any]] = []
    for point_type in sorted({one.point_type for one in cohorts} & spendable):
        of_type = [one for one in cohorts if one.point_type == point_type]
        rate = breakage_rate(of_type) if price.breakage is None else price.breakage
        found = outstanding(of_type, price.cost * 10**newest.exponent, rate)
        lines = [o.cohort._asdict() | {"breakage": o.breakage, "liability_minor": o.liability_minor} for o in found]
        shown.append({"point_type": point_type, "currency": newest.currency, "breakage_rate": float(rate),
                      "cohorts": lines})  # fmt: skip
    return shown
