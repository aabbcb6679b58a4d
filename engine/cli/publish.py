"""`points publish`: events from a file, or typed by hand, onto Kafka."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.output import console, fail

if TYPE_CHECKING:
    from engine.settings import Settings

Keyed = tuple[bytes, bytes]


def publish(
    bank: Annotated[str, typer.Argument(help="Whose events they are.")],
    file: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False, help="Default: standard input.")] = None,
) -> None:
    """Publish events, one JSON object a line, for trials and rehearsals. All are checked before the first is sent."""
    import asyncio

    from engine.settings import load

    text = sys.stdin.buffer.read() if file is None else file.read_bytes()
    records = [_keyed(bank, number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    asyncio.run(_sent(load(), records))
    console.print(f"published {len(records):,} events")


def _keyed(bank: str, number: int, line: bytes) -> Keyed:
    """The record of a line; ends the command where the engine would not take it."""
    from schemas.decode import UnusableEvent, decode

    try:
        event = decode(line, ()).event
    except UnusableEvent as error:
        fail(f"line {number}: {error.reason}: {error.detail}")
    return f"{bank}/{event.subject}".encode(), line


async def _sent(settings: "Settings", records: list[Keyed]) -> None:
    from aiokafka import AIOKafkaProducer

    from engine.stream.topics import partition_of

    topic = settings.topic("events")
    async with AIOKafkaProducer(**settings.kafka_client, enable_idempotence=True) as producer:
        sent = [
            await producer.send(topic, value, key, partition_of(key, settings.partitions)) for key, value in records
        ]
        for one in sent:
            await one
