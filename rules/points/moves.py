"""Movements of points that no earning rule gave: what is taken, given back, adjusted or carried over."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from rules.cause import Cause
from rules.decision import Decision, Posting, PostingKind
from rules.identity import derived
from rules.member import Balance, Member
from rules.points.activity import active
from rules.points.lots import Lot, lot_of, take
from rules.program import Program

ONE_DAY: Final = timedelta(days=1)


class Move(NamedTuple):
    """Points of a type that move, and what they answer to: a rule of the program or the engine's own word for it.

    Of one decision's moves no two have the same rule, point type and part. `asked` says what `capped_by` cut `points`
    from, `amount_minor` the money that moved with them, `earned_by` and `earned_at` the event that earned them
    where that was another.
    """

    kind: PostingKind
    rule_id: str
    point_type: str
    points: int
    expires_on: date | None = None
    restriction: str | None = None
    reverses: bytes | None = None
    period: str | None = None
    part: int = 0
    asked: int | None = None
    capped_by: str | None = None
    amount_minor: int | None = None
    releases_on: date | None = None
    awaits: str | None = None
    thing: str | None = None
    earned_by: bytes | None = None
    earned_at: datetime | None = None


def post_move(move: Move, cause: Cause, decision: Decision, program: Program) -> Posting:
    """Adds the posting of a move. Balances and lots are the caller's to bring up to date, before it."""
    member = decision.member
    desired = move.points if move.asked is None else move.asked
    posting = Posting(
        posting_id=move_id(move, cause),
        bank=member.bank,
        member_id=member.member_id,
        member_version=member.version,
        event_key=move.earned_by or cause.key,
        rule_id=move.rule_id,
        kind=move.kind,
        program_hash=program.mark,
        semantics=program.semantics,
        point_type=move.point_type,
        points=move.points,
        desired_points=desired,
        capped_by=move.capped_by,
        basis=abs(desired),
        rate_numerator=1,
        rate_denominator=1,
        carried=None,
        rounding="down",
        event_day=cause.moment.day,
        business_date=cause.business_date,
        occurred_at=move.earned_at or cause.occurred_at,
        expires_on=move.expires_on,
        restriction=move.restriction,
        mcc=None,
        balance_after=available(member, move.point_type),
        amount_minor=move.amount_minor,
        releases_on=move.releases_on,
        awaits=move.awaits,
        thing=move.thing,
        reverses=move.reverses,
        period=move.period,
        part=move.part,
    )
    decision.postings.append(posting)
    return posting


def move_id(move: Move, cause: Cause) -> bytes:
    return derived(cause.key, f"{move.kind}:{move.rule_id}:{move.point_type}:{move.part}")


def take_points(move: Move, lots: Iterable[Lot], cause: Cause, decision: Decision, program: Program) -> Posting:
    """Takes the move's points (below zero) from the lots in their order; what they do not hold becomes a deficit.

    Bounds: the lots are open and of the move's point type.
    """
    left = take_from(lots, -move.points, move_id(move, cause), decision)
    drawn(decision.member, move.point_type).deficit += left
    return post_move(move, cause, decision, program)


def take_from(lots: Iterable[Lot], points: int, debit_id: bytes, decision: Decision) -> int:
    """Takes points from the lots in their order; answers what they do not hold. Bounds: the lots are open."""
    for lot in lots:
        taken = min(points, lot.left)
        if not taken:
            break
        take(decision, debit_id, lot, taken)
        points -= taken
        balance = drawn(decision.member, lot.point_type)
        if lot.pending:
            balance.pending -= taken
        else:
            balance.available -= taken
    return points


def give_points(move: Move, cause: Cause, decision: Decision, program: Program) -> Posting:
    """Gives the move's points (above zero) as a new lot; unless it is pending they first fill what the member owes."""
    member = decision.member
    balance = drawn(member, move.point_type)
    absorbed = 0
    if move.releases_on is not None or move.awaits is not None:
        balance.pending += move.points
    else:
        absorbed = min(move.points, balance.deficit)
        balance.deficit -= absorbed
        balance.available += move.points - absorbed
    posting = post_move(move, cause, decision, program)
    for day in (posting.expires_on, posting.releases_on):
        if day is not None:
            member.falls_due(day - ONE_DAY)
    if move.kind != "merged":
        active(member, move.point_type, cause.moment.day, program)
    lot = lot_of(posting)
    if member.lots is not None:
        member.lots[lot.lot_id] = lot
    if absorbed:
        take(decision, lot.lot_id, lot, absorbed)
    return posting


def put_aside(member: Member, point_type: str, points: int) -> tuple[int, int]:
    """Points that wait: they fill nothing that is owed before they are released."""
    balance = drawn(member, point_type)
    balance.pending += points
    return balance.available, 0


def drawn(member: Member, point_type: str) -> Balance:
    """The draft's own balance of a point type, to be changed."""
    held = member.balances.get(point_type)
    balance = held.copy() if held else Balance()
    member.balances = {**member.balances, point_type: balance}
    return balance


def available(member: Member, point_type: str) -> int:
    balance = member.balances.get(point_type)
    return balance.available if balance else 0
