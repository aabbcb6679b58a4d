"""A worker dies between every two steps of a batch; the next one goes on, and the judge finds nothing."""

from itertools import islice

from tests.chaos.crashing import DIED, PASSED
from tests.chaos.house import House, Worker
from tests.chaos.traffic import garbage, year

STEPS_MAX = 40


async def test_a_batch_is_whole_or_not_there_wherever_the_worker_dies(house: House, full: bool) -> None:
    """Deaths before each step in turn, several workers at once in the short form; each leaves events for the next."""
    house.given |= {"worker_lanes": 1, "worker_slots": 1}
    died: list[str] = []
    step = 1
    while step < STEPS_MAX and not (died and PASSED in died[-1]):
        bad = list(islice(garbage(step), 2))
        await house.produce([*year(120, 100 + step, members=20), *bad])
        died.append(await _death(house, house.start("tests.chaos.crashing", str(step))))
        step += 1 if full or step < 2 else 2
    last = house.start()
    await house.quiet()
    await house.stop(last)
    verdict = await house.judge()
    print(f"\n{len(died)} deaths: {'; '.join(died)}; {verdict.counts}")
    assert any("commit" in where for where in died)
    assert PASSED in died[-1]


async def _death(house: House, worker: Worker) -> str:
    assert await house.ended(worker, 40.0) == DIED, house.said(worker)
    return next(line for line in house.said(worker).splitlines() if line.startswith("died before"))
