"""Ledger rows are for ever: the application has no right to change them, and nobody's statement does."""

from typing import Any

import asyncpg
import pytest

from engine.store.connect import ROLE
from tests.engine.store.conftest import Desk
from tests.engine.store.wrong_of_api import RIGHT_OF_API
from tests.engine.store.wrong_of_channels import RIGHT_OF_CHANNELS
from tests.engine.store.wrong_of_four_eyes import decide
from tests.engine.store.wrong_of_programs import RIGHT_OF_PROGRAMS
from tests.engine.store.wrong_of_staff import RIGHT_OF_STAFF, proposal

LEDGER = {
    "posting": "points = points + 1",
    "journal": "events = 0",
    "tier_change": "to_tier = 'gold'",
    "benefit_grant": "units = 99",
    "refusal": "reason = 'none'",
    "seen": "fingerprint = key",
    "program_version": "text = ''",
    "business_day": "reason = 'other'",
    "day_close": "reason = 'other'",
}
KEPT_OF_THE_API = {
    "api_answer": "status = 200",
    "merchant_reference": "member_id = 'm'",
    "code": "expires_at = 'infinity'",
    "code_use": "reference = ''",
    "signal_work": "person = 'other'",
    "staff_request": "fingerprint = ''",
    "program_candidate": "text = ''",
    "program_backtest": "report = ''",
    "audit_trail": "person = 'other'",
}
CHANGES = [
    (table, verb)
    for table, change in (LEDGER | KEPT_OF_THE_API).items()
    for at in [f"points.{table}"]
    for verb in (f"update {at} set {change}", f"delete from {at}", f"truncate {at} cascade")
]


async def test_the_application_may_not_change_the_ledger(desk: Desk, some: Any) -> None:
    await desk.handle(*some(400))
    for table, verb in CHANGES:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=table):
            await _as_application(desk, verb)


async def test_nor_does_the_owners_statement(desk: Desk, some: Any) -> None:
    await desk.handle(*some(400))
    await desk.close("2026-01-31")
    for row in (*RIGHT_OF_API, *RIGHT_OF_CHANNELS, *RIGHT_OF_STAFF, *RIGHT_OF_PROGRAMS):
        await desk.owner.execute(row)
    for table, verb in CHANGES:
        assert await desk.value(f"select count(*) from points.{table}") > 0
        with pytest.raises(asyncpg.RestrictViolationError, match="never changed"):
            await desk.owner.execute(verb)


async def test_months_of_the_ledger_are_not_a_way_around(desk: Desk, some: Any) -> None:
    """The partitions that hold the rows are as closed as the tables."""
    await desk.handle(*some(100))
    for table in ("posting", "journal", "seen"):
        place = await desk.value(f"select tableoid::regclass::text from points.{table} limit 1")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _as_application(desk, f"delete from points.{place.removeprefix('points.')}")
        with pytest.raises(asyncpg.RestrictViolationError):
            await desk.owner.execute(f"delete from points.{place.removeprefix('points.')}")
        with pytest.raises(asyncpg.RestrictViolationError):
            await desk.owner.execute(f"truncate points.{place.removeprefix('points.')}")


async def test_no_table_of_the_ledger_is_left_out(desk: Desk) -> None:
    """What has rows of decisions, by its number in the journal: nobody may change one, and the trigger is there.

    But for balances by day, of which the newest stands: they change as members do, and are compared as members are.
    """
    found = await desk.rows(
        "select c.relname as name, has_table_privilege($1, c.oid, 'update, delete, truncate') as may, "
        "exists (select from pg_trigger t "
        "        where t.tgrelid = c.oid and t.tgname = c.relname || '_append_only') as barred "
        "from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname in ('journal_seq', 'trail_number') "
        "where c.relnamespace = 'points'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition "
        "and c.relname <> 'balance_day'",
        ROLE,
    )
    names = {row["name"] for row in found}
    assert names >= {
        "audit_trail",
        "posting",
        "allocation",
        "lot_release",
        "tier_change",
        "benefit_grant",
        "redemption",
        "signal",
    }
    assert [row["name"] for row in found if row["may"] or not row["barred"]] == []


@pytest.mark.parametrize("table", ["bank", "source", "registry", "migration"])
async def test_the_application_may_not_register_anything(desk: Desk, table: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _as_application(desk, f"insert into points.{table} default values")


async def _as_application(desk: Desk, sql: str) -> None:
    async with desk.owner.transaction():
        await desk.owner.execute(f"set local role {ROLE}")
        await desk.owner.execute(sql)


async def test_the_application_adds_only_versions_that_were_approved_and_budgets_only_with_them(desk: Desk) -> None:
    """That two people approved is looked at a second time, when the transaction ends."""
    columns = "bank, from_day, program, program_hash, semantics, text"
    version = (
        f"insert into points.program_version ({columns}) values ('corner', '2030-01-01', 'p', sha256('t'), 1, 't')"
    )
    budget = "insert into points.budget (bank, budget_id, units) values ('corner', 'more', 5)"
    for wrong, named in ((version, "program_version_was_approved"), (budget, "budget_comes_with_a_version")):
        with pytest.raises(asyncpg.RestrictViolationError) as refused:
            await _as_application(desk, wrong)
        assert refused.value.constraint_name == named
    subject = "'program/' || encode(sha256('t'), 'hex')"
    agreed = proposal(kind="'program-activation'", subject=subject), decide("carried-out")
    await _as_application(desk, "; ".join((*agreed, version, budget)))
    assert await desk.value("select units from budget where budget_id = 'more'") == 5
