"""What the engine says about what it decided: one CloudEvent a row, in order, with its partition chosen here."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import accumulate
from typing import Any, Final, NamedTuple

import orjson
from asyncpg.pgproto.pgproto import UUID

from engine import merchants
from engine.batch import Lane, Record
from engine.deciding import Decided
from engine.intake import Intake, Unusable
from engine.stream.topics import partition_of
from rules.decision import Decision, Posting, Refusal, Signal, TierChange
from rules.identity import derived
from schemas.decode import SIZE_MAX
from schemas.event import Event
from schemas.events.redemptions import Reference
from schemas.mask import masked
from schemas.message import SOURCE

CONTENT: Final = (("content-type", b"application/cloudevents+json"),)
HEADER_SIZE: Final = 32
"""Bytes that a header takes in a message beside its name and its value."""
YEAR_9999_MS: Final = 253_402_300_799_000
"""The last second of the year 9999, since 1970."""

_OF_A_SIGNAL: Final = (
    "bank", "member_id", "member_version", "signal", "subject", "priority", "manager", "deputy", "due_on",
    "amount_minor", "business_date",
)  # fmt: skip


class Said(NamedTuple):
    """One message: to which topic (its last word), under which key and id, and its bytes.

    `strand` is the member, where the topic's key tells nothing of whose order the message is in.
    """

    topic: str
    partition: int
    key: bytes | None
    id: str
    value: bytes
    strand: str = ""


def said(decided: Decided, lane: Lane, partitions: int) -> list[Said]:
    """The messages of one decision. Member-keyed topics share the input's partitions, so the lane's is theirs."""
    event, decision = decided
    own = _partition(event.record.key or b"", partitions) if lane.is_api else lane.partition
    told = _postings(decision.postings, event, own) if decision.postings else []
    if decision.tier_changes or decision.grants or decision.signals or _rarer(decision):
        told += _others(decided, own, partitions)
    return told


def _rarer(decision: Decision) -> bool:
    return bool(decision.redemptions or decision.revocations or decision.sent or decision.refusal or decision.reviews)


def _others(decided: Decided, own: int, partitions: int) -> Iterator[Said]:
    event, decision = decided
    key = event.record.key
    for change in decision.tier_changes:
        id_ = _uuid(derived(change.event_key, f"tier:{change.to_tier}:{change.reason}"))
        yield Said("tiers", own, key, id_, _tier_change(change, id_, event.event))
    for grant in decision.grants:
        id_ = _uuid(grant.grant_id)
        network = f"{grant.bank}/{grant.network}".encode()
        value = _written(
            "grant.issued.v1", id_, grant.network, grant.occurred_at, merchants.grant(grant, event.program)
        )
        yield Said("grants", _partition(network, partitions), network, id_, value, grant.member_id)
    for revoked in decision.revocations:
        id_ = _uuid(derived(revoked.event_key, f"revoked:{revoked.grant_id.hex()}"))
        network = f"{revoked.bank}/{revoked.network}".encode()
        told = merchants.revocation(revoked)
        value = _written("grant.revoked.v1", id_, revoked.network, revoked.occurred_at, told)
        yield Said("grants", _partition(network, partitions), network, id_, value, revoked.member_id)
    for signal in decision.signals:
        id_ = _uuid(signal.signal_id)
        yield Said("signals", own, key, id_, _signal(signal, id_))
    for redemption in decision.redemptions:
        id_ = _uuid(derived(redemption.event_key, f"redemption:{redemption.redemption_id.hex()}"))
        about = merchants.redemption(redemption, event.program.currency)
        yield to_merchant(about, id_, redemption.occurred_at, partitions)._replace(strand=redemption.member_id)
    if decision.refusal and isinstance(event.event.data, Reference):
        id_ = _uuid(derived(decision.refusal.event_key, "redemption-refused"))
        about = merchants.refused(decision.refusal, event.event.data)
        yield to_merchant(about, id_, event.event.occurred_at, partitions)._replace(strand=event.event.subject)
    for sent in decision.sent:
        yield to_member(event.bank, sent, partitions)
    for refusal in decision.refusals:
        id_ = _uuid(derived(refusal.event_key, "refusal"))
        value = _refusal(refusal, decision.member.version, id_, event)
        yield Said("postings", own, key, id_, value)


def to_member(bank: str, event: Event, partitions: int) -> Said:
    """What the engine says to a member, as an event like any other."""
    to = f"{bank}/{event.subject}".encode()
    return Said("events", _partition(to, partitions), to, event.id, event.model_dump_json(exclude_none=True).encode())


def to_merchant(about: dict[str, Any], id_: str, at: datetime, partitions: int) -> Said:
    """What a merchant is told of a redemption."""
    key = f"{about['bank']}/{about['merchant']}".encode()
    value = _written("redemption.decided.v1", id_, about["merchant"], at, about)
    return Said("redemption-results", _partition(key, partitions), key, id_, value)


def dead_letter(one: Unusable, lane: Lane, digest: bytes) -> Said:
    """The message of an unusable record. What may be a card number is masked; the digest is of the original.

    What is longer than any event's is cut: as text it would be longer than a broker takes. The ledger's row is whole.
    """
    record = shown(one.record)
    kept = _cut(record)
    id_ = _uuid(derived(f"{lane.topic}\0{lane.generation}\0{lane.partition}".encode(), str(record.offset)))
    value = _written(
        "dead-letter.filed.v1",
        id_,
        f"{lane.topic}-{lane.partition}-{record.offset}",
        _instant(record.timestamp_ms),
        {
            "topic": lane.topic,
            "partition": lane.partition,
            "offset": record.offset,
            "timestamp_ms": record.timestamp_ms,
            "key": _base64(kept.key),
            "value": _base64(kept.value),
            "headers": [{"name": n, "value": _base64(v)} for n, v in kept.headers],
            "digest": digest.hex(),
            "reason": one.reason,
            "detail": one.detail,
            "truncated": True if kept != record else None,
        },
    )
    return Said("dead-letters", lane.partition, kept.key, id_, value)


def shown(record: Record) -> Record:
    """A record that could not be used as it may be shown: what may be a card number is masked."""
    key, value = (None if part is None else masked(part) for part in (record.key, record.value))
    headers = tuple((masked(name.encode()).decode(), masked(told or b"")) for name, told in record.headers)
    return record._replace(key=key, value=value, headers=headers)


def _cut(record: Record) -> Record:
    """Its key and its value up to `SIZE_MAX` each, and as many of its headers as come to so much together."""
    key, value = (None if part is None else part[:SIZE_MAX] for part in (record.key, record.value))
    sizes = accumulate(len(name) + len(told) + HEADER_SIZE for name, told in record.headers)
    headers = tuple(header for header, size in zip(record.headers, sizes, strict=True) if size <= SIZE_MAX)
    return record._replace(key=key, value=value, headers=headers)


def _written(type_: str, id_: str, subject: str, time: Any, about: dict[str, Any]) -> bytes:
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": id_,
            "source": SOURCE,
            "type": type_,
            "subject": subject,
            "time": time,
            "datacontenttype": "application/json",
            "data": {k: v for k, v in about.items() if v is not None},
        }
    )


def _postings(postings: Sequence[Posting], intake: Intake, partition: int) -> list[Said]:
    """Nearly all messages are these, so they are written as text: what the postings of one event share, once.

    Only an event's id can hold what JSON escapes; the patterns of all other names leave it out.
    """
    event, key, first = intake.event, intake.record.key, postings[0]
    at = _quoted(first.occurred_at)
    whose = (
        f'","source":"{SOURCE}","type":"posting.recorded.v1","subject":"{first.member_id}","time":{at},'
        f'"datacontenttype":"application/json","data":{{"bank":"{first.bank}","member_id":"{first.member_id}",'
        f'"member_version":{first.member_version},"posting_id":"'
    )
    cause = f'","event_source":"{event.source}","event_id":{_quoted(event.id)},"rule_id":"'
    program = f'","program_hash":"{_hex(first.program_hash)}","semantics":{first.semantics},"point_type":"'
    dates = f'","business_date":{_day(first.business_date)},"event_day":{_day(first.event_day)},"occurred_at":{at},'
    told: list[Said] = []
    for p in postings:
        id_ = _uuid(p.posting_id)
        capped_by = f'"capped_by":"{p.capped_by}",' if p.capped_by else ""
        expires_on = f'"expires_on":{_day(p.expires_on)},' if p.expires_on else ""
        restriction = f'"restriction":{_quoted(p.restriction)},' if p.restriction else ""
        value = (
            f'{{"specversion":"1.0","id":"{id_}{whose}{id_}","kind":"{p.kind}{cause}{p.rule_id}{program}{p.point_type}",'
            f'"points":{p.points},"desired_points":{p.desired_points},{capped_by}"basis":{p.basis},'
            f'"rate_numerator":{p.rate_numerator},"rate_denominator":{p.rate_denominator},"rounding":"{p.rounding}'
            f'{dates}{expires_on}{restriction}"balance_after":{p.balance_after}}}}}'
        )
        told.append(Said("postings", partition, key, id_, value.encode()))
    return told


def _quoted(value: str | datetime | date) -> str:
    return orjson.dumps(value).decode()


_day = lru_cache(maxsize=4096)(_quoted)


def _tier_change(c: TierChange, id_: str, event: Any) -> bytes:
    about = {
        "bank": c.bank,
        "member_id": c.member_id,
        "member_version": c.member_version,
        "from_tier": c.from_tier,
        "to_tier": c.to_tier,
        "reason": c.reason,
        "event_source": event.source,
        "event_id": event.id,
        "program_hash": c.program_hash.hex(),
        "semantics": 1,
        "business_date": event.business_date or c.event_day,
        "event_day": c.event_day,
        "occurred_at": c.occurred_at,
        "valid_until": c.valid_until,
        "note": c.note,
        "requested_by": c.requested_by,
        "approved_by": c.approved_by,
    }
    return _written("tier.changed.v1", id_, c.member_id, c.occurred_at, about)


def _signal(s: Signal, id_: str) -> bytes:
    about = {name: getattr(s, name) for name in _OF_A_SIGNAL}
    about |= {"signal_id": id_, "currency": s.currency if s.amount_minor is not None else None}
    return _written("signal.raised.v1", id_, s.member_id, s.occurred_at, about)


def _refusal(r: Refusal, version: int, id_: str, intake: Any) -> bytes:
    event = intake.event
    about = {
        "bank": r.bank,
        "member_id": r.member_id,
        "member_version": version,
        "event_source": event.source,
        "event_id": event.id,
        "reason": r.reason,
        "detail": r.detail,
        "business_date": event.business_date or intake.program.moment(event.occurred_at).day,
    }
    return _written("event.refused.v1", id_, r.member_id, event.occurred_at, about)


def _uuid(id_: bytes) -> str:
    """As text; the driver's own class writes it in a tenth of the standard library's time."""
    return str(UUID(id_))


@lru_cache(maxsize=256)
def _hex(mark: bytes) -> str:
    return mark.hex()


@lru_cache(maxsize=4096)
def _partition(key: bytes, partitions: int) -> int:
    return partition_of(key, partitions)


def _base64(part: bytes | None) -> str | None:
    return None if part is None else b64encode(part).decode()


def _instant(timestamp_ms: int) -> datetime:
    """The nearest that a date can say: producers write what they like."""
    return datetime.fromtimestamp(min(max(timestamp_ms, 0), YEAR_9999_MS) / 1000, UTC)
