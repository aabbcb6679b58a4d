"""Merchants: what a code that a customer shows is good for here."""

from fastapi import APIRouter

from engine.api.asking import Merchant
from engine.api.house import Shared
from engine.store import rows
from engine.store.sql import statement
from rules.spending.units import Offer, Place, offered
from schemas.api.redemptions import LookedUp, LookUp, Redeemable

routes = APIRouter(prefix="/v1/codes", tags=["redemptions"])


@routes.post("/look-up", response_model_exclude_none=True)
async def look_up(body: LookUp, merchant: Merchant, house: Shared) -> LookedUp:
    """What may be redeemed here, now, with this code. It is not used by that, and nothing is told of the person."""
    shop = await house.directory.place(merchant)
    shop.refuse_stopped()
    found = await house.directory.shown(merchant, body.code)
    registry = await house.registries.newest()
    async with house.reading.session(merchant, found.member_id) as session:
        row = await session.fetchrow(statement("statement_member"), merchant.bank, found.member_id)
    offers: list[Offer] = []
    points: tuple[str, ...] = ()
    program = registry.programs[merchant.bank].at(row["asked_at"]) if row is not None else None
    if row is not None and program is not None and row["status"] == "enrolled":
        member = rows.member(row)
        where = Place(shop.network, shop.region)
        offers = offered(where, member, program.moment(row["asked_at"]), program, of=found.grant)
        offers = [one for one in offers if ("benefit", one.benefit.id) not in shop.stops]
        points = tuple(t.id for t in program.point_types.values() if t.spendable and found.grant is None)
    return LookedUp(
        merchant=merchant.holder, network=shop.network, points=points, benefits=tuple(map(_redeemable, offers))
    )


def _redeemable(one: Offer) -> Redeemable:
    benefit = one.benefit
    return Redeemable(
        benefit=benefit.id,
        units=one.units,
        valid_until=one.valid_until,
        companions_at_most=benefit.companions or None,
        value_ceiling_minor=one.ceiling_minor,
        discount_percent=benefit.discount_percent,
        price_needed=bool(benefit.ceilings),
    )
