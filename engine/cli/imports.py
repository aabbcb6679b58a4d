"""`points import`: opening balances from the system before."""

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.days import METAVAR, day
from engine.cli.output import console, fail

if TYPE_CHECKING:
    from engine.imports import Totals


def import_balances(
    file: Annotated[typer.FileText, typer.Argument(help="CSV: member_id,point_type,points,earned_on,expires_on.")],
    source: Annotated[str, typer.Option(help="Who hands over: a source registered for points.imported.v1.")],
    totals: Annotated[str, typer.Option(help="Control totals from the system before: ROWS:POINTS, such as 3:1300.")],
    at: Annotated[date, typer.Option(parser=day, metavar=METAVAR, help="The day on which the balances open.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file and its totals, publish nothing.")] = False,
) -> None:
    """Open members' balances with the expiry they had: the whole file with its control totals, or nothing of it."""
    from engine.imports import ImportRefused
    from engine.settings import load
    from engine.stream import opening

    expected = _totals(totals)
    try:
        batch = asyncio.run(opening.publish(load(), file.read(), (source, at), expected, dry_run=dry_run))
    except ImportRefused as error:
        fail(str(error))
    done = "checked" if dry_run else "published"
    console.print(f"{done} {expected.rows:,} opening balances of {expected.points:,} points, batch {batch}")


def _totals(text: str) -> "Totals":
    from engine.imports import Totals

    rows, _, points = text.partition(":")
    if not (rows.isdigit() and points.isdigit()):
        fail(f"--totals: expected ROWS:POINTS such as 3:1300, not {text!r}", 2)
    return Totals(int(rows), int(points))
