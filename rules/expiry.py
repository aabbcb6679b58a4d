"""Lots expire: on the first day not valid what is left of them is taken, one posting for each point type."""

from datetime import date, timedelta
from typing import Final

from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision
from rules.lots import Lot, in_order, unheld
from rules.member import Member
from rules.moves import Move, take_points
from rules.periods import months_later
from rules.program import Program

RULE_ID: Final = "expiry"
ACTIVE: Final = "active"
"""The counter that remembers, by point type, the last day on which any were earned: not a sum, unlike the others."""
ONE_DAY: Final = timedelta(days=1)


def active(member: Member, point_type: str, day: date, program: Program) -> None:
    """Points that expire by inactivity are valid for as long again from the last day on which any were earned."""
    months = program.point_types[point_type].inactive_months
    if months is not None:
        last = max(_last_active(member, point_type), day)
        member.counters[f"{ACTIVE}:{point_type}"] = {"last": last.toordinal()}
        member.falls_due(months_later(last, months) - ONE_DAY)


def _last_active(member: Member, point_type: str) -> date:
    days = member.counters.get(f"{ACTIVE}:{point_type}")
    return date.fromordinal(days["last"]) if days else date.min


def _ends_on(lot: Lot, member: Member, program: Program) -> date | None:
    """The first day on which the lot is not valid: its own, or that of too long without any earned."""
    months = program.point_types[lot.point_type].inactive_months if lot.point_type in program.point_types else None
    if months is None or lot.pending:
        return lot.expires_on
    return months_later(_last_active(member, lot.point_type), months)


def next_day(member: Member, program: Program, after: date) -> date | None:
    """The next day on which one of the member's open lots expires."""
    days = [_ends_on(lot, member, program) for lot in (member.lots or {}).values()]
    return min((day for day in days if day is not None and day > after), default=None)


def expire(cause: Cause, decision: Decision, program: Program, _context: Context) -> None:
    """Takes what is left of the lots whose first day not valid has come; what is held in them waits for its hold."""
    member = decision.member
    over: dict[str, list[Lot]] = {}
    for lot in in_order(unheld(member, member.open_lots().values())):
        ends_on = _ends_on(lot, member, program)
        if ends_on is not None and ends_on <= cause.moment.day:
            over.setdefault(lot.point_type, []).append(lot)
    for point_type, lots in over.items():
        move = Move("expired", RULE_ID, point_type, -sum(lot.left for lot in lots))
        take_points(move, lots, cause, decision, program)
