"""What is kept about a customer is told whole, forgotten when two people say so, and finance sees what it is worth."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.chaos.traffic import event, sent
from tests.engine.api.conftest import OTHER_BANK
from tests.engine.staff.conftest import Office, adjustment

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEPT_BY_MEMBER = """
    select c.table_name, array_agg(c.column_name::text) as names
    from information_schema.columns c
    join pg_class t on t.relname = c.table_name and t.relnamespace = 'points'::regnamespace
    where c.table_schema = 'points' and t.relkind in ('r', 'p') and not t.relispartition
    group by c.table_name having 'member_id' = any (array_agg(c.column_name::text))"""
BESIDE = {"signal_work", "proposal", "audit_trail"}
"""Tables that name the member in another way: by its signal, as the subject."""
SECRET = {("code", "digest")}
TO_FORGET = {"member_key", "erasure"}
"""Not kept about the member, but to seal what is, and until it is forgotten."""

BY_HAND = """
    insert into lot_release values ('corner', '{0}', 1, gen_random_uuid(), gen_random_uuid(), 5, '2026-01-01', null, 1);
    insert into benefit_grant values (gen_random_uuid(), 'corner', '{0}', 1, gen_random_uuid(), 'wash', 'car', 1, 'p',
        '2026-01-01', '2027-01-01', 't', null, null, '', '2026-01-01', 1);
    insert into grant_revocation values (gen_random_uuid(), 'corner', '{0}', 1, gen_random_uuid(), 'wash', 'car', 1,
        'downgraded', '2026-01-01', 1);
    with told as (
        insert into signal values (gen_random_uuid(), 'corner', '{0}', 1, gen_random_uuid(), 'quiet', null, 'high',
            'mgr-7', null, null, null, 'CNY', '2026-01-01', '2026-01-01', '2026-01-01', '', 1)
        returning signal_id
    )
    insert into signal_work (bank, signal_id, state, person, via)
    select 'corner', signal_id, 'done', 'mgr-7', 'channel/app' from told"""
"""Rows that take long stories to come about."""
MANY = """
    insert into lot_release select 'corner', '{0}', n, gen_random_uuid(), gen_random_uuid(), 5, '2026-01-01', null, 1
    from generate_series(1, {1}) n"""


async def export(office: Office, member: str) -> dict[str, list[dict[str, Any]]]:
    auditor = await office.as_("auditor", "zhou-min")
    told = await auditor.get(f"/v1/members/{member}/export")
    assert told.status_code == 200, told.text
    assert told.json()["member_id"] == member
    kept: dict[str, list[dict[str, Any]]] = told.json()["kept"]
    return kept


async def busy(office: Office, member: str) -> None:
    """A member of whom every table has a row, by what happens to it or, where that is rare, by hand."""
    street = office.street
    await street.member(member, 100)
    balance = {"account": f"acc-{member}", "product": "current", "balance_minor": 500, "currency": "CNY"}
    known = event("member.updated.v1", f"told-{member}", member, street.at, {"branch": "br-77", "manager": "mgr-7"})
    held = event("deposit.balance-changed.v1", f"bal-{member}", member, street.at, balance)
    await street.desk.handle(sent(known), sent(held))
    shop = await street.client()
    asked = {"merchant_ref": f"r-{member}", "code": await street.code(member), "points": 10, "capture": True}
    assert (await shop.post("/v1/redemptions", json=asked, headers=street.key())).status_code == 201
    made = await office.propose(adjustment(member, -500))
    assert (await office.decide(made["proposal_id"], "approve", by="chen-jie")).status_code == 422
    await street.owner.execute(BY_HAND.format(member))
    app = await street.client("channel", "mobile-bank")
    chosen = {"balance_changed": True, "expiring_days": 30, "tier_will_change": False}
    put = await app.put(f"/v1/members/{member}/notifications", json=chosen)
    assert put.status_code == 200, put.text


async def test_no_table_and_no_column_about_a_member_is_forgotten(office: Office) -> None:
    """By the database's own catalogue: a new table that names members fails here until the export tells it."""
    await busy(office, "m-all")
    kept = await export(office, "m-all")
    found = await office.street.owner.fetch(KEPT_BY_MEMBER)
    tables = {row["table_name"]: set(row["names"]) for row in found if row["table_name"] not in TO_FORGET}
    assert len(tables) >= 14
    assert tables.keys() | BESIDE == kept.keys()
    for name, columns in tables.items():
        assert set(kept[name][0]) | {column for of, column in SECRET if of == name} == columns, name
    assert [row["points"] for row in kept["posting"] if row["points"] < 0] == [-10]
    assert kept["refusal"][0]["reason"] == "not-enough-points"
    assert kept["member"][0]["state"]["profile"] is not None
    count = await office.street.owner.fetchval("select count(*) from posting where member_id = 'm-all'")
    assert len(kept["posting"]) == count


