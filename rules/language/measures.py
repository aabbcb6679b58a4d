"""Metrics become counters to keep and functions to read them. What they read is in member state, never in history."""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple, assert_never

from rules import averages
from rules.averaged import Average, Balances, DailyBalances
from rules.language import grammar as g
from rules.language.awards import MONEY_BASES, NUMBER_BASES
from rules.language.matching import asked_of_event, condition
from rules.member import Member
from rules.periods import PeriodName, whole_months
from rules.program import Exact, Moment, Read, Update
from rules.windows import SpanOf, calendar, last_days, membership_year, tier_year
from schemas.money import EXPONENTS

PERIODS: dict[str, PeriodName] = {
    "day": "day", "week": "week", "calendar-month": "month", "calendar-quarter": "quarter", "calendar-year": "year",
    "lifetime": "lifetime",
}  # fmt: skip
"""What a program file calls a window, and its name in the rules."""
DAYS_IN: dict[PeriodName, int] = {
    "day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366, "lifetime": 0,
}  # fmt: skip
"""How many days a window has at most; of a lifetime none are looked back on one by one."""
ENDING = ("calendar-month", "calendar-quarter", "calendar-year", "membership-year", "tier-year")
"""The windows that come to an end."""
YEARS_WITH_BANK = "years-with-bank"
"""The one metric that every program has."""


def money_measures(file: g.ProgramFile) -> frozenset[str]:
    """The metrics whose thresholds are written in main units of money and kept in minor ones."""
    return frozenset(
        name
        for name, m in file.metrics.items()
        if isinstance(m, g.BalanceMetric | g.AverageMetric)
        or (isinstance(m, g.SumMetric) and m.sum.rsplit(".", 1)[1] in MONEY_BASES)
    )


class Metrics(NamedTuple):
    """How each metric is read, what each type of event adds to counters, and which counters each point type feeds.

    `standing` is what the score and the tiers read: of the `averages`, the last window that is over.
    """

    reads: dict[str, Read]
    exact: dict[str, Exact]
    standing: dict[str, Read]
    averages: tuple[Average, ...]
    updates: dict[str, tuple[Update, ...]]
    points: dict[str, tuple[tuple[str, PeriodName], ...]]


def compiled_metrics(file: g.ProgramFile) -> Metrics:
    reads: dict[str, Read] = {YEARS_WITH_BANK: _tenure(12)}
    exact: dict[str, Exact] = {}
    updates: dict[str, list[Update]] = {}
    points: dict[str, list[tuple[str, PeriodName]]] = {}
    for name, metric in file.metrics.items():
        counter = f"metric:{name}"
        match metric:
            case g.SumMetric():
                reads[name] = _counted(counter, PERIODS[metric.over])
                event, field = metric.sum.rsplit(".", 1)
                updates.setdefault(f"{event}.v1", []).append(_update(counter, metric, field, file))
            case g.CountMetric():
                reads[name] = _counted(counter, PERIODS[metric.over])
                updates.setdefault(f"{metric.count}.v1", []).append(_update(counter, metric, None, file))
            case g.PointsMetric():
                reads[name] = _counted(counter, PERIODS[metric.over])
                points.setdefault(metric.points, []).append((counter, PERIODS[metric.over]))
            case g.BalanceMetric():
                reads[name] = _balance(frozenset(metric.balance.products))
            case g.AverageMetric():
                exact[name] = averages.so_far(_average(name, metric))
                reads[name] = _rounded_down(exact[name])
            case g.KindsMetric():
                reads[name] = _kinds
            case g.TenureMetric():
                reads[name] = _tenure(12 if metric.tenure == "years" else 1)
            case _:
                assert_never(metric)
    exact = {name: exact.get(name) or _whole(read) for name, read in reads.items()}
    kept = tuple(_kept(file))
    standing = reads | {average.metric: averages.of_last_window(average, file.close.after_days) for average in kept}
    return Metrics(
        reads,
        exact,
        standing,
        kept,
        {t: tuple(u) for t, u in updates.items()},
        {t: tuple(c) for t, c in points.items()},
    )


def daily_balances(file: g.ProgramFile) -> DailyBalances:
    averaged = [m for m in file.metrics.values() if isinstance(m, g.AverageMetric)]
    products = frozenset(product for m in averaged for product in m.average_daily_balance.products)
    return DailyBalances(products, max((_days_in(m.over) for m in averaged), default=0))


def _kept(file: g.ProgramFile) -> Iterable[Average]:
    """The averages of windows with an end that the score or a tier asks for."""
    rungs = file.tiers.ladder if file.tiers else []
    asked = {name for rung in rungs for threshold in rung.any or rung.all or [] for name in threshold}
    asked |= {item.metric for item in file.score}
    for name, m in file.metrics.items():
        if isinstance(m, g.AverageMetric) and name in asked and not m.so_far and m.over in ENDING:
            yield _average(name, m)


def _update(counter: str, metric: g.SumMetric | g.CountMetric, field: str | None, file: g.ProgramFile) -> Update:
    applies = condition(metric.when, file.lists, EXPONENTS[file.currency])
    attribute = field and (MONEY_BASES.get(field) or NUMBER_BASES.get(field.replace("_", "-")) or field)
    return Update(counter, PERIODS[metric.over], applies, _amount(attribute), attribute, asked_of_event(metric.when))


def _amount(attribute: str | None) -> Callable[[Any], int]:
    if attribute is None:
        return lambda _data: 1
    return lambda data: getattr(data, attribute) or 0


def _counted(counter: str, period: PeriodName) -> Read:
    def read(member: Member, moment: Moment) -> int:
        used: Mapping[str, int] = member.counters.get(counter, {})
        return used.get(getattr(moment.windows, period), 0)

    return read


def _balance(products: frozenset[str]) -> Read:
    def read(member: Member, _moment: Moment) -> int:
        return sum(h.balance_minor for h in member.holdings.values() if h.open and h.product in products)

    return read


def _average(name: str, metric: g.AverageMetric) -> Average:
    asked = metric.average_daily_balance
    weights = {product: asked.weights.get(product, Fraction(1)) for product in asked.products}
    divisor = lcm(*(weight.denominator for weight in weights.values()))
    whole = {product: int(weight * divisor) for product, weight in weights.items()}
    return Average(name, Balances(whole, divisor, asked.overdrawn == "negative"), _span_of(metric.over))


def _span_of(over: g.LastDays | str) -> SpanOf:
    match over:
        case g.LastDays():
            return last_days(over.days)
        case "membership-year":
            return membership_year
        case "tier-year":
            return tier_year
        case _:
            return calendar(PERIODS[over])


def _days_in(over: g.LastDays | str) -> int:
    return over.days if isinstance(over, g.LastDays) else DAYS_IN[PERIODS.get(over, "year")]


def _rounded_down(exact: Exact) -> Read:
    def read(member: Member, moment: Moment) -> int:
        numerator, denominator = exact(member, moment)
        return numerator // denominator

    return read


def _whole(read: Read) -> Exact:
    return lambda member, moment: (read(member, moment), 1)


def _kinds(member: Member, _moment: Moment) -> int:
    return len({h.family for h in member.holdings.values() if h.open})


def _tenure(months: int) -> Read:
    def read(member: Member, moment: Moment) -> int:
        since = member.profile.joined_on or member.enrolled_on
        return whole_months(since, moment.day) // months if since else 0

    return read
