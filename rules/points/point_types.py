"""What a program says of a type of points, and of points that come back."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal, NamedTuple


class PointType(NamedTuple):
    """`expires` answers the first day not valid of points earned on a day, None when they never expire.

    `longer` answers it for members of a tier. With `inactive_months` all of them expire so long after the last that
    were earned. When money comes back, a member may owe at most `deficit_at_most` points (None: any), or loses pending
    ones alone.
    """

    id: str
    spendable: bool
    expires: Callable[[date], date | None]
    deficit_at_most: int | None = None
    only_pending: bool = False
    longer: Mapping[str, Callable[[date], date | None]] | None = None
    inactive_months: int | None = None

    def expires_for(self, tier: str | None, day: date) -> date | None:
        """What `expires` answers, later for the tiers that the program names."""
        if self.longer and tier is not None and tier in self.longer:
            return self.longer[tier](day)
        return self.expires(day)


def never(_earned: date) -> date | None:
    return None


def unbounded(point_type: str) -> PointType:
    """A point type that the program has no more: what is there of it stays, and what is owed of it is owed."""
    return PointType(point_type, spendable=False, expires=never)


class Pending(NamedTuple):
    """How points wait: for an event about the same thing, for days, for a day, or in equal parts over months.

    `forfeited_by` are the types of events that take what still waits. Metrics of points count them when they are
    released, unless they count at once.
    """

    until: str | None = None
    days: int | None = None
    on: date | None = None
    parts: int = 1
    every_months: int = 0
    expires_from_release: bool = False
    counts_at_once: bool = False
    forfeited_by: frozenset[str] = frozenset()

    def waits(self, day: date) -> bool:
        """Whether what is earned on a day waits; what waits for a fixed day does not from that day on."""
        return self.on is None or day < self.on


class Refunds(NamedTuple):
    """What is done with money that comes back, beyond the points of its purchase."""

    without_original: Literal["current-rate", "review"] = "review"
    waits_days: int = 90
    frees_caps: bool = False


AS_USUAL = Refunds()
