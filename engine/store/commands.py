"""Commands in the ledger: API lanes claimed and stamped, requests known already, answers kept for ever."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from engine.registry import RegistryMoved
from engine.store import rows
from engine.store.sql import statement

ANSWER: Final = (
    "event_key", "bank", "principal", "key_id", "request_id", "request", "status", "headers", "body",
)  # fmt: skip
LANES: Final = 16
"""API lanes of a generation, by the hash of bank and member."""


class Places(NamedTuple):
    """Where API lanes and the members' own lanes are."""

    api_topic: str
    events_topic: str
    generation: int


class ApiLane(NamedTuple):
    """A claimed lane: its position, its chain's head, and the instant at which its commands are decided."""

    next: int
    chain: bytes
    stamped_at: datetime


class Kept(NamedTuple):
    """A request as it was made before, and its answer."""

    fingerprint: bytes
    status: int | None
    headers: Mapping[str, str]
    body: bytes


class ClockIsBehind(OSError):
    """The database's clock is more than a minute behind a stamp that it gave: an outage until it is put right."""


class Standing(NamedTuple):
    """Claimed lanes by number, and by partition the last day closed of each bank."""

    lanes: dict[int, ApiLane]
    closed: dict[int, dict[str, date]]


async def begin(session: Any, places: Places) -> None:
    """Begins the API lanes at position 0; those that are there stay as they are."""
    await session.execute(statement("add_lanes"), places.api_topic, list(range(LANES)), places.generation)


async def claim(
    session: Any, places: Places, lanes: Collection[int], partitions: Collection[int], revision: int
) -> Standing:
    """Claims lanes until the transaction ends; RegistryMoved where the registry is newer than `revision` then.

    ClockIsBehind where what is decided now would be stamped with a time that is not now.
    """
    found = await session.fetch(
        statement("claim_api_lanes"), places.api_topic, sorted(lanes), places.generation, places.events_topic,
        sorted(partitions),
    )  # fmt: skip
    # Read in a statement of its own: one that waits for a lock does not see what was stopped while it waited.
    if await session.fetchval(statement("registry_revision")) != revision:
        raise RegistryMoved
    if any(r["clock_is_behind"] for r in found):
        latest = max(r["stamped_at"] for r in found).isoformat()
        raise ClockIsBehind(f"the database's clock is behind {latest}, at which commands were decided; put it right")
    closed = orjson.loads(found[0]["closed"] or "{}")
    return Standing(
        {r["partition"]: ApiLane(r["next"], r["chain"], r["stamped_at"]) for r in found},
        {int(p): {bank: date.fromisoformat(day) for bank, day in days.items()} for p, days in closed.items()},
    )


async def remember(session: Any, told: Mapping[bytes, bytes]) -> dict[bytes, Kept]:
    """Remembers requests by key and fingerprint for ever; answers those that were known, as they were."""
    keys = sorted(told)
    repeated = await session.fetch(
        statement("remember_events"), rows.uuids(keys), rows.uuids([told[key] for key in keys])
    )
    if not repeated:
        return {}
    return await recall(session, [row["key"] for row in repeated])


async def recall(session: Any, keys: Sequence[UUID]) -> dict[bytes, Kept]:
    """Those of the requests with these keys that are known, as they were."""
    found = await session.fetch(statement("recall_answers"), keys)
    return {
        row["key"].bytes: Kept(
            row["fingerprint"].bytes, row["status"], orjson.loads(row["headers"] or "{}"), row["body"] or b""
        )
        for row in found
    }


async def keep(session: Any, answers: Sequence[tuple[Any, ...]]) -> None:
    """Keeps answers, in the order of `ANSWER`."""
    await session.copy_records_to_table("api_answer", records=answers, columns=ANSWER)
