"""Where merchants want to be told: endpoints with their secrets."""

import secrets
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import asyncpg

from engine.store.sql import statement
from engine.webhooks import signing
from engine.webhooks.addresses import Forbidden, target
from engine.webhooks.settings import WebhookSettings

OVERLAP_H: Final = 24
"""Hours for which a secret that was replaced still signs, beside the new one."""
EACH_MAX: Final = 10
"""Endpoints of one merchant."""
_ID_BYTES: Final = 8


class Wanted(NamedTuple):
    """Of which merchant, in which networks, and where to."""

    bank: str
    merchant: str
    networks: Sequence[str]
    url: str
    name: str = "main"


class Made(NamedTuple):
    """An endpoint's id and its newest secret with its number, as the merchant gets it."""

    endpoint_id: str
    secret: str
    number: int = 1


class Named(NamedTuple):
    """An endpoint's id and the number of its newest secret."""

    endpoint_id: str
    number: int


class NoEndpoint(LookupError):
    """There is no such endpoint, or it is not in the state for this."""


class WebhooksOff(NoEndpoint):
    """No endpoint can have a secret: the key that seals them is not set."""


async def add(pool: Any, settings: WebhookSettings, wanted: Wanted) -> Made:
    """Adds an endpoint, which is told of what is recorded from now on, or changes where the one of this name is told.

    Raises Forbidden where a webhook may not go.
    """
    key = key_of(settings)
    target(wanted.url, loopback=settings.webhook_loopback)
    others = (await named(pool, wanted.bank, wanted.merchant)).keys() - {wanted.name}
    if len(others) >= EACH_MAX:
        raise Forbidden(f"{wanted.merchant} has {len(others)} endpoints; remove one")
    new, of = f"wh_{secrets.token_hex(_ID_BYTES)}", (wanted.bank, wanted.merchant, wanted.name)
    try:
        row = await pool.fetchrow(statement("put_webhook_endpoint"), new, *of, list(wanted.networks), wanted.url)
    except asyncpg.ForeignKeyViolationError:
        raise NoEndpoint(f"no bank is called {wanted.bank}") from None
    return _made(key, *row)


async def named(session: Any, bank: str, merchant: str) -> dict[str, Named]:
    """A merchant's endpoints by their names."""
    rows = await session.fetch(statement("webhook_names"), bank, merchant)
    return {row["name"]: Named(row["endpoint_id"], row["number"]) for row in rows}


async def rotate(pool: Any, settings: WebhookSettings, endpoint_id: str, overlap_h: int = OVERLAP_H) -> Made:
    """Gives the endpoint a new secret; for so many hours messages carry the signature of the one before as well."""
    key = key_of(settings)
    number = await pool.fetchval(statement("rotate_webhook_secret"), endpoint_id, overlap_h, None)
    if number is None:
        raise NoEndpoint(f"there is no endpoint {endpoint_id}")
    return _made(key, endpoint_id, number)


async def give_secret(pool: Any, settings: WebhookSettings, of: Named, number: int) -> Made:
    """The endpoint's secret of this number: its newest one, or the next, which is made by asking for it.

    Asked again it is the same, so a lost answer does no harm. Raises Forbidden for any other number.
    """
    key = key_of(settings)
    if number == of.number + 1:
        await pool.fetchval(statement("rotate_webhook_secret"), of.endpoint_id, OVERLAP_H, of.number)
    elif number != of.number:
        raise Forbidden(f"the newest secret has the number {of.number}; ask for it or for {of.number + 1}")
    return _made(key, of.endpoint_id, number)


def _made(key: str, endpoint_id: str, number: int) -> Made:
    return Made(endpoint_id, signing.shown(signing.secret(key, endpoint_id, number)), number)


async def pause(pool: Any, endpoint_id: str, because: str) -> None:
    """Nothing is sent until it is resumed; what it is to be told waits."""
    if await pool.fetchval(statement("pause_webhook_endpoint"), endpoint_id, because) is None:
        raise NoEndpoint(f"there is no endpoint {endpoint_id} that is not paused")


async def resume(pool: Any, endpoint_id: str) -> None:
    """What waits is sent again, with all its tries."""
    if await pool.fetchval(statement("resume_webhook_endpoint"), endpoint_id) is None:
        raise NoEndpoint(f"there is no endpoint {endpoint_id} that is paused")


async def remove(pool: Any, endpoint_id: str) -> None:
    """Forgets it and what it was to be told."""
    if await pool.fetchval(statement("remove_webhook_endpoint"), endpoint_id) is None:
        raise NoEndpoint(f"there is no endpoint {endpoint_id}")


def key_of(settings: WebhookSettings) -> str:
    """The key of all secrets; LookupError names the setting where it is not given."""
    if settings.webhook_key is None:
        raise WebhooksOff("webhooks need POINTS_WEBHOOK_KEY, or POINTS_WEBHOOK_KEY_FILE: 32 random characters or more")
    return settings.webhook_key
