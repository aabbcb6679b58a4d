"""End-of-day balances of the real year and their averages, worked out from the raw tables one day after the other.

Shares nothing with the engine: a list of 365 balances for each account, added up. Money is in hellers.
"""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from tests.real_year.independent import HELLERS, Standing, Statement, qualifying_of, standing, statements

FIRST: Final = date(1993, 1, 1)
DAYS: Final = [FIRST + timedelta(days=n) for n in range(365)]


def balances(statement: Statement) -> list[int]:
    """What the account held at the end of each day of the year."""
    closing = {line.day: line.balance for line in statement.lines}
    found, held = [], 0
    for day in DAYS:
        held = closing.get(day, held)
        found.append(held)
    return found


def averages(raw: Path) -> dict[tuple[str, str, str], tuple[int, int]]:
    """By member, metric and window: the sum of the end-of-day balances and the number of days."""
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for s in statements(raw):
        held = balances(s)
        for month in range(1, 13):
            days = [balance for day, balance in zip(DAYS, held, strict=True) if day.month == month]
            found[s.member, "deposits-month", f"1993-{month:02}"] = sum(max(b, 0) for b in days), len(days)
        for quarter in range(1, 5):
            days = [balance for day, balance in zip(DAYS, held, strict=True) if (day.month + 2) // 3 == quarter]
            found[s.member, "deposits-quarter", f"1993-Q{quarter}"] = sum(max(b, 0) for b in days), len(days)
            found[s.member, "overdrafts-quarter", f"1993-Q{quarter}"] = sum(days), len(days)
    return found


def points_of_periods(raw: Path) -> Counter[tuple[str, str, str]]:
    """Points by member, rule and point type that months and quarters earn: whole ones of each period alone."""
    found: Counter[tuple[str, str, str]] = Counter()
    billed = {(s.member, line.day.month) for s in statements(raw) for line in s.lines if line.symbol == "SIPO"}
    for (member, metric, window), (total, days) in averages(raw).items():
        if metric == "deposits-month" and (member, int(window[5:])) in billed:
            found[member, "deposits-of-the-month", "reward"] += min(total // (days * 1000 * HELLERS), 50)
        elif metric == "deposits-quarter":
            found[member, "deposits-of-the-quarter", "qualifying"] += total // (days * 2000 * HELLERS)
    return +found


def standings(raw: Path) -> dict[str, Standing]:
    """Where members stand when the year has closed; what its quarters earned counts for the tier."""
    quarters = points_of_periods(raw)
    return {
        s.member: standing(s, qualifying_of(s) + quarters[s.member, "deposits-of-the-quarter", "qualifying"])
        for s in statements(raw)
    }
