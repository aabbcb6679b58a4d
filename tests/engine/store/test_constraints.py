"""Every invariant is asserted a second time, by a named constraint: a wrong row, and the name that refuses it."""

from typing import Any

import asyncpg
import pytest

from tests.engine.store.conftest import Desk
from tests.engine.store.wrong_of_api import WRONG_OF_API
from tests.engine.store.wrong_of_channels import WRONG_OF_CHANNELS
from tests.engine.store.wrong_of_four_eyes import alone, key, shop
from tests.engine.store.wrong_of_profiles import WRONG_OF_PROFILES
from tests.engine.store.wrong_of_programs import RIGHT_OF_PROGRAMS, WRONG_OF_PROGRAMS
from tests.engine.store.wrong_of_settlement import RIGHT_OF_SETTLEMENT, WRONG_OF_SETTLEMENT
from tests.engine.store.wrong_of_staff import RIGHT_OF_STAFF, RIGHT_PROPOSALS, WRONG_OF_STAFF
from tests.engine.store.wrong_of_webhooks import RIGHT_OF_WEBHOOKS, WRONG_OF_WEBHOOKS

LANE = "'t', 0, 1"
DAY = "'2026-01-01'"
ID = "'00000000-0000-0000-0000-000000000001'"


def posting(**wrong: str) -> str:
    row = {
        "posting_id": ID, "bank": "'corner'", "member_id": "'m'", "member_version": "1", "event_key": ID,
        "rule_id": "'r'", "kind": "'base'", "program_hash": r"'\x00'", "semantics": "1", "point_type": "'reward'",
        "points": "5", "desired_points": "5", "capped_by": "null", "basis": "5", "rate_numerator": "1",
        "rate_denominator": "1", "rounding": "'down'", "event_day": "'2026-01-02'", "business_date": "'2026-01-02'",
        "occurred_at": "'2026-01-02'", "expires_on": "null", "balance_after": "5", "journal_seq": "1",
    } | wrong  # fmt: skip
    return f"insert into posting ({', '.join(row)}) values ({', '.join(row.values())})"


def member(**wrong: str) -> str:
    row = {
        "bank": "'corner'", "member_id": "'m'", "version": "1", "status": "'enrolled'", "partition": "0",
        "point_types": "'{a}'", "available": "'{1}'", "pending": "'{0}'", "held": "'{0}'", "deficit": "'{0}'",
    } | wrong  # fmt: skip
    return f"insert into member ({', '.join(row)}) values ({', '.join(row.values())})"


def journal(asked: int, after: int, length: int) -> str:
    name = "sha256('a')" if length == 32 else r"'\x00'"
    values = f"1, {LANE}, {asked}, {after}, 0, '', '', {name}, {name}, {name}, {name}"
    columns = (
        "seq, topic, partition, generation, asked, next, events, records, context, decided, changed, digest, chain"
    )
    return f"insert into journal ({columns}) values ({values})"


def tier(before: str, after: str, reason: str = "earned", asked: str = "null", approved: str = "null") -> str:
    told = f"{before}, {after}, '{reason}', {DAY}, {DAY}, '', null, null, {asked}, {approved}"
    return f"insert into tier_change values ('b', 'm', 1, {ID}, {told}, 1)"


def grant(units: int, until: str) -> str:
    values = f"{ID}, 'b', 'm', 1, {ID}, 'x', 'n', {units}, 'p', '2026-01-01', '{until}', 't', null, null, ''"
    return f"insert into benefit_grant values ({values}, '2026-01-01', 1)"


def allocation(points: int) -> str:
    return f"insert into allocation values ('b', 'm', 1, {ID}, {ID}, {points}, 1)"


def release(points: int, until: str) -> str:
    return f"insert into lot_release values ('b', 'm', 1, {ID}, {ID}, {points}, '2026-01-01', '{until}', 1)"


def revocation(units: int, reason: str) -> str:
    values = f"{ID}, 'b', 'm', 1, {ID}, 'x', 'n', {units}, '{reason}', '2026-01-01', 1"
    return f"insert into grant_revocation values ({values})"


