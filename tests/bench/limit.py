"""A contender: PostgreSQL alone. The engine's own statements, recorded with their arguments beforehand, run again.

`record` decides the stream once against one database; the process plays the statements into a fresh one, lanes side by
side on so many connections, each batch in a transaction. No faster engine can be built on these statements.
"""

import asyncio
import os
import pickle
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import uvloop

from engine.batch import Lane, Record, Slice
from engine.garbage import collect_seldom
from engine.handle import Handler
from engine.registry import Registries
from engine.sealing import Masters
from engine.settings import Settings, load
from engine.store import connect
from engine.store.lanes import Lanes
from engine.store.ledger import Ledger, Transaction
from tests.bench.events import Purchase, by_partition

TIMESTAMP_MS = 1_790_000_000_000


class Call(NamedTuple):
    """One call on a connection."""

    method: str
    arguments: tuple[Any, ...]
    named: dict[str, Any]


Step = Call | list[Call]
"""A statement by itself, or those of a transaction."""


class Recording:
    """A connection that keeps what it is asked to do."""

    def __init__(self, session: Any, calls: list[Call]) -> None:
        self._session, self._calls = session, calls

    def __getattr__(self, method: str) -> Any:
        async def call(*arguments: Any, **named: Any) -> Any:
            self._calls.append(Call(method, arguments, named))
            return await getattr(self._session, method)(*arguments, **named)

        return call


class RecordingLedger(Ledger):
    """A ledger whose transactions are kept."""

    def __init__(self, pool: "asyncpg.Pool[Any]", registries: Registries, masters: Masters | None) -> None:
        super().__init__(pool, registries, masters)
        self.kept: list[Step] = []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """All of a batch or nothing of it."""
        calls: list[Call] = []
        async with self.pool.acquire() as session, session.transaction():
            yield Transaction(Recording(session, calls), self.profiles)
        self.kept.append(calls)


def slices(stream: Sequence[Purchase], topic: str, partitions: int, events: int) -> list[list[Slice]]:
    """Each lane's records cut into slices of so many."""
    lanes = [
        [Record(i, TIMESTAMP_MS + i, p.key, p.value, ()) for i, p in enumerate(lane)]
        for lane in by_partition(list(stream), partitions)
    ]
    return [
        [
            Slice(Lane(topic, number, 1), at, min(at + events, len(lane)), lane[at : at + events])
            for at in range(0, len(lane), events)
        ]
        for number, lane in enumerate(lanes)
    ]


async def handler(settings: Settings, lanes: list[list[Slice]], *, recording: bool) -> tuple[Handler, Any]:
    """A handler and its ledger, with the lanes begun."""
    pool = await connect.pool(settings)
    registries = Registries(pool)
    ledger = (RecordingLedger if recording else Ledger)(pool, registries, None)
    await Lanes(pool).positions([lane[0].lane for lane in lanes if lane])
    sizes = {"unusable_max": settings.unusable_in_a_row_max, "close_chunk": settings.close_chunk, "ahead_days": 100_000}
    return Handler(ledger, partitions=settings.partitions, **sizes), ledger


async def record(settings: Settings, stream: Sequence[Purchase], events: int, file: Path) -> None:
    """Decides the stream in batches of so many events and keeps each lane's statements in a file."""
    lanes = slices(stream, settings.topic("events"), settings.partitions, events)
    handle, ledger = await handler(settings, lanes, recording=True)
    kept: list[list[list[Call]]] = []
    for lane in lanes:
        ledger.kept = []
        for one in lane:
            await handle([one])
        kept.append(ledger.kept)
    await ledger.pool.close()
    file.write_bytes(pickle.dumps(kept))  # noqa: ASYNC240  # nothing else runs


async def play(settings: Settings, file: Path, connections: int) -> None:
    """Runs what was recorded, lanes side by side on so many connections."""
    lanes: list[list[list[Call]]] = pickle.loads(file.read_bytes())  # noqa: ASYNC240, S301  # ours, and nothing else runs yet
    pool = await connect.pool(settings)
    topic = settings.topic("events")
    await Lanes(pool).positions([Lane(topic, p, 1) for p in range(settings.partitions)])
    collect_seldom()
    await asyncio.gather(*(_play(pool, lanes[i::connections]) for i in range(connections)))
    await pool.close()


async def _play(pool: "asyncpg.Pool[Any]", lanes: list[list[list[Call]]]) -> None:
    async with pool.acquire() as session:
        in_turn = [calls for wave in zip_longest(*lanes) for calls in wave if calls]
        for calls in in_turn:
            await play_batch(session, calls)


async def play_batch(session: Any, calls: list[Call]) -> None:
    """Runs a transaction's calls in one."""
    async with session.transaction():
        for method, arguments, named in calls:
            await getattr(session, method)(*arguments, **named)


if __name__ == "__main__":
    uvloop.run(play(load(), Path(sys.argv[1]), int(sys.argv[2])))
    os._exit(0)
