"""Every place of every request that the OpenAPI tells of, and who may make it."""

import itertools
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any
from urllib.parse import quote

import httpx

from tests.engine.api.conftest import Street
from tests.engine.api.test_walls import addressed, body_of, described, operations

HEADERS = ("Idempotency-Key", "X-Request-Id", "User-Agent", "Accept-Language", "If-None-Match", "Authorization",
           "Content-Type", "Accept", "Referer", "X-Forwarded-For", "Traceparent", "X-Of-Nobody")  # fmt: skip


def leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the texts of a JSON value are."""
    if isinstance(value, dict | list):
        for step, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(one, (*at, step))
    elif isinstance(value, str):
        yield at


def planted(value: Any, at: tuple[Any, ...], text: str) -> Any:
    """The value with the text there."""
    new = one = deepcopy(value)
    for step in at[:-1]:
        one = one[step]
    one[at[-1]] = text
    return new


def requests(path: str, operation: dict[str, Any], told: dict[str, Any], text: str) -> Iterator[dict[str, Any]]:
    """A request for each place: in the path, the query, a header, a text of the body, the name of a field."""
    body = body_of(operation, told)
    plain = {"url": addressed(path, member_id="m-1", number="1"), "json": body}
    for name in re.findall(r"\{(\w+)\}", path):
        yield plain | {"url": addressed(path, **{name: quote(text, safe="")})}
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query":
            yield plain | {"params": {parameter["name"]: text}}
    yield plain | {"params": {text: text}}
    for header in HEADERS:
        yield plain | {"headers": {header: f"Bearer {text}" if header == "Authorization" else text}}
    if body is not None:
        for at in leaves(body):
            yield plain | {"json": planted(body, at, text)}
        yield plain | {"json": body | {text: text}}
        yield {"url": plain["url"], "content": f'{{"{text}'.encode(), "headers": {"Content-Type": "application/json"}}


async def everything(street: Street, texts: Iterable[str]) -> AsyncIterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and request of each place of each operation with each of the texts there."""
    told = await described(street)
    for text, (method, path, operation) in itertools.product(texts, await operations(street)):
        for request in requests(path, operation, told, text):
            yield method, path, request


async def who_may(street: Street, tokens: Mapping[Any, str]) -> dict[str, list[Any]]:
    """Of each operation the roles that may ask for it. Those that may not are told 403, whatever they ask for."""
    told = [(method, path) for method, path, _ in await operations(street)]
    may: dict[str, list[Any]] = {}
    async with httpx.AsyncClient(base_url=street.address) as client:
        for (method, path), (role, token) in itertools.product(told, tokens.items()):
            headers = {"Authorization": f"Bearer {token}", **street.key()}
            answer = await client.request(method, addressed(path, number="1"), json={}, headers=headers)
            if answer.status_code != httpx.codes.FORBIDDEN:
                may.setdefault(f"{method} {path}", []).append(role)
    return may
