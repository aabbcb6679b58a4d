"""What is said about a member that merged goes on to the one it merged into.

What is about the time before the merge is worked out first, where its rows are: how much of which posting a refund
takes back, to which lots a reversed redemption returns. The survivor carries it out, so that whenever it comes, no more
comes back than there was.
"""

from typing import Any, Final

from rules.cause import Cause
from rules.decision import Decision, Posting, Why, as_kept
from rules.identity import event_key
from rules.member import Member
from rules.members.forwarding import ask_next, forwarded, pass_on, send_on
from rules.members.merging import know, move_on, sent_after
from rules.members.unmerging import give_back, let_through
from rules.needs import redemption_id
from rules.points.exchange import converted
from rules.points.forfeits import given_here, lost, settle_lots, told_of, waiting_here
from rules.points.moves import Move, post_move
from rules.points.recovery import Owed, Source, recover
from rules.points.reversal import carried_out, gone, original_of, owed_of, part_of, posted_here
from rules.points.waiting import Refund
from rules.program import Program
from rules.spending.redemption import STEPS
from rules.spending.stops import NO_STOPS
from rules.spending.vouchers import Redemption
from schemas import events as e
from schemas.events import AnyEvent, EventForwarded, MemberAbsorbed
from schemas.events.merges import LOTS_MAX, Forwarding, MoneyReturned, PointsOwed, UnitsOfGrant, UnitsReturned
from schemas.events.redemptions import Reference
from schemas.message import SOURCE

RULE_ID: Final = "forwarded"


def forward(event: AnyEvent, key: bytes, decision: Decision, program: Program) -> Why | None:
    """Decides what only this member can know, and sends the rest on to the one it merged into."""
    if isinstance(event, EventForwarded | MemberAbsorbed) and event.source != SOURCE:
        return "merge-not-possible", f"only {SOURCE} says this"
    if isinstance(event, MemberAbsorbed):
        if not sent_after(event, key, decision):
            from_here = {"hops": event.data.hops + 1, **_as_its_own(event, decision.member)}
            know(event.data.model_copy(update=from_here), decision.member)
            send_on(event, decision.member.merged_into or "", key, decision, from_here)
        return None
    inside = _inside(event)
    match inside:
        case None:
            return "merge-not-possible", "what was forwarded is no event of the engine's"
        case e.CardRefunded() | e.TransactionReversed():
            return _refund(inside, event, key, decision, program)
        case _ if isinstance(event, EventForwarded) and _asks_of_thing(event.data):
            return _for_thing(inside, event, key, decision, program)
        case e.MemberUnmerged() if isinstance(event, EventForwarded):
            let_through(event.data, event, key, decision)
            return pass_on(event, key, decision)
        case _:
            return pass_on(event, key, decision)


def _inside(event: AnyEvent) -> AnyEvent | None:
    """The event that was forwarded, or the event itself; None of what cannot be read or the engine did not send."""
    return forwarded(event) if isinstance(event, EventForwarded) else event


def _asks_of_thing(passed: Forwarding) -> bool:
    """Whether this member is to say what it gave for a thing, rather than to send on what others said."""
    return passed.taking is not None and passed.returned is None and not passed.unknown


def _as_its_own(event: MemberAbsorbed, member: Member) -> dict[str, Any]:
    """What a member has back that has merged again by now is brought by it."""
    return {"back": False, "member": member.member_id} if event.data.back else {}


def _refund(inside: Refund, event: AnyEvent, key: bytes, decision: Decision, program: Program) -> Why | None:
    """Of what was earned here this member alone knows how much comes back; everything else goes where it would."""
    member = decision.member
    passed = event.data if isinstance(event, EventForwarded) else None
    origin = _origin(inside, member)
    if posted_here(origin) and (passed is None or passed.returned is None):
        returned = _worked_out(inside, as_kept(origin), decision, program)
        return pass_on(event, key, decision, returned) if isinstance(returned, MoneyReturned) else returned
    if passed is not None and passed.asked is not None:
        ask_next(passed, event, key, decision)
        return None
    return pass_on(event, key, decision)


def _origin(event: Refund, member: Member) -> tuple[Posting, ...]:
    original = event_key(member.bank, event.data.original_source or "", event.data.original_id or "")
    return (member.origins or {}).get(original, ())


def asked_in_vain(event: AnyEvent, key: bytes, decision: Decision) -> bool:
    """Whether a member that takes no part any more knows nothing of what it was asked; the next one is asked then."""
    passed = decision.passed
    of_refund = isinstance(event, e.CardRefunded | e.TransactionReversed)
    if passed is None or passed.asked is None or not (of_refund or passed.taking):
        return False
    if isinstance(event, e.CardRefunded | e.TransactionReversed) and posted_here(_origin(event, decision.member)):
        return False
    ask_next(passed, event, key, decision)
    return True


