"""How a check says what is not as it was decided: the first row and column where the ledger and its evidence part."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple

Row = tuple[Any, ...]
UNKNOWN: Final = object()
"""In a row that was decided again, what the journal cannot tell; it is equal to whatever is there."""


class Divergence(NamedTuple):
    """Where something is not as it was decided. What does not apply is None; `have` is what the ledger holds."""

    table: str
    what: str
    row: str | None = None
    column: str | None = None
    have: Any = None
    expected: Any = None
    member: str | None = None
    journal: int | None = None
    lane: str | None = None

    def __str__(self) -> str:
        where = [f"journal {self.journal}" if self.journal is not None else None, self.lane, self.table]
        where += [self.member, self.row]
        said = f"{', '.join(one for one in where if one)}: {self.what}"
        if self.column is None:
            return said
        return f"{said}: {self.column} is {shown(self.have)}, expected {shown(self.expected)}"

    def plain(self) -> dict[str, Any]:
        """For JSON; values that JSON has no form for as text."""
        told = self._asdict() | {"have": shown(self.have), "expected": shown(self.expected)}
        return {name: value for name, value in told.items() if value is not None} if self.column else {
            name: value for name, value in self._asdict().items() if value is not None
        }  # fmt: skip


class Table(NamedTuple):
    """What tells one row of a table from the others, and whose it is."""

    name: str
    columns: Sequence[str]
    named_by: Callable[[Row], Any]

    def whose(self, row: Row) -> str | None:
        """BANK/MEMBER of a row that is a member's."""
        if "member_id" not in self.columns:
            return None
        return "/".join(str(row[self.columns.index(name)]) for name in ("bank", "member_id"))

    def compared(self, have: Collection[Row], right: Collection[Row]) -> Divergence | None:
        """The first row, by what names it, that is not on both sides alike."""
        if list(have) == list(right):
            return None
        there, decided = self._by_name(have), self._by_name(right)
        both = [(there[name], decided[name]) for name in there.keys() & decided.keys()]
        differ = [row for row, other in both if not all(map(_same, zip(row, other, strict=True)))]
        if differ:
            row = min(differ, key=self._order)
            return self._differs(row, decided[self.named_by(row)])
        extra = [there[name] for name in there.keys() - decided.keys()]
        missing = [decided[name] for name in decided.keys() - there.keys()]
        if extra and missing:
            row, other = self._alike(extra, missing)
            if 2 * sum(map(_same, zip(row, other, strict=True))) >= len(row):
                return self._differs(row, other)
        if missing:
            return self._about(min(missing, key=self._order), "the row was decided and is not there")
        if extra:
            return self._about(min(extra, key=self._order), "the row is there and was not decided")
        return self._twice(have) or self._twice(right)

    def _twice(self, rows: Collection[Row]) -> Divergence | None:
        names: set[Any] = set()
        for row in rows:
            if self.named_by(row) in names:
                return self._about(row, "the row is there more than once")
            names.add(self.named_by(row))
        return None

    def _by_name(self, rows: Iterable[Row]) -> dict[Any, Row]:
        return {self.named_by(row): row for row in rows}

    def _order(self, row: Row) -> str:
        return repr(self.named_by(row))

    @staticmethod
    def _alike(extra: list[Row], missing: list[Row]) -> tuple[Row, Row]:
        pairs = ((one, other) for one in extra for other in missing[:100])
        return max(pairs, key=lambda pair: sum(map(_same, zip(*pair, strict=True))))

    def _differs(self, have: Row, right: Row) -> Divergence:
        at = next(n for n, pair in enumerate(zip(have, right, strict=True)) if not _same(pair))
        return self._about(right, "not as decided")._replace(column=self.columns[at], have=have[at], expected=right[at])

    def _about(self, row: Row, what: str) -> Divergence:
        name = self.named_by(row)
        said = " ".join(map(shown, name)) if isinstance(name, tuple) else shown(name)
        return Divergence(self.name, what, said, member=self.whose(row))


def shown(value: Any) -> str:
    """A value as people read it."""
    return value.hex() if isinstance(value, bytes) else str(value)


def _same(pair: tuple[Any, Any]) -> bool:
    return pair[1] is UNKNOWN or bool(pair[0] == pair[1])
