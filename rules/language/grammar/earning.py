"""Earning rules: what they look at, what they give, and their bounds."""

from typing import Annotated, Literal

from pydantic import Field, Tag

from rules.language.conditions import When
from rules.language.grammar.metrics import EventName
from rules.language.grammar.points import Cap, Restriction
from rules.language.words import Count, Day, Label, Name, Number, Positive, RateText, Words, by_word
from rules.numbers import Rounding


class Times(Words):
    """A factor by what the event says in a field; a value that `table` lacks takes `otherwise` or earns nothing."""

    by: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    table: Annotated[dict[int | str | bool, Number], Field(min_length=1)]
    otherwise: Number | None = None


class Band(Words):
    """Up to this much (without a bound: the rest) at this rate."""

    up_to: Positive | None = None
    rate: RateText


class FixedAward(Words):
    points: Count
    to: Name | Annotated[list[Name], Field(min_length=1)]
    times: Times | None = None


class RateAward(Words):
    rate: RateText
    of: str = "amount"
    to: Name | Annotated[list[Name], Field(min_length=1)]
    times: Times | None = None


class BandsAward(Words):
    """`marginal` bands each rate the part of the amount that lies in them; `whole` rates all of it by its band."""

    bands: Annotated[list[Band], Field(min_length=1)]
    of: str = "amount"
    kind: Literal["marginal", "whole"] = "marginal"
    to: Name | Annotated[list[Name], Field(min_length=1)]
    times: Times | None = None


Award = Annotated[
    Annotated[FixedAward, Tag("points")] | Annotated[RateAward, Tag("rate")] | Annotated[BandsAward, Tag("bands")],
    by_word("points", "rate", "bands"),
]


class Multiply(Words):
    """On top of what the rules before gave: extras of several multipliers add up, unless this one is compound."""

    by: Positive
    points: Name | Annotated[list[Name], Field(min_length=1)]
    rules: Annotated[list[Name], Field(min_length=1)] | None = None
    compound: bool = False


class Pending(Words):
    """Points wait until an event about the same policy, account, holding or loan, for `days`, or until a day (`on`)."""

    until: EventName | None = None
    days: Annotated[int, Field(ge=1, le=3660)] | None = None
    on: Day | None = None
    expires_from: Literal["earn", "release"] = "earn"
    counts: Literal["at-once", "on-release"] = "on-release"
    forfeited_by: EventName | Annotated[list[EventName], Field(min_length=1)] | None = None


class Vest(Words):
    """Points come in equal parts, one every so many months; what has not come is forfeited by an event."""

    parts: Annotated[int, Field(ge=1, le=120)]
    every_months: Annotated[int, Field(ge=1, le=120)]
    expires_from: Literal["earn", "release"] = "earn"
    counts: Literal["at-once", "on-release"] = "on-release"
    forfeited_by: EventName | Annotated[list[EventName], Field(min_length=1)] | None = None


class EarningRule(Words):
    """One rule: what it looks at (`on`, `when`), what it gives (`award` or `multiply`), and its bounds."""

    id: Name
    label: Label = {}
    on: EventName | Annotated[list[EventName], Field(min_length=1)]
    when: When | None = None
    from_day: Day | None = Field(None, alias="from")
    until: Day | None = None
    stage: Literal["base", "bonus"] | None = None
    award: Award | None = None
    multiply: Multiply | None = None
    group: Name | None = None
    priority: Annotated[int, Field(ge=1, le=10_000)] = 100
    cap: Cap | None = None
    budget: Name | None = None
    rounding: Rounding = "down"
    carry: bool = False
    restrict: Restriction | None = None
    pending: Pending | None = None
    vest: Vest | None = None
    taken_back_by: EventName | Annotated[list[EventName], Field(min_length=1)] | None = None


class Group(Words):
    """Rules of which one gives: the best for the member, or the first by priority and then id."""

    choose: Literal["best", "first"]
    cap: Cap | None = None
