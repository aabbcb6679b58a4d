"""A contender of reads: the same framework on the same server with one route, which selects a member's balances."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel

from engine.garbage import collect_seldom
from engine.settings import load
from engine.store import connect
from tests.bench.events import BANK

SELECT = """
    select point_type, available, pending, held, deficit from balance where bank = $1 and member_id = $2"""


class Balance(BaseModel):
    """Of one type of points."""

    point_type: str
    available: int
    pending: int
    held: int
    deficit: int


class Balances(BaseModel):
    """Of a member."""

    member_id: str
    balances: list[Balance]


@asynccontextmanager
async def opened(app: FastAPI) -> AsyncIterator[None]:
    """The pool."""
    app.state.pool = await connect.pool(load())
    yield
    app.state.pool.terminate()


def _pool(request: Request) -> Any:
    return request.app.state.pool


app = FastAPI(lifespan=opened)


@app.get("/v1/members/{member_id}")
async def member(member_id: str, pool: Annotated[Any, Depends(_pool)]) -> Balances:
    """The balances, which alone are selected."""
    rows = await pool.fetch(SELECT, BANK, member_id)
    if not rows:
        raise HTTPException(404)
    return Balances(member_id=member_id, balances=[Balance(**row) for row in rows])


def main() -> None:
    """Serves until SIGTERM."""
    collect_seldom()
    settings = load()
    uvicorn.run(app, port=settings.api_port, loop="uvloop", http="auto", log_config=None, access_log=False)


if __name__ == "__main__":
    main()
