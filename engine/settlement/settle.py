"""A business day is settled: of each merchant one file, of all that the journal has of it since the file before.

The cut-off is a number of the journal below which everything is committed. Each merchant's file is one transaction, so
a run that is killed leaves whole files, and the same day again gives those and makes the others.
"""

import asyncio
import pickle
from collections.abc import AsyncIterator, Iterator
from datetime import date
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final, NamedTuple
from uuid import UUID

from engine.messages import Said
from engine.registry import Registries
from engine.settlement.agreed import Agreement, agreement
from engine.settlement.files import COLUMNS, File, file_of, row
from engine.settlement.layout import Header, Writing
from engine.settlement.lines import First, Line, Missing, Step, line, step_of
from engine.store import outbox
from engine.store.connect import SCHEMA
from engine.store.rows import OUTBOX
from engine.store.sql import statement
from rules.identity import derived
from rules.language.problems import unknown
from schemas.message import SOURCE
from schemas.outgoing import SettlementClosed, SettlementTotals

STEPS_AT_ONCE: Final = 2_000
IN_MEMORY_BYTES: Final = 1 << 20
LOOK_S: Final = 0.05
LOOKS: Final = 1_200
TOLD_MAX: Final = 10


class Unsettled(Exception):
    """A merchant's file was not made; the text says why and what to do."""


class Order(NamedTuple):
    """What is to be settled: a bank's business day, through a number of the journal."""

    bank: str
    business_date: date
    through_seq: int


async def ordered(pool: Any, bank: str, business_date: date) -> Order:
    """What is to be settled, through the newest cut-off. Raises Unsettled for a day that has not begun."""
    programs = (await Registries(pool).read()).programs
    if bank not in programs:
        raise Unsettled(unknown(bank, programs, "bank"))
    today = await pool.fetchval(statement("today"), programs[bank].zone.key)
    if business_date > today:
        raise Unsettled(f"{business_date} has not begun in {programs[bank].zone.key}: expected a day up to {today}")
    return Order(bank, business_date, await cut_off(pool))


async def cut_off(session: Any) -> int:
    """The newest number of the journal of which no earlier one can still be committed.

    A batch draws its numbers when it holds locks and so has a transaction id: what was drawn by now belongs to
    transactions of lower ids than one begun after. Raises Unsettled when one of them runs for a minute.
    """
    drawn = await session.fetchval(statement("last_journal_seq"))
    begun = await session.fetchval(statement("transactions_begun"))
    for _ in range(LOOKS):
        if await session.fetchval(statement("transactions_ended"), begun):
            return int(await session.fetchval(statement("journal_through"), drawn))
        await asyncio.sleep(LOOK_S)
    raise Unsettled("a transaction has been writing for a minute; look at pg_stat_activity, then settle again")


async def settled(pool: Any, order: Order, merchant: str | None = None) -> AsyncIterator[File | Unsettled]:
    """The day's file of each merchant, or of one, made now or there already; or why there is none."""
    found = await pool.fetch(statement("settlement_merchants"), order.bank, order.business_date)
    for name in (one["merchant"] for one in found if merchant in (None, one["merchant"])):
        try:
            file = await _settled(pool, order, name)
        except Unsettled as why:
            yield why
        else:
            if file is not None:
                yield file


async def _settled(pool: Any, order: Order, merchant: str) -> File | None:
    """One merchant's file in a transaction of its own; None where nothing is agreed and nothing moved."""
    async with pool.acquire() as session, session.transaction():
        await session.execute(statement("lock_settlement"), order.bank, merchant)
        last = await session.fetchrow(statement("last_settlement_file"), order.bank, merchant)
        if last is not None and last["business_date"] >= order.business_date:
            return await _earlier(session, order, merchant)
        agreed = await agreement(session, order.bank, merchant)
        number, after = (last["number"] + 1, last["through_seq"]) if last else (1, 0)
        header = Header(
            order.bank, merchant, number, order.business_date, agreed.currency, after, max(after, order.through_seq)
        )
        draft = Draft(header, agreed)
        with SpooledTemporaryFile(IN_MEMORY_BYTES) as spool:
            await _reckon(session, draft, spool)
            draft.refuse_missing()
            if not draft.count and not agreed.contracts.any_on(order.business_date):
                return None
            rows = _rows(spool)
            await session.copy_records_to_table("settlement_line", records=rows, columns=COLUMNS, schema_name=SCHEMA)
        return await _closed(session, draft)


