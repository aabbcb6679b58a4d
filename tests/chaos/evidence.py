"""What the judge looks at: the topics, the ledger's rows and the journal's blocks, read without the engine's code."""

import json
from collections import defaultdict
from typing import Any, NamedTuple

import asyncpg
import zstandard
from aiokafka import AIOKafkaConsumer

TABLES = (
    "posting",
    "tier_change",
    "benefit_grant",
    "refusal",
    "member",
    "journal",
    "dead_letter",
    "outbox",
    "lane",
    "seen",
)
OF_LANES = ("journal", "lane")
"""Of these what concerns members: the calendar has a lane of its own."""
POLL_MS = 500


class Kept(NamedTuple):
    """A record as Kafka or the journal keeps it; `form` is the journal's: 1 sealed, 2 its place alone."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    form: int = 0


class Message(NamedTuple):
    """One message as the outbox keeps it, or as it was published."""

    topic: str
    partition: int
    key: bytes | None
    id: str
    value: bytes


class Evidence(NamedTuple):
    """All of one engine's, at rest."""

    events: dict[int, list[Kept]]
    ends: dict[int, int]
    announced: list[Kept]
    published: dict[str, dict[int, list[Kept]]]
    rows: dict[str, list[Any]]


async def gathered(database_url: str, bootstrap: str, prefix: str) -> Evidence:
    """Everything that is there now. Reads topics as consumers should: committed transactions alone."""
    events, ends = await kept_on(bootstrap, f"{prefix}.events")
    announced = (await kept_on(bootstrap, f"{prefix}.calendar"))[0].get(0, [])
    names = ("postings", "tiers", "grants", "dead-letters")
    published = {name: (await kept_on(bootstrap, f"{prefix}.{name}"))[0] for name in names}
    session = await asyncpg.connect(database_url)
    try:
        return Evidence(events, ends, announced, published, await ledger(session))
    finally:
        await session.close()


async def ledger(session: Any) -> dict[str, list[Any]]:
    """The rows of every table that is judged."""
    rows = {table: await session.fetch(f"select * from points.{table}") for table in TABLES}
    return rows | {table: [row for row in rows[table] if row["topic"].endswith(".events")] for table in OF_LANES}


async def kept_on(bootstrap: str, topic: str) -> tuple[dict[int, list[Kept]], dict[int, int]]:
    """What a topic holds by partition, and where each ends."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        places = sorted(consumer.assignment())
        ends = await consumer.end_offsets(places)
        found: dict[int, list[Kept]] = defaultdict(list)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for place, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                found[place.partition] += [
                    Kept(r.offset, r.timestamp, r.key, r.value, tuple(r.headers)) for r in records
                ]
        return dict(found), {place.partition: end for place, end in ends.items()}
    finally:
        await consumer.stop()


def journalled(block: bytes) -> tuple[bytes, list[Kept]]:
    """A journal block: four bytes of length, a JSON head of places and lengths, then the bytes; -1 stands for none.

    Behind a record's lengths and headers stands its form, if it is not kept as it came.
    """
    raw = zstandard.ZstdDecompressor().decompress(block, allow_extra_data=False)
    at = 4 + int.from_bytes(raw[:4], "big")
    records = []
    for offset, timestamp_ms, key_length, value_length, headers, *form in json.loads(raw[4:at]):
        parts: list[bytes | None] = []
        for length in (key_length, value_length):
            parts.append(None if length < 0 else raw[at : at + length])
            at += max(length, 0)
        told = []
        for name, length in headers:
            told.append((name, raw[at : at + length]))
            at += length
        records.append(Kept(offset, timestamp_ms, parts[0], parts[1], tuple(told), *form))
    return raw, records


def said(block: bytes) -> list[Message]:
    """An outbox block: the same form, its head of topic, partition, key, id, length and whose order."""
    raw = zstandard.ZstdDecompressor().decompress(block, allow_extra_data=False)
    at = 4 + int.from_bytes(raw[:4], "big")
    messages = []
    for topic, partition, key, id_, length, *_ in json.loads(raw[4:at]):
        messages.append(Message(topic, partition, bytes.fromhex(key) or None, id_, raw[at : at + length]))
        at += length
    return messages
