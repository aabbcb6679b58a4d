"""Garbage among healthy events: all of it to the dead letters, none of it in the way; floods pause one lane alone."""

from itertools import islice

from engine.batch import Lane
from tests.chaos.expected import EXPECTED_REASON
from tests.chaos.house import PARTITIONS, House, eventually, partition_of
from tests.chaos.traffic import Sent, garbage, purchase, sent, year


async def test_garbage_goes_to_the_dead_letters_and_healthy_events_go_on(house: House, full: bool) -> None:
    """One record in a hundred is garbage, of every kind; some lie in a partition that is not theirs."""
    healthy = year(100_000 if full else 10_000, 11)
    bad = islice(garbage(12), len(healthy) // 100)
    mixed: list[Sent] = []
    for at, one in enumerate(healthy):
        mixed += [next(bad)] if at % 100 == 99 else []
        mixed.append(one)
    mixed += [_astray(number) for number in range(8)]
    worker = house.start()
    await house.produce(mixed)
    await house.quiet()
    verdict = await house.judge()
    assert verdict.counts["dead_letter"] == len(healthy) // 100 + 8
    reasons = await house.run("select reason, count(*) as n from dead_letter group by 1 order by 2 desc")
    print("\n", [tuple(row) for row in reasons])
    assert worker.poll() is None
    await house.stop(worker)


def _astray(number: int) -> Sent:
    """A healthy purchase that a producer put where its key does not belong."""
    good = sent(purchase(f"astray-{number}", f"m-{number:05}"))
    elsewhere = (partition_of(good.key) + 1) % PARTITIONS
    return Sent(good.key, good.value, ((EXPECTED_REASON, b"wrong-partition"),), elsewhere)


async def test_a_flood_pauses_its_lane_and_the_others_run_on_until_it_is_set_aside(house: House) -> None:
    """More unusable records in a row than are taken; resumed alone it pauses again, quarantined it passes."""
    house.given |= {"unusable_in_a_row_max": 50}
    flood = [Sent(b"corner/m", b"?", ((EXPECTED_REASON, b"quarantined"),), 2) for _ in range(80)]
    worker = house.start()
    await house.produce(flood)
    await eventually(lambda: house.run("select 1 from lane_pause where partition = 2"), 30.0)
    healthy = year(2_000, 13)
    await house.produce(healthy)
    await house.quiet(without=frozenset({2}))
    assert (await house.positions())[2] == 0
    lane = Lane(house.topic, 2, 1)
    await _quarantine(house, lane, range(80))
    await house.run("delete from lane_pause where partition = 2")
    await house.quiet()
    verdict = await house.judge()
    assert verdict.counts["dead_letter"] == 80
    assert await house.run("select 1 from lane_pause") == []
    await house.stop(worker)


async def test_one_record_can_be_set_aside(house: House) -> None:
    """A healthy event that an operator quarantined before it was read goes to the dead letters, and only that one."""
    good = sent(purchase("aside", "m-00007"))
    aside = Sent(good.key, good.value, ((EXPECTED_REASON, b"quarantined"),))
    number = partition_of(good.key)
    await _quarantine(house, Lane(house.topic, number, 1), [1])
    await house.produce([sent(purchase("before", "m-00007")), aside, sent(purchase("behind", "m-00007"))])
    worker = house.start()
    await house.quiet()
    verdict = await house.judge()
    assert (verdict.counts["dead_letter"], verdict.counts["seen"]) == (1, 2)
    await house.stop(worker)


async def _quarantine(house: House, lane: Lane, offsets: "range | list[int]") -> None:
    sql = 'insert into quarantine (topic, partition, generation, "offset") select $1, $2, $3, unnest($4::bigint[])'
    await house.run(sql, *lane, list(offsets))
