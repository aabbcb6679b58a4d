"""Signals name tiers and point types there are, and ask for what can happen."""

from collections.abc import Iterable

from rules.language import grammar as g
from rules.language.checks.known import coin, named
from rules.language.problems import Path, Problem


def signal_problems(file: g.ProgramFile) -> Iterable[Problem]:
    for i, signal in enumerate(file.signals):
        path: Path = ("signals", i)
        if any(signal.id == other.id for other in file.signals[:i]):
            yield Problem((*path, "id"), f"the signal {signal.id!r} is there twice; give each its own id")
        yield from _when(signal.when, (*path, "when"), file)


def _when(when: g.SignalWhen, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    match when:
        case g.Inflow() | g.Outflow() | g.BalanceDrop():
            ((word, bound),) = when
            yield from coin(bound.at_least, (*path, word, "at_least"), file)
        case g.NotContactedFor():
            tiers = [rung.id for rung in file.tiers.ladder] if file.tiers else []
            for tier in when.not_contacted_for_days:
                yield from named(tier, tiers, "tier", (*path, "not_contacted_for_days", tier))
        case g.PointsExpireIn() if when.of is not None:
            yield from named(when.of, file.points, "point type", (*path, "of"))
        case g.TierInReach() if file.tiers is None:
            yield Problem((*path, "tier_in_reach"), "the program has no tiers")
        case g.TierAtRisk() if file.tiers is None or file.tiers.review is None:
            yield Problem((*path, "days_to_review"), "the program has no tiers.review that could take a tier")
        case _:
            pass
