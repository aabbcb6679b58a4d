"""Events about the same thing that take points back: a policy that ends, a deposit withdrawn early."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from rules.cause import Cause
from rules.decision import Decision, Posting, as_kept
from rules.identity import derived
from rules.members.forwarding import ask
from rules.points.lots import Lot, in_order
from rules.points.pending import release_awaiting, thing_of
from rules.points.recovery import Owed, Source, recover
from rules.points.reversal import is_earned, owed_of, part_of
from rules.program import Program
from schemas.events.merges import LOTS_MAX, PointsOwed, Taking

IN_PART: Final = frozenset({"term-deposit.withdrawn-early.v1", "wealth.redeemed.v1"})
"""These pay a part back, and take points back in the same part; others take back the whole."""

Given = tuple[str | None, str, str]
"""What points were given for: the key of the event, the rule and the point type."""


def settle_lots(cause: Cause, decision: Decision, program: Program, asked: Taking | None = None) -> int | None:
    """What the program says that this event does to points given for the same thing: take back, forfeit, release.

    Those that came by a merge are worked out where they were given, as refunds are; those that were given while the
    member was merged itself are where they were given then, and that one is `asked` to do the same. Where nobody can be
    asked, what waits is forfeited here. Answers the money that nothing accounts for yet.
    """
    owed, left = lost(asked.left_minor if asked else paid_back(cause), cause, decision, program)
    recover((one for one, _ in owed), cause, decision, program)
    own, came = _forfeited(cause, decision, program)
    recover(own, cause, decision, program)
    given, waiting = given_here(came, decision)
    recover((one for one, _ in given), cause, decision, program)
    release_awaiting(cause, decision, program)
    kin = decision.member.kin
    whom: Sequence[str] = ()
    if asked is not None:
        whom = sorted(kin.absorbed) if waiting else ()
    elif kin.survivors or (_takes(cause.event.type, program) and (waiting or left != 0)):
        whom = kin.asked
    if whom:
        _ask(whom, left if asked is None else 0, waiting, cause, decision)
    else:
        recover(waiting_here(waiting, decision, program), cause, decision, program)
    return left


def _ask(
    whom: Sequence[str], left: int | None, waiting: Sequence[PointsOwed], cause: Cause, decision: Decision
) -> None:
    """Asks for what they gave, in as many events as what waits takes."""
    for number, at in enumerate(range(0, max(len(waiting), 1), LOTS_MAX)):
        part = Taking.model_construct(left_minor=0 if number else left, waiting=tuple(waiting[at : at + LOTS_MAX]))
        ask(cause.told or cause.event, derived(cause.key, f"thing:{number}"), decision, whom, part)


def _takes(type_: str, program: Program) -> bool:
    """Whether a rule loses points by such events, rather than having them released."""
    return any(
        type_ in rule.taken_back_by or (rule.pending and type_ in rule.pending.forfeited_by)
        for rule in program.rules.values()
    )


def _forfeited(cause: Cause, decision: Decision, program: Program) -> tuple[list[Owed], list[PointsOwed]]:
    """What is pending of the thing, of rules that this event forfeits; apart, what of it came by a merge.

    What went with a merge and came back was given here all the same.
    """
    thing, type_ = thing_of(cause.event.data), cause.event.type
    postings = (p for origin in (decision.member.origins or {}).values() for p in origin)
    came = {p.posting_id for p in postings if p.kind == "merged"}
    own: list[Owed] = []
    moved: list[PointsOwed] = []
    for lot in in_order(decision.member.open_lots().values()):
        rule = program.rules.get(lot.rule_id)
        if not lot.pending or lot.thing != thing or not (rule and rule.pending and type_ in rule.pending.forfeited_by):
            continue
        owed, source = _waits(lot, lot.left, program)
        if lot.lot_id in came:
            moved.append(told_of(owed, source))
        else:
            own.append(owed)
    return own, moved


def _waits(lot: Lot, points: int, program: Program) -> tuple[Owed, Source]:
    source = Source(lot.lot_id, lot.event_key, lot.rule_id, program.moment(lot.earned_at).day)
    return Owed(source, lot.point_type, points), source


def given_here(
    waiting: Sequence[PointsOwed], decision: Decision
) -> tuple[list[tuple[Owed, Source]], tuple[PointsOwed, ...]]:
    """As much of what waits as this member gave and did not take back yet, the last parts first; and the rest."""
    postings = [*(p for origin in (decision.member.origins or {}).values() for p in origin), *decision.postings]
    left = Counter[Given]()
    for one in waiting:
        left[_given(one)] += one.points
    found: list[tuple[Owed, Source]] = []
    for p in sorted(filter(is_earned, postings), key=lambda p: (p.event_key, p.rule_id, -p.part)):
        of = (p.event_key.hex(), p.rule_id, p.point_type)
        points = min(left[of], p.points - sum(-q.desired_points for q in postings if q.reverses == p.posting_id))
        if points > 0:
            left[of] -= points
            source = Source(p.posting_id, p.event_key, p.rule_id, p.event_day, elsewhere=True)
            found.append((Owed(source, p.point_type, points), source))
    rest = [one.model_copy(update={"points": _out_of(left, _given(one), one.points)}) for one in waiting]
    return found, tuple(one for one in rest if one.points)


def waiting_here(waiting: Iterable[PointsOwed], decision: Decision, program: Program) -> list[Owed]:
    """What waits though nobody knows any more who gave it, as far as it waits still."""
    left = Counter[Given]()
    for one in waiting:
        left[_given(one)] += one.points
    found: list[Owed] = []
    for lot in in_order(decision.member.open_lots().values()) if left else ():
        of = (lot.event_key.hex(), lot.rule_id, lot.point_type)
        points = _out_of(left, of, lot.left) if lot.pending else 0
        if points:
            found.append(_waits(lot, points, program)[0])
    return found


def _given(one: PointsOwed) -> Given:
    return one.event, one.rule, one.point_type


def _out_of(left: Counter[Given], of: Given, points: int) -> int:
    """So many of the points are left, and are then taken."""
    here = min(left[of], points)
    left[of] -= here
    return here


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
) -> tuple[list[tuple[Owed, Source]], int | None]:
    """What comes back of each posting that was given for the thing, the newest event first, and the money left then."""
    owed: list[tuple[Owed, Source]] = []
    for origin in _origins(cause, decision, program):
        back = part_of(origin, left) if left != 0 else None
        if back is not None:
            owed += owed_of(origin, back, program)
            left = left - (back.part or 0) if left is not None else None
    return owed, left


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
