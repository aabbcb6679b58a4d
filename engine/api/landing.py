"""One transaction of the door: claim, stamp, lock, decode, dedupe, load, DECIDE, record, keep the answers, commit.

Whoever has claimed lanes waits for no member, since all who come for the lanes wait for it: commands of members whom
another transaction has locked go back. Where one is waited for, that is before any lane is claimed.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, NamedTuple
from uuid import UUID
from zlib import crc32

import orjson
from asyncpg import LockNotAvailableError

from engine.api.command import Answer, Command, Request
from engine.api.problems import Problem
from engine.batch import Lane, Record, Slice
from engine.deciding import Claimed, MemberKey, under
from engine.handle import decided_within
from engine.intake import Intake, place
from engine.registry import Registry
from engine.store import commands
from engine.store.commands import LANES, ApiLane, Kept, Places, Standing
from engine.store.ledger import Ledger, Transaction
from engine.store.record import record
from rules.member import Member
from schemas.decode import UnusableEvent, decode
from schemas.message import SOURCE

WAIT_S: Final = 1.0
"""For a member's lock, where it is waited for."""


class Unanswered(Enum):
    """Why a command that was taken has no answer.

    Another day is closed for its member than for those before it, or another transaction has locked its member.
    """

    NOT_YET = "not yet"
    BUSY = "busy"


Landed = Answer | Problem | Unanswered


class Turn(NamedTuple):
    """A command with the event that it becomes."""

    command: Command
    intake: Intake


def lane_of(member: bytes) -> int:
    """The API lane of a member's key."""
    return crc32(member) % LANES


async def land(
    ledger: Ledger, places: Places, partitions: int, asked: Sequence[Command], *, waits: bool = False
) -> list[Landed]:
    """Decides commands in one transaction; answers in their order. After RegistryMoved or an outage try again.

    With `waits` they are of one member, for whose lock it waits up to `WAIT_S`.
    """
    registry = await ledger.registries.newest()
    own = [place(one.of_member, partitions) for one in asked]
    lanes = {lane_of(one.of_member) for one in asked}
    try:
        async with ledger.transaction() as transaction:
            if waits:
                await transaction.wait_for(asked[0].member, WAIT_S)
            standing = await commands.claim(transaction.session, places, lanes, set(own), registry.revision)
            flight = Flight(places, standing, registry)
            return await _landed(transaction, flight, list(zip(asked, own, strict=True)), partitions)
    except LockNotAvailableError:
        return [Unanswered.BUSY] * len(asked)


async def _landed(
    transaction: Transaction, flight: "Flight", asked: Sequence[tuple[Command, int]], partitions: int
) -> list[Landed]:
    """What becomes of commands, each with its member's partition, whose lanes are claimed."""
    members, busy = await transaction.free({one.member for one, _ in asked})
    landed = await _put_off(transaction, [one for one, _ in asked if one.member in busy])
    for command, partition in asked:
        if command.key not in landed and (told := flight.take(command, partition)) is not None:
            landed[command.key] = told
    landed |= await _repeats(transaction, flight)
    registry = flight.registry
    claimed = [under(one, registry.programs, registry.stops) for one in flight.claimed()]
    if claimed:
        landed |= await _decided(transaction, flight, claimed, members, partitions)
    return [landed[one.key] for one, _ in asked]


async def _put_off(transaction: Transaction, busy: Sequence[Command]) -> dict[bytes, Landed]:
    """Commands of members whom others have locked; those that came before are answered all the same."""
    if not busy:
        return {}
    kept = await commands.recall(transaction.session, [UUID(bytes=one.key) for one in busy])
    return {one.key: replayed(kept[one.key], one.request) if one.key in kept else Unanswered.BUSY for one in busy}


