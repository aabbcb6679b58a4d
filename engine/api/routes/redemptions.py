"""Merchants: points and benefits are held, captured, voided and reversed under the merchant's own reference."""

from collections.abc import Callable
from datetime import UTC
from email.utils import format_datetime
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel

from engine import merchants
from engine.api.asking import Asking, Merchant, MerchantAsking
from engine.api.command import Answer
from engine.api.directory import Shop
from engine.api.house import House, Shared
from engine.api.problems import KINDS, Problem, written
from engine.deciding import Decided
from engine.store import rows
from engine.store.pace import REASON, full_s
from engine.store.sql import statement
from rules.needs import redemption_id
from rules.spending import vouchers
from rules.spending.pace import again_at
from schemas.api.redemptions import Capture, Forwarded, MerchantRef, Redemption, RedemptionState, Reverse, Void
from schemas.events import (
    AnyEvent,
    CaptureRequested,
    HoldRequested,
    RedemptionRequested,
    ReversalRequested,
    VoidRequested,
)
from schemas.events.redemptions import Reference

routes = APIRouter(prefix="/v1/redemptions", tags=["redemptions"])
Ref = Annotated[MerchantRef, Path()]
FORWARDED: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": Forwarded, "description": "The customer's account became another's, which decides; look later."}
}


@routes.post("", status_code=201, response_model=RedemptionState, responses=FORWARDED)
async def redeem(body: Redemption, asking: MerchantAsking) -> Response:
    """Hold points, or units of a benefit, of whoever shows the code; with `capture` take them in one step."""
    merchant, house = asking.caller, asking.house
    try:
        shop = await house.directory.place(merchant)
        shop.refuse_stopped(body.benefit)
        found = await house.directory.claim(merchant, body, lambda: _begins(house, shop))
    except Problem as refused:
        return await asking.answered(body, refused)
    about = body.model_dump(exclude={"code", "capture"}, exclude_none=True) | shop.told
    if found.grant is not None:
        about["grant"] = found.grant
    kind = RedemptionRequested if body.capture else HoldRequested
    reference = Reference(merchant=merchant.holder, merchant_ref=body.merchant_ref)
    return await asking.ask(found.member_id, kind, about, body, _answered(reference, 201))


@routes.post("/{merchant_ref}/capture", response_model=RedemptionState, responses=FORWARDED)
async def capture(merchant_ref: Ref, body: Capture, asking: MerchantAsking) -> Response:
    """Take what is held, or a part of the points."""
    return await _step(CaptureRequested, merchant_ref, body, asking)


@routes.post("/{merchant_ref}/void", response_model=RedemptionState, responses=FORWARDED)
async def void(merchant_ref: Ref, body: Void, asking: MerchantAsking) -> Response:
    """Let go of what is held."""
    return await _step(VoidRequested, merchant_ref, body, asking)


@routes.post("/{merchant_ref}/reverse", response_model=RedemptionState, responses=FORWARDED)
async def reverse(merchant_ref: Ref, body: Reverse, asking: MerchantAsking) -> Response:
    """Give back what was captured, or a part of the points."""
    return await _step(ReversalRequested, merchant_ref, body, asking)


@routes.get("/{merchant_ref}", response_model=RedemptionState)
async def look(merchant_ref: Ref, merchant: Merchant, house: Shared) -> Response:
    """How a redemption stands: what became of a request whose answer was lost."""
    members = await house.directory.members_of(merchant, merchant_ref)
    reference = Reference(merchant=merchant.holder, merchant_ref=merchant_ref)
    ids = [UUID(bytes=redemption_id(merchant.bank, member_id, reference)) for member_id in members]
    async with house.reading.session(merchant, members[0]) as session:
        found = await session.fetch(statement("redemptions"), [merchant.bank] * len(members), members, ids)
    row = min(found, key=lambda one: members.index(one["member_id"]), default=None)
    if row is None:
        raise Problem("unknown-redemption", f"{merchant.holder} has nothing under this merchant_ref")
    registry = await house.registries.newest()
    currency = registry.programs[merchant.bank].versions[-1].currency
    return Response(_state(rows.redemption_of(row), currency), media_type="application/json")


async def _begins(house: House, shop: Shop) -> None:
    """Counts a redemption that a merchant begins; Problem where it has begun as many as it may."""
    if not shop.pace.bounds:
        return
    programs = (await house.registries.newest()).programs.get(shop.pace.bank)
    again_s = await full_s(house.pool, shop.pace, str(programs.zone) if programs else "UTC")
    if again_s is not None:
        raise Problem(REASON, str(shop.pace), retry_after_s=again_s)


async def _step(kind: type[AnyEvent], merchant_ref: str, body: BaseModel, asking: Asking) -> Response:
    """Asks for a step of a redemption that the merchant began."""
    merchant = asking.caller
    member_id, *_ = await asking.house.directory.members_of(merchant, merchant_ref)
    reference = Reference(merchant=merchant.holder, merchant_ref=merchant_ref)
    about = body.model_dump(exclude_none=True) | reference.model_dump()
    return await asking.ask(member_id, kind, about, body, _answered(reference, 200))


def _answered(reference: Reference, status: int) -> Callable[[Decided], Answer]:
    """How a decision on a redemption is answered: the state it has come to, or why it moved nothing."""

    def answer(one: Decided) -> Answer:
        decision = one.decision
        if decision.refusal is not None:
            reason, detail = decision.refusal.reason, decision.refusal.detail
            problem = written(reason, detail, merchant_ref=reference.merchant_ref)
            return Answer(KINDS[reason].status, problem, _again_at(one, reason))
        if decision.sent:
            told = Forwarded(merchant=reference.merchant, merchant_ref=reference.merchant_ref)
            return Answer(202, told.model_dump_json().encode())
        member = decision.member
        known = {row.redemption_id: row for row in member.holds.values()}
        known |= {id_: past.redemption for id_, past in (member.redeemed or {}).items()}
        stands = known[redemption_id(member.bank, member.member_id, reference)]
        return Answer(status, _state(stands, one.event.program.currency))

    return answer


def _again_at(one: Decided, reason: str) -> dict[str, str]:
    """A date and not seconds: the answer is kept, and true whenever it is read."""
    at = again_at(reason, one.event.event.occurred_at, one.event.program)
    return {} if at is None else {"Retry-After": format_datetime(at.astimezone(UTC), usegmt=True)}


def _state(row: vouchers.Redemption, currency: str) -> bytes:
    told: dict[str, Any] = merchants.redemption(row, currency)
    return orjson.dumps({name: value for name, value in told.items() if value is not None})
