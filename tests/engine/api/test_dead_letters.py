"""Records that could not be used, over HTTP: whose they are, what is shown of them, and each is sent again once."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from tests.chaos.house import PARTITIONS, partition_of
from tests.chaos.traffic import Sent, event, purchase, sent
from tests.conftest import Addresses
from tests.engine.api.conftest import OTHER_BANK, Street
from tests.engine.store.conftest import TOPIC

CARD = "4111111111111111"


@pytest_asyncio.fixture
async def kafka(servers: Addresses) -> str:
    """Address of a broker with the input topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka_bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])
    except TopicAlreadyExistsError:
        pass
    finally:
        await admin.close()
    return servers.kafka_bootstrap


async def filed(street: Street) -> None:
    """One that is not JSON, one with a card number, and one of the other bank's source under this bank's key."""
    held = purchase("c-1", "m-2", street.at) | {"subject": f"m-2 {CARD}"}
    foreign = purchase("secret-purchase", "m-3", street.at) | {"source": f"/banks/{OTHER_BANK}/cards"}
    await street.desk.handle(
        Sent(b"corner/m-1", b"not JSON", (("origin", b"core-7"),)),
        Sent(b"corner/m-2", json.dumps(held).encode()),
        Sent(b"corner/m-3", json.dumps(foreign).encode()),
    )
    assert await street.owner.fetchval("select count(*) from dead_letter") == 3


async def listed(client: httpx.AsyncClient, query: str = "") -> dict[str, str]:
    """Letters by their reason."""
    told = await client.get(f"/v1/dead-letters{query}")
    assert told.status_code == 200, told.text
    return {one["reason"]: one["letter"] for one in told.json()["items"]}


