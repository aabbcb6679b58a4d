"""What the engine says: CloudEvents whose `id` stays the same however often they are sent."""

from typing import Annotated, ClassVar, Final, Literal, get_args
from uuid import UUID

from pydantic import Field

from schemas.fields import Day, EventId, Id, Instant, MemberId, Payload, Slug, Source
from schemas.merchants import Count, FirstDayNotValid, Grant, GrantRevocation, RedemptionResult
from schemas.message import Message
from schemas.money import Amount, Currency
from schemas.octets import Octets
from schemas.reasons import Reason
from schemas.topics import (
    ATTESTATIONS,
    DEAD_LETTERS,
    GRANTS,
    POSTINGS,
    REDEMPTION_RESULTS,
    SETTLEMENTS,
    SIGNALS,
    TIERS,
    Topic,
)

Points = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{32,128}$", description="Hexadecimal.")]
Semantics = Annotated[int, Field(ge=1, description="The rules' meaning in code, by its number.")]


class OfMember(Payload):
    """Whose, and which state of theirs this message leads to; consumers order and deduplicate by the version."""

    bank: Id
    member_id: MemberId
    member_version: Count


class Posting(OfMember):
    """A movement of points with all that explains its size."""

    posting_id: UUID
    kind: Annotated[Slug, Field(description="Such as earned, released, redeemed, expired, reversed, adjusted.")]
    event_source: Source
    event_id: EventId
    rule_id: Slug | None = None
    program_hash: Digest
    semantics: Semantics
    point_type: Slug
    points: Annotated[Points, Field(description="Signed: what was posted.")]
    desired_points: Annotated[Points, Field(description="What the rule gave before caps.")]
    capped_by: Annotated[str | None, Field(max_length=128, description="The cap that cut it.")] = None
    basis: Annotated[int | None, Field(description="What the rate was applied to: minor units or a count.")] = None
    rate_numerator: int | None = None
    rate_denominator: Annotated[int | None, Field(ge=1)] = None
    rounding: Slug | None = None
    business_date: Day
    event_day: Annotated[Day, Field(description="Of the cause, in the program's zone.")]
    occurred_at: Instant
    expires_on: FirstDayNotValid | None = None
    restriction: Slug | None = None
    balance_after: Annotated[Points, Field(description="Available, of this point type.")]


class TierChange(OfMember):
    """From one tier to another. `from_tier` is absent for the first."""

    from_tier: Slug | None = None
    to_tier: Slug
    reason: Annotated[
        Slug, Field(description="Such as first-seen, earned, review, manual, reversed, new-version, merged.")
    ]
    event_source: Source
    event_id: EventId
    program_hash: Digest
    semantics: Semantics
    business_date: Day
    event_day: Day
    occurred_at: Instant
    valid_until: Annotated[Day | None, Field(description="The first day on which a review may take it.")] = None
    note: Annotated[Slug | None, Field(description="Why it was given by hand.")] = None
    requested_by: Id | None = None
    approved_by: Id | None = None


class Refusal(OfMember):
    """An event that was understood and moved nothing, and why."""

    event_source: Source
    event_id: EventId
    reason: Slug
    detail: Annotated[str, Field(max_length=1024)]
    business_date: Day


class Prompt(OfMember):
    """What the relationship manager should know."""

    signal_id: UUID
    signal: Slug
    subject: Annotated[Id | None, Field(description="The account, point type or tier that it is about.")] = None
    priority: Literal["low", "normal", "high"]
    manager: Id | None = None
    deputy: Id | None = None
    due_on: Annotated[Day | None, Field(description="The day it is about, when that is ahead.")] = None
    amount_minor: Amount | None = None
    currency: Currency | None = None
    business_date: Day


class SettlementTotals(Payload):
    """One settlement file of one merchant; numbers have no gaps."""

    bank: Id
    merchant: Id
    number: Annotated[int, Field(ge=1)]
    business_date: Day
    redemptions: Count
    reversals: Count
    amount_minor: Annotated[int, Field(description="Owed to the merchant; negative when reversals outweigh.")]
    currency: Currency
    digest: Digest


