"""The ranking, assets and flows of a bank, from rows written by hand; figures are worked beside them."""

import json
from datetime import date, timedelta
from typing import Any

from engine.cli.report import read
from tests.engine.store.conftest import Desk

NEWEST = date(2026, 6, 30)


async def _member(desk: Desk, member_id: str, tier: str, score: int, **holdings: list[Any]) -> None:
    await desk.owner.execute(
        "insert into points.member (bank, member_id, partition, version, status, tier, score, state) "
        "values ('corner', $1, 0, 1, 'enrolled', $2, $3, $4)",
        member_id, tier, score, json.dumps({"holdings": holdings}),
    )  # fmt: skip


async def _balance(desk: Desk, account: str, member_id: str, days_ago: int, minor: int) -> None:
    await desk.owner.execute(
        "insert into points.balance_day values ('corner', $1, $2, $3, 'demand', 'CNY', $4, 1, gen_random_uuid())",
        account, NEWEST - timedelta(days=days_ago), member_id, minor,
    )  # fmt: skip


def holding(family: str, minor: int, *, is_open: bool = True, currency: str = "CNY") -> list[Any]:
    return [family, "any", minor, currency, "2026-06-01", 0, is_open]


async def test_what_is_reported_of_a_bank(desk: Desk) -> None:
    """20 % of six members are 1.2, rounded up to two; a closed account and another bank's members count for nothing."""
    await _member(desk, "m-1", "vip", 700, a=holding("deposits", 500), b=holding("wealth", 300))
    await _member(desk, "m-2", "vip", 900, c=holding("deposits", 40), d=holding("deposits", 60, is_open=False))
    await _member(desk, "m-3", "core", 700, e=holding("deposits", 7, currency="USD"))
    for number in (4, 5, 6):
        await _member(desk, f"m-{number}", "core", 10)
    # m-1 held 1,000 thirty days ago and 400 now; m-2 had 100 before and 850 now; m-3 came with 30; m-4 stands still
    for account, member_id, days_ago, minor in (
        ("a", "m-1", 31, 900), ("a", "m-1", 30, 1000), ("a", "m-1", 3, 700), ("a", "m-1", 0, 400),
        ("c", "m-2", 200, 100), ("c", "m-2", 1, 850), ("e", "m-3", 5, 30), ("f", "m-4", 40, 5), ("f", "m-4", 2, 5),
    ):  # fmt: skip
        await _balance(desk, account, member_id, days_ago, minor)
    found = await read(desk.owner, "corner", 20, (30, 10))
    assert [(row["place"], row["member_id"]) for row in found["ranking"]] == [(1, "m-2"), (2, "m-1")]
    assert [tuple(row.values()) for row in found["assets"]] == [
        ("core", "deposits", "USD", 1, 7),
        ("vip", "deposits", "CNY", 2, 540),
        ("vip", "wealth", "CNY", 1, 300),
    ]
    assert [(row["way"], row["member_id"], row["flow_minor"]) for row in found["flows"]] == [
        ("in", "m-2", 750),
        ("in", "m-3", 30),
        ("out", "m-1", -600),
    ]
    assert await read(desk.owner, "nowhere", 20, (30, 10)) == {"ranking": [], "assets": [], "flows": []}
