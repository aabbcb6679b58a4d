"""The relay publishes the outbox in order: one a shard, by lease, with an idempotent producer of its own.

At least once: a crash between publishing and marking publishes again, the same bytes under the same `ce_id`, by which
consumers know them. Messages go out in whole batches, one builder a partition, which costs some 2 µs a message instead
of the 100 of single sends; within a partition the order is that of the outbox.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential_jitter

from engine.metrics import Meters
from engine.settings import Settings
from engine.stream.lease import FAILURES, Lease
from engine.stream.ports import Outbox, OutboxRow, OutgoingMessage

log = logging.getLogger(__name__)

ROWS_MAX = 64
BATCH_BYTES = 512 << 10
REQUEST_BYTES_MAX = 4 << 20
"""More than one message's largest size, for a message greater than `BATCH_BYTES` has a batch of its own."""
LINGER_MS = 0
OF_RELAY = "relay"
LEASE_PAUSE_S = 1.0


class Relay:
    """Publishes one shard's outbox."""

    def __init__(
        self, settings: Settings, outbox: Outbox, meters: Meters, outages: tuple[type[BaseException], ...]
    ) -> None:
        """`outages` are the errors of the outbox that are retried for ever; those of Kafka are as well."""
        self.settings = settings
        self.outbox = outbox
        self.meters = meters
        self.outages = (KafkaError, TimeoutError, OSError, *outages)

    async def run(self) -> None:
        """Waits for the relay's lease and publishes while it is held, for ever; nothing but a defect ends it."""
        lease = await self._leased()
        self.meters.relay_active.set(1)
        keeping = asyncio.ensure_future(lease.keep())
        try:
            await self._publish_for_ever()
        finally:
            self.meters.relay_active.set(0)
            keeping.cancel()
            await lease.release()

    async def _leased(self) -> Lease:
        while True:
            with contextlib.suppress(*FAILURES):
                lease = await Lease.take(self.settings, f"points relay {self.settings.topic_prefix}", (0,))
                if lease is not None:
                    log.info("holding the relay's lease")
                    return lease
            await asyncio.sleep(LEASE_PAUSE_S)

    async def _publish_for_ever(self) -> None:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(self.outages),
            wait=wait_exponential_jitter(self.settings.outage_pause_s_first, self.settings.outage_pause_s_max),
            before_sleep=self._tell_outage,
        )
        while True:
            # A fresh producer after each failure: one that gave up on a batch may have a hole in its sequence.
            async for attempt in retrying:
                with attempt:
                    async with self._producer() as producer:
                        await self._publish_until_failure(producer)

    def _producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **self.settings.kafka_client,
            enable_idempotence=True,
            acks="all",
            max_batch_size=BATCH_BYTES,
            max_request_size=REQUEST_BYTES_MAX,
            linger_ms=LINGER_MS,
        )

    async def _publish_until_failure(self, producer: AIOKafkaProducer) -> None:
        while True:
            if not await self.publish_once(producer):
                await asyncio.sleep(self.settings.relay_poll_ms / 1000)

    async def publish_once(self, producer: AIOKafkaProducer) -> int:
        """Publishes the oldest rows and marks them; answers how many there were."""
        rows = await self.outbox.pending(ROWS_MAX)
        self.meters.outage.labels(OF_RELAY).set(0)
        self.meters.outbox_age_seconds.set(max((row.age_s for row in rows), default=0.0))
        if rows:
            self.meters.relayed.inc(await publish(producer, rows))
            await self.outbox.published([row.seq for row in rows])
        return len(rows)

    def _tell_outage(self, state: Any) -> None:
        self.meters.outage.labels(OF_RELAY).set(1)
        self.meters.outage_seconds.labels(OF_RELAY).inc(state.next_action.sleep)
        log.warning("the relay waits, try %d: %r", state.attempt_number, state.outcome.exception())


async def publish(producer: AIOKafkaProducer, rows: Iterable[OutboxRow]) -> int:
    """Publishes every message of the rows, in order within each partition; answers how many, once all are kept."""
    by_partition: dict[tuple[str, int], list[OutgoingMessage]] = {}
    for row in rows:
        for message in row.messages:
            by_partition.setdefault((message.topic, message.partition), []).append(message)
    # Partitions side by side, batches within one after the other: order needs no more.
    await asyncio.gather(*(_publish_partition(producer, *pair) for pair in by_partition.items()))
    return sum(map(len, by_partition.values()))


async def _publish_partition(
    producer: AIOKafkaProducer, at: tuple[str, int], messages: Sequence[OutgoingMessage]
) -> None:
    topic, partition = at
    now_ms = int(time.time() * 1000)
    kept = []
    builder = producer.create_batch()
    for message in messages:
        if not _append(builder, message, now_ms):
            kept.append(await producer.send_batch(builder, topic, partition=partition))
            builder = producer.create_batch()
            _append(builder, message, now_ms)  # the first message of a batch always has room
    kept.append(await producer.send_batch(builder, topic, partition=partition))
    await asyncio.gather(*kept)


def _append(builder: Any, message: OutgoingMessage, now_ms: int) -> bool:
    added = builder.append(timestamp=now_ms, key=message.key, value=message.value, headers=message.headers)
    return added is not None
