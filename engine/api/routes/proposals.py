"""The bank's people: one proposes a change, others decide on it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response

from engine.api import changes, cursor, proposals
from engine.api.asking import ApproverAsking, Asking, Auditor, OperatorAsking, response
from engine.api.command import Answer
from engine.api.cursor import Paged
from engine.api.house import Shared
from engine.api.landing import refuse_unusable
from engine.api.once import done, once
from engine.api.problems import Problem
from engine.api.scopes import unknown
from engine.store.sql import statement
from rules.identity import derived
from schemas.api import proposals as told
from schemas.api.access import PROPOSAL_ID
from schemas.api.proposals import OfBank, OfMember, Proposal

routes = APIRouter(prefix="/v1/proposals", tags=["staff"])
ProposalId = Annotated[str, Path(pattern=PROPOSAL_ID)]
Subject = Annotated[
    str | None,
    Query(max_length=80, pattern=r"^(member|merchant|channel|program|stop)/[A-Za-z0-9._/-]+$", examples=["member/m-1"]),
]

Ended = Callable[[Proposal, str, datetime, str], Proposal]


Chosen = tuple[str | None, str | None, str | None]


async def _chosen(state: told.State | None = None, kind: told.Kind | None = None, subject: Subject = None) -> Chosen:
    return state, kind, subject


Filters = Annotated[Chosen, Depends(_chosen)]
"""Which proposals are wanted: by state, kind and subject."""


@routes.get("", response_model_exclude_none=True)
async def listed(caller: Auditor, house: Shared, page: Paged, filters: Filters) -> told.Proposals:
    """Proposals, the newest first."""
    seen = cursor.read(page.since, datetime, UUID)
    async with house.reading.session(caller) as session:
        found = await session.fetch(statement("view_proposals"), caller.bank, None, *filters, *seen, page.asked)
    rows, more = page.cut(found, lambda last: [last["proposed_at"].isoformat(), str(last["proposal_id"])])
    return told.Proposals(items=tuple(map(proposals.proposal_of, rows)), next=more)


@routes.get("/{proposal_id}", response_model_exclude_none=True)
async def shown(proposal_id: ProposalId, caller: Auditor, house: Shared) -> Proposal:
    """A proposal, and what became of it."""
    async with house.reading.session(caller) as session:
        row = await session.fetchrow(statement("view_proposals"), caller.bank, UUID(proposal_id), *(None,) * 5, 1)
    if row is None:
        raise Problem("not-found", f"{caller.bank} has no such proposal")
    return proposals.proposal_of(row)


@routes.post("", status_code=201, response_model=Proposal)
async def propose(body: told.Proposing, asking: OperatorAsking) -> Response:
    """Propose a change. It is carried out when as many others as it needs have approved it."""
    bank, who = asking.caller.bank, asking.who

    async def write(session: Any, now: datetime) -> Answer:
        if not await changes.exists(session, bank, body.change):
            raise Problem("not-found", f"{bank} has no {changes.subject(body.change)}")
        programs = (await asking.house.registries.newest()).programs.get(bank)
        program = programs.at(now) if programs else None
        if program is None:
            raise Problem("not-found", f"{bank} has no program in force")
        if isinstance(body.change, told.KeyMaking):
            _refuse_unknown(body.change.scopes, asking.http.app.state.scopes)
        await changes.refuse_untried(session, bank, body.change, asking.house.settings.backtest_days_min)
        terms = changes.terms(body, program)
        made = Proposal(
            proposal_id=UUID(bytes=derived(asking.request(body).key(bank), "proposal")), change=body.change,
            reason=body.reason, case=body.case, proposed_by=who.person, proposed_at=now, needs=terms.needs,
            expires_at=now + timedelta(days=terms.days), state="proposed",
        )  # fmt: skip
        await proposals.add(session, made, who)
        return proposals.answer(made, 201)

    return response(await done(asking, body, write))


@routes.post("/{proposal_id}/approve", response_model=Proposal)
async def approve(proposal_id: ProposalId, body: told.Approval, asking: ApproverAsking) -> Response:
    """Approve what another person proposed. The last approval that it needs carries it out; a key its maker takes."""
    bank, who, by = asking.caller.bank, asking.who, asking.request(body)
    of = UUID(proposal_id)

    async def write(session: Any, now: datetime) -> Answer | None:
        before = await proposals.locked(session, bank, of)
        after = proposals.approved(before, who.person, now)
        if after.state == "approved" and isinstance(after.change, OfBank):
            await changes.carry(session, bank, after.change, who.person)
            after = after.model_copy(update={"state": "carried-out"})
        goes_on = after.state == "approved" and isinstance(after.change, OfMember)
        if goes_on:
            refuse_unusable(proposals.command(bank, after, by), now)
        await proposals.change(session, who, before, after, by)
        return None if goes_on else proposals.answer(after)

    answer = await once(asking, body, write)
    if answer is None:
        row = await asking.house.pool.fetchrow(statement("view_proposals"), bank, of, *(None,) * 5, 1)
        command = proposals.command(bank, proposals.proposal_of(row), proposals.approving(row))
        answer = await asking.house.door.ask(command)
    return response(answer)


@routes.post("/{proposal_id}/reject", response_model=Proposal)
async def reject(proposal_id: ProposalId, body: told.Ending, asking: ApproverAsking) -> Response:
    """Say that it is not to be carried out."""
    return await _ended(UUID(proposal_id), body, asking, proposals.rejected)


@routes.post("/{proposal_id}/withdraw", response_model=Proposal)
async def withdraw(proposal_id: ProposalId, body: told.Ending, asking: OperatorAsking) -> Response:
    """Take back what the caller proposed."""
    return await _ended(UUID(proposal_id), body, asking, proposals.withdrawn)


def _refuse_unknown(scopes: tuple[str, ...], known: frozenset[str]) -> None:
    wrong = unknown(scopes, known)
    if wrong is not None:
        raise Problem("invalid-request", f"body /change/scopes: {wrong}")


async def _ended(of: UUID, body: told.Ending, asking: Asking, decide: Ended) -> Response:
    bank, who = asking.caller.bank, asking.who

    async def write(session: Any, now: datetime) -> Answer:
        before = await proposals.locked(session, bank, of)
        after = decide(before, who.person, now, body.reason)
        await proposals.change(session, who, before, after, asking.request(body))
        return proposals.answer(after)

    return response(await done(asking, body, write))
