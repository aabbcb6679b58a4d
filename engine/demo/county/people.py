"""The people of the county by trade: pseudonyms with habits, nobody real and nobody with a name."""

from bisect import bisect
from datetime import date
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple

REGIONS: Final = ("county-town", "north-villages", "river-villages", "hill-villages", "station-quarter")
MEMBERS_A_BRANCH: Final = 1_500
MANAGERS_A_BRANCH: Final = 3
YOUNG: Final = 0.12


class Trade(NamedTuple):
    """`balance` is the median in yuan, `pause` the days between purchases; what follows are shares of its people."""

    segment: str
    share: float
    balance: int
    pause: float
    saves: float
    invests: float
    insured: float
    borrows: float


TRADES: Final = (
    Trade("farmer", 0.38, 12_000, 7.0, 0.35, 0.04, 0.10, 0.25),
    Trade("small-trader", 0.17, 30_000, 3.5, 0.30, 0.12, 0.15, 0.30),
    Trade("salaried", 0.22, 18_000, 2.5, 0.25, 0.15, 0.20, 0.20),
    Trade("retired", 0.15, 25_000, 6.0, 0.60, 0.12, 0.08, 0.00),
    Trade("migrant-worker", 0.08, 9_000, 5.0, 0.30, 0.05, 0.08, 0.03),
)
_SHARES: Final = tuple(accumulate(trade.share for trade in TRADES))


class Account:
    """A demand account. Money in fen; `sequence` counts its movements."""

    __slots__ = ("balance_minor", "id", "sequence")

    def __init__(self, id_: str, balance_minor: int) -> None:
        self.id = id_
        self.balance_minor = balance_minor
        self.sequence = 0


class Person:
    """`gone` when the person left the bank or was found to be another one; then nothing more happens.

    `points` is what the person believes to have, `requests` how often merchants were asked.
    """

    __slots__ = (
        "account", "birthday", "branch", "card", "gone", "id", "joined_on", "key", "manager", "number", "points",
        "region", "requests", "segments", "trade",
    )  # fmt: skip

    def __init__(self, number: int, bank: str, trade: Trade) -> None:
        self.number = number
        self.id = f"m-{number:06}"
        self.key = f"{bank}/{self.id}"
        self.trade = trade
        self.card = f"tok-{number:06}"
        self.gone = False
        self.points = self.requests = 0
        self.account: Account
        self.birthday: tuple[int, int]
        self.branch: str
        self.joined_on: date
        self.manager: str
        self.region: str
        self.segments: list[str]


def person(number: int, bank: str, year: int, rng: Random) -> Person:
    """One of the county's people as the year begins, before the program knows of anybody."""
    draw = rng.random() * _SHARES[-1]
    made = Person(number, bank, TRADES[bisect(_SHARES, draw)])
    branch = number // MEMBERS_A_BRANCH + 1
    made.account = Account(f"acc-{number:06}", yuan(rng.lognormvariate(0, 1.1) * made.trade.balance))
    made.birthday = (1 + int(rng.random() * 12), 1 + int(rng.random() * 28))
    made.branch = f"br-{branch:02}"
    made.manager = f"rm-{branch:02}-{1 + int(rng.random() * MANAGERS_A_BRANCH)}"
    made.region = REGIONS[branch % len(REGIONS)]
    made.joined_on = date(year - 1 - int(rng.random() ** 2 * 30), made.birthday[0], made.birthday[1])
    made.segments = [made.trade.segment, "young-family"] if rng.random() < YOUNG else [made.trade.segment]
    return made


def yuan(amount: float) -> int:
    """Whole yuan as fen."""
    return int(amount) * 100
