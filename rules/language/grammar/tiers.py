"""The score and the ladder of tiers."""

from typing import Annotated, Literal

from pydantic import Field

from rules.language.words import Count, Label, MonthDay, Name, Number, RateText, Words


class ScoreItem(Words):
    metric: str
    points: RateText
    at_most: Count | None = None


Threshold = Annotated[dict[str, Number], Field(min_length=1, max_length=1)]


class Rung(Words):
    id: Name
    label: Label = {}
    any: Annotated[list[Threshold], Field(min_length=1)] | None = None
    all: Annotated[list[Threshold], Field(min_length=1)] | None = None


GraceMonths = Annotated[int, Field(ge=0, le=60)]


class Review(Words):
    """After each period (`every`, or the days `on` which it ends) tiers are looked at anew, and may be lost."""

    every: Literal["calendar-month", "calendar-quarter", "calendar-year", "membership-year", "tier-year"] | None = None
    on: Annotated[list[MonthDay], Field(min_length=1, max_length=12)] | None = None
    after_days: Annotated[int, Field(ge=0, le=27)] = 1
    up: Literal["at-once", "at-review"] = "at-once"
    down: Literal["one-step", "to-earned", "never"] = "one-step"
    safe_periods: Annotated[int, Field(ge=0, le=10)] | None = None
    grace_months: GraceMonths | dict[Name, GraceMonths] = 0
    on_reversal: Literal["at-review", "at-once"] = "at-review"
    locked: Literal["keep", "may-rise"] = "keep"


class Tiers(Words):
    """From the lowest rung, which asks for nothing, up. Without a review tiers are only gained."""

    review: Review | None = None
    ladder: Annotated[list[Rung], Field(min_length=1)]