async def on_topic(kafka: str) -> Counter[tuple[int, bytes, bytes, Any]]:
    """Partition, key, value and headers of the input topic's records. Others were on it: offsets may have holes."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        parts = [TopicPartition(TOPIC, n) for n in range(PARTITIONS)]
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        async with asyncio.timeout(30):
            return Counter([one async for one in _until(consumer, ends)])
    finally:
        await consumer.stop()


async def _until(
    consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]
) -> AsyncIterator[tuple[int, bytes, bytes, Any]]:
    while any([await consumer.position(part) < end for part, end in ends.items()]):
        for records in (await consumer.getmany(timeout_ms=500)).values():
            for one in records:
                yield one.partition, one.key, one.value, one.headers


async def test_they_are_listed_shown_and_sent_again_once(closed_street: Street, kafka: str) -> None:
    street = closed_street
    await street.serve(kafka_bootstrap=kafka)
    await filed(street)
    before = await on_topic(kafka)
    operator, auditor = await street.client("operator", "op-1"), await street.client("auditor", "au-1")
    letters = await listed(auditor)
    assert letters.keys() == {"bad-json", "wrong-value"}
    today = datetime.now(UTC).date()
    assert (await listed(operator, f"?reason=bad-json&topic=events&day={today}")).keys() == {"bad-json"}
    assert await listed(operator, "?topic=calendar") == await listed(operator, "?day=2020-01-01") == {}
    assert await listed(await street.client("operator", "op-1", OTHER_BANK)) == {}
    first = await auditor.get("/v1/dead-letters?limit=1")
    assert await listed(auditor, f"?limit=2&cursor={first.json()['next']}") != letters
    shown = (await auditor.get(f"/v1/dead-letters/{letters['bad-json']}")).json()
    assert (shown["key"], shown["value"]) == ("corner/m-1", "not JSON")
    assert shown["headers"] == [{"name": "origin", "value": "core-7"}]
    card = await auditor.get(f"/v1/dead-letters/{letters['wrong-value']}")
    assert CARD not in card.text
    row = await street.owner.fetchrow("select * from dead_letter where detail like '%harbour%'")
    gone = f"{row['topic']}:{row['generation']}:{row['partition']}:{row['offset']}"
    assert (await auditor.get(f"/v1/dead-letters/{gone}")).status_code == 404
    body, key = {"letters": [*letters.values(), gone]}, street.key()
    assert (await auditor.post("/v1/dead-letters/retries", json=body, headers=key)).status_code == 403
    sent = await operator.post("/v1/dead-letters/retries", json=body, headers=key)
    assert sent.status_code == 200, sent.text
    assert sent.json()["sent"] == [letters["bad-json"]]
    assert {one["letter"] for one in sent.json()["left"]} == {letters["wrong-value"], gone}
    now_there = await on_topic(kafka)
    assert now_there - before == Counter(
        [(partition_of(b"corner/m-1"), b"corner/m-1", b"not JSON", (("origin", b"core-7"),))]
    )
    assert (await operator.post("/v1/dead-letters/retries", json=body, headers=key)).content == sent.content
    again = await operator.post("/v1/dead-letters/retries", json=body, headers=street.key())
    assert again.json()["sent"] == []
    assert await on_topic(kafka) == now_there
    assert (await listed(operator)).keys() == {"wrong-value"}
    assert (await listed(operator, "?retried=true")).keys() == letters.keys()
    assert await street.owner.fetchval("select person from audit_trail where action = 'dead-letter-retried'") == "op-1"


async def test_a_days_marker_is_sent_to_the_partition_that_it_marks(closed_street: Street, kafka: str) -> None:
    """All of them have one key; here those of one day could not be read."""
    street = closed_street
    await street.serve(kafka_bootstrap=kafka)
    before = await on_topic(kafka)
    marks = [Sent(b"corner/calendar", f"mark {n}".encode(), (), n) for n in range(PARTITIONS)]
    await street.desk.handle(*marks)
    operator = await street.client("operator", "op-1")
    items = (await operator.get("/v1/dead-letters")).json()["items"]
    body = {"letters": [one["letter"] for one in items]}
    sent = await operator.post("/v1/dead-letters/retries", json=body, headers=street.key())
    assert len(sent.json()["sent"]) == PARTITIONS
    expected = Counter([(one.partition, one.key, one.value, ()) for one in marks])
    assert await on_topic(kafka) - before == expected


async def test_one_that_was_cleared_with_its_member_is_shown_and_not_sent_again(closed_street: Street) -> None:
    """Of two by the member's key: one that held a value, and one that had headers alone."""
    street = closed_street
    await street.serve(kafka_bootstrap="127.0.0.1:1")
    await street.member("m-1", 5)
    gone = event("member.erased.v1", "gone", "m-1", street.at, {"request": "req-1"})
    origin = (("origin", b"core-7"),)
    await street.desk.handle(Sent(b"corner/m-1", b"not JSON"), Sent(b"corner/m-1", None, origin))
    await street.desk.handle(sent(gone))
    operator = await street.client("operator", "op-1")
    letters = await listed(operator)
    assert letters.keys() == {"bad-json", "null-value"}
    for letter in letters.values():
        told = await operator.get(f"/v1/dead-letters/{letter}")
        assert told.status_code == 200, told.text
        assert told.json().keys() == {"letter", "reason", "detail", "recorded_at", "says", "key", "headers"}
        assert (told.json()["detail"], told.json()["headers"]) == ("erased with its member", [])
    body = {"letters": [*letters.values()]}
    tried = await operator.post("/v1/dead-letters/retries", json=body, headers=street.key())
    assert {one["because"] for one in tried.json()["left"]} == {"it was cleared when its member was erased"}


async def test_while_kafka_is_down_nothing_is_marked_as_sent(closed_street: Street) -> None:
    """And the key is free: the same request is done when Kafka is there again."""
    street = closed_street
    await street.serve(kafka_bootstrap="127.0.0.1:1")
    await filed(street)
    operator = await street.client("operator", "op-1")
    body = {"letters": [(await listed(operator))["bad-json"]]}
    told = await operator.post("/v1/dead-letters/retries", json=body, headers=street.key())
    assert (told.status_code, told.json()["type"]) == (503, "/problems/unavailable")
    assert await street.owner.fetchval("select count(*) from dead_letter where retried_at is not null") == 0
    assert (await listed(operator)).keys() == {"bad-json", "wrong-value"}
