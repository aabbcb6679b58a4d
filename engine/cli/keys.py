"""`points keys`: who may use the HTTP API, people among them."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any, TypeVar, get_args

import typer

from engine.cli.asking import Acting, acted, acted_alone, asked
from engine.cli.output import as_json, console, fail, table
from engine.settings import load
from engine.store.sql import statement as sql
from engine.trail import Who

app = typer.Typer(help="Make, list, rotate and revoke API keys.", no_args_is_help=True, add_completion=False)
KeyId = Annotated[str, typer.Argument(help="The key's id, as the list shows it.")]
Answer = TypeVar("Answer")


@app.command()
def create(
    bank: Annotated[str, typer.Argument(help="The bank.")],
    role: Annotated[str, typer.Argument(help="merchant, channel, operator, approver or auditor.")],
    holder: Annotated[str, typer.Argument(help="The merchant, the channel's name, or the person's pseudonym.")],
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="Days for which it is good.")] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What alone it may do, such as redemptions:read; repeat it for several. Default: all."),
    ] = None,
) -> None:
    """Make a key and print it: this once, it is kept as a hash alone."""
    import asyncpg

    from engine.api.keyring import Wanted, make
    from engine.api.keys import made, pepper

    _refuse_misspelt(role, holder, scope or [])
    new = made(pepper(load()))
    wanted = Wanted(bank, role, holder, scope or [], None if days is None else timedelta(days=days))
    try:
        _kept("create", lambda session, who: make(session, who, new, wanted), acted_alone)
    except asyncpg.ForeignKeyViolationError:
        fail(f"no bank is called {bank}; `points init` registers banks")
    typer.echo(new.token)


@app.command("list")
def listed(
    bank: Annotated[str | None, typer.Argument(help="Only this bank's.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List keys; of their secrets nothing."""
    rows = asked(load(), lambda pool: pool.fetch(sql("list_keys"), bank))
    if json:
        as_json([dict(row) for row in rows])
        return
    names = ("key_id", "bank", "role", "holder", "scopes", "signed", "recorded_at", "expires_at", "revoked_at")
    table("API keys", names, [[row[name] for name in names] for row in rows])


@app.command()
def rotate(
    key_id: KeyId, grace_hours: Annotated[int, typer.Option(min=0, max=720, help="For how long the old is good.")] = 24
) -> None:
    """Make a key that may do the same for as long, print it, and let the old one end after a grace.

    The new key of one whose requests are signed has a secret of its own, on the second line.
    """
    from engine.api import keyring
    from engine.api.keys import made, pepper, signing_secret

    peppered, grace = pepper(load()), timedelta(hours=grace_hours)
    new = made(peppered)
    signs = _kept("rotate", lambda session, who: keyring.rotate(session, who, key_id, grace, new), acted_alone)
    typer.echo(new.token)
    if signs:
        typer.echo(signing_secret(peppered, new.key_id, keyring.FIRST))


@app.command()
def revoke(key_id: KeyId) -> None:
    """End a key now; processes see it within two seconds."""
    from engine.api.keyring import end

    _kept("revoke", lambda session, who: end(session, who, key_id, timedelta(0)))
    console.print(f"{key_id} is revoked")


@app.command()
def sign(
    key_id: KeyId,
    grace_hours: Annotated[int, typer.Option(min=0, max=720, help="For how long the secret before is good.")] = 24,
) -> None:
    """Require signed requests of a key and print its new signing secret; the one before stays good for a while."""
    from engine.api import keyring
    from engine.api.keys import pepper, signing_secret

    peppered, grace = pepper(load()), timedelta(hours=grace_hours)
    number = _kept("sign", lambda session, who: keyring.sign(session, who, key_id, grace))
    typer.echo(signing_secret(peppered, key_id, number))


@app.command()
def unsign(key_id: KeyId) -> None:
    """Stop requiring signed requests of a key."""
    from engine.api.keyring import unsign

    _kept("unsign", lambda session, who: unsign(session, who, key_id))
    console.print(f"{key_id} need not sign")


def _refuse_misspelt(role: str, holder: str, scopes: list[str]) -> None:
    from engine.api.app import AREAS
    from engine.api.keys import Role
    from engine.api.scopes import operations, unknown
    from schemas.fields import ID_MAX, ID_PATTERN

    if role not in get_args(Role):
        fail(f"no role is called {role!r}; there are: {', '.join(get_args(Role))}", code=2)
    wrong = unknown(scopes, operations(AREAS)) if scopes else None
    if wrong is not None:
        fail(wrong, code=2)
    if re.fullmatch(ID_PATTERN, holder) is None or len(holder) > ID_MAX:
        fail(f"{holder!r} is no pseudonym: letters, digits, . _ and -, with a letter, at most {ID_MAX}", code=2)


def _kept(command: str, act: Callable[[Any, Who], Awaitable[Answer]], by: Acting = acted) -> Answer:
    from engine.api.problems import Problem

    try:
        kept: Answer = by(load(), f"keys {command}", act)
    except Problem as problem:
        fail(problem.detail)
    return kept
