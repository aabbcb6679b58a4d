"""An operator's order to close a business day without waiting, and how far its close has come."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any, NamedTuple

import asyncpg
from aiokafka import AIOKafkaProducer

from engine.intake import HOLIDAYS
from engine.registry import Registries
from engine.settings import Settings
from engine.setup import SetupError
from engine.store import connect
from engine.store.calendar import announcing
from engine.store.sql import statement
from engine.trail import Entry, Who, tell
from schemas.events import BusinessDayClosed
from schemas.events.calendar import CALENDAR_SUBJECT, DayClose
from schemas.message import SOURCE


class Standing(NamedTuple):
    """How far the close of days through one has come: partitions that are through, members decided and still due."""

    partitions: int
    members: int
    due: int


class Calendar:
    """A bank's calendar, as an operator sees it."""

    def __init__(self, settings: Settings, bank: str, pool: "asyncpg.Pool[Any]") -> None:
        self.settings = settings
        self.bank = bank
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def opened(cls, settings: Settings, bank: str) -> "AsyncIterator[Calendar]":
        """Over a pool of its own."""
        pool: asyncpg.Pool[Any] = await connect.pool(settings)
        try:
            yield cls(settings, bank, pool)
        finally:
            await pool.close()

    async def close(self, days: DayClose, who: Who) -> None:
        """Orders the close, under an id that a repeated order has too. Raises SetupError where it cannot be.

        The audit trail tells who ordered it before it is sent.

        Without a `reason` it is refused while sources that announce have not announced the day.
        """
        registry = await Registries(self._pool).read()
        programs = registry.programs.get(self.bank)
        if programs is None:
            raise SetupError(f"no bank is called {self.bank!r}; there are: {', '.join(sorted(registry.programs))}")
        await self._refuse_early(days, programs.zone.key)
        closed = await self._pool.fetchval(statement("last_closed_day"), self.bank)
        if closed is not None and days.through <= closed:
            raise SetupError(f"{self.bank} is closed through {closed}; a day closes once")
        announced = await self._pool.fetch(statement("announced_by"), self.bank, days.business_date)
        missing = announcing(registry, self.bank) - {row["source"] for row in announced}
        if missing and days.reason is None:
            raise SetupError(
                f"{', '.join(sorted(missing))} has not announced {days.business_date}; "
                "wait for it, or close without it: --force REASON"
            )
        before = {"closed_through": closed, "not_announced_by": sorted(missing)}
        entry = Entry("day-close-ordered", f"day/{days.business_date}", before, days.model_dump(mode="json"))
        async with self._pool.acquire() as session, session.transaction():
            await tell(session, who._replace(bank=self.bank), entry)
        await self._send(days, programs.on(days.through).morning(days.through + timedelta(days=1)).local)

    async def _refuse_early(self, days: DayClose, zone: str) -> None:
        """A close that is begun is not taken back: a slip in one figure of a date would let every lot expire."""
        today: date = await self._pool.fetchval(statement("today"), zone)
        latest = today + timedelta(days=self.settings.ahead_days) + HOLIDAYS
        if days.through > latest:
            raise SetupError(
                f"{days.through} is too far ahead: in {zone} it is {today}, and days through {latest} may close; "
                "look at the year, or wait for the day"
            )

    async def _send(self, days: DayClose, at: Any) -> None:
        id_ = f"close-{self.bank}-{days.business_date}-{days.through}"
        event = BusinessDayClosed(id=id_, source=SOURCE, subject=CALENDAR_SUBJECT, occurred_at=at, data=days)
        key = f"{self.bank}/{SOURCE}".encode()
        async with AIOKafkaProducer(**self.settings.kafka_client, enable_idempotence=True) as producer:
            await producer.send_and_wait(
                self.settings.topic("calendar"), event.model_dump_json(exclude_none=True).encode(), key
            )

    async def standing(self, through: date) -> Standing:
        """How far the close of all days through this one has come."""
        return Standing(*await self._pool.fetchrow(statement("close_standing"), self.bank, through))
