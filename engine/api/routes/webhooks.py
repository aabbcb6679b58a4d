"""Merchants: where they want to be told by webhook. Each names its endpoints itself, so nobody else's can be named."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Annotated, Any

from fastapi import APIRouter, Path

from engine.api.asking import Merchant
from engine.api.house import House, Shared
from engine.api.keys import Caller
from engine.api.problems import Problem
from engine.store.sql import statement
from engine.webhooks import endpoints
from engine.webhooks.addresses import Forbidden
from engine.webhooks.endpoints import Made, Named, NoEndpoint, Wanted, WebhooksOff
from engine.webhooks.queue import Queue
from schemas.api import webhooks as told

routes = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])
Name = Annotated[
    str,
    Path(
        min_length=1,
        max_length=64,
        pattern=r"^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$",
        description="The merchant's own word for the endpoint; it begins with a letter.",
        examples=["main"],
    ),
]


@routes.get("", response_model_exclude_none=True)
async def look(merchant: Merchant, house: Shared) -> told.Endpoints:
    """The merchant's endpoints, with what waits for each and why one is paused."""
    async with house.reading.session(merchant) as session:
        rows = await session.fetch(statement("webhook_endpoints"), merchant.bank, merchant.holder)
    return told.Endpoints(items=tuple(map(_endpoint, rows)))


@routes.put("/{name}")
async def put(name: Name, body: told.Place, merchant: Merchant, house: Shared) -> told.Secret:
    """Tell the merchant there from now on; an endpoint of this name that exists is told there instead."""
    shop = await house.directory.place(merchant)
    wanted = Wanted(merchant.bank, merchant.holder, [shop.network], body.url, name)
    async with _problems():
        return _secret(name, await endpoints.add(house.pool, house.settings, wanted))


@routes.put("/{name}/secrets/{number}")
async def secret(name: Name, number: Annotated[told.Number, Path()], merchant: Merchant, house: Shared) -> told.Secret:
    """Change the secret by asking for the next one's number; the one before signs as well for a day."""
    of = await _named(name, merchant, house)
    async with _problems():
        return _secret(name, await endpoints.give_secret(house.pool, house.settings, of, number))


@routes.put("/{name}/replay", status_code=202)
async def replay(name: Name, body: told.Replay, merchant: Merchant, house: Shared) -> told.Replayed:
    """Tell it again what was said since a time, under the same ids and in the same order."""
    of = await _named(name, merchant, house)
    return told.Replayed(messages=await Queue(house.pool).replay_all(of.endpoint_id, since=body.since.astimezone(UTC)))


@routes.put("/{name}/resume", status_code=204)
async def resume(name: Name, merchant: Merchant, house: Shared) -> None:
    """Go on telling an endpoint that was paused; one that is not stays as it is."""
    of = await _named(name, merchant, house)
    await house.pool.fetchval(statement("resume_webhook_endpoint"), of.endpoint_id)


@routes.delete("/{name}", status_code=204)
async def remove(name: Name, merchant: Merchant, house: Shared) -> None:
    """Tell it nothing any more, and forget what it was to be told."""
    of = await _named(name, merchant, house)
    await house.pool.fetchval(statement("remove_webhook_endpoint"), of.endpoint_id)


async def _named(name: str, merchant: Caller, house: House) -> Named:
    async with house.reading.session(merchant) as session:
        found = (await endpoints.named(session, merchant.bank, merchant.holder)).get(name)
    if found is None:
        raise Problem("not-found", f"{merchant.holder} has no endpoint of this name")
    return found


@asynccontextmanager
async def _problems() -> AsyncIterator[None]:
    try:
        yield
    except Forbidden as error:
        raise Problem("invalid-request", str(error)) from error
    except WebhooksOff as error:
        raise Problem("webhooks-off", str(error)) from error
    except NoEndpoint as error:
        raise Problem("not-found", str(error)) from error


def _secret(name: str, made: Made) -> told.Secret:
    return told.Secret(name=name, secret_number=made.number, secret=made.secret)


def _endpoint(row: Any) -> told.Endpoint:
    return told.Endpoint(
        name=row["name"], url=row["url"], networks=tuple(row["networks"]), secret_number=max(row["secrets"]),
        waiting=row["waiting"], failed=row["failed"], taken_at=row["delivered_at"],
        failing_since=row["failing_since"], paused_because=row["paused_because"],
    )  # fmt: skip
