"""Benefits are granted: by tier and period, on birthdays and at milestones, less what was granted already.

Up, down and up again grants nothing twice: a period remembers what it gave. What is left when it ends is gone, or
good for some months more. A step down takes back what is unused where the program says so.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision, Grant, Revocation, RevocationReason
from rules.identity import derived
from rules.member import Member
from rules.periods import ONE_DAY, birthday_in, months_later, period_end, period_start, whole_months, windows
from rules.program import Program
from rules.spending.terms import EVERYBODY, Benefit
from rules.spending.vouchers import CARRIED, OpenGrant

UNLIMITED: Final = -1
"""How an allowance without limit is remembered among the units granted."""
YEAR: Final = 12


class Term(NamedTuple):
    """The period of an allowance that holds a day: its name, its first day and the first day after it."""

    label: str
    start: date
    end: date


class Gift(NamedTuple):
    """Units of a benefit for a term's days; None is without limit."""

    benefit: Benefit
    units: int | None
    term: Term


def entitle(cause: Cause, decision: Decision, program: Program) -> None:
    """Gives what the member's tier, the day and its milestones add to what it was given already."""
    _give(cause, decision, program)
    _await(decision.member, program, cause.moment.day)


def _give(cause: Cause, decision: Decision, program: Program) -> None:
    if decision.member.status != "enrolled":
        return
    for benefit in program.benefits:
        match benefit.occasion:
            case "period":
                _allow(benefit, cause, decision, program)
            case "birthday":
                _celebrate(benefit, cause, decision, program)
            case "milestone":
                _reward(benefit, cause, decision, program)
            case "none":
                pass


def reward(cause: Cause, decision: Decision, program: Program) -> None:
    """Gives for the milestones that the event has reached."""
    if decision.member.status == "enrolled":
        for benefit in program.milestones:
            _reward(benefit, cause, decision, program)


def renew(cause: Cause, decision: Decision, program: Program, _context: Context) -> None:
    """In the morning: units left over are carried or gone, and new periods and birthdays give theirs."""
    member, day = decision.member, cause.moment.day
    over = {id_: grant for id_, grant in member.grants.items() if grant.valid_until <= day}
    member.grants = {id_: grant for id_, grant in member.grants.items() if id_ not in over}
    if member.status == "enrolled":
        for benefit in program.benefits:
            if benefit.carry_over is not None:
                ended = [grant for grant in over.values() if grant.valid_until == cause.moment.day]
                _carry_over(benefit, ended, cause, decision, program)
    _give(cause, decision, program)


def follow(cause: Cause, decision: Decision, program: Program) -> None:
    """Brings benefits in line with a tier that has just changed: a step down takes back, a step up gives."""
    change = decision.tier_changes[-1]
    if program.ranks.get(change.to_tier, -1) < program.ranks.get(change.from_tier or "", -1):
        _step_down(cause, decision, program)
    entitle(cause, decision, program)


def _step_down(cause: Cause, decision: Decision, program: Program) -> None:
    """What is unused above the new tier's allowance is revoked where the program says so."""
    member = decision.member
    for benefit in program.benefits:
        if benefit.revokes_unused and benefit.occasion == "period":
            term = _term(benefit, member, cause.moment.day)
            _fall_to(_units(benefit, member.tier), benefit, term, cause, decision)


def next_day(member: Member, program: Program, after: date) -> date | None:
    """The next morning that renews an allowance, ends one that is carried over, or is a birthday."""
    if member.status != "enrolled":
        return None
    return min((day for b in program.benefits for day in _days(b, member, after) if day > after), default=None)


def _days(benefit: Benefit, member: Member, after: date) -> Iterable[date]:
    if benefit.carry_over is not None:
        yield from (g.valid_until for g in member.grants.values() if g.benefit_id == benefit.id)
    if _units(benefit, member.tier) == 0:
        return
    if benefit.occasion == "period":
        yield _term(benefit, member, after).end
    elif benefit.occasion == "birthday":
        for year in (after.year, after.year + 1):
            birthday = _birthday(member, year)
            if birthday is not None:
                yield birthday


def _await(member: Member, program: Program, day: date) -> None:
    day = max(day, member.closed_through or day)
    due = next_day(member, program, day)
    if due is not None:
        member.falls_due(due - ONE_DAY)


def _allow(benefit: Benefit, cause: Cause, decision: Decision, program: Program) -> None:
    """What the tier adds in the period that holds the day."""
    member, day = decision.member, cause.moment.day
    term = _term(benefit, member, day)
    had = member.granted.get(benefit.id, {}).get(term.label, 0)
    entitled = _entitled(benefit, member.tier, day, term)
    if had == UNLIMITED or entitled == 0 or (entitled is not None and entitled <= had):
        return
    _remember(benefit, term.label, UNLIMITED if entitled is None else entitled, member)
    units = None if entitled is None else entitled - had
    grant(Gift(benefit, units, Term(term.label, day, term.end)), cause, decision, program)


