"""Points are taken back: pending ones of the event first, then its own, then others; what is missing is owed."""

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from rules.cause import Cause
from rules.decision import Decision, Posting
from rules.member import Balance, Member
from rules.metrics.counters import counted_back
from rules.periods import windows
from rules.points.lots import Lot, apply, in_order, unheld
from rules.points.moves import Move, drawn, move_id, post_move, take_from
from rules.points.point_types import PointType, unbounded
from rules.program import Program

RULE_ID: Final = "reversal"


class Source(NamedTuple):
    """The posting that is reversed: its id, its event and day, and the rule that gave it.

    One from `elsewhere` is of a member that merged since; what is left of it has other ids here.
    """

    posting_id: bytes
    event_key: bytes
    rule_id: str
    event_day: date
    elsewhere: bool = False


class Owed(NamedTuple):
    """`points` to take back, of one posting or of none in particular, for money that came back."""

    of: Source | None
    point_type: str
    points: int
    amount_minor: int | None = None


def recover(owed: Iterable[Owed], cause: Cause, decision: Decision, program: Program) -> None:
    """Takes the points back as far as their type's policy goes; a posting each tells what was asked and what taken.

    A posting of which nothing is to be taken yet has one of no points, which tells the money that came back.
    """
    member = decision.member
    for one in owed:
        source = one.of
        move = Move(
            "reversed", RULE_ID, one.point_type, -one.points,
            reverses=source.posting_id if source else None,
            part=sum(p.rule_id == RULE_ID for p in decision.postings),
            amount_minor=one.amount_minor,
        )  # fmt: skip
        lots = _open_lots(decision)
        counts = source is not None and _is_counted(source, lots, program)
        candidates = _candidates(one, unheld(member, lots.values()), program)
        posting = post_move(taken_back(move, candidates, cause, decision, program), cause, decision, program)
        if source is not None:
            _know(posting, source, member)
            _follow(posting, source, member, program, counts=counts)


def _know(posting: Posting, source: Source, member: Member) -> None:
    """A later event of the same batch finds the reversal with what it reverses."""
    if member.origins is not None:
        member.origins[source.event_key] = (*member.origins.get(source.event_key, ()), posting)


def taken_back(move: Move, lots: Iterable[Lot], cause: Cause, decision: Decision, program: Program) -> Move:
    """Takes the move's points (below zero) from the lots as far as the point type's policy goes; the move so far."""
    policy = program.point_types.get(move.point_type) or unbounded(move.point_type)
    left = take_from(lots, -move.points, move_id(move, cause), decision)
    forgiven = _owe(drawn(decision.member, move.point_type), left, policy)
    if not forgiven:
        return move
    word = "only-pending" if policy.only_pending else "deficit-floor"
    return move._replace(points=move.points + forgiven, asked=move.points, capped_by=f"on-reversal:{word}")


def _open_lots(decision: Decision) -> dict[bytes, Lot]:
    """The member's open lots; where they were not read, those that this decision opened."""
    if decision.member.lots is not None:
        return decision.member.lots
    opened: dict[bytes, Lot] = {}
    apply(decision, opened, {})
    return opened


def _candidates(owed: Owed, lots: Iterable[Lot], program: Program) -> list[Lot]:
    """Of the same point type: pending ones of the event, its own, others. Pending ones of other events stay."""
    source, policy = owed.of, program.point_types.get(owed.point_type)
    same = in_order(lot for lot in lots if lot.point_type == owed.point_type)
    own = [lot for lot in same if source is not None and lot.event_key == source.event_key]
    own.sort(key=lambda lot: (not lot.pending, source is None or lot.lot_id != source.posting_id))
    if policy is not None and policy.only_pending:
        return [lot for lot in own if lot.pending]
    return own + [lot for lot in same if not lot.pending and lot not in own]


def _owe(balance: Balance, points: int, policy: PointType) -> int:
    """Adds to the deficit what the policy lets the member owe; answers what is forgiven."""
    room = points if policy.deficit_at_most is None else max(policy.deficit_at_most - balance.deficit, 0)
    owed = 0 if policy.only_pending else min(points, room)
    balance.deficit += owed
    return points - owed


def _is_counted(source: Source, lots: dict[bytes, Lot], program: Program) -> bool:
    """Whether metrics of points count the posting by now: a pending one is counted when it is released."""
    lot, rule = lots.get(source.posting_id), program.rules.get(source.rule_id)
    if source.elsewhere:
        of_event = (one for one in lots.values() if (one.event_key, one.rule_id) == (source.event_key, source.rule_id))
        lot = next((one for one in of_event if one.pending), None)
    return lot is None or not lot.pending or bool(rule and rule.pending and rule.pending.counts_at_once)


def _follow(posting: Posting, source: Source, member: Member, program: Program, *, counts: bool) -> None:
    """Metrics of points fall in the window of the original; caps get their room back where the program says so."""
    in_windows, taken = windows(source.event_day), -posting.points
    given = program.periods.given.get((source.rule_id, posting.point_type), ())
    for counter, period in (*program.points_counters.get(posting.point_type, ()), *given) if counts else ():
        counted_back(member, counter, period, in_windows, taken)
    rule = program.rules.get(source.rule_id) if program.refunds.frees_caps else None
    for line in rule.caps.get(posting.point_type, ()) if rule else ():
        if line.period is not None:
            counted_back(member, line.counter, line.period, in_windows, taken)
