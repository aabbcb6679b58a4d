"""Dead letters sent again: the record as it came, to be decided anew."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from engine import trail
from engine.registry import Registry
from engine.settings import Settings
from engine.store.sql import statement
from schemas.events.calendar import CALENDAR_SUBJECT

Place = tuple[str, int, int, int]
"""Topic, partition, generation and offset."""


def why_not(row: Any) -> str | None:
    """Why a dead letter cannot be sent again; None where it can."""
    if row["retried_at"] is not None:
        return f"it was sent again at {row['retried_at']} already"
    if row["reason"] == "day-already-closed":
        return "its id is used up, so that it would be passed over: the source must announce a day under a new id"
    if not row["digest"]:
        return "it was cleared when its member was erased"
    if sha256(row["value"] or b"").digest() != row["digest"]:
        return "it held what may be a card number, which is masked: the source must send the event anew"
    return None


async def send(settings: Settings, rows: Sequence[Any]) -> None:
    """Sends their records, each as it was. Raises the driver's errors; then some of them may have been sent."""
    async with AIOKafkaProducer(**settings.kafka_client, enable_idempotence=True) as producer:
        for row in rows:
            there = row["partition"] if _is_a_markers(row["key"]) else None
            await producer.send_and_wait(row["topic"], row["value"], row["key"], there, headers=headers(row))


def _is_a_markers(key: bytes | None) -> bool:
    """Whether it is the key of day markers: every partition has its own, whatever the key says."""
    return (key or b"").endswith(f"/{CALENDAR_SUBJECT}".encode())


async def mark(session: Any, who: trail.Who, row: Any) -> None:
    """Marks one as sent again, and tells the trail of its bank, where its key names one."""
    await session.execute(statement("retried_dead_letter"), *place(row))
    entry = trail.Entry("dead-letter-retried", f"dead-letter/{letter(row)}", None, {"reason": row["reason"]})
    await trail.tell(session, who._replace(bank=row["bank"]), entry)


def place(row: Any) -> Place:
    return row["topic"], row["partition"], row["generation"], row["offset"]


def letter(row: Any) -> str:
    """What it is called: TOPIC:GENERATION:PARTITION:OFFSET."""
    topic, partition, generation, offset = place(row)
    return f"{topic}:{generation}:{partition}:{offset}"


def named(letter: str) -> Place:
    """Where the letter of this name lies; the name is written as `schemas.api.dead_letters.PATTERN` says."""
    topic, generation, partition, offset = letter.split(":")
    return topic, int(partition), int(generation), int(offset)


def headers(row: Any) -> list[tuple[str, bytes]]:
    return [(name, bytes.fromhex(value)) for name, value in orjson.loads(row["headers"])]


def is_of(row: Any, bank: str, registry: Registry) -> bool:
    """Whether it is the bank's: its key names the bank, and it does not come from a source of another bank."""
    source = registry.sources.get(_source(row))
    return row["bank"] == bank and (source is None or source.bank == bank)


def _source(row: Any) -> str:
    """What the record says of its source, if it says anything that can be read."""
    told = [value for name, value in headers(row) if name.lower() == "ce_source"]
    if told:
        return told[0].decode(errors="replace")
    try:
        event = orjson.loads(row["value"] or b"")
    except orjson.JSONDecodeError:
        return ""
    return str(event.get("source", "")) if isinstance(event, dict) else ""
