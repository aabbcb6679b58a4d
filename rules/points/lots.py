"""Lots: points with one expiry and one origin. What is taken comes from the lot that expires soonest."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from rules.decision import Allocation, Decision, Posting
from rules.member import Member


class Lot(NamedTuple):
    """What is left of a posting above zero. It is pending while `awaits` or `releases_on` is set.

    `member_version` is the member's when the posting was made.
    """

    lot_id: bytes
    event_key: bytes
    rule_id: str
    point_type: str
    points: int
    left: int
    earned_at: datetime
    expires_on: date | None
    restriction: str | None
    releases_on: date | None = None
    awaits: str | None = None
    thing: str | None = None
    member_version: int = 0
    amount_minor: int | None = None

    @property
    def pending(self) -> bool:
        return self.releases_on is not None or self.awaits is not None

    def usable_on(self, day: date) -> bool:
        """Whether points of it may be taken by what the member or an operator wants on that day."""
        return not self.pending and (self.expires_on is None or self.expires_on > day)


def lot_of(p: Posting) -> Lot:
    """The lot that a posting is, whole."""
    return Lot(
        p.posting_id,
        p.event_key,
        p.rule_id,
        p.point_type,
        p.points,
        p.points,
        p.occurred_at,
        p.expires_on,
        p.restriction,
        p.releases_on,
        p.awaits,
        p.thing,
        p.member_version,
        p.amount_minor,
    )


def open_from(lots: Iterable[Lot], version: int) -> int:
    """The member's version from which on lots may be open; `version` where none is."""
    return min((lot.member_version for lot in lots), default=version)


def in_order(lots: Iterable[Lot]) -> list[Lot]:
    """As points are taken: soonest expiry first, then earned first, then by id."""
    return sorted(lots, key=lambda lot: (lot.expires_on or date.max, lot.earned_at, lot.lot_id))


def unheld(member: Member, lots: Iterable[Lot]) -> list[Lot]:
    """The lots, each with what no hold keeps of it left; those of which holds keep all drop out."""
    if not member.holds:
        return list(lots)
    kept: Counter[bytes] = Counter()
    for hold in member.holds.values():
        for lot_id, points in hold.reserved:
            kept[lot_id] += points
    return [lot._replace(left=lot.left - kept[lot.lot_id]) for lot in lots if lot.left > kept[lot.lot_id]]


def open_lot(posting: Posting, lots: dict[bytes, Lot]) -> None:
    """What a posting adds to the open lots."""
    if posting.points > 0:
        lots[posting.posting_id] = lot_of(posting)


def apply(decision: Decision, lots: dict[bytes, Lot], spent: dict[bytes, Lot]) -> None:
    """Brings open lots, and those of which nothing is left, up to date with a decision's rows."""
    for posting in decision.postings:
        open_lot(posting, lots)
    for release in decision.releases:
        lots[release.lot_id] = lots[release.lot_id]._replace(
            expires_on=release.expires_on, releases_on=None, awaits=None
        )
    for taken in decision.allocations:
        lot = lots.get(taken.lot_id) or spent.pop(taken.lot_id)
        lots[taken.lot_id] = lot._replace(left=lot.left - taken.points)
    for taken in decision.allocations:
        if taken.lot_id in lots and not lots[taken.lot_id].left:
            spent[taken.lot_id] = lots.pop(taken.lot_id)


def take(decision: Decision, debit_id: bytes, lot: Lot, points: int) -> None:
    """Takes points of an open lot of the draft. Bounds: 0 < points ≤ what is left of it."""
    member = decision.member
    decision.allocations.append(Allocation(member.bank, member.member_id, member.version, debit_id, lot.lot_id, points))
    if member.lots is None:
        return
    left = member.lots[lot.lot_id].left - points
    if left:
        member.lots[lot.lot_id] = lot._replace(left=left)
    else:
        del member.lots[lot.lot_id]


def put_back(decision: Decision, credit_id: bytes, lot: Lot, points: int) -> None:
    """Gives points back to a lot from which they were taken. `lot` is as it stands, with nothing left or more."""
    member = decision.member
    decision.allocations.append(
        Allocation(member.bank, member.member_id, member.version, credit_id, lot.lot_id, -points)
    )
    member.open_lots()[lot.lot_id] = lot._replace(left=lot.left + points)
