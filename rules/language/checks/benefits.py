"""Benefits name tiers there are."""

from collections.abc import Iterable

from rules.language import grammar as g
from rules.language.checks.known import labels, named
from rules.language.problems import Problem


def benefit_problems(file: g.ProgramFile) -> Iterable[Problem]:
    tiers = [rung.id for rung in file.tiers.ladder] if file.tiers else []
    for name, benefit in file.benefits.items():
        yield from labels(benefit.label, ("benefits", name), file)
        for tier in benefit.units:
            yield from named(tier, tiers, "tier", ("benefits", name, "units", tier))
