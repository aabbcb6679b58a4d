"""Four eyes: one person proposes a change, others decide on it, and what they approved is carried out once.

    proposed -> approved -> carried-out | refused      enough others approved; then the rules decide
             -> rejected | withdrawn                   another one said no; the maker thought better of it
             -> expired                                nobody decided in time: only ever read, never written

A key is carried out by its maker, who takes it before the proposal's time is over: nobody else is told it. Until then
its approval may be thought better of too: rejected or withdrawn it can be taken no more.

A change of a member is approved in one transaction and carried out in another, at the door, under the name of the
request that approved it: whoever repeats that request, or the sweeper, finds it there or does it.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from engine import trail
from engine.api import changes
from engine.api.command import Answer, Command, Request
from engine.api.door import Door
from engine.api.problems import KINDS, Problem, written
from engine.deciding import Decided
from engine.store.sql import statement
from engine.trail import Action, Entry, Who
from schemas.api.proposals import Change, KeyMaking, Proposal, Result

log = logging.getLogger(__name__)

LEFT: Final = timedelta(seconds=5)
"""Whoever approved a proposal has carried it out by then, or has not come to it."""
AT_ONCE: Final = 50
"""Proposals that one look of the sweeper carries out."""
_CHANGE: Final[TypeAdapter[Any]] = TypeAdapter(Change)
_ACTIONS: Final[Mapping[str, Action]] = {
    "proposed": "proposal-approved", "approved": "proposal-approved", "carried-out": "proposal-carried-out",
    "refused": "proposal-refused", "rejected": "proposal-rejected", "withdrawn": "proposal-withdrawn",
}  # fmt: skip
"""What brings a proposal into a state, or leaves it as it is: the first of two approvals."""


def proposal_of(row: Any) -> Proposal:
    """As it stands: of one whose time is over the row does not say so."""
    return Proposal(
        proposal_id=UUID(bytes=row["proposal_id"].bytes),
        change=_CHANGE.validate_json(row["change"]),
        case=row["case_ref"],
        approved_by=tuple(row["approved_by"]),
        state=row.get("stands", row["state"]),
        result=None if row["result"] is None else Result.model_validate_json(row["result"]),
        **{name: row[name] for name in ("reason", "proposed_by", "proposed_at", "expires_at", "needs", "decided_by",
                                        "decided_at", "decided_because")},
    )  # fmt: skip


def approved(of: Proposal, person: str, now: datetime) -> Proposal:
    """With one approval more: `approved`, or `proposed` still while others are needed."""
    _refuse_maker(of, person)
    _undecided(of, now)
    if person in of.approved_by:
        raise Problem("proposal-decided", f"{person} approved it already; it needs {of.needs} people")
    more: dict[str, Any] = {"approved_by": (*of.approved_by, person)}
    if len(more["approved_by"]) >= of.needs:
        more |= {"state": "approved", "decided_by": person, "decided_at": now}
    return of.model_copy(update=more)


def rejected(of: Proposal, person: str, now: datetime, reason: str) -> Proposal:
    _refuse_maker(of, person)
    _revocable(of, now)
    return of.model_copy(
        update={"state": "rejected", "decided_by": person, "decided_at": now, "decided_because": reason}
    )


def withdrawn(of: Proposal, person: str, now: datetime, reason: str) -> Proposal:
    if of.proposed_by != person:
        raise Problem("not-allowed", f"only {of.proposed_by} can withdraw it")
    _revocable(of, now)
    return of.model_copy(
        update={"state": "withdrawn", "decided_by": person, "decided_at": now, "decided_because": reason}
    )


def taken(of: Proposal, person: str, now: datetime, key_id: str) -> Proposal:
    """With the key that was made because of it; Problem unless it is its maker who asks, and others approved it."""
    if of.proposed_by != person:
        raise Problem("not-allowed", f"only {of.proposed_by} can take the key")
    if of.state == "proposed":
        raise Problem("four-eyes", "nobody approved it yet")
    if of.state != "approved":
        raise Problem("proposal-decided", f"it is {of.state}")
    _in_time(of, now)
    return of.model_copy(update={"state": "carried-out", "result": Result(key_id=key_id)})


def _refuse_maker(of: Proposal, person: str) -> None:
    if of.proposed_by == person:
        raise Problem("four-eyes", f"{person} proposed it and cannot decide on it")


def _undecided(of: Proposal, now: datetime) -> None:
    if of.state != "proposed":
        raise Problem("proposal-decided", f"it is {of.state}")
    _in_time(of, now)


def _revocable(of: Proposal, now: datetime) -> None:
    """Problem unless it is undecided, or a key that nobody has taken."""
    if of.state != "approved" or not isinstance(of.change, KeyMaking):
        _undecided(of, now)


def _in_time(of: Proposal, now: datetime) -> None:
    if now >= of.expires_at:
        raise Problem("proposal-decided", f"it expired at {of.expires_at.isoformat()}; it has to be made again")


async def add(session: Any, of: Proposal, who: Who) -> None:
    """Keeps a new proposal."""
    change = orjson.dumps(of.change.model_dump(mode="json")).decode()
    told = of.change.kind, changes.subject(of.change), change, of.reason, of.case, of.proposed_by, of.proposed_at
    await session.execute(statement("add_proposal"), of.proposal_id, who.bank, *told, of.expires_at, of.needs)
    await trail.tell(session, who, Entry("proposal-made", changes.subject(of.change), None, _said(of)))


async def locked(session: Any, bank: str, proposal_id: UUID) -> Proposal:
    """A proposal that nobody else changes until the session's transaction ends; Problem where the bank has none."""
    row = await session.fetchrow(statement("lock_proposal"), bank, proposal_id)
    if row is None:
        raise Problem("not-found", f"{bank} has no such proposal")
    return proposal_of(row)


