"""Auditors and approvers: who did what, before and after."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query

from engine.api import cursor
from engine.api.asking import allowed
from engine.api.cursor import Paged
from engine.api.house import Shared
from engine.api.keys import Caller
from engine.store.sql import statement
from engine.trail import Action
from schemas.api.trail import Deed, Trail

routes = APIRouter(prefix="/v1/audit-trail", tags=["staff"])
Reader = Annotated[Caller, Depends(allowed("auditor", "approver"))]
Text = Annotated[str | None, Query(max_length=200, pattern=r"^[A-Za-z0-9._:/~@-]+$")]


Chosen = tuple[str | None, str | None, str | None]


async def _chosen(person: Text = None, action: Action | None = None, subject: Text = None) -> Chosen:
    return person, action, subject


Filters = Annotated[Chosen, Depends(_chosen)]
"""Which entries are wanted: by person, action and subject."""


@routes.get("", response_model_exclude_none=True)
async def listed(caller: Reader, house: Shared, page: Paged, filters: Filters) -> Trail:
    """What was done at the bank, the newest first: by whom, on what, what was there before and after."""
    [before] = cursor.read(page.since, int)
    async with house.reading.session(caller) as session:
        found = await session.fetch(statement("view_trail"), caller.bank, *filters, before, page.asked)
    rows, more = page.cut(found, lambda last: [last["trail_number"]])
    return Trail(items=tuple(map(deed_of, rows)), next=more)


def deed_of(row: Any) -> Deed:
    """As it is told, of a row of the trail."""
    before, after = (None if row[name] is None else orjson.loads(row[name]) for name in ("before", "after"))
    names = Deed.model_fields.keys() - {"number", "before", "after"}
    return Deed(number=row["trail_number"], before=before, after=after, **{name: row[name] for name in names})
