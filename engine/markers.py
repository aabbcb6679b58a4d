"""The engine's own events: day markers, sent in band to every partition of the events' topic."""

from collections.abc import Iterator
from datetime import timedelta

from engine.deciding import Closing
from engine.intake import marker_id
from engine.messages import Said
from schemas.events import DayMarker
from schemas.events.calendar import CALENDAR_SUBJECT, DayClose
from schemas.message import SOURCE


def markers(closing: Closing, partitions: int) -> Iterator[Said]:
    """A day marker for every partition, of the first instant after the days that it closes."""
    key = f"{closing.bank}/{CALENDAR_SUBJECT}".encode()
    at = closing.program.morning(closing.through + timedelta(days=1)).local
    days = DayClose(business_date=closing.business_date, through=closing.through, reason=closing.reason)
    for partition in range(partitions):
        id_ = marker_id(closing.bank, closing.business_date, partition)
        marker = DayMarker(id=id_, source=SOURCE, subject=CALENDAR_SUBJECT, occurred_at=at, data=days)
        yield Said("events", partition, key, id_, marker.model_dump_json(exclude_none=True).encode())
