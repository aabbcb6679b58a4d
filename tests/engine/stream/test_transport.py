"""What reaches the ledger, from real topics through real workers."""

import asyncio
import random

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from tests.engine.stream.conftest import World, eventually


async def in_transaction(world: World, values: list[bytes], *, commit: bool) -> None:
    """Writes records to partition 0 in one transaction, which it commits or aborts."""
    name = f"{world.topic}-{random.randrange(1 << 40)}"
    async with AIOKafkaProducer(**world.settings.kafka_client, transactional_id=name) as producer:
        await producer.begin_transaction()
        for value in values:
            await producer.send_and_wait(world.topic, value, partition=0)
        await (producer.commit_transaction() if commit else producer.abort_transaction())


async def slices(world: World, partition: int) -> list[tuple[int, int, int]]:
    """(asked, next, records) of every slice that was committed, in that order."""
    sql = "SELECT asked, next, records FROM slice WHERE partition = $1 ORDER BY n"
    return [tuple(row) for row in await world.ledger.pool.fetch(sql, partition)]


async def test_slices_join_without_gaps_across_aborted_transactions(world: World) -> None:
    world.workers.start()
    wanted: list[bytes] = []
    for n in range(6):
        values = [b"%d-%d" % (n, one) for one in range(5)]
        await in_transaction(world, values, commit=n % 2 == 0)
        if n % 2 == 0:
            wanted += values
            await world.until_kept(len(wanted))
    end = await world.end(0)

    async def passed_the_last_abort() -> bool:
        return await world.stored(0) == end

    await eventually(passed_the_last_abort)
    joined = await slices(world, 0)
    assert [value for _, _, value in await world.kept(0)] == wanted
    assert [asked for asked, _, _ in joined] == [0] + [after for _, after, _ in joined[:-1]]
    assert joined[-1][1] == end
    assert joined[-1][2] == 0, "the last slice only passes the aborted transaction"


async def test_records_keep_their_bytes_keys_and_headers_and_their_order(world: World) -> None:
    values = [b"%d" % n for n in range(3000)]
    await world.produce(2, values)
    world.workers.start(batch_events_max=700)
    await world.until_kept(3000)
    assert [value for _, _, value in await world.kept(2)] == values
    assert max(records for _, _, records in await slices(world, 2)) <= 700


async def test_a_worker_begins_at_the_stored_position_whatever_kafka_remembers(world: World) -> None:
    for partition in (0, 1):
        await world.produce(partition, [b"%d" % n for n in range(100)])
    stored = [(world.topic, 0, 1, 40), (world.topic, 1, 1, 90)]
    await world.ledger.pool.executemany("INSERT INTO position VALUES ($1, $2, $3, $4)", stored)
    async with AIOKafkaConsumer(**world.settings.kafka_client, group_id=world.settings.group_id) as other:
        both = {TopicPartition(world.topic, 0): 70, TopicPartition(world.topic, 1): 70}
        other.assign(list(both))
        await other.commit(both)
    world.workers.start()
    await world.until_kept(70)
    assert [offset for _, offset, _ in await world.kept(0)] == list(range(40, 100))
    assert [offset for _, offset, _ in await world.kept(1)] == list(range(90, 100))


async def test_nothing_is_acknowledged_before_the_commit(world: World) -> None:
    await world.produce(0, [b"one"])
    world.workers.start(test_before_commit_s=4)

    async def begun() -> bool:
        sql = "SELECT true FROM pg_stat_activity WHERE state = 'idle in transaction' AND query ~ 'UPDATE position'"
        return bool(await world.ledger.pool.fetchval(sql))

    await eventually(begun)
    await asyncio.sleep(2.5)  # two rounds of Faust's offset commits
    assert await world.hint(0) == -1
    await world.until_kept(1)

    async def acknowledged() -> bool:
        return await world.hint(0) == 1

    await eventually(acknowledged)


async def test_a_killed_worker_loses_nothing_and_repeats_nothing(world: World) -> None:
    count = 20_000
    values = [b"%d" % n for n in range(count)]
    await asyncio.gather(*(world.produce(partition, values) for partition in range(4)))
    first, second = world.workers.start(test_before_commit_s=0.1), world.workers.start(test_before_commit_s=0.1)
    await world.until_kept(count // 2)
    first.kill()
    await world.until_kept(count)
    third = world.workers.start()
    second.kill()
    await world.until_kept(4 * count)
    for partition in range(4):
        assert [value for _, _, value in await world.kept(partition)] == values
    assert await world.workers.stop(third) == 0


async def test_a_log_that_begins_above_the_stored_position_stops_that_partition_alone(world: World) -> None:
    await world.produce(0, [b"%d" % n for n in range(20)])
    await world.produce(1, [b"other"])
    admin = AIOKafkaAdminClient(**world.settings.kafka_client)
    await admin.start()
    await admin.delete_records({TopicPartition(world.topic, 0): RecordsToDelete(10)})
    await admin.close()
    await world.ledger.pool.execute("INSERT INTO position VALUES ($1, 0, 1, 4)", world.topic)
    world.workers.start()
    reason = await world.until_paused(0)
    assert reason == "records lost: stood at 4, the log begins at 10"
    await world.until_kept(1)
    await world.produce(1, [b"more"])
    await world.until_kept(2)
    assert await world.kept(0) == []


async def test_a_log_that_ends_below_the_stored_position_stops_that_partition(world: World) -> None:
    await world.produce(0, [b"%d" % n for n in range(20)])
    await world.ledger.pool.execute("INSERT INTO position VALUES ($1, 0, 1, 99)", world.topic)
    world.workers.start()
    assert await world.until_paused(0) == "records lost: stood at 99, the log ends below it, having begun at 0"


async def test_a_resumed_partition_goes_on_from_its_position_without_a_restart(world: World) -> None:
    await world.ledger.pool.execute("INSERT INTO pause VALUES ($1, 0, 0, 'by hand')", world.topic)
    await world.produce(0, [b"a", b"b"])
    await world.produce(1, [b"other"])
    worker = world.workers.start()
    await world.until_kept(1)
    await world.ledger.pool.execute("INSERT INTO position VALUES ($1, 0, 1, 1)", world.topic)
    await world.ledger.pool.execute("DELETE FROM pause")
    await world.until_kept(2)
    assert await world.kept(0) == [(0, 1, b"b")]
    await world.ledger.pool.execute("INSERT INTO pause VALUES ($1, 1, 1, 'by hand')", world.topic)

    async def seen() -> bool:
        return f"{world.topic}/1 is paused" in world.workers.said(worker)

    await eventually(seen)
    await world.produce(1, [b"waits"])
    await world.produce(0, [b"c"])
    await world.until_kept(3)
    assert [value for _, _, value in await world.kept()] == [b"other", b"b", b"c"]
