"""Which days a Chinese bank's back office works, and which days close together."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

_NEW_YEARS: Final = (
    (1, 25), (2, 12), (2, 1), (1, 22), (2, 10), (1, 29), (2, 17), (2, 6), (1, 26), (2, 13), (2, 3), (1, 23), (2, 11),
    (1, 31), (2, 19), (2, 8), (1, 28), (2, 15), (2, 4), (1, 24), (2, 12),
)  # fmt: skip
SPRING_FESTIVALS: Final = {year: date(year, *day) for year, day in enumerate(_NEW_YEARS, start=2020)}
"""First day of the lunar year, 2020 to 2040."""

_FIXED: Final = {(1, 1), (4, 5), (5, 1), (5, 2), (5, 3), (10, 1), (10, 2), (10, 3), (10, 4), (10, 5), (10, 6), (10, 7)}
_FESTIVAL_DAYS: Final = 7
_SATURDAY: Final = 5


def spring_festival(year: int) -> date:
    """Raises ValueError for a year whose lunar new year is not in the table."""
    if year not in SPRING_FESTIVALS:
        raise ValueError(f"the spring festival is known from {min(SPRING_FESTIVALS)} to {max(SPRING_FESTIVALS)}")
    return SPRING_FESTIVALS[year]


def works(day: date) -> bool:
    """Whether the back office works: weekends made up for elsewhere in the year count as weekends."""
    festival = spring_festival(day.year)
    in_festival = timedelta(days=-1) <= day - festival < timedelta(days=_FESTIVAL_DAYS - 1)
    return day.weekday() < _SATURDAY and (day.month, day.day) not in _FIXED and not in_festival


def closing(year: int) -> Iterator[tuple[date, date]]:
    """Each business day with the last calendar day that closes with it. Days before the year's first close with it."""
    business_date = day = date(year, 1, 1)
    while day.year == year:
        if works(day):
            business_date = day
        following = day + timedelta(days=1)
        if following.year > year or (works(following) and works(business_date)):
            yield business_date, day
        day = following
