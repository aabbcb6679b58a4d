"""Settlement files as the ledger keeps them: found, and written out again to the same bytes."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from engine.settlement.layout import Header, Totals, Writing, detail
from engine.settlement.lines import Line, terms_of, terms_text
from engine.store.sql import statement

LINES_AT_ONCE: Final = 2_000
COLUMNS: Final = (
    "bank", "merchant", "number", "line", "step", "redemption_id", "member_version", "merchant_ref", "benefit_id",
    "units", "point_type", "points", "price_minor", "value_minor", "amount_minor", "terms", "funded",
    "corrects_number", "corrects_line", "used_on", "occurred_at", "journal_seq",
)  # fmt: skip
_SAME: Final = tuple(name for name in Line._fields if name not in ("terms", "funded", "corrects"))


class FileChanged(Exception):
    """The rows of a settlement file no longer come to its digest: somebody changed them past the ledger's guards."""


class File(NamedTuple):
    """A file that is closed. `digest` is the SHA-256 that its trailer tells."""

    header: Header
    totals: Totals
    digest: bytes
    recorded_at: datetime

    @property
    def name(self) -> str:
        """What the file is called on a disk."""
        return f"{self.header.bank}-{self.header.merchant}-{self.header.number:06}"


def row(line: Line, header: Header) -> tuple[Any, ...]:
    """A line in the order of `COLUMNS`."""
    start, rest = line[: Line._fields.index("terms")], line[Line._fields.index("used_on") :]
    told = terms_text(line.terms), orjson.dumps(line.funded).decode()
    return (header.bank, header.merchant, *start, *told, *(line.corrects or (None, None)), *rest)


def line_of(row: Mapping[str, Any]) -> Line:
    """A line from its row."""
    corrects = None if row["corrects_line"] is None else (row["corrects_number"], row["corrects_line"])
    return Line(
        **{name: row[name] for name in _SAME},
        terms=terms_of(row["terms"]),
        funded=orjson.loads(row["funded"]),
        corrects=corrects,
    )


def file_of(row: Mapping[str, Any]) -> File:
    """A file from its row."""
    header = Header(*(row[name] for name in Header._fields))
    totals = Totals(*(row[name] for name in Totals._fields))
    return File(header, totals, row["digest"], row["recorded_at"])


async def found(session: Any, bank: str, merchant: str, number: int) -> File | None:
    """One file by its number."""
    row = await session.fetchrow(statement("settlement_file"), bank, merchant, number)
    return None if row is None else file_of(row)


async def written(session: Any, file: File) -> AsyncIterator[bytes]:
    """The file's text, part by part. Raises FileChanged at its end where it is not what was settled."""
    writing = Writing(file.header)
    yield writing.head
    async for lines in pages(session, file):
        yield writing.lines(lines)
    _compared(writing, file)
    yield writing.trailer()


async def told(session: Any, file: File) -> dict[str, Any]:
    """The file as one JSON object. Raises FileChanged where it is not what was settled."""
    writing = Writing(file.header)
    lines: list[dict[str, Any]] = []
    async for page in pages(session, file):
        writing.lines(page)
        lines += [_json(line) for line in page]
    _compared(writing, file)
    return {"header": file.header._asdict(), "lines": lines, "trailer": trailer(file)}


def trailer(file: File) -> dict[str, Any]:
    """What a file comes to."""
    count = file.totals.captures + file.totals.returns
    return {"lines": count, **file.totals._asdict(), "sha256": file.digest.hex()}


def _json(line: Line) -> dict[str, Any]:
    terms = [{"item": t.item, "from": t.from_day, "text": t.text} for t in line.terms]
    corrects = line.corrects and dict(zip(("number", "line"), line.corrects, strict=True))
    return detail(line) | {"funded": dict(line.funded), "terms": terms, "corrects": corrects}


def _compared(writing: Writing, file: File) -> None:
    if (writing.digest, writing.totals) != (file.digest, file.totals):
        h = file.header
        raise FileChanged(f"file {h.number} of {h.merchant} is not what was settled: its lines do not give its digest")


async def pages(session: Any, file: File) -> AsyncIterator[list[Line]]:
    """The file's lines in their order, some thousands at a time."""
    after = 0
    while True:
        rows = await session.fetch(statement("settlement_lines"), *file.header[:3], after, LINES_AT_ONCE)
        if not rows:
            return
        yield [line_of(row) for row in rows]
        after = rows[-1]["line"]
