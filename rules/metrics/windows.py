"""The days over which a metric is taken: calendar periods, years of a member's own, the last so many days, or all."""

from collections.abc import Callable
from datetime import date
from typing import Final, NamedTuple

from rules.member import Member
from rules.metrics.counters import Window
from rules.periods import PeriodName, Windows, months_later, period_end, period_start

MONTHS_IN_A_YEAR: Final = 12
LATE_DAYS: Final = 40
"""How many days more than it needs a counter of single days remembers."""
YEARS_KEPT: Final = 3
BEFORE: Final = ""
"""The label of the days before a member's first year: they count in no window."""


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


def single_days(days: int) -> Window:
    """What a counter over the last so many days is kept in: each day by itself."""
    return Window(_day, days + LATE_DAYS)


def years_of(span_of: SpanOf) -> Window:
    """A member's own years, each under its first day."""

    def label(member: Member, in_windows: Windows) -> str:
        span = span_of(member, date.fromisoformat(in_windows.day))
        return date.fromordinal(span.start).isoformat() if span else BEFORE

    return Window(label, YEARS_KEPT)


def _day(_member: Member, in_windows: Windows) -> str:
    return in_windows.day


LATEST_DAY: Final = Window(_day, 1)
"""Remembers the latest day alone."""
