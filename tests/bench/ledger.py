"""What a contender wrote, read from PostgreSQL: when each transaction committed, and whether the ledger is right."""

import asyncio
import time
from typing import Any, Final, NamedTuple

import asyncpg

from tests.bench.ground import Run

WARM: Final = 0.15
"""Part of the postings after whose commit the clock starts, so that what starts a contender is not measured."""
STALLED_S: Final = 60.0


class Written(NamedTuple):
    """Totals of a ledger; two are the same ledger when all of them agree."""

    postings: int
    points: int
    seen: int
    available: int
    versions: int
    members: str
    """A digest over each member's balance and sum of postings."""


_WRITTEN: Final = """
    select (select count(*) from points.posting), (select coalesce(sum(points), 0)::bigint from points.posting),
           (select count(*) from points.seen), coalesce(sum(available[1]), 0)::bigint,
           coalesce(sum(version), 0)::bigint,
           md5(string_agg(format('%s:%s:%s', member_id, available[1], s.points), ',' order by member_id))
    from points.member
    left join (select bank, member_id, sum(points) as points from points.posting group by 1, 2) s
         using (bank, member_id)
"""
_COMMITS: Final = """
    select extract(epoch from pg_xact_commit_timestamp(x))::float8 as at, events
    from (select xmin as x, count(*) filter (where kind = 'base') as events from points.posting group by xmin) t
    order by 1
"""
_LATENCIES: Final = """
    select extract(epoch from pg_xact_commit_timestamp(xmin) - occurred_at)::float8 * 1000 from points.posting
    where kind = 'base' and occurred_at >= $1 order by 1
"""


async def _asked(run: Run, text: str, *arguments: Any) -> list[Any]:
    session = await asyncpg.connect(run.settings.owner_database_url)
    try:
        return list(await session.fetch(text, *arguments))
    finally:
        await session.close()


def written(run: Run) -> Written:
    """The ledger's totals."""
    return Written(*asyncio.run(_asked(run, _WRITTEN))[0])


def rate(run: Run) -> float:
    """Events a second between commits, from when `WARM` of them were committed to the last."""
    commits = asyncio.run(_asked(run, _COMMITS))
    whole = sum(c["events"] for c in commits)
    done, first = 0, 0
    for i, c in enumerate(commits):
        done += c["events"]
        if done >= WARM * whole:
            first = i
            break
    return float((whole - done) / (commits[-1]["at"] - commits[first]["at"]))


def latencies_ms(run: Run, since: Any) -> list[float]:
    """Sorted milliseconds from each event's own time to its commit, of events from `since` on."""
    return [row[0] for row in asyncio.run(_asked(run, _LATENCIES, since))]


def wait_for_postings(run: Run, expected: int) -> None:
    """Until so many postings are there; TimeoutError if they stop coming."""

    async def work() -> None:
        session = await asyncpg.connect(run.settings.owner_database_url)
        had, moved_at = -1, time.monotonic()
        while (has := await session.fetchval("select count(*) from points.posting")) < expected:
            if has != had:
                had, moved_at = has, time.monotonic()
            if time.monotonic() - moved_at > STALLED_S:
                raise TimeoutError(
                    f"{has} of {expected} postings; see the logs of {run.settings.topic_prefix} in {run.folder}"
                )
            await asyncio.sleep(0.4)
        await session.close()

    asyncio.run(work())
