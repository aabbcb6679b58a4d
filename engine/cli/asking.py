"""A connection to the ledger for one command."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg

from engine.cli.output import fail
from engine.settings import Settings
from engine.store import connect

Answer = TypeVar("Answer")


def asked(settings: Settings, question: "Callable[[asyncpg.Pool[Any]], Awaitable[Answer]]") -> Answer:
    """What a question to the ledger answers; ends the command if the database cannot be reached."""

    async def ask() -> Answer:
        async with _pool(settings) as pool:
            return await question(pool)

    try:
        return asyncio.run(ask())
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        fail(f"the database cannot be reached: {error}; see POINTS_DATABASE_URL")
    except (asyncpg.UndefinedTableError, asyncpg.InvalidParameterValueError):  # the latter: no such role
        fail("the database has no ledger yet; run `points init` first")


@asynccontextmanager
async def _pool(settings: Settings) -> "AsyncIterator[asyncpg.Pool[Any]]":
    pool = await connect.pool(settings)
    try:
        yield pool
    finally:
        await pool.close()
