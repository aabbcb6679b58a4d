"""The webhooks' loop: one a shard, by lease. It needs PostgreSQL alone, so merchants are told while Kafka is down.

At least once: a crash between a merchant's answer and its record sends the message again under the same `webhook-id`.
"""

import asyncio
import logging
import time
from collections import Counter

from engine.metrics import Meters
from engine.settings import Settings
from engine.store.connect import OUTAGES
from engine.stream.ending import ended
from engine.stream.lease import Lease
from engine.stream.outages import Outages
from engine.webhooks.queue import Queue
from engine.webhooks.sending import Message, Sender

log = logging.getLogger(__name__)

ROWS_MAX = 64
STANDING_S = 5.0
PRUNE_S = 3600.0
STOP_S = 5.0
MERCHANT_SHARE = 4
"""One merchant has at most one part in so many of what is under way at once, however many endpoints it has."""

Place = tuple[str, int, int]


class Dispatcher:
    """Spreads what is said to merchants over their endpoints, and sends it."""

    def __init__(self, settings: Settings, queue: Queue, sender: Sender, meters: Meters) -> None:
        self._settings = settings
        self._queue = queue
        self._sender = sender
        self._meters = meters
        self._outages = Outages("webhooks", OUTAGES, settings, meters)
        self._flying: dict[Place, asyncio.Task[None]] = {}
        self._whose: Counter[str] = Counter()
        self._landed: set[Place] = set()
        self._came_back = asyncio.Event()
        self._looked_at = self._pruned_at = -PRUNE_S

    async def run(self) -> None:
        """Waits for the lease and sends while it is held, for ever; nothing but a defect ends it."""
        lease = await Lease.wait_for(self._settings, f"points webhooks {self._settings.topic_prefix}")
        self._meters.webhooks_active.set(1)
        keeping = asyncio.ensure_future(lease.keep())
        try:
            while True:
                if not await self._outages.through(self._round):
                    await self._pause()
        finally:
            self._meters.webhooks_active.set(0)
            keeping.cancel()
            if self._flying:
                await asyncio.wait(self._flying.values(), timeout=STOP_S)
            await ended(*self._flying.values())
            await lease.release()

    async def _round(self) -> bool:
        """Spreads, and starts what is due and has room; whether there was anything to do."""
        spread = await self._queue.spread(ROWS_MAX)
        started = await self._start_due()
        await self._look_around()
        return bool(spread or started)

    async def _start_due(self) -> int:
        each_max = self._settings.webhook_sends_each
        # What lands from here on may still be due as the answer has it.
        self._landed.clear()
        # Twice as many, for what is under way is still due.
        due = await self._queue.due(2 * each_max)
        busy = Counter(endpoint_id for endpoint_id, *_ in self._flying)
        whose_max = max(1, self._settings.webhook_sends // MERCHANT_SHARE)
        started = 0
        for message in due:
            if len(self._flying) >= self._settings.webhook_sends:
                break
            known = message.place in self._flying or message.place in self._landed
            # One that fails is tried by one message at a time, so that many of them do not take all the room.
            if known or self._whose[message.whose] >= whose_max:
                continue
            if busy[message.endpoint_id] < (1 if message.failing else each_max):
                busy[message.endpoint_id] += 1
                started += 1
                self._start(message)
        return started

    def _start(self, message: Message) -> None:
        task = asyncio.ensure_future(self._tell(message))
        self._flying[message.place] = task
        self._whose[message.whose] += 1
        task.add_done_callback(lambda done: self._land(message, done))

    def _land(self, message: Message, done: "asyncio.Task[None]") -> None:
        self._flying.pop(message.place, None)
        self._whose -= Counter({message.whose: 1})
        self._landed.add(message.place)
        self._came_back.set()
        if not done.cancelled() and (error := done.exception()) is not None:
            # It stays due and is sent again; what its answer was is not known.
            log.error("a webhook to %s could not be settled", message.endpoint_id, exc_info=error)

    async def _tell(self, message: Message) -> None:
        answer = await self._sender.send(message)
        (self._meters.webhooks_taken if answer.taken else self._meters.webhooks_refused).inc()
        because = await self._outages.through(lambda: self._queue.settle(message, answer))
        if because is not None:
            log.error("the endpoint %s is paused: %s; `points webhooks resume` when it is well", message[0], because)

    async def _pause(self) -> None:
        """Until something came back, or it is time to look again."""
        self._came_back.clear()
        try:
            await asyncio.wait_for(self._came_back.wait(), self._settings.webhook_poll_ms / 1000)
        except TimeoutError:
            return

    async def _look_around(self) -> None:
        now = time.monotonic()
        if now - self._looked_at >= STANDING_S:
            self._looked_at = now
            standing = await self._queue.standing()
            self._meters.webhooks_overdue_seconds.set(standing.overdue_s)
            self._meters.webhooks_paused.set(standing.paused)
        if now - self._pruned_at >= PRUNE_S:
            self._pruned_at = now
            await self._queue.prune(self._settings.webhook_kept_days)
