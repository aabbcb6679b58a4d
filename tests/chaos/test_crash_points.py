"""A worker dies between the steps of a batch; the next one goes on, and the judge finds nothing."""

from itertools import islice

from tests.chaos.house import House
from tests.chaos.traffic import garbage, year

DEATHS = {"begin", "claim", "dedupe", "load", "draw", "copy posting", "copy journal", "copy outbox", "commit"}


async def test_a_batch_is_whole_or_not_there_wherever_the_worker_dies(house: House, full: bool) -> None:
    """Deaths before each step in turn (the short form takes every third), of batches with something of every kind."""
    house.given |= {"worker_strands": 1, "worker_slots": 1, "batch_events_max": 400 if full else 60}
    await house.produce([*year(300, 31, members=20), *islice(garbage(32), 20), *year(3_000, 33, members=20)])
    dying = house.start("tests.chaos.crashing", "1" if full else "3")
    assert await house.ended(dying, 120.0) == 0, house.said(dying)
    died = [line for line in house.said(dying).splitlines() if line.startswith("died before")]
    last = house.start()
    await house.quiet()
    await house.stop(last)
    verdict = await house.judge()
    print(f"\n{len(died)} deaths: {'; '.join(died)}; {verdict.counts}")
    assert "died before commit" in died
    if full:
        assert {f"died before {step}" for step in DEATHS} <= set(died)
        assert died[-1] == "died before after the commit"
