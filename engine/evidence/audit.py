"""`points audit`: do the ledger's own numbers agree. Plain SQL over the tables that shares nothing with the engine."""

from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg

FOLDER: Final = Path(__file__).parent / "sql"
TIMEOUT_S: Final = 86_400.0
"""For one check; over a large ledger some take long."""
CHECKS: Final = {
    "audit_balances": "every balance is the sum of its postings",
    "audit_lots": "what is open of all lots is what members have: available, pending and held",
    "audit_lots_whole": "no lot gave more than it held",
    "audit_debits": "every debit was taken from lots, to the point, but for what is owed",
    "audit_arithmetic": "every posting is its basis × rate, rounded as its rule says",
    "audit_once": "no event was posted twice by one rule",
    "audit_reversals": "no posting was reversed by more than it was",
    "audit_grants": "of no grant more was used than was granted",
    "audit_redemptions": "every redemption ends at most once",
    "audit_roll_forward": "what was given and taken, month by month, is what members have",
    "audit_journal": "the journal has no gap in any lane, and every link is made of the one before it",
    "audit_lanes": "every lane stands where its last slice ended",
    "audit_versions": "every version that a member took is counted by the journal",
    "audit_outbox": "what was decided was put out to be said",
    "audit_months": "storage is there for this month and three more, and holds every row (`points init` adds months)",
    "audit_trail": "the trail of what people did has every number, and every link is made of the one before it",
}


class Check(NamedTuple):
    """What holds or not. `looked_at` says of how many, `wrong` of how many it does not hold, `first` which is first."""

    name: str
    says: str
    looked_at: int
    wrong: int
    first: str | None


async def audited(pool: "asyncpg.Pool[Any]") -> list[Check]:
    """All checks, on one snapshot of the ledger."""
    async with pool.acquire() as session, session.transaction(isolation="repeatable_read", readonly=True):
        return await checks(session)


async def checks(session: Any) -> list[Check]:
    """All checks, as a session sees the ledger."""
    return [await _check(session, name, says) for name, says in CHECKS.items()]


async def _check(session: Any, name: str, says: str) -> Check:
    text = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    row = await session.fetchrow(text, timeout=TIMEOUT_S)
    return Check(name.removeprefix("audit_"), says, row["looked_at"], row["wrong"], row["first"])
