"""The door: commands become events, are decided together in one transaction, and are answered when it is committed.

While one transaction runs, what comes meanwhile waits; then all that waits for lanes that are free is taken at once.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import asyncpg

from engine.api import landing
from engine.api.command import Answer, Command, Request
from engine.api.landing import Landed, Unanswered
from engine.api.problems import Problem
from engine.metrics import Meters
from engine.registry import RegistryMoved
from engine.settings import Settings
from engine.store import commands
from engine.store.commands import Places
from engine.store.connect import OUTAGES
from engine.store.ledger import Ledger

log = logging.getLogger(__name__)

TRIES: Final = 5
PAUSE_S_FIRST: Final = 0.02
AGAIN: Final = (*OUTAGES, asyncpg.UniqueViolationError)
"""What another try may mend. A key that is taken: a member or a request that appeared meanwhile."""


class Waiting:
    """A command that waits for its answer."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.lane = landing.lane_of(command.of_member)
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def tell(self, told: Answer | Problem) -> None:
        """Ends the waiting, unless whoever asked has gone."""
        if self.answer.done():
            return
        if isinstance(told, Answer):
            self.answer.set_result(told)
        else:
            self.answer.set_exception(told)


class Door:
    """Takes commands of one process. Several processes share the lanes by the locks of their rows."""

    def __init__(self, ledger: Ledger, settings: Settings, meters: Meters) -> None:
        self.ledger = ledger
        self.partitions = settings.partitions
        self.places = Places(settings.topic("api"), settings.topic("events"), settings.generation)
        self._settings = settings
        self._meters = meters
        self._waiting: list[Waiting] = []
        self._asked: set[bytes] = set()
        self._flying: set[int] = set()
        self._changed = asyncio.Event()
        self._strands: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Begins the lanes and what flies on them."""
        await commands.begin(self.ledger.pool, self.places)
        self._strands = [asyncio.create_task(self._fly_for_ever()) for _ in range(self._settings.api_transactions)]

    async def close(self) -> None:
        """Lets what flies land; what waits is answered that it was not done."""
        for one in self._waiting:
            one.tell(Problem("unavailable", "the server is stopping; ask again with the same Idempotency-Key"))
        self._waiting.clear()
        while self._flying:
            self._changed.clear()
            await self._changed.wait()
        for strand in self._strands:
            strand.cancel()
        await asyncio.gather(*self._strands, return_exceptions=True)

    async def ask(self, command: Command) -> Answer:
        """What is decided of the command, or was when it came before; Problem where nothing is known of it.

        Nothing is known: the same request is being decided now (409), or the answer does not come in time (503). Then
        the same request may be made again and finds out.
        """
        if command.key in self._asked:
            raise Problem("in-flight", "the same request is being decided; ask again in a second", retry_after_s=1)
        if len(self._waiting) >= self._settings.api_waiting_max:
            raise Problem("unavailable", "too much is asked at once; ask again in a second", retry_after_s=1)
        waiting = Waiting(command)
        self._asked.add(command.key)
        self._waiting.append(waiting)
        self._changed.set()
        try:
            async with asyncio.timeout(self._settings.api_timeout_s):
                return await waiting.answer
        except TimeoutError:
            raise Problem(
                "timed-out", "not decided in time, perhaps decided yet; ask again with the same key"
            ) from None
        finally:
            self._asked.discard(command.key)

    async def answered(self, bank: str, asked: Request) -> Answer | None:
        """What a request that came before was answered, whatever has become of what it is about; None of a new one.

        Problem where its key was another request's.
        """
        key = asked.key(bank)
        kept = await commands.recall(self.ledger.pool, [UUID(bytes=key)])
        if key not in kept:
            return None
        told = landing.replayed(kept[key], asked)
        if isinstance(told, Problem):
            raise told
        return told

    async def _fly_for_ever(self) -> None:
        while True:
            taken = self._taken()
            if not taken:
                self._changed.clear()
                await self._changed.wait()
                continue
            lanes = {one.lane for one in taken}
            self._flying |= lanes
            try:
                await self._fly(taken)
            finally:
                self._flying -= lanes
                self._changed.set()

    def _taken(self) -> list[Waiting]:
        """What waits for lanes that are free, as much as goes into one transaction; the rest keeps its order."""
        taken: list[Waiting] = []
        left: list[Waiting] = []
        for one in self._waiting:
            if one.answer.done():
                continue
            fits = one.lane not in self._flying and len(taken) < self._settings.api_batch_max
            (taken if fits else left).append(one)
        self._waiting = left
        return taken

    async def _fly(self, taken: Sequence[Waiting]) -> None:
        """Decides what was taken. Of several among which one meets a defect each is decided alone.

        So is each where a key stays taken try after try: it is one command's own, and the others are strangers to it.
        """
        try:
            landed = await self._through(taken)
        except OUTAGES as error:
            log.warning("nothing was decided of %d commands: %r", len(taken), error)
            self._tell(taken, Problem("unavailable", "the ledger does not answer; ask again with the same key"))
        except Exception as error:
            if len(taken) > 1:
                for one in taken:
                    await self._fly([one])
                return
            log.exception("a command could not be decided", extra={"request": taken[0].command.request.request_id})
            self._meters.defects.inc()
            taken[0].tell(Problem("defect", type(error).__name__))
        else:
            for one, told in zip(taken, landed, strict=True):
                if isinstance(told, Unanswered):
                    self._waiting.insert(0, one)
                else:
                    one.tell(told)

    async def _through(self, taken: Sequence[Waiting]) -> Sequence[Landed]:
        """Tries until it is committed; what was committed though the connection broke is a repeat the next time."""
        begun = time.monotonic()
        asked = [one.command for one in taken]
        pause_s = PAUSE_S_FIRST
        for tries_left in reversed(range(TRIES)):
            try:
                landed = await landing.land(self.ledger, self.places, self.partitions, asked)
            except RegistryMoved:
                await self.ledger.registries.read()
            except AGAIN:
                if not tries_left:
                    raise
                await asyncio.sleep(pause_s)
                pause_s *= 2
            else:
                self._meters.door_seconds.observe(time.monotonic() - begun)
                self._meters.door_commands.observe(len(asked))
                return landed
        raise TimeoutError("the registry moves on and on")

    def _tell(self, taken: Iterable[Waiting], problem: Problem) -> None:
        for one in taken:
            one.tell(problem)
