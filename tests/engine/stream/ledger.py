"""A ledger for the tests of the stream: a position a lane and a row a record, in a real PostgreSQL database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import asyncpg

from engine.batch import Lane, Slice
from engine.stream.ports import OutboxRow, OutgoingMessage, TooManyUnusable

SCHEMA = """
CREATE TABLE IF NOT EXISTS position (topic text, partition int, generation int, next bigint NOT NULL,
    PRIMARY KEY (topic, partition, generation));
CREATE TABLE IF NOT EXISTS kept (topic text, partition int, "offset" bigint, value bytea,
    n bigint GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (topic, partition, "offset"));
CREATE TABLE IF NOT EXISTS slice (topic text, partition int, asked bigint, next bigint, records int,
    n bigint GENERATED ALWAYS AS IDENTITY);
CREATE TABLE IF NOT EXISTS pause (topic text, partition int, position bigint, reason text,
    PRIMARY KEY (topic, partition));
CREATE TABLE IF NOT EXISTS defect (topic text, partition int, position bigint, text text, times int NOT NULL,
    PRIMARY KEY (topic, partition, position));
CREATE TABLE IF NOT EXISTS outbox (seq bigint PRIMARY KEY, topic text, partition int, messages int,
    published bool DEFAULT false);
"""
OUTAGES = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
)


class Broken(Exception):
    """What a defect of the engine raises, in these tests."""


@dataclass(frozen=True)
class Did:
    """What a batch did."""

    events: int
    postings: int = 0
    dead_letters: Mapping[str, int] = field(default_factory=dict)
    closed: int = 0


Committed = Callable[[Did], None]


@dataclass
class Ledger:
    """Lanes, records and an outbox. A record's value says what happens: `defect`, `garbage`, or it is kept."""

    pool: "asyncpg.Pool[Any]"
    before_commit_s: float = 0.0

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, before_commit_s: float = 0.0) -> AsyncIterator[Self]:
        """Over its own pool; makes the tables."""
        async with asyncpg.create_pool(url, min_size=1, max_size=6) as pool:
            async with pool.acquire() as session, session.transaction():
                await session.execute("SELECT pg_advisory_xact_lock(1)")
                await session.execute(SCHEMA)
            yield cls(pool, before_commit_s)

    async def handle(self, slices: Sequence[Slice], committed: Committed) -> None:
        """Keeps every record of the slices, in one transaction."""
        async with self.pool.acquire() as session, session.transaction():
            did = 0
            for one in sorted(slices, key=lambda one: one.lane):
                did += await self._keep(session, one)
            await asyncio.sleep(self.before_commit_s)
        committed(Did(did))

    async def _keep(self, session: Any, one: Slice) -> int:
        topic, partition, generation = one.lane
        await session.execute(
            "INSERT INTO position VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING", topic, partition, generation
        )
        stored = await session.fetchval(
            "SELECT next FROM position WHERE topic = $1 AND partition = $2 FOR UPDATE", topic, partition
        )
        if stored < one.asked:
            raise Broken(f"gap: stored {stored}, asked {one.asked}")
        records = [record for record in one.records if record.offset >= stored]
        if any(record.value == b"defect" for record in records):
            raise Broken("a defect")
        if any(record.value == b"hang" for record in records):
            await asyncio.sleep(3600)
        if any(record.value == b"garbage" for record in records):
            raise TooManyUnusable(one.lane, stored, 1)
        rows = [(topic, partition, record.offset, record.value) for record in records]
        await session.copy_records_to_table("kept", records=rows, columns=["topic", "partition", "offset", "value"])
        await session.execute(
            "INSERT INTO slice VALUES ($1, $2, $3, $4, $5)", topic, partition, one.asked, one.next, len(records)
        )
        await session.execute(
            "UPDATE position SET next = greatest(next, $3) WHERE topic = $1 AND partition = $2",
            topic,
            partition,
            one.next,
        )
        return len(records)

    # What the stream asks of the lanes

    async def positions(self, lanes: Collection[Lane]) -> Mapping[Lane, int]:
        """As stored."""
        rows = await self.pool.fetch("SELECT topic, partition, generation, next FROM position")
        stored = {Lane(topic, partition, generation): position for topic, partition, generation, position in rows}
        return {lane: stored[lane] for lane in lanes if lane in stored}

    async def paused(self, lanes: Collection[Lane]) -> Collection[Lane]:
        """As stored."""
        rows = {tuple(row) for row in await self.pool.fetch("SELECT topic, partition FROM pause")}
        return [lane for lane in lanes if lane[:2] in rows]

    async def record_defect(self, lane: Lane, position: int, text: str) -> int:
        """How often this was recorded before."""
        times: int = await self.pool.fetchval(
            "INSERT INTO defect VALUES ($1, $2, $3, $4, 0) ON CONFLICT (topic, partition, position) "
            "DO UPDATE SET times = defect.times + 1 RETURNING times",
            *(lane.topic, lane.partition, position, text),
        )
        return times

    async def pause(self, lane: Lane, position: int, reason: str) -> None:
        """Stored."""
        await self.pool.execute(
            "INSERT INTO pause VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            *(lane.topic, lane.partition, position, reason),
        )

    # What the relay asks of the outbox

    async def pending(self, limit: int) -> Sequence[OutboxRow]:
        """Rows not published, oldest first; each of so many messages."""
        rows = await self.pool.fetch("SELECT * FROM outbox WHERE NOT published ORDER BY seq LIMIT $1", limit)
        return [OutboxRow(row["seq"], 1.0, messages_of(row)) for row in rows]

    async def published(self, seqs: Sequence[int]) -> None:
        """Marks them."""
        await self.pool.execute("UPDATE outbox SET published = true WHERE seq = ANY($1)", list(seqs))

    async def prune(self, *, days: int, dead_letter_days: int) -> None:
        """Nothing of it is old."""

    async def forget(self) -> bool:
        """Nobody is erased."""
        return False

    async def heads(self) -> Sequence[OutgoingMessage]:
        """This ledger has no chains."""
        return []


def messages_of(row: Mapping[str, Any]) -> list[OutgoingMessage]:
    """The messages of an outbox row of these tests, each with a stable id."""
    ids = [f"{row['seq']}-{n}".encode() for n in range(row["messages"])]
    return [OutgoingMessage(row["topic"], row["partition"], b"key", one * 10, [("ce_id", one)]) for one in ids]
