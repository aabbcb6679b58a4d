"""What the demo shows at the end: the two banks as a banker reads them."""

from typing import Any, Final

import asyncpg

from engine.cli.output import console, table
from engine.cli.statement import read as read_statement
from engine.cli.statement import show as show_statement
from engine.demo.county import BANK
from engine.demo.proof import SQL, Check

TITLES: Final = {
    "events_by_bank": "Events decided 事件",
    "points_by_rule": "Points by rule 积分规则",
    "points_by_movement": "Points that came and went 积分收支",
    "members_by_tier": "Members by tier 会员等级",
    "tier_ways": "Ways up and down 升级与降级",
    "grants_by_network": "Benefits by merchant network: granted, used, used up 权益发放与使用",
    "redemptions_by_network": "Redemptions by merchant network 核销",
    "signals_by_kind": "Told to relationship managers 客户经理提醒",
    "refusals": "Refused, with the reason 拒绝",
    "dead_letters": "Dead letters 死信",
}
POSTINGS_SHOWN: Final = 8


async def summary(pool: "asyncpg.Pool[Any]") -> dict[str, Any]:
    """All figures, as plain values."""
    found: dict[str, Any] = {name: [dict(r) for r in await pool.fetch(SQL[name])] for name in TITLES}
    member = await pool.fetchval(SQL["richest_story"], BANK)
    found["statement"] = await read_statement(pool, (BANK, member), POSTINGS_SHOWN) if member else None
    return found


def show(found: dict[str, Any], checked: list[Check]) -> None:
    """The figures as tables, one member's statement, and the checks."""
    for name, title in TITLES.items():
        rows = found[name]
        if rows:
            table(title, list(rows[0]), [list(row.values()) for row in rows])
    if found["statement"]:
        console.rule("One member's statement 对账单")
        show_statement(found["statement"])
    console.rule("Is the ledger exact? 账目核对")
    for check in checked:
        mark = "[green]✓[/]" if check.holds else "[red]✗[/]"
        console.print(f"{mark} {check.says}" + ("" if check.holds else f": {check.wrong:,} wrong"))
