"""`points verify` and `points audit`: is the ledger what was decided, and do its own numbers agree."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.asking import asked
from engine.cli.days import METAVAR, day
from engine.cli.output import as_json, console, errors, fail, table

if TYPE_CHECKING:
    from engine.evidence.chain import Attested
    from engine.evidence.verify import Asked, Passed, Verdict
    from engine.settings import Settings

KAFKA = "kafka"
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def verify(
    bank: Annotated[str | None, typer.Option(help="Compare the rows of this bank alone; the chain is checked whole.")]
    = None,
    since: Annotated[
        date | None,
        typer.Option(
            parser=day,
            metavar=METAVAR,
            help="Compare what was recorded on this day or later; what came before is only decided.",
        ),
    ] = None,
    chain: Annotated[bool, typer.Option("--chain", help="Decide nothing: only that the journal is whole and its rows "
                                        "are those that it was sealed with.")] = False,
    attestations: Annotated[str | None, typer.Option(metavar=f"FILE|{KAFKA}", help="Compare the chain with what was "
                                                     "published of it: a file of messages or the topic.")] = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Decide the whole journal again and compare every row with the ledger. Exit code 1 names the first divergence."""
    from engine.evidence.verify import Asked
    from engine.sealing import Masters
    from engine.settings import load

    settings = load()
    masters = Masters.of(settings) if settings.profile_key else None
    wanted = Asked(bank, since, chain, _attested(settings, attestations), masters)
    verdict = asked(settings, lambda pool: _verified(pool, settings, wanted))
    found = verdict.divergence
    if json:
        as_json({"divergence": found.plain() if found else None, "slices": verdict.slices, "events": verdict.events,
                 "rows": verdict.rows, "attested": len(wanted.attested), "erased": verdict.erased})  # fmt: skip
    elif found is None:
        compared = f", {len(wanted.attested):,} attested links are in it" if wanted.attested else ""
        console.print(f"{verdict.slices:,} slices and {verdict.rows:,} rows of decisions are as decided{compared}")
        if verdict.erased:
            console.print(
                f"{verdict.erased:,} members were erased: what was decided of them from their first profile on is not "
                "decided again; its rows are those that the journal was sealed with"
            )
    if found is not None:
        fail(str(found))


async def _verified(pool: Any, settings: "Settings", wanted: "Asked") -> "Verdict":
    from engine.evidence.verify import verified

    async with pool.acquire() as session, session.transaction(isolation="repeatable_read", readonly=True):
        await session.execute("set local idle_in_transaction_session_timeout = 0")
        slices = await session.fetchval("select count(*) from journal")
        with shown(slices) as passed:
            return await verified(session, settings.partitions, wanted, passed)


@contextmanager
def shown(slices: int) -> "Iterator[Passed]":
    """A bar on standard error, for people; nothing where nobody looks."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("slices"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=errors, disable=not errors.is_terminal, transient=True) as progress:
        task = progress.add_task("", total=slices)
        yield lambda done: progress.update(task, completed=done)


def _attested(settings: "Settings", where: str | None) -> "Attested":
    import asyncio

    from engine.evidence.attestations import AttestationError, of_file, of_topic

    if where is None:
        return {}
    try:
        return asyncio.run(of_topic(settings)) if where == KAFKA else of_file(Path(where))
    except AttestationError as error:
        fail(str(error))


def audit(json: Json = False) -> None:
    """Check the ledger's own numbers by SQL that shares nothing with the engine. Exit code 1 if one does not hold."""
    from engine.evidence.audit import audited
    from engine.settings import load

    found = asked(load(), audited)
    if json:
        as_json([one._asdict() for one in found])
    else:
        table("Audit", ("what holds", "looked at", "wrong", "first"),
              [(one.says, one.looked_at, one.wrong, one.first) for one in found])  # fmt: skip
    wrong = [one for one in found if one.wrong]
    if wrong:
        fail("\n".join(f"{one.name}: {one.says}: {one.wrong:,} times not, first {one.first}" for one in wrong))
