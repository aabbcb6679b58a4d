"""A header's name that is not UTF-8: the record comes with the others, whatever the batch, and none comes twice."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.consumer.fetcher import READ_COMMITTED
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy as Builder
from aiokafka.structs import TopicPartition

from engine.stream.lenient import Fetched, Records
from tests.engine.stream.conftest import World

PLAIN, GZIP = 0, 1
HEADERS: list[tuple[str, bytes | None]] = [("ce_id", b"e-1"), ("\N{SNOWMAN}", None)]


class Latin(str):
    """A name as a client writes it that knows of no UTF-8."""

    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        return str.encode(self, "latin-1")


ODD = [*HEADERS, (Latin("café"), b"1"), ("last", b"\xff")]


def builder(compression: int, base_sequence: int = -1) -> Any:
    """One batch, not yet filled."""
    return Builder(2, compression, 0, -1, -1, base_sequence, 100_000)


def filled(values: Sequence[bytes], compression: int) -> Any:
    """A batch of these values, all with headers, one of `odd` with a name that is not UTF-8."""
    made = builder(compression)
    for offset, value in enumerate(values):
        made.append(offset, timestamp=offset, key=None, value=value, headers=ODD if value == b"odd" else HEADERS)
    return made


def batch(first: int, values: Sequence[bytes], compression: int) -> bytes:
    """The same as a broker keeps it, which writes its first offset over the first 8 bytes; they have no checksum."""
    return first.to_bytes(8, "big") + bytes(filled(values, compression).build())[8:]


@pytest.mark.parametrize("compression", [PLAIN, GZIP])
def test_each_record_is_read_once_with_every_header_and_a_mark_where_a_name_cannot_be_told(compression: int) -> None:
    raw = batch(10, [b"a", b"b"], compression) + batch(12, [b"c", b"odd", b"d"], compression)
    raw += batch(15, [b"odd", b"e"], compression) + batch(20, [b"f"], PLAIN)
    at = TopicPartition("events", 0)
    reading = Records(at, Fetched(raw), [], 11, None, None, True, READ_COMMITTED)
    found = [(one.offset, one.value, one.headers) for one in reading]
    told = (*HEADERS, ("caf\N{REPLACEMENT CHARACTER}", b"1"), ("last", b"\xff"))
    plain = tuple(HEADERS)
    assert found == [
        (11, b"b", plain), (12, b"c", plain), (13, b"odd", told), (14, b"d", plain),
        (15, b"odd", told), (16, b"e", plain), (20, b"f", plain),
    ]  # fmt: skip
    assert reading.next_fetch_offset == 21


@pytest.mark.parametrize("compression", [PLAIN, GZIP])
async def test_a_header_whose_name_is_not_utf8_stops_nobody(world: World, compression: int) -> None:
    await world.produce(0, [b"before"])
    async with AIOKafkaProducer(**world.settings.kafka_client) as producer:
        made = producer.create_batch()
        made._builder = filled([b"1", b"odd", b"2"], compression)
        made._relative_offset = 3
        await (await producer.send_batch(made, world.topic, partition=0))
    await world.produce(0, [b"after"])
    await world.produce(1, [b"elsewhere"])
    worker = world.workers.start()
    await asyncio.wait_for(world.until_kept(6), 40)
    assert [row[1:] for row in await world.kept(0)] == [
        (0, b"before"), (1, b"1"), (2, b"odd"), (3, b"2"), (4, b"after"),
    ]  # fmt: skip
    assert worker.poll() is None
