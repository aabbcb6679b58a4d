"""Pending points: they come with their event, and are released by a day or a later event, or forfeited by one."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision, Posting, Release
from rules.identity import derived
from rules.member import Member
from rules.metrics.counters import counted
from rules.periods import months_later, windows
from rules.points.lots import Lot, in_order, take
from rules.points.moves import drawn
from rules.points.point_types import Pending
from rules.program import Program

ONE_DAY: Final = timedelta(days=1)
THINGS: Final = ("policy", "account", "holding", "loan")
"""The fields by which events name what they are about; points wait for, and are lost by, an event about the same."""


def thing_of(data: Any) -> str | None:
    """What the event is about, by the bank's own id."""
    told = vars(data)
    return next((told[name] for name in THINGS if name in told), None)


def in_parts(posting: Posting, pending: Pending, program: Program) -> Iterable[Posting]:
    """The pending lots that a posting is given in: shares of its points, of which the last are the larger."""
    expires = program.point_types[posting.point_type].expires
    for part in range(pending.parts):
        desired = _share(posting.desired_points, part, pending.parts)
        if not desired:
            continue
        points = _share(posting.points, part, pending.parts)
        releases_on = _releases_on(posting.event_day, part, pending)
        yield posting._replace(
            posting_id=posting.posting_id if not part else derived(posting.posting_id, f"part:{part}"),
            points=points,
            desired_points=desired,
            capped_by=posting.capped_by if points < desired else None,
            releases_on=releases_on,
            awaits=f"{pending.until}:{posting.thing}" if pending.until else None,
            expires_on=expires(releases_on or posting.event_day)
            if pending.expires_from_release
            else posting.expires_on,
            part=part,
        )


def _share(points: int, part: int, parts: int) -> int:
    return points // parts + (part >= parts - points % parts)


def _releases_on(day: date, part: int, pending: Pending) -> date | None:
    if pending.on is not None:
        return pending.on
    if pending.days is not None:
        return day + timedelta(days=pending.days)
    return months_later(day, pending.every_months * (part + 1)) if pending.every_months else None


def next_day(member: Member, _program: Program, after: date) -> date | None:
    """The next day on which a lot is released."""
    days = [lot.releases_on for lot in (member.lots or {}).values() if lot.releases_on and lot.releases_on > after]
    return min(days, default=None)


def release(cause: Cause, decision: Decision, program: Program, _context: Context) -> None:
    """Releases the lots whose day has come."""
    for lot in in_order(decision.member.open_lots().values()):
        if lot.releases_on is not None and lot.releases_on <= cause.moment.day:
            _released(lot, cause, decision, program)


def release_awaiting(cause: Cause, decision: Decision, program: Program) -> None:
    """Releases the lots that wait for this event."""
    awaited = f"{cause.event.type.removesuffix('.v1')}:{thing_of(cause.event.data)}"
    for lot in in_order(decision.member.open_lots().values()):
        if lot.awaits == awaited:
            _released(lot, cause, decision, program)


def _released(lot: Lot, cause: Cause, decision: Decision, program: Program) -> None:
    """The lot's points are available, but for what the member owes; metrics count them for the day they were earned."""
    member, day = decision.member, cause.moment.day
    rule = program.rules.get(lot.rule_id)
    pending = rule.pending if rule else None
    expires_on = lot.expires_on
    if pending is not None and pending.expires_from_release and lot.point_type in program.point_types:
        expires_on = program.point_types[lot.point_type].expires(day)
    if expires_on is not None and expires_on <= day:
        return
    row = Release(member.bank, member.member_id, member.version, cause.key, lot.lot_id, lot.left, day, expires_on)
    decision.releases.append(row)
    balance = drawn(member, lot.point_type)
    absorbed = min(lot.left, balance.deficit)
    balance.pending -= lot.left
    balance.deficit -= absorbed
    balance.available += lot.left - absorbed
    member.open_lots()[lot.lot_id] = lot._replace(expires_on=expires_on, releases_on=None, awaits=None)
    if absorbed:
        take(decision, lot.lot_id, member.open_lots()[lot.lot_id], absorbed)
    if expires_on is not None:
        member.falls_due(expires_on - ONE_DAY)
    if pending is None or not pending.counts_at_once:
        in_windows = windows(program.moment(lot.earned_at).day)
        given = program.periods.given.get((lot.rule_id, lot.point_type), ())
        for counter, period in (*program.points_counters.get(lot.point_type, ()), *given):
            counted(member, counter, period, in_windows, lot.left)
