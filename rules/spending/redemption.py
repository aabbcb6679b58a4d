"""Redemptions: what a merchant asks for is held, captured, voided, lapses by itself, or is reversed.

    asked -> held -> captured -> reversed        held -> voided | lapsed        asked in one step -> captured

A hold reserves within lots and moves nothing; a capture takes the points and stores from which lots; a reversal gives
them back to the same lots. Captured, voided and lapsed are for ever: a reversal adds to a capture and never undoes it.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import blake2b
from typing import Any, Final

from rules.cause import Cause
from rules.decision import Decision, Denial, RefusalReason
from rules.member import Member
from rules.needs import redemption_id
from rules.periods import ONE_DAY
from rules.points.lots import Lot
from rules.points.moves import take_points
from rules.program import Program
from rules.spending import holds, spend
from rules.spending.pace import begun, too_many
from rules.spending.stops import Asked, Stops, stopped
from rules.spending.units import Booking, booked, use_units
from rules.spending.vouchers import Redeemed, Redemption, RedemptionState, parted
from schemas import events as e
from schemas.events.redemptions import Reference, Use

ALREADY: Final[dict[RedemptionState, RefusalReason]] = {
    "captured": "already-captured", "voided": "already-voided", "lapsed": "already-lapsed",
    "reversed": "already-reversed",
}  # fmt: skip


def begin(
    event: e.HoldRequested | e.RedemptionRequested, cause: Cause, decision: Decision, program: Program, stops: Stops
) -> Denial | None:
    """Holds what is asked for, or takes it at once; or says why not. The same asked again moves nothing."""
    use, member = event.data, decision.member
    known = holds.as_it_stands(use, cause, decision, program)
    if known is not None:
        return _again(cause, known)
    denial = stopped(Asked(use.network, use.merchant, (use.benefit,)), stops) or _barred(event, cause, member, program)
    if denial is not None:
        return denial
    book = booked if use.benefit else _points_booked
    booking = book(use, cause, member, program)
    if isinstance(booking, Denial):
        return booking
    begun(cause, member, program)
    held = _held(event, booking, cause, decision, program)
    holds.keep(held, member)
    if member.redeemed is not None:
        lots = member.open_lots()
        member.redeemed[held.redemption_id] = Redeemed(held, {id_: lots[id_] for id_, _ in held.lots})
    use_units(held, member, program)
    if booking.point_type is not None:
        spend.keep(booking.points, booking.point_type, member)
    if isinstance(event, e.RedemptionRequested):
        holds.end(_capture(held, held.points, cause, decision, program), "captured", cause, decision, program)
    else:
        holds.record(held, decision)
        member.falls_due(holds.morning_after(held.lapses_at or cause.occurred_at, program) - ONE_DAY)
    return None


def _unknown(asked: Reference) -> Denial:
    return Denial("unknown-redemption", f"{asked.merchant} has nothing under {asked.merchant_ref}")


def _again(cause: Cause, known: Redemption) -> Denial | None:
    if known.request == _digest(cause):
        return None
    return Denial("reference-used", f"{known.merchant} used {known.merchant_ref} before, for something else")


def _digest(cause: Cause) -> bytes:
    """Of what is asked for, in whatever form it is written; a field that is left out is as before there was one.

    Of money as it was told: what it comes to changes from day to day.
    """
    event = cause.told or cause.event
    told = f"{event.type}{event.data.model_dump_json(exclude_none=True)}"
    return blake2b(told.encode(), digest_size=16).digest()


def _barred(
    event: e.HoldRequested | e.RedemptionRequested, cause: Cause, member: Member, program: Program
) -> Denial | None:
    """Why the member may begin nothing, whatever it is."""
    most = program.spending.holds_at_most
    if member.status != "enrolled":
        return Denial("member-provisional", "a member who is not enrolled yet earns and cannot spend")
    if isinstance(event, e.HoldRequested) and len(member.holds) >= most:
        return Denial("too-many-holds", f"{most} are held already; capture or void one first")
    return too_many(cause, member, program)


def _points_booked(use: Use, cause: Cause, member: Member, program: Program) -> Booking | Denial:
    points, point_type = use.points or 0, use.point_type or program.pays_with
    if point_type is None or point_type not in program.point_types or not program.point_types[point_type].spendable:
        return Denial("points-not-spendable", f"the program has no spendable points called {point_type}")
    purse = spend.Purse(point_type, use.merchant, use.network, goods=use.purpose != "services")
    lots = spend.reserved(points, purse, member, cause.moment.day)
    return lots if isinstance(lots, Denial) else Booking(point_type, points, lots)


def _held(
    event: e.HoldRequested | e.RedemptionRequested,
    booking: Booking,
    cause: Cause,
    decision: Decision,
    program: Program,
) -> Redemption:
    member, use = decision.member, event.data
    lapses_at = None
    if isinstance(event, e.HoldRequested):
        lapses_at = cause.occurred_at + timedelta(minutes=event.data.hold_minutes or program.spending.hold_minutes)
    return Redemption(
        redemption_id=redemption_id(member.bank, member.member_id, use),
        bank=member.bank,
        member_id=member.member_id,
        member_version=member.version,
        event_key=cause.key,
        state="held",
        merchant=use.merchant,
        merchant_ref=use.merchant_ref,
        network=use.network,
        request=_digest(cause),
        point_type=booking.point_type,
        points=booking.points,
        captured=0,
        returned=0,
        expired=0,
        benefit_id=booking.benefit_id,
        units=booking.units,
        amount_minor=use.amount_minor,
        payable_minor=booking.payable_minor,
        lots=booking.lots,
        grants=booking.grants,
        used_on=cause.moment.day,
        lapses_at=lapses_at,
        occurred_at=cause.occurred_at,
        program_hash=program.mark,
    )


def capture(
    event: e.CaptureRequested, cause: Cause, decision: Decision, program: Program, _stops: Stops
) -> Denial | None:
    """Takes what is held, all or so many points of it; what is left is let go of, or held on."""
    known = holds.as_it_stands(event.data, cause, decision, program)
    if known is None:
        return _unknown(event.data)
    if known.state != "held":
        return Denial(ALREADY[known.state], f"{known.merchant_ref} is {known.state}")
    if decision.member.frozen is not None and decision.member.frozen.kind == "full":
        return Denial("member-frozen", spend.FROZEN)
    left = known.points - known.captured
    points = left if event.data.points is None else event.data.points
    if points > left or (event.data.points is not None and known.benefit_id is not None):
        return Denial("more-than-held", f"{left} points are held, of a benefit all or nothing; asked were {points}")
    held = _capture(known, points, cause, decision, program)
    if event.data.rest == "keep" and points < left:
        holds.keep(held, decision.member)
        holds.record(held, decision)
    else:
        holds.end(held, "captured", cause, decision, program)
    return None


def _capture(held: Redemption, points: int, cause: Cause, decision: Decision, program: Program) -> Redemption:
    """Takes points that are held; the hold with so many more of them captured."""
    if held.point_type is not None and points:
        spend.keep(-points, held.point_type, decision.member)
        taken = spend.debit(parted(held.reserved, points)[0], held.point_type, decision.member)
        take_points(*taken, cause, decision, program)
    return held._replace(captured=held.captured + points, **holds.step(cause, decision))


def void(event: e.VoidRequested, cause: Cause, decision: Decision, program: Program, _stops: Stops) -> Denial | None:
    """Lets go of what is held."""
    known = holds.as_it_stands(event.data, cause, decision, program)
    if known is None:
        return _unknown(event.data)
    if known.state != "held":
        return Denial(ALREADY[known.state], f"{known.merchant_ref} is {known.state}")
    holds.end(known, "voided", cause, decision, program)
    return None


def reverse(
    event: e.ReversalRequested, cause: Cause, decision: Decision, program: Program, _stops: Stops
) -> Denial | None:
    """Gives back what was captured, all that is left or so many points, from the lot that was taken last."""
    points, known = event.data.points, holds.as_it_stands(event.data, cause, decision, program)
    if known is None:
        return _unknown(event.data)
    if known.state != "captured":
        reason = "not-captured-yet" if known.state == "held" else ALREADY[known.state]
        return Denial(reason, f"{known.merchant_ref} is {known.state}")
    if (cause.moment.day - known.used_on).days > program.spending.reverse_within_days:
        return Denial("too-late-to-reverse", f"{program.spending.reverse_within_days} days are given for that")
    left = known.captured - known.returned
    back = left if points is None else points
    if back > left or (points is not None and known.benefit_id is not None):
        return Denial("more-than-captured", f"{left} points are left of it, of a benefit all or nothing")
    kept, given = parted(known.lots, left - back)
    expired = 0
    if known.point_type is not None and given:
        lots = _lots_of(known, decision.member)
        parts = [lots[id_]._replace(left=n) for id_, n in given]
        expired = spend.give_back(parts, known.point_type, cause, decision, program)
    if back == left:
        use_units(known, decision.member, program, back=True)
    holds.record(
        known._replace(
            state="reversed" if back == left else "captured",
            returned=known.returned + back,
            expired=known.expired + expired,
            lots=kept,
            grants=known.grants if back < left else (),
            **holds.step(cause, decision),
        ),
        decision,
    )
    return None


def _lots_of(known: Redemption, member: Member) -> dict[bytes, Lot]:
    return (member.redeemed or {})[known.redemption_id].lots


STEPS: Final[Mapping[type, Callable[[Any, Cause, Decision, Program, Stops], Denial | None]]] = {
    e.HoldRequested: begin, e.RedemptionRequested: begin, e.CaptureRequested: capture, e.VoidRequested: void,
    e.ReversalRequested: reverse,
}  # fmt: skip
"""What decides each request; it says why where nothing moves."""
