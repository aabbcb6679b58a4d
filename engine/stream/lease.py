"""A lease is an advisory lock on a connection of its own: one process in the whole bank holds it, as long as it lives.

Worker slots, the relay and the webhooks are leased. A holder that says nothing for as long as Kafka waits for a dead
worker is frozen: PostgreSQL ends its connection, and others go on. A lost connection is no lost lease yet: PostgreSQL
may have been restarted, and then nobody holds it. The process tries to take it again; if another has it, or it takes
longer than Kafka waits, the process ends, for its successor may be at work.
"""

import asyncio
import contextlib
import logging
import time
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

import asyncpg

from engine.settings import Settings
from engine.stream.exits import Exit, end_process

log = logging.getLogger(__name__)

CHECK_S = 2.0
ANSWER_S = 5.0
RETAKE_PAUSE_S = 0.25
WAIT_PAUSE_S = 1.0
# The server notices within some 15 s that a holder's machine is gone.
SESSION = {
    "application_name": "points lease",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
}
SQL = Path(__file__).parent / "sql"
TAKE = (SQL / "take_lock.sql").read_text(encoding="utf-8")
GIVE_UP = (SQL / "give_up_lock.sql").read_text(encoding="utf-8")
FAILURES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


def subject(name: str) -> int:
    """The first half of a lock's key, for what `name` says; a signed 32-bit number."""
    return zlib.crc32(name.encode()) - 2**31


class Lease:
    """One lock of a subject, held by this process until it is released."""

    def __init__(self, settings: Settings, name: str, number: int, session: "asyncpg.Connection[Any]") -> None:
        """Made by `take`."""
        self.settings = settings
        self.name = name
        self.number = number
        self._session = session
        self._lost = asyncio.Event()
        self._listen()

    @classmethod
    async def take(cls, settings: Settings, name: str, numbers: Iterable[int]) -> Self | None:
        """The lease of the first free number; None if all are held. Raises one of `FAILURES`."""
        session = await _connect(settings)
        for number in numbers:
            if await session.fetchval(TAKE, subject(name), number):
                return cls(settings, name, number, session)
        await session.close()
        return None

    @classmethod
    async def wait_for(cls, settings: Settings, name: str) -> Self:
        """The one lease of this name, as soon as nobody else has it, however long the database takes to come."""
        while True:
            with contextlib.suppress(*FAILURES):
                lease = await cls.take(settings, name, (0,))
                if lease is not None:
                    log.info("holding the lease of %s", name)
                    return lease
            await asyncio.sleep(WAIT_PAUSE_S)

    def _listen(self) -> None:
        self._lost.clear()
        lost: Callable[[Any], None] = lambda _session: self._lost.set()  # noqa: E731  # one closure a session
        self._session.add_termination_listener(lost)

    async def keep(self) -> None:
        """Watches the connection for ever; ends the process when the lease is another's or cannot be had again."""
        while True:
            try:
                await asyncio.wait_for(self._lost.wait(), CHECK_S)
            except TimeoutError:
                if await self._answers():
                    continue
            await self._retake()

    async def _answers(self) -> bool:
        try:
            await self._session.fetchval("SELECT 1", timeout=ANSWER_S)
        except (*FAILURES, TimeoutError):
            return False
        return True

    async def _retake(self) -> None:
        log.warning("%s %d: the connection that holds it is lost; taking it again", self.name, self.number)
        self._session.terminate()
        until = time.monotonic() + self.settings.session_timeout_s
        while time.monotonic() < until:
            try:
                session = await _connect(self.settings)
                if not await session.fetchval(TAKE, subject(self.name), self.number):
                    end_process(Exit.LEASE_LOST, f"{self.name} {self.number} is held by another process")
            except FAILURES:
                await asyncio.sleep(RETAKE_PAUSE_S)
                continue
            self._session = session
            self._listen()
            return
        end_process(Exit.LEASE_LOST, f"{self.name} {self.number} could not be taken again")

    async def release(self) -> None:
        """Gives the lease up, at a planned stop."""
        try:
            await self._session.fetchval(GIVE_UP, subject(self.name), self.number, timeout=ANSWER_S)
            await self._session.close(timeout=ANSWER_S)
        except (*FAILURES, TimeoutError) as error:
            log.info("%s %d: left without a word to PostgreSQL: %r", self.name, self.number, error)
            self._session.terminate()


async def _connect(settings: Settings) -> "asyncpg.Connection[Any]":
    silent_ms = {"idle_session_timeout": str(settings.session_timeout_s * 1000)}
    return await asyncpg.connect(
        settings.database_url, **settings.database_client, timeout=ANSWER_S, server_settings=SESSION | silent_ms
    )
