"""How a settlement file is written: a header, a line for each movement, a trailer with counts, sums and SHA-256.

The hash is over every byte before the trailer. docs/settlement.md tells a reader what each field is.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date
from hashlib import sha256
from typing import Any, Final, NamedTuple

from engine.settlement.lines import Line

VERSION: Final = 1
DETAIL: Final = (
    "line", "step", "redemption_id", "merchant_ref", "used_on", "occurred_at", "benefit", "units", "point_type",
    "points", "price_minor", "value_minor", "amount_minor", "funded", "terms", "corrects",
)  # fmt: skip


class Header(NamedTuple):
    """Which file, of which day, from which of the journal's numbers: those in (after_seq, through_seq]."""

    bank: str
    merchant: str
    number: int
    business_date: date
    currency: str
    after_seq: int
    through_seq: int


class Totals(NamedTuple):
    """What a file's lines come to: captures and returns counted, minor units signed."""

    captures: int = 0
    returns: int = 0
    value_minor: int = 0
    amount_minor: int = 0

    def plus(self, line: Line) -> "Totals":
        returns = line.step == "return"
        return Totals(
            self.captures + (not returns),
            self.returns + returns,
            self.value_minor + line.value_minor,
            self.amount_minor + line.amount_minor,
        )


class Writing:
    """A file as it is written: its digest and totals so far."""

    def __init__(self, header: Header) -> None:
        self.totals = Totals()
        self._hash = sha256()
        self.head = _written([["H", VERSION, *header]])
        self._hash.update(self.head)

    def lines(self, lines: Iterable[Line]) -> bytes:
        """The text of the next lines."""
        told: list[Sequence[Any]] = []
        for line in lines:
            self.totals = self.totals.plus(line)
            told.append(["D", *detail(line).values()])
        text = _written(told)
        self._hash.update(text)
        return text

    @property
    def digest(self) -> bytes:
        return self._hash.digest()

    def trailer(self) -> bytes:
        count = self.totals.captures + self.totals.returns
        return _written([["T", count, *self.totals, self.digest.hex()]])


def detail(line: Line) -> dict[str, Any]:
    """A line's fields by their names in `DETAIL`, as text and whole numbers."""
    told = (
        line.line, line.step, str(line.redemption_id), line.merchant_ref, line.used_on.isoformat(),
        line.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"), line.benefit_id, line.units,
        line.point_type, line.points, line.price_minor, line.value_minor, line.amount_minor, funded(line.funded),
        "; ".join(term.text for term in line.terms), line.corrects and "{}:{}".format(*line.corrects),
    )  # fmt: skip
    return dict(zip(DETAIL, told, strict=True))


def funded(parts: Mapping[str, int]) -> str:
    return " ".join(f"{name}={part}" for name, part in parts.items())


def _written(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
