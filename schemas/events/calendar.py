"""Business days: what sources announce on `loyalty.calendar`, and the markers the engine sends in band."""

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from schemas.event import Event
from schemas.fields import Day, Payload
from schemas.topics import CALENDAR, Topic

CALENDAR_SUBJECT: Final = "calendar"
"""What such events name as their subject: the calendar of a bank, no member."""


class DayClose(Payload):
    """A business day, and the last calendar day that closes with it: weekends and holidays close too."""

    business_date: Day
    through: Annotated[Day, Field(description="Not before business_date.")]
    reason: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="Why an operator closed it without waiting for every source."),
    ] = None

    @model_validator(mode="after")
    def _closes_itself_at_least(self) -> Self:
        if self.through < self.business_date:
            raise ValueError("through must not lie before business_date")
        return self


class BusinessDayClosed(Event):
    """A source has sent all it has for a business day. The subject names its calendar, not a member."""

    topic: ClassVar[Topic] = CALENDAR
    type: Literal["business-day.closed.v1"] = "business-day.closed.v1"
    data: DayClose


class DayMarker(Event):
    """The engine's own marker: all that comes before it in its partition is decided before the day is closed."""

    type: Literal["day.marked.v1"] = "day.marked.v1"
    data: DayClose