class Flight:
    """Commands on their claimed lanes, as they become events."""

    def __init__(self, places: Places, standing: Standing, registry: Registry) -> None:
        self.places = places
        self.standing = standing
        self.registry = registry
        self.turns: dict[bytes, Turn] = {}
        self._closed: dict[int, dict[str, date | None]] = {lane: {} for lane in standing.lanes}

    def take(self, command: Command, partition: int) -> Landed | None:
        """Makes a command an event of its lane, or says why that is not possible.

        A slice is decided with one last closed day of each bank. While a day closes, partitions differ in it; a
        command of a member for whom another day is closed waits for the next transaction.
        """
        lane = lane_of(command.of_member)
        closed = self.standing.closed.get(partition, {}).get(command.bank)
        if self._closed[lane].setdefault(command.bank, closed) != closed:
            return Unanswered.NOT_YET
        try:
            intake = _intake(command, self.standing.lanes[lane].stamped_at, self.registry)
        except UnusableEvent as error:
            return Problem("unusable-request", f"{error.reason}: {error.detail}")
        self.turns[command.key] = Turn(command, intake)
        return None

    def claimed(self) -> list[Claimed]:
        """The lanes' slices, of the events that are left."""
        by_lane: dict[int, list[Intake]] = {}
        for command, intake in self.turns.values():
            by_lane.setdefault(lane_of(command.of_member), []).append(intake)
        return [self._slice(lane, self.standing.lanes[lane], intakes) for lane, intakes in sorted(by_lane.items())]

    def _slice(self, number: int, at: ApiLane, intakes: list[Intake]) -> Claimed:
        placed = [i._replace(record=i.record._replace(offset=at.next + n)) for n, i in enumerate(intakes)]
        lane = Lane(self.places.api_topic, number, self.places.generation)
        one = Slice(lane, at.next, at.next + len(placed), [i.record for i in placed])
        closed = {bank: day for bank, day in self._closed[number].items() if day is not None}
        return Claimed(one, at.chain, 0, closed, placed, [])


def envelope(command: Command, stamped_at: datetime) -> bytes:
    """The event that a command becomes, as the journal keeps it."""
    told = {
        "specversion": "1.0", "id": command.id, "source": SOURCE, "type": command.type, "subject": command.member_id,
        "time": stamped_at.isoformat(), "data": command.data,
    }  # fmt: skip
    return orjson.dumps(told)


def refuse_unusable(command: Command, at: datetime) -> None:
    """Problem where a command would be unusable at the door: it is better known before it is approved."""
    try:
        decode(envelope(command, at), ())
    except UnusableEvent as error:
        raise Problem("unusable-request", f"{error.reason}: {error.detail}") from None


def _intake(command: Command, stamped_at: datetime, registry: Registry) -> Intake:
    """The event, read from the very bytes that the journal keeps, so that replay reads the same."""
    value = envelope(command, stamped_at)
    event, _ = decode(value, ())
    programs = registry.programs.get(command.bank)
    program = programs.at(event.occurred_at) if programs else None
    if program is None:
        raise UnusableEvent("no-program", f"{command.bank} has no program in force at {event.occurred_at}")
    record = Record(0, int(stamped_at.timestamp() * 1000), command.of_member, value, ())
    return Intake(record, command.bank, command.key, command.request.fingerprint, event, program)


async def _repeats(transaction: Transaction, flight: Flight) -> dict[bytes, Landed]:
    """Requests that were made before leave the flight with the answers that they had."""
    told = {key: turn.command.request.fingerprint for key, turn in flight.turns.items()}
    kept = await commands.remember(transaction.session, told) if told else {}
    return {key: replayed(was, flight.turns.pop(key).command.request) for key, was in kept.items()}


def replayed(was: Kept, asked: Request) -> Answer | Problem:
    """What a request that was made before is answered: the same bytes, or that its key was another's."""
    if was.fingerprint != asked.fingerprint:
        return Problem("key-reused", "this Idempotency-Key was used before, for another request")
    if was.status is None:
        raise AssertionError(f"{asked.id} was decided and not answered")
    return Answer(was.status, was.body, was.headers)


async def _decided(
    transaction: Transaction, flight: Flight, claimed: list[Claimed], members: dict[MemberKey, Member], partitions: int
) -> dict[bytes, Landed]:
    members = await transaction.prepared(claimed, members)
    loaded = {key for key, member in members.items() if member.version}
    room = await transaction.room(claimed)
    results = [await decided_within(transaction, one, members, room) for one in claimed]
    await record(transaction, results, loaded, members, partitions)
    landed: dict[bytes, Landed] = {}
    kept: list[tuple[Any, ...]] = []
    for one in (decided for result in results for decided in result.decisions):
        command = flight.turns[one.event.key].command
        answer = command.answered(one)
        landed[command.key] = answer
        kept.append(command.request.kept(command.bank, answer))
        if command.recorded is not None:
            await command.recorded(transaction.session, one)
    await commands.keep(transaction.session, kept)
    return landed
