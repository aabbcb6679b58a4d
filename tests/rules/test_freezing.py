"""Members who are looked into: what each freeze refuses, and what goes on."""

from typing import Any

import pytest

from tests.rules.till import CARD, HEAD, Till, use

PROGRAM = HEAD.replace("{spendable: true}", "{spendable: true, expires: {after_months: 1}}")
BENEFITS = """\
  wash: {network: car, units: 4, per: calendar-year, value: {ceiling: 10.00, excess: 1 points per 1.00}}
  film: {network: cinema, price: 10 points, valid_days: 60}
  tea: {network: food, units: 4, per: calendar-year, converts_to: {film: {units: 1, for: 1}}}
"""
SHOP = {"merchant": "shop-1", "network": "food"}


def till(freeze: str) -> Till:
    """100 points, of which 30 are held and 20 were spent; frozen on 3 January."""
    t = Till(PROGRAM + BENEFITS)
    t.earn("2026-01-02T12:00", 100)
    assert t.ask("redemption.requested", "2026-01-02T12:01", **SHOP, merchant_ref="spent", points=20) is None
    held = {**SHOP, "points": 30, "hold_minutes": 10_000}
    assert t.ask("redemption.hold-requested", "2026-01-02T12:02", **held, merchant_ref="held") is None
    assert t.ask("member.frozen", "2026-01-03T12:00", freeze=freeze, reason="looked-into", by="op-7") is None
    return t


ASKED: list[tuple[str, dict[str, Any], str]] = [
    ("redemption.hold-requested", {**SHOP, "merchant_ref": "h", "points": 1}, "no-burn earn-only full"),
    ("redemption.requested", {**SHOP, "merchant_ref": "r", "points": 1}, "no-burn earn-only full"),
    ("benefit.purchase-requested", {"benefit": "film"}, "no-burn earn-only full"),
    ("benefit.conversion-requested", {"benefit": "tea", "into": "film"}, "earn-only full"),
    ("redemption.capture-requested", {"merchant": "shop-1", "merchant_ref": "held"}, "full"),
    ("redemption.void-requested", {"merchant": "shop-1", "merchant_ref": "held"}, ""),
    ("redemption.reversal-requested", {"merchant": "shop-1", "merchant_ref": "spent"}, ""),
    ("member.merged", {"into": "m-2"}, "no-burn earn-only full"),
    ("member.updated", {"branch": "north"}, ""),
]


@pytest.mark.parametrize("freeze", ["no-burn", "earn-only", "full"])
@pytest.mark.parametrize(("kind", "told", "refused_under"), ASKED, ids=[a[0] for a in ASKED])
def test_what_each_freeze_refuses(kind: str, told: dict[str, Any], refused_under: str, freeze: str) -> None:
    t = till(freeze)
    if kind == "member.merged":
        t.ask("redemption.void-requested", "2026-01-03T12:30", merchant="shop-1", merchant_ref="held")
    refused = t.ask(kind, "2026-01-03T13:00", **told)
    assert refused == ("member-frozen" if freeze in refused_under.split() else None)


@pytest.mark.parametrize(
    ("freeze", "alone", "with_points"),
    [("no-burn", None, "member-frozen"), ("earn-only", *["member-frozen"] * 2), ("full", *["member-frozen"] * 2)],
)
def test_units_may_be_used_where_only_points_may_not(freeze: str, alone: str | None, with_points: str) -> None:
    """A wash of 10.00 is within its ceiling; one of 15.00 would cost 5 points."""
    t = till(freeze)
    assert use(t, "2026-01-03T13:00", "w-1", amount_minor=1500) == with_points
    assert use(t, "2026-01-03T13:01", "w-2", amount_minor=1000) == alone


@pytest.mark.parametrize(("freeze", "available"), [("no-burn", 57), ("earn-only", 57), ("full", 50)])
def test_only_under_a_full_freeze_nothing_is_earned_and_a_person_is_told(freeze: str, available: int) -> None:
    """7.00 count for the metric either way, and 2.00 of them come back once."""
    t = till(freeze)
    t.ask("card.purchased", "2026-01-04T12:00", **CARD, amount_minor=700, currency="CNY")
    assert t.balance == (available, 30, 0)
    assert [r.reason for r in t.decided[-1].reviews] == (["member-frozen"] if freeze == "full" else [])
    program = t.memory.programs.versions[0]
    moment = program.moment(t.event("member.updated", "2026-01-31T12:00", {}).occurred_at)
    assert program.metrics["spend-month"](t.member, moment) == 10_700


def test_money_comes_back_and_points_expire_all_the_same() -> None:
    """The refund of 40 takes free points; on 2 February what is left of January's ends, but for what is held."""
    t = till("full")
    back = {**CARD, "original_source": "/s", "original_id": "e-2", "original_business_date": "2026-01-02"}
    del back["channel"]
    assert t.ask("card.refunded", "2026-01-04T12:00", **back, amount_minor=4000, currency="CNY") is None
    assert t.balance == (10, 30, 0)
    t.close("2026-02-01")
    assert t.balance == (0, 0, 0)


def test_a_later_freeze_stands_and_is_known_with_its_reason_until_it_ends() -> None:
    t = till("full")
    assert t.ask("member.frozen", "2026-01-04T12:00", freeze="no-burn", reason="milder", by="op-8") is None
    assert t.member.frozen is not None
    assert t.member.frozen.plain() == ["no-burn", "milder", "op-8", "2026-01-04"]
    assert t.ask("member.unfrozen", "2026-01-05T12:00", reason="cleared", by="op-9") is None
    assert t.ask("redemption.requested", "2026-01-05T12:01", **SHOP, merchant_ref="r", points=50) is None
    assert t.ask("member.unfrozen", "2026-01-05T12:02", reason="cleared", by="op-9") == "member-not-frozen"
