"""Which part of a batch is still to be done: nothing, the rest, or all; and what is a gap."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from engine.store.ledger import PositionGap
from engine.stream.ports import TooManyUnusable
from tests.chaos.traffic import Sent, purchase, sent
from tests.corner import corner_bank
from tests.engine.store.conftest import Desk

ONE, OTHER = sent(purchase("one", "m-00001")), sent(purchase("one", "m-00001", minor=7777))


async def test_a_slice_that_was_done_is_skipped(desk: Desk) -> None:
    slices = desk.slices([ONE])
    assert (await desk.handler(slices)).postings == 1
    assert (await desk.handler(slices)).postings == 0
    assert await desk.value("select count(*) from journal") == 1


async def test_a_slice_half_done_is_trimmed(desk: Desk) -> None:
    """Its rest begins where the ledger stands, and the chain goes on from there."""
    events = [sent(purchase(f"e-{n}", "m-00001")) for n in range(10)]
    [whole] = desk.slices(events)
    number = whole.lane.partition
    await desk.handler([desk.slice(number, 0, list(whole.records[:4]))])
    assert (await desk.handler([whole])).events == 6
    assert [tuple(r) for r in await desk.rows("select asked, next from journal order by asked")] == [(0, 4), (4, 10)]


async def test_a_slice_above_the_position_is_a_gap_and_writes_nothing(desk: Desk) -> None:
    [first] = desk.slices([ONE])
    beyond = desk.slice(first.lane.partition, 5, [first.records[0]._replace(offset=5)])
    with pytest.raises(PositionGap, match="stands at 0, the slice begins at 5"):
        await desk.handler([beyond])
    assert await desk.value("select count(*) from seen") == 0


async def test_a_lane_without_a_position_is_a_gap(desk: Desk) -> None:
    with pytest.raises(PositionGap, match="no position"):
        await desk.handler([desk.slice(77, 0, [])])


async def test_holes_are_passed(desk: Desk) -> None:
    """A slice may begin and end in a hole, and hold nothing at all."""
    [first] = desk.slices([ONE])
    number = first.lane.partition
    await desk.handler([desk.slice(number, 0, [], after=3)])
    await desk.handler([desk.slice(number, 3, [first.records[0]._replace(offset=7)], after=12)])
    assert await desk.value("select next from lane where topic = $1 and partition = $2", *first.lane[:2]) == 12
    assert await desk.value("select count(*) from posting") == 1


async def test_equal_events_in_one_batch_count_once(desk: Desk) -> None:
    done = await desk.handle(ONE, ONE, ONE)
    assert (done.events, done.postings, done.dead_letters) == (1, 1, {})


async def test_other_content_in_one_batch_is_a_conflict(desk: Desk) -> None:
    done = await desk.handle(ONE, OTHER, ONE, OTHER)
    assert (done.events, done.dead_letters) == (1, {"conflict": 2})
    assert (await desk.handle(OTHER)).dead_letters == {"conflict": 1}


async def test_one_id_for_two_members_is_a_conflict_across_lanes(desk: Desk) -> None:
    """Members of different partitions: in one batch the first counts."""
    two = [sent(purchase("same", f"m-{n:05}")) for n in range(8)]
    done = await desk.handle(*two)
    assert (done.events, done.dead_letters) == (1, {"conflict": 7})


async def test_two_workers_at_one_slice_decide_it_once(desk: Desk, some: Any) -> None:
    """As a frozen worker and its successor: whoever comes second finds the position moved."""
    slices = desk.slices(some(300))
    done = await asyncio.gather(*(desk.handler(slices) for _ in range(4)))
    assert sorted(one.events for one in done)[:3] == [0, 0, 0]
    assert await desk.value("select sum(events) from journal") == 300
    assert await desk.value("select count(*) from seen") == 300


async def test_a_flood_writes_nothing_and_says_where(desk: Desk) -> None:
    """It counts on over batches, and a usable record ends it."""
    bad = Sent(ONE.key, b"?")
    await desk.handle(*[bad] * 60)
    with pytest.raises(TooManyUnusable) as stopped:
        await desk.handle(*[bad] * 60)
    assert (stopped.value.position, stopped.value.count) == (60, 120)
    assert await desk.value("select count(*) from dead_letter") == 60


async def test_a_member_of_the_largest_numbers_is_kept(desk: Desk) -> None:
    """The largest amount that an event may tell, a hundred times."""
    await desk.handle(*(sent(purchase(f"big-{n}", "m-00001", minor=10**14, mcc="5812")) for n in range(100)))
    assert await desk.value("select available[1] from member") == 100 * 10**12 + 500


async def test_a_changed_registry_is_read_again(desk: Desk) -> None:
    """A source registered between two batches counts from the next on, without a restart."""
    stranger = sent(purchase("late", "m-00001") | {"source": "/banks/corner/late"})
    assert (await desk.handle(stranger)).dead_letters == {"unauthorised-source": 1}
    await desk.owner.execute("insert into source values ('/banks/corner/late', 'corner', '{card.purchased.v1}')")
    await desk.owner.execute("update registry set revision = revision + 1")
    assert (await desk.handle(stranger)).events == 1


class TestBudget:
    """A campaign of 1,000 points over four lanes."""

    @pytest.fixture
    def banks(self, tmp_path: Path) -> Path:
        return corner_bank(
            tmp_path,
            "program: campaign\nsemantics: 1\nversion: 2026-01-01\ntime_zone: UTC\ncurrency: CNY\n"
            "points: {reward: {spendable: true}}\nbudgets: {spring: {points: 1000}}\n"
            "earn:\n  - {id: spring, on: card.purchased, award: {points: 7, to: reward}, budget: spring}\n",
        )

    async def test_lanes_at_once_give_exactly_the_budget(self, desk: Desk) -> None:
        """Each lane its own transaction, all at once; the demand is twice the budget."""
        events = [sent(purchase(f"b-{n}", f"m-{n % 40:05}")) for n in range(300)]
        for at in range(0, 300, 60):
            await asyncio.gather(*(desk.handler([one]) for one in desk.slices(events[at : at + 60])))
        assert await desk.value("select sum(points) from posting") == 1000
        assert await desk.value("select leased from budget") == 1000
        assert await desk.value("select sum(room) from budget_lease") == 0
        cut = await desk.value("select count(*) from posting where capped_by = 'budget:spring'")
        assert cut == 300 - 1000 // 7

    async def test_a_budget_is_never_overdrawn(self, desk: Desk) -> None:
        with pytest.raises(asyncpg.CheckViolationError, match="budget_never_overdrawn"):
            await desk.owner.execute("update budget set leased = units + 1")

    async def test_a_lease_that_was_rolled_back_is_not_gone(self, desk: Desk) -> None:
        """The lease is part of the batch: a batch that fails gives it back."""
        [one] = desk.slices([sent(purchase("b-1", "m-00001"))])
        await desk.owner.execute("alter table outbox add constraint never check (message_count < 0) not valid")
        with pytest.raises(asyncpg.CheckViolationError):
            await desk.handler([one])
        assert await desk.value("select leased from budget") == 0
        await desk.owner.execute("alter table outbox drop constraint never")
        assert (await desk.handler([one])).postings == 1
