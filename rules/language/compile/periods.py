"""Period rules become functions that read what a period is worth, and counters of what rules gave in it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from itertools import product
from typing import assert_never

from rules import program as p
from rules.language import grammar as g
from rules.language.averaging import daily_balances
from rules.language.awards import basis, points_by_band
from rules.language.compile.earning import caps_on, listed
from rules.language.compile.points import restriction
from rules.language.matching import of_the_member, within_bounds
from rules.language.measures import Metrics, money_measures
from rules.language.spans import PERIODS
from rules.language.words import Rate
from rules.member import Member
from rules.metrics.counters import given_counter
from rules.metrics.segments import LATE_DAYS
from rules.moment import Exact, Moment, Read
from rules.parts import Told
from rules.periods import PeriodName

Worth = tuple[int, int, int]
Awards = Callable[[Member, Moment, str], Worth | None]
Gate = Callable[[Member, Moment], bool]

WITHIN: Mapping[PeriodName, tuple[str, ...]] = {
    "month": ("calendar-month",),
    "quarter": ("calendar-month", "calendar-quarter"),
    "year": ("calendar-month", "calendar-quarter", "calendar-year"),
}
"""The windows of metrics that lie within a period and are remembered, so that they read the same when it is over."""
SHORTEST_DAYS = 28
REMEMBERED: Mapping[PeriodName, timedelta] = {
    "month": timedelta(days=366), "quarter": timedelta(days=366), "year": timedelta(days=731),
}  # fmt: skip
"""What counters surely remember of `rules.periods.WINDOWS_KEPT`, by the beginning of the period."""


def periods(file: g.ProgramFile, metrics: Metrics, exponent: int) -> p.Periods:
    """What gives again comes last, for it counts what the others gave."""
    rules = [rule for rule in file.earn if isinstance(rule, g.PeriodRule)]
    rules.sort(key=lambda r: (isinstance(r.award, g.Again), r.priority, r.id))
    ready = tuple(_period_rule(rule, file, metrics, exponent) for rule in rules)
    return p.Periods(ready, _given_counters(rules), file.close.after_days, file.late)


def _period_rule(rule: g.PeriodRule, file: g.ProgramFile, metrics: Metrics, exponent: int) -> p.PeriodRule:
    period = PERIODS[rule.every]
    money = money_measures(file)
    scales = {name: 10**exponent if name in money else 1 for name in metrics.reads}
    gates = [
        _gate(metrics.reads[name], within_bounds(asked, scales[name])) for name, asked in (rule.gate or {}).items()
    ]
    return p.PeriodRule(
        rule=_given(rule, file),
        period=period,
        first=rule.from_day or date.min,
        until=rule.until or date.max,
        awards=_gated(gates, _awards(rule.award, period, metrics.exact, scales)),
        judged=rule.when is not None,
        reopens=min((_remembered(name, period, file) for name in read_by(rule)), default=REMEMBERED[period]),
    )


def _given(rule: g.PeriodRule, file: g.ProgramFile) -> p.EarningRule:
    targets = tuple(listed(rule.award.to))
    return p.EarningRule(
        id=rule.id,
        kind="period",
        applies=of_the_member(rule.when, file.lists),
        nth=None,
        targets=targets,
        worth=None,
        extra=Fraction(0),
        multiplies=None,
        compound=False,
        group=None,
        priority=rule.priority,
        caps={name: tuple(caps_on(rule, name, file)) for name in targets},
        budget=rule.budget,
        rounding=rule.rounding,
        carry=False,
        restriction=restriction(rule.restrict),
        told=Told(rule.label, basis(rule.award, money_measures(file))),
    )


def read_by(rule: g.PeriodRule) -> Iterable[str]:
    """The metrics that the rule reads."""
    yield from rule.gate or ()
    if isinstance(rule.award, g.MetricRate | g.MetricBands):
        yield rule.award.of


def _remembered(name: str, period: PeriodName, file: g.ProgramFile) -> timedelta:
    """How long ago a period may have begun over which the metric is still read as it would have been at its end."""
    match file.metrics.get(name):
        case g.SumMetric() | g.CountMetric() | g.PointsMetric() as metric if metric.over in WITHIN[period]:
            return REMEMBERED[period]
        case g.AverageMetric(over=over) if over == f"calendar-{period}":
            return timedelta(days=daily_balances(file).days + LATE_DAYS)
        case g.AverageMetric(over=g.LastDays(days=days)):
            before = max(days - SHORTEST_DAYS, 0)  # of the period's beginning
            return timedelta(days=daily_balances(file).days + LATE_DAYS - before)
        case g.TenureMetric() | None:
            return REMEMBERED[period]
        case _:
            return timedelta(days=-1)


def _gate(read: Read, passes: Callable[[int | None], bool]) -> Gate:
    return lambda member, moment: passes(read(member, moment))


def _gated(gates: list[Gate], awards: Awards) -> Awards:
    if not gates:
        return awards

    def gated(member: Member, moment: Moment, point_type: str) -> Worth | None:
        return awards(member, moment, point_type) if all(gate(member, moment) for gate in gates) else None

    return gated


def _awards(
    award: g.PeriodPoints | g.MetricRate | g.MetricBands | g.Again,
    period: PeriodName,
    metrics: Mapping[str, Exact],
    scales: Mapping[str, int],
) -> Awards:
    match award:
        case g.PeriodPoints():
            points = award.points
            return lambda _member, _moment, _point_type: (1, points, 1)
        case g.MetricRate():
            return _rated(award.rate, metrics[award.of], scales[award.of])
        case g.MetricBands():
            return _banded(award, metrics[award.of], scales[award.of])
        case g.Again():
            return _again(award, period)
        case _:
            assert_never(award)


def _rated(rate: Rate, read: Exact, scale: int) -> Awards:
    per = rate.per * scale
    exact = rate.points / per

    def proportional(member: Member, moment: Moment, _point_type: str) -> Worth:
        above, below = read(member, moment)
        return max(above, 0), exact.numerator, exact.denominator * below

    def whole_steps(member: Member, moment: Moment, _point_type: str) -> Worth:
        steps = max(Fraction(*read(member, moment)), Fraction(0)) // per
        return steps, rate.points.numerator, rate.points.denominator

    return whole_steps if rate.full_steps else proportional


def _banded(award: g.MetricBands, read: Exact, scale: int) -> Awards:
    points = points_by_band(award, scale)

    def banded(member: Member, moment: Moment, _point_type: str) -> Worth | None:
        above, below = read(member, moment)
        if above <= 0:
            return None
        rate = points(Fraction(above, below)) / above
        return above, rate.numerator, rate.denominator

    return banded


def _again(award: g.Again, period: PeriodName) -> Awards:
    rules, times = listed(award.again), award.times

    def again(member: Member, moment: Moment, point_type: str) -> Worth:
        label = getattr(moment.windows, period)
        given = sum(member.counters.get(given_counter(r, point_type, period), {}).get(label, 0) for r in rules)
        return max(given, 0), times.numerator, times.denominator

    return again


def _given_counters(rules: Iterable[g.PeriodRule]) -> dict[tuple[str, str], tuple[tuple[str, PeriodName], ...]]:
    """By rule and point type: counters of what each period rule gave, and of what one of them gives again."""
    found: dict[tuple[str, str], set[tuple[str, PeriodName]]] = {}
    for rule in rules:
        period = PERIODS[rule.every]
        again = listed(rule.award.again) if isinstance(rule.award, g.Again) else []
        for id_, point_type in product((rule.id, *again), listed(rule.award.to)):
            counter = given_counter(id_, point_type, period)
            found.setdefault((id_, point_type), set()).add((counter, period))
    return {of: tuple(sorted(counters)) for of, counters in found.items()}
