"""Records that could not be used, as the bank's people look through them and send them again."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from schemas.api.members import Cursor
from schemas.fields import Instant, Payload, tuple_of_list
from schemas.reasons import Reason

PATTERN = r"^[A-Za-z0-9._-]{1,200}:[0-9]{1,4}:[0-9]{1,5}:[0-9]{1,18}$"
EXAMPLE = "loyalty.events:1:3:1205"
Letter = Annotated[
    str,
    Field(
        pattern=PATTERN, description="TOPIC:GENERATION:PARTITION:OFFSET.", examples=[EXAMPLE],
    ),
]  # fmt: skip
Input = Literal["events", "calendar", "redemptions"]


def _example(**example: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class DeadLetter(Payload):
    """A record that could not be used, and why."""

    letter: Letter
    reason: Reason
    detail: str
    recorded_at: Instant
    retried_at: Annotated[Instant | None, Field(description="When it was sent again.")] = None


class DeadLetters(Payload):
    """The newest first."""

    items: tuple[DeadLetter, ...]
    next: Cursor = None


class RecordHeader(Payload):
    name: str
    value: str


class DeadLetterWhole(DeadLetter):
    """With its record, as text; what may be a card number is masked. Cleared with its member it has none."""

    says: Annotated[str, Field(description="What the reason means, and what would mend it.")]
    key: str | None = None
    value: str | None = None
    headers: tuple[RecordHeader, ...]
    sha256: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$", description="Of the original value.")] = None


class Retry(Payload):
    """Which are to be sent again."""

    model_config = _example(letters=[EXAMPLE])

    letters: Annotated[
        tuple[Letter, ...],
        Field(min_length=1, max_length=100),
        BeforeValidator(tuple_of_list),
    ]


class Left(Payload):
    letter: Letter
    because: str


class Retried(Payload):
    """What was sent again, and what was left and why."""

    sent: tuple[Letter, ...]
    left: tuple[Left, ...]
