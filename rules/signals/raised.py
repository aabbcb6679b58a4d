"""Signals: the relationship manager is told at the right moment, once.

Flows of money and a tier in reach are seen at the event that brings them; what has a day is said on its morning, in
the program's zone.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final, NamedTuple, assert_never

from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision, Signal
from rules.identity import derived
from rules.member import Member
from rules.moment import Moment
from rules.periods import ONE_DAY, birthday_in, months_later
from rules.program import Program
from rules.signals.prompts import (
    Birthday,
    Flow,
    Matures,
    NotContacted,
    PointsExpire,
    Prompt,
    Quiet,
    TierAtRisk,
    TierInReach,
    UnitsExpire,
)
from rules.standing.progress import asked, below_tier
from schemas import events as e

UNHEARD: Final = (e.MemberEnrolled, e.MemberUpdated, e.MemberContacted, e.InsuranceValued, e.WealthValued)
"""Events that are not the member's own doing."""


class Found(NamedTuple):
    """What a signal is about: whose or which thing, the day ahead, and money."""

    subject: str | None = None
    due_on: date | None = None
    amount_minor: int | None = None


def look(cause: Cause, decision: Decision, program: Program) -> None:
    """Notes what later signals will ask for, and raises those that the event brings."""
    member, day = decision.member, cause.moment.day
    watched = member.watch
    _note(cause, member)
    for prompt in program.prompts.at_events:
        for found in _brought(prompt, decision, program, cause.moment):
            _raise(prompt, found, cause, decision, program)
    if (watched.matures, watched.contacted_on) != (member.watch.matures, member.watch.contacted_on) or (
        decision.tier_changes or decision.postings or decision.grants or watched.active_on is None
    ):
        _fall_due(day, decision, program)


def remind(cause: Cause, decision: Decision, program: Program, _context: Context) -> None:
    """Raises what has its day."""
    member, today = decision.member, cause.moment.day
    if member.status == "closed":
        return
    for prompt in program.prompts.all:
        for day, found in _coming(prompt, member, program, today - ONE_DAY):
            if day == today and _still(prompt, member, program, cause.moment):
                _raise(prompt, found, cause, decision, program)


def next_day(member: Member, program: Program, after: date) -> date | None:
    """The next morning that has something to say."""
    if member.status == "closed":
        return None
    days = (day for prompt in program.prompts.all for day, _ in _coming(prompt, member, program, after))
    return min(days, default=None)


def _note(cause: Cause, member: Member) -> None:
    event, day, watch = cause.event, cause.moment.day, member.watch
    if isinstance(event, e.MemberContacted):
        watch = watch._replace(contacted_on=max(day, watch.contacted_on or day))
    elif not isinstance(event, UNHEARD):
        watch = watch._replace(active_on=max(day, watch.active_on or day))
    match event:
        case e.TermDepositOpened():
            watch = watch.maturing(event.data.account, months_later(day, event.data.tenor_months))
        case e.WealthSubscribed() if event.data.days:
            watch = watch.maturing(event.data.holding, day + timedelta(days=event.data.days))
        case e.TermDepositMatured() | e.TermDepositWithdrawnEarly():
            watch = watch.maturing(event.data.account, None)
        case e.WealthMatured():
            watch = watch.maturing(event.data.holding, None)
        case _:
            pass
    member.watch = watch


def _fall_due(day: date, decision: Decision, program: Program) -> None:
    member = decision.member
    coming = next_day(member, program, day)
    if coming is not None:
        member.falls_due(coming - ONE_DAY)
    ahead = [p.when.days for p in program.prompts.all if isinstance(p.when, PointsExpire)]
    for posting in decision.postings if ahead else ():
        if posting.points > 0 and posting.expires_on is not None:
            member.falls_due(max(posting.expires_on - timedelta(days=max(ahead)) - ONE_DAY, day))


def _brought(prompt: Prompt, decision: Decision, program: Program, moment: Moment) -> Iterable[Found]:
    """What the event that was just decided brings."""
    member, when = decision.member, prompt.when
    match when:
        case Flow():
            flows = member.watch.flows
            if flows and flows[-1][0] == moment.day:
                came, went = member.watch.within(moment.day, when.within_days)
                amount = {"in": came, "out": went, "net": went - came}[when.way]
                if amount >= when.at_least_minor:
                    yield Found(amount_minor=amount)
        case TierInReach():
            rank = program.ranks.get(member.tier or "", -1) + 1
            if 0 < rank < len(program.ladder) and not decision.tier_changes:
                ahead = asked(program.ladder[rank], member, moment)
                if ahead.reached(when.part) and not ahead.met:
                    yield Found(subject=ahead.tier)
        case _:
            pass


