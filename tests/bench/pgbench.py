"""A contender: `pgbench` with the statements that the door sends, prepared once a connection.

A script of its own for each connection holds what was recorded, with its values. pgbench cannot COPY; rows go in by
prepared inserts of as many rows, which PostgreSQL takes faster than COPY where they are few.
"""

import os
import pickle
import subprocess
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from engine.store.connect import PLANS, ROLE, SCHEMA
from engine.store.sql import STATEMENTS
from tests.bench.ground import Run
from tests.bench.limit import Call, Step

_SET: Final = {"search_path": SCHEMA, "role": ROLE} | PLANS
OPTIONS: Final = " ".join(f"-c {name}={value}" for name, value in _SET.items())
"""As `engine.store.connect` has them."""
_NAMES: Final = {text: name for name, text in STATEMENTS.items()}


def script(recorded: Path, out: Path) -> int:
    """Writes the script; answers how many connections it is for."""
    shares: list[list[Step]] = pickle.loads(recorded.read_bytes())  # noqa: S301  # this benchmark's own
    with out.open("w", encoding="utf-8") as file:
        for number, share in enumerate(shares):
            file.write(f"\\{'elif' if number else 'if'} :client_id = {number}\n")
            file.writelines(f"{line};\n" for line in _lines(share))
        file.write("\\endif\n")
    return len(shares)


def play(run: Run, programs: Path, file: Path, connections: int) -> None:
    """Runs the script once on each connection; RuntimeError where pgbench fails."""
    command = [
        str(programs / "pgbench"), "--no-vacuum", "--protocol=simple", f"--client={connections}", "--jobs=2",
        "--transactions=1", f"--file={file}", run.settings.owner_database_url,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PGOPTIONS": OPTIONS})
    if done.returncode or "number of failed transactions: 0 " not in done.stdout:
        raise RuntimeError(f"pgbench: {done.stdout}\n{done.stderr}")


def _lines(share: Sequence[Step]) -> Iterator[str]:
    known: dict[str, str] = {}
    for step in share:
        if isinstance(step, list):
            yield "begin"
            for call in step:
                yield from _said(call, known)
            yield "commit"
        else:
            yield from _said(step, known)


def _said(call: Call, known: dict[str, str]) -> Iterator[str]:
    """A call as an EXECUTE, after its PREPARE where it is the first."""
    text, values = _insert(call) if call.method == "copy_records_to_table" else (call.arguments[0], call.arguments[1:])
    if text not in known:
        known[text] = f"{_NAMES.get(text, 'insert')}_{len(known)}"
        yield f"prepare {known[text]} as {_without_comments(text)}"
    told = ", ".join(_literal(value) for value in values)
    yield f"execute {known[text]} ({told})" if values else f"execute {known[text]}"


def _insert(call: Call) -> tuple[str, list[Any]]:
    [table], rows, names = call.arguments, call.named["records"], call.named["columns"]
    numbers = iter(range(1, len(rows) * len(names) + 1))
    values = ", ".join("(" + ", ".join(f"${next(numbers)}" for _ in names) + ")" for _ in rows)
    columns = ", ".join(f'"{name}"' for name in names)
    return f"insert into {SCHEMA}.{table} ({columns}) values {values}", [value for row in rows for value in row]


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | int):
        return str(value).lower()
    return "E'" + _text(value).replace("\\", "\\\\").replace("'", "''") + "'"


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "{" + ",".join(_element(one) for one in value) + "}"
    if isinstance(value, str | UUID) or hasattr(value, "hex"):
        return str(value)
    raise TypeError(f"{value!r} has no literal here")


def _element(value: Any) -> str:
    if value is None:
        return "null"
    return (
        '"' + _text(value if not isinstance(value, int) else str(value)).replace("\\", "\\\\").replace('"', '\\"') + '"'
    )
