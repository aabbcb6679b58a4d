"""What program.yaml beside this must give, worked out from the events alone: one dictionary, one loop, no engine."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b, sha1, sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.chaos.evidence import Kept

BANK = "corner"
NAMESPACE = bytes.fromhex("8f6b2a4e5d0c5b7e9a1342f0c6d98e17")
PROGRAM_HASH = sha256((Path(__file__).parent / "program.yaml").read_bytes()).digest()
CAP, SILVER_MINOR, DINING, MINOR = 500, 100_000, "5812", 100
EXPECTED_REASON = "x-expected"
"""The header by which who made a record says why it must be refused."""


@dataclass
class Account:
    """A member by this module's own book-keeping."""

    version: int = 0
    known: bool = False
    enrolled: bool = False
    granted: bool = False
    points: int = 0
    spend: int = 0
    months: Counter[str] = field(default_factory=Counter)
    lots: Counter[date] = field(default_factory=Counter)


@dataclass
class Expected:
    """Rows by their keys; `place` tells which record each decided event is, `marker` that of each day that was closed.

    `closes` counts the versions that members took at a marker, `through` is the last day closed in a partition.
    """

    postings: dict[tuple[UUID, str], dict[str, Any]] = field(default_factory=dict)
    tiers: dict[tuple[UUID, str], tuple[str, int, str | None, str]] = field(default_factory=dict)
    grants: dict[UUID, tuple[str, int, int]] = field(default_factory=dict)
    refusals: dict[UUID, tuple[str, int, str]] = field(default_factory=dict)
    dead: dict[tuple[int, int], str] = field(default_factory=dict)
    place: dict[UUID, tuple[int, int]] = field(default_factory=dict)
    fingerprints: dict[UUID, bytes] = field(default_factory=dict)
    members: dict[str, Account] = field(default_factory=dict)
    marker: dict[UUID, tuple[int, int]] = field(default_factory=dict)
    closes: Counter[tuple[int, int]] = field(default_factory=Counter)
    through: dict[int, str] = field(default_factory=dict)
    home: dict[str, int] = field(default_factory=dict)


def event_key(source: str, id_: str) -> UUID:
    """The 16 bytes that name an event for ever."""
    near = blake2b(f"{BANK}\0{source}\0{id_[:-4]}".encode(), digest_size=5)
    whole = blake2b(f"{BANK}\0{source}\0{id_}".encode(), digest_size=11)
    return UUID(bytes=near.digest() + whole.digest())


def derived(cause: UUID, role: str) -> UUID:
    """RFC 9562, version 5, in the engine's namespace."""
    return _uuid5(cause.bytes, role)


def _uuid5(cause: bytes, role: str) -> UUID:
    return UUID(bytes=sha1(NAMESPACE + cause + role.encode(), usedforsecurity=False).digest()[:16], version=5)


