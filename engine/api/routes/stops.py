"""Operators: what begins no redemption for now. One person stops, at once; that it goes on is proposed."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from engine import stops, trail
from engine.api import cursor
from engine.api.asking import Auditor, OperatorAsking, response
from engine.api.command import Answer
from engine.api.cursor import Paged
from engine.api.house import Shared
from engine.api.once import done
from engine.api.problems import Problem
from engine.store.sql import statement
from schemas.api import stops as told

routes = APIRouter(prefix="/v1/stops", tags=["staff"])
Over = Annotated[bool, Query(description="With what was resumed.")]


@routes.get("", response_model_exclude_none=True)
async def listed(caller: Auditor, house: Shared, page: Paged, *, over: Over = False) -> told.Stops:
    """What is stopped, by whom, since when and why, the newest first."""
    seen = cursor.read(page.since, datetime, str, str)
    async with house.reading.session(caller) as session:
        found = await session.fetch(statement("view_stops"), caller.bank, over, *seen, page.asked)
    rows, more = page.cut(found, lambda last: [last["stopped_at"].isoformat(), last["kind"], last["name"]])
    return told.Stops(items=tuple(map(_stop, rows)), next=more)


@routes.post("", status_code=201, response_model=told.Stop)
async def stop(body: told.NewStop, asking: OperatorAsking) -> Response:
    """Begin no redemption of it from now on, whichever way it is asked for. What was stopped before stays as it is."""
    bank, what = asking.caller.bank, stops.meant(body.what)

    async def write(session: Any, _now: datetime) -> Answer:
        if what.name not in await stops.known(session, bank, what.kind):
            raise Problem("not-found", f"{bank} has no {what.kind} called {what.name}")
        entry = await stops.stop(session, bank, what, asking.who.person, body.reason)
        stands = _stop(await stops.in_force(session, bank, what))
        if entry is not None:
            await trail.tell(session, asking.who, entry)
        return Answer(201, stands.model_dump_json(exclude_none=True).encode())

    return response(await done(asking, body, write))


def _stop(row: Any) -> told.Stop:
    names = told.Stop.model_fields.keys() - {"what"}
    return told.Stop(what=str(stops.What(row["kind"], row["name"])), **{name: row[name] for name in names})
