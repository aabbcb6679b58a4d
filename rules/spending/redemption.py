"""Redemptions: what a merchant asks for is held, captured, voided, lapses by itself, or is reversed.

    asked -> held -> captured -> reversed        held -> voided | lapsed        asked in one step -> captured

A hold reserves within lots and moves nothing; a capture takes the points and stores from which lots; a reversal gives
them back to the same lots. Captured, voided and lapsed are for ever: a reversal adds to a capture and never undoes it.
"""

from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any

from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision, Denial, RefusalReason
from rules.member import Member
from rules.needs import redemption_id
from rules.periods import ONE_DAY
from rules.points.lots import Lot
from rules.program import Program
from rules.spending import spend
from rules.spending.pace import begun, too_many
from rules.spending.stops import NO_STOPS, Asked, Stops, stopped
from rules.spending.units import Booking, booked, use_units
from rules.spending.vouchers import Redeemed, Redemption, RedemptionState, parted, total
from schemas import events as e
from schemas.events.redemptions import Reference, Use

ALREADY: dict[RedemptionState, RefusalReason] = {
    "captured": "already-captured", "voided": "already-voided", "lapsed": "already-lapsed",
    "reversed": "already-reversed",
}  # fmt: skip


def redemption_decided(cause: Cause, decision: Decision, program: Program, stops: Stops = NO_STOPS) -> Denial | None:
    """Decides a request, or says why it moves nothing. The same asked again is a repeat and moves nothing either."""
    event, member = cause.event, decision.member
    lapse(cause, decision, program)
    if not isinstance(event.data, Reference):
        raise AssertionError(f"{event.type} asks for no redemption")  # noqa: TRY004 - a defect, not a wrong type
    known = _known(redemption_id(member.bank, member.member_id, event.data), member)
    if isinstance(event, e.HoldRequested | e.RedemptionRequested):
        if known:
            return _again(cause, known)
        use = event.data
        barred = stopped(Asked(use.network, use.merchant, (use.benefit,)), stops)
        return barred or _begin(event, cause, decision, program)
    if known is None:
        return Denial("unknown-redemption", f"{event.data.merchant} has nothing under {event.data.merchant_ref}")
    if isinstance(event, e.ReversalRequested):
        return _reverse(event.data.points, known, cause, decision, program)
    if known.state != "held":
        return Denial(ALREADY[known.state], f"{known.merchant_ref} is {known.state}")
    if isinstance(event, e.CaptureRequested):
        return _capture_asked(event, known, cause, decision, program)
    _close(known, "voided", cause, decision, program)
    return None


def _again(cause: Cause, known: Redemption) -> Denial | None:
    if known.request == _digest(cause):
        return None
    return Denial("reference-used", f"{known.merchant} used {known.merchant_ref} before, for something else")


def lapse(cause: Cause, decision: Decision, program: Program, _context: Context | None = None) -> None:
    """Lets go of the holds whose time has passed."""
    for held in list(decision.member.holds.values()):
        if held.lapses_at is not None and held.lapses_at <= cause.occurred_at:
            _close(held, "lapsed", cause, decision, program)


def next_day(member: Member, program: Program, after: date) -> date | None:
    """The next morning by which a hold has lapsed."""
    mornings = (_morning(held.lapses_at, program) for held in member.holds.values() if held.lapses_at)
    return min((day for day in mornings if day > after), default=None)


def _morning(lapses_at: datetime, program: Program) -> date:
    local = lapses_at.astimezone(program.zone)
    return local.date() if local.timetz().replace(tzinfo=None) == datetime.min.time() else local.date() + ONE_DAY


def _known(id_: bytes, member: Member) -> Redemption | None:
    if id_ in member.holds:
        return member.holds[id_]
    known = (member.redeemed or {}).get(id_)
    return known.redemption if known else None


def _digest(cause: Cause) -> bytes:
    """Of what is asked for, in whatever form it is written; a field that is left out is as before there was one.

    Of money as it was told: what it comes to changes from day to day.
    """
    event = cause.told or cause.event
    told = f"{event.type}{event.data.model_dump_json(exclude_none=True)}"
    return blake2b(told.encode(), digest_size=16).digest()


