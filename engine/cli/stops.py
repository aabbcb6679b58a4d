"""`points stop`, `points resume` and `points stops`: a bank's operator stops redemptions at once, and resumes them."""

from typing import Annotated, Any, get_args

import typer

from engine.cli.asking import asked
from engine.cli.output import as_json, console, fail, table
from engine.settings import load
from engine.store.sql import statement as sql
from rules.spending.stops import Kind

Bank = Annotated[str, typer.Argument(help="The bank.")]
What = Annotated[str, typer.Argument(help="everything, or network/…, merchant/… or benefit/… by its name.")]
Who = Annotated[str, typer.Option(help="Who wants it, by pseudonym.")]


def stop(
    bank: Bank, what: What, reason: Annotated[str, typer.Option(help="Why; only the bank sees it.")], by: Who
) -> None:
    """Begin no redemption of it from now on, whichever way it is asked for. What is held may be captured or void."""
    kind, name = _meant(what)

    async def stopped(pool: Any) -> tuple[set[str], bool]:
        known = await _known(pool, bank, kind)
        return known, name in known and await _change(pool, "add_stop", bank, kind, name, by, reason)

    known, done = asked(load(), stopped)
    if name not in known:
        fail(f"{bank} has no {kind} called {name!r}; there are: {', '.join(sorted(known)) or 'none'}")
    console.print(f"{bank}: {what} is stopped" if done else f"{bank}: {what} was stopped before")


def resume(bank: Bank, what: What, by: Who) -> None:
    """Let redemptions of it begin again."""
    kind, name = _meant(what)
    if not asked(load(), lambda pool: _change(pool, "end_stop", bank, kind, name, by)):
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


def _meant(what: str) -> tuple[Kind, str]:
    said, _, name = what.partition("/")
    kind = next((one for one in get_args(Kind) if one == said), None)
    if kind is None or (kind == "everything") != (name == ""):
        fail(f"{what!r}: expected everything, or network/NAME, merchant/NAME or benefit/NAME", code=2)
    return kind, name


async def _known(pool: Any, bank: str, kind: Kind) -> set[str]:
    """The names that can be stopped; a slip of the pen must not leave open what somebody believes to be stopped."""
    from engine.registry import Registries

    programs = (await Registries(pool).read()).programs.get(bank)
    benefits = [one for version in programs.versions for one in version.benefits] if programs else []
    if kind == "everything":
        return {""} if programs else set()
    if kind == "benefit":
        return {one.id for one in benefits}
    found = {row[kind] for row in await pool.fetch(sql("list_merchants"), bank)}
    return found | {one.network for one in benefits} if kind == "network" else found


async def _change(pool: Any, name: str, *arguments: str) -> bool:
    """Whether it was changed; then every process reads the registry again before it decides anything."""
    async with pool.acquire() as session, session.transaction():
        done = await session.fetchval(sql(name), *arguments) is not None
        if done:
            await session.execute(sql("raise_revision"))
        return done
