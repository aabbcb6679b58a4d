"""Merchants' finance: settlement files as they were closed, and how the merchant's own log compares with one."""

import asyncio
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Body, Depends, Path, Query
from fastapi.responses import Response, StreamingResponse

from engine.api import cursor
from engine.api.asking import allowed
from engine.api.cursor import Paged
from engine.api.house import Shared
from engine.api.keys import Caller
from engine.api.problems import Problem
from engine.api.reading import PageByPage
from engine.settlement import files, merchant_log, reconciliation
from engine.settlement.files import File
from engine.settlement.layout import detail
from engine.settlement.lines import Line
from engine.store.sql import statement
from schemas.api.settlements import (
    LOG,
    Reconciliation,
    SettlementFile,
    SettlementFiles,
    SettlementLine,
    SettlementLines,
)
from schemas.fields import Id

routes = APIRouter(prefix="/v1/settlements", tags=["settlements"])
NUMBER_MAX: Final = 2**63 - 1
DIFFERENCES_MAX: Final = 1_000

Reader = Annotated[Caller, Depends(allowed("merchant", "operator", "approver", "auditor"))]
Number = Annotated[int, Path(ge=1, le=NUMBER_MAX, description="Of the merchant's file.")]


class Whose(NamedTuple):
    """Who asks, and whose files are meant."""

    caller: Caller
    merchant: str


async def _whose(
    caller: Reader,
    merchant: Annotated[Id | None, Query(description="Whose files; a merchant's own where it is left out.")] = None,
) -> Whose:
    """A merchant sees its own alone; the bank's people say whose."""
    if caller.role != "merchant" and merchant is None:
        raise Problem("invalid-request", "query /merchant: say whose files, such as ?merchant=bright-car-wash")
    if caller.role == "merchant" and merchant not in (None, caller.holder):
        raise Problem("not-found", "there is no such merchant here")
    return Whose(caller, merchant or caller.holder)


Asked = Annotated[Whose, Depends(_whose)]


@routes.get("", response_model_exclude_none=True)
async def listed(asked: Asked, house: Shared, page: Paged) -> SettlementFiles:
    """Settlement files, the newest first."""
    [before] = cursor.read(page.since, int)
    place = asked.caller.bank, asked.merchant, before or NUMBER_MAX, page.asked
    async with house.reading.session(asked.caller) as session:
        found = await session.fetch(statement("settlement_files_before"), *place)
    rows, more = page.cut(found, lambda row: [row["number"]])
    return SettlementFiles(items=tuple(_file(files.file_of(row)) for row in rows), next=more)


@routes.get("/{number}", response_model_exclude_none=True)
async def shown(number: Number, asked: Asked, house: Shared, page: Paged) -> SettlementLines:
    """A settlement file and its lines, some at a time."""
    [after] = cursor.read(page.since, int)
    async with house.reading.session(asked.caller) as session:
        file = await _found(session, asked, number)
        found = await session.fetch(statement("settlement_lines"), *file.header[:3], after or 0, page.asked)
    rows, more = page.cut(found, lambda row: [row["line"]])
    return SettlementLines(file=_file(file), items=tuple(_line(files.line_of(row)) for row in rows), next=more)


@routes.get("/{number}/file", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
async def handed_over(number: Number, asked: Asked, house: Shared) -> Response:
    """The settlement file itself, CSV with a hashed trailer: byte for byte the same for ever."""
    async with house.reading.session(asked.caller) as session:
        file = await _found(session, asked, number)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}.csv"', "ETag": f'"{file.digest.hex()}"'}
    text = files.written(PageByPage(house.reading, asked.caller), file)
    return StreamingResponse(text, media_type="text/csv", headers=headers)


@routes.post("/{number}/reconciliations", response_model_exclude_none=True)
async def reconciled(
    number: Number,
    asked: Asked,
    house: Shared,
    log: Annotated[str, Body(media_type="text/csv", min_length=1, examples=[LOG])],
) -> Reconciliation:
    """Compare a log of redemptions with a settlement file and the ledger. Nothing of it is kept."""
    try:
        # In a thread, as the comparison: a log of a hundred thousand lines must not hold up other requests.
        entries = await asyncio.to_thread(merchant_log.read, log)
    except merchant_log.LogRefused as error:
        raise Problem("invalid-request", str(error)) from error
    async with house.reading.session(asked.caller) as session:
        file = await _found(session, asked, number)
        report = await reconciliation.compared(session, file, entries)
    told = await asyncio.to_thread(reconciliation.told, report)
    untold = max(0, len(report.differences) - DIFFERENCES_MAX)
    told |= {"number": number, "untold": untold, "differences": told["differences"][:DIFFERENCES_MAX]}
    return Reconciliation.model_validate(told, strict=False)


async def _found(session: Any, asked: Whose, number: int) -> File:
    file = await files.found(session, asked.caller.bank, asked.merchant, number)
    if file is None:
        raise Problem("not-found", "the merchant has no settlement file of this number")
    return file


def _file(file: File) -> SettlementFile:
    h, totals = file.header, file.totals._asdict()
    return SettlementFile(
        merchant=h.merchant, number=h.number, business_date=h.business_date, currency=h.currency,
        sha256=file.digest.hex(), **totals,
    )  # fmt: skip


def _line(line: Line) -> SettlementLine:
    """As the file tells it, but for what is a list there."""
    corrects = line.corrects and {"number": line.corrects[0], "line": line.corrects[1]}
    return SettlementLine.model_validate(
        detail(line) | {"funded": dict(line.funded), "corrects": corrects}, strict=False
    )
