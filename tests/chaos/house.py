"""An engine of its own for each test: database, topics, and workers as real processes with the application's rights."""

import asyncio
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.partitioner import murmur2
from aiokafka.structs import TopicPartition

from engine import setup
from engine.settings import load, variable
from engine.store.connect import ROLE
from tests.chaos.expected import BANK
from tests.chaos.traffic import CARDS, Sent
from tests.checker import Verdict, judged

ROOT = Path(__file__).parents[2]
BANKS = Path(__file__).parent / "banks.yaml"
PARTITIONS = 4
QUIET_S = 120.0

Worker = subprocess.Popen[bytes]


class House:
    """One engine. `database_url` is the superuser's; workers get a role that may do what the application may."""

    def __init__(self, database_url: str, bootstrap: str, folder: Path, **given: object) -> None:
        """Nothing runs yet; `given` are settings of the workers."""
        self.database_url, self.bootstrap, self.folder = database_url, bootstrap, folder
        self.prefix = f"t{secrets.token_hex(6)}"
        self.given: dict[str, Any] = {
            "kafka_bootstrap": bootstrap, "topic_prefix": self.prefix, "group_id": self.prefix, "http_port": 0,
            "partitions": PARTITIONS, "log_format": "text", "session_timeout_s": 6, "rebalance_timeout_s": 10,
            "worker_slots": 3, "outage_pause_s_max": 1.0, "home": folder,
        } | given  # fmt: skip
        self.workers: list[Worker] = []
        self.topic = f"{self.prefix}.events"

    async def open(self, banks: Path = BANKS) -> "House":
        """Migrates, registers the banks, makes topics and the workers' role."""
        settings = load(**self.given, database_url=self.database_url, owner_database_url=self.database_url)
        await setup.initialise(settings, banks)
        password = secrets.token_hex(8)
        await self.run(f"create role {self.prefix} login password '{password}' in role {ROLE}")
        there = urlsplit(self.database_url)
        at = f"{quote(self.prefix)}:{password}@{there.hostname}:{there.port}"
        self.given["database_url"] = urlunsplit(there._replace(netloc=at))
        return self

    # Workers

    def start(self, *command: str, **extra: object) -> Worker:
        """A worker by the real command, or by another module's."""
        with (self.folder / f"worker-{len(self.workers)}.log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", *(command or ("engine", "worker"))],
                cwd=ROOT, env=self._environment(extra), stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.workers.append(worker)
        return worker

    async def points(self, *words: str) -> str:
        """What the command `points` answers to an operator, who has the owner's address too."""
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", "engine", *words], cwd=ROOT,
            env=self._environment({"owner_database_url": self.database_url}),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _environment(self, extra: Mapping[str, object]) -> dict[str, str]:
        return os.environ | {variable(name): str(value) for name, value in (self.given | dict(extra)).items()}

    async def stop(self, worker: Worker) -> float:
        """As a supervisor does; answers the seconds it took."""
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        code = await self.ended(worker)
        assert code == 0, self.said(worker)
        return time.monotonic() - began

    async def kill(self, worker: Worker) -> None:
        """Ends it as a crash would."""
        worker.kill()
        await self.ended(worker)

    async def ended(self, worker: Worker, timeout_s: float = 30.0) -> int:
        """The exit code, once it has ended."""
        return await asyncio.wait_for(asyncio.to_thread(worker.wait), timeout_s)

    def said(self, worker: Worker) -> str:
        """What a worker logged."""
        log = self.folder / f"worker-{self.workers.index(worker)}.log"
        return log.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """Ends every worker that still runs."""
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGCONT)
                worker.kill()
            worker.wait()

    # Events

    async def produce(self, records: Iterable[Sent], *, seconds: float = 0.0) -> None:
        """Produces in this order, spread over so many seconds."""
        chunks = _chunks(list(records))
        async with AIOKafkaProducer(bootstrap_servers=self.bootstrap, enable_idempotence=True) as producer:
            for chunk in chunks:
                await _send(producer, self.topic, chunk)
                await asyncio.sleep(seconds / len(chunks))

    async def produce_in_transactions(self, parts: Iterable[tuple[list[Sent], bool]]) -> None:
        """Each part in a transaction; those that are False are aborted."""
        async with AIOKafkaProducer(bootstrap_servers=self.bootstrap, transactional_id=self.prefix) as producer:
            for records, committed in parts:
                await producer.begin_transaction()
                await _send(producer, self.topic, records)
                await (producer.commit_transaction() if committed else producer.abort_transaction())

    async def announce(self, day: str) -> None:
        """The bank's one source that announces says that a business day has ended."""
        about = {"business_date": day, "through": day}
        told: dict[str, Any] = {
            "specversion": "1.0",
            "id": f"close-{day}",
            "source": CARDS,
            "type": "business-day.closed.v1",
        }
        told |= {"subject": "calendar", "time": f"{day}T23:59:59Z", "data": about}
        async with AIOKafkaProducer(bootstrap_servers=self.bootstrap, enable_idempotence=True) as producer:
            await producer.send_and_wait(
                f"{self.prefix}.calendar", json.dumps(told).encode(), f"{BANK}/{CARDS}".encode()
            )

    async def closed_through(self, day: str) -> bool:
        """Whether every partition has closed the day."""
        sql = "select count(*) as n from close_progress where finished and through >= $1::text::date"
        return bool((await self.run(sql, day))[0]["n"] == PARTITIONS)

    async def closing(self, day: str) -> bool:
        """Whether some members were visited for the day and others not."""
        told = "count(*) filter (where finished) as n, sum(members) as m"
        [row] = await self.run(f"select {told} from close_progress where through = $1::text::date", day)
        return bool(row["m"]) and row["n"] < PARTITIONS

    async def members(self) -> int:
        """Workers that Kafka's group has when it is stable, else 0."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            group = (await admin.describe_consumer_groups([self.prefix]))[0].groups[0]
            return len(group[5]) if group[2] == "Stable" else 0
        except GroupCoordinatorNotAvailableError:  # a new broker makes the topic of groups when it is first asked
            return 0
        finally:
            await admin.close()

    # What is there

    async def run(self, sql: str, *arguments: Any) -> Any:
        """Runs a statement as superuser; answers its rows."""
        session = await asyncpg.connect(self.database_url, server_settings={"search_path": "points"})
        try:
            return await session.fetch(sql, *arguments)
        finally:
            await session.close()

    async def decided(self) -> int:
        """Positions passed by all lanes together."""
        return sum((await self.positions()).values())

    async def positions(self) -> dict[int, int]:
        """Where each lane stands."""
        rows = await self.run("select partition, next from lane where topic = $1", self.topic)
        return {row["partition"]: row["next"] for row in rows}

    async def quiet(self, *, without: frozenset[int] = frozenset(), timeout_s: float = QUIET_S) -> None:
        """Waits until every lane but `without` stands at the end of its topic, and the outbox is published."""
        places = [TopicPartition(self.topic, number) for number in range(PARTITIONS) if number not in without]
        async with AIOKafkaConsumer(bootstrap_servers=self.bootstrap) as consumer:
            ends = {place.partition: end for place, end in (await consumer.end_offsets(places)).items()}

        async def at_rest() -> bool:
            stored = await self.positions()
            waiting = await self.run("select 1 from outbox where published_at is null limit 1")
            return not waiting and all(stored.get(number, 0) >= end for number, end in ends.items())

        await eventually(at_rest, timeout_s, self.told)

    async def judge(self) -> Verdict:
        """The judge's verdict, which must be without findings."""
        verdict = await judged(self.database_url, self.bootstrap, self.prefix)
        assert verdict.findings == [], "\n".join(verdict.findings)
        return verdict

    def told(self) -> str:
        return "\n\n".join(self.said(worker)[-4000:] for worker in self.workers[-3:])


