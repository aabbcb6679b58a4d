"""A migrated ledger with the corner bank, and batches handled on it without a stream."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from engine.batch import Lane, Record, Slice
from engine.handle import Handler
from engine.registry import Registries
from engine.settings import Settings, load
from engine.setup import Banks, Version, read, register
from engine.store import connect
from engine.store.ledger import Ledger
from engine.store.outbox import unpacked
from engine.store.record import Recorded
from tests.chaos.house import PARTITIONS, partition_of
from tests.chaos.traffic import Sent, year
from tests.conftest import AHEAD_DAYS, MASTERS, Databases

CHAOS = Path(__file__).parents[2] / "chaos"
TOPIC = "loyalty.events"
CALENDAR = "loyalty.calendar"
FILLED = """select relname from pg_class where relnamespace = 'points'::regnamespace and relkind in ('r', 'p')
            and not relispartition and relname not in ('migration', 'registry', 'sweep')"""


def announcement(source: str, day: str, through: str, reason: str | None = None) -> Sent:
    """A source of the corner bank announces that its business day has ended."""
    about = {"business_date": day, "through": through} | ({"reason": reason} if reason else {})
    told = {"specversion": "1.0", "id": f"close-{day}-{through}", "source": source, "type": "business-day.closed.v1"}
    told |= {"subject": "calendar", "time": f"{through}T23:59:59Z"}
    return Sent(f"corner/{source}".encode(), json.dumps(told | {"data": about}).encode())


def ordered(day: str, through: str) -> Sent:
    """An operator closes a business day though nobody announced it."""
    return announcement("urn:points-engine", day, through, "for the test")


@dataclass
class Desk:
    """A ledger whose batches are given by hand; it remembers where each lane ends."""

    owner: "asyncpg.Connection[Any]"
    handler: Handler
    ends: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(PARTITIONS), 0))
    announced: int = 0
    relayed: int = 0

    def slices(self, sent: Iterable[Sent]) -> list[Slice]:
        """The next slice of each lane that these records go to."""
        records: dict[int, list[Record]] = {}
        for one in sent:
            number = partition_of(one.key) if one.partition is None else one.partition
            ours = records.setdefault(number, [])
            ours.append(Record(self.ends[number] + len(ours), 0, one.key, one.value, one.headers))
        made = [self.slice(number, self.ends[number], ours) for number, ours in sorted(records.items())]
        self.ends |= {one.lane.partition: one.next for one in made}
        return made

    def slice(self, number: int, asked: int, records: list[Record], after: int | None = None) -> Slice:
        """A slice of one lane; `after` where it ends in a hole."""
        return Slice(Lane(TOPIC, number, 1), asked, after or asked + len(records), records)

    async def handle(self, *sent: Sent) -> Recorded:
        """Handles these records as one batch."""
        return await self.handler(self.slices(sent))

    async def announce(self, *announced: Sent) -> Recorded:
        """Handles announcements on the calendar, as one batch."""
        records = [Record(self.announced + n, 0, one.key, one.value, one.headers) for n, one in enumerate(announced)]
        [first, self.announced] = [self.announced, self.announced + len(records)]
        return await self.handler([Slice(Lane(CALENDAR, 0, 1), first, self.announced, records)])

    async def markers(self) -> list[Sent]:
        """What the engine has said to itself since this was asked last, as the records that it becomes."""
        found: list[Sent] = []
        for row in await self.rows("select seq, messages from outbox where seq > $1 order by seq", self.relayed):
            self.relayed = row["seq"]
            said = [one for one in unpacked(row["messages"], str) if one.topic == "events"]
            found += [Sent(one.key or b"", one.value, tuple(one.headers), one.partition) for one in said]
        return found

    async def close(self, day: str, through: str | None = None) -> Recorded:
        """Closes a business day by an operator's order, in every lane."""
        await self.announce(ordered(day, through or day))
        return await self.handle(*await self.markers())

    async def register(self, banks: Path, was: str, becomes: str) -> None:
        """Registers the file of banks again after it was changed in one place."""
        await register(self.owner, *_changed(banks, was, becomes))

    async def rows(self, sql: str, *arguments: Any) -> list[Any]:
        """Rows, as the owner sees them."""
        return list(await self.owner.fetch(sql, *arguments))

    async def value(self, sql: str, *arguments: Any) -> Any:
        """The one value of a query."""
        return await self.owner.fetchval(sql, *arguments)


def _changed(banks: Path, was: str, becomes: str) -> tuple[Banks, list[Version]]:
    text = banks.read_text()
    assert text.count(was) == 1
    banks.write_text(text.replace(was, becomes))
    return read(banks)


@pytest.fixture
def store(empty_database: str) -> Settings:
    """Settings of an empty database."""
    return load(database_url=empty_database, owner_database_url=empty_database)


@pytest.fixture(scope="session")
def migrated(databases: Databases) -> Iterator[str]:
    """Address of a migrated database; each test leaves it empty."""
    url = databases.ready()
    yield url
    databases.drop(url)


@pytest.fixture
async def owner(migrated: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """The owner's session on a migrated schema, which is emptied after the test."""
    session = await connect.owner(load(owner_database_url=migrated))
    await session.execute("set search_path to points")
    yield session
    # As a replica, past the triggers that refuse to empty the ledger.
    await session.execute("set session_replication_role = replica")
    for row in await session.fetch(FILLED):
        await session.execute(f"delete from {row['relname']}")
    await session.close()


@pytest.fixture
def banks() -> Path:
    """The file of banks that the desk registers."""
    return CHAOS / "banks.yaml"


@pytest.fixture
async def desk(migrated: str, owner: "asyncpg.Connection[Any]", banks: Path) -> AsyncIterator[Desk]:
    """A ledger with its banks and lanes, begun at 0."""
    await register(owner, *read(banks))
    await owner.execute(f"insert into lane select '{TOPIC}', n, 1 from generate_series(0, {PARTITIONS - 1}) n")
    await owner.execute(f"insert into lane values ('{CALENDAR}', 0, 1)")
    pool = await connect.pool(load(database_url=migrated))
    ledger = Ledger(pool, Registries(pool), MASTERS)
    yield Desk(owner, Handler(ledger, partitions=PARTITIONS, unusable_max=100, close_chunk=3, ahead_days=AHEAD_DAYS))
    pool.terminate()


@pytest.fixture
def some() -> Callable[[int], list[Sent]]:
    """`some(count)`: that many events of the corner bank."""
    return lambda count: year(count, 77, members=12)
