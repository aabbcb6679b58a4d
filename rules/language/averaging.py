"""Average daily balances of a program: how each is read, which are kept, and what of balances they need."""

from collections.abc import Iterable
from fractions import Fraction
from math import lcm

from rules.language import grammar as g
from rules.language.spans import PERIODS, span_of
from rules.member import Member
from rules.metrics.averaged import Average, Balances, DailyBalances
from rules.moment import Exact, Moment, Read
from rules.periods import PeriodName

DAYS_IN: dict[PeriodName, int] = {
    "day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366, "lifetime": 0,
}  # fmt: skip
"""How many days a window has at most; of a lifetime none are looked back on one by one."""
ENDING = ("calendar-month", "calendar-quarter", "calendar-year", "membership-year", "tier-year")
"""The windows that come to an end."""


def daily_balances(file: g.ProgramFile) -> DailyBalances:
    averaged = [m for m in file.metrics.values() if isinstance(m, g.AverageMetric)]
    products = frozenset(product for m in averaged for product in m.average_daily_balance.products)
    days = max((_days_in(m.over) for m in averaged), default=0)
    return DailyBalances(products, days, tuple(standing_averages(file)))


def standing_averages(file: g.ProgramFile) -> Iterable[Average]:
    """The averages of windows with an end that the score or a tier asks for."""
    rungs = file.tiers.ladder if file.tiers else []
    asked = {name for rung in rungs for threshold in rung.any or rung.all or [] for name in threshold}
    asked |= {item.metric for item in file.score}
    for name, m in file.metrics.items():
        if isinstance(m, g.AverageMetric) and name in asked and not m.so_far and m.over in ENDING:
            yield average_of(name, m)


def average_of(name: str, metric: g.AverageMetric) -> Average:
    asked = metric.average_daily_balance
    weights = {product: asked.weights.get(product, Fraction(1)) for product in asked.products}
    divisor = lcm(*(weight.denominator for weight in weights.values()))
    whole = {product: int(weight * divisor) for product, weight in weights.items()}
    return Average(name, Balances(whole, divisor, asked.overdrawn == "negative"), span_of(metric.over))


def _days_in(over: g.LastDays | str) -> int:
    return over.days if isinstance(over, g.LastDays) else DAYS_IN[PERIODS.get(over, "year")]


def rounded_down(exact: Exact) -> Read:
    def read(member: Member, moment: Moment) -> int:
        numerator, denominator = exact(member, moment)
        return numerator // denominator

    return read
