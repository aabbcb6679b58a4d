"""A batch is decided: events in turn, each on what the one before it left. Pure but for the records it carries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.batch import Slice
from engine.intake import Intake, Unusable
from rules.context import NO_CONTEXT, Context
from rules.decide import decide
from rules.decision import Decision
from rules.member import Member

MemberKey = tuple[str, str]
BudgetKey = tuple[str, str]


class Claimed(NamedTuple):
    """A slice whose position is this batch's to move on, with what is left of it to decide.

    `chain` is the digest that the lane's chain ends with, `unusable_in_a_row` how many records before it were unusable.
    """

    slice: Slice
    chain: bytes
    unusable_in_a_row: int
    intakes: list[Intake]
    unusable: list[Unusable]


class Decided(NamedTuple):
    event: Intake
    decision: Decision


@dataclass(slots=True)
class DecidedSlice:
    """What a claimed slice came to. `room_before` is the budget room it was decided with: its context."""

    claimed: Claimed
    decisions: list[Decided]
    room_before: dict[BudgetKey, int]
    room_after: dict[BudgetKey, int] = field(default_factory=dict)


class Short(Exception):
    """A budget's leased room cut an award though more of the budget may be left."""

    def __init__(self, claimed: Claimed, budget: BudgetKey, missing: int) -> None:
        self.claimed, self.budget, self.missing = claimed, budget, missing
        super().__init__(f"{budget} is short by {missing}")


def decided(
    claimed: Claimed, members: dict[MemberKey, Member], room: Mapping[BudgetKey, int], exhausted: frozenset[BudgetKey]
) -> DecidedSlice:
    """Decides a slice; `members` is brought up to date. Raises Short when a budget not exhausted cut an award."""
    left = dict(room)
    decisions: list[Decided] = []
    for intake in claimed.intakes:
        key = (intake.bank, intake.event.subject)
        member = members.get(key) or Member(*key)
        context = _context(intake, left) if intake.program.budgets else NO_CONTEXT
        decision = decide(intake.event, intake.key, member, intake.program, context)
        for budget, used in decision.budget_used.items():
            _raise_if_short(claimed, decision, (intake.bank, budget), intake, exhausted)
            left[intake.bank, budget] = left.get((intake.bank, budget), 0) - used
        members[key] = decision.member
        decisions.append(Decided(intake, decision))
    return DecidedSlice(claimed, decisions, dict(room), left)


def _context(intake: Intake, left: Mapping[BudgetKey, int]) -> Context:
    return Context({budget: left.get((intake.bank, budget), 0) for budget in intake.program.budgets})


def _raise_if_short(
    claimed: Claimed, decision: Decision, budget: BudgetKey, intake: Intake, exhausted: frozenset[BudgetKey]
) -> None:
    if budget in exhausted:
        return
    costs = intake.program.budgets[budget[1]].units_per_point
    missing = sum(
        (p.desired_points - p.points) * costs[p.point_type]
        for p in decision.postings
        if p.capped_by == f"budget:{budget[1]}"
    )
    if missing:
        raise Short(claimed, budget, missing)
