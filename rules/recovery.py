"""Points are taken back: pending ones of the event first, then its own, then others; what is missing is owed."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from rules.cause import Cause
from rules.counters import counted_back
from rules.decision import Decision, Posting
from rules.lots import Lot, apply, in_order, unheld
from rules.member import Balance
from rules.moves import Move, drawn, move_id, post_move, take_from
from rules.periods import windows
from rules.point_types import PointType, unbounded
from rules.program import Program

RULE_ID: Final = "reversal"


class Owed(NamedTuple):
    """`points` to take back, of one posting or of none in particular, for money that came back."""

    posting: Posting | None
    point_type: str
    points: int
    amount_minor: int | None = None


def recover(owed: Owed, cause: Cause, decision: Decision, program: Program) -> None:
    """Takes the points back as far as the point type's policy goes; one posting tells what was asked and what taken.

    A posting of which nothing is to be taken yet has one of no points, which tells the money that came back.
    """
    posting = owed.posting
    move = Move(
        "reversed", RULE_ID, owed.point_type, -owed.points,
        reverses=posting.posting_id if posting else None,
        part=sum(p.rule_id == RULE_ID for p in decision.postings),
        amount_minor=owed.amount_minor,
    )  # fmt: skip
    lots = _open_lots(decision)
    counts = posting is not None and _is_counted(posting, lots)
    policy = program.point_types.get(owed.point_type) or unbounded(owed.point_type)
    candidates = _candidates(owed, unheld(decision.member, lots.values()), only_pending=policy.only_pending)
    taken = take_back(move, candidates, cause, decision, program)
    if posting is not None and taken:
        if counts:
            _uncount(posting, taken, decision, program)
        if program.refunds.frees_caps:
            _free_caps(posting, taken, decision, program)


def take_back(move: Move, lots: Iterable[Lot], cause: Cause, decision: Decision, program: Program) -> int:
    """Takes the move's points (below zero) from the lots as far as the point type's policy goes; answers how many."""
    policy = program.point_types.get(move.point_type) or unbounded(move.point_type)
    left = take_from(lots, -move.points, move_id(move, cause), decision)
    forgiven = _owe(drawn(decision.member, move.point_type), left, policy)
    if forgiven:
        word = "only-pending" if policy.only_pending else "deficit-floor"
        move = move._replace(points=move.points + forgiven, asked=move.points, capped_by=f"on-reversal:{word}")
    return -post_move(move, cause, decision, program).points


def _open_lots(decision: Decision) -> dict[bytes, Lot]:
    """The member's open lots; where they were not read, those that this decision opened."""
    if decision.member.lots is not None:
        return decision.member.lots
    opened: dict[bytes, Lot] = {}
    apply(decision, opened, {})
    return opened


def _candidates(owed: Owed, lots: Iterable[Lot], *, only_pending: bool) -> list[Lot]:
    """Of the same point type: pending ones of the event, its own, others. Pending ones of other events stay."""
    posting = owed.posting
    same = in_order(lot for lot in lots if lot.point_type == owed.point_type)
    own = [lot for lot in same if posting is not None and lot.event_key == posting.event_key]
    own.sort(key=lambda lot: (not lot.pending, posting is None or lot.lot_id != posting.posting_id))
    if only_pending:
        return [lot for lot in own if lot.pending]
    return own + [lot for lot in same if not lot.pending and lot not in own]


def _owe(balance: Balance, points: int, policy: PointType) -> int:
    """Adds to the deficit what the policy lets the member owe; answers what is forgiven."""
    room = points if policy.deficit_at_most is None else max(policy.deficit_at_most - balance.deficit, 0)
    owed = 0 if policy.only_pending else min(points, room)
    balance.deficit += owed
    return points - owed


def _is_counted(posting: Posting, lots: dict[bytes, Lot]) -> bool:
    """Whether metrics of points count the posting by now: a pending one is counted when it is released."""
    lot = lots.get(posting.posting_id)
    return lot is None or not lot.pending


def _uncount(reversed_: Posting, taken: int, decision: Decision, program: Program) -> None:
    """Metrics of points, and what periods count of the rule, fall in the window of the original."""
    given = program.periods.given.get((reversed_.rule_id, reversed_.point_type), ())
    for counter, period in (*program.points_counters.get(reversed_.point_type, ()), *given):
        counted_back(decision.member, counter, period, windows(reversed_.event_day), taken)


def _free_caps(reversed_: Posting, taken: int, decision: Decision, program: Program) -> None:
    """The caps that bound the original have its points' room again."""
    rule = program.rules.get(reversed_.rule_id)
    for line in rule.caps.get(reversed_.point_type, ()) if rule else ():
        if line.period is not None:
            counted_back(decision.member, line.counter, line.period, windows(reversed_.event_day), taken)
