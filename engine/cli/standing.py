"""What a statement says of the tier and the score: what is missing for the next tier, and what keeps the one held."""

from datetime import date, datetime
from typing import Any

import asyncpg

from engine.cli.output import console, table
from engine.registry import Registries
from engine.store import rows
from rules.standing.progress import Asked, progress
from rules.standing.tiers import score_lines


async def standing(pool: "asyncpg.Pool[Any]", row: Any, on: date | None) -> dict[str, Any]:
    """Progress and score lines of a member's row, as of a day's evening or of the database's now."""
    registry = await Registries(pool).read()
    programs = registry.programs.get(row["bank"])
    if programs is None:
        return {}
    asked_at: datetime = row["asked_at"]
    program = programs.on(on or asked_at.astimezone(programs.zone).date())
    moment = program.evening(on) if on else program.moment(asked_at)
    member = rows.member(row)
    found = progress(member, program, moment)
    gaps = {name: _plain(getattr(found, name)) for name in ("next", "keep")}
    lines = [line._asdict() for line in score_lines(member, program, moment)]
    return {"progress": {**found._asdict(), **gaps}, "score_lines": lines}


def _plain(asked: Asked | None) -> dict[str, Any] | None:
    if asked is None:
        return None
    gaps = [{**gap._asdict(), "missing": gap.missing} for gap in asked.gaps]
    return {"tier": asked.tier, "match": asked.match, "met": asked.met, "gaps": gaps}


def show_standing(found: dict[str, Any]) -> None:
    """The same as tables. Money is in minor units, as in the ledger."""
    told = found.get("progress")
    if told is None:
        return
    for word, title in (("keep", "To keep"), ("next", "To reach")):
        asked = told[word]
        if asked:
            table(f"{title} {asked['tier']}: {asked['match']} of", ("metric", "has", "asks", "missing"),
                  [tuple(gap.values()) for gap in asked["gaps"]])  # fmt: skip
    days = [(name, told[name]) for name in ("rated_on", "safe_until", "falls_on", "locked_until") if told[name]]
    console.print(f"projected tier {told['projected']}" + "".join(f", {n.replace('_', ' ')} {d}" for n, d in days))
    if found["score_lines"]:
        table("Score", ("metric", "value", "points", "at most"), [tuple(one.values()) for one in found["score_lines"]])
