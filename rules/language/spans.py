"""What a program file calls a window becomes the days of it, and the counter in which they are kept."""

from rules.language import grammar as g
from rules.metrics.counters import AnyWindow
from rules.metrics.windows import SpanOf, calendar, last_days, membership_year, single_days, tier_year, years_of
from rules.periods import PeriodName

PERIODS: dict[str, PeriodName] = {
    "day": "day", "week": "week", "calendar-month": "month", "calendar-quarter": "quarter", "calendar-year": "year",
    "lifetime": "lifetime",
}  # fmt: skip
"""What a program file calls a window, and its name in the rules."""


def span_of(over: g.LastDays | str) -> SpanOf:
    match over:
        case g.LastDays():
            return last_days(over.days)
        case "membership-year":
            return membership_year
        case "tier-year":
            return tier_year
        case _:
            return calendar(PERIODS[over])


def window_of(over: g.LastDays | str) -> AnyWindow:
    match over:
        case g.LastDays():
            return single_days(over.days)
        case "membership-year" | "tier-year":
            return years_of(span_of(over))
        case _:
            return PERIODS[over]
