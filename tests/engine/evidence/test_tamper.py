"""Whoever may do everything in the database, triggers off, still cannot change a row of the ledger unseen."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest

from engine.evidence.divergence import Divergence, shown
from engine.evidence.verify import Asked, verified
from tests.chaos.house import PARTITIONS
from tests.conftest import MASTERS
from tests.engine.evidence.story import TABLES, lived, registered
from tests.engine.store.conftest import Desk, desk, migrated, owner

__all__ = ["desk", "migrated", "owner"]

OTHER = {
    "int8": "coalesce({0}, 0) + 1", "int4": "coalesce({0}, 0) + 1", "int2": "coalesce({0}, 0::int2) + 1::int2",
    "date": "coalesce({0}, '2026-01-01') + 1", "text": "coalesce({0}, '') || 'x'", "uuid": "gen_random_uuid()",
    "timestamptz": "coalesce({0}, '2026-01-01') + interval '1 second'", "bytea": "{0} || '\\x00'::bytea",
    "_uuid": "{0} || gen_random_uuid()", "_int8": "{0} || 7::int8", "_int4": "{0} || 7",
}  # fmt: skip
"""By type, a value that is another than the column's."""
STORED_WHEN = "recorded_at"
"""When a row was stored decides nothing and is proved by nothing."""
COLUMNS = """
    select attname::text as name, typname::text as type from pg_attribute join pg_type on pg_type.oid = atttypid
    where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attname <> 'recorded_at'"""
OF_THE_STREAM = " and attname not in ('unusable_in_a_row', 'closed', 'stamped_at', 'journal_seq')"
"""Of a lane and of a balance, what only bounds what is to come."""
NAMED_BY = {
    "posting": "posting_id", "allocation": "debit_id", "lot_release": "lot_id", "tier_change": "to_tier",
    "benefit_grant": "grant_id", "grant_revocation": "grant_id", "signal": "signal_id", "refusal": "event_key",
    "redemption": "redemption_id", "journal": "seq", "seen": "key", "business_day": "source", "day_close": "through",
    "program_version": "from_day",
}  # fmt: skip
"""What a finding about a row of the table must name."""
NOT_DECIDED = {
    "contract", "settlement_file", "settlement_line",
    "api_answer", "merchant_reference", "code", "code_use", "signal_work",
    "staff_request", "audit_trail", "program_candidate", "program_backtest",
}  # fmt: skip
"""What no event decides: agreements, files whose trailers are their own evidence, what the API answered and issued;
what staff asked, the trail of it, which has a chain of its own, and programs that are not in force.
"""
REFUSED = "refused"


class Change(NamedTuple):
    """A statement about one row of a table; `row` is what names that, `column` what is changed of it."""

    table: str
    row: str
    sql: str
    column: str = ""


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    return registered(tmp_path)


async def test_every_change_of_a_ledger_row_is_found_at_the_right_row(desk: Desk) -> None:
    """Each column of each table that is only added to, as the catalogue names them; a row away, and one twice."""
    await lived(desk)
    assert await found(desk, None) is None
    changes = [one async for one in _changes(desk)]
    await desk.owner.execute("set session_replication_role = replica")
    wrong = [f"{one} -> {at}" for one in changes if not right(one, at := await found(desk, one))]
    print(f"\n{len(changes)} changes, {len(changes) - len(wrong)} found at the right row")
    assert wrong == []
    assert len(changes) > 200


async def test_no_table_and_no_column_is_left_to_the_digest_of_nobody(desk: Desk) -> None:
    """Without deciding: rows of decisions are proved by their tables and the journal alone."""
    await lived(desk)
    changes = [one async for one in _changes(desk) if one.table not in ("seen", "business_day", "day_close")]
    await desk.owner.execute("set session_replication_role = replica")
    assert await found(desk, None, Asked(chain_only=True)) is None
    assert [one for one in changes if await found(desk, one, Asked(chain_only=True)) is None] == []


async def test_two_slices_exchanged_are_found(desk: Desk) -> None:
    await lived(desk)
    await desk.owner.execute("set session_replication_role = replica")
    for table in await tables(desk):
        number = "seq" if table == "journal" else "journal_seq"
        if number in [c["name"] for c in await desk.rows(COLUMNS, table)]:
            both = f"(select min({number}) + max({number}) from {table})"
            assert await found(desk, Change(table, "", f"update {table} set {number} = {both} - {number}")) is not None


async def test_what_stands_and_is_not_only_added_to_is_compared_too(desk: Desk) -> None:
    """Each column of members, balances and lanes, as the catalogue names them."""
    await lived(desk)
    await desk.owner.execute("set session_replication_role = replica")
    unseen = []
    for table in ("member", "balance_day", "lane"):
        for column, type_ in await desk.rows(COLUMNS + OF_THE_STREAM, table):
            other = OTHER.get(type_, "{0} || '{{x}}'").format(f'"{column}"')
            change = f'update {table} set "{column}" = {other} where ctid = (select max(ctid) from {table})'
            at = await found(desk, Change(table, "", change))
            if at != REFUSED and getattr(at, "table", None) != table:
                unseen.append((change, at))
    assert unseen == []


async def tables(desk: Desk) -> list[str]:
    """Every table of decisions that is only added to; a new one needs a name for its rows, or a word why not."""
    return [row["name"] for row in await desk.rows(TABLES) if row["name"] not in NOT_DECIDED]


async def _changes(desk: Desk) -> AsyncIterator[Change]:
    for table in await tables(desk):
        name = NAMED_BY[table]
        pick = f"select ctid::text as at, tableoid, {name} as name from {table} order by {table}::text"
        rows = await desk.rows(pick)
        assert rows, f"{table}: the story leaves no row in it"
        row = rows[len(rows) // 2]
        at, said = f"where ctid = '{row['at']}' and tableoid = {row['tableoid']}", shown(row["name"])
        for column, type_ in await desk.rows(COLUMNS, table):
            other = OTHER[type_].format(f'"{column}"')
            yield Change(table, said, f'update {table} set "{column}" = {other} {at}', column)
        yield Change(table, said, f"delete from {table} {at}")
        again = f"(select to_jsonb(r) from {table} r {at}) || jsonb_build_object('recorded_at', now())"
        yield Change(table, said, f"insert into {table} select * from jsonb_populate_record(null::{table}, {again})")


async def found(desk: Desk, change: Change | None, asked: Asked | None = None) -> Divergence | str | None:
    """The first divergence, or that a constraint refuses the change, which is rolled back."""
    begun = desk.owner.transaction()
    await begun.start()
    try:
        if change is not None:
            done = await desk.owner.execute(change.sql)
            assert done not in ("UPDATE 0", "DELETE 0", "INSERT 0 0"), change
        verdict = await verified(desk.owner, PARTITIONS, asked or Asked(masters=MASTERS))
    except asyncpg.IntegrityConstraintViolationError:
        return REFUSED
    finally:
        await begun.rollback()
    return verdict.divergence


def right(change: Change, at: Divergence | str | None) -> bool:
    """Whether a finding names the row that was changed, and the column where one can be told."""
    if not isinstance(at, Divergence):
        return at == REFUSED
    if at.table != change.table:
        return False
    if change.column == "key":
        return True  # both the event that is gone and the one that never was are true findings
    if change.table == "program_version":
        return change.column in ("", "bank", at.column)  # its bank is named then, for it has no other program
    if change.table == "journal":
        return change.column == "seq" or str(at.journal) == change.row
    moved = ("journal_seq", NAMED_BY[change.table], "bank")  # the row is then one that is not there
    return change.row in (at.row or "") and (change.column in ("", at.column) or change.column in moved)
