"""Scopes: what of its role's operations a key may do alone, such as `redemptions:read`; every operation has one.

A scope is made of the operation's own address and method, so that one that is added has its scope from the start. What
asks for much and changes nothing is read like what asks by GET; what harms most when a key is lost has a scope of its
own.
"""

from collections.abc import Collection, Iterable
from functools import cache
from typing import Final

from fastapi import APIRouter
from fastapi.routing import APIRoute

_VERSION: Final = "/v1/"
_CHANGES_NOTHING: Final = frozenset({
    "/v1/codes/look-up", "/v1/members/{member_id}/what-if", "/v1/settlements/{number}/reconciliations",
})  # fmt: skip
_OWN: Final = {
    "/v1/redemptions/{merchant_ref}/reverse": "redemptions:reverse",
    "/v1/members/{member_id}/codes": "codes:issue",
    "/v1/members/{member_id}/export": "members:export",
}


@cache
def scope_of(method: str, path: str) -> str:
    """The scope of an operation, by its method and its path's template."""
    area = path.removeprefix(_VERSION).partition("/")[0]
    reads = method.upper() == "GET" or path in _CHANGES_NOTHING
    return _OWN.get(path) or f"{area}:{'read' if reads else 'write'}"


def operations(areas: Iterable[APIRouter]) -> dict[str, list[str]]:
    """Every scope that there is, in order, with the operations that ask for it."""
    routes = (route for area in areas for route in area.routes if isinstance(route, APIRoute))
    found: dict[str, list[str]] = {}
    for method, path in sorted((method, route.path) for route in routes for method in route.methods or ()):
        found.setdefault(scope_of(method, path), []).append(f"{method} {path}")
    return dict(sorted(found.items()))


def unknown(scopes: Iterable[str], known: Collection[str]) -> str | None:
    """What is wrong with scopes for a key: the first that is none, and which there are."""
    wrong = sorted(set(scopes).difference(known))
    return f"no scope is called {wrong[0]!r}; there are: {', '.join(sorted(known))}" if wrong else None
