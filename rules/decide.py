"""`decide`: what an event does to a member. Pure: the same arguments give the same rows, for ever."""

from dataclasses import replace
from typing import Final, assert_never

from rules.benefits import grants_due
from rules.caps import Caps
from rules.context import Context
from rules.counters import counted
from rules.decision import Decision, Grant, Refusal, RefusalReason, TierChange
from rules.earn import Cause, PointsOutOfRange, points_earned
from rules.holdings import balance_days, takes_holding
from rules.member import NO_PROFILE, Member
from rules.program import Program
from rules.tiers import score, tier_earned
from schemas import events as e
from schemas.events import AnyEvent

Why = tuple[RefusalReason, str]

_REVERSAL: Final[Why] = ("reversal-not-decided-yet", "kept in the journal until reversals are")
_MERGE: Final[Why] = ("merge-not-decided-yet", "kept in the journal until merges are")
_CLOSE: Final[Why] = ("close-not-decided-yet", "kept in the journal until day close is")


def decide(event: AnyEvent, key: bytes, member: Member, program: Program, context: Context) -> Decision:
    """What the event named by `key` does. `member` is not changed; the decision holds what it becomes."""
    outcome = _barred(event, member, program) or _outcome(event, key, member, program, context)
    if isinstance(outcome, Decision):
        return outcome
    reason, detail = outcome
    after = _next(member)
    return Decision(after, [], [], [], [], Refusal(after.bank, after.member_id, key, reason, detail), {})


def _outcome(event: AnyEvent, key: bytes, member: Member, program: Program, context: Context) -> Decision | Why:
    try:
        return _decided(Cause(event, key, program.moment(event.occurred_at)), _next(member), program, context)
    except PointsOutOfRange as error:
        return "points-out-of-range", str(error)


def _next(member: Member) -> Member:
    after = member.draft()
    after.version += 1
    return after


def _barred(event: AnyEvent, member: Member, program: Program) -> Why | None:
    """Why the member or its currency has no part in the program, whatever the event says."""
    if member.status == "closed" and not isinstance(event, e.MemberEnrolled | e.MemberErased):
        return "member-closed", "the member left the program; enrol it again first"
    if member.status == "unknown" and not program.enrols_unknown and not isinstance(event, e.MemberEnrolled):
        return "member-unknown", "the program refuses events before enrolment"
    currency = vars(event.data).get("currency")  # a model's getattr is slow where the field is not there
    if currency is not None and currency != program.currency:
        return "currency-without-rate", f"the program counts in {program.currency} and has no rate for {currency}"
    return None


def _decided(cause: Cause, after: Member, program: Program, context: Context) -> Decision | Why:
    event = cause.event
    changes: list[TierChange] = []
    if after.status == "unknown":
        after.status = "provisional"
        changes += _tier_changes(cause, after, program, "first-seen")
    match event:
        case (
            e.CardPurchased() | e.DepositBalanceChanged() | e.TermDepositOpened() | e.TermDepositMatured()
            | e.TermDepositWithdrawnEarly() | e.WealthSubscribed() | e.WealthRedeemed() | e.WealthMatured()
            | e.WealthValued() | e.InsurancePremiumPaid() | e.InsuranceValued() | e.InsuranceSurrendered()
            | e.InsuranceEnded() | e.LoanDisbursed() | e.LoanRepaid() | e.LoanBalanceChanged() | e.LoanSettled()
        ):  # fmt: skip
            takes_holding(event, after, cause.moment.day)
        case (
            e.InsuranceCoolingOffPassed() | e.PayrollCredited() | e.BillPaid() | e.ChannelActivated()
            | e.TaskCompleted() | e.ReferralCompleted() | e.AccountOwnerChanged()
        ):  # fmt: skip
            pass
        case e.MemberEnrolled() | e.MemberUpdated():
            _take_profile(event, after, cause)
        case e.MemberClosed():
            after.status = "closed"
            return Decision(after, [], changes, [], [], None, {})
        case e.MemberErased():
            after.profile = NO_PROFILE
            return Decision(after, [], changes, [], [], None, {})
        case e.CardRefunded() | e.TransactionReversed():
            return _REVERSAL
        case e.MemberMerged():
            return _MERGE
        case e.BusinessDayClosed() | e.DayMarker():
            return _CLOSE
        case _:
            assert_never(event)
    return _earned(cause, after, program, Caps(program, cause.moment.windows, context.budget_room), changes)


def _earned(cause: Cause, after: Member, program: Program, caps: Caps, changes: list[TierChange]) -> Decision:
    """Points first, then the metrics, score and tier that they lead to, then the benefits of that tier."""
    event, moment = cause.event, cause.moment
    postings = points_earned(cause, after, program, caps)
    for update in program.updates_on.get(event.type, ()):
        if update.applies(event.data, after, moment):
            counted(after, update.counter, update.period, moment.windows, update.amount(event.data))
    if program.score:
        after.score = score(after, program, moment)
    changes += _tier_changes(cause, after, program, "earned")
    grants: list[Grant] = []
    if after.status == "enrolled" and (changes or isinstance(event, e.MemberEnrolled)):
        grants += grants_due(cause, after, program)
    days = balance_days(event, cause.key, after, moment.day)
    return Decision(after, postings, changes, grants, days, None, caps.budget_used)


def _tier_changes(cause: Cause, after: Member, program: Program, reason: str) -> list[TierChange]:
    """The step up that the member has earned, taken by the draft; empty when there is none."""
    rung = tier_earned(after, program, cause.moment)
    if rung is None:
        return []
    before, after.tier, after.tier_since = after.tier, rung.id, cause.moment.day
    return [
        TierChange(
            after.bank,
            after.member_id,
            after.version,
            cause.key,
            before,
            rung.id,
            reason,
            cause.moment.day,
            cause.event.occurred_at,
            program.mark,
        )
    ]


def _take_profile(event: e.MemberEnrolled | e.MemberUpdated, after: Member, cause: Cause) -> None:
    """What the event tells replaces what was known; what it leaves out stays."""
    told = {name: value for name, value in event.data if value is not None and value != ()}
    if isinstance(event, e.MemberUpdated) and event.data.segments is not None:
        told["segments"] = event.data.segments
    after.profile = replace(after.profile, **told) if told else after.profile
    if isinstance(event, e.MemberEnrolled):
        after.status = "enrolled"
        after.enrolled_on = after.enrolled_on or cause.moment.day