class ChainHead(Payload):
    """The newest link of one lane of the journal."""

    lane: Annotated[str, Field(min_length=1, max_length=128)]
    sequence: Count
    digest: Digest


class TrailHead(Payload):
    """The newest link of the trail of what people did."""

    sequence: Count
    digest: Digest


class DeadLetterHeader(Payload):
    """A header of the record."""

    name: str
    value: Octets


class UnusableRecord(Payload):
    """The record as it came, but for masked card numbers; the digest is of the original value, whole."""

    topic: str
    partition: Count
    offset: Count
    timestamp_ms: int
    key: Octets | None = None
    value: Octets | None = None
    headers: tuple[DeadLetterHeader, ...] = ()
    digest: Digest
    reason: Annotated[Reason, Field(json_schema_extra={"x-open": True})]
    detail: Annotated[str, Field(max_length=4096)]
    truncated: Annotated[
        bool | None, Field(description="Key, value or headers are longer than any event's and are cut.")
    ] = None


class PostingRecorded(Message):
    """Points moved."""

    topic: ClassVar[Topic] = POSTINGS
    type: Literal["posting.recorded.v1"] = "posting.recorded.v1"
    data: Posting


class EventRefused(Message):
    """An event moved nothing."""

    topic: ClassVar[Topic] = POSTINGS
    type: Literal["event.refused.v1"] = "event.refused.v1"
    data: Refusal


class TierChanged(Message):
    """A member's tier changed."""

    topic: ClassVar[Topic] = TIERS
    type: Literal["tier.changed.v1"] = "tier.changed.v1"
    data: TierChange


class GrantIssued(Message):
    """A benefit may be redeemed."""

    topic: ClassVar[Topic] = GRANTS
    type: Literal["grant.issued.v1"] = "grant.issued.v1"
    data: Grant


class GrantRevoked(Message):
    """A benefit may no longer be redeemed."""

    topic: ClassVar[Topic] = GRANTS
    type: Literal["grant.revoked.v1"] = "grant.revoked.v1"
    data: GrantRevocation


class RedemptionDecided(Message):
    """A redemption changed its state."""

    topic: ClassVar[Topic] = REDEMPTION_RESULTS
    type: Literal["redemption.decided.v1"] = "redemption.decided.v1"
    data: RedemptionResult


class SignalRaised(Message):
    """The relationship manager is prompted."""

    topic: ClassVar[Topic] = SIGNALS
    type: Literal["signal.raised.v1"] = "signal.raised.v1"
    data: Prompt


class SettlementClosed(Message):
    """A settlement file was closed."""

    topic: ClassVar[Topic] = SETTLEMENTS
    type: Literal["settlement.closed.v1"] = "settlement.closed.v1"
    data: SettlementTotals


class Attestation(Message):
    """A chain's head was published."""

    topic: ClassVar[Topic] = ATTESTATIONS
    type: Literal["journal.attested.v1"] = "journal.attested.v1"
    data: ChainHead


class TrailAttestation(Message):
    """The audit trail's head was published."""

    topic: ClassVar[Topic] = ATTESTATIONS
    type: Literal["trail.attested.v1"] = "trail.attested.v1"
    data: TrailHead


class DeadLetter(Message):
    """A record could not be used."""

    topic: ClassVar[Topic] = DEAD_LETTERS
    type: Literal["dead-letter.filed.v1"] = "dead-letter.filed.v1"
    data: UnusableRecord


AnyMessage = (
    PostingRecorded
    | EventRefused
    | TierChanged
    | GrantIssued
    | GrantRevoked
    | RedemptionDecided
    | SignalRaised
    | SettlementClosed
    | Attestation
    | TrailAttestation
    | DeadLetter
)

MESSAGES: Final[dict[str, type[AnyMessage]]] = {
    model.model_fields["type"].default: model for model in get_args(AnyMessage)
}
"""The `type` on the wire to its class."""
