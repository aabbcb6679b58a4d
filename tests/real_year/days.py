"""End-of-day balances of the real year and their averages, worked out from the raw tables one day after the other.

Shares nothing with the engine: a list of 365 balances for each account, added up. Money is in hellers.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Final

from tests.real_year.independent import Statement, statements

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