def redemption(**wrong: str) -> str:
    row = {
        "redemption_id": ID, "bank": "'b'", "member_id": "'m'", "member_version": "1", "event_key": ID,
        "state": "'captured'", "merchant": "'s'", "merchant_ref": "'r'", "network": "'n'", "request": ID,
        "point_type": "'reward'", "points": "9", "captured": "8", "returned": "7", "expired": "6", "units": "0",
        "lots": f"array[{ID}]::uuid[]", "lot_points": "'{1}'", "grants": "'{}'", "grant_units": "'{}'",
        "used_on": DAY, "occurred_at": DAY, "program_hash": "''", "journal_seq": "1",
    } | wrong  # fmt: skip
    return f"insert into redemption ({', '.join(row)}) values ({', '.join(row.values())})"


REFUSAL = f"insert into refusal values ('b', 'm', 1, {ID}, 'r', 'd', 1)"
SIGNAL = (f"insert into signal values ({ID}, 'b', 'm', 1, {ID}, 'quiet', null, {{0}}, null, null, null, null, 'CNY', "
          f"{DAY}, {DAY}, {DAY}, '', 1)")  # fmt: skip
LEASE = "insert into budget values ('corner', 'x', 5, 0); insert into budget_lease values ('corner', {0}, {1}, {2})"
VERSION = "insert into program_version (bank, from_day, program, program_hash, semantics, text) values "
DEAD = "insert into dead_letter values ('t', 0, 1, 0, 0, 'r', 'd', null, null, '[]', '')"
ANNOUNCED = f"insert into business_day values ({{0}}, {DAY}, '/s', {{1}}, {ID}, null)"
CLOSED = "insert into day_close values ({0}, {1}, {2}, null)"
PROGRESS = f"insert into close_progress values ('corner', {LANE}, {DAY}, {DAY}, {{0}}, false)"
WRONG = [
    ("registry_pk", "insert into registry default values"),
    ("registry_has_one_row", "insert into registry values (false)"),
    ("bank_pk", "insert into bank values ('corner')"),
    ("bank_is_a_slug", "insert into bank values ('Bank One')"),
    ("source_pk", "insert into source values ('/banks/corner/cards', 'corner', '{a}')"),
    ("source_of_a_bank", "insert into source values ('/s', 'nobody', '{a}')"),
    ("source_sends_something", "insert into source values ('/s', 'corner', '{}')"),
    ("program_version_pk", VERSION + "('corner', '2026-01-01', 'p', sha256('a'), 1, 'a')"),
    ("program_version_hash_once", VERSION + "('corner', '2027-01-01', 'p', sha256('a'), 1, 'a'), "
     "('corner', '2028-01-01', 'p', sha256('a'), 1, 'a')"),
    ("program_version_of_a_bank", VERSION + "('nobody', '2027-01-01', 'p', sha256('a'), 1, 'a')"),
    ("program_version_hash_is_of_the_text", VERSION + "('corner', '2027-01-01', 'p', sha256('b'), 1, 'a')"),
    ("budget_pk", "insert into budget values ('corner', 'x', 5, 0), ('corner', 'x', 6, 0)"),
    ("budget_of_a_bank", "insert into budget values ('nobody', 'x', 5, 0)"),
    ("budget_never_overdrawn", "insert into budget values ('corner', 'x', 5, 6)"),
    ("budget_lease_pk", LEASE.format("'x'", LANE, 1) + f", ('corner', 'x', {LANE}, 1)"),
    ("budget_lease_of_a_budget", LEASE.format("'y'", LANE, 1)),
    ("budget_lease_never_overdrawn", LEASE.format("'x'", LANE, -1)),
    ("lane_pk", "insert into lane values ('loyalty.events', 0, 1)"),
    ("lane_position_not_negative", "insert into lane values ('t', 0, 1, -1)"),
    ("lane_partition_not_negative", "insert into lane values ('t', -1, 1)"),
    ("lane_pause_pk", f"insert into lane_pause values ({LANE}, 0, 'r'), ({LANE}, 1, 'r')"),
    ("lane_defect_pk", f"insert into lane_defect values ({LANE}, 0, 1, 'r'), ({LANE}, 0, 1, 'r')"),
    ("lane_defect_happened", f"insert into lane_defect values ({LANE}, 0, 0, 'r')"),
    ("quarantine_pk", f"insert into quarantine values ({LANE}, 0), ({LANE}, 0)"),
    ("business_day_pk", ANNOUNCED.format("'corner'", DAY) + ";" + ANNOUNCED.format("'corner'", DAY)),
    ("business_day_of_a_bank", ANNOUNCED.format("'nobody'", DAY)),
    ("business_day_closes_itself", ANNOUNCED.format("'corner'", "'2025-12-31'")),
    ("day_close_pk", CLOSED.format("'corner'", DAY, DAY) + ";" + CLOSED.format("'corner'", DAY, "'2026-01-02'")),
    ("day_close_through_once",
     CLOSED.format("'corner'", DAY, "'2026-01-02'") + ";" + CLOSED.format("'corner'", "'2026-01-02'", "'2026-01-02'")),
    ("day_close_of_a_bank", CLOSED.format("'nobody'", DAY, DAY)),
    ("day_close_closes_itself", CLOSED.format("'corner'", DAY, "'2025-12-31'")),
    ("close_progress_pk", PROGRESS.format(1) + ";" + PROGRESS.format(2)),
    ("close_progress_members_not_negative", PROGRESS.format(-1)),
    ("seen_pk", f"insert into seen values ({ID}, {ID}), ({ID}, {ID})"),
    ("member_pk", member() + ";" + member()),
    ("member_status_known", member(status="'happy'")),
    ("member_version_positive", member(version="0")),
    ("member_score_not_negative", member(score="-1")),
    ("member_available_not_negative", member(available="'{-1}'")),
    ("member_pending_not_negative", member(pending="'{-1}'")),
    ("member_held_not_negative", member(held="'{-1}'")),
    ("member_deficit_not_negative", member(deficit="'{-1}'")),
    ("member_balances_of_one_length", member(held="'{0,0}'")),
    ("balance_day_pk", "insert into balance_day values "
     + ", ".join([f"('b', 'a', '2026-01-01', 'm', 'p', 'CNY', 1, 1, {ID})"] * 2)),
    ("journal_pk", journal(0, 1, 32) + ";" + journal(0, 1, 32)),
    ("journal_never_goes_back", journal(5, 4, 32)),
    ("journal_digest_is_sha256", journal(0, 1, 1)),
    ("posting_pk", posting() + ";" + posting()),
    ("posting_kind_known", posting(kind="'gift'")),
    ("posting_within_desired", posting(points="6", capped_by="'x'")),
    ("posting_within_desired", posting(points="-1", capped_by="'x'")),
    ("posting_within_desired", posting(points="-1", desired_points="-2", capped_by="'x'")),
    ("posting_within_desired", posting(points="0", desired_points="0")),
    ("posting_within_desired", posting(kind="'reversed'", points="-2", desired_points="-1", capped_by="'x'")),
    ("posting_cut_is_named", posting(points="4")),
    ("posting_cut_is_named", posting(capped_by="'x'")),
    ("posting_rate_is_a_fraction", posting(rate_denominator="0")),
    ("posting_expires_after_it_was_earned", posting(expires_on="'2026-01-02'")),
    ("posting_balance_not_negative", posting(balance_after="-1")),
    ("allocation_pk", allocation(1) + ";" + allocation(1)),
    ("allocation_of_something", allocation(0)),
    ("lot_release_pk", release(1, "2026-02-01") + ";" + release(1, "2026-02-01")),
    ("lot_release_of_something", release(0, "2026-02-01")),
    ("lot_release_valid_some_time", release(1, "2026-01-01")),
    ("tier_change_pk", tier("null", "'a'") + ";" + tier("null", "'a'")),
    ("tier_change_changes", tier("'a'", "'a'")),
    ("tier_change_by_hand_has_four_eyes", tier("'a'", "'b'", "manual", "'x'", "'x'")),
    ("tier_change_by_hand_has_four_eyes", tier("'a'", "'b'", "manual")),
    ("tier_change_by_hand_has_four_eyes", tier("'a'", "'b'", "review", "'x'", "'y'")),
    ("benefit_grant_pk", grant(1, "2026-02-01") + ";" + grant(1, "2026-02-01")),
    ("benefit_grant_of_something", grant(0, "2026-02-01")),
    ("benefit_grant_valid_some_time", grant(1, "2026-01-01")),
    ("grant_revocation_pk", revocation(1, "converted") + ";" + revocation(1, "converted")),
    ("grant_revocation_of_something", revocation(0, "converted")),
    ("grant_revocation_reason_known", revocation(1, "whim")),
    ("redemption_pk", redemption() + ";" + redemption()),
    ("redemption_state_known", redemption(state="'asked'")),
    ("redemption_of_something", redemption(points="0", captured="0", returned="0", expired="0")),
    ("redemption_of_something", redemption(point_type="null")),
    ("redemption_within_bounds", redemption(captured="10")),
    ("redemption_within_bounds", redemption(returned="9")),
    ("redemption_within_bounds", redemption(expired="8")),
    ("redemption_within_bounds", redemption(expired="-1")),
    ("redemption_parts_are_pairs", redemption(lot_points="'{1,2}'")),
    ("redemption_parts_are_pairs", redemption(grant_units="'{1}'")),
    ("signal_pk", SIGNAL.format("'high'") + ";" + SIGNAL.format("'high'")),
    ("signal_priority_known", SIGNAL.format("'urgent'")),
    ("refusal_pk", REFUSAL + ";" + REFUSAL),
    ("source_of_a_merchant_uploads_alone", "insert into source values ('/s', 'corner', '{bill.paid.v1}', 'shop')"),
    ("outbox_pk", "insert into outbox (seq, messages, message_count) values (1, '', 1), (1, '', 1)"),
    ("outbox_says_something", "insert into outbox (seq, messages, message_count) values (1, '', 0)"),
    ("dead_letter_pk", DEAD + ";" + DEAD),
    *WRONG_OF_API,
    *WRONG_OF_CHANNELS,
    *WRONG_OF_PROFILES,
    *WRONG_OF_SETTLEMENT,
    *WRONG_OF_PROGRAMS,
    *WRONG_OF_STAFF,
    *WRONG_OF_WEBHOOKS,
    ("api_key_was_approved", alone(key())),
    ("merchant_was_approved", alone(shop())),
]  # fmt: skip