async def _earlier(session: Any, order: Order, merchant: str) -> File:
    """The file that there is of the day already."""
    row = await session.fetchrow(statement("settlement_file_of_day"), order.bank, merchant, order.business_date)
    if row is None:
        day = order.business_date
        raise Unsettled(f"{merchant} is settled beyond {day} already; what was left of that day is in its later files")
    return file_of(row)


class Draft:
    """A file as it is made: its lines so far, and what no contract covers."""

    def __init__(self, header: Header, agreed: Agreement) -> None:
        self.header = header
        self.writing = Writing(header)
        self.count = 0
        self._contracts = agreed.contracts
        self._firsts: dict[UUID, First] = {}
        self._missing: dict[tuple[str, str], Missing] = {}

    def lines(self, steps: list[Step]) -> list[Line]:
        """The lines of the next steps, those that move something."""
        found = [one for step in steps if step.moves and (one := self._line(step))]
        self.writing.lines(found)
        return found

    def _line(self, step: Step) -> Line | None:
        first = step.first or self._firsts.get(step.redemption_id)
        one = line(step, first, self._contracts, (self.header.number, self.count + 1))
        if isinstance(one, Missing):
            self._missing.setdefault((one.kind, one.item), one)
            return None
        self.count += 1
        if first is None:
            self._firsts[step.redemption_id] = First((one.number, one.line), one.terms)
        return one

    def refuse_missing(self) -> None:
        """Raises Unsettled where something was used of which no contract says what it brings."""
        if not self._missing:
            return
        told = [f"{m.kind} {m.item} on {m.used_on} ({m.merchant_ref})" for m in self._missing.values()]
        raise Unsettled(
            f"{self.header.merchant}: no contract covers {', '.join(told[:TOLD_MAX])}; "
            "add rows from that day or earlier with `points contracts load` and settle again"
        )


async def _reckon(session: Any, draft: Draft, spool: IO[bytes]) -> None:
    """The lines of the merchant's steps in the journal's order, as rows in a file: a merchant may have millions.

    They are copied when all are known: the first that is written gives the transaction an id, behind which every
    bank's messages wait until it ends.
    """
    h = draft.header
    cursor = await session.cursor(statement("settlement_steps"), h.bank, h.merchant, h.after_seq, h.through_seq)
    while rows := await cursor.fetch(STEPS_AT_ONCE):
        made = [row(one, h) for one in draft.lines([step_of(r) for r in rows])]
        pickle.dump(made, spool, pickle.HIGHEST_PROTOCOL)


def _rows(spool: IO[bytes]) -> Iterator[tuple[Any, ...]]:
    """What was put into the file."""
    end = spool.tell()
    spool.seek(0)
    while spool.tell() < end:
        yield from pickle.load(spool)  # noqa: S301  # what this process wrote


async def _closed(session: Any, draft: Draft) -> File:
    """Keeps the file, and says so."""
    h, totals, digest = draft.header, draft.writing.totals, draft.writing.digest
    recorded_at = await session.fetchval(statement("add_settlement_file"), *h, *totals, digest)
    file = File(h, totals, digest, recorded_at)
    seq = (await session.fetch(statement("draw_journal_seq"), 1))[0][0]
    said = outbox.row(seq, [_said(file)])
    await session.copy_records_to_table("outbox", records=[said], columns=OUTBOX, schema_name=SCHEMA)
    return file


def _said(file: File) -> Said:
    """The message of a closed file; the topic has one partition."""
    h, t = file.header, file.totals
    key = f"{h.bank}/{h.merchant}".encode()
    about = SettlementTotals(
        bank=h.bank,
        merchant=h.merchant,
        number=h.number,
        business_date=h.business_date,
        redemptions=t.captures,
        reversals=t.returns,
        amount_minor=t.amount_minor,
        currency=h.currency,
        digest=file.digest.hex(),
    )
    id_ = str(UUID(bytes=derived(key, f"settlement:{h.number}")))
    message = SettlementClosed(id=id_, source=SOURCE, subject=h.merchant, occurred_at=file.recorded_at, data=about)
    return Said("settlements", 0, key, id_, message.written())
