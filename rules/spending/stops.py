"""What a bank's operator has stopped for now: all redemptions, those of a network, of a merchant, or of a benefit.

What begins is refused while it is stopped. What was begun goes on: a hold is a promise that the shop was given, perhaps
after the hair was cut; it may be captured until it lapses, and letting go or giving back does no harm.
"""

from typing import Final, Literal, NamedTuple

from rules.decision import Denial

Kind = Literal["everything", "network", "merchant", "benefit"]
Stops = frozenset[tuple[Kind, str]]
"""What is stopped, by kind and name; everything has no name."""
NO_STOPS: Final[Stops] = frozenset()


class Asked(NamedTuple):
    """Where something is asked for, and what."""

    network: str | None = None
    merchant: str | None = None
    benefits: tuple[str | None, ...] = ()


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
