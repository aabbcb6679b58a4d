"""Two members turn out to be one person: what one had moves to the other by paired postings, and later events follow.

A decision touches one member, so what concerns the survivor is said to it, in events with the cause's times. Points
that left one member and did not reach the other yet are on the way; the events that carry them say how many.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import add
from typing import Any, Final

from rules.cause import Cause
from rules.decision import Decision, Why
from rules.identity import derived
from rules.member import Member, holdings_of, plain
from rules.members.forwarding import envelope, send_on
from rules.metrics import averages
from rules.points.activity import ACTIVE
from rules.points.lots import Lot, in_order, unheld
from rules.points.moves import ONE_DAY, Move, give_points, take_points
from rules.points.outstanding import Unearned, Waiting
from rules.points.unearned import MOST
from rules.program import Program
from rules.signals.watch import NOTHING_WATCHED
from rules.spending.benefits import follow
from rules.spending.holds import lapse
from rules.spending.units import absorb_grants, units_returned
from rules.spending.vouchers import open_grant
from rules.standing.tiers import Step, take_tier
from schemas.events import MemberAbsorbed, MemberMerged
from schemas.events.merges import LOTS_MAX, Absorption, Debt, MovedLot, UnitsReturned
from schemas.message import SOURCE

RULE_ID: Final = "merge"
STATE_MAX: Final = 24_000
"""Characters of state in one message; each may be written with a second one before it."""
SENT: Final = ("counters", "holdings", "segments", "integrals", "granted", "carried", "grants")
LISTS: Final = ("waiting", "unearned", "absorbed", "survivors")
"""The parts of a member that go to the one it merges into."""


def merge(event: MemberMerged, cause: Cause, decision: Decision, program: Program) -> Why | None:
    """All that the subject has leaves it; from now on it only sends on what is said about it."""
    member, into = decision.member, event.data.into
    if into == member.member_id:
        return "merge-not-possible", "a member cannot merge into itself"
    if member.frozen is not None:
        return "member-frozen", "what is frozen stays where it is; unfreeze the member first"
    lapse(cause, decision, program)
    if member.holds:
        return "member-has-holds", "capture or void what is held first"
    lots = in_order(member.open_lots().values())
    take_lots(lots, cause, decision, program)
    owed = {name: b.deficit for name, b in member.balances.items() if b.deficit}
    for part, (name, points) in enumerate(owed.items(), len(lots)):
        give_points(Move("merged", RULE_ID, name, points, part=part), cause, decision, program)
    decision.sent += tuple(_absorptions(lots, owed, into, cause, member))
    _empty(member, into)
    return None


def take_lots(lots: Iterable[Lot], cause: Cause, decision: Decision, program: Program) -> None:
    """Takes what is left of them, a posting each, for another member."""
    for part, lot in enumerate(lots):
        take_points(Move("merged", lot.rule_id, lot.point_type, -lot.left, part=part), [lot], cause, decision, program)


def move_on(returned: UnitsReturned | None, cause: Cause, decision: Decision, program: Program) -> None:
    """What came back to a member after it had merged goes where the rest went."""
    member = decision.member
    lots = in_order(member.open_lots().values())
    take_lots(lots, cause, decision, program)
    told = [Absorption(member=member.member_id, number=0, returned=returned)] if returned else []
    decision.sent += tuple(sent([*told, *of_lots(lots, len(told), member)], member.merged_into or "", cause))


def _empty(member: Member, into: str) -> None:
    """What was sent on is the survivor's alone: un-merged, the member begins anew."""
    for part in SENT:
        setattr(member, part, {})
    member.waiting, member.unearned, member.watch, member.tier, member.score = (), (), NOTHING_WATCHED, None, 0
    member.status, member.merged_into, member.due_on = "merged", into, None


