"""The thread in which aiokafka runs: where it reads from, what a fetch brought, and what the brokers no longer have.

Faust gives aiokafka an event loop in a thread of its own; the methods here run in that loop, everything else of the
worker in the main one. `engine/stream/transport.py` says what is touched of Faust's and aiokafka's insides, and why.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import aiokafka
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from engine.batch import Record, Slice
from engine.stream import lenient

if TYPE_CHECKING:
    from engine.stream.transport import Consumer

log = logging.getLogger(__name__)

FETCH_BYTES_MIN = 64 << 10
"""A broker answers when it has so much, or after `FETCH_WAIT_MS`: a transaction an event would be all that is done."""
FETCH_WAIT_MS = 20
FETCH_PARTITIONS_MAX = 8
"""Partitions whose full fetches one answer of a broker may hold; bounds what waits in memory undecoded."""
HOLE_S = 5.0
"""Seconds between slices without records, which only carry a position past control records and aborted transactions."""
COMMIT_S = 2.0
IDLE_MS_MAX = 2**31 - 1
"""aiokafka leaves the group after so long without a fetch; in an outage we fetch nothing on purpose."""


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread in which aiokafka runs. It knows for each partition the position that the next slice begins at."""

    consumer: "Consumer"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._asked: dict[TP, int] = {}
        self._sliced_at: dict[TP, float] = {}
        self._sought_in: Any = None

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        # Faust has no settings for read_committed, several of the sizes, nor for what `kafka_client` holds.
        del transport
        lenient.install()
        settings = self.consumer.settings
        return aiokafka.AIOKafkaConsumer(
            **settings.kafka_client,
            client_id=self.app.conf.broker_client_id,
            group_id=settings.group_id,
            group_instance_id=self.app.conf.consumer_group_instance_id,
            partition_assignment_strategy=[RoundRobinPartitionAssignor],
            enable_auto_commit=False,
            # A position that the broker no longer has must surface, never be replaced by another.
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_poll_records=settings.batch_events_max,
            max_poll_interval_ms=IDLE_MS_MAX,
            max_partition_fetch_bytes=settings.fetch_bytes_max,
            fetch_max_bytes=settings.fetch_bytes_max * FETCH_PARTITIONS_MAX,
            fetch_min_bytes=FETCH_BYTES_MIN,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            session_timeout_ms=settings.session_timeout_s * 1000,
            heartbeat_interval_ms=int(settings.heartbeat_s * 1000),
            rebalance_timeout_ms=settings.rebalance_timeout_s * 1000,
        )

    async def _seek_wait(self, consumer: aiokafka.AIOKafkaConsumer, partitions: Mapping[TP, int]) -> None:
        """Seeks, and has the next slice of each partition ask from there. Runs in this thread."""
        if self._assignment(consumer) is not self._sought_in:
            self._sought_in = self._assignment(consumer)
            self._asked.clear()
        # Up to its first await, `super()` only seeks: no fetch can come between the two.
        self._asked.update(partitions)
        try:
            consumer.resume(*(TopicPartition(*partition) for partition in partitions))
            await super()._seek_wait(consumer, partitions)
        except BaseException:
            self._forget(partitions)
            raise

    async def hold(self, partitions: Iterable[TP]) -> None:
        """Asks the broker for no more records of these partitions until they are sought again."""
        await self.call_thread(self._hold, list(partitions))

    async def _hold(self, partitions: list[TP]) -> None:
        consumer = self._ensure_consumer()
        self._forget(partitions)
        ours = consumer.assignment()
        for partition in (TopicPartition(*one) for one in partitions if one in ours):
            # aiokafka fetches nothing from a broker while one of its partitions has no position at all.
            consumer.seek(partition, 0)
            consumer.pause(partition)

    def _forget(self, partitions: Iterable[TP]) -> None:
        for partition in partitions:
            self._asked.pop(partition, None)

    async def _fetch_records(
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109  # Faust's signature
        max_records: int | None = None,
    ) -> Any:
        """One slice for each partition that has records, as `{partition: [slice]}`. Runs in this thread."""
        sought = self._assignment(consumer) is self._sought_in
        wanted = {partition for partition in active_partitions if sought and partition in self._asked}
        if not wanted:  # aiokafka would take an empty set for all partitions
            await asyncio.sleep(timeout or 0)
            return {}
        try:
            fetched = await super()._fetch_records(consumer, wanted, timeout, max_records)
        except OffsetOutOfRangeError as error:
            self._lose(error.args[0])
            return {}
        except NoOffsetForPartitionError:  # dealt anew while we waited, and not sought yet
            return {}
        if self._assignment(consumer) is not self._sought_in:
            # Dealt anew while we waited: aiokafka began at Kafka's offsets, which are not ours. A seek is to come.
            return {}
        # No await between the drain inside `super()` and here: each position is the one after its records.
        slices = (self._slice(partition, fetched.get(partition, ())) for partition in wanted)
        return {TP(one.lane.topic, one.lane.partition): [one] for one in slices if one is not None}

    @staticmethod
    def _assignment(consumer: aiokafka.AIOKafkaConsumer) -> Any:
        """What aiokafka holds now: another object after each rebalance, and the only way to a position at once."""
        subscription = consumer._subscription.subscription  # noqa: SLF001
        return subscription and subscription.assignment

    def _slice(self, partition: TP, records: Collection[Any]) -> Slice | None:
        state = self._sought_in.state_value(partition)
        asked = self._asked.get(partition)  # None if it was held while the fetch waited
        if asked is None or state is None or not state.has_valid_position:
            return None
        after = state.position
        if after <= asked:
            return None
        now = time.monotonic()
        if not records and now - self._sliced_at.get(partition, 0.0) < HOLE_S:
            return None
        self._asked[partition] = after
        self._sliced_at[partition] = now
        ours = [Record(one.offset, one.timestamp, one.key, one.value, one.headers) for one in records]
        return Slice(self.consumer.lane(partition), asked, after, ours)

    def _lose(self, positions: Mapping[TopicPartition, int]) -> None:
        for partition, position in positions.items():
            found = TP(partition.topic, partition.partition)
            # One that was asked before a seek says nothing about the position since.
            if self._asked.get(found) == position:
                self._forget([found])
                self.parent_loop.call_soon_threadsafe(self.consumer.note_loss, found, position)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Tells Kafka how far we are. It is a hint: a failure is logged, never a reason to stop or to wait."""
        consumer = self._ensure_consumer()
        ours = consumer.assignment()
        hints = {TopicPartition(*tp): OffsetAndMetadata(offset, "") for tp, offset in offsets.items() if tp in ours}
        try:
            await asyncio.wait_for(consumer.commit(hints), COMMIT_S)
        except (KafkaError, TimeoutError) as error:
            log.warning("Kafka did not take our offsets, which it only keeps for lag tools: %r", error)
            return False
        return True
