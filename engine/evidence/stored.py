"""The ledger's rows as they are stored, in the order of the journal or of their own names, a few at a time."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final

from engine.evidence.divergence import Divergence, Row, Table
from engine.store.rows import KINDS, Kind

FETCHED: Final = 2_000
"""Rows that are in memory of one table."""


def table_of(kind: Kind) -> Table:
    """A kind of row as rows are compared."""
    return Table(kind.table, kind.columns, kind.name)


class Added:
    """One table's rows by the number of their slice, numbers ascending. Bound: a slice's rows fit in memory."""

    def __init__(self, session: Any, kind: Kind, first: int) -> None:
        """`first` is the first journal number that is asked for; rows before it are not read."""
        self.kind = kind
        self._session = session
        self._first = first
        self._cursor: Any = None
        self._read: list[Row] = []
        self._at = 0

    async def of(self, seq: int) -> list[Row]:
        """The rows of a slice; those of numbers between the last one asked for and this come too."""
        found: list[Row] = []
        while True:
            if self._at == len(self._read):
                await self._more()
                if not self._read:
                    return found
            row = self._read[self._at]
            if row[-1] > seq:
                return found
            found.append(row)
            self._at += 1

    async def _more(self) -> None:
        if self._cursor is None:
            columns = ", ".join(self.kind.columns)
            text = f"select {columns} from {self.kind.table} where journal_seq >= $1 order by journal_seq"  # noqa: S608  # our own names
            self._cursor = await self._session.cursor(text, self._first)
        self._read, self._at = [tuple(row) for row in await self._cursor.fetch(FETCHED)], 0


class Stored:
    """All tables of rows that are only ever added."""

    def __init__(self, session: Any, first: int) -> None:
        self._tables = [Added(session, kind, first) for kind in KINDS]

    async def of(self, seq: int) -> dict[str, list[Row]]:
        """The rows of a slice by their table."""
        return {one.kind.table: await one.of(seq) for one in self._tables}


async def in_step(
    table: Table, stored: AsyncIterator[Row], decided: Iterator[Row], passes: Callable[[Row], bool]
) -> AsyncIterator[Divergence]:
    """Where two streams of rows in the order of their names part, but for rows, on either side, that `passes` lets."""
    have, right = await anext(stored, None), next(decided, None)
    while have is not None or right is not None:
        if right is None or (have is not None and table.named_by(have) < table.named_by(right)):
            left, other = [have], []
        elif have is None or table.named_by(right) < table.named_by(have):
            left, other = [], [right]
        else:
            left, other = [have], [right]
        both = [one for one in (*left, *other) if one]
        found = (
            None
            if any(map(passes, both))
            else table.compared([one for one in left if one], [one for one in other if one])
        )
        if found is not None:
            yield found
        have = await anext(stored, None) if left else have
        right = next(decided, None) if other else right
