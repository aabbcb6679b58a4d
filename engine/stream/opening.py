"""Opening balances go to the events topic, each to its member, in the order of their file."""

from datetime import date, datetime, time
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer

from engine.imports import Batch, Totals, events
from engine.registry import Registries, Registry
from engine.settings import Settings
from engine.setup import SetupError
from engine.store import connect
from engine.stream.topics import partition_of

TYPE = "points.imported.v1"


async def publish(settings: Settings, text: str, opened: tuple[str, date], expected: Totals, *, dry_run: bool) -> str:
    """Publishes a file's balances for a source, opened on a day; answers the batch's name. A dry run checks alone.

    Raises ImportRefused for the file and SetupError for the source.
    """
    source, day = opened
    pool: asyncpg.Pool[Any] = await connect.pool(settings)
    try:
        registry = await Registries(pool).read()
    finally:
        await pool.close()
    bank = _bank(registry, source)
    at = datetime.combine(day, time(), registry.programs[bank].zone)
    told = events(text, Batch(source, at), expected)
    if not dry_run:
        async with AIOKafkaProducer(**settings.kafka_client, enable_idempotence=True) as producer:
            for event in told:
                key, value = f"{bank}/{event.subject}".encode(), event.model_dump_json(exclude_none=True).encode()
                place = partition_of(key, settings.partitions)
                await producer.send(settings.topic("events"), value, key, place)
    return told[0].data.batch


def _bank(registry: Registry, source: str) -> str:
    able = sorted(name for name, s in registry.sources.items() if TYPE in s.types and s.bank in registry.programs)
    if source not in able:
        raise SetupError(
            f"--source: {source} is not registered for {TYPE}; registered are: {', '.join(able) or 'none'}"
        )
    return registry.sources[source].bank
