"""The tills of all shops, in a process of their own: `python -m tests.bench.shops JOBS OUT`.

A closed loop: each connection begins the next job when the one before is answered. With a rate an open one: a job is
due at its instant whether or not those before it are answered, and what it waits for a connection counts as its time.
A connection writes bytes made beforehand and reads no more of an answer than its status and its length.
"""

import asyncio
import contextlib
import pickle
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import uvloop

from engine.garbage import collect_seldom
from tests.bench.street import Job


class Asked(NamedTuple):
    """What the shops do: `clients` connections; `rate` jobs a second, or 0 for a closed loop."""

    port: int
    jobs: Sequence[Job]
    clients: int
    rate: float


class Done(NamedTuple):
    """A job that was answered: when it was due and when it ended, in seconds since all began, and its statuses."""

    due: float
    ended: float
    statuses: tuple[int, ...]


class Till(asyncio.Protocol):
    """A connection that asks one thing at a time."""

    def __init__(self) -> None:
        self._read = bytearray()
        self._answer: asyncio.Future[int] | None = None
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # uvloop's is no subclass of asyncio.Transport

    def data_received(self, data: bytes) -> None:
        """Takes a part of an answer, which has a length always."""
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        if not found or self._answer is None or self._answer.done():
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) >= length:
            self._read.clear()
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fails what is not answered."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("hung up before an answer"))

    async def ask(self, request: bytes) -> int:
        """The answer's status."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer


class Shops:
    """All tills, and what they did."""

    def __init__(self, asked: Asked) -> None:
        self.done: list[Done] = []
        self._asked = asked
        self._next = iter(asked.jobs)
        self._closed = asyncio.Event()
        self._began = 0.0

    async def run(self) -> None:
        """Does all jobs, or what is begun of them until SIGTERM."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._closed.set)
        tills = [(await loop.create_connection(Till, "127.0.0.1", self._asked.port))[1]
                 for _ in range(self._asked.clients)]  # fmt: skip
        self._began = time.monotonic()
        await (self._at_a_rate(tills) if self._asked.rate else asyncio.gather(*map(self._in_turn, tills)))

    async def _in_turn(self, till: Till) -> None:
        for job in self._next:
            if self._closed.is_set():
                return
            await self._do(job, till, time.monotonic())

    async def _at_a_rate(self, tills: list[Till]) -> None:
        free: asyncio.Queue[Till] = asyncio.Queue()
        for till in tills:
            free.put_nowait(till)

        async def one(job: Job, due: float) -> None:
            till = await free.get()
            await self._do(job, till, due)
            free.put_nowait(till)

        async with asyncio.TaskGroup() as group:
            for number, job in enumerate(self._next):
                due = self._began + number / self._asked.rate
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closed.wait(), max(due - time.monotonic(), 0.0))
                if self._closed.is_set():
                    return
                group.create_task(one(job, due))

    async def _do(self, job: Job, till: Till, due: float) -> None:
        statuses = tuple([await till.ask(request) for request in job.requests])
        self.done.append(Done(due - self._began, time.monotonic() - self._began, statuses))


def main() -> None:
    """Does what the first file asks and writes what was done into the second."""
    asked: Asked = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301  # this benchmark's own
    collect_seldom()

    async def work() -> list[Done]:
        shops = Shops(asked)
        await shops.run()
        return shops.done

    done = uvloop.run(work())
    Path(sys.argv[2]).write_bytes(pickle.dumps([tuple(one) for one in done]))


if __name__ == "__main__":
    main()