def _coming(prompt: Prompt, member: Member, program: Program, after: date) -> Iterable[tuple[date, Found]]:
    """The first days after a day on which the signal has something to say, with what."""
    when = prompt.when
    match when:
        case Quiet():
            return _silences(when, member, after)
        case NotContacted():
            return _cadence(when, member, after)
        case Matures():
            return _maturities(when, member, after)
        case Birthday():
            return _birthdays(when, member, after)
        case PointsExpire():
            return _expiring(when, member, after)
        case UnitsExpire():
            return _unused(when, member, after)
        case TierAtRisk():
            return _ratings(when, member, program, after)
        case Flow() | TierInReach():
            return ()
        case _:
            assert_never(when)


def _later(day: date, found: Found, after: date) -> Iterable[tuple[date, Found]]:
    if day > after:
        yield day, found


def _silences(when: Quiet, member: Member, after: date) -> Iterable[tuple[date, Found]]:
    if member.watch.active_on is not None:
        yield from _later(member.watch.active_on + timedelta(days=when.days), Found(), after)


def _maturities(when: Matures, member: Member, after: date) -> Iterable[tuple[date, Found]]:
    for holding, day in member.watch.matures:
        yield from _later(day - timedelta(days=when.days), Found(holding, day), after)


def _unused(when: UnitsExpire, member: Member, after: date) -> Iterable[tuple[date, Found]]:
    for grant in member.grants.values():
        if grant.left:
            said = grant.valid_until - timedelta(days=when.days)
            yield from _later(said, Found(grant.benefit_id, grant.valid_until), after)


def _cadence(when: NotContacted, member: Member, after: date) -> Iterable[tuple[date, Found]]:
    days = when.days.get(member.tier or "")
    since = max((day for day in (member.watch.contacted_on, member.tier_since) if day is not None), default=None)
    if days is not None and since is not None:
        times = max((after - since).days // days + 1, 1)
        yield since + timedelta(days=days * times), Found()


def _birthdays(when: Birthday, member: Member, after: date) -> Iterable[tuple[date, Found]]:
    month, day = member.profile.birth_month, member.profile.birth_day
    if month is None or day is None:
        return
    for year in (after.year, after.year + 1, after.year + 2):
        birthday = birthday_in(year, month=month, day=day)
        said = birthday - timedelta(days=when.days)
        if said > after:
            yield said, Found(due_on=birthday)
            return


def _expiring(when: PointsExpire, member: Member, after: date) -> Iterable[tuple[date, Found]]:
    points: dict[tuple[str, date], int] = {}
    for lot in (member.lots or {}).values():
        if lot.expires_on is not None and when.point_type in (None, lot.point_type):
            key = (lot.point_type, lot.expires_on)
            points[key] = points.get(key, 0) + lot.left
    for (point_type, day), left in sorted(points.items()):
        if left >= when.at_least:
            yield from _later(day - timedelta(days=when.days), Found(point_type, day), after)


def _ratings(when: TierAtRisk, member: Member, program: Program, after: date) -> Iterable[tuple[date, Found]]:
    if program.review is None or program.review.down == "never" or member.tier is None:
        return
    rated_on = program.review.rating_day(member, after + timedelta(days=when.days))
    if rated_on is not None:
        yield rated_on - timedelta(days=when.days), Found(due_on=rated_on)


def _still(prompt: Prompt, member: Member, program: Program, moment: Moment) -> bool:
    """Whether what the morning was kept for holds now that it has come."""
    if not isinstance(prompt.when, TierAtRisk):
        return True
    rated_on, term = moment.day + timedelta(days=prompt.when.days), member.term
    locked = term.locked_until is not None and term.locked_until > rated_on + ONE_DAY
    safe = term.until is not None and term.until > rated_on
    return not locked and not safe and below_tier(member, program, moment)


def _raise(prompt: Prompt, found: Found, cause: Cause, decision: Decision, program: Program) -> None:
    """Adds the signal, unless it was raised for the same subject not long ago."""
    member, day = decision.member, cause.moment.day
    name = f"{prompt.id}:{found.subject}" if found.subject else prompt.id
    last = dict(member.watch.raised).get(name)
    if last is not None and (day - last).days < max(prompt.quiet_days, 1):
        return
    member.watch = member.watch.raising(name, day, max(p.quiet_days for p in program.prompts.all) + 1)
    profile, due = member.profile, found.due_on
    if due is None and prompt.due_in_days is not None:
        due = day + timedelta(days=prompt.due_in_days)
    decision.signals += (
        Signal(
            derived(cause.key, f"signal:{name}"),
            member.bank,
            member.member_id,
            member.version,
            cause.key,
            prompt.id,
            found.subject,
            prompt.priority,
            profile.manager if prompt.to != "deputy" else None,
            profile.deputy if prompt.to != "manager" else None,
            due,
            found.amount_minor,
            program.currency,
            day,
            cause.business_date,
            cause.occurred_at,
            program.mark,
        ),
    )
