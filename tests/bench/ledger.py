"""What a contender wrote, read from PostgreSQL: when each transaction committed, and whether the ledger is right."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple

import asyncpg

from tests.bench.ground import Run

WARM: Final = 0.25
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
    select (select count(*) from points.posting where bank = 'bench'),
           (select coalesce(sum(points), 0)::bigint from points.posting where bank = 'bench'),
           (select count(*) from points.seen where fingerprint <> key), coalesce(sum(available[1]), 0)::bigint,
           coalesce(sum(version), 0)::bigint,
           md5(string_agg(format('%s:%s:%s', member_id, available[1], s.points), ',' order by member_id))
    from points.member
    left join (select bank, member_id, sum(points) as points from points.posting where bank = 'bench' group by 1, 2) s
         using (bank, member_id)
"""
_COMMITS: Final = """
    select extract(epoch from began)::float8 as began,
           extract(epoch from pg_xact_commit_timestamp(x))::float8 as at, events
    from (select xmin as x, min(recorded_at) as began, count(*) filter (where kind = 'base') as events
          from points.posting where bank = 'bench' group by xmin) t
    order by at
"""
_COUNTED: Final = "select count(*) from points.posting where bank = 'bench'"
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
    """Events a second from the commit by which `WARM` of them were there to the last commit.

    Of a transaction under way at that moment, the part counts that its remaining time is of its whole time.
    """
    return steady(asyncio.run(_asked(run, _COMMITS)))


def steady(commits: Sequence[Mapping[str, Any]]) -> float:
    """Events a second by their commits, each with when it began, when it was durable and what it holds."""
    warm = WARM * sum(c["events"] for c in commits)
    done = accumulate(c["events"] for c in commits)
    start = next(c["at"] for c, so_far in zip(commits, done, strict=True) if so_far >= warm)
    after = [c for c in commits if c["at"] > start]
    if not after:
        raise ValueError("all was committed at once: too few events to tell a rate")
    counted = sum(c["events"] * (c["at"] - max(c["began"], start)) / (c["at"] - c["began"]) for c in after)
    return float(counted / (after[-1]["at"] - start))


def latencies_ms(run: Run, since: Any) -> list[float]:
    """Sorted milliseconds from each event's own time to its commit, of events from `since` on."""
    return [row[0] for row in asyncio.run(_asked(run, _LATENCIES, since))]


def wait_for_postings(run: Run, expected: int) -> None:
    """Until so many postings are there; TimeoutError if they stop coming."""

    async def work() -> None:
        session = await asyncpg.connect(run.settings.owner_database_url)
        had, moved_at = -1, time.monotonic()
        while (has := await session.fetchval(_COUNTED)) < expected:
            if has != had:
                had, moved_at = has, time.monotonic()
            if time.monotonic() - moved_at > STALLED_S:
                raise TimeoutError(
                    f"{has} of {expected} postings; see the logs of {run.settings.topic_prefix} in {run.folder}"
                )
            await asyncio.sleep(0.4)
        await session.close()

    asyncio.run(work())
