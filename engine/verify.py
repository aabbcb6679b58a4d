"""The journal is decided again from empty, and what comes of it compared with what was recorded. Pure but for reading.

Each slice must give the digest of what it decided then; at the end every row of every table must be the same in every
decided column. Members' pasts are read anew for each event here, so that it also shows that batches do not matter.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

import orjson

from engine import journal
from engine.batch import Lane, Slice
from engine.deciding import BudgetKey, Claimed, Decided, DecidedSlice, MemberKey
from engine.intake import Intake, opened, place
from engine.registry import Registry
from engine.store import rows
from engine.store.digests import added, changed_digest, decided_digest
from engine.store.record import said
from engine.store.sql import statement
from rules.close import takeover
from rules.context import Context
from rules.decide import decide
from rules.decision import Decision
from rules.member import Member
from rules.memory import Rows
from rules.needs import NOTHING, needs
from schemas.events import DayMarker


class Divergence(NamedTuple):
    """The first thing that is not as recorded: a journal number, or a table with a row that only one side has."""

    where: str
    what: str


async def verified(session: Any, registry: Registry, partitions: int) -> Divergence | None:
    """Decides the whole journal again; None when the ledger comes out. `session` reads one snapshot of the ledger."""
    again = Replay(registry, partitions)
    async for row in session.cursor(statement("journal_in_order")):
        lane = Lane(row["topic"], row["partition"], row["generation"])
        if lane.is_calendar or lane.is_uploads:
            continue
        digest = again.slice(row)
        if digest != (row["decided"], row["changed"]):
            where = f"{row['topic']}/{row['partition']} from {row['asked']}"
            return Divergence(f"journal {row['seq']}, {where}", "decided again it comes to something else")
    return await _compared(session, again)


class Replay:
    """Members and their rows as of the slice decided last."""

    def __init__(self, registry: Registry, partitions: int) -> None:
        self.registry = registry
        self.partitions = partitions
        self.members: dict[MemberKey, Member] = {}
        self.decided: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self._pasts: dict[MemberKey, Rows] = defaultdict(Rows)
        self._known: set[bytes] = set()
        self._closed: dict[tuple[Lane, str], date] = {}

    def slice(self, row: Any) -> tuple[bytes, bytes]:
        """Decides a slice again; the digests of what it decided and of what it changed."""
        lane = Lane(row["topic"], row["partition"], row["generation"])
        records = journal.unpacked(journal.decompressed(row["records"]))
        one = Slice(lane, row["asked"], row["next"], records)
        context: dict[str, Any] = orjson.loads(row["context"])
        result = self._result(self._claimed(one, context), context)
        found = added(result.decisions, row["seq"])
        for table, rows_added in found.items():
            self.decided[table] += rows_added
        touched = sorted({(i.bank, i.event.subject) for i, _ in result.decisions})
        _, told = rows.members([self.members[key] for key in touched])
        heard = said(result, self.partitions)
        return decided_digest(found), changed_digest(result, heard, dict(zip(touched, told, strict=True)))

    def _claimed(self, one: Slice, context: Mapping[str, Any]) -> Claimed:
        filed = {offset for offset, _ in context.get("unusable", ())}
        read = [o for o in opened(one, self.registry, self.partitions) if o.record.offset not in filed]
        intakes = [o for o in read if isinstance(o, Intake)]
        closed = {bank: date.fromisoformat(day) for bank, day in context.get("closed", {}).items()}
        marker = intakes[0] if intakes and isinstance(intakes[0].event, DayMarker) else None
        if marker is not None:
            intakes = self._due(one.lane, marker, context.get("members", ()))
        return Claimed(one, b"", 0, closed, intakes, [], marker)

    def _due(self, lane: Lane, marker: Intake, ids: list[str]) -> list[Intake]:
        """The members of a chunk. Where a version takes over, its eve falls due to all members of the partition."""
        event, bank = marker.event, marker.bank
        if not isinstance(event, DayMarker):
            raise TypeError(f"{event.type} marks no day")
        programs = self.registry.programs[bank]
        eve = takeover(programs, self._closed.get((lane, bank)), event.data)
        if eve is not None:
            for member in self._of_lane(lane, bank):
                if member.closed_through is None or member.closed_through < eve:
                    member.falls_due(eve)
        self._closed[lane, bank] = max(event.data.through, self._closed.get((lane, bank), event.data.through))
        found = []
        for id_ in ids:
            due_on = self.members[bank, id_].due_on or event.data.through
            record = marker.record._replace(key=f"{bank}/{id_}".encode())
            about = event.model_copy(update={"subject": id_})
            found.append(marker._replace(record=record, event=about, program=programs.on(due_on)))
        return found

    def _of_lane(self, lane: Lane, bank: str) -> Iterator[Member]:
        for member in self.members.values():
            if member.bank == bank and place(f"{bank}/{member.member_id}".encode(), self.partitions) == lane.partition:
                yield member

    def _result(self, claimed: Claimed, context: Mapping[str, Any]) -> DecidedSlice:
        room: dict[BudgetKey, int] = {(bank, budget): left for bank, budget, left in context.get("budgets", ())}
        result = DecidedSlice(claimed, [], dict(room), room)
        for intake in claimed.intakes:
            if claimed.marker is None and intake.key in self._known:
                continue
            left = {budget: room.get((intake.bank, budget), 0) for budget in intake.program.budgets}
            was = Context(left, claimed.closed.get(intake.bank))
            decision = decide(intake.event, intake.key, self._member(intake, claimed), intake.program, was)
            for budget, used in decision.budget_used.items():
                room[intake.bank, budget] = left[budget] - used
            self._settle(intake, decision)
            result.decisions.append(Decided(intake, decision))
        return result

    def _member(self, intake: Intake, claimed: Claimed) -> Member:
        """The member with as much of its past as the event asks for."""
        key = intake.bank, intake.event.subject
        member = self.members.get(key) or Member(*key)
        asked = needs(intake.event, intake.bank, intake.program, claimed.closed.get(intake.bank))
        if asked is NOTHING:
            return member
        past, read, origin = self._pasts[key].read(), member.draft(), asked.origin
        read.lots = past.lots.copy()
        read.redeemed = {} if asked.redemption is None else past.redeemed(asked.redemption)
        read.origins = {origin: tuple(past.origins.get(origin, ()))} if origin in self._known and origin else {}
        if asked.thing is not None:
            read.origins = past.given_for(asked.thing)
        return read

    def _settle(self, intake: Intake, decision: Decision) -> None:
        key, member = (intake.bank, intake.event.subject), decision.member
        self._known.add(intake.key)
        self._pasts[key].add(decision)
        if member.lots is not None or member.origins is not None:
            member = member.draft()
            member.lots = member.origins = member.redeemed = None
        self.members[key] = member


async def _compared(session: Any, again: Replay) -> Divergence | None:
    for kind in rows.KINDS:
        stored = await session.fetch(f"select {', '.join(kind.columns)} from {kind.table}")  # noqa: S608  # our own names
        have, right = Counter(map(_plain, stored)), Counter(map(_plain, again.decided[kind.table]))
        if have != right:
            other = next(iter((have - right) or (right - have)))
            return Divergence(kind.table, f"{'not decided' if other in have - right else 'not there'}: {other}")
    return _members_compared([rows.member(row) for row in await session.fetch(statement("all_members"))], again)


def _members_compared(stored: list[Member], again: Replay) -> Divergence | None:
    for member in stored:
        right = again.members.get((member.bank, member.member_id))
        if right is None or rows.members([member])[1] != rows.members([right])[1]:
            return Divergence("member", f"{member.bank}/{member.member_id} stands otherwise")
    if len(stored) != len(again.members):
        return Divergence("member", f"{len(again.members)} were decided, {len(stored)} are there")
    return None


def _plain(row: Any) -> tuple[Any, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)
