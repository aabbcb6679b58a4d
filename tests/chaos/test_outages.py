"""PostgreSQL and Kafka killed and started again under load: workers wait, go on by themselves, and lose nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial

from engine.embedded import Servers
from tests.chaos.house import House, eventually
from tests.chaos.traffic import Sent, year


async def test_postgresql_killed_under_load(mortal: Servers, mortal_house: House, full: bool) -> None:
    """The postmaster dies by kill -9 in the middle of batches, and comes back after a while."""
    rounds = 5 if full else 1
    await _under_load(mortal_house, rounds, partial(_again, mortal.postgres.kill, mortal.postgres.restart))


async def test_the_broker_killed_under_load(mortal: Servers, mortal_house: House, full: bool) -> None:
    """The broker dies by kill -9 while workers read, the relay publishes and a producer writes."""
    rounds = 3 if full else 1
    await _under_load(mortal_house, rounds, partial(_again, mortal.kafka.kill, mortal.kafka.restart))


async def _under_load(house: House, rounds: int, outage: Callable[[], Awaitable[None]]) -> None:
    worker = house.start()
    flowing = asyncio.create_task(house.produce(_traffic(rounds), seconds=rounds * 6.0))
    back_s: list[float] = []
    await eventually(house.decided, 30.0)
    for _ in range(rounds):
        await asyncio.sleep(1.0)
        await outage()
        began, before = time.monotonic(), await house.decided()
        await eventually(partial(_beyond, house, before, flowing), 60.0)
        back_s.append(time.monotonic() - began)
    await flowing
    await house.quiet()
    print(f"\n{rounds} outages; commits again after {' '.join(f'{one:.1f}' for one in back_s)} s")
    verdict = await house.judge()
    assert verdict.counts["records"] >= len(_traffic(rounds))
    assert max(back_s) <= 15.0
    assert worker.poll() is None, house.said(worker)
    await house.stop(worker)


def _traffic(rounds: int) -> list[Sent]:
    return year(rounds * 6_000, 21)


async def _again(kill: Callable[[], None], restart: Callable[[], None]) -> None:
    await asyncio.to_thread(kill)
    await asyncio.sleep(1.0)
    await asyncio.to_thread(restart)


async def _beyond(house: House, before: int, flowing: "asyncio.Task[None]") -> bool:
    return await house.decided() > before or flowing.done()
