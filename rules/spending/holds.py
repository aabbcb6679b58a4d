"""Holds as they stand: kept for a merchant until they are captured, voided or lapse; and the rows of each step."""

from datetime import date, datetime
from typing import Any

from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision
from rules.member import Member
from rules.needs import redemption_id
from rules.periods import ONE_DAY
from rules.program import Program
from rules.spending import spend
from rules.spending.units import use_units
from rules.spending.vouchers import Redeemed, Redemption, RedemptionState, parted, total
from schemas.events.redemptions import Reference


def lapse(cause: Cause, decision: Decision, program: Program, _context: Context | None = None) -> None:
    """Lets go of the holds whose time has passed."""
    for held in list(decision.member.holds.values()):
        if held.lapses_at is not None and held.lapses_at <= cause.occurred_at:
            end(held, "lapsed", cause, decision, program)


def next_day(member: Member, program: Program, after: date) -> date | None:
    """The next morning by which a hold has lapsed."""
    mornings = (morning_after(held.lapses_at, program) for held in member.holds.values() if held.lapses_at)
    return min((day for day in mornings if day > after), default=None)


def morning_after(lapses_at: datetime, program: Program) -> date:
    """The first day of which no instant is before it lapses."""
    local = lapses_at.astimezone(program.zone)
    return local.date() if local.timetz().replace(tzinfo=None) == datetime.min.time() else local.date() + ONE_DAY


def as_it_stands(asked: Reference, cause: Cause, decision: Decision, program: Program) -> Redemption | None:
    """What is known under the reference, after the holds are let go of whose time has passed."""
    lapse(cause, decision, program)
    member = decision.member
    id_ = redemption_id(member.bank, member.member_id, asked)
    if id_ in member.holds:
        return member.holds[id_]
    known = (member.redeemed or {}).get(id_)
    return known.redemption if known else None


def keep(held: Redemption, member: Member) -> None:
    """The draft has the hold as it is now."""
    member.holds = {**member.holds, held.redemption_id: held}


def end(held: Redemption, state: RedemptionState, cause: Cause, decision: Decision, program: Program) -> None:
    """Ends a hold and frees what it still keeps. What was captured of it stays so, whatever ends the rest."""
    member, rest = decision.member, held.reserved
    member.holds = {id_: other for id_, other in member.holds.items() if id_ != held.redemption_id}
    if rest and held.point_type is not None:
        spend.keep(-total(rest), held.point_type, member)
        if spend.past((member.open_lots()[id_] for id_, _ in rest), cause.moment.day):
            member.falls_due(cause.moment.day)
    taken = state == "captured" or held.captured > 0
    if not taken:
        use_units(held, member, program, back=True)
    record(
        held._replace(
            state="captured" if taken else state,
            lots=parted(held.lots, held.captured)[0],
            grants=held.grants if taken else (),
            **step(cause, decision),
        ),
        decision,
    )


def record(row: Redemption, decision: Decision) -> None:
    """Of a redemption that moves twice in one decision (it lapses and is reversed) the last state alone is told."""
    others = [one for one in decision.redemptions if one.redemption_id != row.redemption_id]
    decision.redemptions = (*others, row)
    redeemed = decision.member.redeemed
    if redeemed is not None:
        known = redeemed.get(row.redemption_id)
        redeemed[row.redemption_id] = Redeemed(row, known.lots if known else {})


def step(cause: Cause, decision: Decision) -> dict[str, Any]:
    """What a row says of the step that made it."""
    return {"member_version": decision.member.version, "event_key": cause.key, "occurred_at": cause.occurred_at}
