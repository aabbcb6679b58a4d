"""A day marker's close in its partition, in chunks. Each claims the marker's position; only the last one passes it."""

from dataclasses import replace
from typing import Any

from engine.deciding import Claimed
from engine.intake import Intake, Unusable
from engine.registry import Registry
from engine.store.sql import statement
from rules.close import takeover
from rules.program import Program
from schemas.events import DayMarker


async def due(session: Any, claimed: Claimed, registry: Registry, at_most: int) -> Claimed:
    """The members to whom the close brings something, at most so many, each as an intake of the marker.

    A marker of days that are closed is a repeat and passes; one that no close ordered is unusable.
    """
    if not claimed.intakes:
        return claimed
    [marker] = claimed.intakes
    event = marker.event
    if not isinstance(event, DayMarker):
        raise TypeError(f"{event.type} marks no day")
    lane, days, closed = claimed.slice.lane, event.data, claimed.closed.get(marker.bank)
    if closed is not None and days.through <= closed:
        return claimed._replace(intakes=[])
    if not await session.fetchval(statement("close_ordered"), marker.bank, days.business_date, days.through):
        detail = f"{marker.bank} has not closed {days.business_date} through {days.through}"
        return claimed._replace(intakes=[], unusable=[Unusable(marker.record, "unauthorised-source", detail)])
    programs = registry.programs[marker.bank]
    eve = takeover(programs, closed, days)
    name, day = ("due_members", days.through) if eve is None else ("taken_over_members", eve)
    found = await session.fetch(statement(name), marker.bank, lane.partition, day, at_most)
    intakes = [_turn(marker, event, row["member_id"], programs.on(row["due_on"])) for row in found]
    one = claimed.slice if len(found) < at_most else replace(claimed.slice, next=claimed.slice.asked)
    closed_after = {**claimed.closed, marker.bank: days.through}
    return claimed._replace(slice=one, intakes=intakes, closed=closed_after, marker=marker, eve=eve)


def _turn(marker: Intake, event: DayMarker, member_id: str, program: Program) -> Intake:
    """The marker as it concerns one member."""
    record = marker.record._replace(key=f"{marker.bank}/{member_id}".encode())
    return marker._replace(record=record, event=event.model_copy(update={"subject": member_id}), program=program)
