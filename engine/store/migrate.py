"""Migrations: numbered SQL files, applied once each, in order, by the role that owns the tables. Forward only."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, Final

import asyncpg

from engine.store.connect import READER, ROLE, SCHEMA
from rules.periods import months_later

FOLDER: Final = Path(__file__).parent / "migrations"
LOCK: Final = 7_041_776_001
MONTHS_AHEAD: Final = 24
BY_MONTH: Final = ("journal", "posting", "allocation", "outbox")
LOCK_WAIT: Final = "500ms"
"""Whoever needs a table waits behind what waits for its lock: so long at most, and then comes first."""
PAUSE_S: Final = 2.0
TRIES: Final = 60


class InUse(OSError):
    """What is to be changed is read or written all the time; the text says what to do."""


async def migrate(session: "asyncpg.Connection[Any]") -> list[str]:
    """Brings the database to the newest schema; answers the names of the migrations that were applied now.

    Two at once wait for each other; events are decided meanwhile, and who reads for long is waited for up to InUse. A
    failure leaves the database as it was before the failing file.
    """
    await session.execute("select pg_advisory_lock($1)", LOCK)
    try:
        await _prepare(session)
        done = {row["name"] for row in await session.fetch("select name from migration")}
        applied = [path for path in sorted(FOLDER.glob("*.sql")) if path.name not in done]
        for path in applied:
            await _unhurried(session, path.name, partial(_apply, session, path.name, path.read_text(encoding="utf-8")))
        await _add_months(session)
        return [path.name for path in applied]
    finally:
        await session.execute("select pg_advisory_unlock($1)", LOCK)


async def _unhurried(session: "asyncpg.Connection[Any]", what: str, change: Callable[[], Awaitable[object]]) -> None:
    """Makes a change in a transaction of its own that holds up nobody for long; InUse after two minutes or more.

    It needs tables for itself: behind a reader of an hour it would wait, and every event behind it.
    """
    for _ in range(TRIES):
        try:
            async with session.transaction():
                await session.execute(f"set local lock_timeout = '{LOCK_WAIT}'")
                await change()
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            await asyncio.sleep(PAUSE_S)
        else:
            return
    raise InUse(f"{what}: the tables are in use, pg_stat_activity says by whom; run this again when that has ended")


async def _apply(session: "asyncpg.Connection[Any]", name: str, text: str) -> None:
    await session.execute(text)
    await session.execute("insert into migration (name) values ($1)", name)


async def _prepare(session: "asyncpg.Connection[Any]") -> None:
    for role, may in ((ROLE, "bypassrls"), (READER, "nobypassrls")):
        if not await session.fetchval("select true from pg_roles where rolname = $1", role):
            # Another database of the same server may be prepared at this moment.
            with contextlib.suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
                await session.execute(f"create role {role} nologin {may}")
    await _let_bypass(session)
    if not await session.fetchval("select pg_has_role($1, $2, 'member')", ROLE, READER):
        with contextlib.suppress(asyncpg.UniqueViolationError, asyncpg.InternalServerError):
            await session.execute(f"grant {READER} to {ROLE}")
    await session.execute(f"create schema if not exists {SCHEMA}")
    await session.execute(f"set search_path to {SCHEMA}")
    await session.execute(
        "create table if not exists migration ("
        "name text constraint migration_pk primary key, applied_at timestamptz not null default now())"
    )


async def _let_bypass(session: "asyncpg.Connection[Any]") -> None:
    """Rows are copied into tables with row security, which PostgreSQL lets only a role do that is not subject to it."""
    if await session.fetchval("select rolbypassrls from pg_roles where rolname = $1", ROLE):
        return
    try:
        with contextlib.suppress(asyncpg.InternalServerError):  # "tuple concurrently updated": another does the same
            await session.execute(f"alter role {ROLE} bypassrls")
    except asyncpg.InsufficientPrivilegeError as error:
        raise PermissionError(f"a superuser has to run once: alter role {ROLE} bypassrls") from error


async def _add_months(session: "asyncpg.Connection[Any]") -> None:
    """Storage for the months to come, by the database's clock; without it rows would go to the default partition."""
    today: date = await session.fetchval("select current_date")
    months = [months_later(today.replace(day=1), ahead) for ahead in range(MONTHS_AHEAD + 1)]
    for month, ledger in product(months, BY_MONTH):
        name = f"{ledger}_{month:%Y_%m}"
        if await session.fetchval("select to_regclass($1) is null", f"{SCHEMA}.{name}"):
            add = partial(session.execute, "select add_month($1, $2)", month, ledger)
            await _unhurried(session, name, add)
