"""What a program promises of spending: its benefits, and how points and units are held, taken and given back."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from rules.periods import PeriodName


class Benefit(NamedTuple):
    """`units` by tier; None is without limit, a tier that is not named has none."""

    id: str
    network: str
    units: Mapping[str, int | None]
    period: PeriodName
    pro_rata: bool
    value_ceiling_minor: int | None
    discount_percent: int | None


class Spending(NamedTuple):
    """How long holds last, how many a member may have, and how long a capture may be reversed.

    Points that come back after their day expire, live so many days more, or as long as new ones.
    """

    hold_minutes: int = 15
    holds_at_most: int = 10
    reverse_within_days: int = 90
    returned_expired: Literal["expire-at-once", "new-expiry"] | int = "expire-at-once"


BY_DEFAULT = Spending()
