"""Earning rules name what is there and fit the events they are on."""

from collections.abc import Iterable

from rules.language import grammar as g
from rules.language.awards import MONEY_BASES, NUMBER_BASES, basis_field
from rules.language.checks.bands import band_problems
from rules.language.checks.conditions import when_problems
from rules.language.checks.known import EVENT_NAMES, event_named, fields, has, named
from rules.language.compile.earning import listed, targets_of
from rules.language.problems import Path, Problem, unknown
from rules.points.pending import THINGS


def rule_problems(rule: g.EarningRule, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    events = listed(rule.on)
    for i, event in enumerate(events):
        yield from event_named(event, (*path, "on", i) if isinstance(rule.on, list) else (*path, "on"))
    if (rule.award is None) == (rule.multiply is None):
        yield Problem(path, f"the rule {rule.id!r} needs exactly one of award and multiply")
    known = [event for event in events if event in EVENT_NAMES]
    yield from _award(rule, known, path)
    yield from when_problems(rule.when, known, (*path, "when"), file)
    yield from _bounds(rule, path, file)
    yield from _waiting(rule, known, path)
    for target in targets_of(rule):
        word = "multiply" if rule.multiply else "award"
        yield from named(target, file.points, "point type", (*path, word, "points" if rule.multiply else "to"))


def _award(rule: g.EarningRule, events: list[str], path: Path) -> Iterable[Problem]:
    award, multiply = rule.award, rule.multiply
    if multiply and (rule.stage or rule.carry):
        yield Problem((*path, "stage" if rule.stage else "carry"), "a multiplier has its own stage and carries nothing")
    if multiply and multiply.by <= 1:
        yield Problem((*path, "multiply", "by"), "a multiplier adds something only above 1")
    if award is None:
        return
    if isinstance(award, g.RateAward | g.BandsAward):
        yield from _basis(award.of, events, (*path, "award", "of"), path)
    if isinstance(award, g.BandsAward):
        yield from band_problems(award, (*path, "award", "bands"))
    if award.times:
        yield from _times(award.times, events, (*path, "award", "times"))


def _times(times: g.Times, events: list[str], path: Path) -> Iterable[Problem]:
    for event in events:
        if not has(event, times.by):
            yield Problem((*path, "by"), unknown(times.by, fields(event), f"field of {event}"))
    for value, factor in times.table.items():
        if factor < 0:
            yield Problem((*path, "table", value), "a factor cannot be below zero")
    if times.otherwise is not None and times.otherwise < 0:
        yield Problem((*path, "otherwise"), "a factor cannot be below zero")


def _basis(of: str, events: list[str], where: Path, rule: Path) -> Iterable[Problem]:
    field = basis_field(of)
    if field is None:
        yield Problem(where, unknown(of, [*MONEY_BASES, *NUMBER_BASES], "basis of an award"))
        return
    for event in events:
        if not has(event, field):
            can = [word for word, f in (MONEY_BASES | NUMBER_BASES).items() if has(event, f)]
            yield Problem(
                (*rule, "award"), f"{event} has no {of!r}; an award on it can be of: {', '.join(can) or 'nothing'}"
            )


def _bounds(rule: g.EarningRule, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    if rule.group is not None:
        yield from named(rule.group, file.groups, "group", (*path, "group"))
    if rule.carry and rule.rounding != "down":
        yield Problem((*path, "carry"), "a fraction is carried only when rounding is down")
    multiplied = rule.multiply.rules if rule.multiply else None
    awarding = [r.id for r in file.earn if isinstance(r, g.EarningRule) and r.award]
    for i, name in enumerate(multiplied or []):
        yield from named(name, awarding, "earning rule", (*path, "multiply", "rules", i))


def bound_problems(rule: g.EarningRule | g.PeriodRule, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    """Of its days and its budget, whatever kind of rule it is."""
    if rule.budget is not None:
        yield from named(rule.budget, file.budgets, "budget", (*path, "budget"))
        yield from _worth(rule, path, file)
    if rule.from_day and rule.until and rule.until <= rule.from_day:
        yield Problem((*path, "until"), "`until` is the first day not included and lies after `from`")


def _worth(rule: g.EarningRule | g.PeriodRule, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    budget = file.budgets.get(rule.budget or "")
    if budget is None or budget.money is None:
        return
    for target in targets_of(rule):
        if target in file.points and file.points[target].worth is None:
            yield Problem((*path, "budget"), f"a budget in money needs points.{target}.worth, what a point costs")


def _waiting(rule: g.EarningRule, events: list[str], path: Path) -> Iterable[Problem]:
    pending, told = rule.pending, rule.pending or rule.vest
    if pending and rule.vest:
        yield Problem((*path, "vest"), "`pending` and `vest` are two ways to wait; leave one of them out")
    if pending and sum(end is not None for end in (pending.until, pending.days, pending.on)) != 1:
        yield Problem((*path, "pending"), "expected exactly one of until, days and on")
    word = "vest" if rule.vest else "pending"
    asked = [((*path, "pending", "until"), [pending.until])] if pending and pending.until else []
    asked += [((*path, word, "forfeited_by"), listed(told.forfeited_by))] if told and told.forfeited_by else []
    asked += [((*path, "taken_back_by"), listed(rule.taken_back_by))] if rule.taken_back_by else []
    for where, names in asked:
        for later in names:
            yield from event_named(later, where)
            if later in EVENT_NAMES:
                yield from _same_thing(later, events, where)


def _same_thing(later: str, events: list[str], path: Path) -> Iterable[Problem]:
    """Points given for a policy, account, holding or loan are released or taken back by an event about such a one."""
    about = next((thing for thing in THINGS if has(later, thing)), None)
    for event in events:
        if about is None or not has(event, about):
            yield Problem(path, f"{event} and {later} are not about the same policy, account, holding or loan")


def group_problems(file: g.ProgramFile) -> Iterable[Problem]:
    for name in file.groups:
        if not any(isinstance(rule, g.EarningRule) and rule.group == name for rule in file.earn):
            yield Problem(("groups", name), f"no rule is in the group {name!r}; name it in a rule or leave it out")
