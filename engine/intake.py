"""A slice is opened: each record becomes an event with its place, or unusable with its reason. No I/O."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, get_args

from engine.batch import Lane, Record, Slice
from engine.registry import Registry
from engine.stream.topics import partition_of
from rules.decision import ToMember
from rules.identity import event_key
from rules.program import Program
from schemas.decode import UnusableEvent, decode
from schemas.events import AnyEvent, BusinessDayClosed, DayMarker, RedemptionUploaded
from schemas.events.uploads import COMMANDS
from schemas.message import SOURCE
from schemas.reasons import Reason
from schemas.topics import CALENDAR, EVENTS, REDEMPTIONS, Topic

KEYS_REMEMBERED: Final = 200_000
HOLIDAYS: Final = timedelta(days=14)
"""A business day closes through the last of the holidays behind it, which its sources may announce before they come."""
OWN: Final = BusinessDayClosed, DayMarker, *get_args(ToMember), *(command for command, _ in COMMANDS.values())
"""What the engine itself sends to the input topics."""
_INPUTS: Final = {topic.name.rpartition(".")[2]: topic for topic in (CALENDAR, REDEMPTIONS)}


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
    remembered: bool = False
    """Whether it was found so only after its key was taken, so that its id is used up."""


Opened = list[Intake | Unusable]


class _Place(NamedTuple):
    """What the records of a lane have in common, found once for all of them."""

    lane: Lane
    topic: Topic
    is_calendar: bool
    is_api: bool
    is_keyed: bool
    """Whether a record's key says in which partition it belongs."""

    @classmethod
    def of(cls, lane: Lane) -> "_Place":
        topic = _INPUTS.get(lane.topic.rpartition(".")[2], EVENTS)
        return cls(lane, topic, lane.is_calendar, lane.is_api, not (lane.is_calendar or lane.is_api))


def opened(one: Slice, registry: Registry, partitions: int) -> Opened:
    """Every record of a slice, in order, as an event or as unusable."""
    here = _Place.of(one.lane)
    return [_opened(record, here, registry, partitions) for record in one.records]


def accepted(records: Iterable[Record], lane: Lane, registry: Registry) -> list[Intake]:
    """Records that were usable when they came, in order, whatever their sources may send by now.

    Raises UnusableEvent for one that never was.
    """
    here = _Place.of(lane)
    return [_accepted(record, here, registry) for record in records]


def in_time(records: Opened, lane: Lane, latest: datetime) -> Opened:
    """What is said of a time after `latest` is unusable; its id is not used up, so that it may be sent in its time."""
    why = _closes_early if lane.is_calendar else _happens_early
    return [
        Unusable(one.record, "from-the-future", early)
        if isinstance(one, Intake) and (early := why(one, latest))
        else one
        for one in records
    ]


def _happens_early(intake: Intake, latest: datetime) -> str | None:
    """A marker's time is the morning after the last day that it closes; an announcement was asked about that day."""
    event = intake.event
    if event.occurred_at <= latest or type(event) is DayMarker:
        return None
    return f"{event.occurred_at} is after {latest:%Y-%m-%d %H:%M}, the latest that may have happened by now"


def _closes_early(intake: Intake, latest: datetime) -> str | None:
    event, newest = intake.event, latest.astimezone(intake.program.zone).date() + HOLIDAYS
    if not isinstance(event, BusinessDayClosed) or event.data.through <= newest:
        return None
    return f"{event.data.through} is after {newest}, the last day that may be named by now"


def _opened(record: Record, here: _Place, registry: Registry, partitions: int) -> Intake | Unusable:
    try:
        event, fingerprint = decode(record.value, record.headers)
        bank = _bank_of_key(record) if here.is_api else _bank(record, event, registry)
        _in_its_place(record, event, bank, here)
        if isinstance(event, RedemptionUploaded):
            _of_its_merchant(event, registry)
        if here.is_keyed and type(event) is not DayMarker:
            _in_its_partition(record.key or b"", here.lane, partitions)
        return _intake(record, bank, event, fingerprint, registry)
    except UnusableEvent as error:
        return Unusable(record, error.reason, error.detail)


def _accepted(record: Record, here: _Place, registry: Registry) -> Intake:
    (event, fingerprint), bank = decode(record.value, record.headers), _bank_of_key(record)
    _in_its_place(record, event, bank, here)
    return _intake(record, bank, event, fingerprint, registry)


def _intake(record: Record, bank: str, event: AnyEvent, fingerprint: bytes, registry: Registry) -> Intake:
    programs = registry.programs.get(bank)
    program = programs.at(event.occurred_at) if programs else None
    if program is None:
        raise UnusableEvent("no-program", f"{bank} has no program in force at {event.occurred_at}")
    return Intake(record, bank, event_key(bank, event.source, event.id), fingerprint, event, program)


def _bank(record: Record, event: AnyEvent, registry: Registry) -> str:
    """For which bank the source speaks; what the engine itself says is for the bank of the key."""
    source = registry.sources.get(event.source)
    if source is not None and event.type in source.types:
        return source.bank
    if event.source == SOURCE and isinstance(event, OWN):
        return _bank_of_key(record)
    what = f"for {event.type}" if source else "at all"
    raise UnusableEvent("unauthorised-source", f"source {event.source} is not registered {what}")


def _bank_of_key(record: Record) -> str:
    return (record.key or b"").partition(b"/")[0].decode(errors="replace")


def _in_its_place(record: Record, event: AnyEvent, bank: str, here: _Place) -> None:
    if event.topic is not here.topic:
        raise UnusableEvent("wrong-topic", f"{event.type} belongs on {event.topic.name}, not on {here.topic.name}")
    expected = f"{bank}/{event.source if here.is_calendar else event.subject}"
    if record.key != expected.encode():
        raise UnusableEvent("wrong-key", f"the key must be {expected}")
    if type(event) is DayMarker:
        _marks_its_partition(event, bank, here.lane)


def _of_its_merchant(event: RedemptionUploaded, registry: Registry) -> None:
    """A merchant's own source speaks for that merchant, and of no member, whom no merchant knows."""
    merchant = registry.sources[event.source].merchant
    if merchant is not None and event.data.member is not None:
        detail = f"{event.source} is a merchant's own and names who redeems by the grant, not by the member"
        raise UnusableEvent("unauthorised-source", detail)
    if merchant not in (None, event.subject):
        raise UnusableEvent("unauthorised-source", f"{event.source} is not registered for the merchant {event.subject}")


def _in_its_partition(key: bytes, lane: Lane, partitions: int) -> None:
    if place(key, partitions) != lane.partition:
        raise UnusableEvent("wrong-partition", f"{key.decode()} belongs in partition {place(key, partitions)}")


def _marks_its_partition(marker: DayMarker, bank: str, lane: Lane) -> None:
    if marker.source != SOURCE:
        raise UnusableEvent("unauthorised-source", f"only {SOURCE} sends {marker.type}")
    if marker.id != marker_id(bank, marker.data.business_date, lane.partition):
        raise UnusableEvent("wrong-partition", f"{marker.id} is not the marker of partition {lane.partition}")


def marker_id(bank: str, business_date: date, partition: int) -> str:
    """What names the marker of a bank's business day in one partition, however often it is sent."""
    return f"close-{bank}-{business_date}-{partition}"


@lru_cache(maxsize=KEYS_REMEMBERED)
def place(key: bytes, partitions: int) -> int:
    """The partition of a member's key."""
    return partition_of(key, partitions)
