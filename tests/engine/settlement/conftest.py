"""A corner bank with points and benefits, a wash and a cinema that it settles with, and customers who redeem."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.settlement import agreed, contract_file, files, settle
from tests.chaos.traffic import Sent, event, purchase, sent
from tests.corner import corner_bank
from tests.engine.store.conftest import Desk, desk, migrated, owner

__all__ = ["desk", "migrated", "owner"]

PROGRAM = """
program: corner-bank
semantics: 1
version: 2026-01-01
time_zone: UTC
currency: CNY
points: {reward: {spendable: true, expires: {after_months: 24, at: month-end}}}
earn:
  - {id: purchase, on: card.purchased, award: {rate: 1 per full 1.00, to: reward}}
benefits:
  wash: {network: car, units: 3, per: calendar-year, value: {ceiling: 10.00, excess: 2 points per 1.00}}
  film: {network: cinema, units: 9, per: calendar-year, value: {ceiling: 40.00, excess: 2 points per 1.00}}
  show: {network: cinema, units: 5, per: calendar-year}
"""
CONTRACTS = """
bank: corner
currency: CNY
merchants:
  shop-1:
    - {from: 2026-01-01, benefit: wash, pays: 30.00 per unit, funded_by: {bank: 2/3, lube: 1/3}}
    - {from: 2026-01-01, points: reward, pays: 1.00 per 300 points, funded_by: {bank: 70%, lube: 20%, merchant: 10%}}
  cinema:
    - {from: 2026-01-01, benefit: film, pays: 80% of price, without_price: 25.00, funded_by: {bank: 50%, merchant: 50%}}
    - {from: 2026-01-01, benefit: show, pays: 80% of price, without_price: 25.00, funded_by: {bank: 100%}}
"""
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    """A point for each whole yuan."""
    return corner_bank(tmp_path, PROGRAM)


def asked(id_: str, kind: str, minutes: int, ref: str, **told: Any) -> Sent:
    """A request at the shop, so many minutes after noon; of `m-1` unless another member is told."""
    member = told.pop("member", "m-1")
    about = {"merchant": "shop-1", "merchant_ref": ref, **told}
    return sent(event(f"redemption.{kind}.v1", id_, member, NOON + timedelta(minutes=minutes), about))


def rich(member: str = "m-1", yuan: int = 1_000) -> list[Sent]:
    """Who has enrolled and has so many points."""
    return [
        sent(event("member.enrolled.v1", f"join-{member}", member, NOON, {})),
        sent(purchase(f"buy-{member}", member, NOON, minor=yuan * 100)),
    ]


async def agree(desk: Desk, text: str = CONTRACTS) -> int:
    """Loads contracts; how many rows are new."""
    programs = (await desk.handler.ledger.registries.read()).programs
    return len(await agreed.add(desk.owner, contract_file.read(text, "contracts.yaml", programs), "contracts.yaml"))


async def settled(desk: Desk, day: str, merchant: str | None = None) -> dict[str, files.File]:
    """The day's files by merchant; what is not settled raises."""
    pool = desk.handler.ledger.pool
    found: dict[str, files.File] = {}
    async for one in settle.settled(pool, await settle.ordered(pool, "corner", date.fromisoformat(day)), merchant):
        if isinstance(one, settle.Unsettled):
            raise one
        found[one.header.merchant] = one
    return found


async def text(desk: Desk, file: files.File) -> str:
    """The file as it is handed over."""
    return b"".join([part async for part in files.written(desk.owner, file)]).decode()


async def lines(desk: Desk, file: files.File) -> list[dict[str, Any]]:
    """The file's lines by their fields' names."""
    return list((await files.told(desk.owner, file))["lines"])


def parts(rows: Sequence[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """Some fields of each line."""
    return [tuple(row[name] for name in names) for row in rows]
