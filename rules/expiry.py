"""Lots expire: on the first day not valid what is left of them is taken, one posting for each point type."""

from datetime import date

from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision
from rules.lots import Lot, in_order, unheld
from rules.member import Member
from rules.moves import Move, take_points
from rules.program import Program

RULE_ID = "expiry"


def next_day(member: Member, _program: Program, after: date) -> date | None:
    """The next day on which one of the member's open lots expires."""
    if member.lots is None:
        return None
    return min((lot.expires_on for lot in member.lots.values() if lot.expires_on and lot.expires_on > after),
               default=None)  # fmt: skip


def expire(cause: Cause, decision: Decision, program: Program, _context: Context) -> None:
    """Takes what is left of the lots whose first day not valid has come; what is held in them waits for its hold."""
    member = decision.member
    over: dict[str, list[Lot]] = {}
    for lot in in_order(unheld(member, member.open_lots().values())):
        if lot.expires_on is not None and lot.expires_on <= cause.moment.day:
            over.setdefault(lot.point_type, []).append(lot)
    for point_type, lots in over.items():
        move = Move("expired", RULE_ID, point_type, -sum(lot.left for lot in lots))
        take_points(move, lots, cause, decision, program)
