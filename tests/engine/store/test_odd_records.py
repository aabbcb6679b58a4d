"""Records that a broker takes and nobody sensible sends: they are dead letters, and their partition goes on."""

import json
import random

import pytest

from engine.store.outbox import unpacked
from tests.chaos.traffic import Sent, purchase, sent
from tests.engine.store.conftest import Desk


@pytest.mark.parametrize(
    ("key", "bank"),
    [
        (random.Random(1).randbytes(8_000).replace(b"/", b"."), None),  # a page of PostgreSQL's has 8,192 bytes
        (b"a" * 900_000, None),
        (b"corner/" + b"m" * 8_000, "corner"),
        (b"corner", "corner"),
        (b"a" * 64 + b"/m-1", "a" * 64),
        (b"a" * 65 + b"/m-1", None),
        (b"Corner/m-1", None),
        (b"corner-/m-1", None),
        (b"c\\\0\xff/m-1", None),
        (b"/m-1", None),
        (None, None),
    ],
    ids=["random", "long", "long-member", "bank", "longest", "too-long", "upper", "hyphen", "bytes", "none", "null"],
)
async def test_a_dead_letter_is_of_a_bank_only_where_its_key_begins_as_a_bank_may_be_called(
    desk: Desk, key: bytes | None, bank: str | None
) -> None:
    [one] = desk.slices([Sent(b"corner/m-1", b"not JSON")])
    good = sent(purchase("a", "m-1"))
    done = await desk.handler([desk.slice(one.lane.partition, 0, [one.records[0]._replace(key=key)])])
    assert done.dead_letters == {"bad-json": 1}
    [row] = await desk.rows("select key, bank from dead_letter")
    assert tuple(row) == (key, bank)
    assert (await desk.handle(good)).events == 1


@pytest.mark.parametrize(
    ("timestamp_ms", "time"),
    [
        (-1, "1970-01-01T00:00:00+00:00"),  # Kafka's own word for none
        (1_790_000_000_000, "2026-09-21T14:13:20+00:00"),
        (1_790_000_000_000_000, "9999-12-31T23:59:59+00:00"),  # microseconds
        (1_790_000_000_000_000_000, "9999-12-31T23:59:59+00:00"),  # nanoseconds
        (2**63 - 1, "9999-12-31T23:59:59+00:00"),
    ],
)
async def test_a_record_may_be_of_any_time(desk: Desk, timestamp_ms: int, time: str) -> None:
    [one] = desk.slices([Sent(b"corner/m-1", b"not JSON")])
    odd = one.records[0]._replace(timestamp_ms=timestamp_ms)
    assert (await desk.handler([desk.slice(one.lane.partition, 0, [odd])])).dead_letters == {"bad-json": 1}
    [row] = await desk.rows("select timestamp_ms, messages from dead_letter, outbox")
    [told] = [json.loads(one.value or b"") for one in unpacked(row["messages"], str)]
    assert (row["timestamp_ms"], told["time"], told["data"]["timestamp_ms"]) == (timestamp_ms, time, timestamp_ms)
