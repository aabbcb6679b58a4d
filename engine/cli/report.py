"""`points report`: who contributes most, what each tier holds, whose money comes and goes."""

from typing import Annotated, Any

import asyncpg
import typer

from engine.cli.asking import asked, programs_of
from engine.cli.output import as_json, fail, table
from engine.settings import load
from engine.store.sql import statement as sql


def report(
    bank: Annotated[str, typer.Argument(help="The bank.")],
    top: Annotated[int, typer.Option(min=1, max=100, help="The part of members, in a hundred, with most score.")] = 20,
    days: Annotated[int, typer.Option(min=1, max=400, help="Money in and out over so many days.")] = 30,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="At most so many members in each list.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object, its ranking whole.")] = False,
) -> None:
    """Show the ranking by score, assets by tier, and the members with most money in and out. Money in minor units."""
    settings = load()
    found = asked(settings, lambda pool: read(pool, bank, top, (days, limit)))
    if not found["ranking"]:
        asked(settings, lambda pool: programs_of(pool, bank))
        fail(f"{bank} has no members yet")
    if json:
        as_json(found)
    else:
        _show(found, top, days, limit)


async def read(
    pool: "asyncpg.Pool[Any] | asyncpg.Connection[Any]", bank: str, top: int, flows: tuple[int, int]
) -> dict[str, Any]:
    """The three lists as plain values; `flows` are the days of money in and out, and how many members at most."""
    questions = {
        "ranking": (sql("report_ranking"), bank, top),
        "assets": (sql("report_assets"), bank),
        "flows": (sql("report_flows"), bank, *flows),
    }
    return {name: [dict(row) for row in await pool.fetch(*question)] for name, question in questions.items()}


def _show(found: dict[str, list[dict[str, Any]]], top: int, days: int, limit: int) -> None:
    ranking, flows = found["ranking"], found["flows"]
    table(f"The {top} % with most score: {len(ranking):,} members, the first {min(limit, len(ranking)):,}",
          ("place", "member", "tier", "score"), [tuple(row.values()) for row in ranking[:limit]])  # fmt: skip
    table("Assets by tier", ("tier", "family", "currency", "members", "balance"),
          [tuple(row.values()) for row in found["assets"]])  # fmt: skip
    for way, title in (("in", "Most money in"), ("out", "Most money out")):
        rows = [tuple(row.values())[1:] for row in flows if row["way"] == way]
        table(f"{title} over {days} days", ("place", "member", "tier", "currency", "flow"), rows)
