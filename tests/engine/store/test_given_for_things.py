"""Points given for a policy or an account: what later events about the same do to them, read from a real ledger."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.traffic import Sent, event, sent
from tests.corner import corner_bank
from tests.engine.store.conftest import Desk
from tests.engine.store.test_past import BALANCES, OPEN

PROGRAM = """
program: corner-bank
semantics: 1
version: 2026-01-01
time_zone: UTC
currency: CNY
points: {reward: {spendable: true}}
earn:
  - id: premium
    on: insurance.premium-paid
    award: {rate: 1 per 100.00, to: reward}
    pending: {until: insurance.cooling-off-passed, forfeited_by: insurance.ended}
  - id: fund
    on: wealth.subscribed
    award: {rate: 1 per 100.00, to: reward}
    vest: {parts: 4, every_months: 1, forfeited_by: wealth.redeemed}
  - id: deposit
    on: term-deposit.opened
    award: {rate: 1 per 100.00, to: reward}
    taken_back_by: term-deposit.withdrawn-early
"""
POLICY = {"product": "life"}
MONEY = {"currency": "CNY", "product": "term"}


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    """A point for each hundred yuan."""
    return corner_bank(tmp_path, PROGRAM)


def told(kind: str, id_: str, day: int, about: dict[str, Any]) -> Sent:
    return sent(event(f"{kind}.v1", id_, "m-1", datetime(2026, 1, day, 12, tzinfo=UTC), about))


def premium(policy: str, yuan: int) -> Sent:
    money = {"amount_minor": yuan * 100, "annualised_premium_minor": yuan * 100, "currency": "CNY"}
    return told("insurance.premium-paid", f"paid-{policy}", 5, {
        **POLICY, **money, "policy": policy, "payment_term_years": 1, "policy_month": 1,
    })  # fmt: skip


def deposit(kind: str, id_: str, day: int, yuan: int, *, left: int) -> Sent:
    return told(f"term-deposit.{kind}", id_, day, {
        **MONEY, "account": "t-1", "amount_minor": yuan * 100, "balance_minor": left * 100,
        **({"tenor_months": 12} if kind == "opened" else {}),
    })  # fmt: skip


STORY = [
    premium("p-1", 5000),
    premium("p-2", 700),
    told("insurance.cooling-off-passed", "passed-1", 10, {**POLICY, "policy": "p-1"}),
    told("insurance.ended", "ended-2", 11, {**POLICY, "policy": "p-2", "cause": "cancelled"}),
    told("wealth.subscribed", "fund", 12, {
        "holding": "h-1", "product": "fund", "amount_minor": 1_030_000, "currency": "CNY", "risk_class": 2,
    }),
    deposit("opened", "opened-1", 13, 10_000, left=10_000),
    deposit("withdrawn-early", "withdrawn-1", 14, 4_000, left=6_000),
]  # fmt: skip
"""50 are released, 7 forfeited; 103 wait in parts of 25, 26, 26 and 26; of 100 stay 60."""


@pytest.mark.parametrize("size", [1, 2, len(STORY)])
async def test_what_is_given_for_a_thing_is_found_again_in_batches_of_any_size(desk: Desk, size: int) -> None:
    for at in range(0, len(STORY), size):
        await desk.handle(*STORY[at : at + size])
    assert tuple((await desk.rows("select available, pending, deficit from balance"))[0]) == (110, 103, 0)
    assert await desk.rows(OPEN) == await desk.rows(BALANCES)
    await desk.close("2026-02-11")
    assert tuple((await desk.rows("select available, pending, deficit from balance"))[0]) == (135, 78, 0)
    sold = {"holding": "h-1", "product": "fund", "amount_minor": 1_030_000, "currency": "CNY"}
    await desk.handle(sent(event("wealth.redeemed.v1", "sold", "m-1", datetime(2026, 2, 20, tzinfo=UTC), sold)))
    assert tuple((await desk.rows("select available, pending, deficit from balance"))[0]) == (135, 0, 0)
    assert await desk.rows(OPEN) == await desk.rows(BALANCES)
