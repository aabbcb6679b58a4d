"""`points dead-letters`: what could not be used, why, and sending it again."""

import asyncio
from functools import partial
from typing import Annotated, Any

import orjson
import typer

from engine.cli.asking import acted, asked
from engine.cli.output import as_json, console, fail, table
from engine.settings import Settings, load
from engine.store.sql import statement as sql
from schemas.reasons import REASONS

app = typer.Typer(
    help="List, show and retry records that could not be used.", no_args_is_help=True, add_completion=False
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Place = Annotated[str, typer.Argument(help="PARTITION:OFFSET, as the list shows it.")]


@app.command("list")
def listed(
    reason: Annotated[str | None, typer.Option(help="Only those with this reason.")] = None,
    retried: Annotated[bool, typer.Option("--retried", help="Also those that were sent again.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    json: Json = False,
) -> None:
    """List dead letters, the newest first."""
    if reason is not None and reason not in REASONS:
        fail(f"no reason is called {reason!r}; there are: {', '.join(REASONS)}", code=2)
    rows = asked(load(), lambda pool: pool.fetch(sql("list_dead_letters"), reason, retried, limit))
    if json:
        as_json([dict(r) for r in rows])
        return
    table("Dead letters", ("place", "reason", "detail", "recorded at", "retried at"),
          [(f"{r['partition']}:{r['offset']}", r["reason"], r["detail"], r["recorded_at"], r["retried_at"])
           for r in rows])  # fmt: skip


@app.command()
def show(place: Place, json: Json = False) -> None:
    """Show one dead letter: reason, headers and the record's bytes; what may be a card number is masked."""
    row = _found(load(), place)
    if json:
        as_json(dict(row))
        return
    console.print(f"{row['reason']}: {REASONS.get(row['reason'], '')}", markup=False)
    console.print(f"detail:  {row['detail']}", markup=False)
    for name, value in orjson.loads(row["headers"]):
        console.print(f"header:  {name}: {bytes.fromhex(value)!r}", markup=False)
    console.print(f"key:     {row['key']!r}", markup=False)
    console.print(f"value:   {row['value']!r}", markup=False)
    console.print(f"sha256:  {row['digest'].hex() or 'none'} (of the original value)")


@app.command()
def retry(
    places: Annotated[list[str], typer.Argument(metavar="PLACE...", help="PARTITION:OFFSET, as the list shows it.")],
) -> None:
    """Send dead letters' records again, each as it was; they are decided anew and marked as retried."""
    from engine.dead_letters import mark, send, why_not

    settings = load()
    rows = {place: _found(settings, place) for place in places}
    for place, row in rows.items():
        because = why_not(row)
        if because is not None:
            fail(f"{place}: {because}")
    for place, row in rows.items():
        asyncio.run(send(settings, [row]))
        acted(settings, "dead-letters retry", partial(mark, row=row))
        console.print(f"{place} was sent again")


def _found(settings: Settings, place: str) -> Any:
    partition, _, offset = place.partition(":")
    if not (partition.isdigit() and offset.isdigit()):
        fail(f"a dead letter is named PARTITION:OFFSET, such as 3:1205, not {place!r}", code=2)
    arguments = (settings.topic("events"), int(partition), settings.generation, int(offset))
    row = asked(settings, lambda pool: pool.fetchrow(sql("show_dead_letter"), *arguments))
    if row is None:
        fail(f"there is no dead letter at {place}")
    return row
