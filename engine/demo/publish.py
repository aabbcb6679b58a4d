"""A year of events is published in bulk, week by week: each member's events in order, then what closes the week."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
import zstandard
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from engine.settings import Settings
from engine.stream.topics import partition_of

CHUNK: Final = 4000
CLOSED: Final = "business-day.closed.v1"
WEEK: Final = timedelta(days=7)
REAL_YEAR: Final = Path(__file__).parents[2] / "tests" / "data" / "czech-bank-1993"
REAL_BANK: Final = "czech-bank-1993"
REAL_SOURCE: Final = f"/banks/{REAL_BANK}/core"

Keyed = tuple[bytes, bytes]
"""A record's key and value."""


class Days(NamedTuple):
    """Events of some days of a bank, and the announcement that closes all days through one."""

    bank: str
    records: list[Keyed]
    through: date
    announcement: Keyed


def real_year() -> Iterator[Days]:
    """The Czech bank's year 1993 by months; nothing where the source tree is not there."""
    packed = REAL_YEAR / "events.jsonl.zst"
    if not packed.exists():
        return
    months: dict[str, list[Keyed]] = {}
    for line in zstandard.decompress(packed.read_bytes()).splitlines():
        event = orjson.loads(line)
        months.setdefault(event["time"][:7], []).append((f"{REAL_BANK}/{event['subject']}".encode(), line))
    for month, records in sorted(months.items()):
        yield Days(REAL_BANK, records, *_month_closed(date.fromisoformat(f"{month}-01")))


def _month_closed(first: date) -> tuple[date, Keyed]:
    following = (first + timedelta(days=31)).replace(day=1)
    last = following - timedelta(days=1)
    event = {
        "specversion": "1.0",
        "id": f"close-{last}",
        "source": REAL_SOURCE,
        "type": CLOSED,
        "subject": "calendar",
        "time": f"{following}T06:00:00+01:00",
        "data": {"business_date": last.isoformat(), "through": last.isoformat()},
    }
    return last, _announcement(REAL_BANK, event)


def made_up(events: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Days]:
    """A made-up bank's year by weeks: of the announcements within a week the last one stands for all."""
    records: list[Keyed] = []
    closed = date.min
    for key, event in events:
        if event["type"] != CLOSED:
            records.append((key.encode(), orjson.dumps(event)))
            continue
        bank, through = key.partition("/")[0], date.fromisoformat(event["data"]["through"])
        if through - closed >= WEEK or (through.month, through.day) == (12, 31):
            yield Days(bank, records, through, _announcement(bank, event))
            records, closed = [], through


def _announcement(bank: str, event: dict[str, Any]) -> Keyed:
    return f"{bank}/{event['source']}".encode(), orjson.dumps(event)


async def announce(settings: Settings, days: Days) -> None:
    """Publishes that the days are closed."""
    key, value = days.announcement
    async with AIOKafkaProducer(**settings.kafka_client, enable_idempotence=True) as producer:
        await producer.send_and_wait(settings.topic("calendar"), value, key)


async def end(settings: Settings) -> int:
    """How many records all input topics hold: what was published and what the engine said to itself."""
    places = [TopicPartition(settings.topic("events"), n) for n in range(settings.partitions)]
    async with AIOKafkaConsumer(**settings.kafka_client) as consumer:
        ends = await consumer.end_offsets([*places, TopicPartition(settings.topic("calendar"), 0)])
    return sum(ends.values())


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
