"""Metrics become counters to keep and functions to read them. What they read is in member state, never in history."""

from collections.abc import Callable, Mapping
from typing import Any, assert_never

from rules.language import grammar as g
from rules.language.awards import MONEY_BASES, NUMBER_BASES
from rules.language.matching import condition
from rules.member import Member
from rules.periods import PeriodName, whole_months
from rules.program import Moment, Read, Update
from schemas.money import EXPONENTS

PERIODS: dict[str, PeriodName] = {
    "day": "day", "week": "week", "calendar-month": "month", "calendar-quarter": "quarter", "calendar-year": "year",
    "lifetime": "lifetime",
}  # fmt: skip
"""What a program file calls a window, and its name in the rules."""
YEARS_WITH_BANK = "years-with-bank"
"""The one metric that every program has."""


def money_measures(file: g.ProgramFile) -> frozenset[str]:
    """The metrics whose thresholds are written in main units of money and kept in minor ones."""
    return frozenset(
        name
        for name, m in file.metrics.items()
        if isinstance(m, g.BalanceMetric) or (isinstance(m, g.SumMetric) and m.sum.rsplit(".", 1)[1] in MONEY_BASES)
    )


def compiled_metrics(
    file: g.ProgramFile,
) -> tuple[dict[str, Read], dict[str, tuple[Update, ...]], dict[str, tuple[tuple[str, PeriodName], ...]]]:
    """How each metric is read, what each type of event adds to counters, and which counters each point type feeds."""
    reads: dict[str, Read] = {YEARS_WITH_BANK: _tenure(12)}
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
            case g.KindsMetric():
                reads[name] = _kinds
            case g.TenureMetric():
                reads[name] = _tenure(12 if metric.tenure == "years" else 1)
            case _:
                assert_never(metric)
    return reads, {t: tuple(u) for t, u in updates.items()}, {t: tuple(c) for t, c in points.items()}


def _update(counter: str, metric: g.SumMetric | g.CountMetric, field: str | None, file: g.ProgramFile) -> Update:
    applies = condition(metric.when, file.lists, EXPONENTS[file.currency])
    return Update(counter, PERIODS[metric.over], applies, _amount(field))


def _amount(field: str | None) -> Callable[[Any], int]:
    if field is None:
        return lambda _data: 1
    attribute = MONEY_BASES.get(field) or NUMBER_BASES.get(field.replace("_", "-")) or field
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


def _kinds(member: Member, _moment: Moment) -> int:
    return len({h.family for h in member.holdings.values() if h.open})


def _tenure(months: int) -> Read:
    def read(member: Member, moment: Moment) -> int:
        since = member.profile.joined_on or member.enrolled_on
        return whole_months(since, moment.day) // months if since else 0

    return read
