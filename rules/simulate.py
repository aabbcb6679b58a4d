"""A whole history in memory: lines of events in, what they come to out. What a rule author tries a program on."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import orjson

from rules.decision import Decision, Grant, Posting, Revocation, Signal, TierChange
from rules.identity import event_key
from rules.member import Member
from rules.memory import Memory
from rules.program import Programs
from schemas.decode import Decoded, UnusableEvent, decode
from schemas.events import AnyEvent, BusinessDayClosed, DayMarker
from schemas.mask import masked

Row = dict[str, Any]


def simulate(lines: Iterable[bytes], programs: Programs, *, signals: bool = False) -> Iterator[Row]:
    """The rows that the events come to, in their order, and at the end every member as it stands.

    A line is one structured CloudEvents object. A row's `kind` is posting, tier, grant, refused or member. A line
    that cannot be used is refused with its number in `detail`; one that repeats an earlier event comes to nothing.
    Days close only where a line announces it, whichever source does; a day closes once.
    Campaign budgets begin with their whole room. Where they are asked for, signals are rows too.
    """
    return _Simulation(programs, signals=signals).rows(lines)


class _Simulation:
    """The ledger, what was seen and when each member was last told of, as of the line read last."""

    def __init__(self, programs: Programs, *, signals: bool) -> None:
        self._signals = signals
        self._memory = Memory(programs)
        self._latest: dict[str, datetime] = {}
        self._seen: dict[bytes, bytes] = {}
        self._ids: dict[bytes, str] = {}

    def rows(self, lines: Iterable[bytes]) -> Iterator[Row]:
        for number, line in enumerate(lines, 1):
            try:
                decoded = decode(line.rstrip(b"\r\n"), ())
            except UnusableEvent as error:
                yield _refused(_named_by(line), error.reason, f"line {number}: {error.detail}")
            else:
                yield from self._of_event(decoded, number)
        for id_, member in self._memory.members.items():
            if member.status != "unknown":
                yield self._standing(id_, member)

    def _of_event(self, decoded: Decoded, number: int) -> Iterable[Row]:
        event, fingerprint = decoded
        memory = self._memory
        key = event_key(memory.bank, event.source, event.id)
        known = self._seen.setdefault(key, fingerprint)
        if known is not fingerprint:
            return () if known == fingerprint else (_refused(event.id, "conflict", f"line {number}: used before"),)
        self._ids[key] = event.id
        if isinstance(event, BusinessDayClosed):
            return self._of_close(event, key, number)
        if isinstance(event, DayMarker):
            return (_refused(event.id, "wrong-topic", f"line {number}: only the engine sends {event.type}"),)
        program = memory.programs.at(event.occurred_at)
        if program is None:
            return (_refused(event.id, "no-program", f"line {number}: no program is in force at that time"),)
        latest = self._latest.get(event.subject)
        if latest is None or latest < event.occurred_at:
            self._latest[event.subject] = event.occurred_at
        return self._rows(event, memory.told(event, key, program))

    def _of_close(self, event: BusinessDayClosed, key: bytes, number: int) -> Iterable[Row]:
        closed = self._memory.closed_through
        if closed is not None and event.data.through <= closed:
            return (_refused(event.id, "day-already-closed", f"line {number}: {closed} is closed already"),)
        return self._rows(event, self._memory.close(event, key))

    def _rows(self, event: AnyEvent, decisions: Iterable[Decision]) -> list[Row]:
        rows: list[Row] = []
        for decision in decisions:
            rows += _rows(event, decision, self._ids)
            if self._signals:
                rows += map(_signal, decision.signals)
        return rows

    def _standing(self, id_: str, member: Member) -> Row:
        at = self._latest.get(id_) or max(self._latest.values())
        program = self._memory.programs.at(at) or self._memory.programs.versions[0]
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


def _named_by(line: bytes) -> str | None:
    """The id that an unusable line gives its event, where it can be read."""
    try:
        said = orjson.loads(masked(line))
    except orjson.JSONDecodeError:
        return None
    id_ = said.get("id") if isinstance(said, dict) else None
    return id_ if isinstance(id_, str) else None


def _rows(event: AnyEvent, decision: Decision, ids: Mapping[bytes, str]) -> list[Row]:
    if decision.refusal:
        return [_refused(event.id, decision.refusal.reason, decision.refusal.detail)]
    rows = [_posting(event, posting) for posting in decision.postings]
    rows += [_refused(ids.get(one.event_key), one.reason, one.detail) for one in decision.reviews]
    rows += map(_tier, decision.tier_changes)
    rows += map(_grant, decision.grants)
    rows += map(_revoked, decision.revocations)
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
        "business_date": _day(p.business_date),
        "occurred_at": p.occurred_at.isoformat(),
        "expires_on": _day(p.expires_on) if p.expires_on else None,
    }


_day = lru_cache(maxsize=4096)(date.isoformat)


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


def _revoked(r: Revocation) -> Row:
    """What is taken back of a grant is a grant below zero, as points taken are; 0 of one without limit."""
    day = r.occurred_at.date().isoformat()
    units = -(r.units or 0)
    told = {"kind": "grant", "member_id": r.member_id, "benefit_id": r.benefit_id, "units": units, "network": r.network}
    return told | {"valid_from": day, "valid_until": day, "revoked": r.reason}


def _signal(signal: Signal) -> Row:
    return {
        "kind": "signal",
        "member_id": signal.member_id,
        "signal": signal.signal,
        "subject": signal.subject,
        "priority": signal.priority,
        "manager": signal.manager,
        "deputy": signal.deputy,
        "day": signal.event_day.isoformat(),
        "due_on": signal.due_on.isoformat() if signal.due_on else None,
        "amount_minor": signal.amount_minor,
    }


def _refused(event_id: str | None, reason: str, detail: str) -> Row:
    return {"kind": "refused", "event_id": event_id, "reason": reason, "detail": detail}
