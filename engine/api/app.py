"""The application: routes behind the gate, every error a problem, and OpenAPI that says so."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from engine.api import house
from engine.api.description import describe
from engine.api.gate import Gate
from engine.api.house import Shared
from engine.api.problems import KINDS, MEDIA_TYPE, Problem, page, pointer
from engine.api.routes import (
    access,
    anomalies,
    codes,
    dead_letters,
    exchanges,
    exports,
    liability,
    members,
    programs,
    proposals,
    redemptions,
    settlements,
    stops,
    trail,
    webhooks,
    worklist,
)
from engine.api.scopes import operations
from engine.metrics import Meters
from engine.settings import Settings
from engine.store.connect import OUTAGES
from engine.store.sql import statement

AREAS: Final[tuple[APIRouter, ...]] = (
    redemptions.routes,
    codes.routes,
    members.routes,
    exchanges.routes,
    worklist.routes,
    settlements.routes,
    webhooks.routes,
    proposals.routes,
    trail.routes,
    exports.routes,
    liability.routes,
    programs.routes,
    dead_letters.routes,
    access.routes,
    stops.routes,
    anomalies.routes,
)
"""Every area of the API; a new one is a line here."""
READY_S: Final = 2.0
_OF_STATUS: Final = {404: "not-found", 405: "method-not-allowed", 415: "unsupported-media-type"}


def create_app(settings: Settings, meters: Meters) -> FastAPI:
    """The API of one process; it opens its pools when it starts."""
    app = FastAPI(
        title="Points Engine", version="1", docs_url=None, redoc_url=None, lifespan=_lifespan(settings, meters),
        strict_content_type=True, redirect_slashes=False, separate_input_output_schemas=False,
    )  # fmt: skip
    app.state.scopes = frozenset(operations(AREAS))
    for area in AREAS:
        app.include_router(area)
    app.add_api_route("/problems/{kind}", _page, include_in_schema=False)
    app.add_api_route("/health/live", _live, include_in_schema=False)
    app.add_api_route("/health/ready", _ready, include_in_schema=False)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_middleware(Gate, meters=meters, settings=settings)
    describe(app, AREAS)
    return app


def _lifespan(settings: Settings, meters: Meters) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def open_house(app: FastAPI) -> AsyncIterator[None]:
        async with house.opened(settings, meters) as opened:
            app.state.house = opened
            yield

    return open_house


async def _page(kind: str) -> Response:
    if kind not in KINDS:
        raise Problem("not-found", "no problem is called so")
    return HTMLResponse(page(kind))


async def _live() -> dict[str, str]:
    return {"status": "ok"}


async def _ready(shared: Shared) -> dict[str, str]:
    try:
        async with asyncio.timeout(READY_S):
            await shared.pool.fetchval(statement("registry_revision"))
    except OUTAGES:
        raise Problem("unavailable", "PostgreSQL does not answer") from None
    return {"status": "ok"}


def _response(problem: Problem) -> Response:
    return Response(problem.body, problem.status, problem.headers, MEDIA_TYPE)


async def _problem(_request: Request, error: Exception) -> Response:
    if not isinstance(error, Problem):
        raise error
    return _response(error)


async def _invalid(_request: Request, error: Exception) -> Response:
    """Names each place as a JSON pointer into body, header, path or query; never the value, which may be a secret."""
    if not isinstance(error, RequestValidationError):
        raise error
    errors = [
        {
            "in": str(one["loc"][0]),
            "pointer": pointer(one["loc"][1:]),
            "detail": _expected(one),
        }
        for one in error.errors()
    ]
    if any(one["in"] == "header" and one["detail"] == "Field required" for one in errors):
        return _response(Problem("key-missing", "the header Idempotency-Key is required"))
    first = errors[0]
    detail = f"{first['in']} {first['pointer'] or '/'}: {first['detail']}"
    return _response(Problem("invalid-request", detail, errors=errors))


def _expected(error: Any) -> str:
    """What pydantic says of a mistake; of a kind that is none it would say which was given."""
    if error["type"] == "union_tag_invalid":
        return f"one of {error['ctx']['expected_tags']} is expected"
    return str(error["msg"])


async def _http(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    kind = _OF_STATUS.get(error.status_code, "invalid-request")
    problem = Problem(kind, str(error.detail))
    problem.headers |= dict(error.headers or {})
    return _response(problem)
