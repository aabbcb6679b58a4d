"""What a program has signals for: the kinds of moment at which the relationship manager is told something."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal, NamedTuple

Way = Literal["in", "out", "net"]


class Flow(NamedTuple):
    """Money of at least so much that came in, went out, or both set against each other (`net`: a drop) within days."""

    way: Way
    at_least_minor: int
    within_days: int


class Quiet(NamedTuple):
    """Nothing was heard of the member for so many days."""

    days: int


class NotContacted(NamedTuple):
    """Nobody spoke with a member of the tier for so many days; again after as many."""

    days: Mapping[str, int]


class Matures(NamedTuple):
    """A term deposit or wealth product matures in so many days."""

    days: int


class Birthday(NamedTuple):
    days: int


class PointsExpire(NamedTuple):
    """At least so many points of a type expire in so many days."""

    days: int
    at_least: int
    point_type: str | None


class UnitsExpire(NamedTuple):
    """Units of a benefit that the member has not used end in so many days."""

    days: int


class TierInReach(NamedTuple):
    """The conditions of the next tier are met in this part."""

    part: Fraction


class TierAtRisk(NamedTuple):
    """So many days before a rating day that may take the tier, what stands would not earn it."""

    days: int


When = Flow | Quiet | NotContacted | Matures | Birthday | PointsExpire | UnitsExpire | TierInReach | TierAtRisk


class Prompt(NamedTuple):
    """One of a program's signals. It is not raised again for the same subject within `quiet_days`."""

    id: str
    when: When
    to: Literal["manager", "deputy", "both"]
    priority: Literal["low", "normal", "high"]
    due_in_days: int | None
    quiet_days: int


class Prompts(NamedTuple):
    """All of a program's, and those that an event may raise at once; the others have their day.

    Flows of money are kept for `flow_days`, 0 where no signal asks for them.
    """

    all: tuple[Prompt, ...] = ()
    flow_days: int = 0
    at_events: tuple[Prompt, ...] = ()


NO_PROMPTS = Prompts()
