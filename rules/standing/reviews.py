"""Reviews: the one place where time takes a tier away. Each looks at the window that its rating day ends.

A tier is missed when neither that window nor what stands on the day of the review earns it. A tier that is still safe
is kept; one with grace is kept until its grace ends, and kept for good if it is earned again by then. Grace ends on a
rating day of its own. A review changes a tier at most once.
"""

from collections.abc import Iterable
from datetime import date
from itertools import zip_longest

from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision
from rules.member import NO_TERM, Member
from rules.periods import months_later
from rules.program import Program
from rules.spending.benefits import follow
from rules.standing.rating import ONE_DAY
from rules.standing.tiers import Step, decided_after, rank_earned, score, take_tier, tier_up


def next_day(member: Member, program: Program, after: date) -> date | None:
    """The next day at whose close a rating day of the member's is decided."""
    return min((decided_on for _, decided_on in _ratings(member, program, after)), default=None)


def review(cause: Cause, decision: Decision, program: Program, _context: Context) -> None:
    """Decides the rating day whose turn it is; on other days takes the step up that the close's points earned."""
    member, day = decision.member, cause.moment.day
    if member.tier is None or not program.ladder or member.status == "closed":
        return
    before = member.tier
    due = [rated_on for rated_on, decided_on in _ratings(member, program, day - ONE_DAY) if decided_on == day]
    for rated_on in due:
        _rate(rated_on, cause, decision, program)
    if not due:
        member.score = score(member, program, cause.moment)
        tier_up(cause, decision, program, "earned")
    _granted(before, cause, decision, program)


def take_over(cause: Cause, decision: Decision, program: Program, _context: Context) -> None:
    """On a version's first day: what it earns more is given, and a tier that it lacks becomes the one earned in it.

    In a version without tiers a tier stays what it was, and nothing locks or ends it any more.
    """
    member = decision.member
    if program.version != cause.moment.day or member.status == "closed":
        return
    if not program.ladder:
        member.term = NO_TERM
        return
    before = member.tier
    member.score = score(member, program, cause.moment)
    if before is None or before in program.ranks:
        tier_up(cause, decision, program, "new-version")
    else:
        step = Step(rank_earned(member, program, cause.moment), "new-version", cause.moment.day)
        take_tier(step, cause, decision, program)
    _granted(before, cause, decision, program)


def no_day(_member: Member, _program: Program, _after: date) -> date | None:
    """A version's first day is due for everyone; see `close.fall_due`."""
    return None


def _granted(before: str | None, cause: Cause, decision: Decision, program: Program) -> None:
    if decision.member.tier != before:
        follow(cause, decision, program)


def _ratings(member: Member, program: Program, after: date) -> Iterable[tuple[date, date]]:
    """The next rating day of each version that is decided after a day, and when: as the version of that day says.

    Versions that come later than the day after are left out: they take over for everybody.
    """
    versions = program.versions or [program]
    for version, successor in zip_longest(versions, versions[1:]):
        since = after - decided_after(version)
        if version is not versions[0]:
            since = max(since, version.version - ONE_DAY)
        if since <= after and (successor is None or since + ONE_DAY < successor.version):
            rated_on = _next_rating(member, version, since)
            if rated_on is not None and (successor is None or rated_on < successor.version):
                yield rated_on, rated_on + decided_after(version)


def _next_rating(member: Member, program: Program, after: date) -> date | None:
    """The next day after `after` on which the member is rated: a period's end, the end of a grace or of a lock."""
    regular = _next_regular(member, program, after)
    term = member.term
    own = (term.falls_on, term.locked_until and term.locked_until - ONE_DAY)
    return min((day for day in (regular, *own) if day is not None and day > after), default=None)


def _next_regular(member: Member, program: Program, after: date) -> date | None:
    if program.review is None or member.status == "closed":
        return None
    return program.review.rating_day(member, after)


def _rate(rated_on: date, cause: Cause, decision: Decision, program: Program) -> None:
    member = decision.member
    unlocked = member.term.locked_until is not None and member.term.locked_until <= rated_on + ONE_DAY
    if unlocked:
        member.term = member.term._replace(locked_until=None)
    earned, held = _earned(rated_on, cause, member, program), program.ranks.get(member.tier or "", -1)
    locked = member.term.locked_until is not None
    if earned > held:
        if not locked or (program.review is not None and program.review.lifts_locked):
            take_tier(Step(earned, "earned", rated_on), cause, decision, program)
    elif earned == held:
        member.term = member.term._replace(falls_on=None, falls_to=None)
    elif not locked:
        _miss(rated_on, earned, cause, decision, program)


def _earned(rated_on: date, cause: Cause, member: Member, program: Program) -> int:
    """The rank earned in the window that ends on the rating day, or now if that is higher."""
    ended = program.evening(rated_on)
    member.score = score(member, program, ended)
    then = rank_earned(member, program, ended)
    member.score = score(member, program, cause.moment)
    return max(then, rank_earned(member, program, cause.moment))


def _miss(rated_on: date, earned: int, cause: Cause, decision: Decision, program: Program) -> None:
    """The tier held is not earned: it is lost, or begins its grace, or is safe for now."""
    member, held = decision.member, program.ranks[decision.member.tier or ""]
    term = member.term
    if term.falls_on is not None:
        if term.falls_on <= rated_on:
            target = max(program.ranks.get(term.falls_to or "", 0), earned)
            take_tier(Step(target, "review", rated_on), cause, decision, program)
        return
    review, safe = program.review, term.until is not None and term.until > rated_on
    if safe or (review is not None and review.down == "never"):
        return
    target = held - 1 if review is not None and review.down == "one-step" else earned
    grace = review.grace_months.get(member.tier or "", 0) if review else 0
    if grace:
        falls_on = months_later(rated_on + ONE_DAY, grace) - ONE_DAY
        member.term = term._replace(falls_on=falls_on, falls_to=program.ladder[target].id)
    else:
        take_tier(Step(target, "review", rated_on), cause, decision, program)
