"""Workers killed, stopped, joining and leaving while events flow: nothing is lost, nothing counts twice."""

import asyncio
import random
import time
from functools import partial

from tests.chaos.house import House, Worker, chosen, eventually
from tests.chaos.traffic import year

AGAIN_S = 5.0
TAKEOVER_S = 6 + 3.0
LAG_S = 30.0


async def test_killed_workers_lose_nothing_and_count_nothing_twice(house: House, full: bool) -> None:
    """Two workers; a random one is killed at a random moment and started again, many times."""
    kills, count = (12, 120_000) if full else (3, 30_000)
    draw = random.Random(9)
    running = [house.start(), house.start()]
    spread_s = kills * (4.0 if full else 2.5)
    flowing = asyncio.create_task(house.produce(year(count, 1), seconds=spread_s))
    pauses: list[float] = []
    await eventually(house.decided, 30.0)
    while len(pauses) < kills:
        await asyncio.sleep(draw.uniform(0.2, 1.5))
        victim = chosen(running, draw)
        await house.kill(victim)
        before, began = await house.decided(), time.monotonic()
        running[running.index(victim)] = house.start()
        await eventually(partial(_beyond, house, before, flowing), 60.0)
        pauses.append(time.monotonic() - began)
    await flowing
    began = time.monotonic()
    await house.quiet()
    lag_s = time.monotonic() - began
    verdict = await house.judge()
    shown = " ".join(f"{pause:.1f}" for pause in pauses)
    print(
        f"\n{kills} kills, {count} events; commits again after {shown} s; lag gone in {lag_s:.1f} s; {verdict.counts}"
    )
    if full:
        assert max(pauses) <= AGAIN_S
        assert lag_s <= LAG_S


async def _beyond(house: House, before: int, flowing: "asyncio.Task[None]") -> bool:
    return await house.decided() > before or flowing.done()


async def test_a_killed_worker_in_its_slot_and_one_that_never_comes_back(house: House, full: bool) -> None:
    """One worker alone, restarted at once; then with a second one, not restarted: the second takes over."""
    first = house.start()
    flowing = asyncio.create_task(house.produce(year(8_000, 2), seconds=26.0 if full else 18.0))
    await eventually(house.decided, 30.0)
    await house.kill(first)
    began, before = time.monotonic(), await house.decided()
    house.start()
    await eventually(partial(_beyond, house, before, flowing), 60.0)
    again_s = time.monotonic() - began
    second = house.start()
    await eventually(partial(_together, house), 30.0)
    await house.kill(second)
    began, stood = time.monotonic(), await house.positions()
    await house.produce(year(400, 3))
    await eventually(partial(_all_moved, house, stood), 60.0)
    takeover_s = time.monotonic() - began
    await flowing
    await house.quiet()
    await house.judge()
    print(f"\nrestarted: commits again after {again_s:.1f} s; not restarted: taken over in {takeover_s:.1f} s")
    if full:
        assert again_s <= AGAIN_S
        assert takeover_s <= TAKEOVER_S


async def _holding(house: House, worker: Worker) -> bool:
    return "health and metrics on port" in house.said(worker)


async def _together(house: House) -> bool:
    return await house.members() == 2


async def _all_moved(house: House, before: dict[int, int]) -> bool:
    now = await house.positions()
    return all(now[number] > at for number, at in before.items())


async def test_workers_join_and_leave_and_are_restarted_in_turn(house: House, full: bool) -> None:
    """Rolling restarts by SIGTERM with a second worker that comes and goes; each stop within ten seconds."""
    rounds, count = (6, 60_000) if full else (1, 8_000)
    steady = house.start()
    flowing = asyncio.create_task(house.produce(year(count, 4), seconds=rounds * 6.0))
    await eventually(house.decided, 30.0)
    stops: list[float] = []
    for _ in range(rounds):
        guest = house.start("engine", "worker", "--leave")
        await eventually(partial(_holding, house, guest), 30.0)
        stops.append(await house.stop(steady))
        steady = house.start()
        await eventually(partial(_holding, house, steady), 30.0)
        stops.append(await house.stop(guest))
    await flowing
    await house.quiet()
    await house.judge()
    print(f"\n{len(stops)} stops: {' '.join(f'{stop:.1f}' for stop in stops)} s")
    assert max(stops) <= 10.0
