"""A year of events is published in bulk: whole record batches, each member's events in order."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson
import zstandard
from aiokafka import AIOKafkaProducer

from engine.settings import Settings
from engine.stream.topics import partition_of

CHUNK: Final = 4000
CALENDAR_TYPES: Final = ("business-day.closed.v1",)
REAL_YEAR: Final = Path(__file__).parents[2] / "tests" / "data" / "czech-bank-1993"
REAL_BANK: Final = "czech-bank-1993"

Keyed = tuple[bytes, bytes]
"""A record's key and value."""


def real_year() -> Iterator[Keyed]:
    """The events of the Czech bank's year 1993; nothing where the source tree is not there."""
    packed = REAL_YEAR / "events.jsonl.zst"
    if packed.exists():
        for line in zstandard.decompress(packed.read_bytes()).splitlines():
            yield f"{REAL_BANK}/{orjson.loads(line)['subject']}".encode(), line


def made_up(events: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Keyed]:
    """Events about members as records; announcements on the calendar are another topic's."""
    for key, event in events:
        if event["type"] not in CALENDAR_TYPES:
            yield key.encode(), orjson.dumps(event)


async def publish(settings: Settings, records: Iterable[Keyed], sent: Callable[[int], None]) -> None:
    """Publishes records to the events topic, in order within each partition; tells how many were sent each time."""
    async with AIOKafkaProducer(**settings.kafka_client, enable_idempotence=True) as producer:
        source = iter(records)
        while chunk := list(islice(source, CHUNK)):
            by_partition: dict[int, list[Keyed]] = {}
            for record in chunk:
                by_partition.setdefault(partition_of(record[0], settings.partitions), []).append(record)
            await asyncio.gather(*(_batch(producer, settings, *pair) for pair in by_partition.items()))
            sent(len(chunk))


async def _batch(producer: AIOKafkaProducer, settings: Settings, partition: int, records: list[Keyed]) -> None:
    topic = settings.topic("events")
    waiting, builder = [], producer.create_batch()
    for key, value in records:
        if builder.append(key=key, value=value, timestamp=None) is None:
            waiting.append(await producer.send_batch(builder, topic, partition=partition))
            builder = producer.create_batch()
            builder.append(key=key, value=value, timestamp=None)
    waiting.append(await producer.send_batch(builder, topic, partition=partition))
    await asyncio.gather(*waiting)