def first_day_not_valid(day: date) -> date:
    """A month on, to the month's end: the first day of the month after the next."""
    return date(day.year + (day.month + 1) // 12, (day.month + 1) % 12 + 1, 1)


def worked_out(events: dict[int, list[Kept]]) -> Expected:
    """Goes through each partition in its order."""
    out = Expected()
    for partition in sorted(events):
        for record in events[partition]:
            _record(out, partition, record)
    return out


def _record(out: Expected, partition: int, record: Kept) -> None:
    reason = dict(record.headers).get(EXPECTED_REASON)
    if reason is not None:
        out.dead[partition, record.offset] = reason.decode()
        return
    event = json.loads(record.value or b"")
    if event["type"] == "day.marked.v1":
        _marker(out, (partition, record.offset), event["data"]["through"])
        return
    key = event_key(event["source"], event["id"])
    if key in out.fingerprints:
        if out.fingerprints[key] != record.value:
            out.dead[partition, record.offset] = "conflict"
        return
    out.fingerprints[key] = record.value or b""
    out.place[key] = partition, record.offset
    out.home[event["subject"]] = partition
    _event(out, key, event)


def _marker(out: Expected, place: tuple[int, int], through: str) -> None:
    """Closes days for the members of a partition; a marker that comes again closes nothing."""
    if through <= out.through.get(place[0], ""):
        return
    out.through[place[0]] = through
    out.closes[place] = 0
    for name, member in out.members.items():
        for day in sorted(member.lots) if out.home[name] == place[0] else ():
            if (day - timedelta(days=1)).isoformat() <= through:
                _expire(out, name, day, place)


def _expire(out: Expected, name: str, day: date, place: tuple[int, int]) -> None:
    """All that is left of the lots whose first day not valid this is, in one posting of its first instant."""
    member = out.members[name]
    points = member.lots.pop(day)
    member.version += 1
    member.points -= points
    at = datetime.combine(day, time(), UTC)
    key = _uuid5(f"{BANK}/{name}".encode(), f"close:{at.isoformat()}")
    out.marker[key] = place
    out.closes[place] += 1
    out.postings[key, "expiry"] = {
        "posting_id": derived(key, "expired:expiry:reward:0"), "bank": BANK, "member_id": name,
        "member_version": member.version, "event_key": key, "rule_id": "expiry", "kind": "expired",
        "program_hash": PROGRAM_HASH[:16], "semantics": 1, "point_type": "reward", "points": -points,
        "desired_points": -points, "capped_by": None, "basis": points, "rate_numerator": 1, "rate_denominator": 1,
        "carried": None, "rounding": "down", "event_day": day, "business_date": day, "occurred_at": at,
        "expires_on": None, "restriction": None, "mcc": None, "balance_after": member.points,
    }  # fmt: skip


def _event(out: Expected, key: UUID, event: dict[str, Any]) -> None:
    name = event["subject"]
    member = out.members.setdefault(name, Account())
    member.version += 1
    about = event["data"]
    if about.get("currency", "CNY") != "CNY":
        out.refusals[key] = name, member.version, "currency-without-rate"
        return
    if not member.known:
        member.known = True
        out.tiers[key, "plain"] = name, member.version, None, "first-seen"
    if event["type"] == "member.enrolled.v1":
        member.enrolled = True
        _grant(out, key, name, member)
    else:
        _purchase(out, key, event, member)


def _purchase(out: Expected, key: UUID, event: dict[str, Any], member: Account) -> None:
    at = datetime.fromisoformat(event["time"]).astimezone(UTC)
    whole, month, mcc = event["data"]["amount_minor"] // MINOR, f"{at:%Y-%m}", event["data"]["mcc"]
    if whole:
        base = min(whole, CAP - member.months[month])
        member.months[month] += base
        wanted = [("purchase", "base", base)] + ([("dining", "multiplier", whole)] if mcc == DINING else [])
        for rule, kind, points in wanted:
            member.points += points
            if points:
                member.lots[first_day_not_valid(at.date())] += points
            out.postings[key, rule] = _row(key, event, member, (rule, kind, points, whole), at)
    before, member.spend = member.spend, member.spend + event["data"]["amount_minor"]
    if before < SILVER_MINOR <= member.spend:
        out.tiers[key, "silver"] = event["subject"], member.version, "plain", "earned"
        _grant(out, key, event["subject"], member)


def _grant(out: Expected, key: UUID, name: str, member: Account) -> None:
    """The year's two visits to the lounge, once, for who is enrolled and silver."""
    if member.enrolled and not member.granted and member.spend >= SILVER_MINOR:
        member.granted = True
        out.grants[key] = name, member.version, 2


def _row(
    key: UUID, event: dict[str, Any], member: Account, gave: tuple[str, str, int, int], at: datetime
) -> dict[str, Any]:
    rule, kind, points, whole = gave
    day = at.date()
    return {
        "posting_id": derived(key, f"{rule}:reward"), "bank": BANK, "member_id": event["subject"],
        "member_version": member.version, "event_key": key, "rule_id": rule, "kind": kind,
        "program_hash": PROGRAM_HASH[:16], "semantics": 1, "point_type": "reward", "points": points,
        "desired_points": whole, "capped_by": None if points == whole else "rule:purchase:member-month",
        "basis": whole, "rate_numerator": 1, "rate_denominator": 1, "carried": None, "rounding": "down",
        "event_day": day, "business_date": date.fromisoformat(event.get("businessdate", day.isoformat())),
        "occurred_at": at, "expires_on": first_day_not_valid(day), "restriction": None, "mcc": event["data"]["mcc"],
        "balance_after": member.points, "amount_minor": event["data"]["amount_minor"], "releases_on": None,
        "awaits": None, "reverses": None, "period": None, "exchange_rate": None, "part": 0, "thing": None,
    }  # fmt: skip
