"""What the program czech-bank-1993 must give for the year 1993, worked out from the raw tables.

Shares nothing with the engine or with the conversion to events: sums over tables, not a run over events. Money is in
hellers.
"""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from fractions import Fraction
from itertools import groupby, permutations
from math import ceil, floor
from pathlib import Path
from typing import Final, NamedTuple

HELLERS: Final = 100
ROUNDED_TO: Final = 10
"""Hellers. The tables round amounts to this, so balances follow from each other only this exactly."""
DEPOSITS_ALONE: Final = frozenset({"deposits"})


class Line(NamedTuple):
    """One line of an account's statement."""

    day: date
    amount: int
    balance: int
    symbol: str
    operation: str
    credit: bool


class Statement(NamedTuple):
    """An account's year, in the order in which its balances follow from each other, with what is known of its owner."""

    account: str
    member: str
    opened: date
    birth_month: int
    loan: tuple[date, int] | None
    lines: list[Line]


class Standing(NamedTuple):
    """Where a member stands at the end of the year."""

    tier: str
    score: int


def statements(raw: Path) -> list[Statement]:
    """Those of all accounts that moved, one a member."""
    births = {r["client_id"]: int(r["birth_number"][2:4]) % 50 for r in _rows(raw / "client.csv")}
    owner = {r["account_id"]: r["client_id"] for r in _rows(raw / "disposition.csv") if r["type"] == "OWNER"}
    loans = {r["account_id"]: (_date(r["date"]), int(r["duration"])) for r in _rows(raw / "loan.csv")}
    opened = {r["account_id"]: _date(r["date"]) for r in _rows(raw / "account.csv")}
    lines = defaultdict(list)
    for r in _rows(raw / "trans.csv.gz"):
        lines[r["account_id"]].append(_line(r))
    return [
        Statement(
            f"a-{a:0>6}", f"c-{owner[a]:0>6}", opened[a], births[owner[a]], loans.get(a), list(_ordered(of_account))
        )
        for a, of_account in lines.items()
    ]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        yield from csv.DictReader(file, delimiter=";")


def _date(text: str) -> date:
    return datetime.strptime(f"19{text} +0000", "%Y%m%d %z").date()


def _line(row: dict[str, str]) -> Line:
    amount, balance = (int(Fraction(row[column]) * HELLERS) for column in ("amount", "balance"))
    return Line(_date(row["date"]), amount, balance, row["k_symbol"], row["operation"], row["type"] == "PRIJEM")


def _ordered(lines: list[Line]) -> Iterator[Line]:
    """Tries every order of each day: a day has five lines at most."""
    balance = 0
    for day, of_day in groupby(sorted(lines, key=lambda line: line.day), key=lambda line: line.day):
        orders = [order for order in permutations(of_day) if _follows(order, balance)]
        closings = {order[-1].balance for order in orders}
        if len(closings) != 1:
            raise ValueError(f"{day}: the balance at the end of the day could be any of {closings}")
        yield from orders[0]
        balance = closings.pop()


def _follows(order: Iterable[Line], balance: int) -> bool:
    for line in order:
        if abs(balance + (line.amount if line.credit else -line.amount) - line.balance) > ROUNDED_TO:
            return False
        balance = line.balance
    return True


def closing_balances(raw: Path) -> dict[tuple[str, date], int]:
    """What each account held at the end of each day on which it moved."""
    return {(s.account, line.day): line.balance for s in statements(raw) for line in s.lines}


def points_of_members(raw: Path) -> Counter[tuple[str, str, str]]:
    """Points by member, rule and point type."""
    return Counter(
        {
            (s.member, rule, point_type): points
            for s in statements(raw)
            for (rule, point_type), points in points_of(s).items()
            if points
        }
    )


def expected_points(raw: Path) -> Counter[tuple[str, str]]:
    """Points by rule and point type, of all members together."""
    totals: Counter[tuple[str, str]] = Counter()
    for s in statements(raw):
        totals.update(points_of(s))
    return +totals


