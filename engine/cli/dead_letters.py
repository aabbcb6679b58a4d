"""`points dead-letters`: what could not be used, why, and sending it again."""

import asyncio
import re
from functools import partial
from typing import Annotated, Any

import orjson
import typer

from engine.cli.asking import acted, asked
from engine.cli.output import as_json, console, fail, table
from engine.settings import Settings, load
from engine.store.sql import statement as sql
from schemas.api.dead_letters import EXAMPLE, PATTERN
from schemas.reasons import REASONS

app = typer.Typer(
    help="List, show and retry records that could not be used.", no_args_is_help=True, add_completion=False
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Letter = Annotated[str, typer.Argument(help="TOPIC:GENERATION:PARTITION:OFFSET, as the list shows it.")]


@app.command("list")
def listed(
    reason: Annotated[str | None, typer.Option(help="Only those with this reason.")] = None,
    retried: Annotated[bool, typer.Option("--retried", help="Also those that were sent again.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    json: Json = False,
) -> None:
    """List dead letters, the newest first."""
    from engine.dead_letters import letter

    if reason is not None and reason not in REASONS:
        fail(f"no reason is called {reason!r}; there are: {', '.join(REASONS)}", code=2)
    rows = asked(load(), lambda pool: pool.fetch(sql("list_dead_letters"), reason, retried, limit))
    if json:
        as_json([{"letter": letter(row)} | dict(row) for row in rows])
        return
    table("Dead letters", ("letter", "reason", "detail", "recorded at", "retried at"),
          [(letter(r), r["reason"], r["detail"], r["recorded_at"], r["retried_at"])
           for r in rows])  # fmt: skip


@app.command()
def show(letter: Letter, json: Json = False) -> None:
    """Show one dead letter: reason, headers and the record's bytes; what may be a card number is masked."""
    row = _found(load(), letter)
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
    letters: Annotated[
        list[str], typer.Argument(metavar="LETTER...", help="TOPIC:GENERATION:PARTITION:OFFSET, as the list shows it.")
    ],
) -> None:
    """Send dead letters' records again, each as it was; they are decided anew and marked as retried."""
    from engine.dead_letters import mark, send, why_not

    settings = load()
    rows = {letter: _found(settings, letter) for letter in letters}
    for letter, row in rows.items():
        because = why_not(row)
        if because is not None:
            fail(f"{letter}: {because}")
    for letter, row in rows.items():
        asyncio.run(send(settings, [row]))
        acted(settings, "dead-letters retry", partial(mark, row=row))
        console.print(f"{letter} was sent again")


def _found(settings: Settings, letter: str) -> Any:
    from engine.dead_letters import named

    if not re.fullmatch(PATTERN, letter):
        fail(f"a dead letter is named TOPIC:GENERATION:PARTITION:OFFSET, such as {EXAMPLE}, not {letter!r}", code=2)
    place = named(letter)
    row = asked(settings, lambda pool: pool.fetchrow(sql("show_dead_letter"), *place))
    if row is None:
        fail(f"there is no dead letter {letter}; `points dead-letters list --retried` shows them all")
    return row
