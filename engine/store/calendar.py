"""What sources announce on the calendar, and which business days close by it."""

from datetime import date
from typing import Any

from asyncpg.pgproto.pgproto import UUID

from engine.deciding import Claimed, Closing
from engine.intake import Intake, Unusable
from engine.registry import Registry
from engine.store.sql import statement
from schemas.events import BusinessDayClosed
from schemas.message import SOURCE


async def announced(session: Any, claimed: Claimed, registry: Registry) -> Claimed:
    """Takes the announcements of a slice. What closes by them is in `closes`; what comes too late is unusable."""
    closes: list[Closing] = []
    refused: list[Unusable] = []
    for intake in claimed.intakes:
        why = await _refused(session, intake)
        if why is None:
            closes += await _closes(session, intake, registry)
        else:
            refused.append(Unusable(intake.record, "day-already-closed", why, remembered=True))
    return claimed._replace(intakes=[], unusable=[*claimed.unusable, *refused], closes=closes)


async def _refused(session: Any, intake: Intake) -> str | None:
    """Remembers an announcement, or says why it is none."""
    days, source = _event(intake).data, intake.event.source
    closed = await session.fetchval(statement("last_closed_day"), intake.bank)
    if closed is not None and days.through <= closed:
        return f"{intake.bank} is closed through {closed}"
    row = intake.bank, days.business_date, source, days.through, UUID(intake.key), days.reason
    new = await session.fetchval(statement("add_announcement"), *row)
    return None if new else f"{source} has announced {days.business_date} before"


async def _closes(session: Any, intake: Intake, registry: Registry) -> list[Closing]:
    """Days that close now, the earliest first: all up to the newest that every source announced or an operator closes.

    A source that announces a day has sent what it has for the days before as well.
    """
    waited_for = announcing(registry, intake.bank)
    days = await session.fetch(statement("open_days"), intake.bank, SOURCE)
    ready = [day for day in days if day["forced"] or (waited_for and waited_for <= set(day["sources"]))]
    if not ready:
        return []
    last = ready[-1]["business_date"]
    closed: date | None = await session.fetchval(statement("last_closed_day"), intake.bank)
    closes: list[Closing] = []
    for day in days:
        if day["business_date"] <= last and (closed is None or day["through"] > closed):
            closed = day["through"]
            closes.append(Closing(intake.bank, day["business_date"], closed, day["reason"], intake.program))
            await session.execute(statement("add_day_close"), *closes[-1][:4])
    return closes


def announcing(registry: Registry, bank: str) -> set[str]:
    """The sources whose announcements a bank's days wait for: those registered to announce."""
    kind = BusinessDayClosed.model_fields["type"].default
    return {name for name, source in registry.sources.items() if source.bank == bank and kind in source.types}


def _event(intake: Intake) -> BusinessDayClosed:
    if not isinstance(intake.event, BusinessDayClosed):
        raise TypeError(f"{intake.event.type} on the calendar")
    return intake.event
