"""`decide`: what an event does to a member. Pure: the same arguments give the same rows, for ever."""

from datetime import date
from typing import Final, assert_never

from rules import period_rules
from rules.cause import Cause
from rules.close import closed, fall_due
from rules.commands import is_command, obeyed
from rules.context import Context
from rules.dealings import OnlyEarns, TellsOfHolding, only_earns, tells_of_holding
from rules.decision import Decision, Refusal, Why, begun
from rules.earn import PointsOutOfRange, earn
from rules.member import Member
from rules.members.before_merge import answered, asked_in_vain, end_here, forward, is_asked, is_redeemed_here
from rules.members.forwarding import unwrapped
from rules.members.membership import changed, changes_member
from rules.members.profile import told
from rules.members.referring import referred
from rules.members.unmerging import unmerge
from rules.metrics.counters import counted
from rules.metrics.holdings import balance_days, takes_holding
from rules.metrics.owners import change_owner
from rules.periods import ONE_DAY
from rules.points import late
from rules.points.exchange import converted
from rules.points.forfeits import settle_lots
from rules.points.lots import open_from
from rules.points.reversal import came_before, money_back
from rules.points.unearned import remember
from rules.program import Program
from rules.signals.raised import look
from rules.spending.benefits import entitle, reward
from rules.standing.tiers import after_reversal, score, tier_up
from schemas import events as e
from schemas.events import AnyEvent
from schemas.events.merges import HOPS_MAX

Told = (
    TellsOfHolding | OnlyEarns | e.AccountOwnerChanged | e.MemberEnrolled | e.MemberUpdated | e.MemberUnmerged
    | e.ReferralCompleted | e.ReferralWelcomed | e.CardRefunded | e.TransactionReversed
    | e.BusinessDayClosed | e.DayMarker | e.RedemptionUploaded
)  # fmt: skip
"""What events tell: all that is no command."""

_TELLING_OF_MEMBERS: Final = frozenset({e.MemberEnrolled, e.MemberUpdated, e.MemberUnmerged})

_TAKES_PART: Final = frozenset({"provisional", "enrolled", "merged"})


def decide(event: AnyEvent, key: bytes, member: Member, program: Program, context: Context) -> Decision:
    """What the event named by `key` does. `member` is not changed; the decision holds what it becomes."""
    if type(event) is e.BusinessDayClosed or type(event) is e.DayMarker:
        return _read_from(closed(event, member, program, context), member)
    decision = begun(member)
    if type(event) is e.EventForwarded and member.status != "merged":
        event, key = unwrapped(event, key, decision)
    if decision.member.origins is not None:
        decision.member.origins.setdefault(key, ())
    why: Why | None = None
    if member.status == "merged" and _goes_on(event):
        goes = end_here if is_redeemed_here(event, member) else forward
        why = goes(event, key, decision, program)
    elif not isinstance(cause := _considered(event, key, decision, program, context), Cause):
        why = cause
    elif decision.passed is not None and is_asked(decision.passed, cause.event):
        answered(decision.passed, cause, decision, program)
    elif not is_command(cause.event):
        why = _told(cause.event, cause, decision, program, context) or _earned(cause, decision, program, context)
    elif changes_member(cause.event):
        why = changed(cause.event, cause, decision, program)
    else:
        why = obeyed(cause.event, cause, decision, program, context)
    return _read_from(decision, member) if why is None else _refused(member, key, why)


def _read_from(decision: Decision, before: Member) -> Decision:
    """Keeps from where on lots are to be read next time."""
    if decision.member.lots is not None:
        decision.member.lots_from = open_from(decision.member.lots.values(), before.version + 1)
    return decision


def _considered(
    event: AnyEvent, key: bytes, decision: Decision, program: Program, context: Context
) -> Cause | Why | None:
    """The cause that the event counts as, or why it counts as none; None where the next one is asked instead."""
    member, passed = decision.member, decision.passed
    if type(event) is e.EventForwarded:
        return "merge-not-possible", "what was forwarded is no event of the engine's"
    why = None if member.status in _TAKES_PART else _barred(event, member, program)
    if why is not None:
        return None if passed is not None and asked_in_vain(event, key, decision) else why
    moment = program.moment(event.occurred_at)
    told = converted(event, program, moment.day, member)
    if told is None:
        currency = vars(event.data)["currency"]
        return "currency-without-rate", f"the program counts in {program.currency} and has no rate for {currency}"
    of_program, rate_id = told
    cause = Cause(of_program, key, moment, event.occurred_at, event.business_date or moment.day, rate_id, event)
    if passed is not None and passed.taking is not None:
        return cause
    placed = late.placed(cause, member, program, context.closed_through)
    if placed is None:
        return late.CLOSED
    if member.status == "unknown":
        _first_seen(cause, decision, program, context)
    return placed


def _refused(member: Member, key: bytes, why: Why) -> Decision:
    decision = begun(member)
    decision.refusal = Refusal(member.bank, member.member_id, decision.member.version, key, *why)
    return decision


