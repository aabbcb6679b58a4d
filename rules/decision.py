"""The rows that a decision is. Each kind goes to one table by one statement; none is a command to interpret."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

from rules.member import Member
from rules.spending.vouchers import Redemption
from schemas.events import AccountOwnerChanged, EventForwarded, MemberAbsorbed, ReferralWelcomed
from schemas.events.merges import Forwarding

PostingKind = Literal[
    "base", "bonus", "multiplier", "period",
    "expired", "reversed", "redeemed", "returned", "adjusted", "opening", "merged",
]  # fmt: skip
"""The first three are earned by an event and `period` at a close; the others move what was earned."""
RefusalReason = Literal[
    "member-unknown", "member-closed", "member-provisional", "currency-without-rate",
    "merge-not-possible", "member-has-holds", "member-frozen", "member-not-frozen",
    "day-already-closed", "points-out-of-range", "adjustment-not-allowed",
    "import-not-allowed", "not-enough-points", "points-restricted", "points-not-spendable",
    "suspended", "too-many-holds", "unknown-redemption", "reference-used", "already-captured", "already-voided",
    "already-lapsed", "already-reversed", "not-captured-yet", "more-than-held", "more-than-captured",
    "too-late-to-reverse", "reversed-already", "refund-without-original", "unmatched-original",
    "tier-not-assigned", "unknown-benefit", "wrong-network", "wrong-region", "gate-not-met",
    "too-many-companions", "too-soon", "benefit-not-granted", "benefit-not-valid-today", "benefit-used-up",
    "amount-needed", "points-not-taken", "not-for-sale", "not-convertible", "closed-period", "self-referral",
    "too-many-this-hour", "too-many-today",
]  # fmt: skip
TierReason = Literal["first-seen", "earned", "review", "manual", "reversed", "new-version", "merged"]

RevocationReason = Literal["downgraded", "converted"]
Why = tuple[RefusalReason, str]
"""Why an event moves nothing: one word, and a sentence that says what would."""
ToMember = AccountOwnerChanged | EventForwarded | MemberAbsorbed | ReferralWelcomed
"""What one member's decision says to another, as an event of the engine's own."""


class Posting(NamedTuple):
    """A signed movement of points. One above zero is a lot: points with one expiry and one origin.

    `desired_points` is rounding(basis × rate_numerator ÷ rate_denominator + carried), before caps; `capped_by` names
    the cap that left `points` of them. `basis` is minor units, full steps or 1; of what is taken, the points.
    `amount_minor` is the money that the event told. `awaits` and `releases_on` say what makes a pending lot available:
    the event `type:thing` or the first day. `reverses` is the posting taken back, `period` the closed one that an
    adjustment is for; `part` numbers the lots that one rule gives of one event. `thing` is the policy, account, holding
    or loan that it was given for, where a later event about the same may release it or take it back. One that came by
    a merge has `event_key` and `occurred_at` of the event that earned it, at the member that merged.
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
    amount_minor: int | None = None
    releases_on: date | None = None
    awaits: str | None = None
    reverses: bytes | None = None
    period: str | None = None
    exchange_rate: str | None = None
    part: int = 0
    thing: str | None = None


class Allocation(NamedTuple):
    """Points of a lot that a debit took; below zero what was given back to the lot.

    `debit_id` is the posting that took or gave them; a lot's own id when it filled what the member owed, or when the
    points it was posted with went back to the lots that they came from.
    """

    bank: str
    member_id: str
    member_version: int
    debit_id: bytes
    lot_id: bytes
    points: int


class Release(NamedTuple):
    """A pending lot became available on `released_on`; `expires_on` is the lot's from then on."""

    bank: str
    member_id: str
    member_version: int
    event_key: bytes
    lot_id: bytes
    points: int
    released_on: date
    expires_on: date | None


