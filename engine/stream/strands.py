"""Where slices wait and are handled: a strand takes all slices waiting of its partitions into one transaction.

A partition belongs to one strand as long as the worker has it, so its slices are handled in order. A strand's queue is
bounded by not fetching for it, so memory is. The strands also know how each lane stands: begun at a position, paused,
or neither.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from engine.batch import Lane, Slice

if TYPE_CHECKING:
    from engine.metrics import Meters
    from engine.settings import Settings
    from engine.stream.ports import LaneStore

log = logging.getLogger(__name__)

BATCHES_WAITING = 2
"""Batches that may wait behind the one being handled before no more is fetched; measured as the fastest."""
WAITING_BYTES_MAX = 64 << 20
"""Bytes of values that may wait on a strand before no more is fetched, and the most that one batch takes."""
SETTLE_S = 7.0
"""Longest wait for the batches in flight before partitions go or the process stops."""


class Size(NamedTuple):
    """How much waits: records, and bytes of their values."""

    events: int
    octets: int

    def plus(self, other: "Size") -> "Size":
        """Both together."""
        return Size(self.events + other.events, self.octets + other.octets)

    def within(self, events_max: int) -> bool:
        """Whether it is not more than one batch."""
        return self.events <= events_max and self.octets <= WAITING_BYTES_MAX


def size_of(one: Slice) -> Size:
    """How much a slice is."""
    return Size(len(one.records), sum([len(record.value) for record in one.records if record.value is not None]))


class Delivery(Protocol):
    """A slice as Faust hands it over: its event."""

    value: Slice

    def ack(self) -> bool:
        """Acknowledges the slice, once it is committed."""


class Strand:
    """Slices waiting for one task, in the order in which they came."""

    def __init__(self) -> None:
        """An empty strand."""
        self.waiting: deque[tuple[Delivery, Size]] = deque()
        self.size = Size(0, 0)
        self.arrived = asyncio.Event()
        self.idle = asyncio.Event()
        self.idle.set()

    def put(self, delivery: Delivery) -> None:
        """Puts a slice behind the others."""
        size = size_of(delivery.value)
        self.waiting.append((delivery, size))
        self.size = self.size.plus(size)
        self.arrived.set()

    async def take(self, events_max: int) -> list[Delivery]:
        """All slices waiting up to so many events, at least one; waits for one. The strand is not idle then."""
        while not self.waiting:
            self.arrived.clear()
            await self.arrived.wait()
        self.idle.clear()
        first, size = self.waiting.popleft()
        taken = [first]
        while self.waiting and size.plus(self.waiting[0][1]).within(events_max):
            delivery, more = self.waiting.popleft()
            taken.append(delivery)
            size = size.plus(more)
        self.size = Size(self.size.events - size.events, self.size.octets - size.octets)
        return taken

    def drop(self, lanes: Iterable[Lane] | None = None) -> None:
        """Drops what waits, of these lanes or of all; it is read again."""
        gone = None if lanes is None else set(lanes)
        kept = [] if gone is None else [one for one, _ in self.waiting if one.value.lane not in gone]
        self.waiting, self.size = deque(), Size(0, 0)
        for one in kept:
            self.put(one)


def joined(deliveries: Sequence[Delivery]) -> list[Slice]:
    """One slice a lane; slices of one lane follow each other without a gap and become one."""
    by_lane: dict[Lane, list[Slice]] = {}
    for delivery in deliveries:
        by_lane.setdefault(delivery.value.lane, []).append(delivery.value)
    return [_one(slices) for slices in by_lane.values()]


def _one(slices: Sequence[Slice]) -> Slice:
    if len(slices) == 1:
        return slices[0]
    records = [record for one in slices for record in one.records]
    return Slice(slices[0].lane, slices[0].asked, slices[-1].next, records)


@dataclass
class Strands:
    """The strands of one worker, and how its lanes stand. Used in the main event loop only."""

    settings: "Settings"
    store: "LaneStore"
    meters: "Meters"
    outages: tuple[type[BaseException], ...]
    """What counts as something outside failing; retried for ever. A timeout always does."""
    paused: set[Lane] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.outages = (TimeoutError, *self.outages)
        self.all = [Strand() for _ in range(self.settings.worker_strands)]
        self._strands: dict[Lane, Strand] = {}
        self._expected: dict[Lane, int] = {}
        self._astray: set[Lane] = set()
        self._room = asyncio.Event()

    def of(self, lane: Lane) -> Strand:
        """The strand that handles a lane: when it was first asked for, the one with the fewest lanes.

        By its partition's number a lane could not be dealt: workers are dealt every other one, all to one strand.
        """
        strand = self._strands.get(lane)
        if strand is None:
            held = list(self._strands.values())
            strand = self._strands[lane] = min(self.all, key=held.count)
        return strand

    # What is fetched

    def has_room(self, lane: Lane) -> bool:
        """Whether more of this lane may be fetched: it is begun, not paused, and its strand is not behind."""
        if lane not in self._expected or lane in self.paused:
            return False
        waiting = self.of(lane).size
        return waiting.events < BATCHES_WAITING * self.settings.batch_events_max and waiting.octets < WAITING_BYTES_MAX

    async def wait_for_room(self, timeout_s: float) -> None:
        """Waits until a strand took a batch or a lane was begun, at most so long."""
        self._room.clear()
        try:
            await asyncio.wait_for(self._room.wait(), timeout_s)
        except TimeoutError:
            return

    def made_room(self) -> None:
        """Wakes whoever waits for room."""
        self._room.set()

    def expects(self, one: Slice) -> bool:
        """Whether the slice continues its lane; one from before a seek does not."""
        return self._expected.get(one.lane) == one.asked

    def offer(self, delivery: Delivery) -> None:
        """Takes a slice in, or drops it if its lane is paused or stands elsewhere."""
        lane = delivery.value.lane
        if lane in self.paused:
            return
        if not self.expects(delivery.value):
            self._astray.add(lane)
            return
        self._astray.discard(lane)
        self._expected[lane] = delivery.value.next
        self.of(lane).put(delivery)

    # How the lanes stand

    def begin(self, lane: Lane, position: int) -> None:
        """From now on the lane is read from this position."""
        self.of(lane).drop((lane,))
        self._expected[lane] = position
        self._astray.discard(lane)
        self.made_room()

    def wants_seek(self, lane: Lane) -> bool:
        """Whether the lane should be read but has no position yet, or has lost its thread."""
        return lane not in self.paused and (lane not in self._expected or lane in self._astray)

    def pause(self, lanes: Iterable[Lane]) -> None:
        """Nothing more of these lanes is handled, nor what waits of them."""
        gone = set(lanes)
        self.paused |= gone
        self.forget(gone)

    def resume(self, lanes: Iterable[Lane]) -> None:
        """These lanes are no longer paused; they want a seek."""
        again = set(lanes)
        self.paused -= again
        self.forget(again)

    def forget(self, lanes: Iterable[Lane] | None = None) -> None:
        """These lanes, or all, have no position until they are begun again; what waits of them is dropped."""
        for strand in self.all:
            strand.drop(lanes)
        for lane in list(self._expected if lanes is None else lanes):
            self._expected.pop(lane, None)
            self._astray.discard(lane)
        if lanes is None:
            self._strands.clear()

    async def settle(self) -> None:
        """Drops what waits and waits for what is being handled, at most `SETTLE_S`."""
        self.forget()
        busy = [asyncio.ensure_future(strand.idle.wait()) for strand in self.all]
        _, late = await asyncio.wait(busy, timeout=SETTLE_S)
        for one in late:
            one.cancel()
        if late:
            log.warning(
                "%d batches are still being handled; whoever gets their partitions skips what they did", len(late)
            )