async def test_who_takes_an_export_slowly_holds_no_session(office: Office) -> None:
    """Twenty megabytes, more than sockets hold: when the first has come the ledger is left, and the rest comes."""
    street = office.street
    await street.member("m-long", 5)
    await street.owner.execute(MANY.format("m-long", 100_000))
    auditor = await office.as_("auditor", "zhou-min")
    async with auditor.stream("GET", "/v1/members/m-long/export") as told:
        assert told.status_code == 200
        parts = told.aiter_bytes()
        text = [await anext(parts)]
        reading = "select count(*) from pg_stat_activity where xact_start is not null and query like $1"
        assert await street.owner.fetchval(reading, "%to_jsonb(n)%") == 0
        text += [part async for part in parts]
    kept = json.loads(b"".join(text))["kept"]
    assert [one["member_version"] for one in kept["lot_release"]] == list(range(1, 100_001))


async def test_an_export_is_told_in_the_trail_and_to_the_banks_people_alone(office: Office) -> None:
    await office.street.member("m-told", 5)
    await export(office, "m-told")
    [(person, action, _, after)] = await office.trail("member/m-told")
    assert (person, action, after) == ("zhou-min", "member-exported", {"member_version": 2})
    for role, bank, status in (
        ("channel", "corner", 403), ("approver", "corner", 403), ("auditor", OTHER_BANK, 404),
        ("operator", "corner", 200),
    ):  # fmt: skip
        client = await office.as_(role, f"{role}-9", bank)
        assert (await client.get("/v1/members/m-told/export")).status_code == status
    assert len(await office.trail("member/m-told")) == 2


async def test_what_a_customer_told_is_forgotten_when_two_people_say_so(office: Office) -> None:
    """The profile and what it chose to be told; the ledger stays, and replay agrees."""
    street = office.street
    joined = event("member.enrolled.v1", "join-e", "m-gone", street.at, {"branch": "br-99", "segments": ["staff-x"]})
    more = event("member.updated.v1", "more-e", "m-gone", street.at + timedelta(seconds=1), {"region": "north-9"})
    await street.desk.handle(sent(joined), sent(more))
    app = await street.client("channel", "mobile-bank")
    chosen = {"balance_changed": True, "expiring_days": 30, "tier_will_change": False}
    assert (await app.put("/v1/members/m-gone/notifications", json=chosen)).status_code == 200
    assert "br-99" in str(await export(office, "m-gone"))
    made = await office.propose(
        {"kind": "erase", "member_id": "m-gone"}, case="pipl-2026-4", reason="asked-by-customer"
    )
    assert (await office.decide(made["proposal_id"], "approve", by="chen-jie")).status_code == 200
    kept = await export(office, "m-gone")
    assert "notification_preference" not in kept
    for word in ("br-99", "staff-x", "north-9"):
        assert word not in str(kept)
    assert await street.owner.fetchval("select count(*) from proposal where case_ref = 'pipl-2026-4'") == 1


async def test_finance_sees_what_is_outstanding(office: Office) -> None:
    """100 and 50 points were earned this month and 30 redeemed: 120 more are open, which at 0.02 yuan are 2.40."""
    street = office.street
    day = street.at.date()
    before = await _liability(office, day, "0.02")
    await street.member("m-fin", 100)
    await street.member("m-fin-2", 50)
    shop = await street.client()
    asked = {"merchant_ref": "r-fin", "code": await street.code("m-fin"), "points": 30, "capture": True}
    assert (await shop.post("/v1/redemptions", json=asked, headers=street.key())).status_code == 201
    after = await _liability(office, day, "0.02")
    assert after["closing"] - before["closing"] == 120
    assert after["redeemed"] - before["redeemed"] == -30
    assert after["liability_minor"] - before["liability_minor"] == 240
    operator = await office.as_("operator", "li-wei")
    for params, status in (
        ({"first": "2026-02-01", "last": "2026-01-31", "cost": "1"}, 422),
        ({"first": "2026-02-01", "last": "2026-02-31", "cost": "1"}, 422),
        ({"first": "2026-02-01", "last": "2026-02-28", "cost": "-1"}, 422),
        ({"first": "2026-02-01", "last": "2026-02-28", "cost": "1", "breakage": "101"}, 422),
    ):
        assert (await operator.get("/v1/liability", params=params)).status_code == status, params
    assert (await (await office.as_("channel", "app")).get("/v1/liability", params=params)).status_code == 403


async def _liability(office: Office, day: Any, cost: str) -> dict[str, int]:
    """The sums of the only spendable type over all months."""
    auditor = await office.as_("auditor", "zhou-min")
    told = await auditor.get(
        "/v1/liability", params={"first": f"{day:%Y-%m-01}", "last": f"{day + timedelta(days=1)}", "cost": cost}
    )
    assert told.status_code == 200, told.text
    [of_type] = told.json()["items"]
    assert of_type["point_type"] == "reward"
    names = ("closing", "redeemed", "liability_minor")
    return {name: sum(one[name] for one in of_type["cohorts"]) for name in names}
