"""What the tests of the stream share: topics and a ledger of their own, and workers as real processes."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import TopicPartition

from engine.settings import Settings, variable
from engine.stream import topics
from engine.stream.topics import TopicSpec
from tests.engine.stream.ledger import Ledger

ROOT = Path(__file__).parents[3]
EVENTUALLY_S = 45.0


async def eventually(holds: Callable[[], Awaitable[Any]], timeout_s: float = EVENTUALLY_S) -> Any:
    """What `holds` answers once that is true; fails after so long."""
    async with asyncio.timeout(timeout_s):
        while True:
            answer = await holds()
            if answer:
                return answer
            await asyncio.sleep(0.05)


class Workers:
    """Workers as processes, started with the settings of the test; ended with it."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self.all: list[subprocess.Popen[bytes]] = []

    def start(self, **extra: object) -> "subprocess.Popen[bytes]":
        """Starts one; `extra` are further settings, `test_…` those of the probe."""
        given = self.settings.model_dump(exclude_unset=True) | {"http_port": 0, "log_format": "text"} | extra
        environ = {variable(name): str(value) for name, value in given.items()}
        log = (self.folder / f"worker-{len(self.all)}.log").open("wb")
        command = [sys.executable, "-m", "tests.engine.stream.probe"]
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environ, stdout=log, stderr=subprocess.STDOUT)
        log.close()
        self.all.append(process)
        return process

    def said(self, process: "subprocess.Popen[bytes]") -> str:
        """Everything a worker has logged."""
        return (self.folder / f"worker-{self.all.index(process)}.log").read_text(encoding="utf-8")

    async def ended(self, process: "subprocess.Popen[bytes]", timeout_s: float = EVENTUALLY_S) -> int:
        """The exit code of a worker, once it ended."""
        return await asyncio.wait_for(asyncio.to_thread(process.wait), timeout_s)

    async def stop(self, process: "subprocess.Popen[bytes]") -> int:
        """Stops one as a supervisor does."""
        process.send_signal(signal.SIGTERM)
        return await self.ended(process, 15.0)

    def kill_all(self) -> None:
        """Ends what still runs."""
        for process in self.all:
            if process.poll() is None:
                process.kill()
            process.wait()


@dataclass
class World:
    """A topic, a ledger and workers, this test's alone."""

    settings: Settings
    ledger: Ledger
    workers: Workers

    @property
    def topic(self) -> str:
        """The input topic."""
        return self.settings.topic("events")

    async def produce(self, partition: int, values: Sequence[bytes]) -> None:
        """Writes records in this order."""
        async with AIOKafkaProducer(**self.settings.kafka_client, enable_idempotence=True) as producer:
            sent = [await producer.send(self.topic, value, partition=partition) for value in values]
            await asyncio.gather(*sent)

    async def end(self, partition: int) -> int:
        """The position after the last record, control records included."""
        async with AIOKafkaConsumer(**self.settings.kafka_client) as consumer:
            at = TopicPartition(self.topic, partition)
            return int((await consumer.end_offsets([at]))[at])

    async def stored(self, partition: int) -> int:
        """The ledger's position."""
        sql = "SELECT next FROM position WHERE partition = $1"
        return int(await self.ledger.pool.fetchval(sql, partition) or 0)

    async def kept(self, partition: int | None = None) -> list[tuple[int, int, bytes]]:
        """(partition, offset, value) in the order in which they were kept."""
        sql = 'SELECT partition, "offset", value FROM kept WHERE $1::int IS NULL OR partition = $1 ORDER BY n'
        return [tuple(row) for row in await self.ledger.pool.fetch(sql, partition)]

    async def hint(self, partition: int) -> int:
        """What Kafka thinks was consumed; -1 if nothing."""
        admin = AIOKafkaAdminClient(**self.settings.kafka_client)
        await admin.start()
        try:
            at = TopicPartition(self.topic, partition)
            offsets = await admin.list_consumer_group_offsets(self.settings.group_id, partitions=[at])
            return int(offsets[at].offset)
        finally:
            await admin.close()

    async def until_kept(self, count: int) -> None:
        """Waits until so many records are kept."""

        async def enough() -> bool:
            return int(await self.ledger.pool.fetchval("SELECT count(*) FROM kept")) >= count

        await eventually(enough)

    async def until_paused(self, partition: int) -> str:
        """Waits until the ledger has the partition paused; answers why."""

        async def reason() -> str | None:
            found: str | None = await self.ledger.pool.fetchval(
                "SELECT reason FROM pause WHERE partition = $1", partition
            )
            return found

        return str(await eventually(reason))


@pytest.fixture
def workers(settings: Callable[..., Settings], empty_database: str, tmp_path: Path) -> Iterator[Workers]:
    """Workers of this test, with short timeouts."""
    given = settings(database_url=empty_database, session_timeout_s=6, rebalance_timeout_s=10, worker_slots=4)
    running = Workers(given, tmp_path)
    yield running
    running.kill_all()


@pytest.fixture
async def world(workers: Workers) -> AsyncIterator[World]:
    """A world with an empty topic of four partitions."""
    settings = workers.settings
    await topics.create(settings, [TopicSpec(settings.topic("events"), settings.partitions, {})])
    async with Ledger.opened(settings.database_url) as ledger:
        yield World(settings, ledger, workers)
