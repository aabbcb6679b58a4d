"""What was decided of a slice, as two digests: of the rows that were added, and of what was changed and said beside."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import orjson

from engine import journal, messages
from engine.deciding import Decided, DecidedSlice, MemberKey
from engine.store import rows

Added = Mapping[str, list[tuple[Any, ...]]]
"""Rows of one slice by their table, as they are written and as they are read."""
_NAMES: Final = [(kind.table, kind.name) for kind in rows.KINDS]
_beside_postings: Final = attrgetter(*(kind.decided for kind in rows.KINDS if kind.table != "posting"))


def added(decisions: Sequence[Decided], seq: int) -> Added:
    """The rows that a slice adds to the ledger, by their table.

    Most decisions are postings and nothing else, so all other kinds of rows are looked for at once.
    """
    decided = [d for _, d in decisions]
    more = [d for d in decided if any(_beside_postings(d))]
    return {
        kind.table: [
            kind.row(one, seq)
            for d in (decided if kind.table == "posting" else more)
            for one in getattr(d, kind.decided)
        ]
        for kind in rows.KINDS
    }


def decided_digest(found: Added) -> bytes:
    """SHA-256 over every column of the rows, of each table in the order of what names them.

    It needs nothing but the rows, so that it can be worked out again from the tables.
    """
    told = [[table, *sorted(found[table], key=name)] for table, name in _NAMES if found[table]]
    return journal.digest([orjson.dumps(told, default=_plain)])


def changed_digest(one: DecidedSlice, told: Sequence[messages.Said], state: Mapping[MemberKey, bytes]) -> bytes:
    """SHA-256 over the events said to members, the balances kept, and the members as they stand after the slice."""
    members = sorted({(i.bank, i.event.subject) for i, _ in one.decisions})
    days = [tuple(b) for _, d in one.decisions if d.balance_days for b in d.balance_days]
    events = [m.value for m in told if m.topic == "events"]
    return journal.digest([*events, orjson.dumps(days, default=_plain), *[state[key] for key in members]])


def _plain(value: Any) -> str:
    return value.hex() if type(value) is bytes else str(value)
