"""`points explain`: why an event or a posting came to what it came to."""

from typing import Annotated, Any, get_args

import asyncpg
import orjson
import typer

from engine.cli.asking import asked
from engine.cli.output import as_json, console, fail, table
from engine.settings import Settings, load
from engine.store.sql import statement
from rules.explain.phrases import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)


def explain(
    member: Annotated[str, typer.Argument(help="BANK/MEMBER, as in the key of its events.")],
    wanted: Annotated[str, typer.Argument(metavar="EVENT|POSTING", help="The id of an event, or of a posting.")],
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what was decided of an event: each rule with why or why not, the sums, the caps, the program's hash.

    The member's journal is decided again until there, so it takes longer the more the member's partition has.
    """
    bank, _, member_id = member.partition("/")
    spoken = next((one for one in LANGUAGES if one == language), None)
    if not member_id:
        fail("a member is named BANK/MEMBER, such as anping/m-000001", code=2)
    if spoken is None:
        fail(f"expected one of {', '.join(LANGUAGES)} as --language, not {language!r}", code=2)
    settings = load()
    from engine.evidence.trace import WasErased

    try:
        found = asked(settings, lambda pool: told(pool, settings, (bank, member_id), wanted, spoken))
    except WasErased as error:
        fail(str(error))
    if found is None:
        fail(f"no event or posting of {member} is called {wanted}")
    if json:
        as_json(found)
    else:
        show(found)


async def told(
    pool: "asyncpg.Pool[Any]", settings: Settings, member: tuple[str, str], wanted: str, language: Language
) -> dict[str, Any] | None:
    """All that the command says; None where the member has no such event or posting."""
    from engine.evidence.trace import traced
    from engine.registry import Registries
    from rules.explain.considered import considered
    from rules.explain.say import Say
    from rules.language.load import read

    registry = await Registries(pool).read()
    async with pool.acquire() as session, session.transaction(isolation="repeatable_read", readonly=True):
        found = await traced(session, registry, settings, member, wanted)
        versions = await session.fetch(statement("registered_programs"))
    if found is None:
        return None
    event, program, decision = found.intake.event, found.intake.program, found.decision
    file, _ = read(next(row["text"] for row in versions if row["program_hash"] == program.program_hash))
    say = Say(language, program)
    rules = considered(event, found.before, program, file, decision)
    return {
        "event": orjson.loads(event.model_dump_json(exclude_none=True)),
        "journal": found.seq,
        "member_version": decision.member.version,
        "tier_before": found.before.tier,
        "program": {"version": program.version, "hash": program.program_hash.hex(), "semantics": program.semantics},
        "refused": decision.refusal and decision.refusal.detail,
        "rules": [{"rule": one.rule_id, "outcome": one.outcome, "text": one.text(say)} for one in rules],
        "postings": [_posting(p, registry.programs[member[0]].versions, language) for p in decision.postings],
        "tiers": [{"from": c.from_tier, "to": c.to_tier, "reason": c.reason} for c in decision.tier_changes],
        "grants": [{"benefit": g.benefit_id, "units": g.units} for g in decision.grants],
    }


def _posting(p: Any, versions: Any, language: Language) -> dict[str, Any]:
    from uuid import UUID

    from rules.explain.posting import explained

    found = explained(p, next(one for one in versions if one.mark == p.program_hash), language)
    return {
        "posting_id": str(UUID(bytes=p.posting_id)),
        "rule": p.rule_id,
        "kind": p.kind,
        "points": p.points,
        "point_type": p.point_type,
        "explanation": found.text,
        "sum": {name: str(value) for name, value in found.sum._asdict().items() if value is not None},
    }


def show(found: dict[str, Any]) -> None:
    """The same for people."""
    event, program = found["event"], found["program"]
    console.print(f"{event['type']} {event['id']} of {event['source']}, {event['time']}, journal {found['journal']}")
    console.print(f"program of {program['version']}, semantics {program['semantics']}, {program['hash']}")
    table("Told", ("field", "value"), [(name, str(value)) for name, value in event["data"].items()])
    if found["refused"]:
        console.print(f"refused: {found['refused']}")
    if found["rules"]:
        table("Rules", ("rule", "why or why not"), [(one["rule"], one["text"]) for one in found["rules"]])
    if found["postings"]:
        table("Postings", ("posting", "points", "type", "because"),
              [(p["posting_id"], p["points"], p["point_type"], p["explanation"])
               for p in found["postings"]])  # fmt: skip
    for change in found["tiers"]:
        console.print(f"tier {change['from']} -> {change['to']}: {change['reason']}")
    for grant in found["grants"]:
        console.print(f"granted: {grant['benefit']}, units {grant['units']}")
