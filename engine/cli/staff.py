"""`points proposals` and `points trail`: what people proposed and decided, and who did what, as the API tells it."""

from typing import Annotated, get_args
from uuid import UUID

import typer

from engine.cli.asking import asked
from engine.cli.output import as_json, fail, table
from engine.settings import load
from engine.store.sql import statement as sql

proposals = typer.Typer(
    help="List and show what people proposed and what became of it.", no_args_is_help=True, add_completion=False
)
Bank = Annotated[str, typer.Argument(help="The bank.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@proposals.command("list")
def listed(
    bank: Bank,
    state: Annotated[str | None, typer.Option(help="Only in this state, such as proposed.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only about this, such as member/m-1.")] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:  # fmt: skip
    """List proposals, the newest first."""
    from engine.api.proposals import proposal_of
    from schemas.api.proposals import State

    if state not in (None, *get_args(State)):
        fail(f"no proposal is ever {state!r}; they are {', '.join(get_args(State))}", code=2)
    wanted = bank, None, state, None, subject, None, None, limit
    rows = asked(load(), lambda pool: pool.fetch(sql("view_proposals"), *wanted))
    if json:
        as_json([proposal_of(row).model_dump(mode="json", exclude_none=True) for row in rows])
        return
    names = ("proposal_id", "kind", "subject", "reason", "proposed_by", "proposed_at", "needs", "approved_by", "stands")
    table("Proposals", names, [[row[name] for name in names] for row in rows])


@proposals.command()
def show(bank: Bank, proposal_id: Annotated[UUID, typer.Argument(help="As the list shows it.")]) -> None:
    """Show a proposal and what became of it, as JSON."""
    from engine.api.proposals import proposal_of

    wanted = bank, proposal_id, *(None,) * 5, 1
    row = asked(load(), lambda pool: pool.fetchrow(sql("view_proposals"), *wanted))
    if row is None:
        fail(f"{bank} has no proposal {proposal_id}; see `points proposals list {bank}`")
    as_json(proposal_of(row).model_dump(mode="json", exclude_none=True))


def trail(
    bank: Annotated[str | None, typer.Argument(help="Only this bank's; default: those of all, and of none.")] = None,
    person: Annotated[str | None, typer.Option(help="Only what this person or login did.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what was done to this, such as member/m-1.")] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:  # fmt: skip
    """Tell who did what, the newest first; before and after in the JSON alone."""
    from engine.api.routes.trail import deed_of

    rows = asked(load(), lambda pool: pool.fetch(sql("list_trail"), bank, person, subject, limit))
    if json:
        as_json([{"bank": row["bank"]} | deed_of(row).model_dump(mode="json", exclude_none=True) for row in rows])
        return
    names = ("trail_number", "recorded_at", "bank", "role", "person", "key_id", "action", "subject")
    table("Audit trail", names, [[row[name] for name in names] for row in rows])