class TierChange(NamedTuple):
    """`from_tier` is None at the first tier a member ever has; one given by hand again may be the same.

    `valid_until` is the first day on which a review may take the tier; `note` and who wanted it are of one by hand.
    """

    bank: str
    member_id: str
    member_version: int
    event_key: bytes
    from_tier: str | None
    to_tier: str
    reason: TierReason
    event_day: date
    occurred_at: datetime
    program_hash: bytes
    valid_until: date | None = None
    note: str | None = None
    requested_by: str | None = None
    approved_by: str | None = None


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


class Revocation(NamedTuple):
    """So many units of a grant may no longer be used; None: none of one that was without limit."""

    grant_id: bytes
    bank: str
    member_id: str
    member_version: int
    event_key: bytes
    benefit_id: str
    network: str
    units: int | None
    reason: RevocationReason
    occurred_at: datetime


class Denial(NamedTuple):
    """Why a request moves nothing."""

    reason: RefusalReason
    detail: str


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


class Signal(NamedTuple):
    """A prompt for the relationship manager, about `subject` where one of several things is meant.

    `due_on` is the day ahead that it is about, or by which it should be looked at.
    """

    signal_id: bytes
    bank: str
    member_id: str
    member_version: int
    event_key: bytes
    signal: str
    subject: str | None
    priority: Literal["low", "normal", "high"]
    manager: str | None
    deputy: str | None
    due_on: date | None
    amount_minor: int | None
    currency: str
    event_day: date
    business_date: date
    occurred_at: datetime
    program_hash: bytes


class Refusal(NamedTuple):
    """An event that was understood and moved nothing, with the reason that its sender is told."""

    bank: str
    member_id: str
    member_version: int
    event_key: bytes
    reason: RefusalReason
    detail: str


def as_kept(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """Postings of one member in the order of the ledger's key, which does not tell in which order they were decided."""
    return tuple(sorted(postings, key=lambda p: (p.member_version, p.rule_id, p.point_type, p.part)))


@dataclass(slots=True, init=False)
class Decision:
    """The rows, and the member as it becomes. It grows while it is decided and is never changed after.

    Nearly all events bring postings, and some many allocations and releases. Of the other kinds of rows most bring
    none, so nothing is set up for those: they are replaced when one comes.

    `reviews` are earlier events that a close leaves to a person, `sent` events that concern other members, for them to
    decide on. `budget_used` says how much of each budget's room (its own units) the postings took.
    """

    member: Member
    postings: list[Posting]
    allocations: list[Allocation]
    releases: list[Release]
    tier_changes: tuple[TierChange, ...]
    grants: tuple[Grant, ...]
    balance_days: tuple[BalanceDay, ...]
    revocations: tuple[Revocation, ...]
    redemptions: tuple[Redemption, ...]
    reviews: tuple[Refusal, ...]
    sent: tuple[ToMember, ...]
    signals: tuple[Signal, ...]
    refusal: Refusal | None
    budget_used: dict[str, int]
    passed: Forwarding | None

    def __init__(self, member: Member) -> None:
        """On nothing decided yet. Default factories would take twice as long, and every event begins here."""
        self.member = member
        self.postings, self.allocations, self.releases = [], [], []
        self.tier_changes = self.grants = self.balance_days = self.revocations = ()
        self.redemptions = self.reviews = self.sent = self.signals = ()
        self.refusal = self.passed = None
        self.budget_used = {}

    @property
    def refusals(self) -> Sequence[Refusal]:
        """The refusal of the event itself, else those of events that a close leaves to a person."""
        return (self.refusal,) if self.refusal else self.reviews

    def leave_to_a_person(self, key: bytes, reason: RefusalReason, detail: str) -> None:
        """Of an event that came earlier and was not refused then."""
        member = self.member
        self.reviews += (Refusal(member.bank, member.member_id, member.version, key, reason, detail),)


def begun(member: Member) -> Decision:
    """A decision on the member's next version."""
    after = member.draft()
    after.version += 1
    return Decision(after)
