"""Three sides of one settlement file are compared: the merchant's log, the ledger, and what the files settled. Pure.

Every line of the log and every redemption of the file is either matched or one difference of a kind, so that
what the log comes to less what the file's redemptions come to is what the differences come to.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from engine.settlement.merchant_log import Entry
from schemas.api.settlements import DifferenceKind


class Side(NamedTuple):
    """How a redemption stands: what was captured and not given back, and what it comes to in minor units."""

    state: str
    units: int
    points: int
    amount_minor: int | None = None


class Ours(NamedTuple):
    """A redemption as the bank has it. `ledger` is None where it began after the cut-off; `now` is without one.

    `settled` sums its lines up to the file, the newest of which stands in the file `number`; None where it has none.
    """

    redemption_id: UUID
    merchant_ref: str
    ledger: Side | None
    now: Side
    settled: Side
    number: int | None

    @property
    def is_settled_whole(self) -> bool:
        """The third side: what the files settled is what the ledger has, or we are wrong ourselves."""
        has = (self.ledger.units, self.ledger.points) if self.ledger else (0, 0)
        return has == (self.settled.units, self.settled.points)


class Difference(NamedTuple):
    """What does not agree. `line` is the log's; `file` the number of the file where it was settled last."""

    kind: DifferenceKind
    merchant_ref: str
    line: int | None
    file: int | None
    theirs: Side | None
    ours: Side | None

    @property
    def minor(self) -> int:
        """What the log has more than the file, in minor units."""
        return _minor(self.theirs) - _minor(self.ours)


class Report(NamedTuple):
    """`log_minor` and `file_minor` are what the log's lines and the file's redemptions come to."""

    lines: int
    redemptions: int
    matched: int
    log_minor: int
    file_minor: int
    differences: list[Difference]


def reconciled(log: Sequence[Entry], ours: Iterable[Ours], number: int) -> Report:
    """Compares a log with the file of this number; the differences in the order of the log, then of our references."""
    known: dict[str, list[Ours]] = defaultdict(list)
    told: dict[str, list[Entry]] = defaultdict(list)
    for one in ours:
        known[one.merchant_ref].append(one)
    for entry in log:
        told[entry.merchant_ref].append(entry)
    found = [d for ref in told for d in _of_reference(told[ref], known.get(ref, []), number)]
    found += [d for ref in known if ref not in told for d in _of_reference([], known[ref], number)]
    in_file = [one.settled for all_ in known.values() for one in all_ if one.number == number]
    return Report(
        lines=len(log),
        redemptions=len(in_file),
        matched=len(log) - sum(one.line is not None for one in found),
        log_minor=sum(entry.amount_minor or 0 for entry in log),
        file_minor=sum(map(_minor, in_file)),
        differences=found,
    )


def _of_reference(told: list[Entry], known: list[Ours], number: int) -> Iterator[Difference]:
    """All that one reference names: what agrees is paired first, then each line with what is left."""
    left = sorted(known, key=lambda one: one.number != number)
    rest: list[Entry] = []
    for entry in told:
        same = next((one for one in left if one.number == number and _differs(entry, one.settled) is None), None)
        if same is None:
            rest.append(entry)
        else:
            left.remove(same)
    for at, entry in enumerate(rest):
        if left:
            yield _difference(entry, left.pop(0), number)
        else:
            kind: DifferenceKind = "duplicate" if known or at else "missing-here"
            yield Difference(kind, entry.merchant_ref, entry.line, None, _side(entry), None)
    for one in left:
        if one.number == number:
            yield Difference("missing-at-merchant", one.merchant_ref, None, number, None, one.settled)
    for one in known:
        if not one.is_settled_whole:
            yield Difference("not-settled", one.merchant_ref, None, one.number, one.ledger, None)


def _differs(entry: Entry, side: Side) -> DifferenceKind | None:
    """In what a line is not what the bank has; what was not told is not compared."""
    if entry.state != side.state:
        return "state-differs"
    if entry.units not in (None, side.units) or entry.points not in (None, side.points):
        return "quantity-differs"
    if side.amount_minor is not None and entry.amount_minor not in (None, side.amount_minor):
        return "amount-differs"
    return None


def _difference(entry: Entry, one: Ours, number: int) -> Difference:
    """Why a line is not matched. What is settled later or was before is no dispute, so that is asked first."""
    # What another file settled is no part of this one's sum.
    ours = one.settled if one.number == number else None
    theirs = _side(entry, one.settled)
    if one.ledger is None or (one.now != one.ledger and _differs(entry, one.now) is None):
        return Difference("after-the-cut-off", entry.merchant_ref, entry.line, one.number, theirs, ours)
    if one.number is None:
        kind = _differs(entry, one.ledger) or "not-settled"
    else:
        kind = _differs(entry, one.settled) or "settled-in-another-file"
    return Difference(kind, entry.merchant_ref, entry.line, one.number, theirs, ours)


def _side(entry: Entry, agreed: Side | None = None) -> Side:
    """The line as a side; of what it does not tell it is taken to agree."""
    units, points, amount = (
        told if told is not None else other
        for told, other in zip(entry[3:], agreed[1:] if agreed else (0, 0, None), strict=True)
    )
    return Side(entry.state, units or 0, points or 0, amount)


def _minor(side: Side | None) -> int:
    return (side.amount_minor or 0) if side else 0
