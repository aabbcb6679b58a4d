"""Reading for a caller: as the role that row security holds, in a transaction that sees what it names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import asyncpg

from engine.api.keys import Caller
from engine.store.sql import statement


class Reading:
    """Sessions of one process that read for callers."""

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        """`pool` acts as `engine.store.connect.READER`."""
        self.pool = pool

    @asynccontextmanager
    async def session(self, caller: Caller, member_id: str = "") -> AsyncIterator[Any]:
        """A transaction that sees the caller's bank; a merchant's sees its own, and of members this one alone."""
        merchant = caller.holder if caller.role == "merchant" else ""
        async with self.pool.acquire() as session, session.transaction(readonly=True):
            await session.execute(statement("narrow"), caller.bank, merchant, member_id)
            yield session


class PageByPage(NamedTuple):
    """Reads as a session does, each time in one of its own: who takes a long answer slowly holds no connection."""

    reading: Reading
    caller: Caller

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        """The rows that a statement finds for the caller."""
        async with self.reading.session(self.caller) as session:
            return list(await session.fetch(sql, *arguments))
