"""The judge: reads PostgreSQL and the topics by code of its own and says what is wrong. Imports nothing of the engine.

A finding is a sentence. No finding means: every event that could be used was decided exactly once, in its member's
order, with the points that `tests.chaos.expected` works out; every other has its reason; nothing was said that was not
decided, and everything decided was said; and the journal is whole and proves itself.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from tests.chaos.evidence import Evidence, Kept, Message, gathered, journalled, said
from tests.chaos.expected import Expected, event_key, worked_out

SHOWN = 5
STORAGE = {"recorded_at", "journal_seq", "published_at"}
"""Columns of storage, which a second run gives otherwise."""
DECIDED_TABLES = ("posting", "tier_change", "benefit_grant", "refusal", "member")


class Verdict(NamedTuple):
    """`ledger_hash` names all that was decided, whatever the batches were; the counts are for people."""

    findings: list[str]
    ledger_hash: str
    counts: dict[str, int]


async def judged(database_url: str, bootstrap: str, prefix: str) -> Verdict:
    """Everything checked, of an engine at rest."""
    found = await gathered(database_url, bootstrap, prefix)
    counts = {name: len(rows) for name, rows in found.rows.items()} | {"records": sum(map(len, found.events.values()))}
    return Verdict(findings(found), ledger_hash(found), counts)


def findings(found: Evidence) -> list[str]:
    """What is wrong, at most a few of each kind."""
    return list(_all(found, worked_out(found.events)))


def ledger_hash(found: Evidence) -> str:
    """Of the decided columns of every table, in the order of their rows' text."""
    whole = sha256()
    for table in DECIDED_TABLES:
        lines = sorted(repr([(k, v) for k, v in row.items() if k not in STORAGE]) for row in found.rows[table])
        whole.update("\n".join([table, *lines]).encode())
    return whole.hexdigest()


def _all(found: Evidence, wanted: Expected) -> Iterator[str]:
    for check in (_postings, _moves, _members, _order, _seen, _dead_letters, _lanes, _said):
        for number, finding in enumerate(check(found, wanted)):
            if number == SHOWN:
                yield f"{check.__name__}: and more"
                break
            yield f"{check.__name__}: {finding}"


def _postings(found: Evidence, wanted: Expected) -> Iterator[str]:
    """Exactly once, each with every column as worked out."""
    rows = found.rows["posting"]
    yield from _twice((row["event_key"], row["rule_id"]) for row in rows)
    have = {(UUID(bytes=row["event_key"].bytes), row["rule_id"]): row for row in rows}
    yield from _differ("posting", have.keys(), wanted.postings.keys())
    seqs = _seqs(found)
    for key in have.keys() & wanted.postings.keys():
        row, right = have[key], wanted.postings[key]
        yield from (f"{key} {c}: {row[c]!r}, expected {v!r}" for c, v in right.items() if row[c] != v)
        if row["journal_seq"] not in seqs[wanted.marker.get(key[0]) or wanted.place[key[0]]]:
            yield f"{key}: journal_seq {row['journal_seq']} is not that of its record's slice"
        if abs(row["desired_points"]) != row["basis"] * row["rate_numerator"] // row["rate_denominator"]:
            yield f"{key}: desired is not basis times rate"


def _moves(found: Evidence, wanted: Expected) -> Iterator[str]:
    """Changes of tier, grants and refusals."""
    seqs = _seqs(found)
    tiers = {
        (_id(r["event_key"]), r["to_tier"]): (r["member_id"], r["member_version"], r["from_tier"], r["reason"])
        for r in found.rows["tier_change"]
    }
    grants = {
        _id(r["event_key"]): (r["member_id"], r["member_version"], r["units"]) for r in found.rows["benefit_grant"]
    }
    refusals = {_id(r["event_key"]): (r["member_id"], r["member_version"], r["reason"]) for r in found.rows["refusal"]}
    for what, have, right in (("tier", tiers, wanted.tiers), ("grant", grants, wanted.grants),
                              ("refusal", refusals, wanted.refusals)):  # fmt: skip
        yield from _differ(what, have.items(), right.items())
    for table in ("tier_change", "benefit_grant", "refusal"):
        for row in found.rows[table]:
            if row["journal_seq"] not in seqs[wanted.place.get(_id(row["event_key"]), (-1, -1))]:
                yield f"{table} of {row['event_key']}: journal_seq is not that of its record's slice"


def _members(found: Evidence, wanted: Expected) -> Iterator[str]:
    """Σ postings = available + pending + held − deficit, and as worked out; version = events decided."""
    sums: Counter[tuple[str, str]] = Counter()
    for row in found.rows["posting"]:
        sums[row["member_id"], row["point_type"]] += row["points"]
    yield from _differ("member", {row["member_id"] for row in found.rows["member"]}, wanted.members.keys())
    for row in found.rows["member"]:
        name, right = row["member_id"], wanted.members.get(row["member_id"])
        balances = zip(row["point_types"], row["available"], row["pending"], row["held"], row["deficit"], strict=True)
        have = {kind: available + pending + held - owed for kind, available, pending, held, owed in balances}
        posted = {kind: points for (who, kind), points in sums.items() if who == name and points}
        if {k: v for k, v in have.items() if v} != posted:
            yield f"{name}: balances {have}, postings {posted}"
        if right and (row["version"], have.get("reward", 0)) != (right.version, right.points):
            yield f"{name}: version {row['version']} and {have}, expected {right}"