def _absorptions(
    lots: list[Lot], owed: dict[str, int], into: str, cause: Cause, member: Member
) -> list[MemberAbsorbed]:
    """State before lots, and the tier last, so that it grants less what the state says was granted already."""
    told: list[Absorption] = []
    for state in _in_parts({name: part for name, part in plain(member).items() if name in (*SENT, *LISTS)}):
        told.append(Absorption(member=member.member_id, number=len(told), state=state))
    told += of_lots(lots, len(told), member)
    debts = tuple(Debt(point_type=name, points=points) for name, points in owed.items())
    told.append(Absorption(member=member.member_id, number=len(told), owed=debts, tier=member.tier))
    return sent(told, into, cause)


def of_lots(lots: Iterable[Lot], number: int, member: Member, *, back_to: str | None = None) -> list[Absorption]:
    """In messages each of which has the lots of one person: the member's own, or of one that merged into it."""
    owner = member.kin.owner()
    by_owner: dict[str | None, list[Lot]] = {}
    for lot in lots:
        of = owner(lot)
        by_owner.setdefault(None if of == back_to else of, []).append(lot)
    parts = [(of, own[at : at + LOTS_MAX]) for of, own in by_owner.items() for at in range(0, len(own), LOTS_MAX)]
    return [
        Absorption(member=member.member_id, number=n, of=of, back=back_to is not None, lots=tuple(map(_moved, part)))
        for n, (of, part) in enumerate(parts, number)
    ]


def sent(told: list[Absorption], into: str, cause: Cause) -> list[MemberAbsorbed]:
    return [
        MemberAbsorbed(**envelope(derived(cause.key, f"absorbed:{one.number}"), into, cause.event), data=one)
        for one in told
    ]


def _moved(lot: Lot) -> MovedLot:
    return MovedLot(
        lot=lot.lot_id.hex(),
        point_type=lot.point_type,
        points=lot.left,
        expires_on=lot.expires_on,
        restriction=lot.restriction,
        releases_on=lot.releases_on,
        awaits=lot.awaits,
        rule=lot.rule_id,
        thing=lot.thing,
        event=lot.event_key.hex(),
        earned_at=lot.earned_at,
        amount_minor=lot.amount_minor,
    )


def _in_parts(state: dict[str, Any]) -> Iterator[str]:
    """The state as texts of bounded length, each entry whole: taken over one by one they come to the same.

    In the order of names: the ledger gives entries back in another order than that in which they came about.
    """
    part: dict[str, Any] = {}
    length = 0
    for name, entries in sorted(state.items()):
        for key, entry in sorted(entries.items()) if isinstance(entries, dict) else ((None, one) for one in entries):
            size = len(_text(entry)) + len(name) + len(key or "") + 10
            if length and length + size > STATE_MAX:
                yield _text(part)
                part, length = {}, 0
            if key is None:
                part.setdefault(name, []).append(entry)
            else:
                part.setdefault(name, {})[key] = entry
            length += size
    if part:
        yield _text(part)


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def absorb(event: MemberAbsorbed, cause: Cause, decision: Decision, program: Program) -> Why | None:
    """The survivor takes over lots with their expiry, debts, accounts, what was used of caps, and the higher tier."""
    told, member = event.data, decision.member
    if event.source != SOURCE:
        return "merge-not-possible", f"only {SOURCE} says this"
    if sent_after(event, cause.key, decision):
        return None
    for part, lot in enumerate(told.lots):
        move = Move(
            "merged", lot.rule or RULE_ID, lot.point_type, lot.points, lot.expires_on, lot.restriction, part=part,
            releases_on=lot.releases_on, awaits=lot.awaits, thing=lot.thing, amount_minor=lot.amount_minor,
            earned_by=bytes.fromhex(lot.event) if lot.event else None, earned_at=lot.earned_at,
        )  # fmt: skip
        give_points(move, cause, decision, program)
    for part, debt in enumerate(told.owed, len(told.lots)):
        open_ = unheld(member, member.open_lots().values())
        lots = [lot for lot in in_order(open_) if lot.point_type == debt.point_type]
        take_points(Move("merged", RULE_ID, debt.point_type, -debt.points, part=part), lots, cause, decision, program)
    know(told, member, lots=bool(told.lots))
    if told.returned is not None:
        units_returned(told.returned, member, program)
    if told.state is not None and not told.back:
        _take_over(member, json.loads(told.state), program)
        averages.correct(member, program, 0, cause.moment.day)
        averages.fall_due(member, program, cause.moment.day, member.closed_through)
    if told.tier is not None and program.ranks.get(told.tier, -1) > program.ranks.get(member.tier or "", -1):
        take_tier(Step(program.ranks[told.tier], "merged", cause.moment.day), cause, decision, program)
        follow(cause, decision, program)
    return None


