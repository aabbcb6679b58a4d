"""Money comes back: what an event earned is taken back, in the same part as the money, never more than it gave."""

from collections import Counter
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

from rules.cause import Cause
from rules.decision import Decision, Posting, Why, as_kept
from rules.earn import ordinary_awards
from rules.identity import event_key
from rules.member import Member
from rules.members.forwarding import ask, ask_next
from rules.metrics.returns import Back, back_of, metrics_back
from rules.moment import Moment
from rules.numbers import rounded
from rules.points import unearned
from rules.points.recovery import Owed, Source, recover
from rules.points.waiting import Refund, amount_of, arrived, wait
from rules.program import Program
from schemas import events as e
from schemas.events import AnyEvent
from schemas.events.merges import MoneyReturned, PointsOwed

PURCHASE: Final = "card.purchased.v1"
TOLD: Final = ("card", "mcc", "merchant")
"""What a refund tells of its purchase."""


def money_back(event: Refund, cause: Cause, decision: Decision, program: Program) -> Why | None:
    """Takes back what a refund or a reversal names, or says why it moves nothing."""
    data, member = event.data, decision.member
    if member.origins is None:
        raise AssertionError("the context of money that comes back holds its past")
    if not data.original_source or not data.original_id:
        return _without_original(event, cause, decision, program)
    original = event_key(member.bank, data.original_source, data.original_id)
    origin = as_kept(member.origins.get(original, ()))
    if decision.passed is not None and decision.passed.returned is not None:
        carried_out(decision.passed.returned, original, cause, decision, program)
        return None
    if not posted_here(origin):
        return _without_posting(event, original, cause, decision, program)
    back = part_of(origin, data.amount_minor)
    if back is None:
        return gone(event)
    recover((one for one, _ in owed_of(origin, back, program)), cause, decision, program)
    _metrics_of(event, original_of(event, origin, program), back, decision.member, program)
    return None


def posted_here(origin: Iterable[Posting]) -> bool:
    """Whether the event earned anything from this member; what came by a merge was earned by another."""
    return any(map(is_earned, origin))


def is_earned(p: Posting) -> bool:
    """Whether this member was given it by an event, rather than that it takes back or moved here."""
    return p.reverses is None and p.kind != "merged"


def _without_posting(event: Refund, original: bytes, cause: Cause, decision: Decision, program: Program) -> Why | None:
    """Of an event that came to no posting of this member: metrics counted it, another knows it, or it is to come."""
    member, passed = decision.member, decision.passed
    if unearned.remembered(member, original) is not None:
        return _of_unearned(event, original, member, program)
    if passed is not None and passed.asked is not None:
        ask_next(passed, cause.told or event, cause.key, decision)
    elif member.kin.asked and (passed is None or not passed.unknown):
        ask(cause.told or event, cause.key, decision, member.kin.asked)
    elif original not in (member.origins or {}):
        wait(event, original, cause, member, program)
    elif unearned.may_be_forgotten(member, event.data.original_business_date):
        detail = f"{event.data.original_id} earned nothing, and what it counted is not known any more"
        return "unmatched-original", detail
    return None


def carried_out(told: MoneyReturned, original: bytes, cause: Cause, decision: Decision, program: Program) -> None:
    """Takes back what was worked out where the original was earned, before that member merged into this one."""
    back = Back(told.part_minor, told.original_minor, told.before_minor, told.whole)
    recover((_as_owed(one, original, back.part) for one in told.owed), cause, decision, program)
    of = Original(told.type, program.moment(told.occurred_at), told.mcc)
    _metrics_of(cause.event, of, back, decision.member, program)


def _as_owed(one: PointsOwed, original: bytes, amount_minor: int | None) -> Owed:
    """What another member says is owed, of the event that it names or else of the original."""
    earned_by = bytes.fromhex(one.event) if one.event else original
    source = Source(bytes.fromhex(one.posting), earned_by, one.rule, one.event_day, elsewhere=True)
    return Owed(source, one.point_type, one.points, amount_minor)


def gone(event: Refund) -> Why:
    return "reversed-already", f"all of {event.data.original_id} of {event.data.original_source} came back before"


def _of_unearned(event: Refund, original: bytes, member: Member, program: Program) -> Why | None:
    """The metrics go back of an event that came to no posting."""
    data, one = event.data, unearned.remembered(member, original)
    if one is None:
        return None
    back = unearned.came_back(one, data.amount_minor, member)
    if back is None:
        return gone(event)
    known = {name: getattr(data, name) for name in TOLD if hasattr(data, name)}
    known |= {"currency": program.currency, "amount_minor": one.amount_minor}
    metrics_back(one.type, SimpleNamespace(**known), back, program.morning(one.day), (member, program))
    return None