def _order(found: Evidence, wanted: Expected) -> Iterator[str]:
    """A member's versions grow with the journal's numbers, which grow with the positions of its lane."""
    last: dict[str, tuple[int, int]] = {}
    for row in sorted(found.rows["posting"], key=lambda r: (r["member_id"], r["member_version"])):
        now = row["member_version"], row["journal_seq"]
        before = last.get(row["member_id"], (0, 0))
        if now[1] < before[1]:
            yield f"{row['member_id']}: version {now[0]} has journal number {now[1]}, after {before}"
        last[row["member_id"]] = now


def _seen(found: Evidence, wanted: Expected) -> Iterator[str]:
    days = [json.loads(record.value or b"") for record in found.announced]
    keys = wanted.place.keys() | {event_key(day["source"], day["id"]) for day in days}
    yield from _differ("seen", {_id(row["key"]) for row in found.rows["seen"]}, keys)


def _dead_letters(found: Evidence, wanted: Expected) -> Iterator[str]:
    """Each unusable record once, with its reason, its bytes and their digest."""
    have = {(r["partition"], r["offset"]): r for r in found.rows["dead_letter"]}
    yield from _differ("dead letter", {k: r["reason"] for k, r in have.items()}.items(), wanted.dead.items())
    records = {(p, r.offset): r for p, rs in found.events.items() for r in rs}
    for place, row in have.items():
        record = records.get(place)
        if record is None:
            yield f"{place}: no such record"
        elif (row["key"], row["value"]) != (record.key, record.value) and b"*" not in (row["value"] or b""):
            yield f"{place}: other bytes than the record's"
        elif row["digest"] != sha256(record.value or b"").digest():
            yield f"{place}: other digest than the record's"
        elif json.loads(row["headers"]) != [[n, (v or b"").hex()] for n, v in record.headers]:
            yield f"{place}: other headers than the record's"


def _lanes(found: Evidence, wanted: Expected) -> Iterator[str]:
    """Slices follow each other without a gap and hold every record; the chain and its digests come out again."""
    slices = defaultdict(list)
    for row in found.rows["journal"]:
        slices[row["topic"], row["partition"], row["generation"]].append(row)
    decided = Counter(wanted.place[key] for key in wanted.place)
    for lane in found.rows["lane"]:
        place = lane["topic"], lane["partition"], lane["generation"]
        position, chain, kept = 0, b"", list[Kept]()
        closed = Counter({at: -versions for at, versions in wanted.closes.items() if at[0] == place[1]})
        for row in sorted(slices.pop(place, []), key=lambda r: (r["asked"], r["seq"])):
            if row["asked"] != position:
                yield f"{place}: a slice begins at {row['asked']}, expected {position}"
            records = yield from _slice(place, row, chain, None if _at(row) in wanted.closes else decided)
            closed[_at(row)] += row["events"] if _at(row) in wanted.closes else 0
            kept += records if row["next"] > row["asked"] else []
            position, chain = row["next"], row["chain"]
        if (position, chain) != (lane["next"], lane["chain"]):
            yield f"{place}: the lane stands at {lane['next']}, its last slice ends at {position}"
        sent = found.events.get(place[1], [])
        if position < found.ends.get(place[1], 0) and [r.offset for r in sent[-1:]] != [r.offset for r in kept[-1:]]:
            yield f"{place}: stands at {position}, the topic ends at {found.ends[place[1]]}"
        yield from (f"{at}: {more:+} versions at a close" for at, more in closed.items() if more)
        yield from _same_records(place, kept, sent, wanted)
    yield from (f"slices of {place}, which is no lane" for place in slices)


def _slice(
    place: tuple[str, int, int], row: Any, before: bytes, decided: Counter[tuple[int, int]] | None
) -> Generator[str, None, list[Kept]]:
    """Checks one slice; its records are what the generator answers. `decided` is None of a marker's chunk."""
    try:
        raw, records = journalled(row["records"])
    except (ValueError, OSError, RuntimeError) as error:
        yield f"{place} {row['asked']}: the block cannot be read: {error!r}"
        return []
    except Exception as error:  # noqa: BLE001  # whatever a tampered block raises, it is a finding
        yield f"{place} {row['asked']}: the block cannot be read: {error!r}"
        return []
    parts = raw, row["context"].encode(), row["decided"], row["changed"]
    lengths = json.dumps([len(part) for part in parts], separators=(",", ":"))
    if sha256(b"".join((lengths.encode(), *parts))).digest() != row["digest"]:
        yield f"{place} {row['asked']}: the digest is not that of its records, context and decided rows"
    where = "".join(f"{part}\0" for part in (*place, row["seq"], row["asked"], row["next"], row["events"]))
    if sha256(before + where.encode() + row["digest"]).digest() != row["chain"]:
        yield f"{place} {row['asked']}: the chain is broken"
    if decided is not None and row["events"] != sum(decided[place[1], r.offset] for r in records):
        yield f"{place} {row['asked']}: says {row['events']} events were decided"
    if any(not row["asked"] <= r.offset < max(row["next"], row["asked"] + 1) for r in records):
        yield f"{place} {row['asked']}: holds records of other positions"
    return records