def points_of(s: Statement) -> Counter[tuple[str, str]]:
    """Points that one statement earns, by rule and point type."""
    pensions = [(line.day.month, line.amount // (100 * HELLERS)) for line in s.lines if line.symbol == "DUCHOD"]
    doubled = sum(points for month, points in pensions if month == s.birth_month)
    premiums = sum(line.amount for line in s.lines if line.symbol == "POJISTNE")
    repaid = sum(ceil(Fraction(2 * line.amount, 100 * HELLERS)) for line in s.lines if line.symbol == "UVER")
    fresh = {line.day.month for line in s.lines if line.operation in {"VKLAD", "PREVOD Z UCTU"}}
    cushioned = {line.day.month for line in s.lines if line.balance >= 50_000 * HELLERS}
    both = {
        "pension": sum(points for _, points in pensions),
        "household-bill": _bills(s),
        "loan-repaid-on-time": repaid,
        "new-money-of-the-month": 5 * len(fresh),
    }
    return Counter(
        {(rule, point_type): points for rule, points in both.items() for point_type in ("reward", "qualifying")}
        | {
            ("welcome", "reward"): 100 if s.opened < date(1993, 7, 1) else 0,
            ("pension-in-birthday-month", "reward"): min(doubled, 50),
            ("premium", "reward"): premiums * 3 // (200 * HELLERS),
            ("new-loan", "reward"): {12: 100, 24: 150, 36: 200}.get(s.loan[1], 250) if s.loan else 0,
            ("cushion-of-the-month", "qualifying"): 20 * len(cushioned),
        }
    )


def _bills(s: Statement) -> int:
    by_month: Counter[int] = Counter()
    for line in s.lines:
        if line.symbol == "SIPO" and line.amount >= 100 * HELLERS:
            crowns = Fraction(line.amount, HELLERS)
            first, second = min(crowns, Fraction(1000)), min(crowns, Fraction(5000))
            exact = first / 100 + (second - first) / 250 + (crowns - second) / 1000
            by_month[line.day.month] += floor(exact + Fraction(1, 2))
    return sum(min(points, 30) for points in by_month.values())


def standings(raw: Path) -> dict[str, Standing]:
    """Tiers are only ever gained within the year, so the best moment of each condition decides."""
    return {s.member: standing(s, qualifying_of(s)) for s in statements(raw)}


def qualifying_of(s: Statement) -> int:
    return sum(points for (_, point_type), points in points_of(s).items() if point_type == "qualifying")


def standing(s: Statement, qualifying: int) -> Standing:
    """By the best moments of the year, with so many qualifying points at its end."""
    highest = max(line.balance for line in s.lines) // HELLERS
    scores = list(_scores(s))
    if qualifying >= 500 or highest >= 80_000 or max(scores) >= 160:
        return Standing("gold", scores[-1])
    return Standing("silver" if qualifying >= 200 or highest >= 40_000 else "basic", scores[-1])


def _scores(s: Statement) -> Iterator[int]:
    """The contribution score after everything that moves it; a day's loan comes before the day's lines."""
    kinds, deposits, loan = DEPOSITS_ALONE, 0, s.loan
    for line in s.lines:
        if loan and loan[0] <= line.day:
            kinds, loan = kinds | {"loans"}, None
            yield deposits + 40 * len(kinds)
        deposits = min(max(line.balance, 0) // (1000 * HELLERS), 100)
        yield deposits + 40 * len(kinds)
        if line.symbol == "POJISTNE":
            kinds |= {"insurance"}
            yield deposits + 40 * len(kinds)
    if loan:
        yield deposits + 40 * len(kinds | {"loans"})


def expected_grants(raw: Path) -> Counter[str]:
    """Units of each benefit, of all members together: within the year each gets those of the best tier reached."""
    units = {"silver": {"cinema": 2}, "gold": {"cinema": 6, "spa": 1}}
    totals: Counter[str] = Counter()
    for standing in standings(raw).values():
        totals.update(units.get(standing.tier, {}))
    return totals