async def test_every_constraint_refuses_its_wrong_row_by_name(desk: Desk) -> None:
    """In one transaction each, rolled back."""
    for name, sql in WRONG:
        with pytest.raises(
            asyncpg.IntegrityConstraintViolationError, match=rf'"({name}|{name.removesuffix("_pk")}_\w+_pkey)"'
        ):
            await desk.owner.execute(f"begin; {sql}; rollback")
        await desk.owner.execute("rollback")


async def test_a_redemption_ends_once(desk: Desk) -> None:
    """It is voided, lapses or is wholly reversed, and only one of these."""
    await desk.owner.execute(redemption(state="'voided'"))
    with pytest.raises(asyncpg.UniqueViolationError, match="redemption_ends_once"):
        await desk.owner.execute(redemption(state="'lapsed'", member_version="2"))


async def test_no_constraint_is_left_out(desk: Desk) -> None:
    """Each named constraint of the schema, but those that PostgreSQL names for partitions and columns."""
    found = await desk.rows(
        "select conname from pg_constraint where connamespace = 'points'::regnamespace and contype <> 'n' "
        "and coninhcount = 0 and conname not like 'migration%'"
    )
    tried = {name.replace(".*", "") for name, _ in WRONG}
    assert {row["conname"] for row in found} == tried


async def test_a_right_row_is_taken(desk: Desk) -> None:
    """So the rows above fail for their one fault alone."""
    rights: list[Any] = [posting(), member(), journal(0, 1, 32), tier("null", "'a'"), grant(1, "2026-02-01"), REFUSAL]
    rights += [posting(points="-1", desired_points="-1", rule_id="'expiry'"), allocation(1)]
    unit = {"point_type": "null", "points": "0", "captured": "0", "returned": "0", "expired": "0", "units": "1"}
    rights += [revocation(1, "downgraded"), redemption(), redemption(member_version="2", benefit_id="'x'", **unit)]
    rights += [SIGNAL.format("'low'"), release(1, "2026-02-01"), tier("'a'", "'a'", "manual", "'x'", "'y'")]
    kept = [*RIGHT_OF_PROGRAMS, *RIGHT_OF_SETTLEMENT, *RIGHT_OF_STAFF, *RIGHT_PROPOSALS, *RIGHT_OF_WEBHOOKS]
    for sql in [*rights, DEAD, *kept]:
        await desk.owner.execute(sql)
    assert await desk.value("select count(*) from posting") == 2
