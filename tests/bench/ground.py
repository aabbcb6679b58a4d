"""Where contenders run: one PostgreSQL and one Kafka for all, a fresh ledger and fresh topics for each run."""

import asyncio
import itertools
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient

from engine import setup
from engine.embedded.servers import Servers
from engine.settings import Settings, cache_folder, load
from engine.stream import topics
from tests.bench.events import Purchase

HERE: Final = Path(__file__).parent
TEMPLATE: Final = "bench_template"
FULL: Final = "bench_full"
OPTIONS: Final = {"track_commit_timestamp": "on"}
"""PostgreSQL's own record of when each transaction became durable is the clock of every contender."""
START_S: Final = 60.0


_FILL_POSTINGS: Final = """
    insert into points.posting (
        posting_id, bank, member_id, member_version, event_key, rule_id, kind, program_hash, semantics, point_type,
        points, desired_points, basis, rate_numerator, rate_denominator, rounding, event_day, business_date,
        occurred_at, expires_on, balance_after, journal_seq)
    select gen_random_uuid(), 'filler', 'm-' || lpad((i / 10)::text, 8, '0'), i % 10 + 1, gen_random_uuid(),
           'card-spend', 'base', sha256('filler'), 1, 'reward', 10, 10, 1000, 1, 100, 'down', current_date,
           current_date, now(), current_date + 700, 10, 0
    from generate_series(1, {}) i
"""
_FILL_SEEN: Final = """
    insert into points.seen
    select key, key from (select gen_random_uuid() as key from generate_series(1, {})) t order by key
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One contender's turn: its own database and topic prefix."""

    settings: Settings
    folder: Path
    more: Mapping[str, str] = field(default_factory=dict)
    """What else its processes are started with."""

    @property
    def topic(self) -> str:
        return self.settings.topic("events")

    @property
    def environment(self) -> dict[str, str]:
        """What a contender's process is started with."""
        s = self.settings
        told = {
            "POINTS_DATABASE_URL": s.database_url,
            "POINTS_OWNER_DATABASE_URL": s.owner_database_url,
            "POINTS_KAFKA_BOOTSTRAP": s.kafka_bootstrap,
            "POINTS_PARTITIONS": str(s.partitions),
            "POINTS_TOPIC_PREFIX": s.topic_prefix,
            "POINTS_GROUP_ID": s.group_id,
            "POINTS_HTTP_PORT": "0",
            "POINTS_LOG_FORMAT": "text",
            "POINTS_PROFILE_KEY": str(s.profile_key),
        }
        return {
            **os.environ,
            "PYTHONPATH": str(HERE.parent.parent),
            "BENCH_FOLDER": str(self.folder),
            **told,
            **self.more,
        }


class Ground:
    """The servers and what is made on them."""

    def __init__(self, servers: Servers, folder: Path) -> None:
        self.servers = servers
        self.folder = folder
        self._numbers = itertools.count(1)
        self._sql("postgres", f"create database {TEMPLATE}")
        asyncio.run(setup.initialise(self._settings(TEMPLATE, "template", 1), HERE / "banks.yaml"))

    @contextmanager
    def run(self, partitions: int, *, kafka: bool = True, template: str = TEMPLATE) -> Iterator[Run]:
        """A fresh ledger and fresh topics; gone afterwards. Without `kafka` the topics have one name each time."""
        name = f"bench_{next(self._numbers)}"
        self._sql("postgres", f"create database {name} template {template} strategy file_copy", "checkpoint")
        run = Run(self._settings(name, name if kafka else TEMPLATE, partitions), self.folder)
        if kafka:
            asyncio.run(topics.create(run.settings, topics.specs(run.settings)))
        try:
            yield run
        finally:
            self._sql("postgres", f"drop database {name} with (force)")
            if kafka:
                self._drop_topics(run)

    def fill(self, millions: float) -> None:
        """Makes the template `FULL`: so many million postings of another bank, five times as many events remembered.

        A remembered event of these has its key as its fingerprint, by which `ledger` leaves it out.
        """
        self.copy(TEMPLATE, FULL)
        self._sql(FULL, _FILL_POSTINGS.format(int(millions * 1e6)), _FILL_SEEN.format(int(millions * 5e6)), "analyze")

    def copy(self, template: str, name: str) -> None:
        """Makes a database like another."""
        self._sql("postgres", f"create database {name} template {template} strategy file_copy")

    def database(self, name: str) -> str:
        """The address of one of the databases, for who owns its tables."""
        return self.servers.postgres.address(self.servers.postgres.superuser, name)

    def _drop_topics(self, run: Run) -> None:
        admin = AdminClient({"bootstrap.servers": self.servers.kafka.bootstrap})
        for gone in admin.delete_topics([one.name for one in topics.specs(run.settings)]).values():
            gone.result()

    def _settings(self, database: str, prefix: str, partitions: int) -> Settings:
        postgres = self.servers.postgres
        url = postgres.address(postgres.superuser, database)
        return load(
            database_url=url, owner_database_url=url, kafka_bootstrap=self.servers.kafka.bootstrap,
            partitions=partitions, topic_prefix=prefix, group_id=prefix, http_port=0, profile_key=secrets.token_hex(32),
            ahead_days=100_000,
        )  # fmt: skip

    def _sql(self, database: str, *statements: str) -> None:
        async def work() -> None:
            postgres = self.servers.postgres
            session = await asyncpg.connect(postgres.address(postgres.superuser, database))
            for one in statements:
                await session.execute(one)
            await session.close()

        asyncio.run(work())


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """The servers, up while the context lasts."""
    with Servers.start(folder, home=cache_folder(), postgres_options=OPTIONS) as servers:
        yield Ground(servers, folder)


