"""Money in and out, told by deposits and wealth: the largest of a window, and what all of it comes to."""

from typing import Literal, NamedTuple

from rules.member import Holding, Member
from rules.metrics.counters import AnyWindow, counted, highest
from rules.periods import Windows
from schemas import events as e
from schemas.events import AnyEvent

Direction = Literal["in", "out", "net"]


class Flow(NamedTuple):
    """Counts the money of some products' accounts, or (of products None) of all, in minor units.

    Of `in` and `out` the largest single movement, of `net` the sum, below zero where more went than came.
    """

    counter: str
    window: AnyWindow
    direction: Direction
    products: frozenset[str] | None


def count_flows(flows: tuple[Flow, ...], moved_minor: int, product: str, member: Member, in_windows: Windows) -> None:
    """`moved_minor` is below zero for money that went out. `member` is a draft."""
    for flow in flows:
        if flow.products is not None and product not in flow.products:
            continue
        if flow.direction == "net":
            counted(member, flow.counter, flow.window, in_windows, moved_minor)
        else:
            largest = moved_minor if flow.direction == "in" else -moved_minor
            highest(member, flow.counter, flow.window, in_windows, largest)


def moved(event: AnyEvent, known: Holding | None) -> int:
    """What came in by the event, or below zero what went out; a new value of what is held is no movement.

    Where the event does not tell it, the balance is compared with the one known before, if there is one.
    """
    match event:
        case e.DepositBalanceChanged():
            if event.data.change_minor is not None:
                return event.data.change_minor
            return event.data.balance_minor - known.balance_minor if known else 0
        case e.TermDepositOpened() | e.WealthSubscribed():
            return event.data.amount_minor
        case e.TermDepositMatured() | e.TermDepositWithdrawnEarly() | e.WealthRedeemed() | e.WealthMatured():
            return -event.data.amount_minor
        case _:
            return 0
