"""What of the ledger's rows an event asks for beside the member itself. Nearly all ask for nothing."""

from typing import NamedTuple

from rules.identity import event_key
from schemas import events as e
from schemas.events import AnyEvent


class Needs(NamedTuple):
    """`lots`: the member's open lots. `origin`: the postings of the event with this key, and what reversed them."""

    lots: bool = False
    origin: bytes | None = None


NOTHING = Needs()
LOTS = Needs(lots=True)


def needs(event: AnyEvent, bank: str) -> Needs:
    """Decided from the event alone, before the member is read."""
    match event:
        case e.CardRefunded() | e.TransactionReversed():
            source, id_ = event.data.original_source, event.data.original_id
            return Needs(lots=True, origin=event_key(bank, source, id_) if source and id_ else None)
        case e.BusinessDayClosed() | e.DayMarker() | e.PointsAdjusted():
            return LOTS
        case _:
            return NOTHING
