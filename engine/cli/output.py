"""What commands print: tables for people, JSON for programs, errors to standard error."""

import base64
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import orjson
import typer
from rich.console import Console
from rich.table import Table

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def fail(text: str, code: int = 1) -> NoReturn:
    """Ends the command with what went wrong."""
    errors.print(text, style="red", markup=False, soft_wrap=True)
    raise SystemExit(code)


def as_json(value: Any) -> None:
    """One JSON value on a line; bytes in base64."""
    typer.echo(orjson.dumps(value, default=_plain))


def table(title: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table; numbers to the right."""
    drawn = Table(title=title, title_justify="left")
    listed = [list(row) for row in rows]
    for at, name in enumerate(names):
        numeric = bool(listed) and all(isinstance(row[at], int) or row[at] is None for row in listed)
        drawn.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        drawn.add_row(*(_cell(value) for value in row))
    console.print(drawn)


def _cell(value: Any) -> str:
    return (
        "" if value is None else f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    )


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)
