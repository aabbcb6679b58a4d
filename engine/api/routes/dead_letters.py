"""Operators: records that could not be used, why, and sending them again."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response

from engine import dead_letters
from engine.api import cursor
from engine.api.asking import Auditor, OperatorAsking, response
from engine.api.command import Answer
from engine.api.cursor import Paged
from engine.api.house import House, Shared
from engine.api.once import done
from engine.api.problems import Problem
from engine.registry import Registry
from engine.store.sql import statement
from schemas.api import dead_letters as told
from schemas.api.dead_letters import DeadLetter
from schemas.fields import Day
from schemas.reasons import REASONS, Reason

routes = APIRouter(prefix="/v1/dead-letters", tags=["dead letters"])
CHANGED: Final = "it changed while it was asked for; ask again"
KAFKA_S: Final = 5.0
"""For so long Kafka is waited for while a request is answered."""
Letter = Annotated[str, Path(pattern=told.PATTERN, description="TOPIC:GENERATION:PARTITION:OFFSET.")]


class Wanted(NamedTuple):
    """Which dead letters are asked for: of a reason, a topic and a day, and whether those sent again too."""

    reason: Reason | None
    topic: str | None
    day: Day | None
    retried: bool


async def _wanted(
    house: Shared, reason: Reason | None = None, topic: told.Input | None = None, day: Day | None = None,
    *, retried: bool = False,
) -> Wanted:  # fmt: skip
    return Wanted(reason, None if topic is None else house.settings.topic(topic), day, retried)


@routes.get("", response_model_exclude_none=True)
async def listed(
    caller: Auditor, house: Shared, page: Paged, wanted: Annotated[Wanted, Depends(_wanted)]
) -> told.DeadLetters:
    """Records that could not be used, the newest first; `retried` adds those that were sent again."""
    seen = cursor.read(page.since, datetime, str, int, int, int)
    registry = await house.registries.read()
    programs = registry.programs.get(caller.bank)
    zone = programs.zone.key if programs else "UTC"
    asked = caller.bank, wanted.reason, wanted.topic, wanted.day, zone, wanted.retried, *seen, page.asked
    async with house.reading.session(caller) as session:
        found = await session.fetch(statement("view_dead_letters"), *asked)
    rows, more = page.cut(found, lambda last: [last["recorded_at"].isoformat(), *dead_letters.place(last)])
    ours = [row for row in rows if dead_letters.is_of(row, caller.bank, registry)]
    return told.DeadLetters(items=tuple(DeadLetter(**_about(row)) for row in ours), next=more)


@routes.get("/{letter}", response_model_exclude_none=True)
async def shown(letter: Letter, caller: Auditor, house: Shared) -> told.DeadLetterWhole:
    """A record that could not be used, whole; what may be a card number is masked."""
    registry = await house.registries.read()
    async with house.reading.session(caller) as session:
        row = await session.fetchrow(statement("show_dead_letter"), *dead_letters.named(letter))
    if row is None or not dead_letters.is_of(row, caller.bank, registry):
        raise Problem("not-found", f"{caller.bank} has no such dead letter")
    headers = tuple(told.RecordHeader(name=n, value=_text(v) or "") for n, v in dead_letters.headers(row))
    return told.DeadLetterWhole(
        **_about(row), says=REASONS.get(row["reason"], ""), key=_text(row["key"]), value=_text(row["value"]),
        headers=headers, sha256=row["digest"].hex() or None,
    )  # fmt: skip


@routes.post("/retries", response_model=told.Retried)
async def retry(body: told.Retry, asking: OperatorAsking) -> Response:
    """Send records again, each as it was and once; it is decided anew, and may become a dead letter again."""
    who, house, caller = asking.who, asking.house, asking.caller
    registry = await house.registries.read()
    letters = sorted(set(body.letters))
    async with house.reading.session(caller) as session:
        read = [
            await session.fetchrow(statement("show_dead_letter"), *dead_letters.named(letter)) for letter in letters
        ]
    sent = {one: row for one, row in zip(letters, read, strict=True) if _why_not(row, caller.bank, registry) is None}
    await _send(house, list(sent.values()))

    async def write(session: Any, _now: datetime) -> Answer:
        left: list[told.Left] = []
        for letter in letters:
            row = await session.fetchrow(statement("lock_dead_letter"), caller.bank, *dead_letters.named(letter))
            because = _why_not(row, caller.bank, registry) or (None if letter in sent else CHANGED)
            if because is None:
                await dead_letters.mark(session, who, row)
            else:
                left.append(told.Left(letter=letter, because=because))
        gone = tuple(letter for letter in letters if letter not in {one.letter for one in left})
        return Answer(200, told.Retried(sent=gone, left=tuple(left)).model_dump_json().encode())

    return response(await done(asking, body, write))


def _why_not(row: Any, bank: str, registry: Registry) -> str | None:
    if row is None or not dead_letters.is_of(row, bank, registry):
        return f"{bank} has no such dead letter"
    return dead_letters.why_not(row)


async def _send(house: House, rows: list[Any]) -> None:
    """Outside a transaction, behind which every bank's messages would wait while Kafka does not answer.

    What was sent when the answer is lost is sent again with the next try, and is then a repeat.
    """
    if not rows:
        return
    try:
        async with asyncio.timeout(KAFKA_S):
            await dead_letters.send(house.settings, rows)
    except (KafkaError, OSError, TimeoutError) as error:
        raise Problem("unavailable", "Kafka does not take them now; ask again with the same key") from error


def _about(row: Any) -> dict[str, Any]:
    names = ("reason", "detail", "recorded_at", "retried_at")
    return {"letter": dead_letters.letter(row)} | {name: row[name] for name in names}


def _text(part: bytes | None) -> str | None:
    return None if part is None else part.decode(errors="replace")
