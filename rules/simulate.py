"""A whole history in memory: lines of events in, what they come to out. What a rule author tries a program on."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from rules.context import NO_CONTEXT, Context
from rules.decide import decide
from rules.decision import Decision, Grant, Posting, TierChange
from rules.identity import event_key
from rules.member import Member
from rules.program import Program, Programs
from schemas.decode import Decoded, UnusableEvent, decode
from schemas.events import AnyEvent, BusinessDayClosed, DayMarker

Row = dict[str, Any]


def simulate(lines: Iterable[bytes], programs: Programs) -> Iterator[Row]:
    """The rows that the events come to, in their order, and at the end every member as it stands.

    A line is one structured CloudEvents object. A row's `kind` is posting, tier, grant, refused or member. A line
    that cannot be used is refused with its number in `detail`; one that repeats an earlier event comes to nothing.
    Campaign budgets begin with their whole room.
    """
    return _Simulation(programs).rows(lines)


class _Simulation:
    """Members, events seen and budgets used, as of the line read last."""

    def __init__(self, programs: Programs) -> None:
        self._programs = programs
        self._bank = programs.versions[0].name
        self._members: dict[str, Member] = {}
        self._latest: dict[str, datetime] = {}
        self._seen: dict[bytes, bytes] = {}
        self._used: dict[str, int] = {}

    def rows(self, lines: Iterable[bytes]) -> Iterator[Row]:
        for number, line in enumerate(lines, 1):
            try:
                decoded = decode(line.rstrip(b"\r\n"), ())
            except UnusableEvent as error:
                yield _refused(None, error.reason, f"line {number}: {error.detail}")
            else:
                yield from self._of_event(decoded, number)
        for id_, member in self._members.items():
            if member.status != "unknown":
                yield self._standing(id_, member)

    def _of_event(self, decoded: Decoded, number: int) -> Iterable[Row]:
        event, fingerprint = decoded
        key = event_key(self._bank, event.source, event.id)
        known = self._seen.setdefault(key, fingerprint)
        if known is not fingerprint:
            return () if known == fingerprint else (_refused(event.id, "conflict", f"line {number}: used before"),)
        if isinstance(event, BusinessDayClosed | DayMarker):
            return (_refused(event.id, "close-not-decided-yet", f"line {number}: day close is not decided yet"),)
        program = self._programs.at(event.occurred_at)
        if program is None:
            return (_refused(event.id, "no-program", f"line {number}: no program is in force at that time"),)
        return _rows(event, self._decided(event, key, program))

    def _decided(self, event: AnyEvent, key: bytes, program: Program) -> Decision:
        id_ = event.subject
        member = self._members.get(id_) or Member(self._bank, id_)
        decision = decide(event, key, member, program, self._context(program))
        self._members[id_] = decision.member
        self._latest[id_] = max(event.occurred_at, self._latest.get(id_, event.occurred_at))
        for budget, used in decision.budget_used.items():
            self._used[budget] = self._used.get(budget, 0) + used
        return decision

    def _context(self, program: Program) -> Context:
        if not program.budgets:
            return NO_CONTEXT
        return Context({id_: budget.units - self._used.get(id_, 0) for id_, budget in program.budgets.items()})

    def _standing(self, id_: str, member: Member) -> Row:
        at = self._latest[id_]
        program = self._programs.at(at) or self._programs.versions[0]
        moment = program.moment(at)
        return {
            "kind": "member",
            "member_id": id_,
            "status": member.status,
            "balances": {name: balance.total for name, balance in member.balances.items()},
            "tier": member.tier,
            "score": member.score,
            "metrics": {name: read(member, moment) for name, read in program.metrics.items()},
        }


def _rows(event: AnyEvent, decision: Decision) -> Iterable[Row]:
    if decision.refusal:
        return (_refused(event.id, decision.refusal.reason, decision.refusal.detail),)
    rows = [_posting(event, posting) for posting in decision.postings]
    rows += [_tier(change) for change in decision.tier_changes]
    rows += [_grant(grant) for grant in decision.grants]
    return rows


def _posting(event: AnyEvent, p: Posting) -> Row:
    return {
        "kind": "posting",
        "member_id": p.member_id,
        "event_id": event.id,
        "rule_id": p.rule_id,
        "point_type": p.point_type,
        "points": p.points,
        "desired_points": p.desired_points,
        "capped_by": p.capped_by,
        "business_date": p.business_date.isoformat(),
        "occurred_at": p.occurred_at.isoformat(),
        "expires_on": p.expires_on.isoformat() if p.expires_on else None,
    }


def _tier(change: TierChange) -> Row:
    return {
        "kind": "tier",
        "member_id": change.member_id,
        "from": change.from_tier,
        "to": change.to_tier,
        "reason": change.reason,
    }


def _grant(grant: Grant) -> Row:
    return {
        "kind": "grant",
        "member_id": grant.member_id,
        "benefit_id": grant.benefit_id,
        "units": grant.units,
        "network": grant.network,
        "valid_from": grant.valid_from.isoformat(),
        "valid_until": grant.valid_until.isoformat(),
    }


def _refused(event_id: str | None, reason: str, detail: str) -> Row:
    return {"kind": "refused", "event_id": event_id, "reason": reason, "detail": detail}