async def change(session: Any, who: Who, before: Proposal, after: Proposal, by: Request) -> None:
    """Keeps what became of a proposal; `by` is the write that did it."""
    request = None
    if after.state in ("approved", "carried-out", "refused"):
        request = orjson.dumps(by._asdict() | {"fingerprint": by.fingerprint.hex()}).decode()
    result = None if after.result is None else after.result.model_dump_json(exclude_none=True)
    kept = await session.fetchval(
        statement("change_proposal"), who.bank, after.proposal_id, before.state, after.state, after.approved_by,
        request, after.decided_by, after.decided_at, after.decided_because, result,
    )  # fmt: skip
    if kept is None:
        raise AssertionError(f"proposal {after.proposal_id} is not {before.state}")
    was, now = _said(before), _said(after)
    moved = [name for name in now if now[name] != was.get(name)]
    had = {name: was[name] for name in moved if name in was}
    has = {"proposal_id": str(after.proposal_id)} | {name: now[name] for name in moved}
    await trail.tell(session, who, Entry(_ACTIONS[after.state], changes.subject(after.change), had, has))


def _said(of: Proposal) -> dict[str, Any]:
    return of.model_dump(mode="json", exclude_none=True)


def command(bank: str, of: Proposal, by: Request) -> Command:
    """What an approved change of a member becomes at the door, under the name of the request that approved it."""
    became = changes.event_of(of)
    role, _, person = by.principal.partition("/")
    who = Who(bank, role, person, by.key_id, by.request_id)

    def ended(one: Decided) -> Proposal:
        return of.model_copy(
            update={"state": "refused" if one.decision.refusal else "carried-out", "result": _result(one)}
        )

    def answered(one: Decided) -> Answer:
        refusal = one.decision.refusal
        if refusal is None:
            return answer(ended(one))
        told = written(refusal.reason, refusal.detail, proposal_id=str(of.proposal_id))
        return Answer(KINDS[refusal.reason].status, told)

    async def recorded(session: Any, one: Decided) -> None:
        await change(session, who, of, ended(one), by)

    return Command(
        bank, became.member_id, became.kind.model_fields["type"].default, became.about, by, answered, recorded
    )


def _result(one: Decided) -> Result:
    decision = one.decision
    if decision.refusal is not None:
        return Result(refused=decision.refusal.reason, detail=decision.refusal.detail)
    if decision.sent:
        return Result(forwarded_to=decision.member.merged_into)
    return Result(member_version=decision.member.version)


def answer(of: Proposal, status: int = 200) -> Answer:
    return Answer(status, of.model_dump_json(exclude_none=True).encode())


def approving(row: Any) -> Request:
    """The write that a proposal was approved by finally."""
    told = orjson.loads(row["request"])
    return Request(**told | {"fingerprint": bytes.fromhex(told["fingerprint"])})


async def resume(pool: Any, door: Door) -> None:
    """Carries out what was approved by whoever did not come to it: a process that died, or a door that was shut."""
    for row in await pool.fetch(statement("proposals_to_carry_out"), LEFT, AT_ONCE):
        try:
            await door.ask(command(row["bank"], proposal_of(row), approving(row)))
        except Problem as problem:
            log.warning("proposal %s was not carried out yet: %s", row["proposal_id"], problem.kind)
