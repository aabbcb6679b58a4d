"""What a program averages: balances of which products, over which windows."""

from collections.abc import Mapping
from typing import NamedTuple

from rules.metrics.windows import SpanOf


class Balances(NamedTuple):
    """Which products count and how much of each: integer weights, all together ÷ `divisor`."""

    weights: Mapping[str, int]
    divisor: int
    overdrawn: bool


class Average(NamedTuple):
    """An average daily balance over the window that holds a day."""

    metric: str
    balances: Balances
    span_of: SpanOf


class DailyBalances(NamedTuple):
    """Of which products' accounts the end-of-day balances are kept, and how many days of them metrics look back on.

    `standing` are the averages of which the score and the tiers read the last window that is over.
    """

    products: frozenset[str]
    days: int
    standing: tuple[Average, ...]


NO_DAILY_BALANCES = DailyBalances(frozenset(), 0, ())
