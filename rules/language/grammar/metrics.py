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

LongWindow = Literal["calendar-month", "calendar-quarter", "calendar-year", "membership-year", "tier-year", "lifetime"]


class LastDays(Words):
    """The last so many days, today among them."""

    days: Annotated[int, Field(ge=1, le=366)]


_WINDOW_SHAPE = Discriminator(lambda value: "days" if isinstance(value, dict) else "window")
OverDays = Annotated[Annotated[LongWindow, Tag("window")] | Annotated[LastDays, Tag("days")], _WINDOW_SHAPE]
Over = Annotated[
    Annotated[Literal["day", "week"] | LongWindow, Tag("window")] | Annotated[LastDays, Tag("days")], _WINDOW_SHAPE
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


class FlowingProducts(Words):
    products: Annotated[list[Name], Field(min_length=1)]


Flowing = Annotated[
    Annotated[Literal["all"], Tag("all")] | Annotated[FlowingProducts, Tag("products")],
    Discriminator(lambda value: "products" if isinstance(value, dict) else "all"),
]


class LargestInflowMetric(Words):
    """The largest single amount that came into deposits and wealth, of all or of some products."""

    largest_inflow: Flowing
    over: Over


class LargestOutflowMetric(Words):
    """The largest single amount that went out of deposits and wealth, as a positive number."""

    largest_outflow: Flowing
    over: Over


class NetFlowMetric(Words):
    """What came into deposits and wealth less what went out; below zero when more went out."""

    net_flow: Flowing
    over: Over


class DaysSinceMetric(Words):
    """Whole days since the last of these events; before the first one, since the member enrolled."""

    days_since: EventName | Annotated[list[EventName], Field(min_length=1)]


class KindsMetric(Words):
    """How many kinds of business (deposits, wealth, insurance, loans, cards) or products the member holds now."""

    count_distinct: Literal["product-family", "product"]
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
    | Annotated[LargestInflowMetric, Tag("largest_inflow")]
    | Annotated[LargestOutflowMetric, Tag("largest_outflow")]
    | Annotated[NetFlowMetric, Tag("net_flow")]
    | Annotated[DaysSinceMetric, Tag("days_since")]
    | Annotated[KindsMetric, Tag("count_distinct")]
    | Annotated[TenureMetric, Tag("tenure")],
    by_word(
        "sum", "count", "points", "balance", "average_daily_balance", "largest_inflow", "largest_outflow", "net_flow",
        "days_since", "count_distinct", "tenure",
    ),
]  # fmt: skip
