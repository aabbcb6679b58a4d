"""What a replay knows: members and their rows, events seen, balances. The newest in memory, the rest in a file.

The file is a temporary one of SQLite's, which is gone when the replay ends.
"""

import pickle
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from asyncpg.pgproto.pgproto import UUID

from engine.deciding import MemberKey
from engine.evidence.divergence import UNKNOWN
from engine.store import rows
from rules.decision import BalanceDay
from rules.member import Member, plain
from rules.memory import Rows

CACHE_KIB: Final = 65_536
"""Pages of the file that SQLite keeps in memory."""
PART_LEAVES: Final = 8
"""When memory is full this part of the members, those untouched for longest, goes to the file."""
TABLES: Final = (
    "create table member (bank text, member_id text, known blob, primary key (bank, member_id)) without rowid",
    "create table seen (key blob primary key, fingerprint blob) without rowid",
    "create table balance_day (bank, account, day, sequence, row blob, primary key (bank, account, day)) without rowid",
)


@dataclass(slots=True)
class Known:
    """A member as it stands, and the rows of its past."""

    member: Member
    past: Rows = field(default_factory=Rows)


class Spill:
    """At most so many members in memory."""

    def __init__(self, members_in_memory: int) -> None:
        self._at_most = members_in_memory
        self._newest: OrderedDict[MemberKey, Known] = OrderedDict()
        self._file = sqlite3.connect("", isolation_level=None)
        # One transaction that never ends: nothing here is to outlive the process, and a commit a row costs the most.
        for text in (f"pragma cache_size = -{CACHE_KIB}", "pragma journal_mode = off", *TABLES, "begin"):
            self._file.execute(text)

    def close(self) -> None:
        self._file.close()

    def member(self, key: MemberKey) -> Known | None:
        """A member that was put, to be put again when it changes."""
        known = self._newest.get(key)
        if known is not None:
            self._newest.move_to_end(key)
            return known
        row = self._file.execute("select known from member where bank = ? and member_id = ?", key).fetchone()
        return None if row is None else _read(row[0])

    def put(self, key: MemberKey, known: Known) -> None:
        """Keeps a member as it stands now."""
        self._newest[key] = known
        self._newest.move_to_end(key)
        if len(self._newest) > self._at_most:
            self._write([self._newest.popitem(last=False) for _ in range(1 + self._at_most // PART_LEAVES)])

    def members(self) -> Iterator[Known]:
        """Every member, by bank and id, in the order of their bytes. None may be put meanwhile."""
        self._write(self._newest.items())
        self._newest.clear()
        for (known,) in self._file.execute("select known from member order by bank, member_id"):
            yield _read(known)

    def _write(self, members: Iterable[tuple[MemberKey, Known]]) -> None:
        told = [(*key, _written(known)) for key, known in members]
        self._file.executemany("insert or replace into member values (?, ?, ?)", told)

    def saw(self, seen: Iterable[tuple[bytes, bytes]]) -> None:
        """Remembers events' keys with their fingerprints; of one that was seen, the first stays."""
        self._file.executemany("insert or ignore into seen values (?, ?)", seen)

    def has_seen(self, key: bytes) -> bool:
        return self._file.execute("select 1 from seen where key = ?", (key,)).fetchone() is not None

    def seen(self) -> Iterator[tuple[Any, ...]]:
        """Every event's key and fingerprint, in the order of the keys; an empty fingerprint is not known."""
        for key, fingerprint in self._file.execute("select key, fingerprint from seen order by key"):
            yield UUID(key), UUID(fingerprint) if fingerprint else UNKNOWN

    def balances(self, told: Iterable[BalanceDay]) -> None:
        """Keeps of each account and day the balance with the highest sequence, of equals the last."""
        self._file.executemany(
            "insert into balance_day values (?, ?, ?, ?, ?) on conflict do update set sequence = excluded.sequence, "
            "row = excluded.row where excluded.sequence >= sequence",
            [(b.bank, b.account, b.business_date.isoformat(), b.sequence, pickle.dumps(tuple(b))) for b in told],
        )

    def balance_days(self) -> Iterator[tuple[Any, ...]]:
        """The balances kept, by bank, account and day, as rows of their table."""
        for (row,) in self._file.execute("select row from balance_day order by bank, account, day"):
            *told, key = pickle.loads(row)  # noqa: S301  # what this process wrote
            yield (*told, UUID(key))


def _written(known: Known) -> bytes:
    """The member as the ledger keeps it: what it says of nothing is an object that is told by its identity."""
    m, balances = known.member, known.member.balances.values()
    row = {name: getattr(m, name) for name in ("bank", "member_id", "version", "status", "tier", "score")}
    row |= {"due_on": m.due_on, "closed_through": m.closed_through, "point_types": list(m.balances)}
    row |= {name: [getattr(b, name) for b in balances] for name in ("available", "pending", "held", "deficit")}
    return pickle.dumps((row | {"state": orjson.dumps(plain(m))}, known.past), pickle.HIGHEST_PROTOCOL)


def _read(blob: bytes) -> Known:
    row, past = pickle.loads(blob)  # noqa: S301  # what this process wrote
    return Known(rows.member(row), past)
