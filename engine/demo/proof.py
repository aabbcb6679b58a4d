"""The check that the ledger is exact: the audit's SQL and the bank's own tables, none of the engine's deciding code."""

import csv
import gzip
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg

from engine.demo.publish import REAL_BANK, REAL_YEAR
from engine.evidence import audit

SQL: Final = {path.stem: path.read_text(encoding="utf-8") for path in (Path(__file__).parent / "sql").glob("*.sql")}


class Check(NamedTuple):
    """`wrong` counts the rows that break it."""

    holds: bool
    says: str
    wrong: int


async def checks(pool: "asyncpg.Pool[Any]", published: int) -> list[Check]:
    """All checks, each with how many rows break it."""
    found = [Check(not one.wrong, one.says, one.wrong) for one in await audit.audited(pool)]
    waiting = len(await pool.fetch(SQL["check_outbox"]))
    found.append(Check(not waiting, "all that was decided was published", waiting))
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
