"""The journal decided again from empty, slice by slice. Members' pasts are read anew for each event.

So it shows, too, that batches do not matter.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

import orjson
from asyncpg.pgproto.pgproto import UUID

from engine.batch import Lane, Record, Slice
from engine.deciding import BudgetKey, Claimed, Closing, Decided, DecidedSlice
from engine.evidence.chain import lane_of
from engine.evidence.divergence import Row
from engine.evidence.erased import Closed, Erased, Spent, Turn, whose
from engine.evidence.readable import Readable
from engine.evidence.spill import Known, Spill
from engine.intake import Intake, accepted
from engine.journal import Sealed, Withheld
from engine.registry import Registry
from engine.store import rows
from engine.store.digests import Added, added, changed_digest
from engine.store.record import said
from rules.close import takeover
from rules.context import Context
from rules.decide import decide
from rules.decision import Decision
from rules.member import Member
from rules.needs import NOTHING, needs
from rules.program import Programs
from rules.spending.stops import NO_STOPS
from schemas.events import BusinessDayClosed, DayMarker


class Again(NamedTuple):
    """A slice decided again: the rows it adds, the digest of what it changes, the versions its members take.

    What uploads become hangs on whose grants they name, which is looked up in the ledger: `changed` is None of them, as
    where the slice is not decided again as a `whole`, for members who were erased are not.
    """

    added: Added
    changed: bytes | None
    versions: int
    whole: bool


class Replay:
    """Members and their rows as of the slice decided last. Of the banks but `bank`, if given, nothing is decided."""

    def __init__(self, registry: Registry, partitions: int, known: Spill, bank: str | None = None) -> None:
        self.registry = registry
        """As of the slice that is decided."""
        self.partitions = partitions
        self.known = known
        self.business_days: list[tuple[Any, ...]] = []
        self.day_closes: list[tuple[Any, ...]] = []
        self.erased = Erased(bank)
        self._bank = bank
        self._newest = registry
        self._lines: dict[tuple[str, tuple[str, ...]], Programs] = {}
        self._seq = 0
        self._whole = True
        self._fingerprints: Mapping[int, bytes] = {}
        self._postings: Sequence[Row] = ()
        self._seen: dict[bytes, bytes] = {}
        self._closed: dict[tuple[Lane, str], date] = {}

    def slice(self, row: Any, readable: Readable, postings: Sequence[Row]) -> Again:
        """Decides a slice again; `postings` are those that the ledger has of it, for members who were erased.

        Raises whatever a forged slice makes the decoder or the rules raise.
        """
        self._postings = postings
        result = self.decided(row, readable)
        self.known.balances(b for _, d in result.decisions for b in d.balance_days)
        touched = {(d.member.bank, d.member.member_id): d.member for _, d in result.decisions}
        state = dict(zip(touched, rows.members(list(touched.values()))[1], strict=True))
        changed = changed_digest(result, said(result, self.partitions), state)
        told = changed if self._whole and not result.claimed.slice.lane.is_uploads else None
        return Again(added(result.decisions, row["seq"]), told, result.versions, self._whole)

    def decided(self, row: Any, readable: Readable) -> DecidedSlice:
        """What a slice comes to, and its events are seen; raises as `slice` does."""
        self._seq, self._fingerprints = row["seq"], readable.fingerprints
        one = Slice(lane_of(row), row["asked"], row["next"], readable.records)
        context: dict[str, Any] = orjson.loads(row["context"])
        self.registry = self._as_of(context.get("programs", {}))
        claimed = self._claimed(one, context)
        if one.lane.is_calendar:
            claimed = self._announced(claimed, context)
        if one.lane.is_uploads:
            self._see(claimed.intakes)
            claimed = claimed._replace(intakes=[])
        result = self._result(claimed, context)
        self.known.saw(self._seen.items())
        self._seen.clear()
        return result

    def _as_of(self, known: Mapping[str, Sequence[str]]) -> Registry:
        """The registry with the versions alone that were known; of a bank that the slice does not name, with all."""
        lines = {bank: self._line(bank, tuple(marks)) for bank, marks in known.items()}
        return replace(self._newest, programs=self._newest.programs | lines)

    def _line(self, bank: str, marks: tuple[str, ...]) -> Programs:
        if (bank, marks) not in self._lines:
            self._lines[bank, marks] = self._newest.programs[bank].known(marks)
        return self._lines[bank, marks]

    def _claimed(self, one: Slice, context: Mapping[str, Any]) -> Claimed:
        """What was usable then, as the journal says: who may send what now decides nothing that was decided."""
        aside, remembered = {offset for offset, _ in context.get("unusable", ())}, context.get("remembered", ())
        self._see(accepted((r for r in one.records if r.offset in remembered), one.lane, self.registry))
        read = accepted((r for r in one.records if _is_open(r, aside)), one.lane, self.registry)
        intakes = [self._as_seen(i) for i in read if self._bank in (None, i.bank)]
        closed = {bank: date.fromisoformat(day) for bank, day in context.get("closed", {}).items()}
        marker = intakes[0] if intakes and isinstance(intakes[0].event, DayMarker) else None
        if marker is not None:
            intakes = self._due(one, marker, context.get("members", ()))
        stops = {bank: frozenset(map(tuple, named)) for bank, named in context.get("stops", {}).items()}
        return Claimed(one, b"", 0, closed, intakes, [], marker, stops=stops)

    def _announced(self, claimed: Claimed, context: Mapping[str, Any]) -> Claimed:
        """Which days close by announcements is not decided again: it hangs on who was registered then."""
        for i in claimed.intakes:
            if isinstance(i.event, BusinessDayClosed) and not self._knows(i.key):
                days = i.event.data
                row = i.bank, days.business_date, i.event.source, days.through, UUID(i.key), days.reason
                self.business_days.append(row)
            self._see((i,))
        programs = {i.bank: i.program for i in claimed.intakes}
        closes = [
            Closing(bank, date.fromisoformat(day), date.fromisoformat(through), reason, programs[bank])
            for bank, day, through, reason in context.get("closes", ())
            if self._bank in (None, bank)
        ]
        self.day_closes += [closing[:4] for closing in closes]
        return claimed._replace(intakes=[], closes=closes)

    def _due(self, one: Slice, marker: Intake, ids: list[str]) -> list[Intake]:
        """The members of a chunk. Where a version takes over, its eve falls due to each of them."""
        event, bank = marker.event, marker.bank
        if not isinstance(event, DayMarker):
            raise TypeError(f"{event.type} marks no day")
        programs, closed = self.registry.programs[bank], self._closed.get((one.lane, bank))
        eve = takeover(programs, closed, event.data)
        if one.next > one.asked:
            self._closed[one.lane, bank] = max(event.data.through, closed or event.data.through)
        found = []
        for id_ in ids:
            due_on = self._fallen_due(bank, id_, eve) or event.data.through
            record = marker.record._replace(key=f"{bank}/{id_}".encode())
            about = event.model_copy(update={"subject": id_})
            found.append(marker._replace(record=record, event=about, program=programs.on(due_on)))
        return found

    def _fallen_due(self, bank: str, member_id: str, eve: date | None) -> date | None:
        """What is due to the member first, a version's eve too."""
        known = self._known(bank, member_id)
        if eve is not None:
            known.member = known.member.draft()
            known.member.falls_due(eve)
            self.known.put((bank, member_id), known)
        return known.member.due_on

    def _result(self, claimed: Claimed, context: Mapping[str, Any]) -> DecidedSlice:
        room: dict[BudgetKey, int] = {(bank, budget): left for bank, budget, left in context.get("budgets", ())}
        result = DecidedSlice(claimed, [], dict(room), room)
        turns = self.erased.turns(claimed, self._seq)
        spent = Spent(self._postings if room and self.erased.members else (), turns, self._newest)
        self._whole = True
        for intake in turns:
            if claimed.marker is None and self._knows(intake.key):
                continue
            if isinstance(intake, Closed) or whose(intake) in self.erased.members:
                self._pass(intake, claimed, room, spent)
                continue
            left = {budget: room.get((intake.bank, budget), 0) for budget in intake.program.budgets}
            was = Context(left, claimed.closed.get(intake.bank), claimed.stops.get(intake.bank, NO_STOPS))
            known = self._known(intake.bank, intake.event.subject)
            decision = decide(intake.event, intake.key, self._member(known, intake, claimed), intake.program, was)
            result.versions += decision.member.version - known.member.version
            for budget, used in decision.budget_used.items():
                room[intake.bank, budget] = left[budget] - used
            self._see_decided(intake, claimed)
            self._settle(known, decision)
            result.decisions.append(Decided(intake, decision))
        return result

    def _pass(self, turn: Turn, claimed: Claimed, room: dict[BudgetKey, int], spent: Spent) -> None:
        """What a member did who was erased is not decided again; what it took of budgets is gone all the same."""
        self._whole = False
        for budget, units in spent.by(turn):
            room[budget] -= units
        if isinstance(turn, Closed):
            self._seen.setdefault(turn.key, turn.record.fingerprint)
        else:
            self._see_decided(turn, claimed)

    def _see_decided(self, intake: Intake, claimed: Claimed) -> None:
        if claimed.marker is None:
            # The door's fingerprint is of the request, which the journal does not keep.
            self._see((intake._replace(fingerprint=b"") if claimed.slice.lane.is_api else intake,))

    def _as_seen(self, intake: Intake) -> Intake:
        """With the fingerprint that was remembered of it, where that was made with a key."""
        made = self._fingerprints.get(intake.record.offset)
        return intake if made is None else intake._replace(fingerprint=made)

    def _known(self, bank: str, member_id: str) -> Known:
        return self.known.member((bank, member_id)) or Known(Member(bank, member_id))

    def _member(self, known: Known, intake: Intake, claimed: Claimed) -> Member:
        """The member with as much of its past as the event asks for."""
        member = known.member
        asked = needs(intake.event, intake.bank, intake.program, claimed.closed.get(intake.bank))
        if asked is NOTHING:
            return member
        past, read, origin = known.past.read(), member.draft(), asked.origin
        read.lots = past.lots.copy()
        read.redeemed = {} if asked.redemption is None else past.redeemed(asked.redemption)
        read.origins = {origin: tuple(past.origins.get(origin, ()))} if origin and self._knows(origin) else {}
        if asked.close is not None:
            read.origins = {asked.close: tuple(past.origins.get(asked.close, ()))}
        if asked.thing is not None:
            read.origins = past.given_for(asked.thing)
        return read

    def _settle(self, known: Known, decision: Decision) -> None:
        member = decision.member
        known.past.add(decision)
        if member.lots is not None or member.origins is not None:
            member = member.draft()
            member.lots = member.origins = member.redeemed = None
        known.member = member
        self.known.put((member.bank, member.member_id), known)

    def _see(self, intakes: Iterable[Intake]) -> None:
        for intake in intakes:
            self._seen.setdefault(intake.key, intake.fingerprint)

    def _knows(self, key: bytes) -> bool:
        return key in self._seen or self.known.has_seen(key)


def _is_open(record: Record, aside: Collection[int]) -> bool:
    return record.offset not in aside and not isinstance(record, Sealed | Withheld)
