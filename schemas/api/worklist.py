"""What customers are told of their own accord, and what managers are given to do."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from schemas.api.given import given
from schemas.api.members import Cursor, Points
from schemas.fields import Day, Id, Instant, MemberId, Payload, Slug

WorkState = Literal["open", "snoozed", "done"]


def _example(**example: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class Preferences(Payload):
    """What a customer wants to be told; nothing where nothing was chosen."""

    model_config = _example(balance_changed=True, expiring_days=30, tier_will_change=True)

    balance_changed: Annotated[bool, Field(description="Of each posting; they come on loyalty.postings.")] = False
    expiring_days: Annotated[
        int | None, Field(ge=1, le=366, description="So many days before points expire; absent: not at all.")
    ] = None
    tier_will_change: bool = False


class Notice(Payload):
    """What there is to tell on this day, by what was chosen."""

    kind: Literal["points-expiring", "tier-will-change"]
    text: str
    on: Annotated[Day | None, Field(description="The first of the points expire, or the tier is reviewed.")] = None
    point_type: Slug | None = None
    points: Points | None = None
    tier: Slug | None = None


class Notifications(Payload):
    preferences: Preferences
    notices: tuple[Notice, ...]


class Work(Payload):
    """What was done about a signal, and by whom. Snoozed until a day it is open again on that day."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"state": "snoozed", "until": "2026-11-02", "person": "mgr-7"}],
            "if": {"properties": {"state": {"const": "snoozed"}}},
            "then": given("until"),
            "else": given(without=("until",)),
        }
    )

    state: WorkState
    until: Day | None = None
    person: Annotated[Id, Field(description="The bank's id of whoever did it.")]

    @model_validator(mode="after")
    def _is_snoozed_until_a_day(self) -> Self:
        if (self.state == "snoozed") != (self.until is not None):
            raise ValueError("until is given exactly where the signal is snoozed")
        return self


class Signal(Payload):
    """A prompt for a relationship manager, and how it stands."""

    signal_id: UUID
    member_id: MemberId
    signal: Slug
    subject: Annotated[str | None, Field(description="Which of several things it is about.")] = None
    priority: Literal["low", "normal", "high"]
    manager: Id
    deputy: Id | None = None
    day: Day
    due_on: Day | None = None
    amount_minor: int | None = None
    currency: str
    occurred_at: Instant
    state: WorkState
    until: Day | None = None
    person: Annotated[Id | None, Field(description="Who put it into this state.")] = None
    changed_at: Instant | None = None


class Signals(Payload):
    """The newest first."""

    items: tuple[Signal, ...]
    next: Cursor = None
