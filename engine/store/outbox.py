"""The outbox: what a batch said, in one row, and the relay's view of it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import asyncpg
import orjson

from engine.batch import Lane
from engine.journal import compressed, decompressed
from engine.messages import CONTENT, Said
from engine.store.erasures import Erasures
from engine.store.sql import statement
from engine.stream.ports import OutboxRow, OutgoingMessage
from engine.trail import TRAIL
from rules.identity import derived
from schemas.message import SOURCE

TO_MERCHANTS: Final = frozenset({"grants", "redemption-results", "settlements"})
"""Topics whose messages merchants get by webhook too."""
ATTESTATIONS: Final = "attestations"
PRUNED_MAX: Final = 5_000
"""Rows of the outbox that one statement removes."""
_LENGTH_BYTES: Final = 4


def row(seq: int, messages: Sequence[Said]) -> tuple[Any, ...]:
    """The row of a batch, in the order of its columns."""
    for_merchants = not TO_MERCHANTS.isdisjoint({m.topic for m in messages})
    return seq, packed(messages), len(messages), for_merchants


def packed(messages: Sequence[Said]) -> bytes:
    """All messages of a batch in one compressed block."""
    heads = [
        [topic, partition, key.hex() if key else "", id_, len(value), *((strand,) if strand else ())]
        for topic, partition, key, id_, value, strand in messages
    ]
    head = orjson.dumps(heads)
    parts = (len(head).to_bytes(_LENGTH_BYTES, "big"), head, *[m.value for m in messages])
    return compressed(b"".join(parts))


def unpacked(block: bytes, topic: Callable[[str], str]) -> list[OutgoingMessage]:
    """The messages as they are to be published; `topic` gives a topic's full name by its last word."""
    messages: list[OutgoingMessage] = []
    for name, partition, key, id_, value, _ in said_of(block):
        # What the engine says to itself is an event in structured mode, whose id stands in the value alone.
        headers = [*CONTENT] if name == "events" else [*CONTENT, ("ce_id", id_.encode())]
        messages.append(OutgoingMessage(topic(name), partition, key, value, headers))
    return messages


def said_of(block: bytes) -> Iterator[Said]:
    """What `packed` was given."""
    whole = decompressed(block)
    start = _LENGTH_BYTES + int.from_bytes(whole[:_LENGTH_BYTES], "big")
    for name, partition, key, id_, length, *strand in orjson.loads(whole[_LENGTH_BYTES:start]):
        value = whole[start : start + length]
        start += length
        yield Said(name, partition, bytes.fromhex(key) or None, id_, value, *strand)


class Outbox:
    """Implements `engine.stream.ports.Outbox` over the ledger's pool."""

    def __init__(self, pool: "asyncpg.Pool[Any]", topic: Callable[[str], str]) -> None:
        """`topic` gives a topic's full name by its last word."""
        self._pool = pool
        self._topic = topic
        self._erasures = Erasures(pool)

    async def pending(self, limit: int) -> Sequence[OutboxRow]:
        """The oldest rows that are to be published, none of which a running transaction could still precede."""
        rows = await self._pool.fetch(statement("outbox_pending"), limit)
        return [OutboxRow(r["seq"], r["age_s"], unpacked(r["messages"], self._topic)) for r in rows]

    async def published(self, seqs: Sequence[int]) -> None:
        """Marks rows as published."""
        await self._pool.execute(statement("outbox_published"), list(seqs))

    async def prune(self, *, days: int, dead_letter_days: int) -> None:
        """Removes the oldest rows up to the first that is still to be published or spread, or is not old enough.

        Dead letters go by their age.
        """
        tag = ""
        while tag != "DELETE 0":
            tag = await self._pool.execute(statement("prune_outbox"), days, PRUNED_MAX)
        await self._pool.execute(statement("prune_dead_letters"), dead_letter_days)

    async def forget(self) -> bool:
        """Looks for members who were erased in the next dead letters; answers whether anybody was to be looked for."""
        return await self._erasures.go_on()

    async def heads(self) -> Sequence[OutgoingMessage]:
        """The newest link of each lane that has one, and of the audit trail.

        The same link has the same id, however often it is said.
        """
        lanes = [row for row in await self._pool.fetch(statement("lane_heads")) if row["seq"] is not None]
        labels = [Lane(row["topic"], row["partition"], row["generation"]).label for row in lanes]
        journal = [self._attestation("journal", lane, row, lane=lane) for lane, row in zip(labels, lanes, strict=True)]
        return journal + [
            self._attestation("trail", TRAIL, row) for row in await self._pool.fetch(statement("trail_head"))
        ]

    def _attestation(self, kind: str, chain: str, row: Any, **about: str) -> OutgoingMessage:
        """`kind` is the first word of the message's type; `chain` names what the link is of."""
        id_ = "a-" + derived(row["chain"], f"attested:{chain}:{row['seq']}").hex()
        told = {"specversion": "1.0", "id": id_, "source": SOURCE, "type": f"{kind}.attested.v1", "subject": chain}
        data = about | {"sequence": row["seq"], "digest": row["chain"].hex()}
        value = orjson.dumps(told | {"time": row["at"], "datacontenttype": "application/json", "data": data})
        return OutgoingMessage(self._topic(ATTESTATIONS), 0, chain.encode(), value, [*CONTENT, ("ce_id", id_.encode())])
