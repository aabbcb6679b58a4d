"""Metrics follow money that comes back."""

from typing import Any, NamedTuple

from rules.member import Member
from rules.metrics.counters import counted_back
from rules.moment import Moment
from rules.program import Program


class Back(NamedTuple):
    """Money of an original event that comes back: `part` minor units of `original`, of which `before` came earlier.

    An original without an amount comes back `whole`, as does one of which nothing is left.
    """

    part: int | None
    original: int | None
    before: int
    whole: bool

    def kept(self, awarded: int, *, fixed: bool) -> int:
        """What stays of so many points; a fixed award stays until the last part."""
        if self.whole or not self.original:
            return 0
        return awarded if fixed else awarded * (self.original - self.before - (self.part or 0)) // self.original


def back_of(original_minor: int, before_minor: int, amount_minor: int | None) -> Back:
    """Of an original of which so much came back before: no more than is left of it; None is all that is left."""
    left = original_minor - before_minor
    part = left if amount_minor is None else min(amount_minor, left)
    return Back(part, original_minor, before_minor, whole=part == left)


def metrics_back(type_: str, data: Any, back: Back, moment: Moment, of: tuple[Member, Program]) -> None:
    """Sums lose the money that came back, counts the event when nothing of it is left, in the original's window.

    A metric whose condition asks for what `data` does not tell is left as it is.
    """
    member, program = of
    for update in program.updates_on.get(type_, ()):
        if update.asks <= vars(data).keys() and update.applies(data, member, moment):
            amount = _amount_back(update.field, data, back)
            if amount:
                counted_back(member, update.counter, update.period, moment.windows, amount)


def _amount_back(field: str | None, data: Any, back: Back) -> int:
    if field == "amount_minor":
        return back.part or 0
    if not back.whole:
        return 0
    return 1 if field is None else vars(data).get(field) or 0
