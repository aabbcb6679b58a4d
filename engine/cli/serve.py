"""`points api`, `points keys` and `points merchants`: the HTTP API and who may use it."""

import re
from datetime import timedelta
from typing import Annotated, Any, get_args

import typer

from engine.cli.asking import Deed, asked, done
from engine.cli.output import as_json, console, fail, table
from engine.settings import load
from engine.store.sql import statement as sql
from engine.trail import Entry

keys = typer.Typer(help="Make, list, rotate and revoke API keys.", no_args_is_help=True, add_completion=False)
merchants = typer.Typer(
    help="Register, list, suspend and resume merchants.", no_args_is_help=True, add_completion=False
)
Bank = Annotated[str, typer.Argument(help="The bank.")]
MerchantId = Annotated[str, typer.Argument(help="The merchant.")]
KeyId = Annotated[str, typer.Argument(help="The key's id, as the list shows it.")]
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


@keys.command("create")
def create(
    bank: Bank,
    role: Annotated[str, typer.Argument(help="merchant, channel, operator, approver or auditor.")],
    holder: Annotated[str, typer.Argument(help="The merchant, the channel's name, or the person's pseudonym.")],
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="Days for which it is good.")] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What alone it may do, such as redemptions:read; repeat it for several. Default: all."),
    ] = None,
) -> None:
    """Make a key and print it: this once, it is kept as a hash alone."""
    from engine.api.keys import Role
    from schemas.fields import ID_MAX, ID_PATTERN

    if role not in get_args(Role):
        fail(f"no role is called {role!r}; there are: {', '.join(get_args(Role))}", code=2)
    if scope:
        _refuse_unknown(scope)
    if re.fullmatch(ID_PATTERN, holder) is None or len(holder) > ID_MAX:
        fail(f"{holder!r} is no pseudonym: letters, digits, . _ and -, with a letter, at most {ID_MAX}", code=2)
    typer.echo(_add(bank, role, holder, scope or [], timedelta(days=days) if days else None))


@keys.command("list")
def list_keys(bank: Annotated[str | None, typer.Argument(help="Only this bank's.")] = None, json: Json = False) -> None:
    """List keys; of their secrets nothing."""
    rows = asked(load(), lambda pool: pool.fetch(sql("list_keys"), bank))
    if json:
        as_json([dict(row) for row in rows])
        return
    names = ("key_id", "bank", "role", "holder", "scopes", "signed", "recorded_at", "expires_at", "revoked_at")
    table("API keys", names, [[row[name] for name in names] for row in rows])


@keys.command()
def rotate(
    key_id: KeyId, grace_hours: Annotated[int, typer.Option(min=0, max=720, help="For how long the old is good.")] = 24
) -> None:
    """Make a key that may do the same, print it, and let the old one end after a grace.

    The new key of one whose requests are signed has a secret of its own, on the second line.
    """
    old = _ended(key_id, timedelta(hours=grace_hours), "keys rotate")
    token = _add(old["bank"], old["role"], old["holder"], old["scopes"], None)
    typer.echo(token)
    if old["signed"]:
        typer.echo(_signing(token.split("_")[1], timedelta(0)))


@keys.command()
def revoke(key_id: KeyId) -> None:
    """End a key now; processes see it within two seconds."""
    _ended(key_id, timedelta(0), "keys revoke")
    console.print(f"{key_id} is revoked")


@keys.command()
def sign(
    key_id: KeyId,
    grace_hours: Annotated[int, typer.Option(min=0, max=720, help="For how long the secret before is good.")] = 24,
) -> None:
    """Take a key's requests signed alone, by a new secret, which is printed; the one before is good for a grace."""
    typer.echo(_signing(key_id, timedelta(hours=grace_hours)))


@keys.command()
def unsign(key_id: KeyId) -> None:
    """Take a key's requests unsigned again."""

    async def unsigned(session: Any) -> Deed:
        bank = await session.fetchval(sql("unsign_key"), key_id)
        if bank is None:
            return Deed(None)
        return Deed(True, bank, Entry("key-signing-changed", f"key/{key_id}", None, {"signed": False}))

    if not done(load(), "keys unsign", unsigned):
        fail(f"no key that is in force has the id {key_id}")
    console.print(f"{key_id} need not sign")


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
        done(load(), "merchants add", register)
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
    """Let a merchant redeem nothing more; what it holds it may still capture or void."""
    _stand(bank, merchant, "suspended")


@merchants.command()
def resume(bank: Bank, merchant: MerchantId) -> None:
    """Let a suspended merchant redeem again."""
    _stand(bank, merchant, "active")


def _refuse_unknown(scopes: list[str]) -> None:
    from engine.api.app import AREAS
    from engine.api.scopes import operations

    known = operations(AREAS)
    for one in scopes:
        if one not in known:
            fail(f"no scope is called {one!r}; there are: {', '.join(known)}", code=2)


def _add(bank: str, role: str, holder: str, scopes: list[str], good_for: timedelta | None) -> str:
    import asyncpg

    from engine.api.keys import made, pepper

    settings = load()
    new = made(pepper(settings))

    async def add(session: Any) -> Deed:
        if role == "merchant" and await session.fetchval(sql("merchant_places"), [bank], [holder]) is None:
            return Deed(answer=False)
        await session.execute(sql("add_key"), new.key_id, bank, role, holder, scopes, new.digest, good_for)
        made = {"role": role, "holder": holder, "scopes": scopes, "days": good_for and good_for.days}
        return Deed(True, bank, Entry("key-made", f"key/{new.key_id}", None, made))

    try:
        if not done(settings, "keys create", add):
            fail(f"{bank} has no merchant called {holder}; `points merchants add` registers one")
    except asyncpg.ForeignKeyViolationError:
        fail(f"no bank is called {bank}; `points init` registers banks")
    return new.token


def _signing(key_id: str, grace: timedelta) -> str:
    from engine.api.keys import pepper, signing_secret

    async def signed(session: Any) -> Deed:
        row = await session.fetchrow(sql("sign_key"), key_id, grace)
        if row is None:
            return Deed(None)
        after = {"signed": True, "secret_number": row["signing_number"]}
        return Deed(row["signing_number"], row["bank"], Entry("key-signing-changed", f"key/{key_id}", None, after))

    settings = load()
    number = done(settings, "keys sign", signed)
    if number is None:
        fail(f"no key that is in force has the id {key_id}")
    return signing_secret(pepper(settings), key_id, number)


def _ended(key_id: str, grace: timedelta, command: str) -> Any:
    async def end(session: Any) -> Deed:
        row = await session.fetchrow(sql("end_key"), key_id, grace)
        if row is None:
            return Deed(None)
        before = {"expires_at": row["expired_before"], "revoked_at": row["revoked_before"]}
        after = {"expires_at": row["expires_at"], "revoked_at": row["revoked_at"]}
        return Deed(row, row["bank"], Entry("key-ended", f"key/{key_id}", before, after))

    row = done(load(), command, end)
    if row is None:
        fail(f"no key has the id {key_id}")
    return row


def _stand(bank: str, merchant: str, status: str) -> None:
    async def change(session: Any) -> Deed:
        was = await session.fetchval(sql("change_merchant_status"), bank, merchant, status)
        if was is None:
            return Deed(None)
        changed = Entry("merchant-status-changed", f"merchant/{merchant}", {"status": was}, {"status": status})
        return Deed(was, bank, changed)

    if done(load(), "merchants suspend" if status == "suspended" else "merchants resume", change) is None:
        fail(f"{bank} has no merchant called {merchant}")
    console.print(f"{bank}/{merchant} is {status}")
