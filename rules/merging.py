"""Two members turn out to be one person: what one had moves to the other by paired postings, and later events follow.

A decision touches one member, so what concerns the survivor is said to it, in events with the cause's times. Points
that left one member and did not reach the other yet are on the way; the events that carry them say how many.
"""

import json
from operator import add
from typing import Any, Final

from rules import averages
from rules.benefits import follow
from rules.cause import Cause
from rules.decision import Decision, Why
from rules.expiry import ACTIVE
from rules.forwarding import envelope
from rules.identity import derived
from rules.lots import Lot, in_order, unheld
from rules.member import Member, holdings_of, plain
from rules.moves import Move, give_points, take_points
from rules.program import Program
from rules.redemption import lapse
from rules.tiers import Step, take_tier
from rules.units import absorb_grants
from rules.vouchers import open_grant
from schemas.events import MemberAbsorbed, MemberMerged
from schemas.events.merges import LOTS_MAX, Absorption, Debt, MovedLot
from schemas.message import SOURCE

RULE_ID: Final = "merge"


def merge(event: MemberMerged, cause: Cause, decision: Decision, program: Program) -> Why | None:
    """The subject's lots and debts leave it, and it is closed but for what it forwards from now on."""
    member, into = decision.member, event.data.into
    if into == member.member_id:
        return "merge-not-possible", "a member cannot merge into itself"
    lapse(cause, decision, program)
    if member.holds:
        return "member-has-holds", "capture or void what is held first"
    lots = in_order(member.open_lots().values())
    for part, lot in enumerate(lots):
        take_points(Move("merged", RULE_ID, lot.point_type, -lot.left, part=part), [lot], cause, decision, program)
    owed = {name: b.deficit for name, b in member.balances.items() if b.deficit}
    for part, (name, points) in enumerate(owed.items(), len(lots)):
        give_points(Move("merged", RULE_ID, name, points, part=part), cause, decision, program)
    decision.sent += _absorptions(lots, owed, into, cause, member)
    member.status, member.merged_into, member.due_on = "merged", into, None
    return None


def _absorptions(
    lots: list[Lot], owed: dict[str, int], into: str, cause: Cause, member: Member
) -> list[MemberAbsorbed]:
    parts = [lots[i : i + LOTS_MAX] for i in range(0, len(lots), LOTS_MAX)] or [[]]
    return [
        MemberAbsorbed(
            **envelope(derived(cause.key, f"absorbed:{number}"), into, cause.event),
            data=Absorption(
                member=member.member_id,
                number=number,
                lots=tuple(_moved(lot) for lot in part),
                owed=() if number else tuple(Debt(point_type=n, points=p) for n, p in owed.items()),
                tier=None if number else member.tier,
                state=None if number else _state(member),
            ),
        )
        for number, part in enumerate(parts)
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
    )


def _state(member: Member) -> str:
    kept = ("counters", "holdings", "segments", "integrals", "granted", "carried", "grants")
    return json.dumps({name: part for name, part in plain(member).items() if name in kept}, separators=(",", ":"))


def absorb(event: MemberAbsorbed, cause: Cause, decision: Decision, program: Program) -> Why | None:
    """The survivor takes over lots with their expiry, debts, accounts, what was used of caps, and the higher tier."""
    told, member = event.data, decision.member
    if event.source != SOURCE:
        return "merge-not-possible", f"only {SOURCE} says this"
    for part, lot in enumerate(told.lots):
        move = Move(
            "merged", RULE_ID, lot.point_type, lot.points, lot.expires_on, lot.restriction, part=part,
            releases_on=lot.releases_on, awaits=lot.awaits,
        )  # fmt: skip
        give_points(move, cause, decision, program)
    for part, debt in enumerate(told.owed, len(told.lots)):
        open_ = unheld(member, member.open_lots().values())
        lots = [lot for lot in in_order(open_) if lot.point_type == debt.point_type]
        take_points(Move("merged", RULE_ID, debt.point_type, -debt.points, part=part), lots, cause, decision, program)
    if told.state is not None:
        _take_over(member, json.loads(told.state))
        averages.correct(member, program, 0, cause.moment.day)
        averages.fall_due(member, program, cause.moment.day, member.closed_through)
    if told.tier is not None and program.ranks.get(told.tier, -1) > program.ranks.get(member.tier or "", -1):
        take_tier(Step(program.ranks[told.tier], "merged", cause.moment.day), cause, decision, program)
        follow(cause, decision, program)
    return None


def _take_over(member: Member, state: dict[str, Any]) -> None:
    """Accounts that the survivor does not know, and what was used of caps and metrics beside what it used itself."""
    member.holdings = {**holdings_of(state), **member.holdings}
    for name in ("segments", "integrals", "carried"):
        setattr(member, name, {**state.get(name, {}), **getattr(member, name)})
    for counter, windows in state.get("counters", {}).items():
        own = member.counters.get(counter, {})
        both = max if counter.startswith(f"{ACTIVE}:") else add
        member.counters[counter] = {w: both(windows.get(w, 0), own.get(w, 0)) for w in windows.keys() | own.keys()}
    for benefit, units in state.get("granted", {}).items():
        had = member.granted.get(benefit, {})
        member.granted[benefit] = {w: max(units.get(w, 0), had.get(w, 0)) for w in units.keys() | had.keys()}
    absorb_grants({bytes.fromhex(id_): open_grant(row) for id_, row in state.get("grants", {}).items()}, member)
