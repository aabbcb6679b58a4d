"""What a member remembers for money that may come back, where no posting tells it."""

from datetime import date
from typing import Any, NamedTuple


class Waiting(NamedTuple):
    """A refund or reversal whose original is not known yet. `amount_minor` is None where it takes back the whole.

    Of foreign money that is by the rate of its business date; `currency` and `told_minor` are as it was told.
    """

    key: bytes
    original: bytes
    amount_minor: int | None
    gives_up_on: date
    text: str
    currency: str | None = None
    told_minor: int | None = None

    def plain(self) -> list[Any]:
        return [self.key.hex(), self.original.hex(), self.amount_minor, self.gives_up_on.isoformat(), *self[4:]]

    @staticmethod
    def restored(row: list[Any]) -> "Waiting":
        return Waiting(bytes.fromhex(row[0]), bytes.fromhex(row[1]), row[2], date.fromisoformat(row[3]), *row[4:])


class Unearned(NamedTuple):
    """An event that metrics counted and no rule earned on.

    Of `amount_minor` so much came `back`; an event without an amount came back when that is 1. `rate` is the id of the
    exchange rate of foreign money.
    """

    key: bytes
    type: str
    day: date
    amount_minor: int | None
    back: int = 0
    rate: str | None = None

    def plain(self) -> list[Any]:
        return [self.key.hex(), self.type, self.day.isoformat(), *self[3:]]

    @staticmethod
    def restored(row: list[Any]) -> "Unearned":
        return Unearned(bytes.fromhex(row[0]), row[1], date.fromisoformat(row[2]), *row[3:])