def sent_after(event: MemberAbsorbed, key: bytes, decision: Decision) -> bool:
    """Lots that come back of one who left the draft in the meantime go where it went."""
    of = event.data.of if event.data.back else None
    if of is None or of in decision.member.kin.absorbed:
        return False
    send_on(event, of, key, decision, {"of": None})
    return True


def know(told: Absorption, member: Member, *, lots: bool = False) -> None:
    """The draft knows who merged into it, and whose the lots are, if they stay: also while it is merged itself."""
    state: dict[str, Any] = json.loads(told.state) if told.state else {}
    for absorbed in state.get("absorbed", ()):
        _know(absorbed, member)
    if "survivors" in state:
        outlived(member, state["survivors"])
    if not told.back:
        _know(told.member, member, lots=lots and told.of is None)
    if told.of is not None:
        _know(told.of, member, lots=lots)


def _know(absorbed: str, member: Member, *, lots: bool = False) -> None:
    """Of these it can learn what was before, and give them their lots back."""
    if absorbed != member.member_id:
        member.kin = member.kin.with_absorbed(absorbed, (member.version,) if lots else ())


def outlived(member: Member, survivors: Iterable[str]) -> None:
    """These decided for the draft, or for who merged into it, and know what was said meanwhile."""
    member.kin = member.kin.with_survivors(name for name in survivors if name != member.member_id)


def _take_over(member: Member, state: dict[str, Any], program: Program) -> None:
    """Accounts that the survivor does not know, and what was used of caps and metrics beside what it used itself."""
    member.holdings = {**holdings_of(state), **member.holdings}
    for name in ("segments", "integrals", "carried"):
        setattr(member, name, {**state.get(name, {}), **getattr(member, name)})
    for counter, windows in state.get("counters", {}).items():
        both = max if counter.startswith(f"{ACTIVE}:") else add
        member.counters = _taken_over(counter, windows, member.counters, both)
    milestones = {benefit.id for benefit in program.milestones}
    for benefit, units in state.get("granted", {}).items():
        both = add if benefit in milestones else max
        member.granted = _taken_over(benefit, units, member.granted, both)
    waiting = [Waiting.restored(row) for row in state.get("waiting", ())]
    member.waiting = (*member.waiting, *waiting)
    for one in waiting:
        member.falls_due(one.gives_up_on - ONE_DAY)
    unearned = (*member.unearned, *(Unearned.restored(row) for row in state.get("unearned", ())))
    member.unearned = tuple(sorted(unearned, key=lambda one: (one.day, one.key))[-MOST:])
    absorb_grants(
        {bytes.fromhex(id_): open_grant(row) for id_, row in state.get("grants", {}).items()}, member, program
    )


def _taken_over(
    name: str, windows: Mapping[str, int], own: Mapping[str, dict[str, int]], both: Callable[[int, int], int]
) -> Mapping[str, dict[str, int]]:
    """What the survivor has of its own, with what the other had under a name in each window."""
    had = own.get(name, {})
    return {**own, name: {w: both(windows.get(w, 0), had.get(w, 0)) for w in {**windows, **had}}}
