"""The life of a batch: open, claim, dedupe, load, DECIDE, record. What is atomic and in what order stands here."""

from collections.abc import Callable, Sequence

from engine.batch import Lane, Slice
from engine.deciding import BudgetKey, Claimed, DecidedSlice, MemberKey, Short, decided, under
from engine.intake import opened
from engine.registry import Registry, RegistryMoved
from engine.steps import Read, in_steps, is_marker
from engine.store.connect import short_enough
from engine.store.ledger import Ledger, Transaction
from engine.store.record import Recorded, record, unusable_in_a_row
from engine.stream.ports import TooManyUnusable
from rules.member import Member


class Handler:
    """Handles batches with one ledger.

    `partitions` is what member-keyed topics have; a day's close decides `close_chunk` members in one transaction;
    what is said of more than `ahead_days` after the database's clock is unusable.
    """

    def __init__(
        self, ledger: Ledger, *, partitions: int, unusable_max: int, close_chunk: int, ahead_days: int
    ) -> None:
        self.ledger = ledger
        self.partitions = partitions
        self.unusable_max = unusable_max
        self.close_chunk = close_chunk
        self.ahead_days = ahead_days

    async def __call__(self, slices: Sequence[Slice], committed: Callable[[Recorded], None] | None = None) -> Recorded:
        """Decides and commits the slices; again with the newest registry when that has moved.

        All of them in one transaction, unless a day marker is among them: then each lane up to it, its members in
        chunks, and what lies behind it. `committed` is told of each transaction; what was committed drops out when a
        slice is handled again.
        """
        while True:
            try:
                return await self._handle(slices, committed or (lambda _: None))
            except RegistryMoved:
                await self.ledger.registries.read()

    async def _handle(self, slices: Sequence[Slice], committed: Callable[[Recorded], None]) -> Recorded:
        registry = await self.ledger.registries.newest()
        read = [(one, opened(one, registry, self.partitions)) for one in slices]
        whole = Recorded()
        for step in in_steps(read):
            unfinished = True
            while unfinished:
                done = await self._transact(step, registry)
                committed(done)
                whole.add(done)
                unfinished = done.unfinished
        return whole

    async def _transact(self, step: Sequence[Read], registry: Registry) -> Recorded:
        """One transaction: after it what it decided is decided for ever, whatever becomes of this process.

        Raises TooLong where that takes longer than the server waits.
        """
        with short_enough():
            async with self.ledger.transaction() as transaction:
                claimed = await transaction.claim(step, registry.revision, self.ahead_days)
                own = await self._fresh(transaction, claimed, registry)
                fresh = [under(c, registry.programs, registry.stops) for c in own]
                self._refuse_floods(fresh)
                members = await transaction.load(fresh)
                loaded = {key for key, member in members.items() if member.version}
                room = await transaction.room(fresh)
                results = [await decided_within(transaction, one, members, room) for one in fresh]
                return await record(transaction, results, loaded, members, self.partitions) if results else Recorded()

    async def _fresh(self, transaction: Transaction, claimed: list[Claimed], registry: Registry) -> list[Claimed]:
        """What is to be decided: events that are new; at a marker the next of the members who are due."""
        if is_marker(claimed):
            return [await transaction.due(c, registry, self.close_chunk) for c in claimed]
        fresh = await transaction.dedupe(claimed)
        return [await self._about_no_member(transaction, c, registry) for c in fresh]

    async def _about_no_member(self, transaction: Transaction, one: Claimed, registry: Registry) -> Claimed:
        """Announcements close days, uploads become commands; what is about members stays as it is."""
        lane = one.slice.lane
        if lane.is_calendar:
            return await transaction.announced(one, registry)
        return await transaction.uploaded(one) if lane.is_uploads else one

    def _refuse_floods(self, claimed: list[Claimed]) -> None:
        """A bad deploy must not drain a topic into the dead letters."""
        for c in claimed:
            _, longest = unusable_in_a_row(c)
            if longest > self.unusable_max:
                raise TooManyUnusable(c.slice.lane, c.slice.asked, longest)


async def decided_within(
    transaction: Transaction, one: Claimed, members: dict[MemberKey, Member], room: dict[Lane, dict[BudgetKey, int]]
) -> DecidedSlice:
    """Decides a slice; leases more of a campaign's budget and decides again while that cuts what it need not."""
    exhausted: frozenset[BudgetKey] = frozenset()
    before = members.copy()
    leased = room[one.slice.lane]
    room_at_first = dict(leased)
    while True:
        try:
            return decided(one, members, leased, exhausted)
        except Short as short:
            whole = _units(one, short.budget)
            # At least as much again as was leased: a long slice is decided a few times, not once an event.
            wanted = max(short.missing, leased.get(short.budget, 0) - room_at_first.get(short.budget, 0))
            more = await transaction.lease(short.budget, wanted, whole)
            leased[short.budget] = leased.get(short.budget, 0) + more
            exhausted |= {short.budget} if more < short.missing else set()
            members.clear()
            members.update(before)


def _units(one: Claimed, budget: BudgetKey) -> int:
    return max(i.program.budgets[budget[1]].units for i in one.intakes if budget[1] in i.program.budgets)