def _entitled(benefit: Benefit, tier: str | None, day: date, term: Term) -> int | None:
    """Units of the tier in the period; pro rata by months left, rounded up. None is without limit."""
    units = _units(benefit, tier)
    if not units or not benefit.pro_rata:
        return units
    months = whole_months(term.start, term.end)
    left = months - whole_months(term.start, day)
    return -(-units * left // months)


def _units(benefit: Benefit, tier: str | None) -> int | None:
    return benefit.units.get(tier or EVERYBODY, 0)


def _term(benefit: Benefit, member: Member, day: date) -> Term:
    if benefit.anchor == "calendar":
        label: str = getattr(windows(day), benefit.period)
        return Term(label, period_start(day, benefit.period), period_end(day, benefit.period))
    if benefit.anchor == "membership":
        since = member.enrolled_on or day
        start = months_later(since, whole_months(since, day) // YEAR * YEAR)
        return Term(start.isoformat(), start, months_later(since, (whole_months(since, day) // YEAR + 1) * YEAR))
    start = max(_first_days(member.granted.get(benefit.id, ())), default=day)
    if months_later(start, YEAR) <= day:
        start = day
    return Term(start.isoformat(), start, months_later(start, YEAR))


def _first_days(labels: Iterable[str]) -> Iterable[date]:
    """Of years of the member's own; the other labels are of periods that an earlier version gave in."""
    return (date.fromisoformat(label) for label in labels if len(label) == len("2026-01-01"))


def _celebrate(benefit: Benefit, cause: Cause, decision: Decision, program: Program) -> None:
    member, day = decision.member, cause.moment.day
    units, label = _units(benefit, member.tier), str(day.year)
    if units == 0 or _birthday(member, day.year) != day or member.granted.get(benefit.id, {}).get(label):
        return
    _remember(benefit, label, UNLIMITED if units is None else units, member)
    grant(Gift(benefit, units, Term(label, day, benefit.good_until(day))), cause, decision, program)


def _birthday(member: Member, year: int) -> date | None:
    month, day = member.profile.birth_month, member.profile.birth_day
    return birthday_in(year, month=month, day=day) if month and day else None


def _reward(benefit: Benefit, cause: Cause, decision: Decision, program: Program) -> None:
    """`granted` remembers how many milestones were rewarded in the metric's window."""
    member, moment, milestone = decision.member, cause.moment, benefit.milestone
    units = _units(benefit, member.tier)
    if milestone is None or units == 0:
        return
    label = milestone.window(moment.windows)
    had = member.granted.get(benefit.id, {}).get(label, 0)
    reached = milestone.reached(member, moment)
    if reached > had:
        _remember(benefit, label, reached, member)
        given = None if units is None else units * (reached - had)
        term = Term(label, moment.day, benefit.good_until(moment.day))
        grant(Gift(benefit, given, term), cause, decision, program)


def _carry_over(
    benefit: Benefit, over: Iterable[OpenGrant], cause: Cause, decision: Decision, program: Program
) -> None:
    carried, day = benefit.carry_over, cause.moment.day
    left = sum(g.left or 0 for g in over if g.benefit_id == benefit.id and g.period != CARRIED)
    if carried is not None and left:
        term = Term(CARRIED, day, months_later(day, carried.months))
        grant(Gift(benefit, min(left, carried.at_most), term), cause, decision, program)


def _fall_to(entitled: int | None, benefit: Benefit, term: Term, cause: Cause, decision: Decision) -> None:
    """Leaves unused what the lower tier would leave of its own allowance; what was used is never taken back."""
    member = decision.member
    ours = {i: g for i, g in member.grants.items() if g.benefit_id == benefit.id and g.period == term.label}
    if entitled is None or not ours:
        return
    used = sum(g.used for g in ours.values())
    spare, revoked = max(entitled - used, 0), 0
    for id_, open_ in ours.items():
        kept = min(open_.left or 0, spare)
        spare -= kept
        revoked += (open_.left or 0) - kept
        revoke(id_, None if open_.left is None else open_.left - kept, "downgraded", cause, decision)
    had = member.granted[benefit.id][term.label]
    _remember(benefit, term.label, used if had == UNLIMITED else had - revoked, member)


def grant(gift: Gift, cause: Cause, decision: Decision, program: Program) -> None:
    """Gives units for the days of a term. Of one cause no two gifts of a benefit have the same term's label."""
    benefit, units, term = gift
    member = decision.member
    given = Grant(
        derived(cause.key, f"grant:{benefit.id}:{term.label}"),
        member.bank,
        member.member_id,
        member.version,
        cause.key,
        benefit.id,
        benefit.network,
        units,
        term.label,
        term.start,
        term.end,
        member.tier or EVERYBODY,
        benefit.ceilings.get(member.tier or EVERYBODY),
        benefit.discount_percent,
        program.mark,
        cause.occurred_at,
    )
    decision.grants += (given,)
    open_ = OpenGrant(benefit.id, benefit.network, units, 0, term.label, term.start, term.end)
    member.grants = {**member.grants, given.grant_id: open_}


def revoke(grant_id: bytes, units: int | None, reason: RevocationReason, cause: Cause, decision: Decision) -> None:
    """Takes back so many unused units of an open grant; None takes back one without limit."""
    member = decision.member
    open_ = member.grants[grant_id]
    if units == 0:
        return
    if units is None or open_.units is None:
        member.grants = {id_: other for id_, other in member.grants.items() if id_ != grant_id}
    else:
        member.grants = {**member.grants, grant_id: open_._replace(units=open_.units - units)}
    decision.revocations += (
        Revocation(
            grant_id,
            member.bank,
            member.member_id,
            member.version,
            cause.key,
            open_.benefit_id,
            open_.network,
            units,
            reason,
            cause.occurred_at,
        ),
    )


def _remember(benefit: Benefit, label: str, value: int, member: Member) -> None:
    """What the period gave. Periods that ended more than a year before are forgotten."""
    known = member.granted.get(benefit.id, {})
    kept = {k: v for k, v in known.items() if k >= str(int(label[:4]) - 1)} if label[:4].isdigit() else known
    member.granted = {**member.granted, benefit.id: {**kept, label: value}}
