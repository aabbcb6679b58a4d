"""What of the ledger's rows an event asks for beside the member itself. Nearly all ask for nothing."""

from typing import NamedTuple

from rules.forwarding import forwarded
from rules.identity import derived, event_key
from schemas import events as e
from schemas.events import AnyEvent
from schemas.events.redemptions import Reference


class Needs(NamedTuple):
    """`lots`: the member's open lots. `origin`: the postings of the event with this key, and what reversed them.

    `redemption`: the last row with this id, and the lots that it took.
    """

    lots: bool = False
    origin: bytes | None = None
    redemption: bytes | None = None


def redemption_id(bank: str, member_id: str, reference: Reference) -> bytes:
    """What names a redemption for ever: a member's, at a merchant, under the merchant's own reference."""
    member = f"{bank}/{member_id}".encode()
    return derived(member, f"redemption:{reference.merchant}:{reference.merchant_ref}")


NOTHING = Needs()
LOTS = Needs(lots=True)


def needs(event: AnyEvent, bank: str) -> Needs:
    """Decided from the event alone, before the member is read."""
    match event:
        case e.CardRefunded() | e.TransactionReversed():
            source, id_ = event.data.original_source, event.data.original_id
            return Needs(lots=True, origin=event_key(bank, source, id_) if source and id_ else None)
        case e.EventForwarded():
            return needs(forwarded(event), bank)
        case (
            e.HoldRequested() | e.RedemptionRequested() | e.CaptureRequested() | e.VoidRequested()
            | e.ReversalRequested()
        ):  # fmt: skip
            return Needs(lots=True, redemption=redemption_id(bank, event.subject, event.data))
        case (
            e.BusinessDayClosed() | e.DayMarker() | e.PointsAdjusted() | e.BenefitPurchaseRequested()
            | e.MemberMerged() | e.MemberAbsorbed() | e.MemberClosed()
        ):  # fmt: skip
            return LOTS
        case _:
            return NOTHING
