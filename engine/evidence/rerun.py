"""A bank's history decided by other programs than those it had: nothing is recorded, and no row is taken as decided.

What replays of the same programs take from the journal is worked out anew, because it would come out otherwise: who is
due at a close, what members are told by the engine about one another, and what is left of a budget.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from engine.batch import Slice
from engine.deciding import BudgetKey, Claimed, DecidedSlice, MemberKey
from engine.evidence.readable import Readable
from engine.evidence.replay import Replay
from engine.evidence.spill import Known, Spill
from engine.intake import Intake, place
from engine.registry import Registry
from rules.close import takeover
from rules.decision import Decision
from rules.identity import event_key
from rules.members.forwarding import TO_MEMBERS
from schemas.events import AnyEvent, DayMarker
from schemas.message import SOURCE


class Dues(Spill):
    """Members of one bank, and when each falls due, by partition."""

    def __init__(self, members_in_memory: int, partitions: int) -> None:
        super().__init__(members_in_memory)
        self._partitions = partitions
        for text in (
            "create table due (member_id text primary key, partition int, due_on text) without rowid",
            "create index due_by_day on due (partition, due_on)",
        ):
            self._file.execute(text)

    def put(self, key: MemberKey, known: Known) -> None:
        """Keeps a member as it stands now."""
        super().put(key, known)
        partition, due_on = place("/".join(key).encode(), self._partitions), known.member.due_on
        self._file.execute(
            "insert into due values (?, ?, ?) on conflict do update set due_on = excluded.due_on "
            "where due_on is not excluded.due_on",
            (key[1], partition, due_on and due_on.isoformat()),
        )

    def due(self, partition: int, through: date | None) -> list[str]:
        """Who is due in a partition by a day, by id; without a day, everybody."""
        text = "select member_id from due where partition = ? and (? is null or due_on <= ?) order by member_id"
        day = through and through.isoformat()
        return [member_id for (member_id,) in self._file.execute(text, (partition, day, day))]


class Rerun(Replay):
    """One bank's history from empty, by the registry's programs of that bank."""

    def __init__(self, registry: Registry, partitions: int, known: Dues, bank: str) -> None:
        super().__init__(registry, partitions, known, bank)
        self._dues = known
        self._used: dict[BudgetKey, int] = {}
        self._told: dict[str, list[AnyEvent]] = {}
        self._then: Replay | None = None

    def leave_out(self, erased: Iterable[MemberKey], then: Replay) -> None:
        """Of members who were erased nothing is decided, and what they told others is as it was.

        That is what nobody else told then, as `then` has it: the same history by the programs that the bank had.
        """
        for one in (self, then):
            one.erased.members.update(erased)
        self._then = then

    def decided(self, row: Any, readable: Readable) -> DecidedSlice:
        """As it is decided otherwise; what members told one another then is remembered by its id, among the keys."""
        if self._then is not None:
            then = self._then.decided(row, readable)
            self.known.saw((one.id.encode(), b"") for _, decision in then.decisions for one in decision.sent)
        return super().decided(row, readable)

    def _as_of(self, known: Mapping[str, Sequence[str]]) -> Registry:  # noqa: ARG002  # its programs are its own
        return self._newest

    def _claimed(self, one: Slice, context: Mapping[str, Any]) -> Claimed:
        claimed = super()._claimed(one, context)
        if claimed.marker is not None:
            return claimed
        return claimed._replace(intakes=[said for intake in claimed.intakes for said in self._said(intake)])

    def _said(self, intake: Intake) -> Iterable[Intake]:
        """In place of what was told then what is told now: all of it when the first part came, in its order.

        What members told who were erased is told as it was.
        """
        event = intake.event
        if event.source != SOURCE or not event.id.startswith(TO_MEMBERS):
            return [intake]
        told = self._told.get(event.id)
        if told is None:
            by_erased = self._then is not None and not self.known.has_seen(event.id.encode())
            return [intake] if by_erased else []
        for one in told:
            del self._told[one.id]
        return [intake._replace(event=one, key=event_key(intake.bank, SOURCE, one.id)) for one in told]

    def _due(self, one: Slice, marker: Intake, ids: list[str]) -> list[Intake]:  # noqa: ARG002  # who was due then
        """Whoever is due now, once, with the last chunk of those who were due then; at a takeover everybody."""
        if one.next == one.asked or not isinstance(marker.event, DayMarker):
            return []
        days = marker.event.data
        eve = takeover(self.registry.programs[marker.bank], self._closed.get((one.lane, marker.bank)), days)
        return super()._due(one, marker, self._dues.due(one.lane.partition, None if eve else days.through))

    def _result(self, claimed: Claimed, context: Mapping[str, Any]) -> DecidedSlice:
        """Budgets are had whole, not leased in parts, and as large as the most generous program of the slice says."""
        sizes: dict[BudgetKey, int] = {}
        for budget in (budget for i in claimed.intakes for budget in i.program.budgets.values()):
            key = self._bank or "", budget.id
            sizes[key] = max(budget.units, sizes.get(key, 0))
        left = [[*key, max(0, units - self._used.get(key, 0))] for key, units in sizes.items()]
        result = super()._result(claimed, {**context, "budgets": left})
        for key, room in result.room_after.items():
            self._used[key] = self._used.get(key, 0) + result.room_before[key] - room
        return result

    def _settle(self, known: Known, decision: Decision) -> None:
        by_subject: dict[str, list[AnyEvent]] = {}
        for one in decision.sent:
            by_subject.setdefault(one.subject, []).append(one)
        for told in by_subject.values():
            self._told |= dict.fromkeys((one.id for one in told), told)
        super()._settle(known, decision)
