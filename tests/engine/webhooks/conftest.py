"""A migrated ledger with the corner bank, an outbox filled by hand, and a merchant's server."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest

from engine.messages import Said
from engine.settings import Settings, load, variable
from engine.store import connect, outbox
from engine.webhooks import endpoints
from engine.webhooks.queue import Queue
from engine.webhooks.sending import Answer, Message
from tests.engine.store.conftest import migrated, owner
from tests.engine.webhooks.receiver import Receiver, receiving

__all__ = ["migrated", "owner"]
ROOT = Path(__file__).parents[3]
NOBODY = "127.0.0.1:1"
"""Where no Kafka is."""

Process = subprocess.Popen[bytes]
Start = Callable[[], Process]

KEY = "a-key-of-the-tests-with-32-chars-or-more"
TAKEN, REFUSED, GONE = Answer(True, "answered 204"), Answer(False, "answered 500"), Answer(False, "answered 410", True)


def result(ref: str, member: str = "m-1", merchant: str = "shop-1") -> Said:
    """A redemption's result as the engine says it."""
    about = {"bank": "corner", "merchant": merchant, "merchant_ref": ref, "state": "captured"}
    value = orjson.dumps({"specversion": "1.0", "id": f"id-{ref}", "type": "redemption.decided.v1", "data": about})
    return Said("redemption-results", 0, f"corner/{merchant}".encode(), f"id-{ref}", value, member)


@dataclass
class Post:
    """The queue, and the outbox before it."""

    settings: Settings
    queue: Queue
    pool: Any
    owner: "asyncpg.Connection[Any]"
    seq: int = 0

    async def say(self, *said: Said) -> int:
        """One batch says this; its number."""
        self.seq += 1
        sql = "insert into outbox (seq, messages, message_count, for_merchants) values ($1, $2, $3, $4)"
        await self.owner.execute(sql, *outbox.row(self.seq, said))
        return self.seq

    async def add(self, url: str = "https://shop.example/hook", *networks: str, merchant: str = "shop-1") -> str:
        """An endpoint of a merchant."""
        wanted = endpoints.Wanted("corner", merchant, networks, url, f"hook-{self.seq}-{url}")
        made = await endpoints.add(self.pool, self.settings, wanted)
        return made.endpoint_id

    async def due(self, each_max: int = 100) -> list[Message]:
        return await self.queue.due(each_max)

    async def due_ids(self) -> list[str]:
        return sorted(one.message_id for one in await self.due())

    async def settle(self, message_id: str, answer: Answer) -> str | None:
        """What is due under this id is answered."""
        [one] = [one for one in await self.due() if one.message_id == message_id]
        return await self.queue.settle(one, answer)

    async def later(self, seconds: float) -> None:
        """So much time passes: everything that was written was so much earlier."""
        ago = f"make_interval(secs => {seconds})"
        await self.owner.execute(f"update webhook_delivery set due_at = due_at - {ago}, ended_at = ended_at - {ago}")
        await self.owner.execute(f"update webhook_endpoint set failing_since = failing_since - {ago}")
        await self.owner.execute(f"update webhook_secret set expires_at = expires_at - {ago}")

    async def value(self, sql: str, *arguments: Any) -> Any:
        return await self.owner.fetchval(sql, *arguments)


@pytest.fixture
async def post(migrated: str, owner: "asyncpg.Connection[Any]") -> AsyncIterator[Post]:
    """A queue with nothing in it."""
    await owner.execute("insert into bank values ('corner') on conflict do nothing")
    settings = load(database_url=migrated, webhook_key=KEY, webhook_loopback=True)
    pool = await connect.pool(settings)
    yield Post(settings, Queue(pool), pool, owner)
    pool.terminate()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def start(migrated: str, tmp_path: Path) -> Iterator[Start]:
    """Starts the process `points webhooks run`; what still runs is ended with the test."""
    given = {
        "database_url": migrated, "kafka_bootstrap": NOBODY, "webhook_key": KEY, "webhook_loopback": True,
        "webhook_poll_ms": 20, "webhook_timeout_s": 3, "http_port": 0, "log_format": "text", "session_timeout_s": 6,
    }  # fmt: skip
    environ = os.environ | {variable(name): str(value) for name, value in given.items()}
    running: list[Process] = []

    def started() -> Process:
        with (tmp_path / f"process-{len(running)}.log").open("wb") as log:
            command = [sys.executable, "-m", "engine", "webhooks", "run"]
            running.append(subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log))
        return running[-1]

    yield started
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()
