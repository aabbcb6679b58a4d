"""Channels act for a customer: a code to show, points for benefits, and what would be if."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from engine.api import codes
from engine.api.asking import Asking, ChannelAsking
from engine.api.codes import Issue
from engine.api.command import Answer
from engine.api.problems import KINDS, Problem, written
from engine.api.supposing import supposed
from engine.api.viewing import Looking, Viewing
from engine.deciding import Decided
from schemas.api import members as told
from schemas.events import AnyEvent, BenefitConversionRequested, BenefitPurchaseRequested

routes = APIRouter(prefix="/v1/members/{member_id}", tags=["channels"])


@routes.post("/codes", status_code=201)
async def code(body: told.CodeAsked, looking: Looking) -> told.Code:
    """A code for the customer to show at a shop. Asked again it is another one: what was shown is not kept."""
    async with looking.opened() as view:
        member = view.member
    if member.status not in ("enrolled", "provisional"):
        raise Problem("not-found", f"the member is {member.status}")
    of = Issue(member.bank, member.member_id, body.good_for_s)
    if body.grant_id is not None:
        id_ = UUID(body.grant_id)
        grant = member.grants.get(id_.bytes)
        if grant is None:
            raise Problem("not-found", f"the member has no open grant {id_}")
        of = of._replace(kind="voucher", benefit=grant.benefit_id, grant_id=id_)
    issued = await codes.issue(looking.house.pool, looking.house.pepper, of)
    return told.Code(code=issued.code, expires_at=issued.expires_at)


@routes.post("/purchases", status_code=201, response_model=told.Given)
async def purchase(body: told.PurchaseAsked, looking: Looking, asking: ChannelAsking) -> Response:
    """Exchange points for units of a benefit, at its price."""
    return await _exchange(BenefitPurchaseRequested, body, looking, asking)


@routes.post("/conversions", status_code=201, response_model=told.Given)
async def conversion(body: told.ConversionAsked, looking: Looking, asking: ChannelAsking) -> Response:
    """Turn units of one benefit into units of another, at the program's rate."""
    return await _exchange(BenefitConversionRequested, body, looking, asking)


async def _exchange(
    kind: type[AnyEvent], body: told.PurchaseAsked | told.ConversionAsked, looking: Viewing, asking: Asking
) -> Response:
    """Of a member that there is: a command would make a new one of a slip of the pen."""
    async with looking.opened():
        pass
    about: dict[str, Any] = body.model_dump(exclude_none=True)
    return await asking.ask(looking.member_id, kind, about, body, _answered)


def _answered(one: Decided) -> Answer:
    """A decision as the grant that it gave, or why it moved nothing; of who merged it went on to the survivor."""
    decision = one.decision
    if decision.refusal is not None:
        reason, detail = decision.refusal.reason, decision.refusal.detail
        return Answer(KINDS[reason].status, written(reason, detail))
    if not decision.grants:
        return Answer(202, b'{"state":"forwarded"}')
    grant = decision.grants[-1]
    given = told.Given(
        member_version=decision.member.version,
        grant_id=UUID(bytes=grant.grant_id),
        benefit=grant.benefit_id,
        units=grant.units or 1,
        points=sum(p.points for p in decision.postings),
        valid_until=grant.valid_until,
    )
    return Answer(201, given.model_dump_json().encode())


@routes.post("/what-if", response_model_exclude_none=True)
async def what_if(body: told.Question, looking: Looking) -> told.Answer:
    """What a dealing would bring if it happened now, by the member's own state. Nothing is recorded."""
    async with looking.opened() as view:
        return await supposed(body, view, looking.house)
