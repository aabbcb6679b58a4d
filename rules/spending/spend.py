"""Points are spent: reserved within lots, taken from them, and given back to the same lots."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final, NamedTuple

from rules.cause import Cause
from rules.decision import Allocation, Decision, Denial
from rules.member import Member
from rules.periods import ONE_DAY
from rules.points import expiry
from rules.points.lots import Lot, in_order, put_back, unheld
from rules.points.moves import Move, drawn, give_points, post_move, take_points
from rules.program import Program
from rules.spending.vouchers import Parts, total

RULE_ID: Final = "redemption"
FROZEN: Final = "the member is looked into; the bank knows why"
NO_GOODS: Final = "no-goods"
ONLY_MERCHANT: Final = "only-merchant-"
ONLY_NETWORK: Final = "only-network-"
"""What restrictions of points mean: not for goods; only at one merchant, or at the merchants of one network."""


class Purse(NamedTuple):
    """The points that may pay: of one type, where they are spent, and whether for goods."""

    point_type: str
    merchant: str | None
    network: str | None
    goods: bool

    def takes(self, restriction: str | None) -> bool:
        """Whether points with this restriction may pay; one of another name is only a note."""
        if restriction is None:
            return True
        if restriction == NO_GOODS:
            return not self.goods
        if restriction.startswith(ONLY_MERCHANT):
            return restriction == f"{ONLY_MERCHANT}{self.merchant}"
        return not restriction.startswith(ONLY_NETWORK) or restriction == f"{ONLY_NETWORK}{self.network}"


def reserved(points: int, purse: Purse, member: Member, day: date) -> Parts | Denial:
    """Which lots the points come from: soonest expiry first, then earned, then id. A lot past its day has none."""
    if member.frozen is not None:
        return Denial("member-frozen", FROZEN)
    open_ = [
        lot
        for lot in unheld(member, member.open_lots().values())
        if lot.point_type == purse.point_type and lot.usable_on(day)
    ]
    parts: list[tuple[bytes, int]] = []
    left = points
    for lot in in_order(lot for lot in open_ if purse.takes(lot.restriction)):
        taken = min(left, lot.left)
        if taken:
            parts.append((lot.lot_id, taken))
            left -= taken
    if not left:
        return tuple(parts)
    all_ = sum(lot.left for lot in open_)
    if all_ >= points:
        return Denial("points-restricted", f"of {all_} points {points - left} may be spent here; asked were {points}")
    return Denial("not-enough-points", f"{all_} points may be spent; asked were {points}")


def keep(points: int, point_type: str, member: Member) -> None:
    """Available points are held; below zero, held points are available again."""
    balance = drawn(member, point_type)
    balance.available -= points
    balance.held += points


def debit(parts: Parts, point_type: str, member: Member) -> tuple[Move, list[Lot]]:
    """What takes available points out of the lots that were reserved for it."""
    lots = member.open_lots()
    return Move("redeemed", RULE_ID, point_type, -total(parts)), [lots[id_]._replace(left=n) for id_, n in parts]


def give_back(lots: list[Lot], point_type: str, cause: Cause, decision: Decision, program: Program) -> int:
    """Puts points back into the lots they came from; each lot's `left` is what it gets. Answers how many had expired.

    What has passed its day goes by the program's policy.
    """
    member, day = decision.member, cause.moment.day
    valid = [lot for lot in lots if lot.expires_on is None or lot.expires_on > day]
    if valid:
        _return(valid, point_type, cause, decision, program)
    passed = [lot for lot in lots if past((lot,), day)]
    for move, brought_by in _renewals(passed, point_type, day, member, program):
        again = give_points(move, cause, decision, program).posting_id
        member.kin = member.kin.with_lot(brought_by, again)
        lot = member.open_lots().get(again)
        if lot is not None and program.spending.returned_expired == "expire-at-once":
            expired = Move("expired", expiry.RULE_ID, point_type, -lot.left, part=move.part)
            take_points(expired, [lot], cause, decision, program)
    return sum(lot.left for lot in passed)


def _renewals(
    lots: list[Lot], point_type: str, day: date, member: Member, program: Program
) -> list[tuple[Move, str | None]]:
    """What gives points again whose day has passed, for each restriction that they had and each who brought them."""
    points, owner = Counter[tuple[str | None, str | None]](), member.kin.owner()
    until = _given_until(point_type, day, program) if lots else None
    for lot in lots:
        points[lot.restriction, owner(lot)] += lot.left
    return [
        (Move("returned", RULE_ID, point_type, n, until, restriction, part=part), brought_by)
        for part, ((restriction, brought_by), n) in enumerate(points.items(), 1)
    ]


def _return(lots: list[Lot], point_type: str, cause: Cause, decision: Decision, program: Program) -> None:
    """The posting's own lot is empty: its points are in the lots that they came from, but for what was owed."""
    member, points = decision.member, sum(lot.left for lot in lots)
    balance = drawn(member, point_type)
    owed = min(points, balance.deficit)
    balance.deficit -= owed
    balance.available += points - owed
    posting = post_move(Move("returned", RULE_ID, point_type, points), cause, decision, program)
    id_ = posting.posting_id
    decision.allocations.append(Allocation(member.bank, member.member_id, member.version, id_, id_, points))
    for lot in in_order(lots):
        filled = min(owed, lot.left)
        owed -= filled
        if lot.left > filled:
            _put_back(lot, lot.left - filled, id_, decision)


def _put_back(lot: Lot, points: int, posting_id: bytes, decision: Decision) -> None:
    here = decision.member.open_lots().get(lot.lot_id) or lot._replace(left=0)
    put_back(decision, posting_id, here, points)
    if lot.expires_on is not None:
        decision.member.falls_due(lot.expires_on - ONE_DAY)


def _given_until(point_type: str, day: date, program: Program) -> date | None:
    """The first day not valid of points that come back after their own; None where they expire at once, or never."""
    match program.spending.returned_expired:
        case "expire-at-once":
            return None
        case "new-expiry":
            return program.point_types[point_type].expires(day)
        case grace_days:
            return day + timedelta(days=grace_days)


def past(lots: Iterable[Lot], day: date) -> bool:
    """Whether one of the lots has passed its day."""
    return any(lot.expires_on is not None and lot.expires_on <= day for lot in lots)