def _same_records(place: Any, kept: list[Kept], sent: list[Kept], wanted: Expected) -> Iterator[str]:
    """Each record once: as it was sent, a member's profile sealed, what decided nothing and may tell one left out."""
    decided = set(wanted.place.values())
    by_offset = {r.offset: r for r in kept}
    if len(by_offset) != len(kept):
        yield f"{place}: a record stands in two slices"
    yield from _differ(f"record of {place}", by_offset, {r.offset for r in sent})
    for record in sent:
        have, at = by_offset.get(record.offset), (place[1], record.offset)
        if have is None:
            continue
        profile = at not in wanted.dead and b'"type":"member.' in (record.value or b"")
        form = (1 if at in decided else 2) if profile else 2 * (at in wanted.dead)
        right = record._replace(headers=tuple((n, v or b"") for n, v in record.headers))
        if form == 1:
            right = record._replace(value=have.value, headers=(), form=1)
        elif form:
            right = Kept(record.offset, record.timestamp_ms, None, None, (), form)
        if have != right or (form == 1 and b"joined_on" in (have.value or b"")):
            yield f"{place} {record.offset}: the journal keeps other bytes"


def _said(found: Evidence, wanted: Expected) -> Iterator[str]:
    """Published = outbox, at least once, the same bytes under one id; what was decided was said, and nothing else."""
    out: dict[str, Message] = {}
    for row in sorted(found.rows["outbox"], key=lambda r: r["seq"]):
        messages = said(row["messages"])
        if row["published_at"] is None or row["message_count"] != len(messages):
            yield f"outbox {row['seq']}: not published, or not so many messages"
        yield from (f"{m.id} is said twice" for m in messages if m.id in out)
        out |= {m.id: m for m in messages}
    yield from _published(found, out)
    yield from _differ("posting said", {m.id for m in out.values() if m.topic == "postings"},
                       {str(row["posting_id"]) for row in wanted.postings.values()}
                       | {i for m in out.values() if (i := _refused(m))})  # fmt: skip
    for topic, right in (("tiers", wanted.tiers), ("grants", wanted.grants), ("dead-letters", wanted.dead)):
        told = sum(m.topic == topic for m in out.values())
        if told != len(right):
            yield f"{told} messages on {topic}, expected {len(right)}"
    refused = sum(_refused(m) is not None for m in out.values())
    if refused != len(wanted.refusals):
        yield f"{refused} refusals said, expected {len(wanted.refusals)}"


def _refused(m: Message) -> str | None:
    return m.id if m.topic == "postings" and b'"event.refused.v1"' in m.value else None


def _published(found: Evidence, out: dict[str, Message]) -> Iterator[str]:
    for topic, partitions in found.published.items():
        ids: set[str] = set()
        last: dict[bytes | None, int] = {}
        for partition, record in ((p, r) for p, records in partitions.items() for r in records):
            id_ = dict(record.headers)["ce_id"].decode()
            right = out.get(id_)
            if right is None or right[:3] != (topic, partition, record.key) or right.value != record.value:
                yield f"{topic}/{partition} {record.offset}: not what the outbox holds under {id_}"
            version = json.loads(record.value or b"{}").get("data", {}).get("member_version", 0)
            if id_ not in ids and version < last.get(record.key, 0):
                yield f"{topic}/{partition} {record.offset}: version {version} of {record.key!r} after a later one"
            last[record.key] = max(version, last.get(record.key, 0))
            ids.add(id_)
        yield from _differ(f"message on {topic}", ids, {m.id for m in out.values() if m.topic == topic})


def _seqs(found: Evidence) -> dict[tuple[int, int], set[int]]:
    """The journal's numbers by partition and offset: one, or one for each chunk of a marker's close."""
    seqs: dict[tuple[int, int], set[int]] = defaultdict(set)
    for row in found.rows["journal"]:
        for offset in range(row["asked"], max(row["next"], row["asked"] + 1)):
            seqs[row["partition"], offset].add(row["seq"])
    return seqs


def _at(row: Any) -> tuple[int, int]:
    return row["partition"], row["asked"]


def _id(key: Any) -> UUID:
    return UUID(bytes=key.bytes)


def _twice(keys: Iterable[Any]) -> Iterator[str]:
    yield from (f"{key} is there {times} times" for key, times in Counter(keys).items() if times > 1)


def _differ(what: str, have: Iterable[Any], right: Iterable[Any]) -> Iterator[str]:
    there, wanted = set(have), set(right)
    yield from (f"{what} {one} is missing" for one in sorted(wanted - there, key=repr)[:SHOWN])
    yield from (f"{what} {one} should not be" for one in sorted(there - wanted, key=repr)[:SHOWN])
