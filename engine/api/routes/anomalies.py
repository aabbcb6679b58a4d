"""Operators: what looks unlike the bank's merchants just now, worked out from what is stored when it is asked for."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from engine.api.asking import Auditor
from engine.api.house import Shared
from engine.store.sql import statement
from schemas.api import anomalies as told

routes = APIRouter(prefix="/v1/anomalies", tags=["staff"])
MOST: Final = 100


@routes.get("")
async def listed(
    caller: Auditor, house: Shared,
    times: Annotated[int, Query(ge=1, le=1000, description="More than so many times the mean of an hour.")] = 10,
    captures: Annotated[int, Query(ge=1, le=1_000_000, description="Of fewer in an hour nothing is said.")] = 30,
    wrong_codes: Annotated[int, Query(ge=1, le=1000, description="Of fewer in ten minutes nothing is said.")] = 5,
) -> told.Anomalies:  # fmt: skip
    """Merchants of whom much more is captured than is usual, and whoever tells wrong codes again and again."""
    rows = await house.pool.fetch(statement("anomalies"), caller.bank, times, captures, wrong_codes, MOST)
    return told.Anomalies(items=tuple(told.Anomaly(**dict(row)) for row in rows))
