"""The watch on progress: measures lag apart from the consumer, and ends a process that stays up but does nothing.

A consumer can die slowly after its coordinator is lost, with the process still there (Faust's issues 175, 523, 549,
640). So lag is not taken from it: a second, group-less client asks the brokers how far each partition goes, PostgreSQL
says how far it is decided, and a thread, which a blocked event loop does not stop, looks at what came of it.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Collection, Mapping
from typing import Protocol

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from engine.batch import Lane
from engine.stream.agents import Hands
from engine.stream.exits import Exit, end_process

log = logging.getLogger(__name__)

PROBE_S = 5.0
OF_KAFKA = "kafka"


class Held(Protocol):
    """What this worker holds."""

    def lanes(self) -> Collection[Lane]:
        """The lanes assigned to it."""

    @property
    def rebalancing_since(self) -> float | None:
        """Since when its group has been rebalancing, by the monotonic clock; None if it is not."""


class Watch:
    """What is known of progress: renewed by `probe` in the event loop, judged by a thread."""

    def __init__(self, hands: Hands) -> None:
        """Watches the batches of these hands."""
        self.hands = hands
        self.settings = hands.strands.settings
        self.meters = hands.strands.meters
        self.lag: dict[Lane, int] = {}
        self.brokers_answer = True
        self.rebalancing_since: float | None = None
        self.waiting_since: float | None = None
        """Since when records have waited without a commit, by the monotonic clock; None if none wait."""
        self.probed_at = time.monotonic()
        self._ended = threading.Event()

    def start(self) -> None:
        """Starts the thread that judges."""
        threading.Thread(target=self._judge, name="points-watch", daemon=True).start()

    def stop(self) -> None:
        """Ends the judging, for a planned stop."""
        self._ended.set()

    def stalled(self, now: float) -> str | None:
        """Why the process must count as dead at this instant of the monotonic clock, or None."""
        limit = self.settings.progress_timeout_s
        if now - self.probed_at > limit + 2 * PROBE_S:
            return f"the event loop has been blocked for {now - self.probed_at:.0f} s"
        if not self.brokers_answer or self.hands.outages.now:
            return None
        if self.rebalancing_since is not None and now - self.rebalancing_since > limit:
            return f"a rebalance has lasted {now - self.rebalancing_since:.0f} s though the brokers answer"
        if self.waiting_since is None:
            return None
        idle = now - max(self.waiting_since, self.hands.committed_at)
        if idle > limit:
            return f"{sum(self.lag.values())} records wait and nothing was committed for {idle:.0f} s"
        return None

    def _judge(self) -> None:
        while not self._ended.wait(1.0):
            why = self.stalled(time.monotonic())
            if why is not None and not self._ended.is_set():
                end_process(Exit.STALLED, why)

    async def probe_for_ever(self, held: Held) -> None:
        """Measures every `PROBE_S`; a broker that does not answer is an outage and is asked again."""
        while True:
            client = AIOKafkaConsumer(**self.settings.kafka_client, isolation_level="read_committed")
            try:
                await client.start()
                while True:
                    await self.probe(client, held)
                    await asyncio.sleep(PROBE_S)
            except (KafkaError, OSError) as failure:
                log.warning("the brokers do not answer: %r", failure)
                self._brokers(answer=False)
            finally:
                await client.stop()
            await asyncio.sleep(PROBE_S)

    async def probe(self, client: AIOKafkaConsumer, held: Held) -> None:
        """Measures once."""
        self.rebalancing_since = held.rebalancing_since
        lanes = {TopicPartition(lane.topic, lane.partition): lane for lane in held.lanes()}
        ends = (
            await asyncio.wait_for(client.end_offsets(list(lanes)), self.settings.progress_timeout_s) if lanes else {}
        )
        self._brokers(answer=True)
        try:
            stored = await self.hands.strands.store.positions(list(lanes.values()))
        except self.hands.strands.outages:
            self.waiting_since = None
            return
        self._note({lane: max(0, ends[at] - stored.get(lane, 0)) for at, lane in lanes.items()})

    def _note(self, lag: Mapping[Lane, int]) -> None:
        for lane in self.lag.keys() - lag.keys():
            self.meters.lag_records.remove(lane.topic, str(lane.partition))
        for lane, records in lag.items():
            self.meters.lag_records.labels(lane.topic, str(lane.partition)).set(records)
        self.lag = dict(lag)
        waits = any(records for lane, records in lag.items() if lane not in self.hands.strands.paused)
        now = self.probed_at
        self.waiting_since = (self.waiting_since or now) if waits else None

    def _brokers(self, *, answer: bool) -> None:
        now = time.monotonic()
        if not (answer and self.brokers_answer):
            self.meters.outage_seconds.labels(OF_KAFKA).inc(now - self.probed_at)
            self.waiting_since = self.rebalancing_since = None
        self.meters.outage.labels(OF_KAFKA).set(not answer)
        self.brokers_answer, self.probed_at = answer, now