class Gate:
    """All records in one Kafka transaction: whoever reads committed records gets them all when it opens."""

    def __init__(self, run: Run, stream: Sequence[Purchase]) -> None:
        self._producer = Producer(
            {
                "bootstrap.servers": run.settings.kafka_bootstrap,
                "partitioner": "murmur2_random",
                "transactional.id": run.settings.topic_prefix,
                "transaction.timeout.ms": 600_000,
                "queue.buffering.max.messages": 1_000_000,
                "linger.ms": 20,
                "log_level": 2,
            }
        )
        self._producer.init_transactions()
        self._producer.begin_transaction()
        for p in stream:
            self._producer.produce(run.topic, p.value, p.key)
            self._producer.poll(0)
        self._producer.flush()

    def open(self) -> None:
        """Commits: from now on the records are there."""
        self._producer.commit_transaction()


class Processes:
    """Modules of this package, each as a process; their output is in the folder."""

    def __init__(self, run: Run, modules: Sequence[Sequence[str]]) -> None:
        self._run = run
        self._modules = modules
        self._began = [self._begin(i) for i in range(len(modules))]

    def __len__(self) -> int:
        return len(self._modules)

    def _begin(self, number: int) -> subprocess.Popen[bytes]:
        module, *arguments = self._modules[number]
        command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
        with (self._run.folder / f"{self._run.settings.topic_prefix}-{module}-{number}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, env=self._run.environment)

    def revive(self) -> None:
        """Starts those again that failed, as a supervisor does."""
        for number, one in enumerate(self._began):
            if one.poll():
                print(f"{self._modules[number]} ended with {one.returncode} and is started again", file=sys.stderr)
                self._began[number] = self._begin(number)

    def cpu_s(self) -> float:
        """Seconds of processor time that they and their own processes have taken so far."""
        return sum(cpu_s(one.pid) for one in self._began)

    def wait(self, seconds: float) -> None:
        """Until all have ended by themselves; TimeoutExpired after so long."""
        for one in self._began:
            one.wait(seconds)

    def stop(self) -> None:
        """Ends them; RuntimeError if one had failed by itself."""
        failed = [one.returncode for one in self._began if one.poll()]
        for one in self._began:
            one.terminate()
        for one in self._began:
            try:
                one.wait(20)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()
        if failed:
            raise RuntimeError(f"processes of {self._run.settings.topic_prefix} failed with {failed}")


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has taken so far, with its own processes, those that have ended too."""
    root = psutil.Process(pid)
    taken = [one.cpu_times() for one in (root, *root.children(recursive=True))]
    return sum(one.user + one.system + one.children_user + one.children_system for one in taken)


@contextmanager
def processes(run: Run, modules: Sequence[Sequence[str]]) -> Iterator[Processes]:
    """The modules as processes, while the context lasts."""
    began = Processes(run, modules)
    try:
        yield began
    finally:
        began.stop()


def wait_for_group(run: Run, members: Processes) -> None:
    """Until the consumer group has dealt its partitions to all members; those that fail meanwhile begin again."""
    admin = AdminClient({"bootstrap.servers": run.settings.kafka_bootstrap})
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        members.revive()
        try:
            told: Any = admin.describe_consumer_groups([run.settings.group_id])[run.settings.group_id].result()
        except KafkaException:  # no coordinator yet, no such group yet
            time.sleep(0.2)
            continue
        if told.state.name == "STABLE" and sum(bool(m.assignment.topic_partitions) for m in told.members) == len(
            members
        ):
            return
        time.sleep(0.2)
    raise TimeoutError(f"the group of {run.settings.topic_prefix} has not come up; see its log in {run.folder}")
