"""No parameter of a route waits for another thread, as FastAPI has those wait that are not async."""

from collections.abc import Iterator
from inspect import iscoroutinefunction

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from engine.api.app import AREAS

ROUTES = [route for area in AREAS for route in area.routes if isinstance(route, APIRoute)]


def parameters(of: Dependant) -> Iterator[Dependant]:
    for one in of.dependencies:
        yield one
        yield from parameters(one)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.methods} {route.path}")
def test_every_parameter_is_async(route: APIRoute) -> None:
    for one in parameters(route.dependant):
        assert iscoroutinefunction(one.call) or iscoroutinefunction(getattr(one.call, "__call__", None)), one.call  # noqa: B004
    assert iscoroutinefunction(route.endpoint)
