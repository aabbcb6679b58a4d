"""Earning rules become closures, staged by event type."""

from collections.abc import Iterable
from fractions import Fraction

from rules import program as p
from rules.language import grammar as g
from rules.language.awards import MONEY_BASES, basis, worth
from rules.language.compile.points import restriction
from rules.language.matching import condition
from rules.language.table import with_table
from rules.parts import CapLine, Nth, Told
from rules.periods import PeriodName
from rules.points.point_types import Pending

CAP_PERIODS: dict[str, PeriodName] = {
    "member_day": "day", "member_week": "week", "member_month": "month", "member_quarter": "quarter",
    "member_year": "year", "member_lifetime": "lifetime",
}  # fmt: skip


def rules(file: g.ProgramFile, exponent: int) -> dict[str, p.EarningRule]:
    return {rule.id: _rule(rule, file, exponent) for rule in file.earn if isinstance(rule, g.EarningRule)}


def rules_on(rules: Iterable[p.EarningRule], file: g.ProgramFile, exponent: int) -> dict[str, p.RulesOn]:
    found: dict[str, list[p.EarningRule]] = {}
    for rule in rules:
        for type_ in rule.on:
            found.setdefault(type_, []).append(rule)
    written = {rule.id: rule for rule in file.earn if isinstance(rule, g.EarningRule)}
    return {type_: with_table(_staged(on_it), written, file.lists, exponent) for type_, on_it in found.items()}


def _staged(rules: list[p.EarningRule]) -> p.RulesOn:
    rules.sort(key=lambda r: (r.kind != "base", r.compound, r.priority, r.id))
    return p.RulesOn(
        awards=tuple(r for r in rules if r.kind != "multiplier"),
        multipliers=tuple(r for r in rules if r.kind == "multiplier"),
        bounded=any(r.budget is not None or any(r.caps.values()) for r in rules),
    )


def _rule(rule: g.EarningRule, file: g.ProgramFile, exponent: int) -> p.EarningRule:
    multiply = rule.multiply
    targets = targets_of(rule)
    nth = rule.when.nth if rule.when else None
    return p.EarningRule(
        id=rule.id,
        kind="multiplier" if multiply else rule.stage or "base",
        applies=condition(rule.when, file.lists, exponent, rule.from_day, rule.until),
        nth=Nth(f"nth:{rule.id}", nth.per, nth.is_ or nth.every or 1, nth.every is not None) if nth else None,
        targets=tuple(targets),
        worth=worth(rule.award, exponent) if rule.award else None,
        extra=multiply.by - 1 if multiply else Fraction(0),
        multiplies=frozenset(multiply.rules) if multiply and multiply.rules else None,
        compound=bool(multiply and multiply.compound),
        group=rule.group,
        priority=rule.priority,
        caps={name: tuple(caps_on(rule, name, file)) for name in targets},
        budget=rule.budget,
        rounding=rule.rounding,
        carry=rule.carry,
        restriction=restriction(rule.restrict),
        on=tuple(f"{name}.v1" for name in listed(rule.on)),
        fixed=isinstance(rule.award, g.FixedAward),
        pending=_pending(rule),
        taken_back_by=_types(rule.taken_back_by),
        special=bool(rule.pending or rule.vest or rule.taken_back_by) or any(_is_special(file, n) for n in targets),
        told=Told(rule.label, basis(rule.award, MONEY_BASES) if rule.award else None),
    )


def _pending(rule: g.EarningRule) -> Pending | None:
    told = rule.pending or rule.vest
    if told is None:
        return None
    from_release, at_once = told.expires_from == "release", told.counts == "at-once"
    forfeited_by = _types(told.forfeited_by)
    if isinstance(told, g.Vest):
        return Pending(None, None, None, told.parts, told.every_months, from_release, at_once, forfeited_by)
    return Pending(told.until, told.days, told.on, 1, 0, from_release, at_once, forfeited_by)


def watched(rules: Iterable[p.EarningRule]) -> frozenset[str]:
    """The types of events that release, forfeit or take back what a rule gave for the same thing."""
    found: set[str] = set()
    for rule in rules:
        found |= rule.taken_back_by
        if rule.pending:
            found |= rule.pending.forfeited_by | ({f"{rule.pending.until}.v1"} if rule.pending.until else set())
    return frozenset(found)


def _types(names: str | list[str] | None) -> frozenset[str]:
    return frozenset(f"{name}.v1" for name in listed(names or []))


def _is_special(file: g.ProgramFile, point_type: str) -> bool:
    expires = file.points[point_type].expires
    return isinstance(expires, g.Expires) and bool(expires.longer_for or expires.after_inactive_months)


def listed(words: str | list[str]) -> list[str]:
    return [words] if isinstance(words, str) else words


def targets_of(rule: g.EarningRule | g.PeriodRule) -> list[str]:
    if isinstance(rule, g.EarningRule) and rule.multiply:
        return listed(rule.multiply.points)
    return listed(rule.award.to) if rule.award else []


def caps_on(rule: g.EarningRule | g.PeriodRule, point_type: str, file: g.ProgramFile) -> Iterable[CapLine]:
    owners = [(f"rule:{rule.id}", rule.cap)]
    if isinstance(rule, g.EarningRule) and rule.group:
        owners.append((f"group:{rule.group}", file.groups[rule.group].cap))
    owners.append(("member", file.points[point_type].cap))
    for owner, cap in owners:
        if cap:
            yield from _cap_lines(owner, cap, point_type)


def _cap_lines(owner: str, cap: g.Cap, point_type: str) -> Iterable[CapLine]:
    counter = f"{owner}:{point_type}"
    if cap.event:
        yield CapLine(f"{owner}:event", f"{counter}:event", None, cap.event)
    for word, period in CAP_PERIODS.items():
        limit = getattr(cap, word)
        if limit:
            yield CapLine(f"{owner}:{word.replace('_', '-')}", f"{counter}:{period}", period, limit)
