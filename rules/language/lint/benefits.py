"""Benefits that nobody can get, and words that some of the program's languages lack."""

from collections.abc import Iterable

from rules.language import grammar as g
from rules.language.findings import Finding
from rules.language.lint.tiers import tiers_out_of_reach
from rules.language.problems import Path


def benefit_findings(file: g.ProgramFile) -> Iterable[Finding]:
    tiers = [rung.id for rung in file.tiers.ladder] if file.tiers else []
    lost = tiers_out_of_reach(file)
    converted = {name for benefit in file.benefits.values() for name in benefit.converts_to}
    for name, benefit in file.benefits.items():
        if benefit.price is not None or name in converted:
            continue
        units = (
            benefit.units if isinstance(benefit.units, dict) else dict.fromkeys(tiers or ["everybody"], benefit.units)
        )
        if not [tier for tier, count in units.items() if count and tier not in lost]:
            yield Finding("benefit-unreachable", name, ("benefits", name),
                          "no tier that somebody can hold has units of it: give some or a price in points")  # fmt: skip


def label_findings(file: g.ProgramFile) -> Iterable[Finding]:
    """A label is there in all languages; where there are several, nothing is without one."""
    for of, label, path in _labels(file):
        missing = [language for language in file.languages if language not in label]
        if missing and (label or len(file.languages) > 1):
            yield Finding("translation-missing", of, path, f"add `label` in {', '.join(missing)}")


def _labels(file: g.ProgramFile) -> Iterable[tuple[str, dict[str, str], Path]]:
    yield from ((name, point.label, ("points", name)) for name, point in file.points.items())
    if file.tiers:
        yield from ((rung.id, rung.label, ("tiers", "ladder", i)) for i, rung in enumerate(file.tiers.ladder))
    yield from ((name, benefit.label, ("benefits", name)) for name, benefit in file.benefits.items())
