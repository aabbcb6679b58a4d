"""`points settle`: a business day's files, what they say, and how a merchant's own log compares with them."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.asking import asked
from engine.cli.days import METAVAR, day
from engine.cli.output import as_json, console, errors, fail, table

if TYPE_CHECKING:
    import asyncpg

    from engine.settlement.files import File

app = typer.Typer(
    help="Settle a business day, show its files, compare a merchant's log.",
    invoke_without_command=True,
    no_args_is_help=True,
)
LISTED_MAX = 10_000
Json = Annotated[bool, typer.Option("--json", help="JSON instead of CSV.")]
Out = Annotated[Path | None, typer.Option(file_okay=False, help="Write the files into this folder.")]


@app.callback()
def settle(
    bank: Annotated[str | None, typer.Option(help="The bank.")] = None,
    on: Annotated[
        date | None, typer.Option("--day", parser=day, metavar=METAVAR, help="The business day that ended.")
    ] = None,
    merchant: Annotated[str | None, typer.Option(help="Only this merchant.")] = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """Settle a business day: one file a merchant, of all captures and returns since its file before.

    The same day again gives the same files. What a merchant gives back after the cut-off stands in a later file.
    """
    if bank is None and on is None:
        return  # a command of the group was asked for
    if bank is None or on is None:
        fail("expected --bank and --day, such as --bank anping --day 2026-10-09", 2)
    _settle(bank, on, merchant, (out, json))


def _settle(bank: str, day: date, merchant: str | None, into: tuple[Path | None, bool]) -> None:
    from engine.settings import load
    from engine.settlement.settle import Unsettled, ordered, settled

    async def run(pool: "asyncpg.Pool[Any]") -> list["File | Unsettled"]:
        found: list[File | Unsettled] = []
        async for one in settled(pool, await ordered(pool, bank, day), merchant):
            found.append(one)
            if not isinstance(one, Unsettled) and into[0] is not None:
                await _write(pool, one, into[0], json=into[1])
        return found

    if into[0] is not None:
        into[0].mkdir(parents=True, exist_ok=True)
    try:
        found = asked(load(), run)
    except Unsettled as error:
        fail(str(error))
    _show([one for one in found if not isinstance(one, Unsettled)], json=into[1])
    refused = [one for one in found if isinstance(one, Unsettled)]
    for why in refused:
        errors.print(str(why), style="red", markup=False, soft_wrap=True)
    if refused or not found:
        fail(f"{len(refused)} merchants are not settled" if refused else f"{bank} has nothing to settle on {day}")


async def _write(pool: "asyncpg.Pool[Any]", file: "File", folder: Path, *, json: bool) -> None:
    """Puts the file there whole or not at all."""
    place = folder / f"{file.name}.{'json' if json else 'csv'}"
    part = place.with_suffix(".part")
    with part.open("wb") as opened:
        async for text in _texts(pool, file, json=json):
            opened.write(text)
    part.replace(place)


async def _texts(pool: "asyncpg.Pool[Any]", file: "File", *, json: bool) -> Any:
    import orjson

    from engine.settlement.files import told, written

    if json:
        yield orjson.dumps(await told(pool, file), option=orjson.OPT_APPEND_NEWLINE)
        return
    async for text in written(pool, file):
        yield text


def _show(files: list["File"], *, json: bool) -> None:
    from engine.settlement.files import trailer

    if json:
        as_json([file.header._asdict() | trailer(file) for file in files])
    elif files:
        names = "merchant", "file", "business day", "captures", "returns", "currency", "amount (minor)", "sha256"
        table("Settlement files", names, [_row(file) for file in files])


def _row(file: "File") -> tuple[Any, ...]:
    h, t, digest = file.header, file.totals, file.digest.hex()[:16]
    return h.merchant, h.number, h.business_date, t.captures, t.returns, h.currency, t.amount_minor, digest


@app.command()
def show(
    bank: Annotated[str, typer.Argument(help="The bank.")],
    merchant: Annotated[str | None, typer.Argument(help="Only this merchant.")] = None,
    number: Annotated[int | None, typer.Argument(min=1, help="The file's number; its text is printed.")] = None,
    json: Json = False,
) -> None:
    """List settlement files, the newest first; or print one."""
    from engine.settings import load
    from engine.settlement import files
    from engine.store.sql import statement

    if merchant is None or number is None:
        rows = asked(load(), lambda pool: pool.fetch(statement("settlement_files"), bank, merchant, LISTED_MAX))
        _show([files.file_of(row) for row in rows], json=json)
        return

    async def print_file(pool: "asyncpg.Pool[Any]") -> None:
        file = await files.found(pool, bank, merchant, number)
        if file is None:
            fail(f"{merchant} has no file {number}; `points settle show {bank} {merchant}` lists its files")
        async for text in _texts(pool, file, json=json):
            typer.echo(text, nl=False)

    try:
        asked(load(), print_file)
    except files.FileChanged as error:
        fail(str(error))


@app.command()
def reconcile(
    log: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The merchant's log, CSV.")],
    bank: Annotated[str, typer.Option(help="The bank.")],
    merchant: Annotated[str, typer.Option(help="Whose log it is.")],
    number: Annotated[int, typer.Option(min=1, help="The settlement file that it is compared with.")],
    json: Json = False,
) -> None:
    """Compare a merchant's log with a settlement file and the ledger; each difference is of a kind. Exit code 1 if any.

    The log has the columns merchant_ref,state,units,points,amount_minor: a line for each redemption that was captured
    or given back since the file before, as it stood at the cut-off. A number that is left empty is not compared.
    """
    from engine.settings import load
    from engine.settlement import files, merchant_log, reconciliation

    async def compare(pool: "asyncpg.Pool[Any]") -> dict[str, Any]:
        file = await files.found(pool, bank, merchant, number)
        if file is None:
            fail(f"{merchant} has no file {number}; `points settle show {bank} {merchant}` lists its files")
        return reconciliation.told(await reconciliation.compared(pool, file, entries))

    try:
        entries = merchant_log.read(log.read_text(encoding="utf-8"))
    except (merchant_log.LogRefused, UnicodeDecodeError) as error:
        fail(f"{log.name}: {error}")
    found = asked(load(), compare)
    as_json(found) if json else _show_report(found)
    if found["differences"]:
        raise SystemExit(1)


def _show_report(found: dict[str, Any]) -> None:
    names = "kind", "reference", "line of the log", "file", "theirs", "ours", "difference (minor)"
    keys = "kind", "merchant_ref", "line", "file", "theirs", "ours", "difference_minor"
    rows = [[_short(one[key]) for key in keys] for one in found["differences"]]
    if rows:
        table("Differences", names, rows)
    counts = ", ".join(f"{sums['count']:,} {kind}" for kind, sums in found["kinds"].items()) or "no difference"
    console.print(
        f"{found['lines']:,} lines of {found['log_minor']:,}; {found['redemptions']:,} redemptions settled at "
        f"{found['file_minor']:,}; {found['matched']:,} agree; {counts}",
        soft_wrap=True,
    )


def _short(value: Any) -> Any:
    return " ".join(str(part) for part in value.values() if part is not None) if isinstance(value, dict) else value
