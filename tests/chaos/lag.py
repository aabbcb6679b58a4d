"""How long records wait to be decided, measured from outside: the topic's ends against the lanes' positions."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from tests.chaos.house import PARTITIONS, House

SAMPLE_S = 0.1


@asynccontextmanager
async def watched(house: House) -> AsyncIterator[dict[int, float]]:
    """By partition the longest that a record of it waits while this lasts, in seconds; never too little."""
    longest: dict[int, float] = dict.fromkeys(range(PARTITIONS), 0.0)
    watching = asyncio.ensure_future(_watch(house, longest))
    try:
        yield longest
        assert not watching.done(), watching
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _watch(house: House, longest: dict[int, float]) -> None:
    waiting = {TopicPartition(house.topic, number): Waiting() for number in longest}
    async with AIOKafkaConsumer(bootstrap_servers=house.bootstrap) as consumer:
        looked_at = time.monotonic()
        while True:
            # What has come since the look before may be as old as that look.
            since, looked_at = looked_at, time.monotonic()
            ends = await consumer.end_offsets(list(waiting))
            stored = await house.positions()
            for place, end in ends.items():
                waited_s = waiting[place].look(since, end, stored.get(place.partition, 0))
                longest[place.partition] = max(longest[place.partition], waited_s)
            await asyncio.sleep(SAMPLE_S)


class Waiting:
    """What of one partition is not decided yet: up to which end, and since when."""

    def __init__(self) -> None:
        self.end = 0
        self.undecided: deque[tuple[int, float]] = deque()

    def look(self, since: float, end: int, position: int) -> float:
        """How long the oldest has waited that was not decided at the look before; drops what is decided now."""
        if end > self.end:
            self.end = end
            self.undecided.append((end, since))
        waited_s = time.monotonic() - self.undecided[0][1] if self.undecided else 0.0
        while self.undecided and self.undecided[0][0] <= position:
            self.undecided.popleft()
        return waited_s
