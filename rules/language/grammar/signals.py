"""Signals: when the relationship manager is told something."""

from typing import Annotated, Literal

from pydantic import Field, Tag

from rules.language.words import Count, Name, Percent, Positive, Words, by_word

Days = Annotated[int, Field(ge=0, le=366)]
SomeDays = Annotated[int, Field(ge=1, le=366)]


class FlowBound(Words):
    """Money of at least so much within so many days."""

    at_least: Positive
    within_days: SomeDays


class Inflow(Words):
    inflow: FlowBound


class Outflow(Words):
    outflow: FlowBound


class BalanceDrop(Words):
    """What went out less what came in."""

    balance_drop: FlowBound


class QuietFor(Words):
    quiet_for_days: SomeDays


class NotContactedFor(Words):
    """By tier: nobody spoke with the member for so many days, and again after as many."""

    not_contacted_for_days: Annotated[dict[Name, SomeDays], Field(min_length=1)]


class MaturesIn(Words):
    matures_in_days: Days


class BirthdayIn(Words):
    birthday_in_days: Days


class PointsExpireIn(Words):
    points_expire_in_days: SomeDays
    at_least: Count = 1
    of: Name | None = None


class UnitsExpireIn(Words):
    """Units of benefits that are granted and not used."""

    units_expire_in_days: SomeDays


class TierInReach(Words):
    tier_in_reach: Percent


class TierAtRisk(Words):
    days_to_review: SomeDays
    below_tier: Literal[True]


SignalWhen = Annotated[
    Annotated[Inflow, Tag("inflow")]
    | Annotated[Outflow, Tag("outflow")]
    | Annotated[BalanceDrop, Tag("balance_drop")]
    | Annotated[QuietFor, Tag("quiet_for_days")]
    | Annotated[NotContactedFor, Tag("not_contacted_for_days")]
    | Annotated[MaturesIn, Tag("matures_in_days")]
    | Annotated[BirthdayIn, Tag("birthday_in_days")]
    | Annotated[PointsExpireIn, Tag("points_expire_in_days")]
    | Annotated[UnitsExpireIn, Tag("units_expire_in_days")]
    | Annotated[TierInReach, Tag("tier_in_reach")]
    | Annotated[TierAtRisk, Tag("days_to_review")],
    by_word("inflow", "outflow", "balance_drop", "quiet_for_days", "not_contacted_for_days", "matures_in_days",
            "birthday_in_days", "points_expire_in_days", "units_expire_in_days", "tier_in_reach", "days_to_review"),
]  # fmt: skip


class Signal(Words):
    id: Name
    when: SignalWhen
    to: Literal["manager", "deputy", "both"] = "manager"
    priority: Literal["low", "normal", "high"] = "normal"
    due_in_days: Days | None = None
    quiet_days: Days | None = None
