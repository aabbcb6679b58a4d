"""Where lanes stand, which are paused, and what failed where."""

from collections.abc import Collection, Mapping
from typing import Any

import asyncpg

from engine.batch import Lane
from engine.store.sql import statement


class Lanes:
    """Implements `engine.stream.ports.LaneStore` over the ledger's pool."""

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._pool = pool

    async def positions(self, lanes: Collection[Lane]) -> Mapping[Lane, int]:
        """The stored position of each lane; one that is new begins at 0."""
        for topic, generation in {(lane.topic, lane.generation) for lane in lanes}:
            partitions = [lane.partition for lane in lanes if (lane.topic, lane.generation) == (topic, generation)]
            await self._pool.execute(statement("add_lanes"), topic, sorted(partitions), generation)
        rows = await self._pool.fetch(statement("lane_positions"), *columns(lanes))
        return {Lane(r["topic"], r["partition"], r["generation"]): r["next"] for r in rows}

    async def paused(self, lanes: Collection[Lane]) -> Collection[Lane]:
        """Those of the lanes that are paused."""
        rows = await self._pool.fetch(statement("paused_lanes"), *columns(lanes))
        return {Lane(r["topic"], r["partition"], r["generation"]) for r in rows}

    async def record_defect(self, lane: Lane, position: int, text: str) -> int:
        """Records a defect at a position; answers how often it had failed before."""
        return int(await self._pool.fetchval(statement("record_defect"), *_key(lane), position, text)) - 1

    async def pause(self, lane: Lane, position: int, reason: str) -> None:
        """Pauses a lane until it is resumed."""
        await self._pool.execute(statement("pause_lane"), *_key(lane), position, reason)

    async def resume(self, lane: Lane) -> bool:
        """Resumes a lane and forgets its defects; False if it was not paused."""
        return await self._pool.fetchval(statement("resume_lane"), *_key(lane)) is not None

    async def quarantine(self, lane: Lane, first: int, last: int) -> None:
        """Has the records at these offsets go to the dead letters when they are read, the last one too."""
        await self._pool.execute(statement("quarantine_records"), *_key(lane), first, last)

    async def listed(self) -> list[dict[str, Any]]:
        """Every lane with where it stands, its pause and its last defect."""
        return [dict(row) for row in await self._pool.fetch(statement("list_lanes"))]


def columns(lanes: Collection[Lane]) -> tuple[list[str], list[int], list[int]]:
    """The lanes' keys as the three arrays that statements take."""
    return [x.topic for x in lanes], [x.partition for x in lanes], [x.generation for x in lanes]


def _key(lane: Lane) -> tuple[str, int, int]:
    return lane.topic, lane.partition, lane.generation
