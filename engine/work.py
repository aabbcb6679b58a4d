"""A worker's parts are put together: the ledger, the handler, the lanes, the outbox."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg

from engine.handle import Handler
from engine.metrics import Meters
from engine.registry import Registries
from engine.sealing import Masters
from engine.settings import Settings, SettingsError
from engine.store import connect
from engine.store.lanes import Lanes
from engine.store.ledger import Ledger
from engine.store.outbox import Outbox
from engine.stream import worker
from engine.stream.outages import Outages
from engine.stream.worker import Opened, Parts


def run_worker(settings: Settings, *, relay: bool, leave: bool) -> None:
    """Runs a worker until it is told to stop. SettingsError without profiles' master key or enough connections."""
    if settings.worker_strands >= settings.database_pool_size:
        # Within a transaction another connection may be asked for: with none left they would all wait for one another.
        raise SettingsError(
            f"POINTS_WORKER_STRANDS: given {settings.worker_strands}, expected fewer than POINTS_DATABASE_POOL_SIZE, "
            f"which is {settings.database_pool_size}"
        )
    worker.run(settings, parts(settings, Masters.of(settings), relay=relay), leave=leave)


def run_relay(settings: Settings) -> None:
    """Runs the relay alone until it is told to stop."""
    worker.run_relay(settings, parts(settings, None, relay=True))


def parts(settings: Settings, masters: Masters | None, *, relay: bool) -> Opened:
    """How a worker opens its parts, in its own event loop; what only relays needs no `masters`."""

    def opened(meters: Meters) -> AbstractAsyncContextManager[Parts]:
        return _opened(settings, masters, meters, relay=relay)

    return opened


@asynccontextmanager
async def _opened(settings: Settings, masters: Masters | None, meters: Meters, *, relay: bool) -> AsyncIterator[Parts]:
    pool = await _pool(settings, meters)
    try:
        registries = Registries(pool)
        handler = Handler(
            Ledger(pool, registries, masters),
            partitions=settings.partitions,
            unusable_max=settings.unusable_in_a_row_max,
            close_chunk=settings.close_chunk,
            ahead_days=settings.ahead_days,
        )
        yield Parts(
            handle=handler,
            lanes=Lanes(pool),
            outbox=Outbox(pool, settings.topic) if relay else None,
            outages=connect.OUTAGES,
            inputs=[settings.topic(name) for name in ("events", "calendar", "redemptions")],
        )
    finally:
        pool.terminate()


async def _pool(settings: Settings, meters: Meters) -> "asyncpg.Pool[Any]":
    """The pool, however long the database takes to come."""
    return await Outages("database", connect.OUTAGES, settings, meters).through(lambda: connect.pool(settings))
