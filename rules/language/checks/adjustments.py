"""Bands of approval rise."""

from collections.abc import Iterable
from itertools import pairwise

from rules.language import grammar as g
from rules.language.problems import Problem
from rules.points.validity import EXTENDED, REINSTATED


def adjustment_problems(file: g.ProgramFile) -> Iterable[Problem]:
    if file.adjustments is None:
        return
    for i, reason in enumerate(file.adjustments.reasons):
        if reason in (REINSTATED, EXTENDED):
            yield Problem(("adjustments", "reasons", i), f"{reason!r} is the engine's own word: choose another reason")
    for i, (low, high) in enumerate(pairwise(file.adjustments.approvals), 1):
        path = ("adjustments", "approvals", i)
        if high.up_to <= low.up_to:
            yield Problem((*path, "up_to"), f"bands rise: this one must end above {low.up_to}")
        if high.by < low.by:
            yield Problem((*path, "by"), f"more points never need fewer checkers: at least {low.by}")
