"""When something happened, and what is asked of that moment: the types of a program's closures."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NamedTuple

from rules.member import Member
from rules.periods import Windows


class Moment(NamedTuple):
    """When an event happened, in the program's zone: its day, its clock and the windows that hold the day."""

    day: date
    local: datetime
    windows: Windows


Condition = Callable[[Any, Member, Moment], bool]
"""Of the event's `data`, the member with the tier held before the event, and the moment."""

Worth = Callable[[Any], tuple[int, int, int] | None]
"""The exact points that `data` is worth, basis × numerator ÷ denominator; None for nothing."""

Read = Callable[[Member, Moment], int]
"""A metric over its window that holds the moment's day, through that day; money in minor units, rounded down."""

Exact = Callable[[Member, Moment], tuple[int, int]]
"""The same as (numerator, denominator). Of an average balance: minor units × days, and days."""
