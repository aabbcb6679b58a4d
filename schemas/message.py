"""The CloudEvents 1.0.2 envelope of what the engine sends."""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.event import SPECVERSION
from schemas.fields import EventId, Instant, Source
from schemas.topics import Topic

SOURCE: Final = "urn:points-engine"
"""Who speaks in what the engine says, to others and to itself. No bank's system may be registered by this name."""


class Message(BaseModel):
    """`id` is derived from the cause, so a message sent twice has it twice. `time` is the cause's, never a clock's."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )

    topic: ClassVar[Topic]

    specversion: Literal["1.0"] = SPECVERSION
    id: EventId
    source: Source
    subject: Annotated[str, Field(min_length=1, max_length=128, description="The key without its bank.")]
    occurred_at: Annotated[Instant, Field(validation_alias="time", serialization_alias="time")]
    datacontenttype: Literal["application/json"] = "application/json"

    def written(self) -> bytes:
        """The message in structured mode; what is absent is left out."""
        return self.model_dump_json(exclude_none=True).encode()
