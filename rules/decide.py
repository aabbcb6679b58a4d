"""`decide`: what an event does to a member. Pure: the same event, member, program and context give the same rows, for ever."""

from dataclasses import replace
from typing import assert_never

from rules.benefits import grants_due
from rules.caps import Caps
from rules.context import Context
from rules.counters import counted
from rules.decision import BalanceDay, Decision, Posting, Refusal, RefusalReason, TierChange
from rules.earn import Cause, PointsOutOfRange, points_earned
from rules.holdings import balance_day, takes_holding
from rules.member import NO_PROFILE, Member
from rules.program import Program
from rules.tiers import score, tier_earned
from schemas import events as e
from schemas.events import AnyEvent

NO_POSTINGS: list[Posting] = []


def decide(event: AnyEvent, key: bytes, member: Member, program: Program, context: Context) -> Decision:
    """What the event named by `key` does. `member` is not changed; the decision holds what it becomes."""
    after = member.draft()
    after.version += 1
    cause = Cause(event, key, program.moment(event.occurred_at))
    refusal = _refusal(event, member, program)
    if refusal is not None:
        return _refused(after, key, *refusal)
    tier_changes: list[TierChange] = []
    if member.status == "unknown":
        after.status = "provisional"
        _change_tier(cause, after, program, "first-seen", tier_changes)
    try:
        return _decided(cause, after, program, context, tier_changes)
    except PointsOutOfRange as error:
        again = member.draft()
        again.version += 1
        return _refused(again, key, "points-out-of-range", str(error))


def _decided(
    cause: Cause, after: Member, program: Program, context: Context, tier_changes: list[TierChange]
) -> Decision:
    event = cause.event
    balance_days: list[BalanceDay] = []
    match event:
        case (
            e.CardPurchased() | e.DepositBalanceChanged() | e.TermDepositOpened() | e.TermDepositMatured()
            | e.TermDepositWithdrawnEarly() | e.WealthSubscribed() | e.WealthRedeemed() | e.WealthMatured()
            | e.WealthValued() | e.InsurancePremiumPaid() | e.InsuranceValued() | e.InsuranceSurrendered()
            | e.InsuranceEnded() | e.LoanDisbursed() | e.LoanRepaid() | e.LoanBalanceChanged() | e.LoanSettled()
        ):  # fmt: skip
            day = cause.moment.day
            balance_days += balance_day(event, cause.key, after, day)
            takes_holding(event, after, day)
        case (
            e.InsuranceCoolingOffPassed() | e.PayrollCredited() | e.BillPaid() | e.ChannelActivated()
            | e.TaskCompleted() | e.ReferralCompleted() | e.AccountOwnerChanged()
        ):  # fmt: skip
            pass
        case e.MemberEnrolled() | e.MemberUpdated():
            _take_profile(event, after, cause)
        case e.MemberClosed():
            after.status = "closed"
            return Decision(after, NO_POSTINGS, tier_changes, [], [], None, {})
        case e.MemberErased():
            after.profile = NO_PROFILE
            return Decision(after, NO_POSTINGS, tier_changes, [], [], None, {})
        case e.CardRefunded() | e.TransactionReversed():
            return _refused(after, cause.key, "reversal-not-decided-yet", "kept in the journal until reversals are")
        case e.MemberMerged():
            return _refused(after, cause.key, "merge-not-decided-yet", "kept in the journal until merges are")
        case e.BusinessDayClosed() | e.DayMarker():
            return _refused(after, cause.key, "close-not-decided-yet", "kept in the journal until day close is")
        case _:
            assert_never(event)
    return _with_points(cause, after, program, context, tier_changes, balance_days)


def _with_points(
    cause: Cause, after: Member, program: Program, context: Context, tier_changes: list[TierChange],
    balance_days: list[BalanceDay],
) -> Decision:  # fmt: skip
    caps = Caps(program, cause.moment.windows, context.budget_room)
    postings = points_earned(cause, after, program, caps)
    for update in program.updates_on.get(cause.event.type, ()):
        if update.applies(cause.event.data, after, cause.moment):
            counted(after, update.counter, update.period, cause.moment.windows, update.amount(cause.event.data))
    if program.score:
        after.score = score(after, program, cause.moment)
    _change_tier(cause, after, program, "earned", tier_changes)
    enrolled_now = isinstance(cause.event, e.MemberEnrolled)
    grants = (
        list(grants_due(cause, after, program)) if after.status == "enrolled" and (tier_changes or enrolled_now) else []
    )
    return Decision(after, postings, tier_changes, grants, balance_days, None, caps.budget_used)


def _change_tier(cause: Cause, after: Member, program: Program, reason: str, changes: list[TierChange]) -> None:
    rung = tier_earned(after, program, cause.moment)
    if rung is None:
        return
    changes.append(
        TierChange(
            after.bank, after.member_id, after.version, cause.key, after.tier, rung.id, reason, cause.moment.day,
            cause.event.occurred_at, program.mark,
        )
    )  # fmt: skip
    after.tier, after.tier_since = rung.id, cause.moment.day


def _refusal(event: AnyEvent, member: Member, program: Program) -> tuple[RefusalReason, str] | None:
    if member.status == "closed" and not isinstance(event, e.MemberEnrolled | e.MemberErased):
        return "member-closed", "the member left the program; enrol it again first"
    if member.status == "unknown" and not program.enrols_unknown and not isinstance(event, e.MemberEnrolled):
        return "member-unknown", "the program refuses events before enrolment"
    currency = getattr(event.data, "currency", None)
    if currency is not None and currency != program.currency:
        return "currency-without-rate", f"the program counts in {program.currency} and has no rate for {currency}"
    return None


def _refused(after: Member, key: bytes, reason: RefusalReason, detail: str) -> Decision:
    refusal = Refusal(after.bank, after.member_id, key, reason, detail)
    return Decision(after, NO_POSTINGS, [], [], [], refusal, {})


def _take_profile(event: e.MemberEnrolled | e.MemberUpdated, after: Member, cause: Cause) -> None:
    told = {name: value for name, value in event.data if value is not None and value != ()}
    if isinstance(event, e.MemberUpdated) and event.data.segments is not None:
        told["segments"] = event.data.segments
    after.profile = replace(after.profile, **told) if told else after.profile
    if isinstance(event, e.MemberEnrolled):
        after.status = "enrolled"
        after.enrolled_on = after.enrolled_on or cause.moment.day
