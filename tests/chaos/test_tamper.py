"""Whoever may do everything in the database, triggers off, still cannot change the ledger unseen."""

from typing import Any

import asyncpg

from tests.chaos.evidence import Evidence, gathered, ledger
from tests.chaos.house import House
from tests.chaos.traffic import year
from tests.checker import findings

OTHER = {
    "int8": "{0} + 1", "int4": "{0} + 1", "int2": "{0} + 1", "date": "coalesce({0}, '2026-01-01') + 1",
    "text": "coalesce({0}, '') || 'x'", "timestamptz": "{0} + interval '1 second'", "uuid": "gen_random_uuid()",
    "bytea": "{0} || '\\x00'::bytea",
}  # fmt: skip
STORED_WHEN = "recorded_at"
"""When a row was stored decides nothing and is proved by nothing."""
ROW = "where ctid = (select ctid from {0} order by {1} limit 1 offset 3)"
FORGED = (
    "insert into posting select (jsonb_populate_record(posting, jsonb_build_object('posting_id', gen_random_uuid(), "
    "'event_key', gen_random_uuid(), 'member_version', 99999))).* from posting limit 1"
)
WHOLE_ROWS = (
    "delete from posting where posting_id = (select posting_id from posting limit 1)",
    "delete from journal where seq = (select max(seq) from journal)",
    "delete from journal where seq = (select min(seq) from journal)",
    FORGED,
    "update journal set seq = (select min(seq) + max(seq) from journal) - seq",
    "update member set available[1] = available[1] + 1 where member_id = (select min(member_id) from member)",
    "delete from seen where key = (select min(key::text)::uuid from seen)",
    "update lane set chain = sha256('forged') where partition = 0",
    "update outbox set published_at = null where seq = (select min(seq) from outbox)",
)


async def test_every_change_of_a_ledger_row_is_found(house: House) -> None:
    """Each column of a posting and of a slice; rows added, taken away and exchanged."""
    house.given |= {"batch_events_max": 50}
    worker = house.start()
    await house.produce(year(600, 41, members=20))
    await house.quiet()
    await house.judge()
    await house.stop(worker)
    found = await gathered(house.database_url, house.bootstrap, house.prefix)
    session = await asyncpg.connect(house.database_url, server_settings={"search_path": "points"})
    await session.execute("set session_replication_role = replica")
    changes = [*WHOLE_ROWS, *await _of_columns(session, "posting", "member_id, member_version, rule_id")]
    changes += await _of_columns(session, "journal", "partition, asked")
    unseen = [change for change in changes if not await _found(session, change, found)]
    await session.close()
    print(f"\n{len(changes)} changes, {len(changes) - len(unseen)} found")
    assert unseen == []


async def _of_columns(session: Any, table: str, order: str) -> list[str]:
    columns = await session.fetch(
        "select attname::text as name, typname::text as type from pg_attribute join pg_type on pg_type.oid = atttypid "
        f"where attrelid = '{table}'::regclass and attnum > 0"
    )
    return [
        f"update {table} set {c['name']} = {OTHER[c['type']].format(c['name'])} {ROW.format(table, order)}"
        for c in columns
        if c["name"] != STORED_WHEN
    ]


async def _found(session: Any, change: str, found: Evidence) -> bool:
    """Whether a constraint refuses the change or the judge sees it; it is rolled back."""
    begun = session.transaction()
    await begun.start()
    try:
        changed = await session.execute(change)
        assert changed not in ("UPDATE 0", "DELETE 0", "INSERT 0 0"), change
        return bool(findings(found._replace(rows=await ledger(session))))
    except asyncpg.CheckViolationError:
        return True
    finally:
        await begun.rollback()
