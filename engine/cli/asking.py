"""A connection to the ledger for one command."""

import asyncio
import getpass
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import asyncpg

from engine import trail
from engine.cli.output import fail
from engine.settings import Settings
from engine.store import connect
from engine.store.sql import statement

if TYPE_CHECKING:
    from rules.program import Programs

Answer = TypeVar("Answer")


def asked(settings: Settings, question: "Callable[[asyncpg.Pool[Any]], Awaitable[Answer]]") -> Answer:
    """What a question to the ledger answers; ends the command if the database cannot be reached."""

    async def ask() -> Answer:
        async with _pool(settings) as pool:
            return await question(pool)

    return _run(ask, "POINTS_DATABASE_URL")


def _run(ask: Callable[[], Coroutine[Any, Any, Answer]], setting: str) -> Answer:
    try:
        return asyncio.run(ask())
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        fail(f"the database cannot be reached: {error}; see {setting}")
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError, asyncpg.InvalidParameterValueError):
        # The latter: there is no such role.
        fail("the database has no ledger yet; run `points init` first")


async def programs_of(pool: "asyncpg.Pool[Any]", bank: str) -> "Programs":
    """The bank's programs in force; ends the command, naming the banks that there are, where none is called so."""
    from engine.registry import Registries

    known = (await Registries(pool).read()).programs
    if bank not in known:
        fail(f"no bank is called {bank!r}; there are: {', '.join(sorted(known)) or 'none, run `points init`'}")
    return known[bank]


Acting = Callable[[Settings, str, Callable[[Any, trail.Who], Awaitable[Any]]], Any]
"""`acted` or `acted_alone`."""


class Deed(NamedTuple):
    """What a command did for a bank, as the audit trail tells it, and what it answers; no entry where nothing was."""

    answer: Any
    bank: str | None = None
    entry: trail.Entry | None = None


def acted(settings: Settings, command: str, act: "Callable[[Any, trail.Who], Awaitable[Answer]]") -> Answer:
    """What an act answers that a session does in one transaction; it is told who types, and tells the trail itself."""

    async def do(pool: "asyncpg.Pool[Any]") -> Answer:
        async with pool.acquire() as session, session.transaction():
            return await act(session, typing_of(command))

    return asked(settings, do)


def acted_alone(settings: Settings, command: str, act: "Callable[[Any, trail.Who], Awaitable[Answer]]") -> Answer:
    """As `acted`, of what needs two people over HTTP: by the login that owns the tables, the application's may not."""

    async def do() -> Answer:
        session = await connect.owner(settings)
        try:
            await session.execute(f"set search_path to {connect.SCHEMA}")
            if not await session.fetchval(statement("acts_as_owner")):
                fail("alone only the role that owns the tables may do this, see POINTS_OWNER_DATABASE_URL")
            async with session.transaction():
                return await act(session, typing_of(command))
        finally:
            await session.close()

    return _run(do, "POINTS_OWNER_DATABASE_URL")


def done(settings: Settings, command: str, deed: "Callable[[Any], Awaitable[Deed]]", by: Acting = acted) -> Any:
    """What a deed answers that a session does, its entry in the audit trail written in the same transaction."""

    async def act(session: Any, who: trail.Who) -> Any:
        told = await deed(session)
        if told.entry is not None:
            await trail.tell(session, who._replace(bank=told.bank), told.entry)
        return told.answer

    return by(settings, command, act)


def typing_of(command: str) -> trail.Who:
    """Who types a command, as the trail names them."""
    return trail.Who(None, trail.COMMAND_LINE, _login(), None, f"points {command}")


def _login() -> str:
    """Who types: the name of the login, or its number where it has none, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


@asynccontextmanager
async def _pool(settings: Settings) -> "AsyncIterator[asyncpg.Pool[Any]]":
    pool = await connect.pool(settings, whole_tables=True)
    try:
        yield pool
    finally:
        await pool.close()
