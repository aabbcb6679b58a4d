"""What a rival computes and writes: the same postings, members and dedupe rows, the rule written by hand."""

from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b, sha1
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from rules.periods import months_later
from tests.bench.events import BANK, DOUBLED

POSTING: Final = (
    "posting_id", "bank", "member_id", "member_version", "event_key", "rule_id", "kind", "program_hash", "semantics",
    "point_type", "points", "desired_points", "basis", "rate_numerator", "rate_denominator", "rounding", "event_day",
    "business_date", "occurred_at", "expires_on", "mcc", "balance_after", "journal_seq",
)  # fmt: skip
POSTING_TYPES: Final = (
    "uuid", "text", "text", "int8", "uuid", "text", "text", "bytea", "int2", "text", "int8", "int8", "int8", "int8",
    "int8", "text", "date", "date", "timestamptz", "date", "text", "int8", "int8",
)  # fmt: skip
ZONE: Final = ZoneInfo("Asia/Shanghai")
MARK: Final = b"rival-by-hand..."


class Earned(NamedTuple):
    """What a purchase comes to, before the member's version and balance are known."""

    member_id: str
    key: UUID
    fingerprint: UUID
    occurred_at: datetime
    business_date: date
    mcc: str
    points: int
    doubled: bool


def earned(event: dict[str, Any], raw: bytes) -> Earned:
    """A point a whole yuan, twice as many at some merchants."""
    data = event["data"]
    key = blake2b(f"{event['source']}\0{event['id']}".encode(), digest_size=16).digest()
    return Earned(
        event["subject"],
        UUID(bytes=key),
        UUID(bytes=blake2b(raw, digest_size=16).digest()),
        datetime.fromisoformat(event["time"]),
        date.fromisoformat(event["businessdate"]),
        data["mcc"],
        data["amount_minor"] // 100,
        data["mcc"] in DOUBLED,
    )


def total(e: Earned) -> int:
    """All points of the event."""
    return e.points * 2 if e.doubled else e.points


def postings(e: Earned, version: int, available: int) -> list[tuple[Any, ...]]:
    """The event's rows of `posting`; the member had `available` before."""
    day = e.occurred_at.astimezone(ZONE).date()
    rows = [_posting(e, version, day, ("card-spend", "base"), available + e.points)]
    if e.doubled:
        rows.append(_posting(e, version, day, ("daily-life-double", "multiplier"), available + 2 * e.points))
    return rows


def _posting(e: Earned, version: int, day: date, rule: tuple[str, str], after: int) -> tuple[Any, ...]:
    return (
        UUID(bytes=sha1(e.key.bytes + rule[0].encode(), usedforsecurity=False).digest()[:16]), BANK, e.member_id,
        version, e.key, *rule, MARK, 1, "reward", e.points, e.points, e.points, 1, 1, "down", day, e.business_date,
        e.occurred_at, expires(day), e.mcc, after, 0,
    )  # fmt: skip


@lru_cache(maxsize=1000)
def expires(day: date) -> date:
    """The first day not valid: two years on, to the month's end."""
    return months_later(day.replace(day=1), 25)
