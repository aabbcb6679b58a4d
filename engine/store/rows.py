"""Decided rows in the order of their tables' columns, for COPY and unnest, as the driver reads them back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC
from operator import itemgetter
from typing import Any, Final, NamedTuple

import orjson
from asyncpg.pgproto.pgproto import UUID

from rules.decision import (
    Allocation,
    BalanceDay,
    Grant,
    Posting,
    Refusal,
    Release,
    Revocation,
    Signal,
    TierChange,
)
from rules.member import Balance, Member, plain, restore, unknown
from rules.points.lots import Lot
from rules.spending.vouchers import Redemption

POSTING: Final = (*Posting._fields, "journal_seq")
ALLOCATION: Final = (*Allocation._fields, "journal_seq")
RELEASE: Final = (*Release._fields, "journal_seq")
TIER_CHANGE: Final = (*TierChange._fields, "journal_seq")
SIGNAL: Final = (*Signal._fields, "journal_seq")
GRANT: Final = (*Grant._fields, "journal_seq")
REVOCATION: Final = (*Revocation._fields, "journal_seq")
_PARTS: Final = {"lots": ("lots", "lot_points"), "grants": ("grants", "grant_units")}
REDEMPTION: Final = (
    *(column for name in Redemption._fields for column in _PARTS.get(name, (name,))), "journal_seq",
)  # fmt: skip
REFUSAL: Final = (*Refusal._fields, "journal_seq")
JOURNAL: Final = (
    "seq", "topic", "partition", "generation", "asked", "next", "events", "records", "context", "decided",
    "changed", "digest", "chain",
)  # fmt: skip
OUTBOX: Final = ("seq", "messages", "message_count", "for_merchants")
MEMBER: Final = (
    "bank", "member_id", "version", "status", "tier", "score", "due_on", "closed_through", "point_types", "available",
    "pending", "held", "deficit", "state",
)  # fmt: skip
DEAD_LETTER: Final = (
    "topic", "partition", "generation", "offset", "timestamp_ms", "reason", "detail", "key", "value", "headers",
    "digest",
)  # fmt: skip


SEPARATOR: Final = "\x1f"
"""Between the texts of a column that is told as one; the statements name it too."""


def posting(p: Posting, seq: int) -> tuple[Any, ...]:
    if p.reverses is not None:
        p = p._replace(reverses=UUID(p.reverses))
    at = p.occurred_at if p.occurred_at.tzinfo is UTC else p.occurred_at.astimezone(UTC)
    return (UUID(p[0]), p[1], p[2], p[3], UUID(p[4]), *p[5:20], at, *p[21:], seq)


def allocation(a: Allocation, seq: int) -> tuple[Any, ...]:
    return (*a[:3], UUID(a.debit_id), UUID(a.lot_id), a.points, seq)


def release(r: Release, seq: int) -> tuple[Any, ...]:
    return (*r[:3], UUID(r.event_key), UUID(r.lot_id), *r[5:], seq)


def tier_change(c: TierChange, seq: int) -> tuple[Any, ...]:
    return (*c[:3], UUID(c.event_key), *c[4:8], c.occurred_at.astimezone(UTC), *c[9:], seq)


def grant(g: Grant, seq: int) -> tuple[Any, ...]:
    return (UUID(g[0]), *g[1:4], UUID(g.event_key), *g[5:15], g.occurred_at.astimezone(UTC), seq)


def revocation(r: Revocation, seq: int) -> tuple[Any, ...]:
    return (UUID(r[0]), *r[1:4], UUID(r.event_key), *r[5:9], r.occurred_at.astimezone(UTC), seq)


def redemption(r: Redemption, seq: int) -> tuple[Any, ...]:
    parts = [column for pairs in (r.lots, r.grants) for column in ([UUID(i) for i, _ in pairs], [n for _, n in pairs])]
    key, request = UUID(r.event_key), UUID(r.request)
    lapses_at = r.lapses_at.astimezone(UTC) if r.lapses_at else None
    at = lapses_at, r.occurred_at.astimezone(UTC)
    return (UUID(r[0]), *r[1:4], key, *r[5:9], request, *r[10:19], *parts, r.used_on, *at, r.program_hash, seq)


def signal(s: Signal, seq: int) -> tuple[Any, ...]:
    return (UUID(s[0]), *s[1:4], UUID(s.event_key), *s[5:15], s.occurred_at.astimezone(UTC), s.program_hash, seq)


def refusal(r: Refusal, seq: int) -> tuple[Any, ...]:
    return (*r[:3], UUID(r.event_key), *r[4:], seq)


def posting_of(row: Any) -> Posting:
    """A posting from its row."""
    p = Posting(*(row[name] for name in Posting._fields))
    reverses = None if row["reverses"] is None else row["reverses"].bytes
    return p._replace(posting_id=row["posting_id"].bytes, event_key=row["event_key"].bytes, reverses=reverses)


def redemption_of(row: Any) -> Redemption:
    """A redemption from its row."""
    told = {name: row[name] for name in Redemption._fields if name not in ("lots", "grants")}
    told |= {name: row[name].bytes for name in ("redemption_id", "event_key", "request")}
    lots = tuple((id_.bytes, points) for id_, points in zip(row["lots"], row["lot_points"], strict=True))
    grants = tuple((id_.bytes, units) for id_, units in zip(row["grants"], row["grant_units"], strict=True))
    return Redemption(**told, lots=lots, grants=grants)


def lot(row: Any) -> Lot:
    """An open lot from a row of `open_lots`."""
    return Lot(row["lot_id"].bytes, row["event_key"].bytes, *(row[name] for name in Lot._fields[2:]))


class Kind(NamedTuple):
    """A kind of row that is only ever added: its table, its columns, how one is written, where a `Decision` has it.

    `named_by` are the columns that tell a row from all others of its slice.
    """

    table: str
    columns: Sequence[str]
    row: Callable[[Any, int], tuple[Any, ...]]
    decided: str
    named_by: Sequence[str]

    @property
    def name(self) -> Callable[[Any], Any]:
        """What tells a row from the others, in an order that every reader can make again."""
        return itemgetter(*(self.columns.index(column) for column in self.named_by))


_VERSION: Final = ("bank", "member_id", "member_version")
KINDS: Final = (
    Kind("posting", POSTING, posting, "postings", ("posting_id",)),
    Kind("allocation", ALLOCATION, allocation, "allocations", (*_VERSION, "debit_id", "lot_id")),
    Kind("lot_release", RELEASE, release, "releases", ("bank", "member_id", "lot_id")),
    Kind("tier_change", TIER_CHANGE, tier_change, "tier_changes", (*_VERSION, "to_tier", "reason")),
    Kind("benefit_grant", GRANT, grant, "grants", ("grant_id",)),
    Kind("grant_revocation", REVOCATION, revocation, "revocations", (*_VERSION, "grant_id")),
    Kind("signal", SIGNAL, signal, "signals", ("signal_id",)),
    Kind("redemption", REDEMPTION, redemption, "redemptions", (*_VERSION, "redemption_id")),
    Kind("refusal", REFUSAL, refusal, "refusals", ("bank", "event_key")),
)
"""A new kind of row is a line here, beside its list on `Decision` and its table."""


def balance_days(rows: Iterable[tuple[int, BalanceDay]]) -> list[list[Any]]:
    """Columns of one row an account and day: the one with the highest sequence, of equals the last.

    Told with each row is its slice's number of the journal; they ascend.
    """
    last: dict[tuple[str, str, Any], tuple[int, BalanceDay]] = {}
    for seq, row in rows:
        held = last.get(row[:3])
        if held is None or row.sequence >= held[1].sequence:
            last[row[:3]] = seq, row
    in_order = [last[key] for key in sorted(last)]
    return [list(column) for column in zip(*((*b[:8], UUID(b.event_key), seq) for seq, b in in_order), strict=True)]


def member(row: Any) -> Member:
    """A member from its row."""
    m = unknown(row["bank"], row["member_id"])
    m.version, m.status, m.tier, m.score = row["version"], row["status"], row["tier"], row["score"]
    m.due_on, m.closed_through = row["due_on"], row["closed_through"]
    amounts = map(Balance, row["available"], row["pending"], row["held"], row["deficit"])
    m.balances = dict(zip(row["point_types"], amounts, strict=True))
    return restore(m, orjson.loads(row["state"]))


def members(changed: Sequence[Member]) -> tuple[list[str], list[bytes]]:
    """The columns that `add_members` and `change_members` take, and of each member what goes into the digest."""
    columns = [told(m) for m in changed]
    return [joined(column) for column in zip(*columns, strict=True)], [SEPARATOR.join(row).encode() for row in columns]


def joined(column: Iterable[str]) -> str:
    """A column of texts as one: the driver takes as long for an element of an array as the server for a row.

    What is told so has a pattern or is JSON, and neither has a control character.
    """
    return SEPARATOR.join(column)


def uuids(keys: Iterable[bytes]) -> str:
    """Keys of 16 bytes as PostgreSQL writes an array of them."""
    return "{" + b"".join(keys).hex(",", 16) + "}"


def told(m: Member) -> tuple[str, ...]:
    """A member's columns as texts, in the order of MEMBER."""
    return (
        m.bank,
        m.member_id,
        str(m.version),
        m.status,
        m.tier or "",
        str(m.score),
        m.due_on.isoformat() if m.due_on else "",
        m.closed_through.isoformat() if m.closed_through else "",
        *_amounts(m.balances),
        orjson.dumps(plain(m), option=orjson.OPT_SORT_KEYS).decode(),
    )


def _amounts(balances: Mapping[str, Balance]) -> tuple[str, str, str, str, str]:
    """Point types and their amounts, each an array as PostgreSQL writes it; one may be called null, so it is quoted."""
    names = available = pending = held = deficit = ""
    for point_type, b in balances.items():
        between = "," if names else ""
        names += f'{between}"{point_type}"'
        available += f"{between}{b.available}"
        pending += f"{between}{b.pending}"
        held += f"{between}{b.held}"
        deficit += f"{between}{b.deficit}"
    return f"{{{names}}}", f"{{{available}}}", f"{{{pending}}}", f"{{{held}}}", f"{{{deficit}}}"
