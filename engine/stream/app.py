"""The Faust app of a worker: one agent over the input topics, and every setting that Faust's defaults get wrong."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, cast

import faust
from faust.exceptions import ConsumerNotStarted

from engine.batch import Lane
from engine.stream.agents import agent
from engine.stream.strands import Strands
from engine.stream.transport import Consumer

RECONCILE_S = 3.0
"""Seconds between two looks at which partitions are paused; as long may a resume take to be seen."""
SLICES_WAITING_MAX = 256


class App(faust.App):
    """Faust's app with the worker's strands, where the transport finds them."""

    strands: Strands
    rebalancing_since: float | None = None
    """Since when, by the monotonic clock; None when the partitions are dealt."""

    def _create_directories(self) -> None:
        """Nothing: Faust would make folders for tables, which we do not have, and the file system may be read-only."""

    def on_rebalance_start(self) -> None:
        """Called from the consumer's thread."""
        self.rebalancing_since = time.monotonic()
        super().on_rebalance_start()

    def on_rebalance_end(self) -> None:
        """The partitions are dealt, and each is read from its stored position."""
        super().on_rebalance_end()
        self.rebalancing_since = None
        self.strands.meters.rebalances.inc()

    async def run(self) -> None:
        """Runs until stopped; raises what it crashed with."""
        await self.start()
        await self.wait_until_stopped()
        if self.crashed:
            raise RuntimeError("Faust crashed") from self.crash_reason

    def lanes(self) -> list[Lane]:
        """The lanes assigned to this worker."""
        consumer = cast("Consumer", self.consumer)
        try:
            return [consumer.lane(one) for one in consumer.assignment()]
        except ConsumerNotStarted:
            return []

    def unready(self) -> str | None:
        """Why this worker does not work now, or None."""
        if not self.started or self.crashed:
            return "not running"
        if self.rebalancing_since is not None:
            return "rebalancing"
        return "PostgreSQL does not answer" if any(map(self.strands.wants_seek, self.lanes())) else None

    async def keep_reconciling(self) -> None:
        """Looks at PostgreSQL's pauses and positions every `RECONCILE_S`, for ever."""
        while True:
            await asyncio.sleep(RECONCILE_S)
            if self.rebalancing_since is not None:
                continue
            lanes = self.lanes()
            if lanes:
                await cast("Consumer", self.consumer).reconcile()
            self.strands.meters.partitions_assigned.set(len(lanes))
            self.strands.meters.partitions_paused.set(len(self.strands.paused.intersection(lanes)))


def build(strands: Strands, topics: Sequence[str], *, instance_id: str | None) -> App:
    """The app over these topics; `instance_id` makes the worker a static member of its group."""
    settings = strands.settings
    app = App(
        settings.group_id,
        broker=[f"points://{address}" for address in settings.kafka_bootstrap.split(",")],
        autodiscover=False,
        store="memory://",
        web_enabled=False,
        # Topics are made by `points init` with stated partitions; Faust's leader topic has no use here.
        topic_allow_declare=False,
        topic_disable_leader=True,
        # Bytes go through untouched: Faust acknowledges what it cannot decode before an agent sees it.
        key_serializer="raw",
        value_serializer="raw",
        stream_wait_empty=True,
        stream_buffer_maxsize=SLICES_WAITING_MAX,
        stream_recovery_delay=0.0,
        producer_threaded=False,
        consumer_group_instance_id=instance_id,
        broker_session_timeout=settings.session_timeout_s,
        broker_heartbeat_interval=settings.heartbeat_s,
        broker_rebalance_timeout=settings.rebalance_timeout_s,
        broker_request_timeout=max(40.0, settings.session_timeout_s + 1.0),
        broker_commit_interval=1.0,
        broker_max_poll_records=settings.batch_events_max,
        consumer_max_fetch_size=settings.fetch_bytes_max,
    )
    app.strands = strands
    topic: Any = app.topic(*topics, key_type=None, value_type=None, value_serializer="raw")
    # Concurrency stays 1: several actors of one agent share a queue and keep no order.
    app.agent(topic, name="events")(agent(strands))
    return app
