"""What a whole period earns: rules that give when a month, a quarter or a year closes."""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from rules.language.conditions import NumberCondition, OfMember
from rules.language.grammar.earning import Band, EarningRule
from rules.language.grammar.points import Cap, Restriction
from rules.language.words import Count, Day, Label, Name, Positive, RateText, Words, by_word
from rules.numbers import Rounding


class Close(Words):
    """A period closes so many days after its last one: what happened late on that day still counts in it."""

    after_days: Annotated[int, Field(ge=0, le=27)] = 1


class MetricRate(Words):
    rate: RateText
    of: Name
    to: Name | Annotated[list[Name], Field(min_length=1)]


class MetricBands(Words):
    """As the bands of an event's award, over a metric."""

    bands: Annotated[list[Band], Field(min_length=1)]
    of: Name
    kind: Literal["marginal", "whole"] = "marginal"
    to: Name | Annotated[list[Name], Field(min_length=1)]


class PeriodPoints(Words):
    points: Count
    to: Name | Annotated[list[Name], Field(min_length=1)]


class Again(Words):
    """Once more (or `times`) what the rules named gave in the period: `times: 1` doubles it."""

    again: Name | Annotated[list[Name], Field(min_length=1)]
    times: Positive = Fraction(1)
    to: Name | Annotated[list[Name], Field(min_length=1)]


PeriodAward = Annotated[
    Annotated[PeriodPoints, Tag("points")]
    | Annotated[MetricRate, Tag("rate")]
    | Annotated[MetricBands, Tag("bands")]
    | Annotated[Again, Tag("again")],
    by_word("points", "rate", "bands", "again"),
]


class PeriodRule(Words):
    """A rule that gives at the close of each period: what of (`award`), if what (`gate`, `when`), and its bounds."""

    id: Name
    label: Label = {}
    every: Literal["calendar-month", "calendar-quarter", "calendar-year"]
    when: OfMember | None = None
    gate: Annotated[dict[Name, NumberCondition], Field(min_length=1)] | None = None
    from_day: Day | None = Field(None, alias="from")
    until: Day | None = None
    award: PeriodAward
    priority: Annotated[int, Field(ge=1, le=10_000)] = 100
    cap: Cap | None = None
    budget: Name | None = None
    rounding: Rounding = "down"
    restrict: Restriction | None = None


def _kind(rule: object) -> str | None:
    kinds = {"on": "on-events", "every": "every-period"}
    return next((kind for word, kind in kinds.items() if isinstance(rule, dict) and word in rule), None)


Earn = Annotated[
    Annotated[EarningRule, Tag("on-events")] | Annotated[PeriodRule, Tag("every-period")],
    Discriminator(
        _kind,
        custom_error_type="variant",
        custom_error_message="expected one of the words: on, every",
    ),
]
"""A rule on events, or a rule at the close of periods."""
