"""What a program says of a type of points, and of points that come back."""

from collections.abc import Callable
from datetime import date
from typing import Literal, NamedTuple


class PointType(NamedTuple):
    """`expires` answers the first day not valid of points earned on a day, None when they never expire.

    When money comes back, a member may owe at most `deficit_at_most` points (None: any), or loses pending ones alone.
    """

    id: str
    spendable: bool
    expires: Callable[[date], date | None]
    deficit_at_most: int | None = None
    only_pending: bool = False


def never(_earned: date) -> date | None:
    return None


def unbounded(point_type: str) -> PointType:
    """A point type that the program has no more: what is there of it stays, and what is owed of it is owed."""
    return PointType(point_type, spendable=False, expires=never)


class Refunds(NamedTuple):
    """What is done with money that comes back, beyond the points of its purchase."""

    without_original: Literal["current-rate", "review"] = "review"
    waits_days: int = 90
    frees_caps: bool = False


AS_USUAL = Refunds()
