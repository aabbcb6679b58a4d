"""What of the ledger's rows an event asks for beside the member itself. Nearly all ask for nothing."""

from datetime import date
from typing import NamedTuple

from rules.dealings import only_earns, tells_of_holding
from rules.identity import close_key, derived, event_key
from rules.members.forwarding import forwarded
from rules.periods import ONE_DAY, period_end
from rules.points.pending import thing_of
from rules.program import Program
from schemas import events as e
from schemas.events import AnyEvent
from schemas.events.redemptions import Reference


class Needs(NamedTuple):
    """`lots`: the member's open lots. `origin`: the postings of the event with this key, and what reversed them.

    `close`: the same of the close of a day, by its key.
    `thing`: all such postings that were given for the policy, account, holding or loan of this id. `redemption`: the
    last row with this id, and the lots that it took.
    """

    lots: bool = False
    origin: bytes | None = None
    redemption: bytes | None = None
    thing: str | None = None
    close: bytes | None = None


def redemption_id(bank: str, member_id: str, reference: Reference) -> bytes:
    """What names a redemption for ever: a member's, at a merchant, under the merchant's own reference."""
    member = f"{bank}/{member_id}".encode()
    return derived(member, f"redemption:{reference.merchant}:{reference.merchant_ref}")


NOTHING = Needs()
LOTS = Needs(lots=True)


def needs(event: AnyEvent, bank: str, program: Program, closed_through: date | None) -> Needs:
    """Decided before the member is read; `program` is in force when the event happened."""
    if event.type in program.watched:
        return Needs(lots=True, thing=thing_of(event.data))
    if tells_of_holding(event) or only_earns(event):
        return LOTS if program.closes_periods and _may_be_late(event, closed_through) else NOTHING
    match event:
        case e.CardRefunded() | e.TransactionReversed():
            source, id_ = event.data.original_source, event.data.original_id
            return Needs(lots=True, origin=event_key(bank, source, id_) if source and id_ else None)
        case e.PointsReinstated():
            morning = program.morning(event.data.expired_on).local
            return Needs(lots=True, close=close_key(bank, event.subject, morning))
        case e.EventForwarded():
            inside = forwarded(event)
            return NOTHING if inside is None else needs(inside, bank, program, closed_through)
        case (
            e.HoldRequested() | e.RedemptionRequested() | e.CaptureRequested() | e.VoidRequested()
            | e.ReversalRequested()
        ):  # fmt: skip
            return Needs(lots=True, redemption=redemption_id(bank, event.subject, event.data))
        case (
            e.BusinessDayClosed() | e.DayMarker() | e.PointsAdjusted() | e.PointsExtended()
            | e.BenefitPurchaseRequested() | e.MemberMerged() | e.HoldsLapsed() | e.MemberAbsorbed()
            | e.MemberClosed() | e.MemberUnmerged()
        ):  # fmt: skip
            return LOTS
        case _:
            return LOTS if program.closes_periods and _may_be_late(event, closed_through) else NOTHING


def _may_be_late(event: AnyEvent, closed_through: date | None) -> bool:
    """Whether its month may have closed; whatever the zone, so that a few more ask than are late."""
    if closed_through is None:
        return False
    day = event.occurred_at.date() - ONE_DAY
    return period_end(min(day, event.business_date or day), "month") - ONE_DAY <= closed_through
