"""Events about the same thing that take points back: a policy that ends, a deposit withdrawn early."""

from typing import Final

from rules.cause import Cause
from rules.decision import Decision, Posting, as_kept
from rules.identity import derived
from rules.members.forwarding import ask
from rules.metrics.returns import Back
from rules.points.lots import in_order
from rules.points.pending import release_awaiting, thing_of
from rules.points.recovery import Owed, Source, recover
from rules.points.reversal import part_of, taken_from
from rules.program import Program
from schemas.events.merges import LOTS_MAX, PointsOwed, Taking

IN_PART: Final = frozenset({"term-deposit.withdrawn-early.v1", "wealth.redeemed.v1"})
"""These pay a part back, and take points back in the same part; others take back the whole."""


def settle_lots(cause: Cause, decision: Decision, program: Program) -> None:
    """What the program says that this event does to points given for the same thing: take back, forfeit, release.

    Those that came by a merge are worked out where they were given, as refunds are.
    """
    found, left = lost(paid_back(cause), cause, decision, program)
    for origin, back in found:
        taken_from(origin, back, cause, decision, program)
    waiting = _forfeit(cause, decision, program)
    if decision.member.absorbed and _takes(cause.event.type, program) and (waiting or left != 0):
        _ask(left, waiting, cause, decision)
    release_awaiting(cause, decision, program)


def _ask(left: int | None, waiting: list[PointsOwed], cause: Cause, decision: Decision) -> None:
    for number, at in enumerate(range(0, max(len(waiting), 1), LOTS_MAX)):
        taking = Taking(left_minor=0 if number else left, waiting=tuple(waiting[at : at + LOTS_MAX]))
        ask(cause.told or cause.event, derived(cause.key, f"thing:{number}"), decision, taking)


def _takes(type_: str, program: Program) -> bool:
    """Whether a rule loses points by such events, rather than having them released."""
    return any(
        type_ in rule.taken_back_by or (rule.pending and type_ in rule.pending.forfeited_by)
        for rule in program.rules.values()
    )


def _forfeit(cause: Cause, decision: Decision, program: Program) -> list[PointsOwed]:
    """Takes what is pending of the thing, of rules that this event forfeits; what of it came by a merge."""
    thing, type_ = thing_of(cause.event.data), cause.event.type
    postings = (p for origin in (decision.member.origins or {}).values() for p in origin)
    came = {p.posting_id for p in postings if p.kind == "merged"}
    elsewhere: list[PointsOwed] = []
    for lot in in_order(decision.member.open_lots().values()):
        rule = program.rules.get(lot.rule_id)
        if not lot.pending or lot.thing != thing or not (rule and rule.pending and type_ in rule.pending.forfeited_by):
            continue
        source = Source(lot.lot_id, lot.event_key, lot.rule_id, program.moment(lot.earned_at).day)
        owed = Owed(source, lot.point_type, lot.left)
        if lot.lot_id in came:
            elsewhere.append(told_of(owed, source))
        else:
            recover(owed, cause, decision, program)
    return elsewhere


def told_of(owed: Owed, source: Source) -> PointsOwed:
    """What is owed, as members tell each other."""
    return PointsOwed(
        posting=source.posting_id.hex(),
        rule=source.rule_id,
        point_type=owed.point_type,
        points=owed.points,
        event_day=source.event_day,
        event=source.event_key.hex(),
    )


def paid_back(cause: Cause) -> int | None:
    """The money of an event that pays a part back; None of one that ends the thing."""
    data, type_ = vars(cause.event.data), cause.event.type
    return data.get("amount_minor") if type_ in IN_PART and data.get("balance_minor") != 0 else None


def lost(
    left: int | None, cause: Cause, decision: Decision, program: Program
) -> tuple[list[tuple[tuple[Posting, ...], Back]], int | None]:
    """How much comes back of each event that gave for the thing, the newest first, and the money that is left then."""
    found: list[tuple[tuple[Posting, ...], Back]] = []
    for origin in _origins(cause, decision, program):
        back = part_of(origin, left) if left != 0 else None
        if back is not None:
            found.append((origin, back))
            left = left - (back.part or 0) if left is not None else None
    return found, left


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
    given = p.points > 0 and p.kind != "merged" and p.reverses is None
    return given and rule is not None and cause.event.type in rule.taken_back_by
