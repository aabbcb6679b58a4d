"""Operators: merchants, and the keys of merchants and channels. Keys of people are made at the command line alone."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi import Request as HttpRequest
from fastapi.responses import Response

from engine import trail
from engine.api import cursor, keyring, keys
from engine.api.asking import Asking, Auditor, OperatorAsking, response
from engine.api.command import Answer
from engine.api.cursor import Paged
from engine.api.house import Shared
from engine.api.once import done
from engine.api.problems import Problem
from engine.api.scopes import unknown
from engine.store.sql import statement
from engine.trail import Entry
from schemas.api import access as told

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
async def make_key(body: told.NewKey, asking: OperatorAsking) -> Response:
    """Make a key. It is told in this answer alone; who asks again under the same Idempotency-Key gets the rest."""
    _refuse_unknown(body.scopes, asking.http)
    new = keys.made(asking.house.pepper)
    good_for = None if body.days is None else timedelta(days=body.days)
    wanted = keyring.Wanted(asking.caller.bank, body.role, body.holder, body.scopes, good_for)

    async def write(session: Any, _now: datetime) -> Answer:
        await keyring.make(session, asking.who, new, wanted)
        return await _answer(session, asking, new.key_id, 201)

    return _shown_once(await done(asking, body, write), new)


@routes.post("/keys/{key_id}/rotate", status_code=201, response_model=told.MadeKey)
async def rotate(key_id: KeyId, body: told.Grace, asking: OperatorAsking) -> Response:
    """Make a key that may do the same; the old one ends after a grace. One that signs is rotated by `points keys`."""
    new = keys.made(asking.house.pepper)

    async def write(session: Any, _now: datetime) -> Answer:
        if await keyring.rotate(session, asking.who, key_id, timedelta(hours=body.grace_hours), new):
            raise Problem("not-allowed", "its requests are signed: rotate it with `points keys rotate`")
        return await _answer(session, asking, new.key_id, 201)

    return _shown_once(await done(asking, body, write), new)


@routes.post("/keys/{key_id}/revoke", response_model=told.Key)
async def revoke(key_id: KeyId, body: told.Revocation, asking: OperatorAsking) -> Response:
    """End a key now; processes see it within two seconds."""

    async def write(session: Any, _now: datetime) -> Answer:
        await keyring.end(session, asking.who, key_id, timedelta(0))
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


@routes.post("/merchants", status_code=201, response_model=told.Merchant)
async def add_merchant(body: told.NewMerchant, asking: OperatorAsking) -> Response:
    """Register a merchant. One that is there stays as it is; that it is suspended or resumed is proposed."""
    bank = asking.caller.bank

    async def write(session: Any, _now: datetime) -> Answer:
        asked = body.model_dump()
        new = await session.fetchval(statement("register_merchant"), bank, *asked.values())
        row = await session.fetchrow(statement("view_merchants"), bank, body.merchant, None, 1)
        if asked.items() - dict(row).items():
            raise Problem("invalid-request", f"body /merchant: {bank} has {body.merchant}, and of another kind")
        if new is not None:
            entry = Entry("merchant-registered", f"merchant/{body.merchant}", None, asked)
            await trail.tell(session, asking.who, entry)
        return Answer(201, told.Merchant(**dict(row)).model_dump_json(exclude_none=True).encode())

    return response(await done(asking, body, write))


def _refuse_unknown(scopes: tuple[str, ...], http: HttpRequest) -> None:
    wrong = unknown(scopes, http.app.state.scopes)
    if wrong is not None:
        raise Problem("invalid-request", f"body /scopes: {wrong}")


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
