"""How slices wait: in order, bounded, and never from before a seek."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from engine.batch import Lane, Record, Slice
from engine.metrics import Meters
from engine.settings import Settings
from engine.stream.agents import _halves
from engine.stream.strands import BATCHES_WAITING, WAITING_BYTES_MAX, Strand, Strands, joined
from tests.engine.stream.ledger import OUTAGES, Ledger

A, B, C = (Lane("events", partition, 1) for partition in range(3))


@dataclass
class Parcel:
    """A slice as the agent offers it."""

    value: Slice
    acked: list[bool] = field(default_factory=list)

    def ack(self) -> bool:
        """Notes it."""
        self.acked.append(True)
        return True


def parcel(lane: Lane, asked: int, after: int) -> Parcel:
    """A slice of records at every offset from `asked` on."""
    return Parcel(Slice(lane, asked, after, [Record(at, 0, None, b"%d" % at, ()) for at in range(asked, after)]))


@pytest.fixture
async def strands(settings: Callable[..., Settings], empty_database: str) -> Strands:
    """Two strands, batches of ten; lane A begun at 100."""
    async with Ledger.opened(empty_database) as ledger:
        made = Strands(settings(worker_strands=2, batch_events_max=10), ledger, Meters(CollectorRegistry()), OUTAGES)
    made.begin(A, 100)
    return made


async def test_a_batch_takes_all_slices_waiting_up_to_its_size() -> None:
    strand = Strand()
    for one in (parcel(A, 0, 4), parcel(C, 0, 4), parcel(A, 4, 6), parcel(A, 6, 7)):
        strand.put(one)
    taken = await strand.take(10)
    assert [(one.lane, one.asked, one.next, len(one.records)) for one in joined(taken)] == [(A, 0, 6, 6), (C, 0, 4, 4)]
    assert strand.size.events == 1
    assert not strand.idle.is_set()


async def test_a_slice_larger_than_a_batch_is_taken_alone() -> None:
    strand = Strand()
    strand.put(parcel(A, 0, 50))
    strand.put(parcel(A, 50, 51))
    assert len(await strand.take(10)) == 1


async def test_what_waits_is_bounded_in_bytes_too(strands: Strands) -> None:
    large = [Record(100, 0, None, b"x" * (WAITING_BYTES_MAX - 10), ()), Record(101, 0, None, None, ())]
    strands.offer(Parcel(Slice(A, 100, 102, large)))
    assert strands.has_room(A)
    strands.offer(parcel(A, 102, 107))
    assert strands.of(A).size == (7, WAITING_BYTES_MAX + 5)
    assert not strands.has_room(A)
    assert len(await strands.of(A).take(10)) == 1, "a batch is bounded as well"
    assert strands.of(A).size == (5, 15)
    assert strands.has_room(A)


async def test_slices_from_before_a_seek_are_dropped(strands: Strands) -> None:
    strands.offer(parcel(A, 90, 100))
    strands.offer(parcel(A, 105, 110))
    assert strands.of(A).size.events == 0
    assert strands.wants_seek(A), "a gap wants a seek"
    strands.offer(parcel(A, 100, 103))
    assert strands.of(A).size.events == 3
    assert not strands.wants_seek(A)
    strands.begin(A, 50)
    strands.offer(parcel(A, 103, 105))
    assert strands.of(A).size.events == 0


async def test_a_lane_is_fetched_only_while_begun_not_paused_and_with_room(strands: Strands) -> None:
    assert strands.has_room(A)
    assert not strands.has_room(B)
    assert strands.wants_seek(B)
    strands.offer(parcel(A, 100, 100 + 10 * BATCHES_WAITING))
    assert not strands.has_room(A)
    strands.pause({A})
    assert strands.of(A).size.events == 0, "what waits of a paused lane is dropped"
    assert not strands.wants_seek(A)
    strands.resume({A})
    assert strands.wants_seek(A)


async def test_settling_drops_what_waits_and_awaits_what_is_being_handled(strands: Strands) -> None:
    strands.offer(parcel(A, 100, 105))
    await strands.of(A).take(3)
    strands.offer(parcel(A, 105, 106))
    settling = asyncio.ensure_future(strands.settle())
    await asyncio.sleep(0.05)
    assert not settling.done()
    strands.of(A).idle.set()
    await settling
    assert strands.of(A).size.events == 0
    assert strands.wants_seek(A)


@given(st.lists(st.integers(min_value=0, max_value=50), min_size=2, unique=True).map(sorted), st.integers(0, 5))
def test_halves_join_to_the_whole(offsets: list[int], beyond: int) -> None:
    records = [Record(at, 0, None, b"", ()) for at in offsets]
    whole = Slice(A, 0, offsets[-1] + 1 + beyond, records)
    one, two = _halves(whole)
    assert (one.asked, one.next, two.next) == (whole.asked, two.asked, whole.next)
    assert [*one.records, *two.records] == records
    assert one.records
    assert two.records
    assert all(record.offset < one.next for record in one.records)
    assert all(record.offset >= two.asked for record in two.records)


async def test_the_partitions_that_a_worker_is_dealt_are_dealt_to_its_strands_alike(strands: Strands) -> None:
    """Two workers of four partitions have every other one: 0 and 2, or 1 and 3."""
    strands.begin(C, 0)
    assert strands.of(A) is not strands.of(C)
    strands.begin(A, 200)
    assert strands.of(A) is strands.all[0], "a lane that begins again stays where it was"
