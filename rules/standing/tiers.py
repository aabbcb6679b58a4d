"""Score and tier: what a member stands at after an event. Upgrades come at once; downgrades only at a review."""

from datetime import date, timedelta
from typing import NamedTuple

from rules.cause import Cause
from rules.decision import Decision, TierChange, TierReason, Why
from rules.member import NO_TERM, Member, TierTerm
from rules.moment import Moment
from rules.program import Program, Rung, ScoreLine
from rules.spending.benefits import follow
from rules.standing.rating import ONE_DAY
from schemas.events import TierAssigned


class Step(NamedTuple):
    """A change of tier to the rung of a rank. The tier's time counts from the period of `counts_from`.

    `locked_until` is the first day on which a tier given by hand is no longer locked; `note` says why it was given.
    """

    rank: int
    reason: TierReason
    counts_from: date
    locked_until: date | None = None
    note: str | None = None
    requested_by: str | None = None
    approved_by: str | None = None


def score(member: Member, program: Program, moment: Moment) -> int:
    """The contribution score: whole points of each line, each within its bound."""
    total = 0
    for line in program.score:
        total += _points(line, member, moment)
    return total


class Scored(NamedTuple):
    """A line of the score: what the member has of a metric (money in minor units), and the points of that."""

    metric: str
    value: int
    points: int
    at_most: int | None


def score_lines(member: Member, program: Program, moment: Moment) -> list[Scored]:
    """What each metric contributes to the score: their sum is the score. Below zero it contributes nothing."""
    return [
        Scored(line.metric, line.read(member, moment), _points(line, member, moment), line.at_most)
        for line in program.score
    ]


def _points(line: ScoreLine, member: Member, moment: Moment) -> int:
    value = line.read(member, moment)
    if value <= 0:
        return 0
    points = value * line.numerator // line.denominator
    return points if line.at_most is None or points < line.at_most else line.at_most


def rank_earned(member: Member, program: Program, moment: Moment) -> int:
    """The rank of the highest tier whose conditions the member meets."""
    return _highest(member, program, moment, 0)


def _highest(member: Member, program: Program, moment: Moment, floor: int) -> int:
    """The rank of the highest tier above `floor` whose conditions are met, or `floor`."""
    ladder = program.ladder
    for rank in range(len(ladder) - 1, floor, -1):
        if _meets(ladder[rank], member, moment):
            return rank
    return floor


def tier_up(cause: Cause, decision: Decision, program: Program, reason: TierReason) -> None:
    """The draft takes the step up that it has earned, if there is one; a tier in its grace may be earned again."""
    if not program.ladder:
        return
    member, moment = decision.member, cause.moment
    held = program.ranks.get(member.tier, -1) if member.tier else -1
    rank = _highest(member, program, moment, held)
    if rank > held and not _may_rise(member, program, moment, reason):
        rank = max(held, 0)
    if rank > held:
        take_tier(Step(rank, reason, moment.day), cause, decision, program)
    elif (
        member.term.falls_on is not None
        and rank == held
        and _may_rise(member, program, moment, reason)
        and _meets(program.ladder[held], member, moment)
    ):
        member.term = _term(Step(held, reason, moment.day), member, program, rises=True)


def _may_rise(member: Member, program: Program, moment: Moment, reason: TierReason) -> bool:
    locked_until, review = member.term.locked_until, program.review
    if locked_until is not None and moment.day < locked_until and (review is None or not review.lifts_locked):
        return False
    return reason != "earned" or review is None or review.rises_at_once


def take_tier(step: Step, cause: Cause, decision: Decision, program: Program) -> None:
    """The draft takes a step up or down; how long the tier is safe begins anew."""
    member = decision.member
    before, after = member.tier, program.ladder[step.rank].id
    member.tier, member.tier_since = after, cause.moment.day
    member.term = _term(step, member, program, rises=step.rank > program.ranks.get(before or "", -1))
    decision.tier_changes += (
        TierChange(
            member.bank,
            member.member_id,
            member.version,
            cause.key,
            before,
            after,
            step.reason,
            cause.moment.day,
            cause.occurred_at,
            program.mark,
            member.term.until and member.term.until + ONE_DAY,
            step.note,
            step.requested_by,
            step.approved_by,
        ),
    )


def _term(step: Step, member: Member, program: Program, *, rises: bool) -> TierTerm:
    locked_until = step.locked_until or member.term.locked_until
    review = program.review
    if review is None:
        return NO_TERM if locked_until is None else TierTerm(locked_until=locked_until)
    until = review.rating_day(member, step.counts_from - ONE_DAY if rises else step.counts_from)
    for _ in range(review.safe_periods if rises else 0):
        until = until and review.rating_day(member, until)
    return TierTerm(until, locked_until=locked_until)


def after_reversal(cause: Cause, before: Member, decision: Decision, program: Program) -> None:
    """Takes the tier at once, where the program says so, that money coming back has cost the member.

    `before` is the member as it was when it still earned the tier; a tier that it did not earn then either is left to
    the next review.
    """
    member, moment = decision.member, cause.moment
    if program.review is None or not program.review.reverses_at_once:
        return
    held = program.ranks.get(member.tier or "", -1)
    member.score = score(member, program, moment)
    earned = rank_earned(member, program, moment)
    locked = member.term.locked_until is not None and moment.day < member.term.locked_until
    if earned < held <= rank_earned(before, program, moment) and not locked:
        take_tier(Step(earned, "reversed", moment.day), cause, decision, program)
        follow(cause, decision, program)


def assign_tier(event: TierAssigned, cause: Cause, decision: Decision, program: Program) -> Why | None:
    """Gives a tier by hand and locks it, or says why it may not."""
    told, member, day = event.data, decision.member, cause.moment.day
    if told.tier not in program.ranks:
        return "tier-not-assigned", f"no tier is called {told.tier}; there are: {', '.join(program.ranks)}"
    if told.until <= day:
        return "tier-not-assigned", f"the lock ends on {told.until}, which is not after {day}"
    member.term = TierTerm()
    step = Step(program.ranks[told.tier], "manual", day, told.until, told.reason, told.requested_by, told.approved_by)
    take_tier(step, cause, decision, program)
    member.term = TierTerm(locked_until=told.until)
    member.falls_due(told.until - ONE_DAY + decided_after(program))
    follow(cause, decision, program)
    return None


def decided_after(program: Program) -> timedelta:
    """How long after a rating day it is decided."""
    return ONE_DAY * (program.review.after_days if program.review else 0)


def _meets(rung: Rung, member: Member, moment: Moment) -> bool:
    if not rung.thresholds:
        return rung.rank == 0
    enough = rung.match == "any"
    for _, read, at_least in rung.thresholds:
        if (read(member, moment) >= at_least) is enough:
            return enough
    return not enough
