"""Opening balances from the system before: a file is taken whole or not at all, and twice is once."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from hashlib import sha256
from typing import Final, NamedTuple

from pydantic import ValidationError

from schemas.events import PointsImported

COLUMNS: Final = ("member_id", "point_type", "points", "earned_on", "expires_on")
TOLD_MAX: Final = 20
"""How many mistakes are told at once."""


class ImportRefused(Exception):
    """Nothing of the file was taken; the text names each line and what was expected."""


class Totals(NamedTuple):
    """What the system before says it handed over."""

    rows: int
    points: int


class Batch(NamedTuple):
    """Who hands over, and the instant at which the balances open."""

    source: str
    opened_at: datetime


def events(text: str, batch: Batch, expected: Totals) -> list[PointsImported]:
    """The events that a CSV file of `COLUMNS` comes to. Raises ImportRefused unless every line and both totals hold.

    An event's id is made of the file's content and its line: the same file again is the same events.
    """
    name = f"b{sha256(text.encode()).hexdigest()[:16]}"
    found, mistakes = _read(csv.reader(text.splitlines()), name, batch)
    if not mistakes:
        mistakes = list(_differences(found, expected))
    if mistakes:
        more = len(mistakes) - TOLD_MAX
        told = mistakes[:TOLD_MAX] + ([f"and {more} more"] if more > 0 else [])
        raise ImportRefused("nothing was imported:\n" + "\n".join(told))
    return found


def _read(rows: Iterator[list[str]], name: str, batch: Batch) -> tuple[list[PointsImported], list[str]]:
    found: list[PointsImported] = []
    mistakes: list[str] = []
    if tuple(next(rows, [])) != COLUMNS:
        return [], [f"line 1: expected the columns {','.join(COLUMNS)}"]
    for line, row in enumerate(rows, 2):
        try:
            found.append(_event(row, f"{name}-{line}", name, batch))
        except ValidationError as error:
            mistakes += [f"line {line}: {_place(e['loc'])}: {e['msg']}" for e in error.errors()]
        except ValueError as error:
            mistakes.append(f"line {line}: {error}")
    return found, mistakes


def _event(row: list[str], id_: str, name: str, batch: Batch) -> PointsImported:
    if len(row) != len(COLUMNS):
        raise ValueError(f"expected {len(COLUMNS)} fields, found {len(row)}")
    member_id, point_type, points, earned_on, expires_on = (field.strip() for field in row)
    if not points.isdigit():
        raise ValueError(f"points: expected a whole number above zero, not {points!r}")
    told = {
        "point_type": point_type,
        "points": int(points),
        "earned_on": _day("earned_on", earned_on),
        "expires_on": _day("expires_on", expires_on) if expires_on else None,
        "batch": name,
    }
    whole = {"id": id_, "source": batch.source, "subject": member_id, "occurred_at": batch.opened_at, "data": told}
    return PointsImported.model_validate(whole)


def _day(column: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{column}: expected a day such as 2026-10-01, not {text!r}") from None


def _place(steps: Iterable[int | str]) -> str:
    names = [str(step) for step in steps if step != "data"]
    return {"subject": "member_id", "source": "--source"}.get(names[0], names[0]) if names else "row"


def _differences(found: list[PointsImported], expected: Totals) -> Iterator[str]:
    actual = Totals(len(found), sum(event.data.points for event in found))
    for what, told, counted in zip(Totals._fields, expected, actual, strict=True):
        if told != counted:
            yield f"control total of {what}: {told:,} were told, the file has {counted:,}"
