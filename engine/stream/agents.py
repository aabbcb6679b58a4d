"""The one shape of agent: take without acknowledging, hand on, acknowledge after the commit.

Faust acknowledges an event even when the agent's body raised, so the body does nothing that can: it puts slices on
strands. What then goes wrong is one of four kinds: a refusal and an unusable event are `handle`'s affair; an outage is
retried for ever; anything else is a defect, which is brought down to the one record that causes it, recorded, and ends
the process with nothing of it acknowledged. At a position that fails again and again the lane is paused instead, and
the others go on.
"""

import logging
import time
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, NoReturn

from engine.batch import Lane, Slice
from engine.stream.exits import Exit, end_process
from engine.stream.outages import Outages
from engine.stream.ports import Handle, Outcome, TooManyUnusable
from engine.stream.strands import Delivery, Strand, Strands, joined

log = logging.getLogger(__name__)


class Guilt(NamedTuple):
    """The shortest slice that cannot be handled, usually of one record, and why."""

    slice: Slice
    error: Exception


def agent(strands: Strands) -> Callable[[Any], Awaitable[None]]:
    """The body of an agent that puts every slice of its stream on a strand."""

    async def hand_on(stream: Any) -> None:
        # The loop is never left: Faust would switch acknowledging back on.
        async for event in stream.noack().events():
            strands.offer(event)

    return hand_on


class Hands:
    """Takes batches from strands and has them handled."""

    def __init__(self, strands: Strands, handle: Handle) -> None:
        """`handle` decides and commits."""
        self.strands = strands
        self.handle = handle
        self.committed_at = time.monotonic()
        """When a batch was last committed, by the monotonic clock; `engine.stream.watch` reads it."""
        self.outages = Outages("database", strands.outages, strands.settings, strands.meters)

    async def work(self, strand: Strand) -> None:
        """Handles what comes on one strand, for ever."""
        while True:
            deliveries = await strand.take(self.strands.settings.batch_events_max)
            self.strands.made_room()
            try:
                await self._settle(deliveries)
            except Exception as error:  # noqa: BLE001  # the store itself failed in a way that is no outage
                _end(error)
            finally:
                strand.idle.set()

    async def _settle(self, deliveries: Sequence[Delivery]) -> None:
        slices = joined(deliveries)
        try:
            await self._commit(slices)
        except TooManyUnusable as stop:
            await self._pause(stop.lane, stop.position, str(stop))
            rest = [one for one in deliveries if one.value.lane != stop.lane]
            if rest:
                await self._settle(rest)
            return
        except Exception as error:  # noqa: BLE001  # whatever is no outage is a defect
            await self._single_out(slices, error)
        for delivery in deliveries:
            if delivery.value.lane not in self.strands.paused:
                delivery.ack()

    async def _commit(self, slices: Sequence[Slice]) -> None:
        began = time.monotonic()
        await self.outages.through(lambda: self.handle(slices, self._committed))
        self.strands.meters.batch_seconds.observe(time.monotonic() - began)
        self.strands.meters.batch_events.observe(sum(len(one.records) for one in slices))

    def _committed(self, outcome: Outcome) -> None:
        """After each transaction; the close of a day has many, and each is progress."""
        self.committed_at = time.monotonic()
        meters = self.strands.meters
        meters.events.inc(outcome.events)
        meters.members_closed.inc(outcome.closed)
        meters.postings.inc(outcome.postings)
        for reason, count in outcome.dead_letters.items():
            meters.dead_letters.labels(reason).inc(count)

    # Defects

    async def _single_out(self, slices: Sequence[Slice], error: Exception) -> None:
        """Handles each slice alone, so that those without guilt are committed; records the guilty and stops."""
        log.error("a batch of %d slices failed; trying each alone", len(slices), exc_info=error)
        self.strands.meters.defects.inc()
        guilty = [guilt for one in slices if (guilt := await self._guilt(one)) is not None]
        fatal = [guilt for guilt in guilty if not await self._paused(guilt)]
        if fatal:
            _end(fatal[0].error)

    async def _guilt(self, whole: Slice) -> Guilt | None:
        """Handles a slice piece by piece; answers the first piece that fails and cannot be halved."""
        pieces = deque([whole])
        while pieces:
            piece = pieces.popleft()
            try:
                await self._commit([piece])
            except Exception as error:  # noqa: BLE001  # the same, now alone
                if len(piece.records) <= 1 or isinstance(error, TooManyUnusable):
                    return Guilt(piece, error)
                pieces.extendleft(reversed(_halves(piece)))
        return None

    async def _paused(self, guilt: Guilt) -> bool:
        """Records the guilt; pauses the lane where it recurred too often, else answers False."""
        lane, position = guilt.slice.lane, guilt.slice.asked
        if isinstance(guilt.error, TooManyUnusable):
            await self._pause(lane, position, str(guilt.error))
            return True
        text = "".join(traceback.format_exception(guilt.error))
        recurred = await self.outages.through(lambda: self.strands.store.record_defect(lane, position, text))
        if recurred < self.strands.settings.defects_before_pause:
            return False
        await self._pause(lane, position, f"defect, {recurred + 1} times: {guilt.error!r}")
        return True

    async def _pause(self, lane: Lane, position: int, reason: str) -> None:
        await self.outages.through(lambda: self.strands.store.pause(lane, position, reason))
        self.strands.pause({lane})
        log.critical("paused %s/%d at %d: %s", lane.topic, lane.partition, position, reason)


def _end(error: Exception) -> NoReturn:
    log.critical("a defect stops the worker", exc_info=error)
    end_process(Exit.DEFECT, repr(error))


def _halves(whole: Slice) -> tuple[Slice, Slice]:
    middle = len(whole.records) // 2
    border = whole.records[middle].offset
    return (
        Slice(whole.lane, whole.asked, border, whole.records[:middle]),
        Slice(whole.lane, border, whole.next, whole.records[middle:]),
    )
