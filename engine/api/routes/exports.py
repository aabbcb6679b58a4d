"""The bank's people: all that is kept about a customer who asks for it."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends
from fastapi import Request as HttpRequest
from fastapi.responses import StreamingResponse

from engine import trail
from engine.api.asking import allowed, who
from engine.api.house import House, Shared
from engine.api.keys import Caller
from engine.api.problems import Problem
from engine.api.viewing import Of
from engine.store.sql import statement
from engine.trail import Entry
from schemas.api.exports import MemberExport

routes = APIRouter(prefix="/v1/members/{member_id}", tags=["staff"])
Reader = Annotated[Caller, Depends(allowed("operator", "auditor"))]
AT_ONCE: Final = 200
"""Rows that are read before they are handed on."""


@routes.get("/export", response_model=MemberExport)
async def export(member_id: Of, caller: Reader, house: Shared, http: HttpRequest) -> StreamingResponse:
    """All that is kept about a member: every row that names it, with every column. The audit trail says who asked."""
    async with house.pool.acquire() as session, session.transaction():
        row = await session.fetchrow(statement("view_member"), caller.bank, member_id)
        if row is None:
            raise Problem("not-found", f"{caller.bank} has no such member")
        asked = Entry("member-exported", f"member/{member_id}", None, {"member_version": row["version"]})
        await trail.tell(session, who(caller, http), asked)
    return StreamingResponse(_written(house, caller, member_id, row["asked_at"]), media_type="application/json")


async def _written(house: House, caller: Caller, member_id: str, at: datetime) -> AsyncIterator[bytes]:
    """The document, piece by piece: it is never whole in memory."""
    head = orjson.dumps({"bank": caller.bank, "member_id": member_id, "exported_at": at})
    yield head[:-1] + b',"kept":{'
    before: str | None = None
    async with house.reading.session(caller, member_id) as session:
        found: Any = session.cursor(statement("export_member"), caller.bank, member_id, prefetch=AT_ONCE)
        async for row in found:
            kept = row["kept"]
            opening = "," if kept == before else f'{"" if before is None else "],"}"{kept}":['
            before = kept
            yield f"{opening}{row['row']}".encode()
    yield b"]}}"
