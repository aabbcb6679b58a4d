"""Score and tier: what a member stands at after an event. Upgrades come at once; downgrades only at a review."""

from rules.member import Member
from rules.program import Moment, Program, Rung


def score(member: Member, program: Program, moment: Moment) -> int:
    """The contribution score: whole points of each line, each within its bound."""
    return sum(points for _, points in score_lines(member, program, moment))


def score_lines(member: Member, program: Program, moment: Moment) -> list[tuple[str, int]]:
    """What each metric contributes to the score. A metric below zero contributes nothing."""
    lines: list[tuple[str, int]] = []
    for line in program.score:
        value = max(line.read(member, moment), 0)
        points = value * line.rate.numerator // line.rate.denominator
        lines.append((line.metric, points if line.at_most is None else min(points, line.at_most)))
    return lines


def tier_earned(member: Member, program: Program, moment: Moment) -> Rung | None:
    """The highest tier whose conditions the member meets, if it is above the one held; None when there is none."""
    held = program.ranks.get(member.tier, -1) if member.tier else -1
    for rung in reversed(program.ladder[held + 1 :]):
        if _meets(rung, member, moment):
            return rung
    return None


def _meets(rung: Rung, member: Member, moment: Moment) -> bool:
    if not rung.thresholds:
        return rung.rank == 0
    met = (t.read(member, moment) >= t.at_least for t in rung.thresholds)
    return any(met) if rung.match == "any" else all(met)
