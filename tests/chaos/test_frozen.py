"""Workers frozen past their session: their claims are refused when they thaw, and others publish what they held."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import psutil

from engine.stream.exits import Exit
from tests.chaos.house import House, Worker, eventually
from tests.chaos.traffic import year

CLAIMS_WAITING = (
    "select client_port from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' "
    "and query like '-- Locks the lanes of a batch%'"
)
REFUSED = "which was decided already"


@asynccontextmanager
async def claims_stopped(house: House) -> AsyncIterator[None]:
    """While it lasts every claim waits at its first statement, with nothing locked."""
    session = await asyncpg.connect(house.database_url, server_settings={"search_path": "points"})
    try:
        async with session.transaction():
            await session.execute("lock table lane in exclusive mode")  # who only reads goes on
            yield
    finally:
        await session.close()


async def test_a_thawed_workers_claim_is_refused(house: House, full: bool) -> None:
    """Frozen with a batch that it has fetched; another takes its partitions over and decides the same records."""
    alone = "engine", "worker", "--no-relay"
    relay, frozen, other = house.start("engine", "relay"), house.start(*alone), house.start(*alone)
    for freeze in range(3 if full else 1):
        await eventually(partial(_both, house), 60.0)
        await house.produce(year(500, 40 + freeze))
        await house.quiet()
        refused = house.said(frozen).count(REFUSED)
        async with claims_stopped(house):
            await house.produce(year(500, 50 + freeze))
            await eventually(partial(_holding, house, frozen), 60.0)
            frozen.send_signal(signal.SIGSTOP)
        await house.quiet()
        frozen.send_signal(signal.SIGCONT)
        await eventually(partial(_refused_again, house, frozen, refused), 30.0, partial(house.said, frozen))
        await house.produce(year(500, 60 + freeze))
        await house.quiet()
        await house.judge()
    for one in (other, frozen, relay):
        await house.stop(one)


async def _both(house: House) -> bool:
    return await house.members() == 2


async def _holding(house: House, worker: Worker) -> bool:
    ports = {one.laddr.port for one in psutil.Process(worker.pid).net_connections()}
    return any(row["client_port"] in ports for row in await house.run(CLAIMS_WAITING))


async def _refused_again(house: House, worker: Worker, before: int) -> bool:
    return house.said(worker).count(REFUSED) > before


async def test_another_publishes_for_a_frozen_relay_which_ends_when_it_thaws(house: House) -> None:
    """A frozen process still answers the network; its leases end with its silence."""
    frozen = house.start()
    await house.produce(year(500, 70))
    await house.quiet()
    frozen.send_signal(signal.SIGSTOP)
    other = house.start()
    await house.produce(year(500, 71))
    await house.quiet()
    frozen.send_signal(signal.SIGCONT)
    assert await house.ended(frozen) == Exit.LEASE_LOST
    await house.produce(year(500, 72))
    await house.quiet()
    await house.judge()
    await house.stop(other)
