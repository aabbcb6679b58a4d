"""`points api` and `points merchants`: the HTTP API and which merchants may redeem by it."""

from typing import Annotated, Any

import typer

from engine.cli.asking import Deed, acted_alone, asked, done
from engine.cli.output import as_json, console, fail, table
from engine.settings import load
from engine.store.sql import statement as sql
from engine.trail import Entry

merchants = typer.Typer(
    help="Register, list, suspend and resume merchants.", no_args_is_help=True, add_completion=False
)
Bank = Annotated[str, typer.Argument(help="The bank.")]
MerchantId = Annotated[str, typer.Argument(help="The merchant.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def api(
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Processes; default: POINTS_API_WORKERS.")] = None,
) -> None:
    """Serve the HTTP API until SIGTERM."""
    from engine import logs
    from engine.api.run import run

    settings = load(**({} if workers is None else {"api_workers": workers}))
    logs.set_up(settings)
    run(settings)


@merchants.command("add")
def add(
    bank: Bank,
    merchant: MerchantId,
    network: Annotated[str, typer.Option(help="Whose benefits it honours.")],
    region: Annotated[str | None, typer.Option(help="Where it is, for benefits of some regions.")] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="For trials: lists say so, and nobody pays its files.")
    ] = False,
) -> None:
    """Register a merchant, and its network where it is new."""
    import asyncpg

    async def register(session: Any) -> Deed:
        was = await session.fetchrow(sql("merchant_places"), [bank], [merchant])
        await session.execute(sql("add_merchant"), bank, merchant, network, region, sandbox)
        before = {"network": was["network"], "region": was["region"]} if was["network"] else None
        after = {"network": network, "region": region, "sandbox": sandbox}
        return Deed(None, bank, Entry("merchant-registered", f"merchant/{merchant}", before, after))

    try:
        done(load(), "merchants add", register, acted_alone)
    except asyncpg.ForeignKeyViolationError:
        fail(f"no bank is called {bank}; `points init` registers banks")
    except asyncpg.CheckViolationError as error:
        fail(f"{merchant} or {network} is not written as ids are: {error.constraint_name}", code=2)
    console.print(f"{bank}/{merchant} honours {network}")


@merchants.command("list")
def list_merchants(
    bank: Annotated[str | None, typer.Argument(help="Only this bank's.")] = None, json: Json = False
) -> None:
    """List merchants with their networks and whether they may redeem."""
    rows = asked(load(), lambda pool: pool.fetch(sql("list_merchants"), bank))
    if json:
        as_json([dict(row) for row in rows])
        return
    names = ("bank", "merchant", "network", "region", "status", "network_status", "sandbox")
    table("Merchants", names, [[row[name] for name in names] for row in rows])


@merchants.command()
def suspend(bank: Bank, merchant: MerchantId) -> None:
    """Refuse new redemptions by a merchant; what it holds it may still capture or void."""
    _stand(bank, merchant, "suspended")


@merchants.command()
def resume(bank: Bank, merchant: MerchantId) -> None:
    """Let a suspended merchant redeem again."""
    _stand(bank, merchant, "active")


@merchants.command()
def pace(
    bank: Bank,
    merchant: MerchantId,
    per_hour: Annotated[int | None, typer.Option(min=1, max=1_000_000, help="In an hour; default: no limit.")] = None,
    per_day: Annotated[int | None, typer.Option(min=1, max=10_000_000, help="On a day; default: no limit.")] = None,
) -> None:
    """Say how many redemptions a merchant may begin."""

    async def change(session: Any) -> Deed:
        was = await session.fetchrow(sql("pace_merchant"), bank, merchant, per_hour, per_day)
        after = {"per_hour": per_hour, "per_day": per_day}
        entry = None if was is None else Entry("merchant-pace-changed", f"merchant/{merchant}", dict(was), after)
        return Deed(was, bank, entry)

    if done(load(), "merchants pace", change) is None:
        fail(f"{bank} has no merchant called {merchant}; `points merchants list {bank}` shows those it has")
    limits = [f"{most} {per}" for most, per in ((per_hour, "an hour"), (per_day, "a day")) if most is not None]
    console.print(f"{bank}/{merchant} may begin {' and '.join(limits) or 'as many as it likes'}")


def _stand(bank: str, merchant: str, status: str) -> None:
    async def change(session: Any) -> Deed:
        was = await session.fetchval(sql("change_merchant_status"), bank, merchant, status)
        if was is None:
            return Deed(None)
        changed = Entry("merchant-status-changed", f"merchant/{merchant}", {"status": was}, {"status": status})
        return Deed(was, bank, changed)

    if done(load(), "merchants suspend" if status == "suspended" else "merchants resume", change) is None:
        fail(f"{bank} has no merchant called {merchant}; `points merchants list {bank}` shows those it has")
    console.print(f"{bank}/{merchant} is {status}")
