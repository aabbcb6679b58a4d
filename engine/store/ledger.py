"""One batch's transaction on the ledger: claim, dedupe, load, lease, record. The order is `engine.handle`'s."""

import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any, Final

import asyncpg
import orjson

from engine.batch import Lane, Slice
from engine.deciding import BudgetKey, Claimed, MemberKey
from engine.intake import Intake, Opened, Unusable, in_time
from engine.registry import Registries, Registry, RegistryMoved
from engine.sealing import Masters
from engine.steps import Read
from engine.store import calendar, closing, past, rows, uploads
from engine.store.connect import SCHEMA
from engine.store.lanes import columns
from engine.store.profiles import Profiles, is_repeat, tells
from engine.store.sql import statement
from rules.member import Member

log = logging.getLogger(__name__)

LEASES_IN_A_BUDGET: Final = 512
"""A lease is at least this part of a budget, so that it is not asked for each time, and no lane hoards it."""


class PositionGap(Exception):
    """A slice begins above the stored position: records between them would be lost. The lane stops here."""


class Ledger:
    """The ledger as the event path sees it."""

    def __init__(self, pool: "asyncpg.Pool[Any]", registries: Registries, masters: Masters | None) -> None:
        """Without `masters` an event that tells a profile raises SettingsError, and nothing of its batch is kept."""
        self.pool = pool
        self.registries = registries
        self.profiles = Profiles(pool, masters)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Transaction"]:
        """All of a batch or nothing of it."""
        async with self.pool.acquire() as session, session.transaction():
            yield Transaction(session, self.profiles)


