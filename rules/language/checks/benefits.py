"""Benefits name tiers, metrics and other benefits there are, and say when their units come and go."""

from collections.abc import Iterable

from rules.language import grammar as g
from rules.language.checks.known import coin, labels, named
from rules.language.measures import YEARS_WITH_BANK, money_measures
from rules.language.problems import Path, Problem


def benefit_problems(file: g.ProgramFile) -> Iterable[Problem]:
    tiers = [rung.id for rung in file.tiers.ladder] if file.tiers else []
    spendable = any(point.spendable for point in file.points.values())
    for name, benefit in file.benefits.items():
        path: Path = ("benefits", name)
        yield from labels(benefit.label, path, file)
        for word, by_tier in (("units", benefit.units), ("ceiling", benefit.value and benefit.value.ceiling)):
            for tier in by_tier if isinstance(by_tier, dict) else ():
                inner = (*path, "units", tier) if word == "units" else (*path, "value", "ceiling", tier)
                yield from named(tier, tiers, "tier", inner)
        yield from _times(benefit, path)
        yield from _measured(benefit, path, file)
        for other in benefit.converts_to:
            yield from named(other, file.benefits, "benefit", (*path, "converts_to", other))
        if (benefit.price or (benefit.value and benefit.value.excess)) and not spendable:
            yield Problem(path, "points pay for it, but no point type is spendable")


def _times(benefit: g.Benefit, path: Path) -> Iterable[Problem]:
    """When units come, and until when they are good."""
    if benefit.units == 0 and benefit.on is None and benefit.per is None and benefit.price is None:
        if not benefit.valid_days:
            yield Problem(path, "expected `units`, a `price`, or `valid_days` where others convert to it")
    elif benefit.on is None and benefit.units != 0 and benefit.per is None:
        yield Problem(path, "the word 'per' is missing here: of which period are the units")
    if benefit.on is not None and benefit.per is not None:
        yield Problem((*path, "per"), "units come either `per` period or `on` an occasion, not both")
    if benefit.on is not None and benefit.units == 0:
        yield Problem((*path, "on"), "the word 'units' is missing here: how many come on the occasion")
    if (benefit.on is not None or benefit.price is not None) and benefit.per is None and benefit.valid_days is None:
        yield Problem(path, "the word 'valid_days' is missing here: for how long the units are good")
    if benefit.per is None:
        for word in ("carry_over", "mid_period"):
            if word in benefit.model_fields_set:
                yield Problem((*path, word), f"{word} is of units `per` period")


def _measured(benefit: g.Benefit, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    metrics, money = [*file.metrics, YEARS_WITH_BANK], money_measures(file)
    for name in benefit.gate or ():
        yield from named(name, metrics, "metric", (*path, "gate", name))
    if isinstance(benefit.on, g.OnMilestone):
        told, where = benefit.on.milestone, (*path, "on", "milestone")
        yield from named(told.metric, metrics, "metric", (*where, "metric"))
        if (told.every is None) == (told.at is None):
            yield Problem(where, "expected exactly one of every and at")
        if told.at and sorted(set(told.at)) != told.at:
            yield Problem((*where, "at"), "milestones rise: each is higher than the one before it")
        for amount in (told.every, *(told.at or ())) if told.metric in money else ():
            yield from coin(amount, where, file)
    if benefit.value:
        ceiling = benefit.value.ceiling
        for amount in ceiling.values() if isinstance(ceiling, dict) else (ceiling,):
            yield from coin(amount, (*path, "value", "ceiling"), file)
