"""The relay publishes the outbox in order: one a shard, by lease, with an idempotent producer of its own.

At least once: a crash between publishing and marking publishes again, the same bytes under the same `ce_id`, by which
consumers know them. Messages go out in whole batches, one builder a partition, which costs some 2 µs a message instead
of the 100 of single sends; within a partition the order is that of the outbox.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from engine.metrics import Meters
from engine.settings import Settings
from engine.stream.lease import Lease
from engine.stream.outages import Outages
from engine.stream.ports import Outbox, OutboxRow, OutgoingMessage

log = logging.getLogger(__name__)

ROWS_MAX = 64
BATCH_BYTES = 512 << 10
REQUEST_BYTES_MAX = 4 << 20
"""More than one message's largest size, for a message greater than `BATCH_BYTES` has a batch of its own."""
LINGER_MS = 0
STOP_S = 2.0
PRUNE_S = 3600.0
FORGET_S = 5.0
"""Between two looks for erasures; while something of one is left to be done, a piece of it comes between publishing."""


class Relay:
    """Publishes one shard's outbox."""

    def __init__(
        self, settings: Settings, outbox: Outbox, meters: Meters, outages: tuple[type[BaseException], ...]
    ) -> None:
        """`outages` are the errors of the outbox that are retried for ever; those of Kafka are as well."""
        self.settings = settings
        self.outbox = outbox
        self.meters = meters
        self._outages = Outages("relay", (KafkaError, TimeoutError, OSError, *outages), settings, meters)
        self._producer: AIOKafkaProducer | None = None

    async def run(self) -> None:
        """Waits for the relay's lease and publishes while it is held, for ever; nothing but a defect ends it."""
        lease = await Lease.wait_for(self.settings, f"points relay {self.settings.topic_prefix}")
        self.meters.relay_active.set(1)
        keeping = asyncio.ensure_future(lease.keep())
        try:
            attest_at = prune_at = forget_at = time.monotonic()
            while True:
                if time.monotonic() >= prune_at:
                    prune_at = time.monotonic() + PRUNE_S
                    await self._outages.through(self._prune)
                if time.monotonic() >= forget_at and not await self._outages.through(self.outbox.forget):
                    forget_at = time.monotonic() + FORGET_S
                if time.monotonic() >= attest_at:
                    attest_at = time.monotonic() + self.settings.attest_every_s
                    await self._outages.through(self._attest)
                if not await self._outages.through(self._publish):
                    await asyncio.sleep(self.settings.relay_poll_ms / 1000)
        finally:
            self.meters.relay_active.set(0)
            keeping.cancel()
            await self._drop_producer()
            await lease.release()

    async def _publish(self) -> int:
        return await self._with_producer(self.publish_once)

    async def _attest(self) -> int:
        return await self._with_producer(self.attest_once)

    async def _prune(self) -> None:
        kept = self.settings
        await self.outbox.prune(days=kept.outbox_kept_days, dead_letter_days=kept.dead_letters_kept_days)

    async def _with_producer(self, work: Callable[[AIOKafkaProducer], Awaitable[int]]) -> int:
        try:
            if self._producer is None:
                self._producer = producer_of(self.settings)
                await self._producer.start()
            return await work(self._producer)
        except BaseException:
            # One that gave up on a batch may have a hole in its sequence.
            await self._drop_producer()
            raise

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(KafkaError, TimeoutError, OSError):
                await asyncio.wait_for(producer.stop(), STOP_S)

    async def publish_once(self, producer: AIOKafkaProducer) -> int:
        """Publishes the oldest rows and marks them; answers how many there were."""
        rows = await self.outbox.pending(ROWS_MAX)
        self.meters.outbox_age_seconds.set(max((row.age_s for row in rows), default=0.0))
        if rows:
            self.meters.relayed.inc(await publish(producer, rows))
            await self.outbox.published([row.seq for row in rows])
        return len(rows)

    async def attest_once(self, producer: AIOKafkaProducer) -> int:
        """Publishes the newest link of each lane's chain; answers how many there are."""
        heads = await self.outbox.heads()
        await publish(producer, [OutboxRow(0, 0.0, heads)])
        self.meters.attestations.inc(len(heads))
        return len(heads)


def producer_of(settings: Settings) -> AIOKafkaProducer:
    """A producer that writes each batch once and in order, and only counts it as written where it is safe."""
    return AIOKafkaProducer(
        **settings.kafka_client,
        enable_idempotence=True,
        acks="all",
        max_batch_size=BATCH_BYTES,
        max_request_size=REQUEST_BYTES_MAX,
        linger_ms=LINGER_MS,
    )


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
