"""`python -m tests.bench.settling`: settlement, liability and reconciliation of a large ledger, beside plain SQL.

A million postings, two hundred thousand redemptions at ten merchants. What plain SQL writes and reads beside are the
same settlement lines, and the sum of each posting and allocation, with nothing decided.
"""

import argparse
import asyncio
import csv
import io
import sys
import tempfile
import time
from collections.abc import Awaitable
from datetime import date
from pathlib import Path
from typing import Any, Final

import asyncpg
from rich.console import Console

from engine.embedded import Postgres
from engine.garbage import collect_seldom
from engine.registry import Registries
from engine.settings import Settings, load
from engine.settlement import agreed, contract_file, merchant_log, reconciliation, settle
from engine.settlement.files import File
from engine.setup import read, register
from engine.store import connect, migrate
from engine.store.sql import statement
from tests.bench.ground import OPTIONS
from tests.bench.turns import Figures, machine, rounds, show

BANKS: Final = Path(__file__).parent / "banks.yaml"
MEMBERS: Final = 100_000
LOTS: Final = 8
SHOPS: Final = 10
TAKEN: Final = 2
"""Redemptions of each member."""
POINTS: Final = 300
DAY: Final = date(2026, 11, 2)
CONTRACTS: Final = "bank: bench\ncurrency: CNY\nmerchants:\n" + "".join(
    f"  shop-{n}:\n    - {{from: 2026-01-01, points: reward, pays: 1.00 per 300 points, funded_by: {{bank: 100%}}}}\n"
    for n in range(SHOPS)
)
_POSTING: Final = """
    insert into points.posting (posting_id, bank, member_id, member_version, event_key, rule_id, kind, program_hash,
        semantics, point_type, points, desired_points, basis, rate_numerator, rate_denominator, rounding, event_day,
        business_date, occurred_at, expires_on, balance_after, journal_seq)
    select {}, 'bench', 'm-' || n, {}, gen_random_uuid(), {}, '\\x00', 1, 'reward', {}, 1, 1, 1, 'down',
           day, day, day, {}, 100000, 1
    from generate_series(1, {}) n, lateral (
        select k, date '2026-01-15' + (k || ' months')::interval as day from generate_series(1, {}) k
    ) lot"""
LEDGER: Final = (
    _POSTING.format("md5(n || '-' || k)::uuid", "k", "'card-spend', 'base'", "1000, 1000",
                    "day + interval '24 months'", MEMBERS, LOTS),
    _POSTING.format("md5(n || '-taken-' || k)::uuid", f"{LOTS} + k", "'redemption', 'redeemed'",
                    f"-{POINTS}, -{POINTS}", "null::date", MEMBERS, TAKEN),
    f"""
    insert into points.allocation (bank, member_id, member_version, debit_id, lot_id, points, journal_seq)
    select 'bench', 'm-' || n, {LOTS} + k, md5(n || '-taken-' || k)::uuid, md5(n || '-' || k)::uuid, {POINTS}, 1
    from generate_series(1, {MEMBERS}) n, generate_series(1, {TAKEN}) k""",
    f"""
    insert into points.redemption (redemption_id, bank, member_id, member_version, event_key, state, merchant,
        merchant_ref, network, request, point_type, points, captured, returned, expired, units, lots, lot_points,
        grants, grant_units, used_on, occurred_at, program_hash, journal_seq)
    select md5(n || '-used-' || k)::uuid, 'bench', 'm-' || n, {LOTS} + k, gen_random_uuid(), 'captured',
           'shop-' || n % {SHOPS}, 'till-' || n || '.' || k, 'net', gen_random_uuid(), 'reward', {POINTS}, {POINTS},
           0, 0, 0, array[md5(n || '-' || k)::uuid], array[{POINTS}], '{{}}', '{{}}', '2026-11-01', '2026-11-01',
           '\\x00', n * {TAKEN} + k
    from generate_series(1, {MEMBERS}) n, generate_series(1, {TAKEN}) k""",
)  # fmt: skip
AGAIN: Final = (
    "create temp table l as select * from points.settlement_line",
    "set session_replication_role = replica",
    "delete from points.settlement_line",
    "set session_replication_role = origin",
    "checkpoint",
)
"""The lines that were written are set aside and taken out, for the plain statement to write them once more."""
SUMS: Final = """
    select (select sum(points) from points.posting where bank = 'bench' and points > 0)
           - (select sum(points) from points.allocation where bank = 'bench')"""


