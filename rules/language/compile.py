"""A checked program file becomes closures and tables."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from hashlib import sha256
from math import lcm
from typing import Any
from zoneinfo import ZoneInfo

from rules import program as p
from rules.language import grammar as g
from rules.language.awards import worth
from rules.language.matching import condition
from rules.language.measures import PERIODS, compiled_metrics, money_measures
from rules.periods import PeriodName, months_later
from schemas.money import EXPONENTS

DAYS_KEPT = 512
"""Of how many days the expiry is remembered: events come in days that lie close together."""
CAP_PERIODS: dict[str, PeriodName] = {
    "member_day": "day", "member_week": "week", "member_month": "month", "member_quarter": "quarter",
    "member_year": "year", "member_lifetime": "lifetime",
}  # fmt: skip


def compiled(file: g.ProgramFile, text: str) -> p.Program:
    """Bounds: `file` has passed `rules.language.checks`, so every name in it is known."""
    exponent = EXPONENTS[file.currency]
    metrics, updates, points_counters = compiled_metrics(file)
    rungs = _ladder(file, metrics, exponent)
    program_hash = sha256(text.encode()).digest()
    return p.Program(
        name=file.program,
        version=file.version,
        semantics=file.semantics,
        program_hash=program_hash,
        zone=ZoneInfo(file.time_zone),
        currency=file.currency,
        exponent=exponent,
        enrols_unknown=file.unknown_members == "enrol-provisionally",
        point_types={name: _point_type(name, t) for name, t in file.points.items()},
        rules_on=_rules_on(file, exponent),
        updates_on=updates,
        points_counters=points_counters,
        group_choice={name: group.choose for name, group in file.groups.items()},
        extra_at_most=None if file.multiply_at_most is None else file.multiply_at_most - 1,
        metrics=metrics,
        score=_score(file, metrics, exponent),
        ladder=rungs,
        ranks={rung.id: rung.rank for rung in rungs},
        benefits=tuple(_benefit(name, b, exponent) for name, b in file.benefits.items()),
        budgets={name: _budget(name, b, file, exponent) for name, b in file.budgets.items()},
        labels=_labels(file),
        mark=program_hash[:16],
    )


def _labels(file: g.ProgramFile) -> dict[str, Mapping[str, str]]:
    rungs = {rung.id: rung.label for rung in file.tiers.ladder} if file.tiers else {}
    points = {name: t.label for name, t in file.points.items()}
    return {**points, **rungs, **{name: b.label for name, b in file.benefits.items()}}


def _point_type(name: str, t: g.PointType) -> p.PointType:
    return p.PointType(name, t.spendable, _expiry(t.expires))


def _expiry(expires: g.Expires | str) -> Callable[[date], date | None]:
    if isinstance(expires, str):
        return lambda _earned: None
    fixed, months = expires.on, expires.after_months
    if months is None:
        return lambda _earned: fixed

    def same_day(earned: date) -> date:
        return months_later(earned, months)

    def month_end(earned: date) -> date:
        return months_later(earned.replace(day=1), months + 1)

    return lru_cache(maxsize=DAYS_KEPT)(same_day if expires.at == "same-day" else month_end)


def _rules_on(file: g.ProgramFile, exponent: int) -> dict[str, p.RulesOn]:
    found: dict[str, list[p.EarningRule]] = {}
    for rule in file.earn:
        ready = _rule(rule, file, exponent)
        for name in listed(rule.on):
            found.setdefault(f"{name}.v1", []).append(ready)
    return {type_: _staged(rules) for type_, rules in found.items()}


def _staged(rules: list[p.EarningRule]) -> p.RulesOn:
    rules.sort(key=lambda r: (r.kind != "base", r.compound, r.priority, r.id))
    return p.RulesOn(
        tuple(r for r in rules if r.kind != "multiplier"), tuple(r for r in rules if r.kind == "multiplier")
    )


def _rule(rule: g.EarningRule, file: g.ProgramFile, exponent: int) -> p.EarningRule:
    multiply = rule.multiply
    targets = targets_of(rule)
    nth = rule.when.nth if rule.when else None
    return p.EarningRule(
        id=rule.id,
        kind="multiplier" if multiply else rule.stage or "base",
        applies=condition(rule.when, file.lists, exponent, rule.from_day, rule.until),
        nth=p.Nth(f"nth:{rule.id}", nth.per, nth.is_ or nth.every or 1, nth.every is not None) if nth else None,
        targets=tuple(targets),
        worth=worth(rule.award, exponent) if rule.award else None,
        extra=multiply.by - 1 if multiply else Fraction(0),
        multiplies=frozenset(multiply.rules) if multiply and multiply.rules else None,
        compound=bool(multiply and multiply.compound),
        group=rule.group,
        priority=rule.priority,
        caps={name: tuple(_caps_on(rule, name, file)) for name in targets},
        budget=rule.budget,
        rounding=rule.rounding,
        carry=rule.carry,
        restriction=rule.restrict,
    )


def listed(words: str | list[str]) -> list[str]:
    return [words] if isinstance(words, str) else words


def targets_of(rule: g.EarningRule) -> list[str]:
    if rule.multiply:
        return listed(rule.multiply.points)
    return listed(rule.award.to) if rule.award else []


def _caps_on(rule: g.EarningRule, point_type: str, file: g.ProgramFile) -> Iterable[p.CapLine]:
    group = file.groups[rule.group].cap if rule.group else None
    owners = [(f"rule:{rule.id}", rule.cap), (f"group:{rule.group}", group), ("member", file.points[point_type].cap)]
    for owner, cap in owners:
        if cap:
            yield from _cap_lines(owner, cap, point_type)


def _cap_lines(owner: str, cap: g.Cap, point_type: str) -> Iterable[p.CapLine]:
    counter = f"{owner}:{point_type}"
    if cap.event:
        yield p.CapLine(f"{owner}:event", f"{counter}:event", None, cap.event)
    for word, period in CAP_PERIODS.items():
        limit = getattr(cap, word)
        if limit:
            yield p.CapLine(f"{owner}:{word.replace('_', '-')}", f"{counter}:{period}", period, limit)


def _score(file: g.ProgramFile, metrics: Mapping[str, p.Read], exponent: int) -> tuple[p.ScoreLine, ...]:
    money = money_measures(file)
    return tuple(
        p.ScoreLine(i.metric, metrics[i.metric], *_rate(i, exponent if i.metric in money else 0), i.at_most)
        for i in file.score
    )


def _rate(item: g.ScoreItem, exponent: int) -> tuple[int, int]:
    exact = item.points.points / (item.points.per * 10**exponent)
    return exact.numerator, exact.denominator


def _ladder(file: g.ProgramFile, metrics: Mapping[str, p.Read], exponent: int) -> tuple[p.Rung, ...]:
    if not file.tiers:
        return ()
    money = money_measures(file)

    def threshold(named: dict[str, Fraction]) -> p.Threshold:
        ((name, bound),) = named.items()
        scaled = bound * 10**exponent if name in money else bound
        return p.Threshold(name, _standing(name, metrics), -(-scaled.numerator // scaled.denominator))

    return tuple(
        p.Rung(r.id, rank, "all" if r.all else "any", tuple(threshold(t) for t in r.all or r.any or ()))
        for rank, r in enumerate(file.tiers.ladder)
    )


def _standing(name: str, metrics: Mapping[str, p.Read]) -> p.Read:
    """What a tier's condition reads: a metric, the score, or the points of a type that the member has."""
    if name in metrics:
        return metrics[name]
    if name == "score":
        return lambda member, _moment: member.score

    def points(member: Any, _moment: p.Moment) -> int:
        balance = member.balances.get(name)
        return balance.total if balance else 0

    return points


def _benefit(name: str, b: g.Benefit, exponent: int) -> p.Benefit:
    units = {tier: None if n == "unlimited" else n for tier, n in b.units.items()}
    ceiling = int(b.value.ceiling * 10**exponent) if b.value else None
    return p.Benefit(name, b.network, units, PERIODS[b.per], b.mid_period == "pro-rata", ceiling, b.discount)


def _budget(name: str, b: g.Budget, file: g.ProgramFile, exponent: int) -> p.Budget:
    """A budget in money counts in the smallest part of a coin that every point type's worth is whole in."""
    if b.points:
        return p.Budget(name, b.points, dict.fromkeys(file.points, 1))
    worths = {t: point.worth * 10**exponent for t, point in file.points.items() if point.worth}
    parts = lcm(*(w.denominator for w in worths.values()))
    money = (b.money or Fraction(0)) * 10**exponent * parts
    return p.Budget(name, int(money), {t: int(w * parts) for t, w in worths.items()})
