"""Who may: merchants, and the keys of merchants and channels. Keys of people are made at the command line alone."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from fastapi.responses import Response

from engine.api import cursor, keyring, keys, proposals
from engine.api.asking import Asking, Auditor, OperatorAsking, response
from engine.api.command import Answer
from engine.api.cursor import Paged
from engine.api.house import Shared
from engine.api.once import done
from engine.api.problems import Problem
from engine.store.sql import statement
from schemas.api import access as told
from schemas.api.proposals import KeyMaking

routes = APIRouter(prefix="/v1", tags=["access"])
KeyId = Annotated[str, Path(pattern=told.KEY_ID, examples=["abcdefghij"])]


@routes.get("/keys", response_model_exclude_none=True)
async def list_keys(caller: Auditor, house: Shared, page: Paged) -> told.Keys:
    """Keys, of people too, the newest first."""
    seen = cursor.read(page.since, datetime, str)
    async with house.reading.session(caller) as session:
        found = await session.fetch(statement("view_keys"), caller.bank, None, *seen, page.asked)
    rows, more = page.cut(found, lambda last: [last["recorded_at"].isoformat(), last["key_id"]])
    return told.Keys(items=tuple(told.Key(**_about(row)) for row in rows), next=more)


@routes.post("/keys", status_code=201, response_model=told.MadeKey)
async def take_key(body: told.ApprovedKey, asking: OperatorAsking) -> Response:
    """Make the key that the caller proposed and another approved, once. It is told in this answer alone.

    Who asks again under the same Idempotency-Key gets the rest.
    """
    bank, who = asking.caller.bank, asking.who
    new = keys.made(asking.house.pepper)

    async def write(session: Any, now: datetime) -> Answer:
        before = await proposals.locked(session, bank, UUID(body.proposal_id))
        asked = before.change
        if not isinstance(asked, KeyMaking):
            raise Problem("not-found", f"the proposal is of the kind {asked.kind}, and no key's")
        after = proposals.taken(before, who.person, now, new.key_id)
        good_for = None if asked.days is None else timedelta(days=asked.days)
        wanted = keyring.Wanted(bank, asked.role, asked.holder, asked.scopes, good_for)
        await keyring.make(session, who, new, wanted)
        await proposals.change(session, who, before, after, asking.request(body))
        return await _answer(session, asking, new.key_id, 201)

    return _shown_once(await done(asking, body, write), new)


@routes.post("/keys/{key_id}/revoke", response_model=told.Key)
async def revoke(key_id: KeyId, body: told.Revocation, asking: OperatorAsking) -> Response:
    """End a key, now or after a grace; processes see it within two seconds."""

    async def write(session: Any, _now: datetime) -> Answer:
        await keyring.end(session, asking.who, key_id, timedelta(hours=body.grace_hours))
        return await _answer(session, asking, key_id, 200)

    return response(await done(asking, body, write))


@routes.get("/merchants", response_model_exclude_none=True)
async def list_merchants(caller: Auditor, house: Shared, page: Paged) -> told.Merchants:
    """Merchants, with their networks and whether they may redeem."""
    [after] = cursor.read(page.since, str)
    async with house.reading.session(caller) as session:
        found = await session.fetch(statement("view_merchants"), caller.bank, None, after, page.asked)
    rows, more = page.cut(found, lambda last: [last["merchant"]])
    return told.Merchants(items=tuple(told.Merchant(**dict(row)) for row in rows), next=more)


async def _answer(session: Any, asking: Asking, key_id: str, status: int) -> Answer:
    row = await session.fetchrow(statement("view_keys"), asking.caller.bank, key_id, None, None, 1)
    return Answer(status, told.Key(**_about(row)).model_dump_json(exclude_none=True).encode())


def _about(row: Any) -> dict[str, Any]:
    names = ("key_id", "role", "holder", "signed", "expires_at", "revoked_at")
    about = {name: row[name] for name in names}
    return about | {"scopes": tuple(row["scopes"]), "made_at": row["recorded_at"]}


def _shown_once(answer: Answer, new: keys.NewKey) -> Response:
    """The answer, with the key where it was made now and not before."""
    made = told.MadeKey.model_validate_json(answer.body)
    if made.key_id == new.key_id:
        made = made.model_copy(update={"token": new.token})
    return Response(made.model_dump_json(exclude_none=True), answer.status, media_type="application/json")
