"""What the door says to PostgreSQL for so many redemptions, recorded, to be run again by others than the engine.

The real application answers the real requests in this process; its sessions keep what they are asked to do.
"""

import asyncio
import dataclasses
import pickle
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import asyncpg
import uvloop
from prometheus_client import CollectorRegistry

from engine.api import house
from engine.api.app import create_app
from engine.api.directory import Directory
from engine.api.door import Door
from engine.api.guesses import Guesses
from engine.api.landing import lane_of
from engine.api.waiting import Waiting
from engine.garbage import collect_seldom
from engine.metrics import Meters
from engine.settings import Settings, load
from engine.store import commands, connect
from engine.store.commands import Places
from engine.store.gathering import Gathering
from tests.bench.events import BANK
from tests.bench.limit import Call, RecordingLedger, Step, play_batch
from tests.bench.street import Job, of_members


class _Pool:
    """A pool whose single statements are kept."""

    def __init__(self, pool: "asyncpg.Pool[Any]", kept: list[Step]) -> None:
        self._pool, self._kept = pool, kept

    def __getattr__(self, method: str) -> Any:
        async def call(*arguments: Any, **named: Any) -> Any:
            self._kept.append(Call(method, arguments, named))
            return await getattr(self._pool, method)(*arguments, **named)

        return call


class _Door(Door):
    """A door that waits until so many commands wait."""

    batch = 1

    def _taken(self) -> list[Waiting]:
        return super()._taken() if len(self._waiting) >= self.batch else []


@dataclass
class Script:
    """What is recorded: the jobs, so many in a transaction, and for so many connections, each with lanes of its own."""

    jobs: Sequence[Job]
    batch: int
    connections: int

    def shares(self) -> list[list[Job]]:
        """The jobs of each connection."""
        made: list[list[Job]] = [[] for _ in range(self.connections)]
        for job, member in zip(self.jobs, of_members(len(self.jobs)), strict=True):
            made[lane_of(f"{BANK}/{member}".encode()) % self.connections].append(job)
        return made


def recorded(settings: Settings, script: Script, file: Path) -> None:
    """Answers the jobs and keeps each connection's statements in a file."""
    file.write_bytes(pickle.dumps(uvloop.run(_recorded(settings, script))))


async def _recorded(settings: Settings, script: Script) -> list[list[Step]]:
    kept: list[Step] = []
    meters = Meters(CollectorRegistry())
    app = create_app(settings, meters)
    async with house.opened(settings, meters) as opened:
        ledger = RecordingLedger(opened.pool, opened.registries, None)
        ledger.kept = kept
        door, noting = _Door(ledger, settings, meters), cast("asyncpg.Pool[Any]", _Pool(opened.pool, kept))
        directory = Directory(noting, opened.pepper, Guesses(noting, settings.api_guesses_max), Gathering(0.0))
        app.state.house = dataclasses.replace(opened, door=door, directory=directory)
        await door.open()
        shares: list[list[Step]] = []
        for jobs in script.shares():
            for at in range(0, len(jobs), script.batch):
                await _answer(app, door, jobs[at : at + script.batch])
            shares.append(kept.copy())
            kept.clear()
        await door.close()
    return shares


async def _answer(app: Any, door: _Door, jobs: Sequence[Job]) -> None:
    door.batch = len(jobs)
    for requests in zip(*(job.requests for job in jobs), strict=True):
        statuses = await asyncio.gather(*(_status(app, one) for one in requests))
        if not all(200 <= status < 300 for status in statuses):  # what HTTP calls a success
            raise AssertionError(f"not all was done: {statuses}")


async def _status(app: Any, request: bytes) -> int:
    """What the application answers, without a network between."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *lines = head.split(b"\r\n")
    method, path, _ = line.decode().split()
    headers = [(name.lower(), value) for name, _, value in (one.partition(b": ") for one in lines)]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "method": method,
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 1), "state": {},
    }  # fmt: skip
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(scope, receive, send)
    return status


async def begun(settings: Settings) -> None:
    """Begins the door's lanes, as a process of the API does when it starts."""
    pool = await connect.pool(settings)
    await commands.begin(pool, Places(settings.topic("api"), settings.topic("events"), settings.generation))
    await pool.close()


async def _play(share: list[Step]) -> None:
    pool = await connect.pool(load(database_pool_size=1))
    async with pool.acquire() as session:
        for step in share:
            if isinstance(step, list):
                await play_batch(session, step)
            else:
                await getattr(session, step.method)(*step.arguments, **step.named)
    await pool.close()


def main() -> None:
    """Runs what was recorded by the engine's own driver, each share on a connection."""
    shares: list[list[Step]] = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301  # this benchmark's own
    collect_seldom()

    async def work() -> None:
        await asyncio.gather(*map(_play, shares))

    uvloop.run(work())


if __name__ == "__main__":
    main()
