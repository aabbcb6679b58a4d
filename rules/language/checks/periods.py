"""Period rules name what is there, and read what they do not give themselves."""

from collections.abc import Iterable

from rules.language import grammar as g
from rules.language.checks.bands import band_problems
from rules.language.checks.conditions import when_problems
from rules.language.checks.known import coin, named
from rules.language.compile.earning import listed, targets_of
from rules.language.compile.periods import read_by
from rules.language.conditions import NumberRange
from rules.language.measures import YEARS_WITH_BANK, money_measures
from rules.language.problems import Path, Problem

YEAR_NEVER = 9000
"""Periods of later years would end after the last day there is."""


def period_problems(rule: g.PeriodRule, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    yield from when_problems(rule.when, [], (*path, "when"), file)
    yield from _gate(rule, path, file)
    yield from _award(rule, (*path, "award"), file)
    if rule.cap and rule.cap.event:
        yield Problem((*path, "cap", "event"), "a period has no event: bound it by member-month or another window")
    if rule.from_day and rule.from_day.year >= YEAR_NEVER:
        yield Problem((*path, "from"), f"a rule begins before the year {YEAR_NEVER}; leave out one that never begins")
    for name in read_by(rule):
        metric = file.metrics.get(name)
        if isinstance(metric, g.PointsMetric) and metric.points in targets_of(rule):
            yield Problem((*path, "award"), f"the metric {name!r} counts what this rule gives: give another point type")


def _gate(rule: g.PeriodRule, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    money = money_measures(file)
    for name, asked in (rule.gate or {}).items():
        where = (*path, "gate", name)
        yield from named(name, [*file.metrics, YEARS_WITH_BANK], "metric", where)
        for bound in dict(asked).values() if isinstance(asked, NumberRange) else [asked]:
            yield from coin(bound, where, file) if name in money else ()


def _award(rule: g.PeriodRule, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    award = rule.award
    for target in listed(award.to):
        yield from named(target, file.points, "point type", (*path, "to"))
    match award:
        case g.MetricRate() | g.MetricBands():
            yield from named(award.of, [*file.metrics, YEARS_WITH_BANK], "metric", (*path, "of"))
            if isinstance(award, g.MetricBands):
                yield from band_problems(award, (*path, "bands"))
        case g.Again():
            yield from _again(award, path, file)
        case g.PeriodPoints():
            pass


def _again(award: g.Again, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    rules = {r.id: r for r in file.earn if not isinstance(r.award, g.Again)}
    for name in listed(award.again):
        yield from named(name, rules, "earning rule", (*path, "again"))
        given = targets_of(rules[name]) if name in rules else []
        for target in listed(award.to) if given else []:
            if target not in given:
                yield Problem((*path, "to"), f"the rule {name!r} gives no {target!r} that could be given again")
