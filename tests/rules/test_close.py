"""What time brings: expected days and points are worked by hand beside each case."""

import json
from typing import Any

from rules.language.load import load
from rules.program import Programs
from rules.simulate import simulate

PROGRAM = """
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true, expires: {after_months: 1, at: month-end}}
earn:
  - {id: spend, on: card.purchased, award: {rate: 1 per 1.00, to: reward}}
"""


def event(kind: str, at: str, **told: Any) -> bytes:
    whole = {"specversion": "1.0", "id": f"{kind}-{at}", "source": "/s", "type": f"{kind}.v1", "subject": "m-1"}
    return json.dumps({**whole, "time": at, "data": told}).encode()


def purchase(at: str, yuan: int) -> bytes:
    where = {"card": "c-1", "mcc": "5411", "merchant": "shop-1", "channel": "pos"}
    return event("card.purchased", at, amount_minor=yuan * 100, currency="CNY", **where)


def close(day: str) -> bytes:
    return event("business-day.closed", f"{day}T23:59:00+08:00", business_date=day, through=day)


def rows(*lines: bytes) -> list[dict[str, Any]]:
    return list(simulate(lines, Programs([load(PROGRAM)])))


def test_what_is_left_of_a_lot_expires_at_the_close_before_its_first_day_not_valid() -> None:
    """Earned on 5 and 31 January, one month to the month's end: 1 March is the first day not valid (28 February)."""
    earned = [purchase("2026-01-05T12:00:00+08:00", 30), purchase("2026-01-31T23:59:59+08:00", 12)]
    before = rows(*earned, close("2026-02-27"))
    assert [r["points"] for r in before if r["kind"] == "posting"] == [30, 12]
    after = rows(*earned, close("2026-02-27"), close("2026-02-28"), close("2026-03-01"))
    expired = [r for r in after if r["kind"] == "posting"][2:]
    assert [(r["rule_id"], r["points"], r["business_date"]) for r in expired] == [("expiry", -42, "2026-03-01")]
    assert after[-1]["balances"] == {"reward": 0}


def test_days_that_nobody_closed_one_by_one_are_caught_up_in_their_order() -> None:
    """One close through 31 March: January's points go on 1 March, February's on 1 April (first instant after March)."""
    found = rows(
        purchase("2026-01-05T12:00:00+08:00", 30), purchase("2026-02-05T12:00:00+08:00", 7), close("2026-03-31")
    )
    expired = [(r["points"], r["business_date"]) for r in found if r["kind"] == "posting" and r["points"] < 0]
    assert expired == [(-30, "2026-03-01"), (-7, "2026-04-01")]
