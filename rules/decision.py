"""The rows that a decision is. Each kind goes to one table by one statement; none is a command to interpret."""

from datetime import date, datetime
from typing import Literal, NamedTuple

from rules.member import Member

PostingKind = Literal["base", "bonus", "multiplier"]
RefusalReason = Literal["member-unknown", "member-closed", "currency-without-rate", "reversal-not-decided-yet",
                        "merge-not-decided-yet", "close-not-decided-yet", "points-out-of-range"]  # fmt: skip


class Posting(NamedTuple):
    """A signed movement of points.

    `desired_points` is rounding(basis × rate_numerator ÷ rate_denominator + carried), before caps; `capped_by` names
    the cap that left `points` of them. `basis` is minor units, full steps or 1.
    """

    posting_id: bytes
    bank: str
    member_id: str
    member_version: int
    event_key: bytes
    rule_id: str
    kind: PostingKind
    program_hash: bytes
    semantics: int
    point_type: str
    points: int
    desired_points: int
    capped_by: str | None
    basis: int
    rate_numerator: int
    rate_denominator: int
    carried: str | None
    rounding: str
    event_day: date
    business_date: date
    occurred_at: datetime
    expires_on: date | None
    restriction: str | None
    mcc: str | None
    balance_after: int


class TierChange(NamedTuple):
    """`from_tier` is None at the first tier a member ever has."""

    bank: str
    member_id: str
    member_version: int
    event_key: bytes
    from_tier: str | None
    to_tier: str
    reason: str
    event_day: date
    occurred_at: datetime
    program_hash: bytes


class Grant(NamedTuple):
    """`units` is None for a benefit without limit. Valid in [valid_from, valid_until)."""

    grant_id: bytes
    bank: str
    member_id: str
    member_version: int
    event_key: bytes
    benefit_id: str
    network: str
    units: int | None
    period: str
    valid_from: date
    valid_until: date
    tier: str
    value_ceiling_minor: int | None
    discount_percent: int | None
    program_hash: bytes
    occurred_at: datetime


class BalanceDay(NamedTuple):
    """What an account held at the end of a business date, as reported; the highest sequence of the day stands."""

    bank: str
    account: str
    business_date: date
    member_id: str
    product: str
    currency: str
    balance_minor: int
    sequence: int
    event_key: bytes


class Refusal(NamedTuple):
    """An event that was understood and moved nothing, with the reason that its sender is told."""

    bank: str
    member_id: str
    event_key: bytes
    reason: RefusalReason
    detail: str


class Decision(NamedTuple):
    """`budget_used` says how much of each budget's room (its own units) the postings took."""

    member: Member
    postings: list[Posting]
    tier_changes: list[TierChange]
    grants: list[Grant]
    balance_days: list[BalanceDay]
    refusal: Refusal | None
    budget_used: dict[str, int]
