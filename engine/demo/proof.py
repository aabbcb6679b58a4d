"""The check that the ledger is exact: plain SQL and the bank's own tables, none of the engine's deciding code."""

import csv
import gzip
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg

from engine.demo.publish import REAL_BANK, REAL_YEAR

SQL: Final = {path.stem: path.read_text(encoding="utf-8") for path in (Path(__file__).parent / "sql").glob("*.sql")}
CHECKS: Final = {
    "check_balances": "every balance is the sum of its postings",
    "check_lots": "what is open of all lots is what members have: available, pending and held",
    "check_lots_whole": "no lot is below zero",
    "check_debits": "every debit was taken from lots, to the point",
    "check_arithmetic": "every posting is its basis × rate, rounded as its rule says",
    "check_once": "no event was posted twice",
    "check_journal": "the journal has no gap in any partition",
    "check_versions": "every decided event is counted once by its member and by the journal",
    "check_outbox": "all that was decided was published",
}


class Check(NamedTuple):
    """`wrong` counts the rows that break it."""

    holds: bool
    says: str
    wrong: int


async def checks(pool: "asyncpg.Pool[Any]", published: int) -> list[Check]:
    """All checks, each with how many rows break it."""
    found: list[Check] = []
    for name, says in CHECKS.items():
        rows = await pool.fetch(SQL[name])
        found.append(Check(not rows, says, len(rows)))
    passed = (await pool.fetchrow(SQL["progress"]))["passed"]
    found.append(
        Check(passed == published, f"all {published:,} records that were published were read", published - passed)
    )
    if (REAL_YEAR / "raw").exists():
        found.append(await _real_balances(pool))
    return found


async def _real_balances(pool: "asyncpg.Pool[Any]") -> Check:
    kept = {
        (r["account"], r["business_date"]): r["balance_minor"]
        for r in await pool.fetch(SQL["closing_balances"], REAL_BANK)
    }
    wrong = {key for key in _possible().items() if kept.get(key[0]) not in key[1]}
    return Check(
        not wrong and len(kept) == len(_possible()),
        f"all {len(kept):,} closing balances of the real bank's accounts are among its own records of that day",
        len(wrong),
    )


def _possible() -> dict[tuple[str, date], set[int]]:
    """The balances that the bank's table shows for each account and day, read without anything of the engine."""
    balances: dict[tuple[str, date], set[int]] = {}
    with gzip.open(next((REAL_YEAR / "raw").glob("trans.csv.gz")), "rt") as lines:
        for row in csv.DictReader(lines, delimiter=";"):
            day = date(1900 + int(row["date"][:2]), int(row["date"][2:4]), int(row["date"][4:]))
            account = f"a-{int(row['account_id']):06}"
            balances.setdefault((account, day), set()).add(round(float(row["balance"]) * 100))
    return balances
