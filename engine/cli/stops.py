"""`points stop`, `points resume` and `points stops`: a bank's operator stops redemptions at once, and resumes them."""

from typing import Annotated, Any

import typer

from engine.cli.asking import Deed, asked, done
from engine.cli.output import as_json, console, fail, table
from engine.settings import load
from engine.store.sql import statement as sql

Bank = Annotated[str, typer.Argument(help="The bank.")]
Named = Annotated[str, typer.Argument(help="everything, or network/…, merchant/… or benefit/… by its name.")]
Who = Annotated[str, typer.Option(help="Who wants it, by pseudonym.")]


def stop(
    bank: Bank, what: Named, reason: Annotated[str, typer.Option(help="Why; only the bank sees it.")], by: Who
) -> None:
    """Refuse new redemptions of it from now on, whichever way they come. What is held may be captured or voided."""
    from engine import stops

    wanted = _meant(what)

    async def stopped(session: Any) -> Deed:
        known = await stops.known(session, bank, wanted.kind)
        entry = await stops.stop(session, bank, wanted, by, reason) if wanted.name in known else None
        return Deed((known, entry is not None), bank, entry)

    known, new = done(load(), "stop", stopped)
    if wanted.name not in known:
        fail(f"{bank} has no {wanted.kind} called {wanted.name!r}; there are: {', '.join(sorted(known)) or 'none'}")
    console.print(f"{bank}: {what} is stopped" if new else f"{bank}: {what} was stopped before")


def resume(bank: Bank, what: Named, by: Who) -> None:
    """Let redemptions of it begin again."""
    from engine import stops

    wanted = _meant(what)

    async def resumed(session: Any) -> Deed:
        entry = await stops.resume(session, bank, wanted, by)
        return Deed(entry is not None, bank, entry)

    if not done(load(), "resume", resumed):
        fail(f"{bank}: {what} is not stopped; `points stops {bank}` lists what is")
    console.print(f"{bank}: {what} goes on")


def stops(
    bank: Annotated[str | None, typer.Argument(help="Only this bank's.")] = None,
    over: Annotated[bool, typer.Option("--over", help="With what was resumed.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what is stopped, by whom, since when and why."""
    rows = asked(load(), lambda pool: pool.fetch(sql("list_stops"), bank, over))
    if json:
        as_json([dict(row) for row in rows])
        return
    names = ("bank", "kind", "name", "reason", "stopped_by", "stopped_at", "resumed_by", "resumed_at")
    table("Stopped", names, [[row[name] for name in names] for row in rows])


def _meant(what: str) -> Any:
    from engine.stops import meant

    try:
        return meant(what)
    except ValueError as error:
        fail(str(error), code=2)
