"""`python -m tests.bench.closing`: a day's close of many members, beside the same rows written by plain SQL.

One worker's process with its two transactions at a time, on the ledger's real tables, against `insert … select` and
`update` of the rows that it wrote, in one transaction without anything being decided.
"""

import argparse
import asyncio
import itertools
import json
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg
from rich.console import Console
from rich.table import Table

from engine.batch import Lane, Record, Slice
from engine.embedded import Postgres
from engine.garbage import collect_seldom
from engine.handle import Handler
from engine.registry import Registries
from engine.settings import Settings, load
from engine.setup import read, register
from engine.store import connect, migrate
from engine.store.lanes import Lanes
from engine.store.ledger import Ledger
from engine.store.outbox import unpacked
from schemas.message import SOURCE
from tests.bench.ground import OPTIONS

BANKS: Final = Path(__file__).parent / "banks.yaml"
PARTITIONS: Final = 32
DAY: Final = date(2028, 10, 31)
"""The lots of October 2026 live for 24 months to the month's end: 1 November 2028 is their first day not valid."""

MEMBERS: Final = """
    insert into points.member (bank, member_id, version, status, tier, score, due_on, partition, point_types, available,
                               pending, held, deficit)
    select 'bench', 'm-' || n, 1, 'provisional', null, 0,
           case when n % 100 < $2 then date '2028-10-31' else '2029-01-31' end, n % $3,
           '{reward}', '{100}', '{0}', '{0}', '{0}'
    from generate_series(1, $1) n"""
POSTINGS: Final = """
    insert into points.posting (posting_id, bank, member_id, member_version, event_key, rule_id, kind, program_hash,
        semantics, point_type, points, desired_points, basis, rate_numerator, rate_denominator, rounding, event_day,
        business_date, occurred_at, expires_on, balance_after, journal_seq)
    select gen_random_uuid(), 'bench', 'm-' || n, 1, gen_random_uuid(), 'card-spend', 'base', '\\x00', 1, 'reward', 100,
           100, 100, 1, 1, 'down', '2026-10-05', '2026-10-05', '2026-10-05',
           case when n % 100 < $2 then date '2028-11-01' else '2029-02-01' end, 100, 1
    from generate_series(1, $1) n"""
AGAIN: Final = (
    "create temp table p as select * from points.posting where kind = 'expired'",
    "create temp table a as select * from points.allocation",
    "create temp table m as select * from points.member where version > 1",
    "set session_replication_role = replica",
    "delete from points.posting where kind = 'expired'",
    "delete from points.allocation",
    "set session_replication_role = origin",
    "vacuum analyze points.member",
    "checkpoint",
)
"""The rows that the close wrote are set aside and taken out, for the plain statements to write them once more."""
PLAIN: Final = """
    insert into points.posting select * from p;
    insert into points.allocation select * from a;
    update points.member set version = m.version, due_on = m.due_on, closed_through = m.closed_through,
                             available = m.available, state = m.state
    from m where member.bank = m.bank and member.member_id = m.member_id"""


class Figures(NamedTuple):
    """Seconds that the close and the plain statements took for so many members who were due.

    `held_s_max` is the longest transaction: so long a member may wait for its own chunk.
    """

    due: int
    close_s: float
    held_s_max: float
    plain_s: float


async def closed(settings: Settings, members: int, percent: int) -> Figures:
    """Closes one day of a ledger of so many members, that many percent of them due."""
    owner = await connect.owner(settings)
    await owner.execute(MEMBERS, members, percent, PARTITIONS)
    await owner.execute(POSTINGS, members, percent)
    await owner.execute("vacuum analyze points.member, points.posting, points.allocation")
    await owner.execute("checkpoint")
    pool = await connect.pool(settings)
    events = [Lane(settings.topic("events"), number, 1) for number in range(PARTITIONS)]
    calendar = Lane(settings.topic("calendar"), 0, 1)
    await Lanes(pool).positions([*events, calendar])
    handle = Handler(
        Ledger(pool, Registries(pool), None),
        partitions=PARTITIONS,
        unusable_max=1,
        close_chunk=settings.close_chunk,
        ahead_days=100_000,
    )
    await handle([Slice(calendar, 0, 1, [_order()])])
    markers = await _markers(owner, events)
    began = time.perf_counter()
    strands = [markers[strand :: settings.worker_strands] for strand in range(settings.worker_strands)]
    done = await asyncio.gather(*(_closed(handle, strand) for strand in strands))
    close_s = time.perf_counter() - began
    due = sum(one for one, _ in done)
    expired = await owner.fetchval("select count(*) from points.posting where kind = 'expired' and points = -100")
    if due != expired or due != members * percent // 100:
        raise AssertionError(f"{due} members were closed and {expired} lots expired of {members} with {percent} % due")
    await pool.close()
    return Figures(due, close_s, max(held_s for _, held_s in done), await _plain(owner))


