"""What is known of a member in numbers."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from rules.language.conditions import When
from rules.language.words import (
    Day,
    Mcc,
    Name,
    Positive,
    Words,
    by_word,
)

Over = Literal["day", "week", "calendar-month", "calendar-quarter", "calendar-year", "lifetime"]


class LastDays(Words):
    """The last so many days, today among them."""

    days: Annotated[int, Field(ge=1, le=366)]


OverDays = Annotated[
    Annotated[
        Literal["calendar-month", "calendar-quarter", "calendar-year", "membership-year", "tier-year", "lifetime"],
        Tag("window"),
    ]
    | Annotated[LastDays, Tag("days")],
    Discriminator(lambda value: "days" if isinstance(value, dict) else "window"),
]


EventName = Annotated[str, Field(pattern=r"^[a-z-]+\.[a-z-]+$")]


MeasureName = Annotated[str, Field(pattern=r"^[a-z-]+\.[a-z-]+\.[a-z_]+$")]


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


class HeldProducts(Words):
    products: Annotated[list[Name], Field(min_length=1)]


class BalanceMetric(Words):
    """The sum of the last reported balances of open accounts and holdings."""

    balance: "HeldProducts"


class AveragedProducts(Words):
    """Products whose balances are averaged; one that `weights` does not name weighs 1."""

    products: Annotated[list[Name], Field(min_length=1)]
    weights: dict[Name, Positive] = {}
    overdrawn: Literal["zero", "negative"] = "zero"


class AverageMetric(Words):
    """Σ of end-of-day balances ÷ days, of all accounts and holdings together.

    The score and the tiers read the last window that is over; with `so_far` the one that runs.
    """

    average_daily_balance: AveragedProducts
    over: OverDays
    so_far: bool = False


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
    | Annotated[AverageMetric, Tag("average_daily_balance")]
    | Annotated[KindsMetric, Tag("count_distinct")]
    | Annotated[TenureMetric, Tag("tenure")],
    by_word("sum", "count", "points", "balance", "average_daily_balance", "count_distinct", "tenure"),
]
