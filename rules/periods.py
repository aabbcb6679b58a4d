"""Calendar windows and month arithmetic. Days are dates in the program's time zone; intervals are half-open."""

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple

PeriodName = Literal["day", "week", "month", "quarter", "year", "lifetime"]

ONE_DAY: Final = timedelta(days=1)

WINDOWS_KEPT: dict[PeriodName, int] = {"day": 40, "week": 14, "month": 14, "quarter": 6, "year": 3, "lifetime": 1}
"""How many windows a counter remembers: late events count in their own window as long as it is kept."""


class Windows(NamedTuple):
    """The labels of the windows that hold a day. Labels of one period sort in the order of time."""

    day: str
    week: str
    month: str
    quarter: str
    year: str
    lifetime: str


@lru_cache(maxsize=4096)
def windows(day: date) -> Windows:
    iso_year, iso_week, _ = day.isocalendar()
    return Windows(
        day=day.isoformat(),
        week=f"{iso_year}-W{iso_week:02}",
        month=f"{day.year}-{day.month:02}",
        quarter=f"{day.year}-Q{(day.month + 2) // 3}",
        year=str(day.year),
        lifetime="all",
    )


def months_later(day: date, months: int) -> date:
    """The same day of the month, `months` on; clamped to its last (31 January + 1 month = 28 or 29 February)."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def period_start(day: date, period: PeriodName) -> date:
    """The first day of the calendar period that holds `day`; of a lifetime, the first day there is."""
    match period:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
        case "year":
            return date(day.year, 1, 1)
        case "lifetime":
            return date.min


@lru_cache(maxsize=4096)
def period_end(day: date, period: PeriodName) -> date:
    """The first day after the calendar period that holds `day`."""
    start = period_start(day, period)
    match period:
        case "day":
            return start + timedelta(days=1)
        case "week":
            return start + timedelta(days=7)
        case "month":
            return months_later(start, 1)
        case "quarter":
            return months_later(start, 3)
        case "year":
            return months_later(start, 12)
        case "lifetime":
            return date.max


def whole_months(since: date, until: date) -> int:
    """How many whole months lie in [since, until); a month ends on the clamped same day. Negative spans are 0."""
    months = (until.year - since.year) * 12 + until.month - since.month
    if months > 0 and months_later(since, months) > until:
        months -= 1
    return max(months, 0)


def birthday_in(year: int, *, month: int, day: int) -> date:
    """The day on which a birthday is kept: 29 February is kept on 28 February in a common year."""
    return date(year, month, min(day, monthrange(year, month)[1]))
