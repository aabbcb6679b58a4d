"""The worker's process: leases a slot, runs the Faust app, and ends in time.

Stopping (SIGTERM, SIGINT): what waits is dropped, the batch in flight is committed, Kafka is told, the slot is given
back, all within `STOP_S`. Every other end is `exits.end_process`, after which a supervisor starts a new worker.
"""

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import uvloop
from aiokafka.errors import KafkaError

from engine.garbage import collect_seldom
from engine.metrics import Meters
from engine.settings import Settings
from engine.stream import slots, topics
from engine.stream.agents import Hands
from engine.stream.app import App, build
from engine.stream.ending import ended
from engine.stream.exits import Exit, end_process
from engine.stream.health import Health
from engine.stream.lease import Lease
from engine.stream.ports import Handle, LaneStore, Outbox
from engine.stream.relay import Relay
from engine.stream.repeats import hush
from engine.stream.strands import Strands
from engine.stream.watch import Watch

log = logging.getLogger(__name__)

STOP_S = 9.5
BROKERS_PAUSE_S = 1.0


@dataclass(frozen=True)
class Parts:
    """What a worker is made of beside the stream."""

    handle: Handle
    lanes: LaneStore
    outbox: Outbox | None
    """None where the relay runs elsewhere."""
    outages: tuple[type[BaseException], ...]
    inputs: Sequence[str]
    """Names of the topics that are consumed, in full."""


Opened = Callable[[Meters], AbstractAsyncContextManager[Parts]]
"""Opens the worker's parts in its event loop, waiting for PostgreSQL if need be, and closes them."""


def run(settings: Settings, opened: Opened, *, leave: bool = False) -> None:
    """Runs a worker until SIGTERM or SIGINT. `leave`: its partitions go to others at once, for a scale-down."""
    hush()
    uvloop.run(_work(settings, opened, leave=leave))


def run_relay(settings: Settings, opened: Opened) -> None:
    """Runs the relay alone until SIGTERM or SIGINT."""
    hush()
    uvloop.run(_relay_alone(settings, opened))


class Worker:
    """One worker, from its lease to its end."""

    def __init__(self, settings: Settings, parts: Parts, meters: Meters, lease: Lease) -> None:
        """Makes the app; nothing runs yet."""
        self.settings = settings
        self.parts = parts
        self.lease = lease
        self.strands = Strands(settings, parts.lanes, meters, parts.outages)
        self.hands = Hands(self.strands, parts.handle)
        self.watch = Watch(self.hands)
        self.app: App = build(self.strands, parts.inputs, instance_id=slots.instance_id(settings, lease.number))
        self.ended = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def dead(self) -> str | None:
        """Why the process should be replaced, if it should."""
        return self.watch.stalled(time.monotonic())

    async def run_until(self, stopping: asyncio.Event) -> None:
        """Works until told to stop; the process ends if anything but a stop ends it."""
        for strand in self.strands.all:
            self._begin(self.hands.work(strand))
        self._begin(self.lease.keep())
        await brokers_agree(self.settings, self.parts.inputs, stopping)
        if stopping.is_set():
            return
        self._begin(self.app.run())
        self._begin(self.app.keep_reconciling())
        self._begin(self.watch.probe_for_ever(self.app))
        if self.parts.outbox is not None:
            self._begin(Relay(self.settings, self.parts.outbox, self.strands.meters, self.parts.outages).run())
        self.watch.start()
        collect_seldom()
        await stopping.wait()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        task.add_done_callback(self._done)
        self._tasks.append(task)

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and not self.ended.is_set():
            error = task.exception()
            log.critical("a part of the worker ended", exc_info=error)
            end_process(Exit.DEFECT, repr(error) if error else f"{task} ended by itself")

    async def stop(self, *, leave: bool) -> None:
        """Commits what is in flight, tells Kafka, gives the slot back."""
        self.ended.set()
        self.watch.stop()
        await self.app.stop()
        await ended(*self._tasks)
        if leave:
            await self._leave()
        await self.lease.release()

    async def _leave(self) -> None:
        try:
            if await slots.remove_member(self.settings, self.lease.number):
                log.info("worker slot %d left the group", self.lease.number)
        except (KafkaError, OSError) as failure:
            log.warning("Kafka keeps our member until its session ends: %r", failure)


class Beginning:
    """What a process answers about itself, from before it has a slot."""

    worker: Worker | None = None

    def dead(self) -> str | None:
        """Nothing, before there is a worker: waiting for PostgreSQL or as a standby is lawful."""
        return None if self.worker is None else self.worker.dead()

    def unready(self) -> str | None:
        """That it waits, before there is a worker."""
        return "waiting for a slot" if self.worker is None else self.worker.app.unready()


async def _work(settings: Settings, opened: Opened, *, leave: bool) -> None:
    stopping = stopped()
    meters = Meters()
    beginning = Beginning()
    health = Health(meters.registry, dead=beginning.dead, unready=beginning.unready)
    log.info("health and metrics on port %d", await health.start(settings.http_host, settings.http_port))
    lease = await unless(stopping, slots.leased(settings))
    if lease is not None:
        async with opened(meters) as parts:
            beginning.worker = Worker(settings, parts, meters, lease)
            await beginning.worker.run_until(stopping)
            await beginning.worker.stop(leave=leave)
    await health.stop()
    log.info("stopped")


async def _relay_alone(settings: Settings, opened: Opened) -> None:
    stopping = stopped()
    meters = Meters()
    health = Health(meters.registry, dead=lambda: None, unready=lambda: None)
    await health.start(settings.http_host, settings.http_port)
    async with opened(meters) as parts:
        if parts.outbox is None:
            raise ValueError("the relay needs an outbox")
        await unless(stopping, Relay(settings, parts.outbox, meters, parts.outages).run())
    await health.stop()


async def unless(stopping: asyncio.Event, work: Coroutine[Any, Any, Any]) -> Any:
    """What the work answers, or None if told to stop before."""
    task, stop = asyncio.ensure_future(work), asyncio.ensure_future(stopping.wait())
    await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if not task.done():
        await ended(task)
        return None
    return task.result()


async def brokers_agree(settings: Settings, inputs: Sequence[str], stopping: asyncio.Event) -> None:
    """Waits for the brokers and compares the input topics with the settings; `TopicError` if they differ."""
    wanted = [one._replace(configs={}) for one in topics.specs(settings) if one.name in inputs]
    while not stopping.is_set():
        try:
            await topics.verify(settings, wanted)
        except (KafkaError, OSError) as failure:
            log.warning("the brokers do not answer: %r", failure)
            await asyncio.sleep(BROKERS_PAUSE_S)
        else:
            return


def stopped() -> asyncio.Event:
    """What is set by SIGTERM or SIGINT; a process that has not ended `STOP_S` after is ended."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if stopping.is_set():
            return
        log.info("told to stop")
        stopping.set()
        overdue = threading.Timer(STOP_S, end_process, (Exit.STOP_OVERDUE, f"not stopped within {STOP_S} s"))
        overdue.daemon = True
        overdue.start()

    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stop)
    return stopping
