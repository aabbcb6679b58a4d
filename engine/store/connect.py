"""Connections to the ledger: one pool a process, every connection with the settings that the guarantees need."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import asyncpg
from asyncpg import exceptions as pg

from engine.settings import Settings

SCHEMA: Final = "points"
ROLE: Final = "points_app"
READER: Final = "points_api"
"""As these roles sessions act, whoever logged in: one decides and records, the other sees what row security lets."""
IDLE_IN_TRANSACTION_MS: Final = 10_000
"""A frozen worker's transaction ends by then, since it holds members' locks; the thawed worker fails and restarts."""

OUTAGES: Final[tuple[type[BaseException], ...]] = (
    OSError,
    TimeoutError,
    pg.PostgresConnectionError,
    pg.InterfaceError,
    pg.InternalClientError,
    pg.CannotConnectNowError,
    pg.AdminShutdownError,
    pg.CrashShutdownError,
    pg.IdleInTransactionSessionTimeoutError,
    pg.TooManyConnectionsError,
    pg.DiskFullError,
    pg.OutOfMemoryError,
    pg.DeadlockDetectedError,
    pg.SerializationError,
    pg.LockNotAvailableError,
    pg.QueryCanceledError,
    pg.ReadOnlySQLTransactionError,
)
"""Something outside fails and may come back: retried for ever with growing pauses, nothing acknowledged meanwhile."""


LOST: Final = (pg.PostgresConnectionError, pg.InterfaceError, pg.IdleInTransactionSessionTimeoutError)
"""What a transaction comes to whose session the server has ended."""

PLANS: Final = {
    "jit": "off",
    # Every statement takes arrays and has one good plan; planning it anew costs more than running it.
    "plan_cache_mode": "force_generic_plan",
    # A plan made while a month's partition is analysed and empty would read it from end to end, for each
    # member, until it is analysed anew: every statement that events or clients wait for has its index.
    "enable_seqscan": "off",
}
"""How the server plans what events and clients wait for."""


class TooLong(Exception):
    """A batch was decided for so long that its session ended meanwhile: it would again, so less of it must be tried."""


@contextmanager
def short_enough() -> Iterator[None]:
    """Within it one transaction: raises TooLong where its session is lost and this thread was busy, not frozen.

    Half of what the server waits is enough to say so, since others use the processor too.
    """
    began = time.thread_time()
    try:
        yield
    except LOST as lost:
        busy_s = time.thread_time() - began
        if busy_s * 2000 < IDLE_IN_TRANSACTION_MS:
            raise
        raise TooLong(f"the session ended while a batch was decided for {busy_s:.1f} s of the processor") from lost


async def pool(settings: Settings, role: str = ROLE, *, whole_tables: bool = False) -> "asyncpg.Pool[Any]":
    """A pool that acts as the application's role; raises one of OUTAGES while the database cannot be reached.

    With `whole_tables` for reports, which may read a table from end to end.
    """
    return await asyncpg.create_pool(
        settings.database_url,
        min_size=1,
        max_size=settings.database_pool_size,
        reset=_left_as_it_is,
        command_timeout=60,
        server_settings={
            "search_path": SCHEMA,
            "role": role,
            "application_name": "points",
            **PLANS,
            **({"enable_seqscan": "on"} if whole_tables else {}),
            "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
        },
        **settings.database_client,
    )


async def _left_as_it_is(_session: "asyncpg.Connection[Any]") -> None:
    """Whoever comes next takes the session as it is: no open transaction, which asyncpg sees to, and nothing set in it.

    asyncpg's own way is one more question to the server each time, about as long as most statements take. Who sets or
    locks something of the session itself resets it.
    """


async def owner(settings: Settings) -> "asyncpg.Connection[Any]":
    """A connection of the role that owns the tables."""
    return await asyncpg.connect(
        settings.owner_database_url, server_settings={"application_name": "points init"}, **settings.database_client
    )