def _goes_on(event: AnyEvent) -> bool:
    """Whether it is the survivor's to decide. What went in a circle stays where it is, so that no point is lost."""
    if isinstance(event, e.MemberUnmerged | e.MemberErased):
        return False
    return not isinstance(event, e.MemberAbsorbed) or event.data.hops < HOPS_MAX


def _barred(event: AnyEvent, member: Member, program: Program) -> Why | None:
    """Why the member has no part in the program, whatever the event says."""
    if isinstance(event, e.MemberAbsorbed):
        return None  # what left another member has nowhere else to go
    if member.status == "closed" and not isinstance(event, e.MemberEnrolled | e.MemberErased):
        return "member-closed", "the member left the program; enrol it again first"
    if member.status == "unknown" and not program.enrols_unknown and not isinstance(event, e.MemberEnrolled):
        return "member-unknown", "the program refuses events before enrolment"
    return None


def _told(event: Told, cause: Cause, decision: Decision, program: Program, context: Context) -> Why | None:
    """The draft knows what the event tells, or why it moves nothing; what it earns comes after."""
    after = decision.member
    if tells_of_holding(event):
        takes_holding(cause, after, program, context)
    elif not only_earns(event):
        match event:
            case e.AccountOwnerChanged():
                change_owner(event, cause, decision, program, context)
            case e.MemberEnrolled() | e.MemberUpdated():
                _take_profile(event, after, cause, program)
                _look_ahead(cause, after, program, context)
            case e.MemberUnmerged():
                why = unmerge(event, cause, decision)
                _look_ahead(cause, after, program, context)
                return why
            case e.ReferralCompleted() | e.ReferralWelcomed():
                return referred(event, cause, decision, program)
            case e.CardRefunded() | e.TransactionReversed():
                before = after.draft()
                why = money_back(event, cause, decision, program)
                if why is None:
                    after_reversal(cause, before, decision, program)
                return why
            case e.BusinessDayClosed() | e.DayMarker() | e.RedemptionUploaded():
                raise AssertionError(f"{event.type} is about no member: rules.close and engine.uploads have it")
            case _:
                assert_never(event)
    return None


def _first_seen(cause: Cause, decision: Decision, program: Program, context: Context) -> None:
    after = decision.member
    after.status = "provisional"
    tier_up(cause, decision, program, "first-seen")
    if program.foresees:
        _look_ahead(cause, after, program, context)


def _look_ahead(cause: Cause, after: Member, program: Program, context: Context) -> None:
    """What time will bring to a member who came or whose profile changed, from the first day not closed yet on."""
    fall_due(after, program, max(cause.moment.day - ONE_DAY, context.closed_through or date.min))


def _earned(cause: Cause, decision: Decision, program: Program, context: Context) -> Why | None:
    """Points first, then the metrics, score and tier that they lead to, then the benefits of that tier."""
    event, moment, after = cause.event, cause.moment, decision.member
    if event.type in program.watched:
        settle_lots(cause, decision, program)
    before = len(decision.postings)
    try:
        earn(cause, decision, program, context)
    except PointsOutOfRange as error:
        return "points-out-of-range", str(error)
    if event.type in program.updates_on and _counts(cause, after, program) and len(decision.postings) == before:
        remember(cause, after, program)
    if after.waiting:
        came_before(cause, decision, program)
    if program.closes_periods:
        late.put_right(cause, decision, program, context)
        period_rules.fall_due(late.counts_from(cause), decision, program, context)
    if program.score:
        after.score = score(after, program, moment)
    tier_up(cause, decision, program, "earned")
    if decision.tier_changes or type(event) in _TELLING_OF_MEMBERS:
        entitle(cause, decision, program)
    elif program.milestones:
        reward(cause, decision, program)
    if program.prompts.all:
        look(cause, decision, program)
    decision.balance_days = balance_days(event, cause.key, after, moment.day)
    return None


def _counts(cause: Cause, after: Member, program: Program) -> bool:
    """Whether a metric counts the event; the draft's metrics have it."""
    data, moment, counts = cause.event.data, cause.moment, False
    for update in program.updates_on[cause.event.type]:
        if update.applies(data, after, moment):
            counted(after, update.counter, update.period, moment.windows, update.amount(data))
            counts = True
    return counts


def _take_profile(event: e.MemberEnrolled | e.MemberUpdated, after: Member, cause: Cause, program: Program) -> None:
    """What the event tells replaces what was known; what it leaves out stays."""
    changes = {name: value for name, value in event.data if value is not None and value != ()}
    if isinstance(event, e.MemberUpdated) and event.data.segments is not None:
        changes["segments"] = event.data.segments
    enrols = isinstance(event, e.MemberEnrolled)
    if changes:
        after.profile = told(after.profile, changes, cause.moment.day, program.asks_profile, enrols=enrols)
    if enrols:
        after.status = "enrolled"
        after.enrolled_on = after.enrolled_on or cause.moment.day
