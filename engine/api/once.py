"""A write of the bank's own people that is no member's event: done once under its key, in one transaction."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import orjson
from asyncpg.pgproto.pgproto import UUID
from pydantic import BaseModel

from engine.api.asking import Asking
from engine.api.command import Answer, Request
from engine.api.problems import Problem
from engine.store import commands
from engine.store.sql import statement
from schemas.mask import masked

Write = Callable[[Any, datetime], Awaitable[Answer | None]]
"""What is done in a session's transaction, at this moment, and how it is answered; None where that is to come yet."""


async def done(asking: Asking, content: BaseModel, write: Callable[[Any, datetime], Awaitable[Answer]]) -> Answer:
    """As `once`, of what is always answered in its own transaction."""
    answer = await once(asking, content, write)
    if answer is None:
        raise AssertionError(f"{asking.http.url.path} was done and not answered")
    return answer


async def once(asking: Asking, content: BaseModel, write: Write) -> Answer | None:
    """Does it if it was not done before, else answers with the same bytes.

    A Problem that `write` raises undoes it, and the key is free again. After None the answer has to be kept by whoever
    gives it, under the same key, and until then the request is answered None.
    """
    _refuse_cards(content)
    asked, bank = asking.request(content), asking.caller.bank
    key = UUID(asked.key(bank))
    async with asking.house.pool.acquire() as session, session.transaction():
        now = await session.fetchval(statement("claim_staff_request"), key, asked.fingerprint)
        if now is None:
            return await _again(session, key, asked)
        answer = await write(session, now)
        if answer is not None:
            await commands.keep(session, [asked.kept(bank, answer)])
        return answer


def _refuse_cards(content: BaseModel) -> None:
    """What is kept beside the ledger holds no card number either."""
    text = content.model_dump_json().encode()
    if masked(text) != text:
        raise Problem("unusable-request", "it holds what may be a card number")


async def _again(session: Any, key: UUID, asked: Request) -> Answer | None:
    was = await session.fetchrow(statement("recall_staff_request"), key)
    if was["fingerprint"] != asked.fingerprint:
        raise Problem("key-reused", "this Idempotency-Key was used before, for another request")
    if was["status"] is None:
        return None
    return Answer(was["status"], was["body"], orjson.loads(was["headers"]))
