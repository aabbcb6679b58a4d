"""Operators: merchants, and the keys of merchants and channels. Keys of people are made at the command line alone."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi import Request as HttpRequest
from fastapi.responses import Response

from engine import trail
from engine.api import cursor, keys
from engine.api.asking import Asking, Auditor, OperatorAsking, response
from engine.api.command import Answer
from engine.api.cursor import Paged
from engine.api.house import Shared
from engine.api.once import done
from engine.api.problems import Problem
from engine.store.sql import statement
from engine.trail import Entry
from schemas.api import access as told

routes = APIRouter(prefix="/v1", tags=["access"])
KeyId = Annotated[str, Path(pattern=told.KEY_ID, examples=["abcdefghij"])]
Wanted = tuple[str, str, list[str], timedelta | None]
"""Role, holder, scopes, and for how long."""


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

    async def write(session: Any, _now: datetime) -> Answer:
        if body.role == "merchant":
            await _merchant(session, asking.caller.bank, body.holder)
        good_for = None if body.days is None else timedelta(days=body.days)
        return await _keep(session, asking, new, (body.role, body.holder, list(body.scopes), good_for))

    return _shown_once(await done(asking, body, write), new)


@routes.post("/keys/{key_id}/rotate", status_code=201, response_model=told.MadeKey)
async def rotate(key_id: KeyId, body: told.Grace, asking: OperatorAsking) -> Response:
    """Make a key that may do the same; the old one ends after a grace. One that signs is rotated by `points keys`."""
    new = keys.made(asking.house.pepper)

    async def write(session: Any, _now: datetime) -> Answer:
        old = await _ended(session, asking, key_id, timedelta(hours=body.grace_hours))
        if old["signed"]:
            raise Problem("not-allowed", "its requests are signed: rotate it with `points keys rotate`")
        return await _keep(session, asking, new, (old["role"], old["holder"], old["scopes"], None))

    return _shown_once(await done(asking, body, write), new)


@routes.post("/keys/{key_id}/revoke", response_model=told.Key)
async def revoke(key_id: KeyId, body: told.Revocation, asking: OperatorAsking) -> Response:
    """End a key now; processes see it within two seconds."""

    async def write(session: Any, _now: datetime) -> Answer:
        await _ended(session, asking, key_id, timedelta(0))
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
        before = await session.fetchrow(statement("view_merchants"), bank, body.merchant, None, 1)
        if before is not None and asked.items() - dict(before).items():
            raise Problem("invalid-request", f"body /merchant: {bank} has {body.merchant}, and of another kind")
        if before is None:
            await session.execute(statement("add_merchant"), bank, *asked.values())
            entry = Entry("merchant-registered", f"merchant/{body.merchant}", None, asked)
            await trail.tell(session, asking.who, entry)
        row = await session.fetchrow(statement("view_merchants"), bank, body.merchant, None, 1)
        return Answer(201, told.Merchant(**dict(row)).model_dump_json(exclude_none=True).encode())

    return response(await done(asking, body, write))


def _refuse_unknown(scopes: tuple[str, ...], http: HttpRequest) -> None:
    known = http.app.state.scopes
    unknown = sorted(set(scopes) - known)
    if unknown:
        there = ", ".join(sorted(known))
        raise Problem("invalid-request", f"body /scopes: there is no scope {unknown[0]}; there are {there}")


async def _merchant(session: Any, bank: str, merchant: str) -> None:
    if await session.fetchval(statement("merchant_places"), [bank], [merchant]) is None:
        raise Problem("not-found", f"{bank} has no merchant called {merchant}; register it first")


async def _keep(session: Any, asking: Asking, new: keys.NewKey, wanted: Wanted) -> Answer:
    """Keeps a key's hash; the answer that is kept does not hold the key."""
    role, holder, scopes, good_for = wanted
    row = new.key_id, asking.caller.bank, role, holder, scopes, new.digest, good_for
    await session.execute(statement("add_key"), *row)
    made = {"role": role, "holder": holder, "scopes": scopes}
    answer = await _answer(session, asking, new.key_id, 201)
    await trail.tell(session, asking.who, Entry("key-made", f"key/{new.key_id}", None, made))
    return answer


async def _ended(session: Any, asking: Asking, key_id: str, grace: timedelta) -> Any:
    """Ends a key of a merchant or a channel of the bank's."""
    bank = asking.caller.bank
    row = await session.fetchrow(statement("view_keys"), bank, key_id, None, None, 1)
    if row is None:
        raise Problem("not-found", f"{bank} has no key {key_id}")
    if row["role"] not in ("merchant", "channel"):
        raise Problem("not-allowed", "keys of people are kept by `points keys`")
    await session.execute(statement("end_key"), key_id, grace)
    after = {"grace_hours": grace.total_seconds() / 3600}
    await trail.tell(session, asking.who, Entry("key-ended", f"key/{key_id}", None, after))
    return row


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
