"""The days over which a metric is taken: calendar periods, years of a member's own, the last so many days, or all."""

from collections.abc import Callable
from datetime import date
from typing import Final, NamedTuple

from rules.member import Member
from rules.periods import PeriodName, months_later, period_end, period_start

MONTHS_IN_A_YEAR: Final = 12


class Span(NamedTuple):
    """Days as ordinals, [start, end). A start of 0 is before all days."""

    start: int
    end: int


SpanOf = Callable[[Member, date], Span | None]
"""The window that holds a day; None for a member for whom it has not begun."""


def calendar(period: PeriodName) -> SpanOf:
    if period == "lifetime":
        return lambda _member, day: Span(0, day.toordinal() + 1)
    return lambda _member, day: Span(period_start(day, period).toordinal(), period_end(day, period).toordinal())


def last_days(days: int) -> SpanOf:
    """The last so many days, the day itself among them."""

    def span(_member: Member, day: date) -> Span:
        until = day.toordinal() + 1
        return Span(until - days, until)

    return span


def membership_year(member: Member, day: date) -> Span | None:
    """From one anniversary of the enrolment to the next."""
    return _year_since(member.enrolled_on, day)


def tier_year(member: Member, day: date) -> Span | None:
    """From one anniversary of the day on which the tier was reached to the next: a change of tier begins anew."""
    return _year_since(member.tier_since, day)


def _year_since(since: date | None, day: date) -> Span | None:
    """29 February's anniversary is 28 February in a common year."""
    if since is None or day < since:
        return None
    years = day.year - since.year
    if months_later(since, MONTHS_IN_A_YEAR * years) > day:
        years -= 1
    first, after = (months_later(since, MONTHS_IN_A_YEAR * y) for y in (years, years + 1))
    return Span(first.toordinal(), after.toordinal())
