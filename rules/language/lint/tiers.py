"""Tiers that nobody can hold."""

from collections.abc import Iterable
from fractions import Fraction

from rules.language import grammar as g
from rules.language.compile.earning import listed, targets_of
from rules.language.findings import Finding
from rules.language.problems import Path

Threshold = tuple[str, Fraction]


def tier_findings(file: g.ProgramFile) -> Iterable[Finding]:
    ladder = file.tiers.ladder if file.tiers else []
    for i, rung in enumerate(ladder):
        path: Path = ("tiers", "ladder", i)
        above = next((other for other in ladder[i + 1 :] if _implies(rung, other)), None)
        if above is not None and (rung.any or rung.all):
            yield Finding("tier-unreachable", rung.id, path,
                          f"whoever earns {rung.id} earns {above.id} too: ask for more in {above.id}")  # fmt: skip
        for name, bound in _impossible(rung, file):
            yield Finding("tier-unreachable", rung.id, path,
                          f"{name} never reaches {float(bound):g}, as no rule or score line gives so much")  # fmt: skip


def tiers_out_of_reach(file: g.ProgramFile) -> set[str]:
    return {one.of for one in tier_findings(file)}


def _conditions(rung: g.Rung) -> list[Threshold]:
    return [(name, bound) for threshold in rung.any or rung.all or [] for name, bound in threshold.items()]


def _implies(lower: g.Rung, higher: g.Rung) -> bool:
    """Whether whoever meets the lower tier's conditions surely meets the higher one's."""
    ways = [[c] for c in _conditions(lower)] if lower.any else [_conditions(lower)]
    enough = any if higher.any else all
    return all(
        enough(any(name == n and bound >= b for name, bound in way) for n, b in _conditions(higher)) for way in ways
    )


def _impossible(rung: g.Rung, file: g.ProgramFile) -> list[Threshold]:
    """The conditions that stand in the way of the tier: all alternatives of `any`, or those of `all` that fail."""
    conditions = _conditions(rung)
    never = [(name, bound) for name, bound in conditions if not _can_reach(name, bound, file)]
    return never if rung.all or len(never) == len(conditions) else []


def _can_reach(name: str, bound: Fraction, file: g.ProgramFile) -> bool:
    if bound <= 0:
        return True
    metric = file.metrics.get(name)
    if name == "score":
        most = [item.at_most for item in file.score]
        return None in most or bound <= sum(one or 0 for one in most)
    point_type = metric.points if isinstance(metric, g.PointsMetric) else name if name in file.points else None
    if point_type is not None:
        return file.adjustments is not None or any(point_type in _given(rule) for rule in file.earn)
    return True


def _given(rule: g.EarningRule | g.PeriodRule) -> list[str]:
    return targets_of(rule) if isinstance(rule, g.EarningRule) else listed(rule.award.to)
