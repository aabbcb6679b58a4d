"""OpenAPI 3.1 of the application: with the problems that every operation may answer, and with what flows on."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from engine.api.asking import BEARER, ROLES
from engine.api.keys import PEOPLE
from engine.api.links import link
from engine.api.problems import KINDS, MEDIA_TYPE
from engine.api.scopes import scope_of

_ALWAYS: Final = (401, 403, 404, 405, 413, 422, 429, 500, 503)
_OF_WRITES: Final = (400, 408, 409, 415)
_SAYS: Final = (
    "What partner merchants redeem at, channels look through and operators put right. Every write carries an "
    "`Idempotency-Key`; what was decided under it is answered with the same bytes for ever. Whole numbers are written "
    "without a fraction: 5, not 5.0."
)
_DETAILS: Final[dict[str, Any]] = {
    "type": "object",
    "title": "ProblemDetails",
    "description": "RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Its page says what to do.",
                 "enum": [f"/problems/{kind}" for kind in sorted(KINDS)]},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object", "properties": {
            "in": {"type": "string"}, "pointer": {"type": "string"}, "detail": {"type": "string"}}}},
    },
}  # fmt: skip
PERSONAL: Final = "token"
_TOKENS: Final[dict[str, Any]] = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "A token of the issuer that knows the bank's people, where one is set; no merchant's or channel's.",
}


def describe(app: FastAPI, areas: Sequence[APIRouter]) -> None:
    """Has the application describe itself; made once, when it is first asked for."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app, _of_people(areas))
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to do it


def _described(app: FastAPI, peoples: set[tuple[str, str]]) -> dict[str, Any]:
    told = get_openapi(title=app.title, version=app.version, description=_SAYS, routes=app.routes)
    schemas = told.setdefault("components", {}).setdefault("schemas", {})
    for theirs in ("HTTPValidationError", "ValidationError"):
        schemas.pop(theirs, None)
    schemas["ProblemDetails"] = _DETAILS
    told["components"]["securitySchemes"][PERSONAL] = _TOKENS
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            ways = (BEARER, PERSONAL) if (method, path) in peoples else (BEARER,)
            operation["security"] = [{way: [scope_of(method, path)]} for way in ways]
            for status in (*_ALWAYS, *_more(method, operation)):
                operation["responses"][str(status)] = _problem(status)
    link(told)
    return told


def _of_people(areas: Iterable[APIRouter]) -> set[tuple[str, str]]:
    """Method and path of each operation that a person may ask for."""
    routes = (route for area in areas for route in area.routes if isinstance(route, APIRoute))
    theirs = [route for route in routes if _lets_in(route.dependant)]
    return {(method.lower(), route.path) for route in theirs for method in route.methods or ()}


def _lets_in(dependant: Dependant) -> bool:
    return bool(set(ROLES.get(dependant.call, ())) & set(PEOPLE)) or any(map(_lets_in, dependant.dependencies))


def _more(method: str, operation: dict[str, Any]) -> tuple[int, ...]:
    """A reading that is told the version it must not be older than may be told to wait."""
    if method != "get":
        return _OF_WRITES
    return (409,) if any(one["name"] == "min_version" for one in operation.get("parameters", ())) else ()


def _problem(status: int) -> dict[str, Any]:
    titles = [kind.title for kind in KINDS.values() if kind.status == status]
    return {
        "description": titles[0] if titles else "A problem",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }
