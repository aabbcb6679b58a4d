"""A merchant's own log: one line a redemption, as it stood for the merchant when the file was cut."""

import csv
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, get_args

State = Literal["captured", "reversed"]
COLUMNS: Final = ("merchant_ref", "state", "units", "points", "amount_minor")
REFERENCE_CHARS_MAX: Final = 128
DIGITS_MAX: Final = 18
TOLD_MAX: Final = 20


class LogRefused(Exception):
    """The log cannot be compared; the text names each line and what was expected."""


class Entry(NamedTuple):
    """A line of the log. What is None was not told and is not compared."""

    line: int
    merchant_ref: str
    state: State
    units: int | None
    points: int | None
    amount_minor: int | None


def read(text: str) -> list[Entry]:
    """The lines of a CSV of `COLUMNS`. Raises LogRefused where one cannot be read; an empty line is none."""
    rows = csv.reader(text.removeprefix("\ufeff").splitlines(), strict=True)
    found: list[Entry] = []
    mistakes: list[str] = []
    try:
        if tuple(cell.strip() for cell in next(rows, [])) != COLUMNS:
            raise LogRefused(f"line 1: expected the columns {','.join(COLUMNS)}")
        for row in rows:
            try:
                found += [_entry(row, rows.line_num)] if row else []
            except ValueError as error:
                mistakes.append(f"line {rows.line_num}: {error}")
    except csv.Error as error:
        mistakes.append(f"line {rows.line_num}: not CSV: {error}")
    if mistakes:
        more = [f"and {len(mistakes) - TOLD_MAX} more"] if len(mistakes) > TOLD_MAX else []
        raise LogRefused("\n".join([*mistakes[:TOLD_MAX], *more]))
    return found


def _entry(row: Sequence[str], line: int) -> Entry:
    if len(row) != len(COLUMNS):
        raise ValueError(f"expected {len(COLUMNS)} fields, found {len(row)}")
    ref, state, *numbers = (cell.strip() for cell in row)
    if not 0 < len(ref) <= REFERENCE_CHARS_MAX:
        raise ValueError(f"merchant_ref: expected 1 to {REFERENCE_CHARS_MAX} characters")
    known = next((one for one in get_args(State) if one == state), None)
    if known is None:
        raise ValueError(f"state: expected {' or '.join(get_args(State))}, not {state!r}")
    units, points, amount = (_number(*pair) for pair in zip(COLUMNS[2:], numbers, strict=True))
    return Entry(line, ref, known, units, points, amount)


def _number(column: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
        raise ValueError(f"{column}: expected a whole number or nothing, not {text!r}")
    return int(text)
