"""The bank's people: all that is kept about a customer who asks for it."""

from collections.abc import Iterator
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, Any, Final

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
"""Rows that are read from the ledger in one step."""
IN_MEMORY_BYTES: Final = 1 << 20
PART_BYTES: Final = 64 << 10


@routes.get("/export", response_model=MemberExport)
async def export(member_id: Of, caller: Reader, house: Shared, http: HttpRequest) -> StreamingResponse:
    """All that is kept about a member: every row that names it, with every column. The audit trail says who asked."""
    async with house.pool.acquire() as session, session.transaction():
        row = await session.fetchrow(statement("view_member"), caller.bank, member_id)
        if row is None:
            raise Problem("not-found", f"{caller.bank} has no such member")
        asked = Entry("member-exported", f"member/{member_id}", None, {"member_version": row["version"]})
        await trail.tell(session, who(caller, http), asked)
    document = await _spooled(house, caller, member_id, row["asked_at"])
    return StreamingResponse(_read(document), media_type="application/json")


async def _spooled(house: House, caller: Caller, member_id: str, at: datetime) -> IO[bytes]:
    """The document, from one look at the ledger: who takes it slowly holds neither a connection nor a transaction.

    It lies in a file that has no name and is gone when it is closed; the first of it in memory.
    """
    document = SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115  # closed by whoever reads it
    head = orjson.dumps({"bank": caller.bank, "member_id": member_id, "exported_at": at})
    document.write(head[:-1] + b',"kept":{')
    before: str | None = None
    async with house.reading.session(caller, member_id) as session:
        found: Any = session.cursor(statement("export_member"), caller.bank, member_id, prefetch=AT_ONCE)
        async for row in found:
            kept = row["kept"]
            opening = "," if kept == before else f'{"" if before is None else "],"}"{kept}":['
            before = kept
            document.write(f"{opening}{row['row']}".encode())
    document.write(b"]}}")
    document.seek(0)
    return document


def _read(document: IO[bytes]) -> Iterator[bytes]:
    with document:
        while part := document.read(PART_BYTES):
            yield part
