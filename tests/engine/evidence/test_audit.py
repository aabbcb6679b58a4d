"""The audit holds of a ledger that lived, and each of its checks finds what is planted against it."""

from pathlib import Path

import pytest

from engine.evidence.audit import CHECKS, audited, checks
from engine.trail import Entry, Who, tell
from tests.engine.evidence.story import lived, registered
from tests.engine.store.conftest import Desk, desk, migrated, owner

__all__ = ["desk", "migrated", "owner"]

ONE = "(select posting_id from posting where kind = 'base' order by member_id, posting_id limit 1)"


def copied(table: str, other: str, where: str) -> str:
    """A statement that adds a row again, something of it changed."""
    changed = f"jsonb_build_object({other}, 'recorded_at', now())"
    return f"insert into {table} select (jsonb_populate_record(o, {changed})).* from {table} o where {where}"


def without_storage(ahead: int) -> str:
    """A statement after which the month that is so many ahead has none for allocations."""
    month = f"to_char(current_date + interval '{ahead} months', 'YYYY_MM')"
    return f"do $$ begin execute 'drop table allocation_' || {month}; end $$"


PLANTED = [
    ("balances", "update member set available[1] = available[1] + 1 where member_id = 'm-2'", "corner/m-2/reward"),
    ("lots", "update allocation set points = points + 1 where ctid = (select min(ctid) from allocation)", "/reward"),
    ("lots_whole", "update allocation set points = points + 100000 where member_id = 'm-3'", "corner/m-3/"),
    ("debits", "delete from allocation where member_id = 'm-1'", "corner/m-1/reward"),
    ("arithmetic", f"update posting set basis = basis + 1 where posting_id = {ONE}", "corner/m-1/"),
    ("once", copied("posting", "'posting_id', gen_random_uuid()", f"posting_id = {ONE}"), "corner/m-1/"),
    (
        "reversals",
        copied(
            "posting",
            "'posting_id', gen_random_uuid(), 'kind', 'reversed', 'points', -o.points - 1, "
            "'desired_points', -o.points - 1, 'reverses', o.posting_id",
            f"posting_id = {ONE}",
        ),
        "corner/m-1/",
    ),
    ("grants", "update grant_revocation set units = 99 where member_id = 'm-1'", "corner/m-1/"),
    (
        "redemptions",
        copied("redemption", "'state', 'voided', 'member_version', 98", "state = 'captured' and member_id = 'm-2'")
        + ";"
        + copied("redemption", "'state', 'captured', 'member_version', 99", "member_version = 98"),
        "corner/m-2/",
    ),
    (
        "roll_forward",
        "update member set pending[1] = pending[1] + 7 where member_id = 'm-2'",
        "corner/reward/2026-01-01",
    ),
    (
        "journal",
        "update journal set events = events + 1 where seq = (select min(seq) + 4 from journal)",
        "loyalty.events/",
    ),
    ("lanes", "update lane set next = next + 1 where topic like '%events' and partition = 2", "loyalty.events/2/1"),
    ("versions", "update member set version = version + 1 where member_id = 'm-1'", "members"),
    ("outbox", "delete from outbox where seq = (select seq from outbox order by message_count desc, seq limit 1)", ""),
    ("months", without_storage(3), "allocation_"),
    ("trail", "update audit_trail set person = 'sun-lei' where trail_number = 2", "000000000002"),
]

NUMBERED = [
    ("journal", "seq"),
    ("outbox", "seq"),
    *(
        (table, "journal_seq")
        for table in ("posting", "tier_change", "benefit_grant", "signal", "redemption", "refusal")
    ),
]


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    return registered(tmp_path)


async def attended(desk: Desk) -> None:
    """The story, and three deeds of people in it."""
    await lived(desk)
    for number in range(3):
        async with desk.handler.ledger.transaction() as transaction:
            who = Who("corner", "operator", "li-wei", "key", f"r-{number}")
            await tell(transaction.session, who, Entry("key-made", f"key/k-{number}", None, {"number": number}))


async def test_everything_is_looked_at_and_holds(desk: Desk) -> None:
    await attended(desk)
    found = await audited(desk.handler.ledger.pool)
    assert [(one.name, one.first) for one in found if one.wrong] == []
    assert [one.name for one in found if not one.looked_at] == ["reversals"]


async def test_a_row_that_belongs_to_no_month_is_found_and_a_month_far_ahead_may_lack(desk: Desk) -> None:
    """Twenty-six months ahead, beyond the 24 that `points init` adds, a row goes where all the rest lies."""
    await attended(desk)
    await desk.owner.execute("set session_replication_role = replica")
    await desk.owner.execute(without_storage(4))
    assert await months(desk) == (20, 0, None)
    late = copied("outbox", "'seq', 1000000", "seq = (select min(seq) from outbox)")
    await desk.owner.execute(late.replace("now()", "now() + interval '26 months'"))
    assert await months(desk) == (20, 1, "outbox_default")


async def test_batches_that_were_recorded_together_have_numbers_between_each_others(desk: Desk) -> None:
    """Those of two batches one after the other, dealt in turn as if both had drawn theirs at once."""
    await attended(desk)
    await desk.owner.execute("set session_replication_role = replica")
    batches = (
        "select array_agg(seq order by seq) from journal group by recorded_at having count(*) > 1 order by min(seq)"
    )
    one, other = (row[0] for row in (await desk.owner.fetch(batches))[1:3])
    numbers = sorted(one + other)
    swapped = [*zip(one, numbers[::2], strict=False), *zip(other, numbers[1::2], strict=False)]
    assert sorted(to for _, to in swapped) == numbers != [to for _, to in swapped]
    for table, column in NUMBERED:
        for was, to in [*((was, -to) for was, to in swapped), *((-to, to) for _, to in swapped)]:
            await desk.owner.execute(f"update {table} set {column} = $2 where {column} = $1", was, to)
    found = {check.name: check for check in await checks(desk.owner)}["outbox"]
    assert (found.wrong, found.first) == (0, None)


async def months(desk: Desk) -> tuple[int, int, str | None]:
    """Four tables, each for four months and for the rest."""
    found = {one.name: one for one in await checks(desk.owner)}["months"]
    return found.looked_at, found.wrong, found.first


async def test_each_check_finds_what_is_planted(desk: Desk) -> None:
    """By name, and where it is one row, that row."""
    await attended(desk)
    await desk.owner.execute("set session_replication_role = replica")
    assert {f"audit_{name}" for name, _, _ in PLANTED} == CHECKS.keys()
    for name, planted, first in PLANTED:
        begun = desk.owner.transaction()
        await begun.start()
        await desk.owner.execute("alter table posting drop constraint posting_pk")
        assert await desk.owner.execute(planted) not in ("UPDATE 0", "DELETE 0", "INSERT 0 0"), name
        found = {one.name: one for one in await checks(desk.owner)}
        await begun.rollback()
        assert found[name].wrong > 0, name
        assert first in (found[name].first or "nothing"), found[name]
