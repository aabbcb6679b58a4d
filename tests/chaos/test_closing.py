"""Workers killed in the middle of a day's close: the next ones go on with the members that are left."""

import asyncio
import random
from functools import partial

from tests.chaos.house import House, chosen, eventually
from tests.chaos.traffic import year

DAYS = ("02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30", "10-31", "11-30")
"""What was earned in January expires at the close of the first of them, what in October at that of the last."""


async def test_workers_killed_in_mid_close_expire_each_lot_once(house: House, full: bool) -> None:
    """Two workers, a transaction a member or two; one is killed while members are left, and started again."""
    kills, days = (22, DAYS) if full else (3, DAYS[:3])
    house.given |= {"close_chunk": 1 if full else 2}
    draw = random.Random(12)
    await house.produce(year(6_000 if full else 2_500, 61))
    running = [house.start(), house.start()]
    await house.quiet()
    killed = 0
    for number, day in enumerate(f"2026-{one}" for one in days):
        await house.announce(day)
        while killed < kills * (number + 1) / len(days):
            await eventually(partial(_begun, house, day), 60.0, house.told)
            await asyncio.sleep(draw.uniform(0.0, 0.1))
            victim = chosen(running, draw)
            if not await house.closing(day):
                break
            await house.kill(victim)
            killed += await house.closing(day)
            running[running.index(victim)] = house.start()
        await eventually(partial(house.closed_through, day), 60.0, house.told)
    await house.quiet()
    verdict = await house.judge()
    print(f"\n{killed} kills in mid-close; {verdict.counts}")
    assert killed >= (20 if full else 1)


async def _begun(house: House, day: str) -> bool:
    return await house.closing(day) or await house.closed_through(day)