async def _closed(handle: Handler, strand: Sequence[Slice]) -> tuple[int, float]:
    """Closes one strand's lanes; answers how many members that were, and the seconds of the longest transaction."""
    ended = [time.perf_counter()]
    done = await handle(strand, lambda _: ended.append(time.perf_counter()))
    return done.closed, max(after - before for before, after in itertools.pairwise(ended))


async def _plain(owner: "asyncpg.Connection[Any]") -> float:
    for statement in AGAIN:
        await owner.execute(statement)
    began = time.perf_counter()
    async with owner.transaction():
        await owner.execute(PLAIN)
    plain_s = time.perf_counter() - began
    await owner.close()
    return plain_s


def _order() -> Record:
    data = {"business_date": str(DAY), "through": str(DAY), "reason": "a benchmark"}
    event = {"specversion": "1.0", "id": "close-1", "source": SOURCE, "type": "business-day.closed.v1",
             "subject": "calendar", "time": f"{DAY}T23:59:59Z", "data": data}  # fmt: skip
    return Record(0, 0, f"bench/{SOURCE}".encode(), json.dumps(event).encode(), ())


async def _markers(owner: "asyncpg.Connection[Any]", lanes: Sequence[Lane]) -> list[Slice]:
    [row] = await owner.fetch("select messages from points.outbox")
    said = unpacked(row["messages"], str)
    return [Slice(lanes[m.partition], 0, 1, [Record(0, 0, m.key, m.value, tuple(m.headers))]) for m in said]


async def _ledger(settings: Settings) -> None:
    owner = await connect.owner(settings)
    await migrate.migrate(owner)
    await owner.execute("set search_path to points")
    await register(owner, *read(BANKS))
    await owner.close()


async def _all(postgres: Postgres, members: int, percents: Sequence[int]) -> list[tuple[int, Figures]]:
    found = []
    for percent in percents:
        session = await asyncpg.connect(postgres.dsn)
        await session.execute(f"create database closing_{percent}")
        await session.close()
        url = postgres.address(postgres.superuser, f"closing_{percent}")
        settings = load(database_url=url, owner_database_url=url)
        await _ledger(settings)
        found.append((percent, await closed(settings, members, percent)))
    return found


def main() -> None:
    """Prints one line for each share of members that is due."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.closing", description=__doc__)
    parser.add_argument("--members", type=int, default=100_000, help="members of the ledger (%(default)s)")
    parser.add_argument("--due", type=int, nargs="+", default=[1, 10, 100], help="percent of them that are due")
    asked = parser.parse_args()
    collect_seldom()
    with tempfile.TemporaryDirectory() as folder, Postgres.start(Path(folder) / "pg", options=OPTIONS) as postgres:
        found = asyncio.run(_all(postgres, asked.members, asked.due))
    columns = "due", "members", "close s", "members/s", "longest chunk s", "plain SQL s", "ratio"
    table = Table(*columns, title=f"{asked.members:,} members")
    for percent, (due, close_s, held_s_max, plain_s) in found:
        times = f"{close_s:.2f}", f"{due / close_s:,.0f}", f"{held_s_max:.2f}", f"{plain_s:.2f}"
        table.add_row(f"{percent} %", f"{due:,}", *times, f"{plain_s / close_s:.3f}")
    Console().print(table)


if __name__ == "__main__":
    main()
