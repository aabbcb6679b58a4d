"""Garbage among healthy events: all of it to the dead letters, none of it in the way; floods pause one lane alone."""

import json
from collections.abc import Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from tests.chaos.expected import BANK, EXPECTED_REASON
from tests.chaos.house import BANKS, PARTITIONS, House, eventually, partition_of
from tests.chaos.lag import watched
from tests.chaos.traffic import MEMBERS, Sent, garbage, purchase, sent, year

LAG_S = 5.0
KIOSK = "/banks/corner/kiosk"
FLOODED = 2


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
    await eventually(partial(_joined, house), 30.0)
    async with watched(house) as waited_s:
        await house.produce(mixed, seconds=len(mixed) / 2_000)
        await house.quiet()
    verdict = await house.judge()
    assert verdict.counts["dead_letter"] == len(healthy) // 100 + 8
    reasons = await house.run("select reason, count(*) as n from dead_letter group by 1 order by 2 desc")
    print(f"\nlongest wait {max(waited_s.values()):.2f} s;", [tuple(row) for row in reasons])
    assert max(waited_s.values()) > 0.0
    if full:
        assert max(waited_s.values()) <= LAG_S
    assert worker.poll() is None
    await house.stop(worker)


def _astray(number: int) -> Sent:
    """A healthy purchase that a producer put where its key does not belong."""
    good = sent(purchase(f"astray-{number}", f"m-{number:05}"))
    elsewhere = (partition_of(good.key) + 1) % PARTITIONS
    return Sent(good.key, good.value, ((EXPECTED_REASON, b"wrong-partition"),), elsewhere)


async def _joined(house: House) -> bool:
    return await house.members() == 1


async def test_a_flood_pauses_its_lane_until_its_source_is_known_and_an_operator_resumes_it(
    house: House, tmp_path: Path, full: bool
) -> None:
    """More unusable records in a row than are taken, of a source that nobody registered; the others run on."""
    house.given |= {"unusable_in_a_row_max": 50}
    flood = [sent(purchase(f"kiosk-{n}", name) | {"source": KIOSK}) for n, name in enumerate(islice(_there(), 80))]
    worker = house.start()
    await eventually(partial(_joined, house), 30.0)
    async with watched(house) as waited_s:
        await house.produce(flood)
        first = await eventually(partial(_paused, house), 30.0)
        await house.produce(year(4_000, 13), seconds=3.0)
        await house.quiet(without=frozenset({FLOODED}))
    del waited_s[FLOODED]
    assert max(waited_s.values()) > 0.0
    if full:
        assert max(waited_s.values()) <= LAG_S
    assert (first["next"], first["paused_position"]) == (0, 0)
    assert "unusable events in a row" in first["paused_reason"]
    await house.points("partition", "resume", str(FLOODED))
    again = await eventually(partial(_paused, house), 30.0)
    assert again["paused_at"] > first["paused_at"], "resumed with nothing mended it pauses again"
    await house.points("init", "--banks", str(_with_kiosk(tmp_path)))
    assert "goes on" in await house.points("partition", "resume", str(FLOODED))
    await house.quiet()
    verdict = await house.judge()
    assert (verdict.counts["dead_letter"], verdict.counts["seen"]) == (0, 4_080)
    assert await _paused(house) is None
    assert worker.poll() is None
    await house.stop(worker)


def _there() -> Iterator[str]:
    """Members of the flooded partition, over and over."""
    names = (f"m-{number:05}" for number in range(MEMBERS))
    return cycle([name for name in names if partition_of(f"{BANK}/{name}".encode()) == FLOODED])


def _with_kiosk(folder: Path) -> Path:
    """The bank's file as its author mends it."""
    (folder / "program.yaml").write_bytes(BANKS.with_name("program.yaml").read_bytes())
    mended = folder / "banks.yaml"
    mended.write_text(f"{BANKS.read_text()}      {KIOSK}: all\n")
    return mended


async def _paused(house: House) -> Any:
    """The paused partition as an operator is shown it, if there is one."""
    rows = json.loads(await house.points("partition", "list", "--paused", "--json"))
    return next(iter(rows), None)


async def test_what_an_operator_sets_aside_goes_to_the_dead_letters_and_nothing_else(house: House) -> None:
    """A healthy event; and a flood that nothing mends, in a partition that has paused for it."""
    house.given |= {"unusable_in_a_row_max": 3}
    good = sent(purchase("aside", "m-00007"))
    number = partition_of(good.key)
    flooded = (number + 1) % PARTITIONS
    aside = Sent(good.key, good.value, ((EXPECTED_REASON, b"quarantined"),))
    flood = [Sent(good.key, b"?", ((EXPECTED_REASON, b"quarantined"),), flooded) for _ in range(20)]
    await house.produce([sent(purchase("before", "m-00007")), aside, sent(purchase("behind", "m-00007")), *flood])
    await house.points("partition", "quarantine", str(number), "1")
    worker = house.start()
    await eventually(partial(_paused, house), 30.0)
    await house.points("partition", "quarantine", str(flooded), "0", "19")
    await house.quiet()
    verdict = await house.judge()
    assert (verdict.counts["dead_letter"], verdict.counts["seen"]) == (21, 2)
    await house.stop(worker)
