"""`points liability`: what points are outstanding, how that came, and what they may cost."""

import re
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.asking import asked, programs_of
from engine.cli.days import METAVAR, day
from engine.cli.output import as_json, console, fail, table

if TYPE_CHECKING:
    import asyncpg

    from rules.program import Programs

_DECIMAL = re.compile(r"\d{1,9}(\.\d{1,9})?")


def liability(
    bank: Annotated[str, typer.Argument(help="The bank.")],
    days: Annotated[
        tuple[date, date],
        typer.Option(parser=day, metavar=f"{METAVAR} {METAVAR}", help="First and last business date."),
    ],
    cost: Annotated[str, typer.Option(help="What a point costs, in the currency's whole units, such as 0.01.")],
    breakage: Annotated[
        str | None, typer.Option(help="The part never redeemed, such as 15%; left out, what earlier months have shown.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show outstanding points by the month in which they were earned, rolled forward, with breakage and cost."""
    from engine.liability import Price, told
    from engine.settings import load

    first, last = days
    price = _number(cost, "--cost")
    given = None if breakage is None else _number(breakage.removesuffix("%"), "--breakage")
    if last < first or (given or 0) > 100:  # noqa: PLR2004  # of a hundred
        fail("expected a first day up to the last, and at most 100% breakage", 2)
    rows, programs = asked(load(), lambda pool: _read(pool, bank, first, last + timedelta(days=1)))
    shown = told(rows, programs, Price(price, None if given is None else given / 100))
    if json:
        as_json(shown)
    else:
        _show(shown)


def _number(text: str, option: str) -> Fraction:
    if not _DECIMAL.fullmatch(text):
        fail(f"{option}: expected a number such as 0.01, not {text!r}", 2)
    return Fraction(text)


async def _read(pool: "asyncpg.Pool[Any]", bank: str, first: Any, after: Any) -> "tuple[list[Any], Programs]":
    from engine.store.sql import statement

    programs = await programs_of(pool, bank)
    return await pool.fetch(statement("liability"), bank, first, after), programs


def _show(shown: list[dict[str, Any]]) -> None:
    names = ("month", "opening", "earned", "redeemed", "expired", "other", "closing", "breakage", "liability (minor)")
    keys = ("opening", "earned", "redeemed", "expired", "other", "closing", "breakage", "liability_minor")
    for one in shown:
        rows = [(row["vintage"], *(row[key] for key in keys)) for row in one["cohorts"]]
        rows.append(("all", *(sum(row[key] for row in one["cohorts"]) for key in keys)))
        table(f"{one['point_type']}, {one['currency']}", names, rows)
        console.print(f"of {one['point_type']} {one['breakage_rate']:.2%} is expected never to be redeemed")
