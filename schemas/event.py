"""The CloudEvents 1.0.2 envelope that every event shares."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.fields import Day, EventId, Instant, MemberId, Source
from schemas.topics import EVENTS, Topic

SPECVERSION: Literal["1.0"] = "1.0"
SEQUENCE_MAX = 10**14 - 1


class Event(BaseModel):
    """`(source, id)` names the event for ever; `subject` is the member it is about.

    Attributes have this code's names, the wire has CloudEvents' (`time`, `businessdate`). Each kind of event adds its
    `type` and its `data`.
    """

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )

    topic: ClassVar[Topic] = EVENTS
    """Where it is sent; it is refused elsewhere."""

    specversion: Literal["1.0"] = SPECVERSION
    id: EventId
    source: Source
    subject: Annotated[MemberId, Field(description="The member, by pseudonym.")]
    occurred_at: Annotated[
        Instant, Field(validation_alias="time", serialization_alias="time", description="When it happened.")
    ]
    business_date: Annotated[
        Day | None,
        Field(
            validation_alias="businessdate",
            serialization_alias="businessdate",
            description="The source's business day; absent: the day of `time` in the program's zone.",
        ),
    ] = None
    sequence: Annotated[
        int | None, Field(ge=0, le=SEQUENCE_MAX, description="Order within the account, where a day has several.")
    ] = None
    datacontenttype: Literal["application/json"] | None = None
    dataschema: Annotated[str | None, Field(min_length=1, max_length=512, pattern=r"^[!-~]+$")] = None
    traceparent: Annotated[str | None, Field(max_length=64, pattern=r"^[0-9a-f-]+$")] = None
    tracestate: Annotated[str | None, Field(max_length=512, pattern=r"^[ -~]*$")] = None
