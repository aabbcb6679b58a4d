"""Spending points: held, captured, voided, lapsed, reversed. The figures are worked by hand beside each case."""

from typing import Any

from tests.rules.till import Till

PROGRAM = """
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true, expires: {after_months: 1, at: month-end}}
  growth: {spendable: false}
earn:
  - {id: spend, on: card.purchased, when: {mcc: 5411}, award: {rate: 1 per 1.00, to: [reward, growth]}}
  - {id: deposit, on: task.completed, award: {points: 100, to: reward}, restrict: no-goods}
  - {id: bill, on: bill.paid, when: {kind: water}, award: {points: 50, to: reward}, restrict: {merchant: shop-1}}
  - {id: power, on: bill.paid, when: {kind: power}, award: {points: 50, to: reward}, restrict: {network: food}}
"""
SHOP = {"merchant": "shop-1", "network": "groceries"}


def hold(till: Till, at: str, ref: str, points: int, **told: Any) -> str | None:
    return till.ask("redemption.hold-requested", at, **SHOP, merchant_ref=ref, points=points, **told)


def capture(till: Till, at: str, ref: str, **told: Any) -> str | None:
    return till.ask("redemption.capture-requested", at, merchant="shop-1", merchant_ref=ref, **told)


def void(till: Till, at: str, ref: str) -> str | None:
    return till.ask("redemption.void-requested", at, merchant="shop-1", merchant_ref=ref)


def reverse(till: Till, at: str, ref: str, **told: Any) -> str | None:
    return till.ask("redemption.reversal-requested", at, merchant="shop-1", merchant_ref=ref, **told)


def redeem(till: Till, at: str, ref: str, points: int, **told: Any) -> str | None:
    return till.ask("redemption.requested", at, **SHOP, merchant_ref=ref, points=points, **told)


def with_points() -> Till:
    """Earned 30 on 5 January (not valid from 1 March) and 50 on 5 February (not valid from 1 April)."""
    till = Till(PROGRAM)
    till.earn("2026-01-05T12:00", 30)
    till.earn("2026-02-05T12:00", 50)
    return till


def test_a_hold_reserves_and_moves_nothing() -> None:
    till = with_points()
    assert hold(till, "2026-02-10T12:00", "r1", 40) is None
    assert till.balance == (40, 40, 0)
    assert [kind for kind, _, _ in till.moved] == ["base"] * 4
    assert till.redemptions == [("r1", "held", 0, 0, 0)]


def test_a_capture_takes_what_expires_soonest() -> None:
    """40 of 30 + 50: the 30 of March first, then 10 of April's 50."""
    till = with_points()
    hold(till, "2026-02-10T12:00", "r1", 40)
    assert capture(till, "2026-02-10T12:10", "r1") is None
    assert till.balance == (40, 0, 0)
    assert till.lots == {None: 80, "2026-04-01": 40}
    assert till.moved[-1] == ("redeemed", -40, None)
    assert sorted(a.points for a in till.decided[-1].allocations) == [10, 30]


def test_growth_is_never_lowered_by_spending() -> None:
    till = with_points()
    redeem(till, "2026-02-10T12:00", "r1", 80)
    assert till.member.balances["growth"].available == 80


def test_a_part_is_captured_and_the_rest_is_void() -> None:
    till = with_points()
    hold(till, "2026-02-10T12:00", "r1", 40)
    assert capture(till, "2026-02-10T12:10", "r1", points=5) is None
    assert till.balance == (75, 0, 0)
    assert capture(till, "2026-02-10T12:11", "r1") == "already-captured"


def test_a_part_is_captured_and_the_rest_is_kept_for_later() -> None:
    """40 held, 5 taken, 35 still held; 10 more taken, the last 25 lapse at 12:15."""
    till = with_points()
    hold(till, "2026-02-10T12:00", "r1", 40)
    capture(till, "2026-02-10T12:05", "r1", points=5, rest="keep")
    assert till.balance == (40, 35, 0)
    capture(till, "2026-02-10T12:06", "r1", points=10, rest="keep")
    assert capture(till, "2026-02-10T12:07", "r1", points=26) == "more-than-held"
    till.close("2026-02-10")
    assert till.balance == (65, 0, 0)
    assert till.redemptions[-1] == ("r1", "captured", 15, 0, 0)
    assert till.lots == {None: 80, "2026-03-01": 15, "2026-04-01": 50}


def test_a_hold_that_lapses_in_the_decision_that_reverses_it_is_told_once() -> None:
    """40 held, 5 taken; at 12:15 the other 35 lapse, and of the 5 first 2 and then 3 are given back: 80 again."""
    till = with_points()
    hold(till, "2026-02-10T12:00", "r1", 40)
    capture(till, "2026-02-10T12:05", "r1", points=5, rest="keep")
    assert reverse(till, "2026-02-10T12:15", "r1", points=2) is None
    assert till.redemptions[2:] == [("r1", "captured", 5, 2, 0)]
    assert till.balance == (77, 0, 0)
    assert reverse(till, "2026-02-10T12:16", "r1", points=3) is None
    assert till.redemptions[3:] == [("r1", "reversed", 5, 5, 0)]
    assert till.balance == (80, 0, 0)


