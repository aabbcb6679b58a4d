"""Worker slots and leases: never two holders, and a member that Kafka knows again."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from engine.settings import Settings
from engine.stream import slots
from engine.stream.exits import Exit
from engine.stream.lease import Lease, subject
from tests.engine.stream.conftest import World, eventually


async def members(settings: Settings) -> tuple[str, int]:
    """The state of the group and how many members it has."""
    admin = AIOKafkaAdminClient(**settings.kafka_client)
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([settings.group_id])
        (_code, _group, state, _kind, _protocol, found, *_) = answer.groups[0]
        return state, len(found)
    finally:
        await admin.close()


async def settled(settings: Settings, count: int) -> None:
    """Waits until the group is stable with so many members."""

    async def so() -> bool:
        # A broker that has just started makes the topic of offsets when it is first asked for a coordinator.
        with contextlib.suppress(GroupCoordinatorNotAvailableError):
            return await members(settings) == ("Stable", count)
        return False

    await eventually(so)


async def test_a_lease_has_one_holder_until_it_is_released(
    settings: Callable[..., Settings], empty_database: str
) -> None:
    given = settings(database_url=empty_database)
    first = await Lease.take(given, "slot", range(2))
    second = await Lease.take(given, "slot", range(2))
    assert first is not None
    assert second is not None
    assert (first.number, second.number) == (0, 1)
    assert await Lease.take(given, "slot", range(2)) is None
    await first.release()
    again = await Lease.take(given, "slot", range(2))
    assert again is not None
    assert again.number == 0
    for lease in (again, second):
        await lease.release()


async def test_a_lease_survives_a_lost_connection(settings: Callable[..., Settings], empty_database: str) -> None:
    given = settings(database_url=empty_database)
    lease = await Lease.take(given, "slot", range(1))
    assert lease is not None
    keeping = asyncio.ensure_future(lease.keep())
    other = await asyncpg.connect(empty_database)
    assert await _cut(other) == 1

    async def taken_again() -> bool:
        return bool(await other.fetchval(f"SELECT count(*) = 1 FROM pg_stat_activity WHERE {LEASES}"))

    await eventually(taken_again)
    assert await Lease.take(given, "slot", range(1)) is None
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await lease.release()
    await other.close()


LEASES = "application_name = 'points lease' AND datname = current_database()"


async def _cut(session: Any) -> int:
    rows = await session.fetch(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {LEASES}")
    return len(rows)


async def test_a_worker_whose_slot_another_took_ends_itself(world: World) -> None:
    worker = world.workers.start()
    await settled(world.settings, 1)
    thief = await asyncpg.connect(world.settings.database_url)
    name = f"points worker {world.settings.group_id}"
    # Waits in line for the lock, so that it is first when the connection is cut.
    waiting = asyncio.ensure_future(thief.execute("SELECT pg_advisory_lock($1::int, 0)", subject(name)))
    await asyncio.sleep(0.2)
    async with world.ledger.pool.acquire() as session:
        await _cut(session)
    await waiting
    assert await world.workers.ended(worker) == Exit.LEASE_LOST
    await thief.close()


async def test_a_killed_worker_comes_back_in_its_slot_while_the_others_never_pause(world: World) -> None:
    first, second = world.workers.start(), world.workers.start()
    await settled(world.settings, 2)
    for partition in range(4):
        await world.produce(partition, [b"before"])
    await world.until_kept(4)
    dealt = world.workers.said(second).count("Setting newly assigned")
    first.kill()
    third = world.workers.start()
    for partition in range(4):
        await world.produce(partition, [b"after"])
    await world.until_kept(8)
    assert world.workers.said(second).count("Setting newly assigned") == dealt
    slot = next(line for line in world.workers.said(first).splitlines() if "holding worker slot" in line)
    assert slot.partition(" INFO ")[2] in world.workers.said(third)


async def test_a_worker_that_leaves_hands_its_partitions_over_at_once(world: World, full: bool) -> None:
    first = world.workers.start(test_leave=1)
    await settled(world.settings, 1)
    world.workers.start()
    await settled(world.settings, 2)
    began = time.monotonic()
    assert await world.workers.stop(first) == 0
    await settled(world.settings, 1)
    for partition in range(4):
        await world.produce(partition, [b"one"])
    await world.until_kept(4)
    assert "left the group" in world.workers.said(first)
    assert not full or time.monotonic() - began < world.settings.session_timeout_s + 4


async def test_removing_a_member_that_kafka_does_not_know_says_so(world: World) -> None:
    world.workers.start()
    await settled(world.settings, 1)
    assert not await slots.remove_member(world.settings, 3)
    assert await slots.remove_member(world.settings, 0)


async def test_a_worker_beyond_the_slots_stands_by_alive_and_takes_over(world: World) -> None:
    first = world.workers.start(worker_slots=1)
    await settled(world.settings, 1)
    standby = world.workers.start(worker_slots=1)

    async def standing_by() -> bool:
        return "standing by" in world.workers.said(standby)

    await eventually(standing_by)
    port = world.workers.said(standby).partition("health and metrics on port ")[2].split()[0]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        assert (await http.get("/health/live")).status == 200
        ready = await http.get("/health/ready")
        assert (ready.status, await ready.json()) == (503, {"status": "waiting for a slot"})
    first.kill()
    await world.produce(0, [b"one"])
    await world.until_kept(1)
    assert await world.workers.stop(standby) == 0


async def test_a_standby_stops_when_told(world: World) -> None:
    world.workers.start(worker_slots=1)
    await settled(world.settings, 1)
    standby = world.workers.start(worker_slots=1)

    async def standing_by() -> bool:
        return "standing by" in world.workers.said(standby)

    await eventually(standing_by)
    assert await world.workers.stop(standby) == 0
