"""Where merchants want to be told: endpoints with their secrets."""

import secrets
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import asyncpg

from engine.store.sql import statement
from engine.webhooks import signing
from engine.webhooks.addresses import target
from engine.webhooks.settings import WebhookSettings

OVERLAP_H: Final = 24
"""Hours for which a secret that was replaced still signs, beside the new one."""
_ID_BYTES: Final = 8


class Wanted(NamedTuple):
    """Of which merchant, in which networks, and where to."""

    bank: str
    merchant: str
    networks: Sequence[str]
    url: str


class Made(NamedTuple):
    """An endpoint's id and its newest secret, as the merchant gets it."""

    endpoint_id: str
    secret: str


class NoEndpoint(LookupError):
    """There is no such endpoint, or it is not in the state for this."""


async def add(pool: Any, settings: WebhookSettings, wanted: Wanted) -> Made:
    """Adds an endpoint; it is told of what is recorded from now on. Raises Forbidden where a webhook may not go."""
    key = key_of(settings)
    target(wanted.url, loopback=settings.webhook_loopback)
    id_ = f"wh_{secrets.token_hex(_ID_BYTES)}"
    try:
        await pool.execute(
            statement("add_webhook_endpoint"), id_, wanted.bank, wanted.merchant, list(wanted.networks), wanted.url
        )
    except asyncpg.ForeignKeyViolationError:
        raise NoEndpoint(f"no bank is called {wanted.bank}") from None
    return Made(id_, signing.shown(signing.secret(key, id_, 1)))


async def rotate(pool: Any, settings: WebhookSettings, endpoint_id: str, overlap_h: int = OVERLAP_H) -> Made:
    """Gives the endpoint a new secret; for so many hours messages carry the signature of the one before as well."""
    key = key_of(settings)
    number = await pool.fetchval(statement("rotate_webhook_secret"), endpoint_id, overlap_h)
    if number is None:
        raise NoEndpoint(f"there is no endpoint {endpoint_id}")
    return Made(endpoint_id, signing.shown(signing.secret(key, endpoint_id, number)))


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
        raise NoEndpoint("webhooks need POINTS_WEBHOOK_KEY, or POINTS_WEBHOOK_KEY_FILE: 32 random characters or more")
    return settings.webhook_key