async def eventually(holds: Callable[[], Awaitable[Any]], timeout_s: float, told: Callable[[], str] = str) -> Any:
    """What `holds` answers once that is true; fails after so long and says what was `told`."""
    until = time.monotonic() + timeout_s
    while not (answer := await holds()):
        assert time.monotonic() < until, told()
        await asyncio.sleep(0.1)
    return answer


def partition_of(key: bytes) -> int:
    """Where Kafka's own partitioner puts a key."""
    return int((murmur2(key) & 0x7FFFFFFF) % PARTITIONS)


def _chunks(records: list[Sent], size: int = 500) -> list[list[Sent]]:
    return [records[at : at + size] for at in range(0, len(records), size)]


async def _send(producer: AIOKafkaProducer, topic: str, records: Iterable[Sent]) -> None:
    by_partition: dict[int, list[Sent]] = defaultdict(list)
    for one in records:
        by_partition[partition_of(one.key) if one.partition is None else one.partition].append(one)
    now_ms = int(time.time() * 1000)
    for partition, ours in by_partition.items():
        builder = producer.create_batch()
        for one in ours:
            headers = list(one.headers)
            if builder.append(key=one.key, value=one.value, timestamp=now_ms, headers=headers) is not None:
                continue
            await (await producer.send_batch(builder, topic, partition=partition))
            await producer.send_and_wait(topic, one.value, one.key, partition, headers=headers)
            builder = producer.create_batch()
        await (await producer.send_batch(builder, topic, partition=partition))


def chosen(workers: list[Worker], draw: random.Random) -> Worker:
    """One of those that run."""
    return draw.choice([worker for worker in workers if worker.poll() is None])
