"""Every event the engine accepts. `AnyEvent` is closed: a `match` over it ends in `assert_never`."""

from typing import Final, get_args

from schemas.event import Event
from schemas.events.calendar import BusinessDayClosed, DayMarker
from schemas.events.cards import CardPurchased, CardRefunded
from schemas.events.deposits import (
    DepositBalanceChanged,
    TermDepositMatured,
    TermDepositOpened,
    TermDepositWithdrawnEarly,
)
from schemas.events.insurance import (
    InsuranceCoolingOffPassed,
    InsuranceEnded,
    InsurancePremiumPaid,
    InsuranceSurrendered,
    InsuranceValued,
)
from schemas.events.loans import LoanBalanceChanged, LoanDisbursed, LoanRepaid, LoanSettled
from schemas.events.members import (
    MemberClosed,
    MemberContacted,
    MemberEnrolled,
    MemberErased,
    MemberFrozen,
    MemberMerged,
    MemberUnfrozen,
    MemberUpdated,
    TierAssigned,
)
from schemas.events.merges import EventForwarded, MemberAbsorbed, MemberUnmerged
from schemas.events.others import (
    AccountOwnerChanged,
    BillPaid,
    ChannelActivated,
    PayrollCredited,
    ReferralCompleted,
    ReferralWelcomed,
    TaskCompleted,
    TransactionReversed,
)
from schemas.events.points import PointsAdjusted, PointsExtended, PointsImported, PointsReinstated
from schemas.events.redemptions import (
    BenefitConversionRequested,
    BenefitPurchaseRequested,
    CaptureRequested,
    HoldRequested,
    HoldsLapsed,
    RedemptionRequested,
    ReversalRequested,
    VoidRequested,
)
from schemas.events.uploads import RedemptionUploaded
from schemas.events.wealth import WealthMatured, WealthRedeemed, WealthSubscribed, WealthValued

AnyEvent = (
    DepositBalanceChanged
    | TermDepositOpened
    | TermDepositMatured
    | TermDepositWithdrawnEarly
    | WealthSubscribed
    | WealthRedeemed
    | WealthMatured
    | WealthValued
    | InsurancePremiumPaid
    | InsuranceCoolingOffPassed
    | InsuranceValued
    | InsuranceSurrendered
    | InsuranceEnded
    | LoanDisbursed
    | LoanRepaid
    | LoanBalanceChanged
    | LoanSettled
    | CardPurchased
    | CardRefunded
    | PayrollCredited
    | BillPaid
    | ChannelActivated
    | TaskCompleted
    | ReferralCompleted
    | ReferralWelcomed
    | AccountOwnerChanged
    | TransactionReversed
    | MemberEnrolled
    | MemberUpdated
    | MemberMerged
    | MemberAbsorbed
    | EventForwarded
    | MemberUnmerged
    | MemberClosed
    | MemberErased
    | MemberFrozen
    | MemberUnfrozen
    | PointsAdjusted
    | PointsReinstated
    | PointsExtended
    | PointsImported
    | HoldRequested
    | CaptureRequested
    | VoidRequested
    | RedemptionRequested
    | ReversalRequested
    | HoldsLapsed
    | BenefitPurchaseRequested
    | BenefitConversionRequested
    | MemberContacted
    | TierAssigned
    | RedemptionUploaded
    | BusinessDayClosed
    | DayMarker
)

MODELS: Final[dict[str, type[AnyEvent]]] = {model.model_fields["type"].default: model for model in get_args(AnyEvent)}
"""The `type` on the wire to its class, in the order of the areas."""

ENGINES_OWN: Final = frozenset(
    {"day.marked.v1", "member.absorbed.v1", "event.forwarded.v1", "redemption.holds-lapsed.v1", "referral.welcomed.v1"}
)
"""What only the engine says, to itself."""

__all__ = [
    "ENGINES_OWN",
    "MODELS",
    "AccountOwnerChanged",
    "AnyEvent",
    "BenefitConversionRequested",
    "BenefitPurchaseRequested",
    "BillPaid",
    "BusinessDayClosed",
    "CaptureRequested",
    "CardPurchased",
    "CardRefunded",
    "ChannelActivated",
    "DayMarker",
    "DepositBalanceChanged",
    "Event",
    "EventForwarded",
    "HoldRequested",
    "HoldsLapsed",
    "InsuranceCoolingOffPassed",
    "InsuranceEnded",
    "InsurancePremiumPaid",
    "InsuranceSurrendered",
    "InsuranceValued",
    "LoanBalanceChanged",
    "LoanDisbursed",
    "LoanRepaid",
    "LoanSettled",
    "MemberAbsorbed",
    "MemberClosed",
    "MemberContacted",
    "MemberEnrolled",
    "MemberErased",
    "MemberFrozen",
    "MemberMerged",
    "MemberUnfrozen",
    "MemberUnmerged",
    "MemberUpdated",
    "PayrollCredited",
    "PointsAdjusted",
    "PointsExtended",
    "PointsImported",
    "PointsReinstated",
    "RedemptionRequested",
    "RedemptionUploaded",
    "ReferralCompleted",
    "ReferralWelcomed",
    "ReversalRequested",
    "TaskCompleted",
    "TermDepositMatured",
    "TermDepositOpened",
    "TermDepositWithdrawnEarly",
    "TierAssigned",
    "TransactionReversed",
    "VoidRequested",
    "WealthMatured",
    "WealthRedeemed",
    "WealthSubscribed",
    "WealthValued",
]
