"""Rating days: the last days of the periods after which tiers are reviewed, and what a review may do."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

from rules.member import Member
from rules.periods import PeriodName, birthday_in, months_later, period_end

ONE_DAY: Final = timedelta(days=1)
MONTHS_IN_A_YEAR: Final = 12

RatingDay = Callable[[Member, date], date | None]
"""The member's first rating day after a day; None while the member has none."""


class Review(NamedTuple):
    """A tier gained is safe until the end of its period and of `safe_periods` whole ones after it.

    A rating day is decided `after_days` later, so that what the period's close brings counts. `grace_months` by tier
    are kept between the rating day that misses a tier and the day on which it is lost. `lifts_locked`: whether a tier
    that was given by hand and is locked may rise.
    """

    rating_day: RatingDay
    after_days: int
    rises_at_once: bool
    down: Literal["one-step", "to-earned", "never"]
    safe_periods: int
    grace_months: Mapping[str, int]
    reverses_at_once: bool
    lifts_locked: bool


def ends_of(period: PeriodName) -> RatingDay:
    """The last days of calendar periods."""
    return lambda _member, after: period_end(after + ONE_DAY, period) - ONE_DAY


def yearly_on(days: Sequence[tuple[int, int]]) -> RatingDay:
    """Fixed days (month, day) of every year; 29 February is 28 February in a common year."""

    def next_one(_member: Member, after: date) -> date:
        found = (birthday_in(y, month=m, day=d) for y in (after.year, after.year + 1) for m, d in days)
        return min(day for day in found if day > after)

    return next_one


def membership_years(member: Member, after: date) -> date | None:
    """The days before the anniversaries of the enrolment."""
    return _year_end(member.enrolled_on, after)


def tier_years(member: Member, after: date) -> date | None:
    """The days before the anniversaries of the day on which the tier was reached."""
    return _year_end(member.tier_since, after)


def _year_end(since: date | None, after: date) -> date | None:
    if since is None:
        return None
    years = max(after.year - since.year, 1)
    ends = (months_later(since, MONTHS_IN_A_YEAR * y) - ONE_DAY for y in (years, years + 1, years + 2))
    return next(day for day in ends if day > after)
