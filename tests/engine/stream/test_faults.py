"""Servers and workers that fail while records flow: each record is kept once and in order, and workers come back."""

import asyncio
import contextlib
import random
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from engine.embedded import Kafka, Postgres
from engine.settings import Settings
from engine.stream import topics
from engine.stream.topics import TopicSpec
from tests.engine.stream.conftest import Workers, World, eventually
from tests.engine.stream.ledger import OUTAGES, Ledger

PARTITIONS = 4
PAUSE_S = 0.02
FROZEN = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND state = 'idle in transaction' AND state_change < now() - interval '5 s'"
)


class Flow:
    """Records produced all the while, numbered on each partition."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sent = [0] * PARTITIONS
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Produces until stopped; a record counts once the broker has it."""
        settings = self.world.settings
        async with AIOKafkaProducer(**settings.kafka_client, enable_idempotence=True) as producer:
            while not self._stopping.is_set():
                await asyncio.gather(*(self._ten(producer, partition) for partition in range(PARTITIONS)))
                await asyncio.sleep(PAUSE_S)

    async def _ten(self, producer: AIOKafkaProducer, partition: int) -> None:
        numbers = range(self.sent[partition], self.sent[partition] + 10)
        sent = [await producer.send(self.world.topic, b"%d" % n, partition=partition) for n in numbers]
        await asyncio.gather(*sent)
        self.sent[partition] += 10

    async def further(self, records: int = 200) -> None:
        """Waits until so many more records are kept than are now."""
        before = await self.kept()

        async def enough() -> bool:
            return await self.kept() >= before + records

        await eventually(enough, 120.0)

    async def kept(self) -> int:
        """How many records are kept; as before, while PostgreSQL is away."""
        with contextlib.suppress(*OUTAGES):
            return int(await self.world.ledger.pool.fetchval("SELECT count(*) FROM kept"))
        return -1


@asynccontextmanager
async def flowing(world: World) -> AsyncIterator[Flow]:
    """Records flow; at the end every one must have been kept once and in order."""
    flow = Flow(world)
    running = asyncio.ensure_future(flow.run())
    try:
        yield flow
        flow._stopping.set()
        await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def all_kept() -> bool:
        return await flow.kept() == sum(flow.sent)

    await eventually(all_kept, 120.0)
    for partition in range(PARTITIONS):
        values = [int(value) for _, _, value in await world.kept(partition)]
        assert values == list(range(flow.sent[partition]))


@asynccontextmanager
async def made(settings: Settings, folder: Path) -> AsyncIterator[World]:
    """A world on servers of its own."""
    await topics.create(settings, [TopicSpec(settings.topic("events"), PARTITIONS, {})])
    workers = Workers(settings, folder)
    try:
        async with Ledger.opened(settings.database_url) as ledger:
            yield World(settings, ledger, workers)
    finally:
        workers.kill_all()


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_broker_that_goes_and_comes_back_costs_nothing(
    how: str, settings: Callable[..., Settings], empty_database: str, tmp_path: Path, home: Path
) -> None:
    with Kafka.start(tmp_path / "kafka", home=home) as kafka:
        given = settings(kafka_bootstrap=kafka.bootstrap, database_url=empty_database, session_timeout_s=6)
        async with made(given, tmp_path) as world:
            worker = world.workers.start()
            async with flowing(world) as flow:
                await flow.further()
                await asyncio.to_thread(getattr(kafka, how))
                await asyncio.sleep(3)
                await asyncio.to_thread(kafka.restart)
                await flow.further()
            assert worker.poll() is None, "the same process goes on"
            assert await world.workers.stop(worker) == 0


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_database_that_goes_and_comes_back_costs_nothing(
    how: str, settings: Callable[..., Settings], tmp_path: Path
) -> None:
    with Postgres.start(tmp_path / "postgres") as postgres:
        given = settings(database_url=postgres.dsn, outage_pause_s_first=0.1, outage_pause_s_max=1.0)
        async with made(given, tmp_path) as world:
            worker = world.workers.start()
            async with flowing(world) as flow:
                await flow.further()
                await asyncio.to_thread(getattr(postgres, how))
                await asyncio.sleep(2)
                await asyncio.to_thread(postgres.restart)
                await flow.further()
            assert worker.poll() is None, "the same process goes on, with its slot"
            assert await world.workers.stop(worker) == 0


async def test_workers_come_and_go_and_every_record_is_kept_once_and_in_order(world: World, full: bool) -> None:
    chance = random.Random(1)
    running = [world.workers.start(test_leave=1)]
    async with flowing(world) as flow:
        await flow.further()
        for _round in range(20 if full else 3):
            while len(running) < (4 if full else 3):
                running.append(world.workers.start(test_leave=1))
            await flow.further(1000)
            while len(running) > 1:
                leaving = running.pop(chance.randrange(len(running)))
                # One that was stopped before it had begun ends by the signal itself.
                assert await world.workers.stop(leaving) in (0, -signal.SIGTERM)
            await flow.further(1000)


async def test_a_frozen_worker_that_thaws_changes_nothing(world: World) -> None:
    first, second = world.workers.start(test_before_commit_s=0.1), world.workers.start(test_before_commit_s=0.1)
    async with flowing(world) as flow:
        await flow.further()
        first.send_signal(signal.SIGSTOP)
        await asyncio.sleep(2 * world.settings.session_timeout_s)
        await world.ledger.pool.execute(FROZEN)  # as idle_in_transaction_session_timeout does
        await flow.further(1000)
        first.send_signal(signal.SIGCONT)
        await flow.further(5000)
    assert second.poll() is None


async def test_workers_killed_at_any_moment_are_followed_by_others(world: World, full: bool) -> None:
    chance = random.Random(2)
    running = [world.workers.start(test_before_commit_s=0.05), world.workers.start(test_before_commit_s=0.05)]
    async with flowing(world) as flow:
        await flow.further()
        for _kill in range(50 if full else 5):
            await asyncio.sleep(chance.random() * 2)
            at = chance.randrange(2)
            running[at].kill()
            running[at] = world.workers.start(test_before_commit_s=0.05)
        await flow.further()
