"""The program language: what may stand in a program file, as a closed union. `rules.language.load` reads it."""

from typing import Annotated, Any, Literal

from pydantic import Field, Tag

from rules.language.conditions import When
from rules.language.words import (
    Count,
    Day,
    Label,
    Mcc,
    MonthDay,
    Name,
    Number,
    Percent,
    Positive,
    RateText,
    Words,
    by_word,
)
from rules.numbers import Rounding

Over = Literal["day", "week", "calendar-month", "calendar-quarter", "calendar-year", "lifetime"]
EventName = Annotated[str, Field(pattern=r"^[a-z-]+\.[a-z-]+$")]
MeasureName = Annotated[str, Field(pattern=r"^[a-z-]+\.[a-z-]+\.[a-z_]+$")]


class Expires(Words):
    """Points expire `after_months`, at the end of that month or on the same day of the month; or on a fixed day."""

    after_months: Annotated[int, Field(ge=1, le=600)] | None = None
    at: Literal["month-end", "same-day"] = "same-day"
    on: Day | None = None


class Deficit(Words):
    """How far below zero a member may fall when points are taken back that were spent already."""

    floor: Annotated[int, Field(le=0)]


class PointType(Words):
    label: Label = {}
    spendable: bool
    expires: Expires | Literal["never"] = "never"
    cap: "Cap | None" = None
    deficit: Deficit | None = None
    worth: Positive | None = None


class Cap(Words):
    """The most points of one type in a window. Bounds are points; `budget` names one of the program's budgets."""

    event: Count | None = None
    member_day: Count | None = Field(None, alias="member-day")
    member_week: Count | None = Field(None, alias="member-week")
    member_month: Count | None = Field(None, alias="member-month")
    member_quarter: Count | None = Field(None, alias="member-quarter")
    member_year: Count | None = Field(None, alias="member-year")
    member_lifetime: Count | None = Field(None, alias="member-lifetime")


class Budget(Words):
    """What a campaign may give in all: points, or money by each point type's `worth`, or both."""

    points: Count | None = None
    money: Positive | None = None


class ListPart(Words):
    """A list's members from a day on, until the next part's day."""

    from_day: Day | None = Field(None, alias="from")
    mcc: Annotated[list[Mcc], Field(min_length=1)] | None = None
    names: Annotated[list[str], Field(min_length=1)] | None = None


class SumMetric(Words):
    sum: MeasureName
    over: Over
    when: When | None = None


class CountMetric(Words):
    count: EventName
    over: Over
    when: When | None = None


class PointsMetric(Words):
    points: Name
    over: Over


class BalanceMetric(Words):
    """The sum of the last reported balances of open accounts and holdings."""

    balance: "HeldProducts"


class HeldProducts(Words):
    products: Annotated[list[Name], Field(min_length=1)]


class KindsMetric(Words):
    """How many kinds of business (deposits, wealth, insurance, loans, cards) the member holds now."""

    count_distinct: Literal["product-family"]
    held: Literal[True]


class TenureMetric(Words):
    """Whole years since the member joined the bank."""

    tenure: Literal["years", "months"]


Metric = Annotated[
    Annotated[SumMetric, Tag("sum")]
    | Annotated[CountMetric, Tag("count")]
    | Annotated[PointsMetric, Tag("points")]
    | Annotated[BalanceMetric, Tag("balance")]
    | Annotated[KindsMetric, Tag("count_distinct")]
    | Annotated[TenureMetric, Tag("tenure")],
    by_word("sum", "count", "points", "balance", "count_distinct", "tenure"),
]


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


class EarningRule(Words):
    """One rule: what it looks at (`on`, `when`), what it gives (`award` or `multiply`), and its bounds."""

    id: Name
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
    restrict: Name | None = None


class Group(Words):
    """Rules of which one gives: the best for the member, or the first by priority and then id."""

    choose: Literal["best", "first"]
    cap: Cap | None = None


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


class Tiers(Words):
    """From the lowest rung, which asks for nothing, up."""

    ladder: Annotated[list[Rung], Field(min_length=1)]


class BenefitValue(Words):
    ceiling: Positive
    excess: RateText | None = None


class Benefit(Words):
    """Units of a courtesy by tier and period, redeemed at the merchants of a network."""

    label: Label = {}
    network: Name
    units: Annotated[dict[str, Annotated[int, Field(ge=0)] | Literal["unlimited"]], Field(min_length=1)]
    per: Literal["calendar-month", "calendar-quarter", "calendar-year"]
    mid_period: Literal["full", "pro-rata"] = "full"
    at_most: Annotated[str, Field(pattern=r"^[1-9]\d* per (day|week|month)$")] | None = None
    value: BenefitValue | None = None
    discount: Percent | None = None


class ExampleMember(Words):
    birthday: MonthDay | None = None
    joined_on: Day | None = None
    tier: Name | None = None
    branch: str | None = None
    region: str | None = None
    segments: list[str] = []


class Example(Words):
    """Events given to a new member, and what must come of them: points by type, and tier and grants where named."""

    name: str
    member: ExampleMember = ExampleMember()
    given: Annotated[list[dict[str, dict[str, Any]]], Field(min_length=1)]
    expect: dict[str, Any]


class ProgramFile(Words):
    """One version of one bank's program, in force from midnight of `version` in `time_zone` until the next version."""

    program: Name
    semantics: Literal[1]
    version: Day
    time_zone: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    languages: Annotated[list[Annotated[str, Field(pattern=r"^[a-z]{2}$")]], Field(min_length=1)] = ["en"]
    unknown_members: Literal["enrol-provisionally", "refuse"] = "enrol-provisionally"
    points: Annotated[dict[Name, PointType], Field(min_length=1)]
    lists: dict[Name, ListPart | Annotated[list[ListPart], Field(min_length=1)]] = {}
    metrics: dict[Name, Metric] = {}
    budgets: dict[Name, Budget] = {}
    groups: dict[Name, Group] = {}
    earn: list[EarningRule] = []
    multiply_at_most: Positive | None = None
    score: list[ScoreItem] = []
    tiers: Tiers | None = None
    benefits: dict[Name, Benefit] = {}
    examples: list[Example] = []
