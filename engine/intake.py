"""A slice is opened: each record becomes an event with its place, or unusable with its reason. No I/O."""

from functools import lru_cache
from typing import Final, NamedTuple

from engine.batch import Record, Slice
from engine.registry import Registry, Source
from engine.stream.topics import partition_of
from rules.identity import event_key
from rules.program import Program
from schemas.decode import UnusableEvent, decode
from schemas.events import AnyEvent, BusinessDayClosed, DayMarker, EventForwarded, MemberAbsorbed
from schemas.message import SOURCE
from schemas.reasons import Reason

KEYS_REMEMBERED: Final = 200_000
KEY_MAX: Final = 100


class Intake(NamedTuple):
    """An event that may be decided: of which bank, by which program, and what names it for ever."""

    record: Record
    bank: str
    key: bytes
    fingerprint: bytes
    event: AnyEvent
    program: Program


class Unusable(NamedTuple):
    """A record for the dead letters."""

    record: Record
    reason: Reason
    detail: str


Opened = list[Intake | Unusable]


def opened(one: Slice, registry: Registry, partitions: int) -> Opened:
    """Every record of a slice, in order, as an event or as unusable."""
    return [_opened(record, one.lane.partition, registry, partitions) for record in one.records]


def _opened(record: Record, partition: int, registry: Registry, partitions: int) -> Intake | Unusable:
    try:
        event, fingerprint = decode(record.value, record.headers)
        source = _authorised(record, event, registry)
        _in_its_place(record, event, source.bank, partition, partitions)
        programs = registry.programs.get(source.bank)
        program = programs.at(event.occurred_at) if programs else None
        if program is None:
            raise UnusableEvent("no-program", f"{source.bank} has no program in force at {event.occurred_at}")
    except UnusableEvent as error:
        return Unusable(record, error.reason, error.detail)
    return Intake(record, source.bank, event_key(source.bank, event.source, event.id), fingerprint, event, program)


def _authorised(record: Record, event: AnyEvent, registry: Registry) -> Source:
    """For which bank the source speaks; the engine's own messages to members speak for the bank of their key."""
    source = registry.sources.get(event.source)
    if event.source == SOURCE and isinstance(event, MemberAbsorbed | EventForwarded):
        return Source((record.key or b"").partition(b"/")[0].decode(errors="replace"), frozenset({event.type}))
    if source is None:
        raise UnusableEvent("unauthorised-source", f"source {event.source} is not registered")
    if event.type not in source.types:
        raise UnusableEvent("unauthorised-source", f"source {event.source} is not registered for {event.type}")
    return source


def _in_its_place(record: Record, event: AnyEvent, bank: str, partition: int, partitions: int) -> None:
    if isinstance(event, BusinessDayClosed | DayMarker):
        raise UnusableEvent("wrong-topic", f"{event.type} is announced on the calendar, not about a member")
    expected = f"{bank}/{event.subject}"
    if record.key != expected.encode():
        raise UnusableEvent("wrong-key", f"the key must be {expected}")
    if _partition(record.key, partitions) != partition:
        raise UnusableEvent("wrong-partition", f"{expected} belongs in partition {_partition(record.key, partitions)}")


@lru_cache(maxsize=KEYS_REMEMBERED)
def _partition(key: bytes, partitions: int) -> int:
    return partition_of(key, partitions)