def test_a_void_gives_everything_back() -> None:
    till = with_points()
    hold(till, "2026-02-10T12:00", "r1", 40)
    assert void(till, "2026-02-10T12:10", "r1") is None
    assert till.balance == (80, 0, 0)
    assert capture(till, "2026-02-10T12:11", "r1") == "already-voided"
    assert reverse(till, "2026-02-10T12:11", "r1") == "already-voided"


def test_a_hold_past_its_time_is_unusable_at_that_instant() -> None:
    """Fifteen minutes are meant where nothing is said: 12:15 is the first instant at which it has lapsed."""
    till = with_points()
    hold(till, "2026-02-10T12:00", "r1", 40)
    hold(till, "2026-02-10T12:00", "r2", 40, hold_minutes=30)
    assert capture(till, "2026-02-10T12:15", "r1") == "already-lapsed"
    assert till.balance == (0, 80, 0)
    assert hold(till, "2026-02-10T12:16", "r3", 40) is None
    assert till.redemptions[-2:] == [("r1", "lapsed", 0, 0, 0), ("r3", "held", 0, 0, 0)]
    assert capture(till, "2026-02-10T12:29", "r2") is None


def test_a_hold_that_nobody_asks_about_lapses_at_the_close() -> None:
    till = with_points()
    hold(till, "2026-02-10T23:50", "r1", 40)
    till.close("2026-02-10")
    assert till.balance == (40, 40, 0)
    till.close("2026-02-11")
    assert till.balance == (80, 0, 0)
    assert till.redemptions[-1] == ("r1", "lapsed", 0, 0, 0)


def test_a_hold_made_in_time_keeps_its_points_past_their_day() -> None:
    """The 30 expire at midnight of 1 March: 20 are held over it and taken at 00:05, the other 10 are gone."""
    till = with_points()
    hold(till, "2026-02-28T23:55", "r1", 20)
    till.close("2026-02-28")
    assert till.moved[-1] == ("expired", -10, None)
    assert till.balance == (50, 20, 0)
    assert capture(till, "2026-03-01T00:05", "r1") is None
    assert till.lots == {None: 80, "2026-04-01": 50}


def test_points_past_their_day_that_come_free_again_expire_at_the_next_close() -> None:
    till = with_points()
    hold(till, "2026-02-28T23:55", "r1", 20)
    till.close("2026-02-28")
    void(till, "2026-03-01T00:05", "r1")
    assert hold(till, "2026-03-01T00:06", "r2", 51) == "not-enough-points"
    till.close("2026-03-01")
    assert till.balance == (50, 0, 0)
    assert till.moved[-1] == ("expired", -20, None)


def test_a_lot_past_its_day_is_unusable_before_anything_says_so() -> None:
    till = with_points()
    assert redeem(till, "2026-03-01T00:00", "r1", 51) == "not-enough-points"
    assert redeem(till, "2026-02-28T23:59", "r2", 51) is None


def test_the_same_reference_is_the_same_redemption() -> None:
    till = with_points()
    redeem(till, "2026-02-10T12:00", "r1", 40)
    assert redeem(till, "2026-02-10T12:01", "r1", 40) is None
    assert till.balance == (40, 0, 0)
    assert redeem(till, "2026-02-10T12:01", "r1", 41) == "reference-used"
    assert till.redemptions == [("r1", "captured", 40, 0, 0)]


def test_a_reversal_gives_back_to_the_same_lots() -> None:
    """40 were 30 of March and 10 of April; 15 back: April's 10 and 5 of March's, the last taken first."""
    till = with_points()
    redeem(till, "2026-02-10T12:00", "r1", 40)
    assert reverse(till, "2026-02-20T12:00", "r1", points=15) is None
    assert till.lots == {None: 80, "2026-03-01": 5, "2026-04-01": 50}
    assert reverse(till, "2026-02-20T12:00", "r1", points=26) == "more-than-captured"
    assert reverse(till, "2026-02-20T12:00", "r1") is None
    assert till.lots == {None: 80, "2026-03-01": 30, "2026-04-01": 50}
    assert reverse(till, "2026-02-20T12:00", "r1") == "already-reversed"
    assert [row[1:] for row in till.redemptions] == [
        ("captured", 40, 0, 0), ("captured", 40, 15, 0), ("reversed", 40, 40, 0),
    ]  # fmt: skip


def test_what_is_given_back_expires_on_its_old_day() -> None:
    till = with_points()
    redeem(till, "2026-02-10T12:00", "r1", 40)
    till.close("2026-02-27")
    reverse(till, "2026-02-28T12:00", "r1")
    till.close("2026-02-28")
    assert till.moved[-2:] == [("returned", 40, None), ("expired", -30, None)]
    assert till.balance == (50, 0, 0)


