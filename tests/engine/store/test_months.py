"""`points init` beside a reader of an hour and beside batches: it adds months of storage, and nobody waits for that."""

import asyncio
from typing import Any

import asyncpg
import pytest

from engine.store import migrate
from tests.chaos.traffic import purchase, sent
from tests.engine.store.conftest import Desk
from tests.engine.store.test_redemptions import NOON

LAST = """
    select array_agg(relname::text order by relname) from pg_class
    where relkind = 'r' and relname ~ '^(journal|posting|allocation|outbox)_' and relname like (
        select '%' || max(right(relname, 7)) from pg_class where relname like 'journal\\_2%' and relkind = 'r')"""


@pytest.fixture
async def lost(desk: Desk) -> list[str]:
    """The storage of the last month that there is, which is gone now."""
    names: list[str] = await desk.value(LAST)
    assert len(names) == len(migrate.BY_MONTH)
    await desk.owner.execute("drop table " + ", ".join(names))
    return names


async def init(url: str) -> None:
    session = await asyncpg.connect(url)
    try:
        await migrate.migrate(session)
    finally:
        await session.close()


async def there(desk: Desk, names: list[str]) -> list[str]:
    found: Any = await desk.rows("select relname::text from pg_class where relname = any ($1) order by 1", names)
    return [row[0] for row in found]


async def test_events_are_decided_while_months_are_added_behind_a_long_reader(
    desk: Desk, migrated: str, lost: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "PAUSE_S", 0.2)
    reader = await asyncpg.connect(migrated)
    async with reader.transaction():
        await reader.execute("select from points.journal")
        adding = asyncio.create_task(init(migrated))
        for n in range(5):
            await asyncio.wait_for(desk.handle(sent(purchase(f"p-{n}", "m-1", NOON))), 10)
            await asyncio.sleep(0.1)
        assert not adding.done()
    await adding
    await reader.close()
    assert await there(desk, lost) == lost


async def test_months_are_added_beside_batches_that_write(desk: Desk, migrated: str, lost: list[str]) -> None:
    """A batch writes postings before it writes the journal, of which storage is added first."""
    batch = await asyncpg.connect(migrated, server_settings={"search_path": "points"})
    async with batch.transaction():
        await batch.execute("lock table posting in row exclusive mode")
        adding = asyncio.create_task(init(migrated))
        while not await there(desk, [name for name in lost if name.startswith("journal")]):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await asyncio.wait_for(batch.execute("lock table journal in row exclusive mode"), 10)
    await adding
    await batch.close()
    assert await there(desk, lost) == lost


async def test_who_reads_on_and_on_is_named_as_the_cause(
    desk: Desk, migrated: str, lost: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "PAUSE_S", 0.01)
    monkeypatch.setattr(migrate, "TRIES", 2)
    reader = await asyncpg.connect(migrated)
    async with reader.transaction():
        await reader.execute("select from points.journal")
        with pytest.raises(migrate.InUse, match=f"{lost[1]}: the tables are in use"):
            await init(migrated)
    await reader.close()
    await init(migrated)
    assert await there(desk, lost) == lost
