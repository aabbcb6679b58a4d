"""The order in which the relay sees the outbox, whatever the order in which transactions begin and commit."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import pytest

from engine.messages import Said
from engine.store.outbox import Outbox, packed
from engine.store.sql import statement

SAID = packed([Said("postings", 0, b"corner/m-1", "p-1", b"{}")])


@asynccontextmanager
async def begun(url: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A session in whose transaction something was written."""
    session = await asyncpg.connect(url, server_settings={"search_path": "points"})
    await session.execute("begin; select pg_current_xact_id()")
    yield session
    await session.close()


async def say(session: "asyncpg.Connection[Any]", seq: int) -> None:
    await session.execute("insert into outbox (seq, messages, message_count) values ($1, $2, 1)", seq, SAID)


@pytest.fixture
async def outbox(migrated: str, owner: "asyncpg.Connection[Any]") -> AsyncIterator[Outbox]:
    """Of a ledger whose `owner` empties it afterwards."""
    async with asyncpg.create_pool(migrated, server_settings={"search_path": "points"}) as pool:
        yield Outbox(pool, str)


async def test_a_batch_waits_for_one_with_a_lower_number_whose_transaction_began_after_it(
    migrated: str, outbox: Outbox
) -> None:
    """A member's second batch, come by another lane, began its transaction first, and is published second."""
    async with AsyncExitStack() as open_:
        second, unrelated, first = [await open_.enter_async_context(begun(migrated)) for _ in range(3)]
        await say(first, 1)
        await first.execute("commit")
        await say(second, 2)
        await second.execute("commit")
        assert [row.seq for row in await outbox.pending(10)] == []
        await unrelated.execute("commit")
        assert [row.seq for row in await outbox.pending(10)] == [1, 2]
        assert [row.seq for row in await outbox.pending(1)] == [1]


async def test_what_was_restored_from_a_server_that_had_counted_further_is_published(
    migrated: str, owner: "asyncpg.Connection[Any]", outbox: Outbox
) -> None:
    """With what is said after it, which waits for a running transaction as ever; for webhooks it is the same."""
    async with AsyncExitStack() as open_:
        later, running = [await open_.enter_async_context(begun(migrated)) for _ in range(2)]
        await say(owner, 1)
        await owner.execute("update outbox set xid = (xid::text::int8 + 1000000)::text::xid8")
        await say(later, 2)
        await later.execute("commit")
        assert [row.seq for row in await outbox.pending(10)] == [1, 2]
        await say(running, 3)
        await say(owner, 4)
        assert [row.seq for row in await outbox.pending(10)] == [1, 2]
        assert [row["seq"] for row in await owner.fetch(statement("outbox_to_spread"), 10)] == [1, 2]
        await running.execute("commit")
        assert [row.seq for row in await outbox.pending(10)] == [1, 2, 3, 4]