Moved = list[tuple[str, int, str | None]]
RETURNED: dict[str, tuple[Moved, tuple[int, int, int]]] = {
    "expire-at-once": ([("returned", 10, None), ("returned", 30, None), ("expired", -30, None)], (50, 0, 0)),
    "new-expiry": ([("returned", 10, None), ("returned", 30, "2026-05-01")], (80, 0, 0)),
    "{grace_days: 7}": ([("returned", 10, None), ("returned", 30, "2026-03-17")], (80, 0, 0)),
}


def test_points_that_come_back_after_their_day_go_by_the_programs_policy() -> None:
    """On 10 March the 30 have passed 1 March: at once; as new (a month, to the end of April); or seven days."""
    for policy, (moved, balance) in RETURNED.items():
        till = Till(f"{PROGRAM}spending: {{returned_expired: {policy}}}\n")
        till.earn("2026-01-05T12:00", 30)
        till.earn("2026-02-05T12:00", 50)
        redeem(till, "2026-02-10T12:00", "r1", 40)
        till.close("2026-03-09")
        reverse(till, "2026-03-10T12:00", "r1")
        assert till.moved[-len(moved) :] == moved
        assert till.balance == balance
        assert till.redemptions[-1] == ("r1", "reversed", 40, 40, 30)


def test_a_reversal_comes_in_time_or_not_at_all() -> None:
    """Ninety days after 10 February is 11 May."""
    till = with_points()
    redeem(till, "2026-02-10T12:00", "r1", 10)
    redeem(till, "2026-02-10T12:00", "r2", 10)
    assert reverse(till, "2026-05-11T23:59", "r1") is None
    assert reverse(till, "2026-05-12T00:00", "r2") == "too-late-to-reverse"


def test_points_that_may_not_buy_goods_buy_services() -> None:
    """100 no-goods points, and 30 others."""
    till = Till(PROGRAM)
    till.ask("task.completed", "2026-01-04T12:00", task="any")
    till.earn("2026-01-05T12:00", 30)
    assert redeem(till, "2026-01-06T12:00", "r1", 31) == "points-restricted"
    assert redeem(till, "2026-01-06T12:00", "r2", 131, purpose="services") == "not-enough-points"
    assert redeem(till, "2026-01-06T12:00", "r3", 10) is None
    assert redeem(till, "2026-01-06T12:00", "r4", 120, purpose="services") is None


def test_points_bound_to_a_merchant_or_a_network_pay_nowhere_else() -> None:
    """50 for shop-1 and 50 for the network food; SHOP is shop-1 of groceries."""
    till = Till(PROGRAM)
    for kind in ("water", "power"):
        bill = {"account": "a-1", "biller": "b-1", "amount_minor": 100, "currency": "CNY", "kind": kind}
        till.ask("bill.paid", "2026-01-04T12:00", **bill)
    assert till.balance == (100, 0, 0)
    elsewhere = {"merchant": "shop-2", "network": "groceries", "merchant_ref": "r1", "points": 1}
    assert till.ask("redemption.requested", "2026-01-05T12:00", **elsewhere) == "points-restricted"
    assert redeem(till, "2026-01-05T12:00", "r1", 51) == "points-restricted"
    assert redeem(till, "2026-01-05T12:00", "r2", 50) is None
    assert (
        till.ask("redemption.requested", "2026-01-05T12:00", **{**elsewhere, "network": "food", "points": 50}) is None
    )


def test_points_that_are_not_there_or_not_spendable_are_refused() -> None:
    till = with_points()
    assert redeem(till, "2026-02-10T12:00", "r1", 81) == "not-enough-points"
    assert redeem(till, "2026-02-10T12:00", "r1", 1, point_type="growth") == "points-not-spendable"
    assert redeem(till, "2026-02-10T12:00", "r1", 1, point_type="miles") == "points-not-spendable"
    assert capture(till, "2026-02-10T12:00", "r1") == "unknown-redemption"
    assert reverse(till, "2026-02-10T12:00", "r1") == "unknown-redemption"
    hold(till, "2026-02-10T12:00", "r1", 10)
    assert reverse(till, "2026-02-10T12:01", "r1") == "not-captured-yet"


def test_who_is_not_enrolled_earns_and_cannot_spend() -> None:
    till = Till(PROGRAM, at="")
    till.earn("2026-01-05T12:00", 30)
    assert redeem(till, "2026-01-06T12:00", "r1", 1) == "member-provisional"


def test_a_member_has_ten_holds_at_most() -> None:
    till = with_points()
    assert [hold(till, "2026-02-10T12:00", f"r{n}", 1) for n in range(11)] == [None] * 10 + ["too-many-holds"]
    assert redeem(till, "2026-02-10T12:00", "r11", 1) is None
