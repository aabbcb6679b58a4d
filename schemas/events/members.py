"""The member itself. No name, phone or identity number is ever carried."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.event import Event
from schemas.fields import Day, Id, MemberId, Payload, Slug, Slugs, together

LEAP_YEAR = 2000


class _Profile(Payload):
    """What programs may ask about a member. A birthday is a month and a day; its year is not the engine's to know."""

    model_config = together("birth_month", "birth_day")

    joined_on: Annotated[Day | None, Field(description="When the person became the bank's customer.")] = None
    birth_month: Annotated[int | None, Field(ge=1, le=12)] = None
    birth_day: Annotated[int | None, Field(ge=1, le=31)] = None
    branch: Id | None = None
    region: Id | None = None
    manager: Annotated[Id | None, Field(description="The relationship manager's pseudonym.")] = None
    deputy: Annotated[Id | None, Field(description="Who stands in for the manager.")] = None

    @model_validator(mode="after")
    def _has_a_real_birthday(self) -> Self:
        if (self.birth_month is None) != (self.birth_day is None):
            raise ValueError("birth_month and birth_day are given together or not at all")
        if self.birth_month is not None and self.birth_day is not None:
            try:
                date(LEAP_YEAR, self.birth_month, self.birth_day)
            except ValueError as error:
                raise ValueError("birth_month has no such birth_day") from error
        return self


class Enrolment(_Profile):
    """A new member's profile."""

    segments: Slugs = ()


class ProfileChange(_Profile):
    """What changed; what is absent stays. `segments` is the whole new set."""

    segments: Slugs | None = None


class MemberMerge(Payload):
    """The survivor; the event's subject ends in it."""

    into: MemberId


class MemberClosure(Payload):
    """Why a member left."""

    cause: Slug


class MemberErasure(Payload):
    """Which request asked for it."""

    request: Id


class TierAssignment(Payload):
    """A tier given by hand: who asked for it and who approved it are two people."""

    tier: Slug
    until: Annotated[Day, Field(description="The first day on which it is no longer locked.")]
    reason: Slug
    requested_by: Annotated[Id, Field(description="The maker's pseudonym.")]
    approved_by: Annotated[Id, Field(description="The checker's pseudonym.")]

    @model_validator(mode="after")
    def _has_four_eyes(self) -> Self:
        if self.requested_by == self.approved_by:
            raise ValueError("approved_by must be another person than requested_by")
        return self


class Freezing(Payload):
    """What a member may not do for now, why, and who says so."""

    freeze: Annotated[
        Literal["no-burn", "earn-only", "full"],
        Field(description="No points are spent; nor units of benefits used; nor is anything earned."),
    ]
    reason: Slug
    by: Annotated[Id, Field(description="Whose pseudonym.")]


class Unfreezing(Payload):
    """Why it may do everything again, and who says so."""

    reason: Slug
    by: Annotated[Id, Field(description="Whose pseudonym.")]


class ContactMade(Payload):
    """How the bank spoke with the member."""

    channel: Slug
    by: Annotated[Id | None, Field(description="Whose pseudonym; absent: nobody's in particular.")] = None


class MemberEnrolled(Event):
    """A person joined the program."""

    type: Literal["member.enrolled.v1"] = "member.enrolled.v1"
    data: Enrolment


class MemberUpdated(Event):
    """A member's profile changed."""

    type: Literal["member.updated.v1"] = "member.updated.v1"
    data: ProfileChange


class MemberMerged(Event):
    """Two members turned out to be one person."""

    type: Literal["member.merged.v1"] = "member.merged.v1"
    data: MemberMerge


class MemberClosed(Event):
    """A member left the program."""

    type: Literal["member.closed.v1"] = "member.closed.v1"
    data: MemberClosure


class MemberErased(Event):
    """A member's profile is to be erased."""

    type: Literal["member.erased.v1"] = "member.erased.v1"
    data: MemberErasure


class MemberFrozen(Event):
    """A member is looked into."""

    type: Literal["member.frozen.v1"] = "member.frozen.v1"
    data: Freezing


class MemberUnfrozen(Event):
    """Nothing is against the member any more."""

    type: Literal["member.unfrozen.v1"] = "member.unfrozen.v1"
    data: Unfreezing


class MemberContacted(Event):
    """Somebody of the bank spoke with the member."""

    type: Literal["member.contacted.v1"] = "member.contacted.v1"
    data: ContactMade


class TierAssigned(Event):
    """A tier was given by hand."""

    type: Literal["tier.assigned.v1"] = "tier.assigned.v1"
    data: TierAssignment
