"""`points statement`: a member as the ledger knows it."""

from datetime import date
from typing import Annotated, Any

import asyncpg
import orjson
import typer

from engine.cli.asking import asked
from engine.cli.days import METAVAR, day
from engine.cli.output import as_json, console, fail, table
from engine.cli.standing import show_standing, standing
from engine.settings import load
from engine.store.sql import statement as sql


def statement(
    member: Annotated[str, typer.Argument(help="BANK/MEMBER, as in the key of its events.")],
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many of each, the newest first.")] = 20,
    on: Annotated[
        date | None, typer.Option(parser=day, metavar=METAVAR, help="Progress as of this day; default: today.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:  # fmt: skip
    """Show a member's tier and what is missing for the next, score, balances, postings with their arithmetic."""
    bank, _, member_id = member.partition("/")
    if not member_id:
        fail("a member is named BANK/MEMBER, such as anping/m-000001", code=2)
    found = asked(load(), lambda pool: read(pool, (bank, member_id), limit, on))
    if found is None:
        fail(f"{bank} has no member {member_id}")
    if json:
        as_json(found)
    else:
        show(found)


async def read(
    pool: "asyncpg.Pool[Any]", member: tuple[str, str], limit: int, on: date | None = None
) -> dict[str, Any] | None:
    """All that a statement says; None for a member that the ledger does not know."""
    bank, member_id = member
    row = await pool.fetchrow(sql("statement_member"), bank, member_id)
    if row is None:
        return None
    amounts = zip(row["point_types"], row["available"], row["pending"], row["held"], row["deficit"], strict=True)
    named = ("available", "pending", "held", "deficit")
    return await standing(pool, row, on) | {
        "bank": bank,
        "member_id": member_id,
        "version": row["version"],
        "status": row["status"],
        "tier": row["tier"],
        "score": row["score"],
        "balances": {point_type: dict(zip(named, rest, strict=True)) for point_type, *rest in amounts},
        "state": orjson.loads(row["state"]),
        "postings": [dict(r) for r in await pool.fetch(sql("statement_postings"), bank, member_id, limit)],
        "tiers": [dict(r) for r in await pool.fetch(sql("statement_tiers"), bank, member_id)],
        "grants": [dict(r) for r in await pool.fetch(sql("statement_grants"), bank, member_id)],
        "redemptions": [dict(r) for r in await pool.fetch(sql("view_redemptions"), bank, member_id, None, None, limit)],
        "signals": [dict(r) for r in await pool.fetch(sql("statement_signals"), bank, member_id, limit)],
    }


def show(found: dict[str, Any]) -> None:
    """The statement as tables."""
    freeze = found["state"].get("frozen")
    frozen = f", {freeze[0]} since {freeze[3]} ({freeze[1]}, says {freeze[2]})" if freeze else ""
    console.print(
        f"{found['bank']}/{found['member_id']}  {found['status']}{frozen}, tier {found['tier']}, "
        f"score {found['score']:,}"
    )
    show_standing(found)
    table("Balances", ("points", "available", "pending", "held", "deficit"),
          [(name, *b.values()) for name, b in found["balances"].items()])  # fmt: skip
    table("Postings, the newest first", ("day", "rule", "points", "type", "because", "expires on"),
          [(p["event_day"], p["rule_id"], p["points"], p["point_type"], because(p), p["expires_on"])
           for p in found["postings"]])  # fmt: skip
    table("Benefits", ("benefit", "network", "units", "valid from", "until before", "for tier"),
          [(g["benefit_id"], g["network"], "unlimited" if g["units"] is None else g["units"], g["valid_from"],
            g["valid_until"], g["tier"]) for g in found["grants"]])  # fmt: skip
    show_history(found)


def show_history(found: dict[str, Any]) -> None:
    """Changes of tier, redemptions as they stand, and signals; nothing of what never was."""
    if found["tiers"]:
        table("Tiers, the newest first", ("day", "from", "to", "because", "no review before"),
              [(t["event_day"], t["from_tier"], t["to_tier"], t["reason"], t["valid_until"])
               for t in found["tiers"]])  # fmt: skip
    if found["redemptions"]:
        table("Redemptions, the one that changed last first",
              ("day", "merchant", "reference", "state", "points", "taken", "given back", "benefit", "units"),
              [(r["used_on"], r["merchant"], r["merchant_ref"], r["state"], r["points"], r["captured"], r["returned"],
                r["benefit_id"], r["units"]) for r in found["redemptions"]])  # fmt: skip
    if found["signals"]:
        table("Signals, the newest first", ("day", "signal", "about", "priority", "manager", "deputy", "due on"),
              [(s["event_day"], s["signal"], s["subject"], s["priority"], s["manager"], s["deputy"], s["due_on"])
               for s in found["signals"]])  # fmt: skip


def because(p: dict[str, Any]) -> str:
    """The arithmetic of a posting: basis × rate, what was carried in, and which cap cut it."""
    text = f"{p['basis']:,} × {p['rate_numerator']}/{p['rate_denominator']}"
    text += f" + {p['carried']} carried" if p["carried"] else ""
    text += f" {p['rounding']} = {p['desired_points']:,}"
    return text + (f", cut by {p['capped_by']}" if p["capped_by"] else "")
