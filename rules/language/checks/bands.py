"""Bands rise, and end with one that has no bound."""

from collections.abc import Iterable

from rules.language import grammar as g
from rules.language.problems import Path, Problem


def band_problems(award: g.BandsAward | g.MetricBands, path: Path) -> Iterable[Problem]:
    for i, band in enumerate(award.bands):
        last = i == len(award.bands) - 1
        if band.up_to is None and not last:
            yield Problem((*path, i), "only the last band may leave out up_to")
        before = award.bands[i - 1].up_to if i else None
        if before is not None and band.up_to is not None and band.up_to <= before:
            yield Problem((*path, i, "up_to"), f"bands rise: this one must end above {before}")
