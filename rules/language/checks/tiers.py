"""The score, the ladder and the benefits name what is there."""

from collections.abc import Iterable

from rules.language import grammar as g
from rules.language.checks.known import coin, labels, named
from rules.language.measures import YEARS_WITH_BANK, money_measures
from rules.language.problems import Path, Problem


def score_problems(file: g.ProgramFile) -> Iterable[Problem]:
    for i, item in enumerate(file.score):
        yield from named(item.metric, [*file.metrics, YEARS_WITH_BANK], "metric", ("score", i, "metric"))
        if item.points.full_steps:
            yield Problem(("score", i, "points"), "a score counts every part of a metric: leave out `full`")


def tier_problems(file: g.ProgramFile) -> Iterable[Problem]:
    if not file.tiers:
        return
    names = [*file.metrics, *file.points, "score", YEARS_WITH_BANK]
    yield from _review(file.tiers)
    money = money_measures(file)
    for i, rung in enumerate(file.tiers.ladder):
        path: Path = ("tiers", "ladder", i)
        yield from labels(rung.label, path, file)
        if any(rung.id == other.id for other in file.tiers.ladder[:i]):
            yield Problem((*path, "id"), f"the tier {rung.id!r} is there twice")
        if rung.any and rung.all:
            yield Problem(path, "a tier asks for `any` of its conditions or for `all`, not both")
        if bool(rung.any or rung.all) != bool(i):
            yield Problem(path, "the lowest tier asks for nothing and every other tier for something")
        for word, asked in (("any", rung.any), ("all", rung.all)):
            for n, threshold in enumerate(asked or []):
                ((name, bound),) = threshold.items()
                yield from named(name, names, "metric or point type", (*path, word, n, name))
                yield from coin(bound, (*path, word, n, name), file) if name in money else ()


def _review(tiers: g.Tiers) -> Iterable[Problem]:
    review, path = tiers.review, ("tiers", "review")
    if review is None:
        return
    if (review.every is None) == (review.on is None):
        yield Problem(path, "expected exactly one of every and on")
    grace = review.grace_months
    for tier in grace if isinstance(grace, dict) else ():
        yield from named(tier, [rung.id for rung in tiers.ladder], "tier", (*path, "grace_months", tier))
    if review.down == "never" and grace:
        yield Problem((*path, "grace_months"), "tiers that are never lost need no grace")
