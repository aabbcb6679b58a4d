"""Repeats, conflicts, aborted transactions and replays: the same ledger, by its hash."""

from tests.chaos.house import House
from tests.chaos.traffic import Sent, purchase, repeated, sent, year
from tests.checker import judged


async def test_events_delivered_many_times_and_replayed_give_the_same_ledger(house: House, full: bool) -> None:
    """Once; then all again from the first one; then each one to ten times more."""
    events = year(40_000 if full else 4_000, 6)
    worker = house.start()
    await house.produce(events)
    await house.quiet()
    once = await house.judge()
    await house.produce(events)
    await house.produce(repeated(events, 7, 10))
    await house.quiet()
    again = await house.judge()
    print(f"\n{len(events)} events, {again.counts['records']} records: {again.ledger_hash[:16]}")
    assert again.ledger_hash == once.ledger_hash
    assert again.counts["records"] > 5 * len(events)
    await house.stop(worker)


async def test_an_id_used_again_with_other_content_is_a_conflict_wherever_it_comes(house: House) -> None:
    """In the same batch, in a later one, and beside true repeats."""
    first, other = sent(purchase("one", "m-00001")), sent(purchase("one", "m-00001", minor=9999))
    await house.produce([first, other, first, other])
    worker = house.start()
    await house.quiet()
    await house.produce([other, first, sent(purchase("two", "m-00001"))])
    await house.quiet()
    verdict = await house.judge()
    assert verdict.counts["dead_letter"] == 3
    assert verdict.counts["seen"] == 2
    await house.stop(worker)


async def test_aborted_transactions_leave_holes_and_nothing_else(house: House, full: bool) -> None:
    """A transactional producer, every third transaction aborted, the last one too."""
    events = year(6_000 if full else 1_500, 8)
    size = 150
    parts: list[tuple[list[Sent], bool]] = []
    for at in range(0, len(events), size):
        parts.append((events[at : at + size], True))
        parts.append(([sent(purchase(f"never-{at}-{n}", f"m-{n:05}")) for n in range(20)], False))
    worker = house.start()
    await house.produce_in_transactions(parts)
    await house.quiet()
    verdict = await house.judge()
    assert verdict.counts["seen"] == len(events)
    await house.stop(worker)


async def test_the_ledgers_hash_sees_a_point_of_difference(house: House) -> None:
    """The hash that the replay is judged by changes with one column of one row."""
    worker = house.start()
    await house.produce(year(50, 9))
    await house.quiet()
    before = await house.judge()
    await house.stop(worker)
    await house.run("update member set score = score + 1")
    after = await judged(house.database_url, house.bootstrap, house.prefix)
    assert after.ledger_hash != before.ledger_hash
