"""The ledger of one bank in memory: what programs are tried on, and what the real ledger is compared with."""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import date

from rules.close import takeover
from rules.context import NO_CONTEXT, Context
from rules.decide import decide
from rules.decision import Decision, Posting
from rules.identity import event_key
from rules.member import Member, unknown
from rules.needs import LOTS, NOTHING, Needs, needs
from rules.points import lots
from rules.points.lots import Lot
from rules.program import Program, Programs
from rules.spending.vouchers import Redeemed, Redemption
from schemas.events import AnyEvent, BusinessDayClosed


class Memory:
    """Members, the rows of their decisions and the budgets used, as of the event decided last."""

    def __init__(self, programs: Programs, bank: str | None = None) -> None:
        self.programs = programs
        self.bank = bank or programs.versions[0].name
        self.members: dict[str, Member] = {}
        self.closed_through: date | None = None
        self._rows: dict[str, Rows] = {}
        self._used: dict[str, int] = {}
        self._known: set[bytes] = set()

    def decided(self, event: AnyEvent, key: bytes, program: Program) -> Decision:
        """Decides an event that is about a member. Bounds: `program` is in force when it occurred."""
        member = self.members.get(event.subject) or unknown(self.bank, event.subject)
        read = self._read(member, needs(event, self.bank, program, self.closed_through))
        self._known.add(key)
        return self._kept(decide(event, key, read, program, self._room(program)))

    def told(self, event: AnyEvent, key: bytes, program: Program) -> Iterator[Decision]:
        """Decides an event and then what it says to other members, until nothing more is said."""
        decision = self.decided(event, key, program)
        yield decision
        waiting = deque(decision.sent)
        while waiting:
            sent = waiting.popleft()
            in_force = self.programs.at(sent.occurred_at) or program
            decision = self.decided(sent, event_key(self.bank, sent.source, sent.id), in_force)
            waiting += decision.sent
            yield decision

    def close(self, marker: BusinessDayClosed, key: bytes) -> Iterator[Decision]:
        """Closes days for every member to whom that brings something, in the order of their ids."""
        eve = takeover(self.programs, self.closed_through, marker.data)
        self.closed_through = marker.data.through
        for member in sorted(self.members.values(), key=lambda m: m.member_id):
            if eve is not None:
                member.falls_due(eve)
            if member.due_on is not None and member.due_on <= marker.data.through:
                program = self.programs.on(member.due_on)
                yield self._kept(decide(marker, key, self._read(member, LOTS), program, self._room(program)))

    def lots(self, member_id: str) -> dict[bytes, Lot]:
        """The member's open lots."""
        rows = self._rows.get(member_id)
        return rows.read().lots.copy() if rows else {}

    def _read(self, member: Member, asked: Needs) -> Member:
        if asked == NOTHING:
            return member
        rows = self._rows.setdefault(member.member_id, Rows()).read()
        read = member.draft()
        read.lots = rows.lots.copy()
        read.redeemed = {} if asked.redemption is None else rows.redeemed(asked.redemption)
        origin = asked.origin
        read.origins = {origin: tuple(rows.origins.get(origin, ()))} if origin in self._known and origin else {}
        if asked.close is not None:
            read.origins = {asked.close: tuple(rows.origins.get(asked.close, ()))}
        if asked.thing is not None:
            read.origins = rows.given_for(asked.thing)
        return read

    def _kept(self, decision: Decision) -> Decision:
        member = decision.member
        if decision.postings or decision.allocations or decision.releases or decision.redemptions:
            self._rows.setdefault(member.member_id, Rows()).add(decision)
        if member.lots is not None or member.origins is not None:
            member = member.draft()
            member.lots = member.origins = member.redeemed = None
        self.members[member.member_id] = member
        for budget, used in decision.budget_used.items():
            self._used[budget] = self._used.get(budget, 0) + used
        return decision

    def _room(self, program: Program) -> Context:
        if not program.budgets and self.closed_through is None:
            return NO_CONTEXT
        room = {id_: budget.units - self._used.get(id_, 0) for id_, budget in program.budgets.items()}
        return Context(room, self.closed_through)


class Rows:
    """One member's rows. They are kept as they come and read into lots and origins when somebody asks."""

    def __init__(self) -> None:
        self.lots: dict[bytes, Lot] = {}
        self.spent: dict[bytes, Lot] = {}
        self.redemptions: dict[bytes, Redemption] = {}
        self.origins: dict[bytes, list[Posting]] = {}
        self._event_of: dict[bytes, bytes] = {}
        self._unread: list[Decision | Posting] = []

    def add(self, decision: Decision) -> None:
        """Of a decision that only posts its postings alone are kept: a long history is nearly all of them."""
        if decision.allocations or decision.releases or decision.redemptions:
            self._unread.append(decision)
        else:
            self._unread += decision.postings

    def read(self) -> "Rows":
        for row in self._unread:
            if isinstance(row, Posting):
                lots.open_lot(row, self.lots)
                self._originate((row,))
                continue
            lots.apply(row, self.lots, self.spent)
            self.redemptions.update((one.redemption_id, one) for one in row.redemptions)
            self._originate(row.postings)
        self._unread.clear()
        return self

    def redeemed(self, redemption_id: bytes) -> dict[bytes, Redeemed]:
        row = self.redemptions.get(redemption_id)
        if row is None:
            return {}
        return {redemption_id: Redeemed(row, {id_: self.lots.get(id_) or self.spent[id_] for id_, _ in row.lots})}

    def given_for(self, thing: str) -> dict[bytes, tuple[Posting, ...]]:
        """By event, the postings of those that gave something for the thing."""
        return {event: tuple(origin) for event, origin in self.origins.items() if any(p.thing == thing for p in origin)}

    def _originate(self, postings: Iterable[Posting]) -> None:
        for p in postings:
            event = self._event_of.get(p.reverses, p.event_key) if p.reverses else p.event_key
            self._event_of[p.posting_id] = event
            self.origins.setdefault(event, []).append(p)
