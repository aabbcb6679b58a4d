"""What merchants are told of grants and redemptions: nothing about the person, not even the pseudonym."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from schemas.fields import Day, Id, Instant, Payload, Slug
from schemas.money import Amount, Currency

Count = Annotated[int, Field(ge=0, lt=2**63)]
FirstDayNotValid = Annotated[Day, Field(description="The first day not valid.")]


class Grant(Payload):
    """All that a merchant needs and nothing about the person: not even the pseudonym."""

    bank: Id
    network: Slug
    grant_id: UUID
    benefit: Slug
    units: Annotated[int | None, Field(ge=1, description="Absent: unlimited.")] = None
    valid_from: Day
    valid_until: FirstDayNotValid
    value_ceiling_minor: Annotated[Amount | None, Field(description="Per use.")] = None
    currency: Currency | None = None
    discount_percent: Annotated[int | None, Field(ge=1, le=100)] = None
    region: Id | None = None
    regions: Annotated[tuple[str, ...] | None, Field(description="Where alone it is good.")] = None
    companions_at_most: Annotated[int | None, Field(ge=1, description="Each takes a unit more.")] = None
    excess_points: Annotated[int | None, Field(ge=1, description="What is above the ceiling costs so many")] = None
    excess_per_minor: Annotated[int | None, Field(ge=1, description="for so many minor units.")] = None
    price_needed: Annotated[bool | None, Field(description="A redemption has to tell the price.")] = None


class GrantRevocation(Payload):
    """A grant, or so many units of it, that is no longer to be redeemed."""

    bank: Id
    network: Slug
    grant_id: UUID
    units: Annotated[int | None, Field(ge=1, description="Absent: all that is left.")] = None
    reason: Slug


class RedemptionResult(Payload):
    """The state a redemption has come to; `refusal` says why when it is refused."""

    bank: Id
    merchant: Id
    merchant_ref: Annotated[str, Field(min_length=1, max_length=128)]
    redemption_id: UUID
    network: Slug | None = None
    state: Literal["held", "captured", "voided", "lapsed", "reversed", "refused"]
    grant_id: UUID | None = None
    benefit: Slug | None = None
    units: Count | None = None
    points: Annotated[Count | None, Field(description="Held, or captured.")] = None
    returned_points: Annotated[Count | None, Field(description="Given back so far.")] = None
    expired_points: Annotated[Count | None, Field(description="Of these, past their day when they came back.")] = None
    payable_minor: Annotated[Amount | None, Field(description="What the customer pays in money.")] = None
    currency: Currency | None = None
    lapses_at: Annotated[Instant | None, Field(description="Of a hold.")] = None
    refusal: Slug | None = None
    detail: Annotated[str | None, Field(max_length=1024)] = None
