"""The tills of all shops, in a process of their own: `python -m tests.bench.shops JOBS OUT`.

A closed loop: each connection begins the next job when the one before is answered. With a rate an open one: a job is
due at its instant whether or not those before it are answered, and what it waits for a connection counts as its time.
A connection writes bytes made beforehand and reads no more of an answer than its status and its length; nothing of it
is a task, for what the shops take of the processor the engine has not.
"""

import asyncio
import pickle
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
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
    """A connection that does one job at a time."""

    def __init__(self) -> None:
        self._read = bytearray()
        self._left: list[bytes] = []
        self._statuses: list[int] = []
        self._told: Callable[[Sequence[int]], None] | None = None
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # uvloop's is no subclass of asyncio.Transport

    def begin(self, requests: Sequence[bytes], told: Callable[[Sequence[int]], None]) -> None:
        """Makes one request after the other; `told` is told their statuses, the last one 0 where it was hung up."""
        self._left, self._statuses, self._told = list(reversed(requests)), [], told
        self._transport.write(self._left.pop())

    def data_received(self, data: bytes) -> None:
        """Takes a part of an answer, which has a length always."""
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]):
            return
        self._read.clear()
        self._statuses.append(int(head[9:12]))
        if self._left:
            self._transport.write(self._left.pop())
        else:
            self._tell()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Fails what is not answered."""
        self._statuses.append(0)
        self._tell()

    def _tell(self) -> None:
        told, self._told = self._told, None
        if told is not None:
            told(self._statuses)


class Shops:
    """All tills, and what they did."""

    def __init__(self, asked: Asked) -> None:
        self.done: list[Done] = []
        self._asked = asked
        self._most = len(asked.jobs)
        self._due = 0 if asked.rate else self._most
        self._begun = 0
        self._free: deque[Till] = deque()
        self._ended = asyncio.Event()
        self._began = 0.0

    async def run(self) -> None:
        """Does all jobs, or what is begun of them until SIGTERM."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._close)
        for _ in range(self._asked.clients):
            self._free.append((await loop.create_connection(Till, "127.0.0.1", self._asked.port))[1])
        self._began = time.monotonic()
        if self._asked.rate:
            self._tick()
        self._serve()
        await self._ended.wait()

    def _close(self) -> None:
        self._most = self._due = self._begun
        self._serve()

    def _tick(self) -> None:
        """Of an open loop: makes due what is, and comes again for the next."""
        since = time.monotonic() - self._began
        self._due = min(int(since * self._asked.rate) + 1, self._most)
        self._serve()
        if self._due < self._most:
            asyncio.get_running_loop().call_later(self._due / self._asked.rate - since, self._tick)

    def _serve(self) -> None:
        while self._free and self._begun < self._due:
            till, rate = self._free.popleft(), self._asked.rate
            due = self._begun / rate if rate else time.monotonic() - self._began
            self._begun += 1
            till.begin(self._asked.jobs[self._begun - 1].requests, partial(self._did, till, due))
        if self._begun == self._most and len(self._free) == self._asked.clients:
            self._ended.set()

    def _did(self, till: Till, due: float, statuses: Sequence[int]) -> None:
        self.done.append(Done(due, time.monotonic() - self._began, tuple(statuses)))
        self._free.append(till)
        if statuses[-1]:
            self._serve()
        else:
            self._ended.set()


def main() -> None:
    """Does what the first file asks; writes into the second what was done and the processor's seconds that it took."""
    asked: Asked = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301  # this benchmark's own
    collect_seldom()
    shops_s = time.process_time()

    async def work() -> list[Done]:
        shops = Shops(asked)
        await shops.run()
        return shops.done

    done = [tuple(one) for one in uvloop.run(work())]
    Path(sys.argv[2]).write_bytes(pickle.dumps((done, time.process_time() - shops_s)))


if __name__ == "__main__":
    main()
