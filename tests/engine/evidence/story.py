"""A small bank whose few events leave rows in every table of the ledger, by a program that needs all of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.chaos.traffic import Sent, event, purchase, sent
from tests.corner import corner_bank
from tests.engine.store.conftest import Desk

PROGRAM: Final = """
program: corner-bank
semantics: 1
version: 2026-01-01
time_zone: UTC
currency: CNY
points: {reward: {spendable: true, expires: {after_months: 1, at: month-end}}}
metrics: {spend: {sum: card.purchased.amount, over: lifetime}}
budgets: {spring: {points: 100000}}
earn:
  - {id: purchase, on: card.purchased, award: {rate: 1 per full 1.00, to: reward}, budget: spring}
  - {id: salary, on: payroll.credited, award: {rate: 1 per 100.00, to: reward}, pending: {days: 7}}
tiers:
  ladder: [{id: plain}, {id: silver, any: [{spend: 1000.00}]}]
benefits:
  lounge: {network: air, units: {silver: 6}, per: calendar-year, converts_to: {ride: {units: 2, for: 1}}}
  ride: {network: taxi, valid_days: 30}
signals:
  - {id: birthday, when: {birthday_in_days: 3}}
"""
NOON: Final = datetime(2026, 1, 15, 12, tzinfo=UTC)
MEMBERS: Final = ("m-1", "m-2", "m-3")
TABLES: Final = (
    "select distinct tgrelid::regclass::text as name from pg_trigger join pg_class on pg_class.oid = tgrelid "
    "where tgname like '%_append_only' and not relispartition order by name"
)
"""The tables that nobody's statement may change."""


def registered(folder: Path) -> Path:
    """The bank's file of banks, written into a folder."""
    return corner_bank(folder, PROGRAM)


def told(type_: str, member: str, minutes: int, **about: Any) -> Sent:
    """An event of a member, so many minutes past noon; a sequence is its envelope's."""
    within = {"sequence": about.pop("sequence")} if "sequence" in about else {}
    one = event(f"{type_}.v1", f"{type_}-{minutes}-{member}", member, NOON + timedelta(minutes=minutes), about)
    return sent(one | within)


def of_member(member: str) -> list[Sent]:
    """What one member does: joins, buys, is paid, spends, converts, and asks for what it may not have."""
    money = {"currency": "CNY", "account": f"acc-{member}"}
    shop: dict[str, Any] = {"merchant": "shop-1", "network": "food"}
    return [
        told("member.enrolled", member, 0, birth_month=2, birth_day=20, segments=["farmer"], branch="b-1"),
        sent(purchase(f"big-{member}", member, NOON + timedelta(minutes=1), minor=120_000)),
        told("payroll.credited", member, 2, amount_minor=900_000, kind="salary", **money),
        told("deposit.balance-changed", member, 3, balance_minor=5_000_000, product="demand", sequence=1, **money),
        told("deposit.balance-changed", member, 4, balance_minor=9_000_000, product="demand", sequence=2, **money),
        told("redemption.hold-requested", member, 5, merchant_ref=f"r1-{member}", points=100, **shop),
        told("redemption.capture-requested", member, 6, merchant="shop-1", merchant_ref=f"r1-{member}", points=60),
        told("benefit.conversion-requested", member, 7, benefit="lounge", into="ride"),
        told("redemption.requested", member, 8, merchant_ref=f"r2-{member}", points=900_000, **shop),
    ]


async def lived(desk: Desk) -> None:
    """Two months of the bank: in January everything happens, in February what waited comes and what is old goes."""
    for at in range(9):
        await desk.handle(*(of_member(member)[at] for member in MEMBERS))
    await desk.handle(Sent(b"corner/m-1", b"not JSON"), sent(purchase("big-m-1", "m-1", minor=1)))
    await desk.close("2026-01-31")
    await desk.close("2026-02-28")
