"""Courtesies at the shops of a network."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Discriminator, Field, Tag

from rules.language.conditions import NumberCondition
from rules.language.words import Label, Name, Percent, PointsText, Positive, RateText, Words

Units = Annotated[int, Field(ge=0, le=10_000)] | Literal["unlimited"]
Months = Annotated[int, Field(ge=1, le=120)]


def _by_tier(value: Any) -> str:
    return "by_tier" if isinstance(value, dict) else "alike"


class BenefitValue(Words):
    """The most that one use is worth, for all alike or by tier; what is above may be paid in points."""

    ceiling: Annotated[
        Annotated[Positive, Tag("alike")]
        | Annotated[Annotated[dict[Name, Positive], Field(min_length=1)], Tag("by_tier")],
        Discriminator(_by_tier),
    ]
    excess: RateText | None = None


class CarryOver(Words):
    """So many units that are left when a period ends are good for so many months more."""

    at_most: Annotated[int, Field(ge=1, le=10_000)]
    months: Months


class Milestone(Words):
    """Each time that a metric has grown by so much, or when it has grown to one of these."""

    metric: Name
    every: Positive | None = None
    at: Annotated[list[Positive], Field(min_length=1)] | None = None


class OnMilestone(Words):
    milestone: Milestone


class ConversionRate(Words):
    """So many units of this benefit for so many of the other."""

    units: Annotated[int, Field(ge=1, le=10_000)]
    gives: Annotated[int, Field(ge=1, le=10_000)] = Field(1, alias="for")


class Benefit(Words):
    """Units of a courtesy by tier and period, redeemed at the merchants of a network."""

    label: Label = {}
    network: Name
    units: Annotated[
        Annotated[Units, Tag("alike")] | Annotated[Annotated[dict[str, Units], Field(min_length=1)], Tag("by_tier")],
        Discriminator(_by_tier),
    ] = 0
    per: Literal["calendar-month", "calendar-quarter", "calendar-year", "membership-year", "tier-year"] | None = None
    on: (
        Annotated[
            Annotated[Literal["birthday"], Tag("alike")] | Annotated[OnMilestone, Tag("by_tier")],
            Discriminator(_by_tier),
        ]
        | None
    ) = None
    valid_days: Annotated[int, Field(ge=1, le=3660)] | None = None
    mid_period: Literal["full", "pro-rata"] = Field("full", validation_alias=AliasChoices("mid_period", "mid_year"))
    carry_over: CarryOver | None = None
    at_most: Annotated[str, Field(pattern=r"^[1-9]\d* per (day|week|month)$")] | None = None
    value: BenefitValue | None = None
    discount: Percent | None = None
    companions: Annotated[int, Field(ge=0, le=100)] = 0
    converts_to: dict[Name, ConversionRate] = {}
    price: PointsText | None = None
    on_downgrade: Literal["keep-unused", "revoke-unused"] = "keep-unused"
    regions: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(min_length=1)] | None = None
    gate: Annotated[dict[Name, NumberCondition], Field(min_length=1)] | None = None
    goods: bool = False
