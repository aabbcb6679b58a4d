"""Channels and managers: what a customer wants to be told, and the signals that somebody has to see to."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query

from engine.api import cursor
from engine.api.asking import Channel
from engine.api.cursor import Paged
from engine.api.house import Shared
from engine.api.problems import Problem
from engine.api.viewing import Looking, View
from engine.store.past import open_lots
from engine.store.sql import statement
from rules.points.expiry import expiring_before
from rules.standing.progress import progress
from schemas.api import worklist as told
from schemas.fields import Id

routes = APIRouter(prefix="/v1", tags=["channels"])


@routes.get("/members/{member_id}/notifications", response_model_exclude_none=True)
async def notifications(looking: Looking) -> told.Notifications:
    """What the customer chose to be told, and what of it there is to tell today."""
    async with looking.opened() as view:
        row = await view.session.fetchrow(statement("view_notifications"), view.member.bank, view.member.member_id)
        chosen = told.Preferences() if row is None else told.Preferences(**dict(row))
        view.member.lots = await open_lots(view.session, view.member)
        return told.Notifications(preferences=chosen, notices=tuple(_notices(chosen, view)))


@routes.put("/members/{member_id}/notifications", response_model_exclude_none=True)
async def choose(body: told.Preferences, looking: Looking) -> told.Preferences:
    """What the customer wants to be told from now on."""
    async with looking.opened():
        pass
    caller = looking.caller
    chosen = body.balance_changed, body.expiring_days, body.tier_will_change
    await looking.house.pool.execute(
        statement("choose_notifications"), caller.bank, looking.member_id, *chosen, caller.principal
    )
    return body


def _notices(chosen: told.Preferences, view: View) -> list[told.Notice]:
    found: list[told.Notice] = []
    say, day = view.say, view.moment.day
    if chosen.expiring_days is not None:
        for one in expiring_before(view.member, view.program, day + timedelta(days=chosen.expiring_days + 1)):
            text = say("will-expire", points=say.points(one.points, one.point_type), day=say.last_day(one.from_day))
            found.append(told.Notice(kind="points-expiring", text=text, on=one.from_day, point_type=one.point_type,
                                     points=one.points))  # fmt: skip
    stands = progress(view.member, view.program, view.moment)
    if chosen.tier_will_change and stands.projected is not None and stands.projected != stands.tier:
        on = stands.falls_on or stands.rated_on
        text = say("tier-will-change", tier=say.name(stands.projected))
        found.append(told.Notice(kind="tier-will-change", text=text, on=on, tier=stands.projected))
    return found


@routes.get("/signals", response_model_exclude_none=True)
async def signals(
    caller: Channel, house: Shared, manager: Annotated[Id, Query(description="The bank's id of the manager.")],
    page: Paged, state: told.WorkState = "open",
) -> told.Signals:  # fmt: skip
    """A manager's worklist: signals of the customers in its care."""
    seen = cursor.read(page.since, datetime, UUID)
    programs = (await house.registries.newest()).programs.get(caller.bank)
    zone = str(programs.zone) if programs else "UTC"
    async with house.reading.session(caller) as session:
        found = await session.fetch(statement("view_signals"), caller.bank, manager, state, zone, *seen, page.asked)
    shown, more = page.cut(found, lambda last: [last["occurred_at"].isoformat(), str(last["signal_id"])])
    return told.Signals(items=tuple(map(_signal, shown)), next=more)


def _signal(row: Any) -> told.Signal:
    names = told.Signal.model_fields.keys() - {"signal_id", "day"}
    return told.Signal(
        signal_id=UUID(bytes=row["signal_id"].bytes), day=row["event_day"], **{name: row[name] for name in names}
    )


@routes.put("/signals/{signal_id}", status_code=204)
async def work(
    body: told.Work, caller: Channel, house: Shared,
    signal_id: Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")],
) -> None:  # fmt: skip
    """Say what was done about a signal: it is done, snoozed until a day, or open again. Who and when is kept."""
    row = caller.bank, UUID(signal_id), body.state, body.until, body.person, caller.principal
    if await house.pool.fetchval(statement("work_on_signal"), *row) is None:
        raise Problem("not-found", f"{caller.bank} has no such signal")
