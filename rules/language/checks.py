"""What validation by shape cannot see: that every word names something, and that fields fit their events."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from rules.language import conditions as c
from rules.language import grammar as g
from rules.language.awards import MONEY_BASES, NUMBER_BASES, basis_field
from rules.language.compile import listed, targets_of
from rules.language.expected import STANDING_WORDS, example_problems
from rules.language.given import payload_of
from rules.language.measures import YEARS_WITH_BANK, money_measures
from rules.language.problems import Path, Problem, unknown
from rules.numbers import minor_units
from schemas.events import MODELS
from schemas.money import EXPONENTS

ASKED_OF_EVENTS = frozenset((*c.MONEY_FIELDS.values(), *c.EVENT_FIELDS))
EVENT_NAMES = {type_.removesuffix(".v1"): model for type_, model in MODELS.items()}


def problems(file: g.ProgramFile) -> list[Problem]:
    """Everything in the file that cannot be right, in no order."""
    found = [*_heading(file), *_unique(file), *_points(file), *_lists(file), *_metrics(file), *_budgets(file)]
    for i, rule in enumerate(file.earn):
        found += _rule(rule, ("earn", i), file)
    return [*found, *_score(file), *_tiers(file), *_benefits(file), *_groups(file), *example_problems(file)]


def _heading(file: g.ProgramFile) -> Iterable[Problem]:
    if file.time_zone not in available_timezones():
        yield Problem(("time_zone",), unknown(file.time_zone, available_timezones(), "time zone"))
    else:
        ZoneInfo(file.time_zone)
    if file.currency not in EXPONENTS:
        yield Problem(("currency",), unknown(file.currency, EXPONENTS, "currency"))


def _unique(file: g.ProgramFile) -> Iterable[Problem]:
    seen: dict[str, int] = {}
    for i, rule in enumerate(file.earn):
        if rule.id in seen:
            yield Problem(("earn", i, "id"), f"the rule {rule.id!r} is there twice; give each its own id")
        seen[rule.id] = i
    for kind, names in (("metric", file.metrics), ("point type", file.points)):
        for name in names:
            taken = ("score", YEARS_WITH_BANK, *STANDING_WORDS, *(file.points if kind == "metric" else ()))
            if name in taken:
                where = ("metrics" if kind == "metric" else "points", name)
                yield Problem(where, f"{name!r} is taken: choose another name for this {kind}")


def _points(file: g.ProgramFile) -> Iterable[Problem]:
    for name, point in file.points.items():
        expires = point.expires
        if isinstance(expires, g.Expires) and (expires.after_months is None) == (expires.on is None):
            yield Problem(("points", name, "expires"), "expected exactly one of after_months and on")
        yield from _labels(point.label, ("points", name), file)


def _labels(label: dict[str, str], path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    for language in label:
        if language not in file.languages:
            yield Problem((*path, "label", language), unknown(language, file.languages, "language"))


def _lists(file: g.ProgramFile) -> Iterable[Problem]:
    for name, parts in file.lists.items():
        several = isinstance(parts, list)
        for i, part in enumerate(parts if isinstance(parts, list) else [parts]):
            path: Path = ("lists", name, i) if several else ("lists", name)
            if (part.mcc is None) == (part.names is None):
                yield Problem(path, "a list has either mcc or names")
            if several and i and part.from_day is None:
                yield Problem(path, "each later part of a list needs the day `from` which it counts")


def _metrics(file: g.ProgramFile) -> Iterable[Problem]:
    for name, metric in file.metrics.items():
        path: Path = ("metrics", name)
        match metric:
            case g.SumMetric():
                event, field = metric.sum.rsplit(".", 1)
                yield from _event(event, (*path, "sum"))
                if event in EVENT_NAMES and not _has(event, basis_field(field.replace("_", "-")) or field):
                    yield Problem((*path, "sum"), unknown(field, _fields(event), f"field of {event}"))
                yield from _when(metric.when, [event], (*path, "when"), file)
            case g.CountMetric():
                yield from _event(metric.count, (*path, "count"))
                yield from _when(metric.when, [metric.count], (*path, "when"), file)
            case g.PointsMetric():
                yield from _named(metric.points, file.points, "point type", (*path, "points"))
            case _:
                pass


def _event(name: str, path: Path) -> Iterable[Problem]:
    yield from _named(name, EVENT_NAMES, "event", path)


def _named(word: str, known: Iterable[str], what: str, path: Path) -> Iterable[Problem]:
    if word not in known:
        yield Problem(path, unknown(word, known, what))


def _payload(event: str) -> dict[str, Any]:
    return dict(payload_of(EVENT_NAMES[event]).model_fields)


def _has(event: str, field: str) -> bool:
    return field in _payload(event)


def _fields(event: str) -> list[str]:
    back = {field: word for word, field in (MONEY_BASES | NUMBER_BASES).items()}
    return [back.get(name, name) for name in _payload(event)]


def _rule(rule: g.EarningRule, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    events = listed(rule.on)
    for i, event in enumerate(events):
        yield from _event(event, (*path, "on", i) if isinstance(rule.on, list) else (*path, "on"))
    if (rule.award is None) == (rule.multiply is None):
        yield Problem(path, f"the rule {rule.id!r} needs exactly one of award and multiply")
    known = [event for event in events if event in EVENT_NAMES]
    yield from _award(rule, known, path)
    yield from _when(rule.when, known, (*path, "when"), file)
    yield from _bounds(rule, path, file)
    for target in targets_of(rule):
        word = "multiply" if rule.multiply else "award"
        yield from _named(target, file.points, "point type", (*path, word, "points" if rule.multiply else "to"))


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
        yield from _bands(award, (*path, "award", "bands"))
    if award.times:
        yield from _times(award.times, events, (*path, "award", "times"))


def _times(times: g.Times, events: list[str], path: Path) -> Iterable[Problem]:
    for event in events:
        if not _has(event, times.by):
            yield Problem((*path, "by"), unknown(times.by, _fields(event), f"field of {event}"))
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
        if not _has(event, field):
            can = [word for word, f in (MONEY_BASES | NUMBER_BASES).items() if _has(event, f)]
            yield Problem(
                (*rule, "award"), f"{event} has no {of!r}; an award on it can be of: {', '.join(can) or 'nothing'}"
            )


def _bands(award: g.BandsAward, path: Path) -> Iterable[Problem]:
    for i, band in enumerate(award.bands):
        last = i == len(award.bands) - 1
        if band.up_to is None and not last:
            yield Problem((*path, i), "only the last band may leave out up_to")
        before = award.bands[i - 1].up_to if i else None
        if before is not None and band.up_to is not None and band.up_to <= before:
            yield Problem((*path, i, "up_to"), f"bands rise: this one must end above {before}")


def _bounds(rule: g.EarningRule, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    if rule.group is not None:
        yield from _named(rule.group, file.groups, "group", (*path, "group"))
    if rule.budget is not None:
        yield from _named(rule.budget, file.budgets, "budget", (*path, "budget"))
        yield from _worth(rule, path, file)
    if rule.carry and rule.rounding != "down":
        yield Problem((*path, "carry"), "a fraction is carried only when rounding is down")
    if rule.from_day and rule.until and rule.until <= rule.from_day:
        yield Problem((*path, "until"), "`until` is the first day not included and lies after `from`")
    multiplied = rule.multiply.rules if rule.multiply else None
    for i, name in enumerate(multiplied or []):
        yield from _named(name, [r.id for r in file.earn if r.award], "earning rule", (*path, "multiply", "rules", i))


def _worth(rule: g.EarningRule, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    budget = file.budgets.get(rule.budget or "")
    if budget is None or budget.money is None:
        return
    for target in targets_of(rule):
        if target in file.points and file.points[target].worth is None:
            yield Problem((*path, "budget"), f"a budget in money needs points.{target}.worth, what a point costs")


def _when(when: c.When | None, events: list[str], path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    for word in when.model_fields_set if when else ():
        field = c.MONEY_FIELDS.get(word, word)
        asked_of = [e for e in events if e in EVENT_NAMES] if field in ASKED_OF_EVENTS else []
        for event in (e for e in asked_of if not _has(e, field)):
            yield Problem((*path, word), f"{event} has no {word!r}; it has: {', '.join(_fields(event))}")
        yield from _asked(word, getattr(when, word), (*path, word), file)


def _asked(word: str, asked: Any, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    match asked:
        case c.InList() | c.NotInList():
            name = asked.in_list if isinstance(asked, c.InList) else asked.not_in
            step = "in" if isinstance(asked, c.InList) else "not_in"
            yield from _named(name, file.lists, "list", (*path, step))
            yield from _list_kind(word, name, (*path, step), file)
        case c.NumberRange() if word in c.MONEY_FIELDS:
            for bound, amount in asked:
                yield from _coin(amount, (*path, bound), file)
        case str() | list() if word == "tier":
            tiers = [rung.id for rung in file.tiers.ladder] if file.tiers else []
            for tier in listed(asked):
                yield from _named(tier, tiers, "tier", path)
        case _:
            pass


def _list_kind(word: str, name: str, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    parts = file.lists.get(name)
    for part in [] if parts is None else parts if isinstance(parts, list) else [parts]:
        if (word == "mcc") != (part.mcc is not None) and (part.mcc is None) != (part.names is None):
            yield Problem(path, f"the list {name!r} holds {'names' if word == 'mcc' else 'merchant categories'}")


def _coin(amount: Any, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    if amount is None or file.currency not in EXPONENTS:
        return
    try:
        minor_units(amount, EXPONENTS[file.currency])
    except ValueError:
        yield Problem(
            path, f"{file.currency} has {EXPONENTS[file.currency]} decimals; this amount is finer than a coin"
        )


def _budgets(file: g.ProgramFile) -> Iterable[Problem]:
    for name, budget in file.budgets.items():
        if (budget.points is None) == (budget.money is None):
            yield Problem(("budgets", name), "expected exactly one of points and money")


def _groups(file: g.ProgramFile) -> Iterable[Problem]:
    for name in file.groups:
        if not any(rule.group == name for rule in file.earn):
            yield Problem(("groups", name), f"no rule is in the group {name!r}; name it in a rule or leave it out")


def _score(file: g.ProgramFile) -> Iterable[Problem]:
    for i, item in enumerate(file.score):
        yield from _named(item.metric, [*file.metrics, YEARS_WITH_BANK], "metric", ("score", i, "metric"))
        if item.points.full_steps:
            yield Problem(("score", i, "points"), "a score counts every part of a metric: leave out `full`")


def _tiers(file: g.ProgramFile) -> Iterable[Problem]:
    if not file.tiers:
        return
    names = [*file.metrics, *file.points, "score", YEARS_WITH_BANK]
    money = money_measures(file)
    for i, rung in enumerate(file.tiers.ladder):
        path: Path = ("tiers", "ladder", i)
        yield from _labels(rung.label, path, file)
        if any(rung.id == other.id for other in file.tiers.ladder[:i]):
            yield Problem((*path, "id"), f"the tier {rung.id!r} is there twice")
        if rung.any and rung.all:
            yield Problem(path, "a tier asks for `any` of its conditions or for `all`, not both")
        if bool(rung.any or rung.all) != bool(i):
            yield Problem(path, "the lowest tier asks for nothing and every other tier for something")
        for word, asked in (("any", rung.any), ("all", rung.all)):
            for n, threshold in enumerate(asked or []):
                ((name, bound),) = threshold.items()
                yield from _named(name, names, "metric or point type", (*path, word, n, name))
                yield from _coin(bound, (*path, word, n, name), file) if name in money else ()


def _benefits(file: g.ProgramFile) -> Iterable[Problem]:
    tiers = [rung.id for rung in file.tiers.ladder] if file.tiers else []
    for name, benefit in file.benefits.items():
        yield from _labels(benefit.label, ("benefits", name), file)
        for tier in benefit.units:
            yield from _named(tier, tiers, "tier", ("benefits", name, "units", tier))