def came_before(cause: Cause, decision: Decision, program: Program) -> None:
    """Applies to the event just decided the refunds that waited for it, in the order in which they came."""
    member = decision.member
    for one in arrived(member, cause.key):
        own = {p.posting_id for p in decision.postings if p.event_key == cause.key}
        origin = tuple(p for p in decision.postings if p.posting_id in own or p.reverses in own)
        amount_minor, counted = amount_of(one, cause, program), unearned.remembered(member, cause.key)
        back = unearned.came_back(counted, amount_minor, member) if counted else part_of(origin, amount_minor)
        if back is None:
            detail = f"{one.text}, of which nothing was left"
            decision.leave_to_a_person(one.key, "reversed-already", detail)
        else:
            owed = owed_of(origin, back, program)
            recover((part for part, _ in owed), cause._replace(key=one.key), decision, program)
            metrics_back(cause.event.type, cause.event.data, back, cause.moment, (member, program))


def part_of(origin: Iterable[Posting], amount_minor: int | None) -> Back | None:
    """How much of the original comes back with `amount_minor` (None: with all that is left); None when nothing can."""
    earned = [p for p in origin if is_earned(p)]
    reversals = [p for p in origin if p.reverses is not None]
    original = earned[0].amount_minor if earned else None
    if original is None:
        whole = bool(earned) or amount_minor is None
        return None if reversals else Back(amount_minor, None, 0, whole)
    before = sum(p.amount_minor or 0 for p in reversals if p.reverses == reversals[0].reverses)
    return None if reversals and before == original else back_of(original, before, amount_minor)


def owed_of(origin: Iterable[Posting], back: Back, program: Program) -> list[tuple[Owed, Source]]:
    """What is to be taken back of each posting that the event earned, in their order.

    Of an event that its caps left nothing one posting is reversed by none, which tells the money that came back.
    """
    postings = tuple(origin)
    earned = [p for p in postings if p.points >= 0 and is_earned(p)]
    found: list[tuple[Owed, Source]] = []
    for p in [p for p in earned if p.points] or earned[:1]:
        rule = program.rules.get(p.rule_id)
        asked = sum(-q.desired_points for q in postings if q.reverses == p.posting_id)
        fixed = rule.fixed if rule else p.basis == 1
        owed = p.points - asked - back.kept(p.points, fixed=fixed)
        source = Source(p.posting_id, p.event_key, p.rule_id, p.event_day)
        found.append((Owed(source, p.point_type, max(owed, 0), back.part), source))
    return found


def _without_original(event: Refund, cause: Cause, decision: Decision, program: Program) -> Why | None:
    """Points at today's base rate of a purchase, where the program says so."""
    if program.refunds.without_original == "review":
        return "refund-without-original", "it names no purchase; the program leaves it to a person"
    member, moment = decision.member, cause.moment
    bought = SimpleNamespace(**{**vars(event.data), "channel": None})
    owed: Counter[str] = Counter()
    for rule, point_type, basis, numerator, denominator in ordinary_awards(PURCHASE, bought, member, moment, program):
        owed[point_type] += rounded(basis * numerator, denominator, rule.rounding)
    amount = event.data.amount_minor
    recover((Owed(None, name, points, amount) for name, points in owed.items() if points), cause, decision, program)
    metrics_back(PURCHASE, bought, Back(amount, None, 0, whole=True), moment, (member, program))
    return None


class Original(NamedTuple):
    """What is known of the event that comes back; `type` is None where there is doubt."""

    type: str | None
    moment: Moment | None
    mcc: str | None


def original_of(event: Refund, origin: tuple[Posting, ...], program: Program) -> Original:
    """What the postings of any original tell, or a refund of its purchase."""
    first, on = next(iter(origin), None), event.data.original_business_date
    moment = program.moment(first.occurred_at) if first else program.morning(on) if on else None
    type_ = PURCHASE if isinstance(event, e.CardRefunded) else _type_of(origin, program)
    return Original(type_, moment, first.mcc if first else None)


def _metrics_of(event: AnyEvent, of: Original, back: Back, member: Member, program: Program) -> None:
    known: dict[str, Any] = {"currency": program.currency}
    if isinstance(event, e.CardRefunded):
        known |= {name: getattr(event.data, name) for name in TOLD}
    elif of.mcc:
        known["mcc"] = of.mcc
    if back.original is not None:
        known["amount_minor"] = back.original
    if of.type is not None and of.moment is not None:
        metrics_back(of.type, SimpleNamespace(**known), back, of.moment, (member, program))


def _type_of(origin: Iterable[Posting], program: Program) -> str | None:
    """The type of the event that earned these postings, where their rules leave no doubt."""
    rules = [program.rules[p.rule_id] for p in origin if p.rule_id in program.rules]
    types = set.intersection(*(set(rule.on) for rule in rules)) if rules else set()
    return types.pop() if len(types) == 1 else None
