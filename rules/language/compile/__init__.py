"""A checked program file becomes closures and tables."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from rules import program as p
from rules.language import grammar as g
from rules.language.averaging import daily_balances
from rules.language.compile.benefits import benefits
from rules.language.compile.earning import rules, rules_on, watched
from rules.language.compile.exchange import exchange
from rules.language.compile.periods import periods
from rules.language.compile.points import budget, point_type, refunds
from rules.language.compile.signals import prompts
from rules.language.compile.spending import spending
from rules.language.compile.tiers import ladder, review, score
from rules.language.matching import asked_of_profile
from rules.language.measures import compiled_metrics
from rules.moment import Read
from rules.parts import Adjustments, ApprovalBand, Reinstate
from schemas.money import EXPONENTS


def compiled(file: g.ProgramFile, text: str) -> p.Program:
    """Bounds: `file` has passed `rules.language.checks`, so every name in it is known."""
    exponent = EXPONENTS[file.currency]
    metrics = compiled_metrics(file)
    earning = rules(file, exponent)
    given = benefits(file, metrics.standing, exponent)
    return p.Program(
        **_heading(file, text),
        point_types={name: point_type(name, t) for name, t in file.points.items()},
        updates_on=metrics.updates,
        points_counters=metrics.points,
        rules_on=rules_on(earning.values(), file, exponent),
        group_choice={name: group.choose for name, group in file.groups.items()},
        extra_at_most=None if file.multiply_at_most is None else file.multiply_at_most - 1,
        metrics=metrics.reads,
        benefits=given,
        milestones=tuple(b for b in given if b.milestone is not None),
        budgets={name: budget(name, b, file, exponent) for name, b in file.budgets.items()},
        labels=_labels(file),
        exchange=exchange(file),
        exact=metrics.exact,
        flows=metrics.flows,
        daily_balances=daily_balances(file),
        adjustments=_adjustments(file),
        spending=spending(file.spending),
        refunds=refunds(file.refunds),
        rules=earning,
        **_standing(file, metrics.standing, exponent),
        periods=periods(file, metrics, exponent),
        watched=watched(earning.values()),
        asks_profile=asked_of_profile(file),
    )


def _standing(file: g.ProgramFile, metrics: Mapping[str, Read], exponent: int) -> dict[str, Any]:
    """What a member stands at: score, tiers and their reviews, and what is told of it."""
    rungs = ladder(file, metrics, exponent)
    ranks = {rung.id: rung.rank for rung in rungs}
    return {
        "score": score(file, metrics, exponent),
        "ladder": rungs,
        "ranks": ranks,
        "review": review(file.tiers),
        "prompts": prompts(file, exponent),
    }


def _heading(file: g.ProgramFile, text: str) -> dict[str, Any]:
    program_hash = sha256(text.encode()).digest()
    return {
        "name": file.program,
        "version": file.version,
        "semantics": file.semantics,
        "program_hash": program_hash,
        "mark": program_hash[:16],
        "zone": ZoneInfo(file.time_zone),
        "currency": file.currency,
        "exponent": EXPONENTS[file.currency],
        "enrols_unknown": file.unknown_members == "enrol-provisionally",
    }


def _adjustments(file: g.ProgramFile) -> Adjustments | None:
    if file.adjustments is None:
        return None
    bands = tuple(ApprovalBand(band.up_to, band.by) for band in file.adjustments.approvals)
    again, longer = file.adjustments.reinstate, file.adjustments.extend
    return Adjustments(
        frozenset(file.adjustments.reasons),
        bands,
        file.adjustments.valid_days,
        Reinstate(again.within_days, again.valid_days) if again else None,
        longer.at_most_days if longer else 0,
    )


def _labels(file: g.ProgramFile) -> dict[str, Mapping[str, str]]:
    rungs = {rung.id: rung.label for rung in file.tiers.ladder} if file.tiers else {}
    points = {name: t.label for name, t in file.points.items()}
    return {**file.labels, **points, **rungs, **{name: b.label for name, b in file.benefits.items()}}