class Transaction:
    """The steps of one batch, in the order in which they stand here."""

    def __init__(self, session: Any, profiles: Profiles) -> None:
        self._session = session
        self.profiles = profiles

    @property
    def session(self) -> Any:
        """The connection, for what only some batches do."""
        return self._session

    async def claim(self, read: Sequence[Read], revision: int, ahead_days: int) -> list[Claimed]:
        """Locks the lanes and compares each position with what the fetch was asked for.

        What is below the stored position was done already and drops out; a slice above it raises PositionGap. What is
        more than `ahead_days` early is unusable.
        """
        lanes = [one.lane for one, _ in read]
        stored = await self._session.fetch(statement("claim_lanes"), *columns(lanes))
        at = {Lane(r["topic"], r["partition"], r["generation"]): r for r in stored}
        ahead = timedelta(days=ahead_days)
        claimed = [_trimmed(one, opened, at.get(one.lane), ahead) for one, opened in read]
        return await self._without_quarantined([c for c in claimed if c is not None], revision)

    async def _without_quarantined(self, claimed: list[Claimed], revision: int) -> list[Claimed]:
        """Sets quarantined records aside; RegistryMoved where the registry moved while the lanes were waited for."""
        lanes = columns([c.slice.lane for c in claimed])
        aside = await self._session.fetch(statement("quarantined"), *lanes, [c.slice.asked for c in claimed])
        if aside[0]["revision"] != revision:
            raise RegistryMoved
        if aside[0]["topic"] is None:
            return claimed
        offsets = {(Lane(r["topic"], r["partition"], r["generation"]), r["offset"]) for r in aside}
        return [_set_aside(c, offsets) for c in claimed]

    async def dedupe(self, claimed: Iterable[Claimed]) -> list[Claimed]:
        """Remembers every event for ever. Repeats drop out; the same id with other content becomes unusable."""
        first: dict[bytes, bytes] = {}
        claimed = await self.profiles.fingerprinted(claimed)
        for c in claimed:
            for intake in c.intakes:
                first.setdefault(intake.key, intake.fingerprint)
        keys = sorted(first)
        repeated = await self._session.fetch(
            statement("remember_events"), rows.uuids(keys), rows.uuids([first[k] for k in keys])
        )
        known = dict(first)
        if repeated:
            for row in await self._session.fetch(statement("recall_events"), [row["key"] for row in repeated]):
                known[row["key"].bytes] = row["fingerprint"].bytes
        new = set(keys).difference([row["key"].bytes for row in repeated])
        return [_fresh(c, new, known) for c in claimed]

    async def announced(self, claimed: Claimed, registry: Registry) -> Claimed:
        """Takes what sources announced on the calendar; the days that close by it are in `closes`."""
        return await calendar.announced(self._session, claimed, registry)

    async def uploaded(self, claimed: Claimed) -> Claimed:
        """Takes what merchants uploaded; the commands that it becomes are in `uploads`."""
        return await uploads.uploaded(self._session, claimed)

    async def due(self, claimed: Claimed, registry: Registry, at_most: int) -> Claimed:
        """A day marker as the members who are due at it, at most so many of them."""
        return await closing.due(self._session, claimed, registry, at_most)

    async def load(self, claimed: Sequence[Claimed]) -> dict[MemberKey, Member]:
        """The members that the events concern, locked in sorted order, with as much of their past as events ask for.

        Those not known yet are left out, or have version 0.
        """
        found = await self._of_members("lock_members", {(i.bank, i.event.subject) for c in claimed for i in c.intakes})
        members = {(row["bank"], row["member_id"]): rows.member(row) for row in found}
        return await self.prepared(claimed, members)

    async def prepared(self, claimed: Sequence[Claimed], members: dict[MemberKey, Member]) -> dict[MemberKey, Member]:
        """The members, who are locked, with as much of their past as the events ask for."""
        for eve, intakes in [(c.eve, c.intakes) for c in claimed if c.eve is not None]:
            for intake in intakes:
                members[intake.bank, intake.event.subject].falls_due(eve)
        await past.attach(self._session, claimed, members)
        return members

    async def free(self, keys: Iterable[MemberKey]) -> tuple[dict[MemberKey, Member], set[MemberKey]]:
        """Locks those of the members whom no other transaction has locked, and answers them, and those it has not.

        Waits for nobody. Who is not known yet is in neither.
        """
        found = await self._of_members("lock_free_members", keys)
        members = {(row["bank"], row["member_id"]): rows.member(row) for row in found if not row["busy"]}
        return members, {(row["bank"], row["member_id"]) for row in found if row["busy"]}

    async def wait_for(self, key: MemberKey, at_most_s: float) -> None:
        """Locks a member; LockNotAvailableError after so many seconds, for which any other lock is waited at most."""
        await self._session.execute(statement("limit_waiting"), f"{at_most_s * 1000:.0f}ms")
        await self._of_members("lock_members", [key])

    async def _of_members(self, name: str, keys: Iterable[MemberKey]) -> Any:
        in_order = sorted(keys)
        return await self._session.fetch(statement(name), *(rows.joined([k[i] for k in in_order]) for i in (0, 1)))

    async def draw(self, count: int) -> list[int]:
        """Journal numbers, drawn while the members are locked: for each member they give the order of deciding."""
        return [row[0] for row in await self._session.fetch(statement("draw_journal_seq"), count)]

    async def room(self, claimed: Sequence[Claimed]) -> dict[Lane, dict[BudgetKey, int]]:
        """What each lane may still give of campaign budgets."""
        room: dict[Lane, dict[BudgetKey, int]] = {c.slice.lane: {} for c in claimed}
        if any(i.program.budgets for c in claimed for i in c.intakes):
            for r in await self._session.fetch(statement("lane_leases"), *columns(list(room))):
                room[Lane(r["topic"], r["partition"], r["generation"])][r["bank"], r["budget_id"]] = r["room"]
        return room

    async def lease(self, budget: BudgetKey, missing: int, whole: int) -> int:
        """Leases what is missing and some more of a budget of `whole` units; answers what was left to give of that."""
        wanted = max(missing, whole // LEASES_IN_A_BUDGET)
        return await self._session.fetchval(statement("lease_budget"), *budget, wanted) or 0

    async def copy(self, table: str, names: Sequence[str], records: list[tuple[Any, ...]]) -> None:
        """Adds rows to a table."""
        if records:
            await self._session.copy_records_to_table(table, records=records, columns=names, schema_name=SCHEMA)

    async def run(self, name: str, *arguments: Any) -> str:
        """Runs one of the statements; answers its command tag."""
        return str(await self._session.execute(statement(name), *arguments))


def _trimmed(one: Slice, opened: Opened, stored: Any, ahead: timedelta) -> Claimed | None:
    if stored is None:
        raise PositionGap(f"{one.lane} has no position; assignment begins lanes")
    if stored["next"] > one.asked:
        told = (one.lane.topic, one.lane.partition, one.asked, one.next, stored["next"])
        log.warning("%s/%d: a slice from %d to %d is refused below %d, which was decided already", *told)
        if stored["next"] >= one.next:
            return None
        opened = [o for o in opened if o.record.offset >= stored["next"]]
        one = Slice(one.lane, stored["next"], one.next, [o.record for o in opened])
    elif stored["next"] < one.asked:
        raise PositionGap(f"{one.lane} stands at {stored['next']}, the slice begins at {one.asked}")
    opened = in_time(opened, one.lane, stored["claimed_at"] + ahead)
    intakes = [o for o in opened if isinstance(o, Intake)]
    unusable = [o for o in opened if isinstance(o, Unusable)]
    closed = {bank: date.fromisoformat(day) for bank, day in orjson.loads(stored["closed"]).items()}
    return Claimed(one, stored["chain"], stored["unusable_in_a_row"], closed, intakes, unusable)


def _set_aside(c: Claimed, offsets: set[tuple[Lane, int]]) -> Claimed:
    lane = c.slice.lane
    aside = [r for r in c.slice.records if (lane, r.offset) in offsets]
    gone = {r.offset for r in aside}
    filed = [Unusable(r, "quarantined", "an operator set this record aside") for r in aside]
    return c._replace(
        intakes=[i for i in c.intakes if i.record.offset not in gone],
        unusable=[*(u for u in c.unusable if u.record.offset not in gone), *filed],
    )


def _fresh(c: Claimed, new: set[bytes], known: dict[bytes, bytes]) -> Claimed:
    """`new` loses what it gives, so that of equal events in one batch the first counts."""
    intakes: list[Intake] = []
    conflicts: list[Unusable] = []
    repeated: list[int] = []
    for intake in c.intakes:
        if known[intake.key] != intake.fingerprint and not is_repeat(intake, known[intake.key]):
            detail = f"{intake.event.source} has used the id {intake.event.id} before, with other content"
            conflicts.append(Unusable(intake.record, "conflict", detail))
        elif intake.key in new:
            new.discard(intake.key)
            intakes.append(intake)
        elif tells(intake.event):
            repeated.append(intake.record.offset)
    if len(intakes) == len(c.intakes):
        return c
    return c._replace(intakes=intakes, unusable=[*c.unusable, *conflicts], repeated=repeated)
