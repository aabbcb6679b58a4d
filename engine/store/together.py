"""A statement that answers many who ask: what is asked while it runs waits, and is asked together after it.

Where it has a `gathering`, it says how long it is from one run to the next: who asks alone is answered at once, and of
many who ask one after the other some are asked together.
"""

import asyncio
import time
from contextlib import suppress
from typing import Any, Final

import asyncpg

from engine.store.gathering import BUNCH, Gathering
from engine.store.sql import statement

MOST: Final = 500
"""Asked in one run of a statement."""


class Together:
    """One of the statements, as those of a process ask it.

    Its first parameters are arrays, of which each who asks gives an element; `fixed` are the ones after them. It
    answers one row for each element, in their order.
    """

    def __init__(self, pool: "asyncpg.Pool[Any]", name: str, *fixed: Any, gathering: Gathering | None = None) -> None:
        self._pool = pool
        self._sql = statement(name)
        self._fixed = fixed
        self._gathering = gathering
        self._next_at = 0.0
        self._bunch = asyncio.Event()
        self._waiting: list[tuple[tuple[Any, ...], asyncio.Future[Any]]] = []
        self._running: asyncio.Task[None] | None = None

    async def row(self, *asked: Any) -> Any:
        """The row of one who asks; raises what the database does, for all who asked with it."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        elif len(self._waiting) == BUNCH:
            self._bunch.set()
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._gather()
                taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._answer([one for one in taken if not one[1].done()])
        finally:
            self._running = None

    async def _gather(self) -> None:
        if self._gathering is None:
            return
        self._bunch.clear()
        if len(self._waiting) < BUNCH:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(self._next_at - time.monotonic(), 0.0)):
                    await self._bunch.wait()
        self._next_at = time.monotonic() + self._gathering.seconds

    async def _answer(self, taken: list[tuple[tuple[Any, ...], asyncio.Future[Any]]]) -> None:
        """Answers those who have not gone."""
        if not taken:
            return
        columns = [list(column) for column in zip(*(asked for asked, _ in taken), strict=True)]
        try:
            rows = await self._pool.fetch(self._sql, *columns, *self._fixed)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is theirs who asked
            for _, answer in taken:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), row in zip(taken, rows, strict=True):
            if not answer.done():
                answer.set_result(row)
