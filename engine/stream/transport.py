"""Faust's transport with a consumer of our own, which hands over one partition's fetch as one message: a `Slice`.

Stock Faust costs some 200 µs a message and takes Kafka's committed offset for the truth. Here a message is a whole
fetch, reading begins at the positions stored in PostgreSQL, and Kafka's committed offset is a hint for lag tools.

Everything that touches the insides of Faust or aiokafka is in this file, in `fetching.py` (the consumer's thread), in
`lenient.py` (what a fetch brought) and in `protocol.py` (one request more); `tests/engine/stream/test_pins.py` fails
when a release changes what they rest on.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message

from engine.batch import Lane, Slice
from engine.stream.fetching import ConsumerThread

if TYPE_CHECKING:
    from engine.settings import Settings
    from engine.stream.strands import Strands

log = logging.getLogger(__name__)

FETCH_S_SOME_FULL = 0.05
"""Longest wait for records while some partitions are not asked, for they may have room again soon."""
SEEK_S = 10.0


class Consumer(driver.Consumer):
    """Faust's consumer, one message a slice, seeking to the ledger's positions."""

    _thread: ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reached: dict[TP, int] = {}
        self._done: defaultdict[TP, dict[int, int]] = defaultdict(dict)
        self._losses: dict[TP, int] = {}
        self._reconciling = asyncio.Lock()

    @property
    def strands(self) -> "Strands":
        """Where slices go and what is known of the lanes."""
        return cast("Strands", self.app.strands)  # type: ignore[attr-defined]

    @property
    def settings(self) -> "Settings":
        """The worker's settings."""
        return self.strands.settings

    def lane(self, partition: TP) -> Lane:
        """The lane of a partition."""
        return Lane(partition.topic, partition.partition, self.settings.generation)

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    # Fetching

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:  # noqa: ASYNC109  # Faust's
        active = active_partitions or set()
        ready = {partition for partition in active if self.strands.has_room(self.lane(partition))}
        if not ready:
            await self.strands.wait_for_room(timeout)
            return {}
        wait_s = timeout if len(ready) == len(active) else FETCH_S_SOME_FULL
        return await self._thread.getmany(ready, wait_s)

    def _to_message(self, tp: TP, record: Slice) -> ConsumerMessage:
        # The offset is the last position of the slice, so that offsets grow even where records are missing.
        at_s = record.records[-1].timestamp_ms / 1000 if record.records else time.time()
        return ConsumerMessage(
            topic=tp.topic,
            partition=tp.partition,
            offset=record.next - 1,
            timestamp=at_s,
            timestamp_type=0,
            headers=None,
            key=None,
            value=cast("bytes", record),
            checksum=None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    # Acknowledging

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Nothing: slices join without gaps, whatever offsets their records have."""

    def ack(self, message: Message) -> bool:
        """Marks a slice as committed; answers whether it was not before."""
        done = bool(super().ack(message))
        if done:
            one = cast("Slice", message.value)
            self._done[message.tp][one.asked] = one.next
        return done

    def _new_offset(self, tp: TP) -> int | None:
        """The position up to which every slice since the seek has been acknowledged, if that has grown."""
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        begun = reached = self._reached.get(tp, -1)
        while reached in self._done[tp]:
            reached = self._done[tp].pop(reached)
        self._reached[tp] = reached
        return reached if reached > begun else None

    async def wait_empty(self) -> None:
        """Before partitions go: drops what waits, awaits what is being committed, tells Kafka how far we are."""
        # Faust would wait for every message it ever handed over, for ever in an outage. What is not committed is
        # read again by whoever gets the partition.
        await self.strands.settle()
        self._unacked_messages.clear()
        await self.commit_and_end_transactions()

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: Faust's own watch knows neither pauses nor outages; `engine.stream.watch` does."""

    # Seeking

    async def perform_seek(self) -> None:
        """After a rebalance: reads every lane from its stored position. In an outage `reconcile` does it later."""
        async with self._reconciling:
            self._committed_offset.clear()
            self.strands.forget()
            try:
                await asyncio.wait_for(self._reconcile(), SEEK_S)
            except self.strands.outages as outage:
                log.warning("positions cannot be read now; nothing is fetched until they are: %r", outage)

    async def reconcile(self) -> None:
        """Brings what is fetched into line with PostgreSQL: pauses, resumes, and lanes that were never sought."""
        # A rebalance came between, or PostgreSQL is away: the next round sees to it.
        passing: tuple[type[BaseException], ...] = (IllegalStateError, *self.strands.outages)
        async with self._reconciling:
            try:
                await asyncio.wait_for(self._reconcile(), SEEK_S)
            except passing as later:
                log.info("lanes stay as they are for now: %r", later)

    async def _reconcile(self) -> None:
        await self._file_losses()
        partitions = {self.lane(partition): partition for partition in self.assignment()}
        before = self.strands.paused & partitions.keys()
        now = set(await self.strands.store.paused(list(partitions)))
        for lane in now ^ before:
            log.warning("%s/%d is %s", lane.topic, lane.partition, "paused" if lane in now else "resumed")
        self.strands.pause(now)
        self.strands.resume(before - now)
        await self._thread.hold(partitions[lane] for lane in now & partitions.keys())
        wanting = {lane: partition for lane, partition in partitions.items() if self.strands.wants_seek(lane)}
        if wanting:
            await self._seek_stored(wanting)

    async def _seek_stored(self, wanting: Mapping[Lane, TP]) -> None:
        stored = await self.strands.store.positions(list(wanting))
        positions = {lane: stored.get(lane, 0) for lane in wanting}
        for lane, partition in wanting.items():
            self._reached[partition] = positions[lane]
            self._done[partition].clear()
            self.strands.begin(lane, positions[lane])
        try:
            await self.seek_wait({partition: positions[lane] for lane, partition in wanting.items()})
        except BaseException:
            self.strands.forget(wanting)
            raise

    # Losses

    def note_loss(self, partition: TP, position: int) -> None:
        """Stops a lane whose position the broker does not have. Runs in the main loop."""
        lane = self.lane(partition)
        log.critical("%s/%d: the broker does not have position %d any more; the partition stops", *partition, position)
        self.strands.pause({lane})
        self.strands.meters.lanes_lost.inc()
        self._losses[partition] = position

    async def _file_losses(self) -> None:
        for partition, position in list(self._losses.items()):
            first = (await self.earliest_offsets(partition))[partition]
            lost = (
                f"the log begins at {first}" if first > position else f"the log ends below it, having begun at {first}"
            )
            await self.strands.store.pause(self.lane(partition), position, f"records lost: stood at {position}, {lost}")
            del self._losses[partition]


class Producer(driver.Producer):
    """Faust wants a producer; ours only has the right addresses and credentials. The relay has its own."""

    def _settings_auth(self) -> Mapping[str, Any]:
        return cast("Strands", self.app.strands).settings.kafka_client  # type: ignore[attr-defined]


class Transport(driver.Transport):
    """`points://host:port`, named in `pyproject.toml` under `faust.transports`."""

    Consumer = Consumer
    Producer = Producer
