"""What is still to be told to whom: spread from the outbox, sent in the order of each strand, settled.

A strand is what one endpoint is told of one member. Its first message has a time when it is due, those behind it none,
so a later one waits for the earlier however often that is tried, and other members' go on. Whoever changes the queue
of an endpoint locks the endpoint first.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import asyncpg

from engine.messages import Said
from engine.store.outbox import TO_MERCHANTS, said_of
from engine.store.sql import statement
from engine.webhooks.schedule import WHOLE_S, pause_s
from engine.webhooks.sending import Answer, Message

STRAND_BYTES = 8
REPLAY_ROWS = 200


class Queued(NamedTuple):
    """A message for an endpoint, in the order of `add_webhook_deliveries`."""

    endpoint_id: str
    seq: int
    n: int
    strand: bytes
    message_id: str
    body: bytes


class Standing(NamedTuple):
    """Seconds the longest due message has waited for its turn; how many endpoints are paused."""

    overdue_s: float
    paused: int


class Queue:
    """The webhooks' queue of one shard."""

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._pool = pool

    async def spread(self, rows_max: int) -> int:
        """Queues what the oldest outbox rows say to merchants; answers how many rows there were."""
        async with self._pool.acquire() as session, session.transaction():
            rows = await session.fetch(statement("outbox_to_spread"), rows_max)
            if rows:
                endpoints = await session.fetch(statement("lock_webhook_endpoints"), None)
                # An endpoint is told of what was recorded since it is there.
                wanted = [(row, [e for e in endpoints if e["recorded_at"] <= row["recorded_at"]]) for row in rows]
                await _queue(session, "add_webhook_deliveries", [q for row, to in wanted for q in _queued(row, to)])
                await session.execute(statement("outbox_spread"), [row["seq"] for row in rows])
        return len(rows)

    async def replay(self, endpoint_id: str, *, behind: int, since: datetime, rows_max: int) -> tuple[int, int]:
        """Queues again what outbox rows behind a number and recorded since a time said to an endpoint.

        Answers the number of the last row looked at, or `behind` if there was none, and how many messages it was.
        """
        async with self._pool.acquire() as session, session.transaction():
            endpoints = await session.fetch(statement("lock_webhook_endpoints"), endpoint_id)
            rows = await session.fetch(statement("outbox_again"), behind, since, rows_max)
            queued = [q for row in rows for q in _queued(row, endpoints)]
            await _queue(session, "replay_webhook_deliveries", queued)
        return (rows[-1]["seq"] if rows else behind), len(queued)

    async def replay_all(self, endpoint_id: str, *, behind: int = 0, since: datetime) -> int:
        """The same to the end, in transactions of some rows each; answers how many messages it was."""
        whole = 0
        while True:
            last, count = await self.replay(endpoint_id, behind=behind, since=since, rows_max=REPLAY_ROWS)
            if last == behind:
                return whole
            behind, whole = last, whole + count

    async def due(self, each_max: int) -> list[Message]:
        """What is due, the longest due first, at most so many for one endpoint."""
        return [Message(**dict(r)) for r in await self._pool.fetch(statement("webhooks_due"), each_max)]

    async def settle(self, message: Message, answer: Answer) -> str | None:
        """Records what came of a try; why the endpoint is paused now, if it is."""
        async with self._pool.acquire() as session, session.transaction():
            await session.fetch(statement("lock_webhook_endpoints"), message.endpoint_id)
            failing_s = await session.fetchval(
                statement("webhook_endpoint_answered"), message.endpoint_id, answer.taken
            )
            pause = pause_s(message.message_id, message.tries + 1)
            if answer.taken:
                await _end(session, message, "delivered", answer.said)
            elif answer.gone or (pause is None and failing_s >= WHOLE_S):
                # Nothing was taken in all this time, so it is not the message: it waits for the endpoint.
                await session.execute(statement("retry_webhook"), *message.place, message.tries, 0, answer.said)
                because = f"{answer.said}; nothing was taken for {failing_s / 3600:.0f} hours"
                await session.fetchval(statement("pause_webhook_endpoint"), message.endpoint_id, because)
                return because
            elif pause is None:
                await _end(session, message, "failed", answer.said)
            else:
                await session.execute(
                    statement("retry_webhook"), *message.place, message.tries, int(1000 * pause), answer.said
                )
        return None

    async def standing(self) -> Standing:
        """How the queue stands."""
        row = await self._pool.fetchrow(statement("webhooks_standing"))
        return Standing(max(row["overdue_s"], 0.0), row["paused"])

    async def prune(self, days: int) -> None:
        """Forgets what ended so many days ago."""
        await self._pool.execute(statement("prune_webhooks"), days)


def _queued(row: Any, endpoints: Iterable[Any]) -> list[Queued]:
    """What a row of the outbox says to these endpoints."""
    listening = _listening(endpoints)
    found: list[Queued] = []
    for n, said in enumerate(said_of(row["messages"]) if listening else ()):
        if said.topic in TO_MERCHANTS:
            strand = strand_of(said)
            to = listening.get((said.topic == "grants", said.key or b""), ())
            found += [Queued(id_, row["seq"], n, strand, said.id, said.value) for id_ in to]
    return found


def _listening(endpoints: Iterable[Any]) -> Mapping[tuple[bool, bytes], Sequence[str]]:
    """Endpoints by what the messages' keys name: networks of grants, else merchants."""
    found: dict[tuple[bool, bytes], list[str]] = defaultdict(list)
    for e in endpoints:
        found[False, f"{e['bank']}/{e['merchant']}".encode()].append(e["endpoint_id"])
        for network in e["networks"]:
            found[True, f"{e['bank']}/{network}".encode()].append(e["endpoint_id"])
    return found


def strand_of(said: Said) -> bytes:
    """Whose order a message is in: the member's where it is about one, else that of its key. It tells nobody who."""
    bank = (said.key or b"").partition(b"/")[0]
    whose = bank + b"\0" + said.strand.encode() if said.strand else b"\0" + (said.key or b"")
    return blake2b(whose, digest_size=STRAND_BYTES).digest()


async def _queue(session: Any, how: str, queued: Sequence[Queued]) -> None:
    if queued:
        await session.execute(statement(how), *(list(column) for column in zip(*queued, strict=True)))
        strands = sorted({(q.endpoint_id, q.strand) for q in queued})
        await session.execute(statement("first_webhooks_due"), *(list(column) for column in zip(*strands, strict=True)))


async def _end(session: Any, message: Message, state: str, answer: str) -> None:
    strand = await session.fetchval(statement("end_webhook"), *message.place, message.tries, state, answer)
    if strand is not None:
        await session.execute(statement("first_webhooks_due"), [message.endpoint_id], [strand])
