"""Members who were erased, as a replay meets them: from the first record that nobody can open they are not decided.

What was decided of them stands in the ledger and is proved by the digests that the journal sealed it with. What it took
of campaigns' budgets is read from there, for what was left to others hangs on it.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from engine.batch import Record
from engine.deciding import BudgetKey, Claimed, MemberKey
from engine.evidence.divergence import Divergence, Row
from engine.intake import Intake
from engine.journal import Sealed
from engine.registry import Registry
from engine.store import rows
from schemas.events import MemberErased

_BOUNDED: Final = frozenset({"base", "bonus", "multiplier", "period", "adjusted"})
"""Kinds of postings that budgets bound."""


class Closed(NamedTuple):
    """A record that cannot be opened: in which place, whose, and what names its event."""

    record: Sealed
    bank: str
    member_id: str
    key: bytes


Turn = Intake | Closed


class Erased:
    """Whose records were met that nobody can open, and whose erasure is still to come."""

    def __init__(self, bank: str | None) -> None:
        """`bank` where nothing of others is looked at."""
        self.members: set[MemberKey] = set()
        self._bank = bank
        self._expected: dict[MemberKey, int] = {}

    def turns(self, claimed: Claimed, seq: int) -> Sequence[Turn]:
        """A slice's events with the records that stay closed, in their order."""
        shut = [one for one in map(closed, claimed.slice.records) if one is not None and self._bank in (None, one.bank)]
        if not shut and not self._expected:
            return claimed.intakes
        turns: list[Turn] = sorted([*claimed.intakes, *shut], key=lambda turn: turn.record.offset)
        for turn in turns:
            if isinstance(turn, Closed):
                self.members.add(whose(turn))
                self._expected.setdefault(whose(turn), seq)
            elif isinstance(turn.event, MemberErased):
                self._expected.pop(whose(turn), None)
        return turns

    def has_row(self, columns: Sequence[str]) -> Callable[[Row], bool]:
        """Of a table with these columns, whether a row is of a member who was erased."""
        if not self.members or "member_id" not in columns:
            return lambda _: False
        bank, member_id = columns.index("bank"), columns.index("member_id")
        return lambda row: (row[bank], row[member_id]) in self.members

    def wrong(self) -> Divergence | None:
        """Whose key is not there though nobody erased them: with the key the proof of their rows was taken away."""
        for (bank, member_id), seq in sorted(self._expected.items()):
            what = "what it told of itself cannot be opened, and it was never erased: its key was taken away"
            return Divergence("member_key", what, member=f"{bank}/{member_id}", journal=seq)
        return None


def whose(turn: Turn) -> MemberKey:
    return (turn.bank, turn.member_id) if isinstance(turn, Closed) else (turn.bank, turn.event.subject)


def closed(record: Record) -> Closed | None:
    """A record that nobody can open; None for others."""
    if not isinstance(record, Sealed):
        return None
    bank, _, member_id = (record.key or b"").decode().partition("/")
    return Closed(record, bank, member_id, record.event_key)


class Spent:
    """What rows of a slice say that members took of budgets, each with its event.

    What has another name, as what a period gave, is taken with the member's first event.
    """

    def __init__(self, postings: Iterable[Row], turns: Sequence[Turn], registry: Registry) -> None:
        self._registry = registry
        self._of: dict[tuple[MemberKey, bytes], list[tuple[BudgetKey, int]]] = {(whose(t), t.key): [] for t in turns}
        first: dict[MemberKey, list[tuple[BudgetKey, int]]] = {}
        nobody: list[tuple[BudgetKey, int]] = []
        for (member, _), taken in self._of.items():
            first.setdefault(member, taken)
        for row in postings:
            one = dict(zip(rows.POSTING, row, strict=True))
            member = one["bank"], one["member_id"]
            if one["kind"] in _BOUNDED and one["points"] > 0:
                taken = self._of.get((member, one["event_key"].bytes), first.get(member, nobody))
                taken.extend(self._taken(one))

    def _taken(self, one: dict[str, Any]) -> Iterable[tuple[BudgetKey, int]]:
        versions = self._registry.programs[one["bank"]].versions
        program = next(p for p in versions if p.mark == one["program_hash"])
        rules = (*program.rules.values(), *(of.rule for of in program.periods.rules))
        budget = next((rule.budget for rule in rules if rule.id == one["rule_id"]), None)
        if budget is not None:
            yield (one["bank"], budget), one["points"] * program.budgets[budget].units_per_point[one["point_type"]]

    def by(self, turn: Turn) -> Iterable[tuple[BudgetKey, int]]:
        """What an event took; asked again, nothing."""
        return self._of.pop((whose(turn), turn.key), ())
