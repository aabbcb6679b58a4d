"""What a bank's operator has stopped for now: all redemptions, those of a network, of a merchant, or of a benefit.

What begins is refused while it is stopped. What was begun goes on: a hold is a promise that the shop was given, perhaps
after the hair was cut; it may be captured until it lapses, and letting go or giving back does no harm.
"""

from typing import Final, Literal, NamedTuple

from rules.decision import Denial
from schemas import events as e

Kind = Literal["everything", "network", "merchant", "benefit"]
Stops = frozenset[tuple[Kind, str]]
"""What is stopped, by kind and name; everything has no name."""
NO_STOPS: Final[Stops] = frozenset()
_MAY_BEGIN: Final = frozenset({
    e.HoldRequested, e.RedemptionRequested, e.BenefitPurchaseRequested, e.BenefitConversionRequested, e.EventForwarded,
})  # fmt: skip


class Asked(NamedTuple):
    """Where something is asked for, and what."""

    network: str | None = None
    merchant: str | None = None
    benefits: tuple[str | None, ...] = ()


def bearing(stops: Stops, event: e.AnyEvent) -> Stops:
    """Those of the stops that deciding the event may hang on: of merchants only of one that it names.

    What is kept with a decision does not grow with the merchants that were ever suspended.
    """
    if not stops or type(event) not in _MAY_BEGIN:
        return NO_STOPS
    if isinstance(event, e.EventForwarded):
        inside = event.data.event
        return frozenset(one for one in stops if one[0] != "merchant" or one[1] in inside)
    named = "merchant", getattr(event.data, "merchant", "")
    return frozenset(one for one in stops if one[0] != "merchant" or one == named)


def stopped(asked: Asked, stops: Stops) -> Denial | None:
    """Why it may not be begun now."""
    if not stops:
        return None
    named: dict[Kind, tuple[str | None, ...]] = {
        "everything": ("",), "network": (asked.network,), "merchant": (asked.merchant,), "benefit": asked.benefits,
    }  # fmt: skip
    found = next((kind for kind, names in named.items() if not stops.isdisjoint((kind, one) for one in names)), None)
    if found is None:
        return None
    what = "redemptions are" if found == "everything" else f"this {found} is"
    return Denial("suspended", f"{what} stopped by the bank for now; what is held may be captured or void")
