"""Events about the same thing that take points back: a policy that ends, a deposit withdrawn early."""

from typing import Final

from rules.cause import Cause
from rules.decision import Decision, Posting, as_kept
from rules.points.lots import in_order
from rules.points.pending import release_awaiting, thing_of
from rules.points.recovery import Owed, Source, recover
from rules.points.reversal import part_of, taken_from
from rules.program import Program

IN_PART: Final = frozenset({"term-deposit.withdrawn-early.v1", "wealth.redeemed.v1"})
"""These pay a part back, and take points back in the same part; others take back the whole."""


def settle_lots(cause: Cause, decision: Decision, program: Program) -> None:
    """What the program says that this event does to points given for the same thing: take back, forfeit, release."""
    _take_back(cause, decision, program)
    _forfeit(cause, decision, program)
    release_awaiting(cause, decision, program)


def _forfeit(cause: Cause, decision: Decision, program: Program) -> None:
    """Takes what is pending of the thing, of rules that this event forfeits."""
    thing = thing_of(cause.event.data)
    for lot in in_order(decision.member.open_lots().values()):
        rule = program.rules.get(lot.rule_id)
        pending = rule.pending if rule else None
        if lot.pending and lot.thing == thing and pending and cause.event.type in pending.forfeited_by:
            source = Source(lot.lot_id, lot.event_key, lot.rule_id, program.moment(lot.earned_at).day)
            recover(Owed(source, lot.point_type, lot.left), cause, decision, program)


def _take_back(cause: Cause, decision: Decision, program: Program) -> None:
    """Takes back what rules gave for the thing, the newest event's first, as far as the money paid back goes."""
    data, type_ = cause.event.data, cause.event.type
    left: int | None = vars(data).get("amount_minor") if type_ in IN_PART else None
    if vars(data).get("balance_minor") == 0:
        left = None
    for origin in _origins(cause, decision, program):
        back = part_of(origin, left) if left is None or left > 0 else None
        if back is not None:
            taken_from(origin, back, cause, decision, program)
            left = left - (back.part or 0) if left is not None else None


def _origins(cause: Cause, decision: Decision, program: Program) -> list[tuple[Posting, ...]]:
    """By event, the newest first: the postings for the thing that this event takes back, and what reversed them."""
    thing = thing_of(cause.event.data)
    found: list[tuple[Posting, ...]] = []
    for origin in map(as_kept, (decision.member.origins or {}).values()):
        given = {p.posting_id for p in origin if p.thing == thing and _is_lost(p, cause, program)}
        if given:
            found.append(tuple(p for p in origin if p.posting_id in given or p.reverses in given))
    return sorted(found, key=lambda origin: (origin[0].occurred_at, origin[0].event_key), reverse=True)


def _is_lost(p: Posting, cause: Cause, program: Program) -> bool:
    rule = program.rules.get(p.rule_id)
    return rule is not None and p.points > 0 and cause.event.type in rule.taken_back_by