async def filled(settings: Settings) -> None:
    """The ledger."""
    owner = await connect.owner(settings)
    await migrate.migrate(owner)
    await owner.execute("set search_path to points")
    await register(owner, *read(BANKS))
    for shop in range(SHOPS):
        await owner.execute(statement("add_merchant"), "bench", f"shop-{shop}", "net", None, False)
    for text in LEDGER:
        await owner.execute(text)
    await owner.execute("vacuum analyze")
    await owner.close()


async def turn(settings: Settings) -> Figures:
    """Seconds of each, on a fresh copy of the ledger."""
    pool = await connect.pool(settings)
    programs = (await Registries(pool).read()).programs
    owner = await connect.owner(settings)
    await owner.execute("set search_path to points")
    await agreed.add(owner, contract_file.read(CONTRACTS, "contracts.yaml", programs), "contracts.yaml")
    files, settle_s = await timed(_settled(pool))
    closing, liability_s = await timed(_closing(pool))
    report, compare_s = await timed(_compared(pool, files[0]))
    left, sums_s = await timed(owner.fetchval(SUMS))
    if closing != left:
        raise AssertionError(f"the liability's lots come to {closing}, the ledger's rows to {left}")
    lines = sum(file.totals.captures for file in files)
    if (lines, sum(file.totals.amount_minor for file in files)) != (MEMBERS * TAKEN, MEMBERS * TAKEN * 100):
        raise AssertionError(f"{lines} lines in {len(files)} files")
    if sorted(one.kind for one in report.differences) != ["missing-at-merchant", "missing-here", "quantity-differs"]:
        raise AssertionError(f"the planted differences were found as {report.differences[:5]}")
    for text in AGAIN:
        await owner.execute(text)
    _, plain_s = await timed(owner.execute("insert into points.settlement_line select * from l"))
    await owner.close()
    await pool.close()
    return {
        "settle s": settle_s, "lines/s": lines / settle_s, "plain insert s": plain_s, "liability s": liability_s,
        "plain sums s": sums_s, "reconcile s": compare_s, "log lines/s": report.lines / compare_s,
    }  # fmt: skip


async def timed(work: Awaitable[Any]) -> tuple[Any, float]:
    """What it answers, and its seconds."""
    began = time.perf_counter()
    return await work, time.perf_counter() - began


async def _settled(pool: Any) -> list[File]:
    files = []
    async for one in settle.settled(pool, settle.Order("bench", DAY, MEMBERS * (TAKEN + 1))):
        if isinstance(one, settle.Unsettled):
            raise one
        files.append(one)
    return files


async def _closing(pool: Any) -> int:
    rows = await pool.fetch(statement("liability"), "bench", date(2026, 11, 1), date(2026, 12, 1))
    return sum(row["closing"] for row in rows)


async def _compared(pool: Any, file: File) -> Any:
    """A merchant's log of all its redemptions, with one missing, one of another number of points, one unknown."""
    shop = int(file.header.merchant.rpartition("-")[2])
    refs = [f"till-{n}.{k}" for n in range(1, MEMBERS + 1) if n % SHOPS == shop for k in range(1, TAKEN + 1)]
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(merchant_log.COLUMNS)
    rows.writerow([refs[1], "captured", "", POINTS + 1, ""])
    rows.writerows([ref, "captured", "", POINTS, "100"] for ref in refs[2:])
    rows.writerow(["till-unknown", "captured", "", POINTS, "100"])
    return await reconciliation.compared(pool, file, merchant_log.read(text.getvalue()))


def main() -> int:
    """Prints one line for each figure; 1 where something was not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.settling", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="turns, each on a fresh copy (%(default)s)")
    asked = parser.parse_args()
    collect_seldom()
    with tempfile.TemporaryDirectory() as folder, Postgres.start(Path(folder) / "pg", options=OPTIONS) as postgres:
        ground = _Ground(postgres)
        asyncio.run(filled(ground.made("ledger")))
        results, failed = rounds({"settlement": lambda: asyncio.run(turn(ground.made(None)))}, asked.rounds)
    show(results, f"1,000,000 postings, {MEMBERS * TAKEN:,} redemptions, {machine()}", {})
    Console().print(*failed)
    return bool(failed)


class _Ground:
    """Databases, of which each turn has its own."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._turns = 0

    def made(self, name: str | None) -> Settings:
        """A new database: of this name, or a copy of the ledger."""
        self._turns += 1
        copied = "" if name else " template ledger strategy file_copy"
        name = name or f"turn_{self._turns}"

        async def make() -> None:
            session = await asyncpg.connect(self._postgres.dsn)
            await session.execute(f"create database {name}{copied}")
            await session.close()

        asyncio.run(make())
        url = self._postgres.address(self._postgres.superuser, name)
        return load(database_url=url, owner_database_url=url)


if __name__ == "__main__":
    sys.exit(main())
