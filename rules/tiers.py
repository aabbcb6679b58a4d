"""Score and tier: what a member stands at after an event. Upgrades come at once; downgrades only at a review."""

from rules.cause import Cause
from rules.decision import Decision, TierChange
from rules.member import Member
from rules.program import Moment, Program, Rung, ScoreLine


def score(member: Member, program: Program, moment: Moment) -> int:
    """The contribution score: whole points of each line, each within its bound."""
    total = 0
    for line in program.score:
        total += _points(line, member, moment)
    return total


def score_lines(member: Member, program: Program, moment: Moment) -> list[tuple[str, int]]:
    """What each metric contributes to the score. A metric below zero contributes nothing."""
    return [(line.metric, _points(line, member, moment)) for line in program.score]


def _points(line: ScoreLine, member: Member, moment: Moment) -> int:
    value = line.read(member, moment)
    if value <= 0:
        return 0
    points = value * line.numerator // line.denominator
    return points if line.at_most is None or points < line.at_most else line.at_most


def tier_earned(member: Member, program: Program, moment: Moment) -> Rung | None:
    """The highest tier whose conditions the member meets, if it is above the one held; None when there is none."""
    held = program.ranks.get(member.tier, -1) if member.tier else -1
    for rank in range(len(program.ladder) - 1, held, -1):
        if _meets(program.ladder[rank], member, moment):
            return program.ladder[rank]
    return None


def tier_up(cause: Cause, decision: Decision, program: Program, reason: str) -> None:
    """The draft takes the step up that it has earned, if there is one."""
    rung = tier_earned(decision.member, program, cause.moment)
    if rung is not None:
        change_tier(cause, decision, program, rung.id, reason)


def change_tier(cause: Cause, decision: Decision, program: Program, tier: str, reason: str) -> None:
    member = decision.member
    before, member.tier, member.tier_since = member.tier, tier, cause.moment.day
    decision.tier_changes.append(
        TierChange(
            member.bank,
            member.member_id,
            member.version,
            cause.key,
            before,
            tier,
            reason,
            cause.moment.day,
            cause.occurred_at,
            program.mark,
        )
    )


def _meets(rung: Rung, member: Member, moment: Moment) -> bool:
    if not rung.thresholds:
        return rung.rank == 0
    enough = rung.match == "any"
    for _, read, at_least in rung.thresholds:
        if (read(member, moment) >= at_least) is enough:
            return enough
    return not enough
