"""What a bank has stopped for now: all redemptions, those of a network, of a merchant, or of a benefit."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from schemas.api.members import Cursor
from schemas.fields import Id, Instant, Payload, Slug

What = Annotated[
    str,
    Field(
        pattern=r"^(?:everything|(?:network|merchant|benefit)/[A-Za-z0-9._-]{1,64})$",
        description="everything, or network/…, merchant/… or benefit/… by its name.",
        examples=["merchant/wash-1"],
    ),
]


def _example(**example: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class NewStop(Payload):
    """What begins no redemption any more, and why; the reason is told to nobody outside the bank."""

    model_config = _example(what="merchant/wash-1", reason="codes-were-photographed")

    what: What
    reason: Slug


class Stop(Payload):
    """What is stopped, or was until it was resumed, by whom and why."""

    model_config = _example(
        what="merchant/wash-1", reason="codes-were-photographed", stopped_by="li-wei",
        stopped_at="2026-10-05T09:30:00+08:00",
    )  # fmt: skip

    what: What
    reason: str
    stopped_by: str
    stopped_at: Instant
    resumed_by: Annotated[Id | None, Field(description="Who approved that it goes on.")] = None
    resumed_at: Instant | None = None


class Stops(Payload):
    """The newest first."""

    items: tuple[Stop, ...]
    next: Cursor = None
