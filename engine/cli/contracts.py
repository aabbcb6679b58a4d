"""`points contracts`: what merchants are paid and who bears it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.asking import acted, asked
from engine.cli.output import as_json, console, fail, table
from engine.trail import Entry, Who, tell

app = typer.Typer(
    help="Load and list what merchants are paid, and who bears which share.", no_args_is_help=True, add_completion=False
)


@app.command("load")
def loaded(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="YAML; docs/settlement.md shows one.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file, add nothing.")] = False,
) -> None:
    """Add what a file says to the contracts, whole or not at all. A row that is there already is left as it is."""
    from engine.registry import Registries
    from engine.settings import load
    from engine.settlement.agreed import ContractRefused, add
    from engine.settlement.contract_file import read

    text = file.read_text(encoding="utf-8")

    settings = load()
    contracts = read(text, file.name, asked(settings, lambda pool: Registries(pool).read()).programs)
    if dry_run:
        console.print(f"{len(contracts)} rows are right", soft_wrap=True)
        return

    async def take(session: Any, who: Who) -> int:
        added = await add(session, contracts, file.name)
        for one in added:
            after = {"file": file.name, "terms": one.term.text}
            agreed = Entry("contract-agreed", f"merchant/{one.merchant}", None, after)
            await tell(session, who._replace(bank=one.bank), agreed)
        return len(added)

    try:
        added = acted(settings, "contracts load", take)
    except ContractRefused as error:
        fail(str(error))
    console.print(f"{added} of {len(contracts)} rows are new", soft_wrap=True)


@app.command("list")
def listed(
    bank: Annotated[str | None, typer.Argument(help="Only of this bank.")] = None,
    merchant: Annotated[str | None, typer.Argument(help="Only of this merchant.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List contracts, of each benefit or point type the newest first; amounts in minor units."""
    from engine.settings import load
    from engine.settlement.contracts import restored
    from engine.store.sql import statement

    rows = asked(load(), lambda pool: pool.fetch(statement("contracts"), bank, merchant))
    if json:
        as_json([dict(row) for row in rows])
        return
    table("Contracts", ("bank", "merchant", "currency", "terms"),
          [(row["bank"], row["merchant"], row["currency"], restored(row).text) for row in rows])  # fmt: skip