def _worked_out(
    event: Refund, origin: tuple[Posting, ...], decision: Decision, program: Program
) -> MoneyReturned | Why:
    """What comes back of each posting. One of no points beside it says so here, and how much money it was."""
    cause = _cause(event, decision, program)
    if cause is None:
        return "currency-without-rate", "the program has no rate for the currency that comes back"
    back = part_of(origin, vars(cause.event.data)["amount_minor"])
    if back is None:
        return gone(event)
    owed = [_written_off(one, source, cause, decision, program) for one, source in owed_of(origin, back, program)]
    of = original_of(event, origin, program)
    return MoneyReturned(
        type=of.type,
        occurred_at=origin[0].occurred_at,
        mcc=of.mcc,
        part_minor=back.part,
        original_minor=back.original,
        before_minor=back.before,
        whole=back.whole,
        owed=tuple(owed),
    )


def _written_off(one: Owed, source: Source, cause: Cause, decision: Decision, program: Program) -> PointsOwed:
    """What is owed of a posting of this member, which remembers it by one of no points."""
    move = Move(
        "reversed", RULE_ID, one.point_type, 0, reverses=source.posting_id, part=len(decision.postings),
        asked=-one.points, capped_by=f"on-reversal:{decision.member.merged_into}" if one.points else None,
        amount_minor=one.amount_minor,
    )  # fmt: skip
    post_move(move, cause, decision, program)
    return told_of(one, source)


def _for_thing(inside: AnyEvent, event: EventForwarded, key: bytes, decision: Decision, program: Program) -> Why | None:
    """What an event about a policy, account, holding or loan takes back of points that this member was given for it."""
    asked, cause = event.data.taking, _cause(inside, decision, program)
    if cause is None or asked is None:
        return "currency-without-rate", "the program has no rate for the currency that comes back"
    cause = cause._replace(key=key)
    found, left = lost(asked.left_minor, cause, decision, program)
    owed = [_written_off(one, source, cause, decision, program) for one, source in found]
    waiting, others = given_here(asked.waiting, decision)
    owed += [_written_off(one, source, cause, decision, program) for one, source in waiting]
    for number, at in enumerate(range(0, len(owed), LOTS_MAX)):
        part = tuple(owed[at : at + LOTS_MAX])
        pass_on(event, key, decision, MoneyReturned(occurred_at=event.occurred_at, whole=True, owed=part), number)
    rest = asked.model_copy(update={"left_minor": left, "waiting": others})
    ask_next(event.data.model_copy(update={"taking": rest}), event, key, decision)
    return None


def is_asked(passed: Forwarding, event: AnyEvent) -> bool:
    """Whether another member asks for what only this one can do, rather than that it passes on what was said."""
    return passed.taking is not None or isinstance(event, e.MemberUnmerged)


def answered(passed: Forwarding, cause: Cause, decision: Decision, program: Program) -> None:
    """The survivor carries out what was worked out, or gives back; who stands for itself takes where its lots are."""
    taking = passed.taking
    if taking is None:
        give_back(passed, cause, decision, program)
    elif passed.returned is not None:
        carried_out(passed.returned, cause.key, cause, decision, program)
    elif passed.unknown:
        recover(waiting_here(taking.waiting, decision, program), cause, decision, program)
    else:
        left = settle_lots(cause, decision, program, taking)
        rest = taking.model_copy(update={"left_minor": left})
        ask_next(passed.model_copy(update={"taking": rest}), cause.told or cause.event, cause.key, decision)


def _cause(event: AnyEvent, decision: Decision, program: Program) -> Cause | None:
    """The event as one of this member's own; None without a rate for its money."""
    moment = program.moment(event.occurred_at)
    told = converted(event, program, moment.day, decision.member)
    if told is None:
        return None
    of_program, rate_id = told
    key = event_key(decision.member.bank, event.source, event.id)
    day = event.business_date or moment.day
    return Cause(of_program, key, moment, event.occurred_at, day, rate_id, event)


def is_redeemed_here(event: AnyEvent, member: Member) -> bool:
    """Whether it is about what was redeemed at this member before it merged."""
    inside = _inside(event) if member.redeemed else None
    return inside is not None and isinstance(inside.data, Reference)


def end_here(event: AnyEvent, _key: bytes, decision: Decision, program: Program) -> Why | None:
    """A redemption that was made here ends here; points that come back go on, and units are told."""
    member, inside = decision.member, _inside(event)
    cause = _cause(inside, decision, program) if inside is not None else None
    if cause is None or not isinstance(cause.event.data, Reference):
        return "currency-without-rate", "the program has no rate for the currency that is told"
    before = (member.redeemed or {}).get(redemption_id(member.bank, member.member_id, cause.event.data))
    why = STEPS[type(cause.event)](cause.event, cause, decision, program, NO_STOPS)
    if why is None and before is not None and decision.redemptions:
        move_on(_units(before.redemption, decision.redemptions[-1]), cause, decision, program)
    member.due_on = None
    return why


def _units(before: Redemption, after: Redemption) -> UnitsReturned | None:
    if before.benefit_id is None or after.state != "reversed":
        return None
    grants = tuple(UnitsOfGrant(grant=id_.hex(), units=units) for id_, units in before.grants)
    return UnitsReturned(benefit=before.benefit_id, used_on=before.used_on, grants=grants)
