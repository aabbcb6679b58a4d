"""The door: commands become events, are decided together in one transaction, and are answered when it is committed.

While one transaction runs, what comes meanwhile waits; then all that waits for lanes that are free is taken at once.
From one transaction to the next is a moment: of many who come one after the other some are taken together.
A command whose member another transaction has locked goes back and is tried again soon, so that nobody else waits for
that member. What is tried in vain for long is for a strand of its own, which waits for the lock and has no lane
meanwhile. Commands of one member are decided in the order in which they came.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

import asyncpg

from engine.api import landing
from engine.api.command import Answer, Command, Request
from engine.api.landing import Landed, Unanswered
from engine.api.problems import Problem
from engine.api.waiting import Waiting
from engine.metrics import Meters
from engine.registry import RegistryMoved
from engine.settings import Settings
from engine.store import commands
from engine.store.commands import Places
from engine.store.connect import OUTAGES
from engine.store.gathering import BUNCH, Gathering
from engine.store.ledger import Ledger

log = logging.getLogger(__name__)

TRIES: Final = 5
PAUSE_S_FIRST: Final = 0.02
AGAIN: Final = (*OUTAGES, asyncpg.UniqueViolationError)
"""What another try may mend. A key that is taken: a member or a request that appeared meanwhile."""


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
        self._awaited: set[bytes] = set()
        self.gathering = Gathering(settings.api_gather_ms / 1000)
        self._gathers_until = 0.0
        self._open = False
        self._changed = asyncio.Event()
        self._strands: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Begins the lanes and what flies on them."""
        await commands.begin(self.ledger.pool, self.places)
        self._open = True
        strands = [self._fly_for_ever() for _ in range(self._settings.api_transactions)]
        self._strands = [asyncio.create_task(strand) for strand in (*strands, self._wait_for_ever())]

    async def close(self) -> None:
        """Lets what flies land; what waits is answered that it was not done."""
        self._open = False
        self._turn_away()
        while self._flying or self._awaited:
            self._changed.clear()
            await self._changed.wait()
        self._turn_away()
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

    def _turn_away(self) -> None:
        self._tell(
            self._waiting, Problem("unavailable", "the server is stopping; ask again with the same Idempotency-Key")
        )
        self._waiting.clear()

    async def _fly_for_ever(self) -> None:
        while True:
            looked_at = time.monotonic()
            if self._waiting and len(self._waiting) < BUNCH and looked_at < self._gathers_until:
                await self._until(self._gathers_until)
                continue
            taken = self._taken()
            if not taken:
                await self._change(looked_at)
                continue
            self._gathers_until = looked_at + self.gathering.seconds
            lanes = {one.lane for one in taken}
            self._flying |= lanes
            try:
                self._waiting[:0] = await self._fly(taken)
            finally:
                self._flying -= lanes
                self._changed.set()

    async def _wait_for_ever(self) -> None:
        """The strand that waits for members' locks, of one member at a time."""
        while True:
            looked_at = time.monotonic()
            taken = self._overdue()
            if not taken:
                await self._change(looked_at)
                continue
            member = taken[0].command.of_member
            self._awaited.add(member)
            try:
                self._waiting[:0] = await self._fly(taken, waits=True)
            finally:
                self._awaited.discard(member)
                self._changed.set()

    async def _change(self, looked_at: float) -> None:
        """Until something is asked or has landed, or the time has come for what was put off then."""
        await self._until(min((one.again_at for one in self._waiting if one.again_at > looked_at), default=None))

    async def _until(self, instant: float | None) -> None:
        """Until something is asked or has landed, or that instant."""
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(None if instant is None else instant - time.monotonic()):
                await self._changed.wait()

    def _taken(self) -> list[Waiting]:
        """What waits for lanes that are free, as much as goes into one transaction; the rest keeps its order."""
        taken: list[Waiting] = []
        left: list[Waiting] = []
        now, later = time.monotonic(), self._awaited.copy()
        for one in self._waiting:
            if one.answer.done():
                continue
            fits = one.lane not in self._flying and one.again_at <= now and one.command.of_member not in later
            if self._open and fits and len(taken) < self._settings.api_batch_max:
                taken.append(one)
            else:
                left.append(one)
                later.add(one.command.of_member)
        self._waiting = left
        return taken

    def _overdue(self) -> list[Waiting]:
        """All commands of a member that was locked too long, of several the one that was waited for least often."""
        now = time.monotonic()
        overdue = [one for one in self._waiting if one.is_overdue(now) and one.lane not in self._flying]
        if not overdue or not self._open:
            return []
        member = min(overdue, key=lambda one: one.waits).command.of_member
        taken = [one for one in self._waiting if one.command.of_member == member][: self._settings.api_batch_max]
        self._waiting = [one for one in self._waiting if one not in taken]
        for one in taken:
            one.waits += 1
        return [one for one in taken if not one.answer.done()]

    async def _fly(self, taken: Sequence[Waiting], *, waits: bool = False) -> list[Waiting]:
        """Decides what was taken; answers what goes back. Of several among which one meets a defect each goes alone.

        So does each where a key stays taken try after try: it is one command's own, and the others are strangers to it.
        """
        try:
            landed = await self._through(taken, waits=waits)
        except OUTAGES as error:
            log.warning("nothing was decided of %d commands: %r", len(taken), error)
            self._tell(taken, Problem("unavailable", "the ledger does not answer; ask again with the same key"))
        except Exception as error:
            if len(taken) > 1:
                return await self._fly_alone(taken, waits=waits)
            log.exception("a command could not be decided", extra={"request": taken[0].command.request.request_id})
            self._meters.defects.inc()
            taken[0].tell(Problem("defect", type(error).__name__))
        else:
            return self._told(taken, landed)
        return []

    async def _fly_alone(self, taken: Sequence[Waiting], *, waits: bool) -> list[Waiting]:
        """Each in a transaction of its own, but for those behind one of their member's that goes back."""
        back: list[Waiting] = []
        for one in taken:
            behind = any(other.command.of_member == one.command.of_member for other in back)
            back += [one] if behind else await self._fly([one], waits=waits)
        return back

    def _told(self, taken: Sequence[Waiting], landed: Sequence[Landed]) -> list[Waiting]:
        back: list[Waiting] = []
        for one, told in zip(taken, landed, strict=True):
            if not isinstance(told, Unanswered):
                one.tell(told)
                continue
            back.append(one)
            if told is Unanswered.BUSY:
                one.put_off()
                self._meters.door_busy.inc()
        return back

    async def _through(self, taken: Sequence[Waiting], *, waits: bool) -> Sequence[Landed]:
        """Tries until it is committed; what was committed though the connection broke is a repeat the next time."""
        begun = time.monotonic()
        asked = [one.command for one in taken]
        pause_s = PAUSE_S_FIRST
        for tries_left in reversed(range(TRIES)):
            try:
                landed = await landing.land(self.ledger, self.places, self.partitions, asked, waits=waits)
            except RegistryMoved:
                await self.ledger.registries.read()
            except AGAIN:
                if not tries_left:
                    raise
                await asyncio.sleep(pause_s)
                pause_s *= 2
            else:
                seconds = time.monotonic() - begun
                self._meters.door_seconds.observe(seconds)
                if not waits:
                    self.gathering.took(seconds)
                self._meters.door_commands.observe(len(asked))
                return landed
        raise TimeoutError("the registry moves on and on")

    def _tell(self, taken: Iterable[Waiting], problem: Problem) -> None:
        for one in taken:
            one.tell(problem)
