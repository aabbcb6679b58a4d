"""Earning rules that never give, that leave to chance which one gives, or whose cap is below one award."""

from collections.abc import Iterable
from fractions import Fraction

from rules.language import grammar as g
from rules.language.compile.earning import CAP_PERIODS, listed
from rules.language.findings import Finding
from rules.language.problems import Path


def earning_findings(file: g.ProgramFile) -> Iterable[Finding]:
    for i, rule in enumerate(file.earn):
        path: Path = ("earn", i)
        if rule.until is not None and rule.until <= file.version:
            yield Finding("rule-unreachable", rule.id, (*path, "until"),
                          f"the rule ends on {rule.until}, before this version begins: remove it")  # fmt: skip
        yield from _caps(rule, path)
        if isinstance(rule, g.EarningRule):
            yield from _never(rule, path, file)
            yield from _one_of(rule, path, file)


def _never(rule: g.EarningRule, path: Path, file: g.ProgramFile) -> Iterable[Finding]:
    multiply = rule.multiply
    if multiply is None:
        return
    awards = [other for other in file.earn if isinstance(other, g.EarningRule) and other.award is not None]
    for point_type in listed(multiply.points):
        base = [
            other for other in awards
            if set(listed(other.on)) & set(listed(rule.on)) and other.award and point_type in listed(other.award.to)
            and (multiply.rules is None or other.id in multiply.rules)
        ]  # fmt: skip
        if not base:
            yield Finding("rule-unreachable", rule.id, (*path, "multiply"),
                          f"no rule that it multiplies gives {point_type} on {', '.join(listed(rule.on))}")  # fmt: skip


def _one_of(rule: g.EarningRule, path: Path, file: g.ProgramFile) -> Iterable[Finding]:
    """In a group of which the first one gives, the order must be said and must let each have its turn."""
    if rule.group is None or file.groups[rule.group].choose != "first":
        return
    for other in file.earn:
        if not isinstance(other, g.EarningRule) or other.group != rule.group or other.id == rule.id:
            continue
        if not set(listed(other.on)) & set(listed(rule.on)):
            continue
        if other.priority == rule.priority and other.id < rule.id:
            yield Finding("exclusive-without-priority", rule.id, path,
                          f"{rule.id} and {other.id} of the group {rule.group} have the same priority, so that their "
                          "names decide: give each its own")  # fmt: skip
        always = other.when is None and other.from_day is None and other.until is None
        if always and other.priority < rule.priority and set(listed(rule.on)) <= set(listed(other.on)):
            yield Finding("rule-unreachable", rule.id, path,
                          f"{other.id} of its group {rule.group} always comes first: give that a when")  # fmt: skip


def _caps(rule: g.EarningRule | g.PeriodRule, path: Path) -> Iterable[Finding]:
    least = _least(rule)
    for word in ("event", *CAP_PERIODS) if rule.cap else ():
        limit = getattr(rule.cap, word)
        if limit is not None and least > limit:
            shown = word.replace("_", "-")
            yield Finding("cap-below-award", rule.id, (*path, "cap", shown),
                          f"one award gives {float(least):g} and the cap leaves {limit}: raise the cap")  # fmt: skip


def _least(rule: g.EarningRule | g.PeriodRule) -> Fraction:
    """The fewest points that one award gives if it gives any; 0 where that can be less than one."""
    award = rule.award
    if isinstance(award, g.FixedAward):
        factors = [*award.times.table.values()] if award.times else [Fraction(1)]
        return award.points * min(factors)
    if isinstance(award, g.PeriodPoints):
        return Fraction(award.points)
    if isinstance(award, g.RateAward) and award.rate.full_steps and award.times is None:
        return award.rate.points
    return Fraction(0)
