"""`points webhooks`: where merchants are told by HTTP what the topics tell, and the process that tells them."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.asking import Deed, asked, done
from engine.cli.output import as_json, console, fail, table
from engine.settings import Settings, load
from engine.trail import Entry

if TYPE_CHECKING:
    from engine.webhooks.endpoints import Made

app = typer.Typer(
    help="Tell merchants by webhook: their endpoints, secrets, replays.", no_args_is_help=True, add_completion=False
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Endpoint = Annotated[str, typer.Argument(help="The endpoint's id, as the list shows it.")]
SINCE = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="https, on port 443 or 8443.")],
    bank: Annotated[str, typer.Option(help="The bank.")],
    merchant: Annotated[str, typer.Option(help="Whose redemptions it is told of.")],
    network: Annotated[list[str] | None, typer.Option(help="Whose grants it is told of; may be repeated.")] = None,
    json: Json = False,
) -> None:
    """Add a merchant's endpoint, called `main`, and show its secret; run it again to change its URL.

    It is told of what is recorded from now on. Merchants who want several name them over the API.
    """
    from engine.webhooks import endpoints

    settings = load()
    wanted = endpoints.Wanted(bank, merchant, network or [], url)

    async def put(session: Any) -> "Made":
        return await endpoints.add(session, settings, wanted)

    async def known(session: Any) -> str | None:
        there = (await endpoints.named(session, bank, merchant)).get(wanted.name)
        return None if there is None else there.endpoint_id

    _show(_changed(settings, "add", known, put), json=json)


@app.command("list")
def listed(
    bank: Annotated[str | None, typer.Option(help="Only this bank's.")] = None,
    merchant: Annotated[str | None, typer.Option(help="Only this merchant's.")] = None,
    json: Json = False,
) -> None:
    """List endpoints with what waits for each, what was given up, and which are paused and why."""
    from engine.store.sql import statement

    rows = asked(load(), lambda pool: pool.fetch(statement("webhook_endpoints"), bank, merchant))
    if json:
        as_json([dict(row) for row in rows])
        return
    names = ("endpoint_id", "bank", "merchant", "name", "url", "waiting", "failed", "delivered_at", "paused_because")
    heads = ("endpoint", *names[1:7], "last taken", "paused because")
    table("Webhook endpoints", heads, [[row[name] for name in names] for row in rows])


@app.command()
def deliveries(
    endpoint: Endpoint, limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50, json: Json = False
) -> None:
    """List what an endpoint was told or is to be told, the newest first."""
    from engine.store.sql import statement

    rows = asked(load(), lambda pool: pool.fetch(statement("webhook_deliveries"), endpoint, limit))
    if json:
        as_json([dict(row) for row in rows])
        return
    names = ("seq", "message_id", "state", "tries", "due_at", "answer", "recorded_at", "ended_at")
    table("Webhooks", names, [[row[name] for name in names] for row in rows])


@app.command()
def rotate(
    endpoint: Endpoint,
    overlap_hours: Annotated[int, typer.Option(min=0, max=720, help="How long the old secret signs as well.")] = 24,
    json: Json = False,
) -> None:
    """Give an endpoint a new secret and show it; for a day messages carry the signatures of both."""
    from engine.webhooks import endpoints

    settings = load()
    made = _of(settings, "rotate", endpoint, lambda one: endpoints.rotate(one, settings, endpoint, overlap_hours))
    _show(made, json=json)


@app.command()
def replay(
    endpoint: Endpoint,
    since: Annotated[datetime | None, typer.Option(formats=SINCE, help="What was recorded since, by UTC.")] = None,
    behind: Annotated[int, typer.Option(min=0, help="What comes after this sequence number.")] = 0,
) -> None:
    """Tell an endpoint again from a time or a number on, under the same ids and in the same order."""
    if since is None and not behind:
        fail("from when? give --since TIME or --behind NUMBER", code=2)
    begin = BEGINNING if since is None else since if since.tzinfo else since.replace(tzinfo=UTC)
    settings, from_then_on = load(), {"since": begin, "behind": behind}

    async def told(session: Any) -> Deed:
        stands = await _stands(session, endpoint)
        entry = Entry("webhooks-replayed", f"webhook/{endpoint}", None, from_then_on)
        return Deed(None) if stands is None else Deed(None, stands["bank"], entry)

    done(settings, "webhooks replay", told)  # First: what is broken off was done in part.
    console.print(f"{asked(settings, lambda pool: _replayed(pool, endpoint, behind, begin)):,} messages are told again")


async def _replayed(pool: Any, endpoint: str, behind: int, since: datetime) -> int:
    from engine.webhooks.queue import Queue

    return await Queue(pool).replay_all(endpoint, behind=behind, since=since)


@app.command()
def pause(
    endpoint: Endpoint,
    because: Annotated[str, typer.Option(help="Why, for those who look later.")] = "by hand",
) -> None:
    """Send an endpoint nothing until it is resumed; what it is to be told waits."""
    from engine.webhooks import endpoints

    _of(load(), "pause", endpoint, lambda session: endpoints.pause(session, endpoint, because))
    console.print(f"{endpoint} is paused")


@app.command()
def resume(endpoint: Endpoint) -> None:
    """Send what waits for a paused endpoint, with all its tries."""
    from engine.webhooks import endpoints

    _of(load(), "resume", endpoint, lambda session: endpoints.resume(session, endpoint))
    console.print(f"{endpoint} is resumed")


@app.command()
def remove(endpoint: Endpoint) -> None:
    """Forget an endpoint and what it was to be told."""
    from engine.webhooks import endpoints

    _of(load(), "remove", endpoint, lambda session: endpoints.remove(session, endpoint))
    console.print(f"{endpoint} is removed")


@app.command()
def run() -> None:
    """Tell merchants, until SIGTERM. One process does, others wait for their turn; Kafka is not needed."""
    from engine import logs
    from engine.webhooks import run as process
    from engine.webhooks.endpoints import NoEndpoint

    settings = load()
    logs.set_up(settings)
    try:
        process.run(settings)
    except NoEndpoint as error:
        fail(str(error))


def _of(settings: Settings, command: str, endpoint: str, change: "Callable[[Any], Awaitable[Any]]") -> Any:
    async def known(_session: Any) -> str:
        return endpoint

    return _changed(settings, command, known, change)


def _changed(
    settings: Settings, command: str, known: "Callable[[Any], Awaitable[str | None]]",
    change: "Callable[[Any], Awaitable[Any]]",
) -> Any:  # fmt: skip
    """What a change of an endpoint answers; the audit trail has how it stood before and after."""
    from engine.webhooks.addresses import Forbidden
    from engine.webhooks.endpoints import NoEndpoint

    async def changed(session: Any) -> Deed:
        of = await known(session)
        before = await _stands(session, of)
        answer = await change(session)
        of = of or answer.endpoint_id
        after = await _stands(session, of)
        bank = (after or before or {}).get("bank")
        return Deed(answer, bank, Entry("webhook-endpoint-changed", f"webhook/{of}", before, after))

    try:
        return done(settings, f"webhooks {command}", changed)
    except (NoEndpoint, Forbidden) as error:
        fail(str(error))


async def _stands(session: Any, endpoint: str | None) -> dict[str, Any] | None:
    from engine.store.sql import statement

    row = await session.fetchrow(statement("webhook_endpoint"), endpoint)
    return None if row is None else dict(row)


def _show(made: "Made", *, json: bool) -> None:
    if json:
        as_json(made._asdict())
        return
    console.print(f"endpoint: {made.endpoint_id}\nsecret:   {made.secret}", soft_wrap=True)
