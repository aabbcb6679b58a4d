"""What the relay publishes: everything, in order, and after a crash the same again under the same ids."""

import asyncio
import time
from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition
from prometheus_client import CollectorRegistry

from engine.batch import Lane, Record
from engine.intake import Unusable
from engine.messages import dead_letter
from engine.metrics import Meters
from engine.settings import Settings
from engine.stream.ending import ended
from engine.stream.ports import OutboxRow, OutgoingMessage
from engine.stream.relay import BATCH_BYTES, Relay, producer_of, publish
from tests.engine.stream.conftest import World, eventually
from tests.engine.stream.ledger import OUTAGES, messages_of


async def fill(world: World, rows: int, messages: int) -> None:
    """Puts so many rows of so many messages into the outbox, dealt over the partitions."""
    made = [(seq, world.topic, seq % 4, messages) for seq in range(rows)]
    await world.ledger.pool.copy_records_to_table(
        "outbox", records=made, columns=["seq", "topic", "partition", "messages"]
    )


async def published(world: World, partition: int) -> list[bytes]:
    """The ids on a partition, in order; each message's bytes are compared with what its id demands."""
    at = TopicPartition(world.topic, partition)
    async with AIOKafkaConsumer(**world.settings.kafka_client, auto_offset_reset="earliest") as consumer:
        consumer.assign([at])
        end = (await consumer.end_offsets([at]))[at]
        ids: list[bytes] = []
        while await consumer.position(at) < end:
            for record in (await consumer.getmany(timeout_ms=500)).get(at, []):
                ids.append(dict(record.headers)["ce_id"])
                assert (record.key, record.value) == (b"key", ids[-1] * 10)
        return ids


def wanted(rows: int, messages: int, partition: int) -> list[bytes]:
    """The ids that a partition shall have, in order."""
    return [b"%d-%d" % (seq, n) for seq in range(partition, rows, 4) for n in range(messages)]


def first_seen(ids: list[bytes]) -> list[bytes]:
    """The ids as a consumer that knows repeats sees them."""
    return list(dict.fromkeys(ids))


def relay_of(world: World) -> Relay:
    """The relay of this test, in this process."""
    return Relay(world.settings, world.ledger, Meters(CollectorRegistry()), OUTAGES)


async def all_published(world: World) -> bool:
    """Whether no row waits."""
    return not await world.ledger.pool.fetchval("SELECT count(*) FROM outbox WHERE NOT published")


async def test_the_outbox_is_published_in_order_and_once_while_nothing_fails(world: World) -> None:
    await fill(world, rows=200, messages=50)
    relaying = asyncio.ensure_future(relay_of(world).run())
    await eventually(lambda: all_published(world))
    relaying.cancel()
    await asyncio.gather(relaying, return_exceptions=True)
    for partition in range(4):
        assert await published(world, partition) == wanted(200, 50, partition)


async def test_a_crash_between_publishing_and_marking_publishes_the_same_ids_again(world: World) -> None:
    await fill(world, rows=4, messages=3)
    async with producer_of(world.settings) as producer:
        assert await publish(producer, await world.ledger.pending(10)) == 12
    # It crashed here, before it could mark.
    async with producer_of(world.settings) as producer:
        assert await relay_of(world).publish_once(producer) == 4
    assert await all_published(world)
    for partition in range(4):
        assert await published(world, partition) == wanted(4, 3, partition) * 2


async def test_a_killed_relay_is_followed_by_another_and_nothing_is_missing_or_out_of_order(world: World) -> None:
    rows, messages = 1200, 100
    await fill(world, rows, messages)
    first = world.workers.start(test_relay=1)
    standby = world.workers.start(test_relay=1)

    async def under_way() -> bool:
        return bool(await world.ledger.pool.fetchval("SELECT count(*) > 200 FROM outbox WHERE published"))

    await eventually(under_way)
    holder = first if "relay's lease" in world.workers.said(first) else standby
    holder.kill()
    await eventually(lambda: all_published(world))
    for partition in range(4):
        assert first_seen(await published(world, partition)) == wanted(rows, messages, partition)


async def test_a_message_larger_than_a_batch_goes_in_one_of_its_own(world: World) -> None:
    large = b"x" * (BATCH_BYTES + 1000)
    values = [b"before", large, b"after"]
    said = [OutgoingMessage(world.topic, 0, None, value, []) for value in values]
    async with producer_of(world.settings) as producer:
        assert await publish(producer, [OutboxRow(1, 0.0, said)]) == 3
    at = TopicPartition(world.topic, 0)
    async with AIOKafkaConsumer(**world.settings.kafka_client, auto_offset_reset="earliest") as consumer:
        consumer.assign([at])
        assert [(await consumer.getone()).value for _ in values] == values


async def test_a_dead_letter_of_the_largest_record_that_a_broker_takes_is_published(world: World) -> None:
    value = b"x" * 1_000_000
    await world.produce(0, [value])
    said = dead_letter(Unusable(Record(0, 0, None, value, ()), "too-large", ""), Lane(world.topic, 0, 1), b"d" * 32)
    async with producer_of(world.settings) as producer:
        message = OutgoingMessage(world.topic, 0, said.key, said.value, [])
        assert await publish(producer, [OutboxRow(1, 0.0, [message])]) == 1


async def test_the_metrics_say_how_old_the_outbox_is_and_what_was_relayed(world: World) -> None:
    relay = relay_of(world)
    registry = relay.meters.registry
    await fill(world, rows=3, messages=2)
    async with producer_of(world.settings) as producer:
        await relay.publish_once(producer)
        assert registry.get_sample_value("points_outbox_age_seconds") == 1.0
        assert registry.get_sample_value("points_relayed_total") == 6
        assert await relay.publish_once(producer) == 0
        assert registry.get_sample_value("points_outbox_age_seconds") == 0


async def test_the_relay_waits_for_brokers_that_do_not_answer(world: World, settings: Callable[..., Settings]) -> None:
    nobody = settings(
        kafka_bootstrap="127.0.0.1:9", database_url=world.settings.database_url, outage_pause_s_first=0.01
    )
    relay = Relay(nobody, world.ledger, Meters(CollectorRegistry()), OUTAGES)
    await fill(world, rows=1, messages=1)
    relaying = asyncio.ensure_future(relay.run())

    async def shown() -> bool:
        return relay.meters.registry.get_sample_value("points_outage", {"of": "relay"}) == 1

    await eventually(shown)
    assert not relaying.done()
    await ended(relaying)


async def test_a_message_costs_microseconds(world: World) -> None:
    rows, messages = 400, 100
    said = [
        messages_of({"seq": seq, "topic": world.topic, "partition": seq % 4, "messages": messages})
        for seq in range(rows)
    ]
    async with producer_of(world.settings) as producer:
        await publish(producer, [OutboxRow(0, 0.0, said[0])])
        began = time.process_time()
        await publish(producer, [OutboxRow(seq, 0.0, one) for seq, one in enumerate(said)])
        each_us = (time.process_time() - began) / (rows * messages) * 1e6
    assert each_us == pytest.approx(0, abs=20), "single sends cost some 100"
