"""What a program promises of spending: its benefits, and how points and units are held, taken and given back."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from rules.periods import PeriodName, Windows, period_end

if TYPE_CHECKING:
    from rules.member import Member
    from rules.moment import Moment

EVERYBODY = ""
"""The tier of who has none; what is given alike to all tiers is given to them too."""


class Milestone(NamedTuple):
    """Of a metric: how many are reached, and the window in which they are counted anew."""

    reached: "Callable[[Member, Moment], int]"
    window: Callable[[Windows], str]


class CarryOver(NamedTuple):
    """Units left at a period's end are good for some months more."""

    at_most: int
    months: int


class Frequency(NamedTuple):
    uses: int
    period: PeriodName


class Conversion(NamedTuple):
    """So many units of one benefit for so many of another."""

    units: int
    gives: int


class Benefit(NamedTuple):
    """What a merchant of a network gives to a member. By tier; a tier that is not named has none.

    `units` None is without limit. `ceilings` are minor units that one use is worth at most; what is above costs
    `excess` points for a minor unit, where it is set. `price` is in points, of one unit.
    """

    id: str
    network: str
    units: Mapping[str, int | None]
    period: PeriodName
    anchor: Literal["calendar", "membership", "tier"] = "calendar"
    occasion: Literal["period", "birthday", "milestone", "none"] = "period"
    pro_rata: bool = False
    valid_days: int | None = None
    milestone: Milestone | None = None
    carry_over: CarryOver | None = None
    at_most: Frequency | None = None
    ceilings: Mapping[str, int] = {}
    excess: tuple[int, int] | None = None
    discount_percent: int | None = None
    companions: int = 0
    converts: Mapping[str, Conversion] = {}
    price: int | None = None
    revokes_unused: bool = False
    regions: frozenset[str] = frozenset()
    gate: "tuple[Callable[[Member, Moment], bool], ...]" = ()
    goods: bool = False

    def good_until(self, day: date) -> date:
        """The first day on which units that came on a day, on no allowance, are not good any more."""
        return period_end(day, self.period) if self.valid_days is None else day + timedelta(days=self.valid_days)


class Pace(NamedTuple):
    """How many redemptions a member may begin in an hour and on a day; None without limit."""

    per_hour: int | None = None
    per_day: int | None = None


class Spending(NamedTuple):
    """How long holds last, how many a member may have, and how long a capture may be reversed.

    Points that come back after their day expire, live so many days more, or as long as new ones.
    """

    hold_minutes: int = 15
    holds_at_most: int = 10
    reverse_within_days: int = 90
    returned_expired: Literal["expire-at-once", "new-expiry"] | int = "expire-at-once"
    pace: Pace = Pace()


BY_DEFAULT = Spending()
