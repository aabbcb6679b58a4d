"""A batch is decided: events in turn, each on what the one before it left. Pure but for the records it carries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from engine.batch import Slice
from engine.intake import Intake, Unusable
from rules.context import NO_CONTEXT, Context
from rules.decide import decide
from rules.decision import Decision
from rules.member import Member, unknown
from rules.needs import NOTHING, needs
from rules.points.lots import apply
from rules.program import Program, Programs
from rules.spending.stops import NO_STOPS, Stops, bearing

MemberKey = tuple[str, str]
BudgetKey = tuple[str, str]


class Closing(NamedTuple):
    """A bank's business day closes: a marker goes to every partition."""

    bank: str
    business_date: date
    through: date
    reason: str | None
    program: Program


class Uploaded(NamedTuple):
    """A merchant's upload: the member whose command it becomes, or why it becomes none, in a word and a sentence."""

    intake: Intake
    member_id: str | None
    refusal: tuple[str, str] | None = None


class Claimed(NamedTuple):
    """A slice whose position is this batch's to move on, with what is left of it to decide.

    `chain` is the digest that the lane's chain ends with, `unusable_in_a_row` how many records before it were unusable,
    `closed` the last day closed of each bank. Of a `marker` the intakes are members that are due, and the slice passes
    it with the last of them; where a version takes over, its `eve` falls due to each. `closes` are the business days
    that end by what a calendar's slice announces, `uploads` what merchants ask for in a slice of theirs; `repeated` are
    the offsets of repeats that tell a profile. `stops` is what each bank has stopped meanwhile, `known` the
    marks of its program's versions that are known.
    """

    slice: Slice
    chain: bytes
    unusable_in_a_row: int
    closed: Mapping[str, date]
    intakes: list[Intake]
    unusable: list[Unusable]
    marker: Intake | None = None
    eve: date | None = None
    closes: Sequence[Closing] = ()
    uploads: Sequence[Uploaded] = ()
    repeated: Sequence[int] = ()
    stops: Mapping[str, Stops] = {}
    known: Mapping[str, Sequence[str]] = {}

    @property
    def passes(self) -> bool:
        """Whether nothing of the slice is left to decide after this."""
        return self.slice.next > self.slice.asked


class Decided(NamedTuple):
    event: Intake
    decision: Decision


@dataclass(slots=True)
class DecidedSlice:
    """What a claimed slice came to. `room_before` is the budget room it was decided with: its context.

    `versions` is how many versions its members took: one an event, at a close one for each day that brought something.
    """

    claimed: Claimed
    decisions: list[Decided]
    room_before: dict[BudgetKey, int]
    room_after: dict[BudgetKey, int] = field(default_factory=dict)
    versions: int = 0


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
    versions = 0
    for intake in claimed.intakes:
        key = (intake.bank, intake.event.subject)
        member = members.get(key) or unknown(*key)
        closed = claimed.closed.get(intake.bank)
        stops = claimed.stops.get(intake.bank, NO_STOPS)
        bare = not (closed or intake.program.budgets or stops)
        context = NO_CONTEXT if bare else Context(_room(intake, left), closed, stops)
        past = member if member.lots is not None else None
        if past is not None and needs(intake.event, intake.bank, intake.program, closed) is NOTHING:
            member = without_past(member)
        decision = decide(intake.event, intake.key, member, intake.program, context)
        for budget, used in decision.budget_used.items():
            _raise_if_short(claimed, decision, (intake.bank, budget), intake, exhausted)
            left[intake.bank, budget] = left.get((intake.bank, budget), 0) - used
        versions += decision.member.version - member.version
        members[key] = decision.member if past is None else _with_past(decision, intake.key, past)
        decisions.append(Decided(intake, decision))
    return DecidedSlice(claimed, decisions, dict(room), left, versions)


def under(claimed: Claimed, programs: Mapping[str, Programs], stops: Mapping[str, Stops]) -> Claimed:
    """What is claimed, to be decided by the versions that are known while its banks have stopped so much.

    With as much of what is stopped as may bear upon it.
    """
    banks = {i.bank for i in claimed.intakes} if claimed.marker is None else {claimed.marker.bank}
    claimed = claimed._replace(known={bank: programs[bank].marks for bank in banks})
    if not stops or claimed.marker is not None:
        return claimed
    found: dict[str, Stops] = {}
    for i in claimed.intakes:
        bearing_upon = bearing(stops.get(i.bank, NO_STOPS), i.event)
        if bearing_upon:
            found[i.bank] = found.get(i.bank, NO_STOPS) | bearing_upon
    return claimed._replace(stops=found)


def without_past(member: Member) -> Member:
    """The member as an event finds it that asks for nothing of its past: that may not hang on the batch."""
    bare = member.draft()
    bare.lots = bare.origins = bare.redeemed = None
    return bare


def _with_past(decision: Decision, key: bytes, past: Member) -> Member:
    """What the member becomes, its past brought up to date for the batch's next events."""
    after = decision.member.draft()
    if after.lots is None:
        after.lots, after.origins, after.redeemed = dict(past.open_lots()), dict(past.origins or {}), past.redeemed
        apply(decision, after.lots, {})
    origins = after.origins = after.origins or {}
    origins.setdefault(key, ())
    event_of = {p.posting_id: origin for origin, postings in origins.items() for p in postings}
    for p in decision.postings:
        origin = p.event_key if p.reverses is None else event_of.get(p.reverses)
        if origin is not None and p.posting_id not in event_of:
            origins[origin] = (*origins.get(origin, ()), p)
            event_of[p.posting_id] = origin
    return after


def _room(intake: Intake, left: Mapping[BudgetKey, int]) -> dict[str, int]:
    return {budget: left.get((intake.bank, budget), 0) for budget in intake.program.budgets}


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
