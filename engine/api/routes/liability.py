"""Finance: what points are outstanding, how that came, and what they may cost."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Query

from engine import liability
from engine.api.asking import allowed
from engine.api.house import Shared
from engine.api.keys import Caller
from engine.api.problems import Problem
from engine.liability import Price
from engine.store.sql import statement
from schemas.api.liability import Liability
from schemas.fields import Day

routes = APIRouter(prefix="/v1/liability", tags=["staff"])
Reader = Annotated[Caller, Depends(allowed("operator", "auditor"))]
NUMBER = r"^[0-9]{1,9}(\.[0-9]{1,9})?$"


class Asked(NamedTuple):
    """A period, and what a point costs."""

    first: date
    last: date
    price: Price


async def _asked(
    first: Annotated[Day, Query(description="The first business date.", examples=["2026-09-01"])],
    last: Annotated[Day, Query(description="The last one.", examples=["2026-09-30"])],
    cost: Annotated[
        str, Query(pattern=NUMBER, description="Of a point, in the currency's whole units.", examples=["0.01"])
    ],
    breakage: Annotated[
        str | None,
        Query(
            pattern=r"^(100|[0-9]{1,2}(\.[0-9]{1,6})?)$",
            description="The percent never redeemed; absent: as earlier months have shown.", examples=["15"],
        ),
    ] = None,
) -> Asked:  # fmt: skip
    if last < first:
        raise Problem("no-such-period", f"{last} is before {first}")
    return Asked(first, last, Price(Fraction(cost), None if breakage is None else Fraction(breakage) / 100))


@routes.get("")
async def outstanding(caller: Reader, house: Shared, asked: Annotated[Asked, Depends(_asked)]) -> Liability:
    """Outstanding points by the month in which they were earned, rolled forward over a period, with what they cost."""
    programs = (await house.registries.newest()).programs.get(caller.bank)
    if programs is None:
        raise Problem("not-found", f"{caller.bank} has no program")
    after = asked.last + timedelta(days=1)
    async with house.reading.session(caller) as session:
        rows = await session.fetch(statement("liability"), caller.bank, asked.first, after)
    items = liability.told(rows, programs, asked.price)
    return Liability.model_validate({"first": asked.first, "last": asked.last, "items": items}, strict=False)
