"""Lots expire: on the first day not valid what is left is taken, a posting for each point type and restriction."""

from datetime import date
from typing import Final, NamedTuple

from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision
from rules.member import Member
from rules.periods import ONE_DAY, months_later
from rules.points.activity import last_active
from rules.points.lots import Lot, in_order, unheld
from rules.points.moves import Move, take_points
from rules.program import Program

RULE_ID: Final = "expiry"


class Expiring(NamedTuple):
    """Points of a type whose last day lies in a month, such as 2028-10; the first of them expire on `from_day`."""

    point_type: str
    month: str
    points: int
    from_day: date


def expiring(member: Member, program: Program) -> list[Expiring]:
    """What of the member's open lots expires when, month by month; what holds keep and what waits is left out."""
    return expiring_before(member, program, date.max)


def expiring_before(member: Member, program: Program, day: date) -> list[Expiring]:
    """The same of what expires before a day."""
    found: dict[tuple[str, str], list[tuple[date, int]]] = {}
    for lot in unheld(member, member.open_lots().values()):
        ends_on = None if lot.pending else _ends_on(lot, member, program)
        if ends_on is not None and ends_on < day:
            month = f"{ends_on - ONE_DAY:%Y-%m}"
            found.setdefault((month, lot.point_type), []).append((ends_on, lot.left))
    return [
        Expiring(point_type, month, sum(points for _, points in parts), min(day for day, _ in parts))
        for (month, point_type), parts in sorted(found.items())
    ]


def _ends_on(lot: Lot, member: Member, program: Program) -> date | None:
    """The first day on which the lot is not valid: its own, or that of too long without any that came."""
    months = program.point_types[lot.point_type].inactive_months if lot.point_type in program.point_types else None
    if months is None or lot.pending:
        return lot.expires_on
    last = last_active(member, lot.point_type) or lot.earned_at.astimezone(program.zone).date()
    return months_later(last, months)


def next_day(member: Member, program: Program, after: date) -> date | None:
    """The next day on which one of the member's open lots expires."""
    days = [_ends_on(lot, member, program) for lot in (member.lots or {}).values()]
    return min((day for day in days if day is not None and day > after), default=None)


def expire(cause: Cause, decision: Decision, program: Program, _context: Context) -> None:
    """Takes what is left of the lots whose first day not valid has come; what is held in them waits for its hold."""
    member = decision.member
    over: dict[str, dict[str | None, list[Lot]]] = {}
    for lot in in_order(unheld(member, member.open_lots().values())):
        ends_on = _ends_on(lot, member, program)
        if ends_on is not None and ends_on <= cause.moment.day:
            over.setdefault(lot.point_type, {}).setdefault(lot.restriction, []).append(lot)
    for point_type, alike in over.items():
        for part, (restriction, lots) in enumerate(alike.items()):
            points = sum(lot.left for lot in lots)
            move = Move("expired", RULE_ID, point_type, -points, restriction=restriction, part=part)
            take_points(move, lots, cause, decision, program)