def _begin(
    event: e.HoldRequested | e.RedemptionRequested, cause: Cause, decision: Decision, program: Program
) -> Denial | None:
    member, most = decision.member, program.spending.holds_at_most
    if member.status != "enrolled":
        return Denial("member-provisional", "a member who is not enrolled yet earns and cannot spend")
    if isinstance(event, e.HoldRequested) and len(member.holds) >= most:
        return Denial("too-many-holds", f"{most} are held already; capture or void one first")
    quick = too_many(cause, member, program)
    if quick is not None:
        return quick
    book = booked if event.data.benefit else _points_booked
    booking = book(event.data, cause, member, program)
    if isinstance(booking, Denial):
        return booking
    begun(cause, member, program)
    held = _held(event, booking, cause, decision, program)
    _hold(held, member)
    if member.redeemed is not None:
        lots = member.open_lots()
        member.redeemed[held.redemption_id] = Redeemed(held, {id_: lots[id_] for id_, _ in held.lots})
    use_units(held, member, program)
    if booking.point_type is not None:
        spend.keep(booking.points, booking.point_type, member)
    if isinstance(event, e.RedemptionRequested):
        _capture(held, held.points, cause, decision, program)
        _close(member.holds[held.redemption_id], "captured", cause, decision, program)
    else:
        _record(held, decision)
        member.falls_due(_morning(held.lapses_at or cause.occurred_at, program) - ONE_DAY)
    return None


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


def _capture_asked(
    event: e.CaptureRequested, known: Redemption, cause: Cause, decision: Decision, program: Program
) -> Denial | None:
    if decision.member.frozen is not None and decision.member.frozen.kind == "full":
        return Denial("member-frozen", spend.FROZEN)
    left = known.points - known.captured
    points = left if event.data.points is None else event.data.points
    if points > left or (event.data.points is not None and known.benefit_id is not None):
        return Denial("more-than-held", f"{left} points are held, of a benefit all or nothing; asked were {points}")
    held = _capture(known, points, cause, decision, program)
    if event.data.rest == "keep" and points < left:
        _hold(held, decision.member)
        _record(held, decision)
    else:
        _close(held, "captured", cause, decision, program)
    return None


def _capture(held: Redemption, points: int, cause: Cause, decision: Decision, program: Program) -> Redemption:
    """Takes points that are held; the hold with so many more of them captured."""
    after = held._replace(captured=held.captured + points, **_step(cause, decision))
    if held.point_type is not None and points:
        spend.keep(-points, held.point_type, decision.member)
        spend.debit(parted(held.reserved, points)[0], held.point_type, cause, decision, program)
    _hold(after, decision.member)
    return after


def _hold(held: Redemption, member: Member) -> None:
    member.holds = {**member.holds, held.redemption_id: held}


def _close(held: Redemption, state: RedemptionState, cause: Cause, decision: Decision, program: Program) -> None:
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
    _record(
        held._replace(
            state="captured" if taken else state,
            lots=parted(held.lots, held.captured)[0],
            grants=held.grants if taken else (),
            **_step(cause, decision),
        ),
        decision,
    )


def _reverse(
    points: int | None, known: Redemption, cause: Cause, decision: Decision, program: Program
) -> Denial | None:
    """Gives back what was captured, all that is left or so many points, from the lot that was taken last."""
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
    _record(
        known._replace(
            state="reversed" if back == left else "captured",
            returned=known.returned + back,
            expired=known.expired + expired,
            lots=kept,
            grants=known.grants if back < left else (),
            **_step(cause, decision),
        ),
        decision,
    )
    return None


def _lots_of(known: Redemption, member: Member) -> dict[bytes, Lot]:
    return (member.redeemed or {})[known.redemption_id].lots


def _step(cause: Cause, decision: Decision) -> dict[str, Any]:
    return {"member_version": decision.member.version, "event_key": cause.key, "occurred_at": cause.occurred_at}


def _record(row: Redemption, decision: Decision) -> None:
    """Of a redemption that moves twice in one decision (it lapses and is reversed) the last state alone is told."""
    others = [one for one in decision.redemptions if one.redemption_id != row.redemption_id]
    decision.redemptions = (*others, row)
    redeemed = decision.member.redeemed
    if redeemed is not None:
        known = redeemed.get(row.redemption_id)
        redeemed[row.redemption_id] = Redeemed(row, known.lots if known else {})
