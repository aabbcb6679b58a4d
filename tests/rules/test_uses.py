"""Units of benefits are used, bought and converted. The figures are worked by hand beside each case."""

from typing import Any
from uuid import UUID

from tests.rules.till import granted, till, use


class TestUses:
    def test_a_use_takes_a_unit_until_there_is_none(self) -> None:
        t = till("wash: {network: car, units: 2, per: calendar-year}")
        assert [use(t, "2026-02-01T12:00", f"r{n}") for n in range(3)] == [None, None, "benefit-used-up"]

    def test_a_use_where_or_when_it_may_not_be_is_refused(self) -> None:
        t = till("wash: {network: car, units: 2, per: calendar-year, regions: [north]}")
        assert use(t, "2026-02-01T12:00", "r1", network="food") == "wrong-network"
        assert use(t, "2026-02-01T12:00", "r1") == "wrong-region"
        assert use(t, "2026-02-01T12:00", "r1", region="south") == "wrong-region"
        assert use(t, "2026-02-01T12:00", "r1", "haircut") == "unknown-benefit"
        assert use(t, "2026-02-01T12:00", "r1", region="north", companions=1) == "too-many-companions"
        assert use(t, "2027-01-01T00:00", "r1", region="north") == "benefit-not-valid-today"
        assert use(t, "2026-12-31T23:59", "r1", region="north") is None

    def test_companions_take_units(self) -> None:
        """Five units: the member with two companions takes three, alone one; then two are too many."""
        t = till("lounge: {network: car, units: 5, per: calendar-year, companions: 2}")
        assert use(t, "2026-02-01T12:00", "r1", "lounge", companions=2) is None
        assert use(t, "2026-02-02T12:00", "r2", "lounge") is None
        assert use(t, "2026-02-03T12:00", "r3", "lounge", companions=1) == "benefit-used-up"

    def test_once_a_week(self) -> None:
        """1 March 2026 is a Sunday: Monday begins another week."""
        t = till("wash: {network: car, units: 9, per: calendar-year, at_most: 1 per week}")
        assert use(t, "2026-02-23T00:00", "r1") is None
        assert use(t, "2026-03-01T23:59", "r2") == "too-soon"
        assert use(t, "2026-03-02T00:00", "r3") is None

    def test_a_use_given_back_does_not_count(self) -> None:
        t = till("wash: {network: car, units: 1, per: calendar-year, at_most: 1 per week}")
        use(t, "2026-02-23T12:00", "r1")
        assert t.ask("redemption.reversal-requested", "2026-02-24T12:00", merchant="shop-1", merchant_ref="r1") is None
        assert use(t, "2026-02-25T12:00", "r2") is None
        assert t.redemptions[-2:] == [("r1", "reversed", 0, 0, 0), ("r2", "captured", 0, 0, 0)]

    def test_a_held_unit_comes_back_when_the_hold_is_void_or_lapses(self) -> None:
        t = till("wash: {network: car, units: 1, per: calendar-year}")
        told = {"merchant": "shop-1", "network": "car", "benefit": "wash"}
        assert t.ask("redemption.hold-requested", "2026-02-01T12:00", **told, merchant_ref="r1") is None
        assert use(t, "2026-02-01T12:01", "r2") == "benefit-used-up"
        t.ask("redemption.void-requested", "2026-02-01T12:02", merchant="shop-1", merchant_ref="r1")
        assert t.ask("redemption.hold-requested", "2026-02-01T12:03", **told, merchant_ref="r3") is None
        assert use(t, "2026-02-01T12:18", "r4") is None

    def test_above_the_ceiling_points_pay_or_money(self) -> None:
        """50.00 with a ceiling of 40.00: 10.00 above, at 250 points a yuan 2,500 points, or 10.00 in money."""
        t = till(
            "wash: {network: car, units: 9, per: calendar-year, value: {ceiling: 40.00, excess: 250 points per 1.00}}"
        )
        t.earn("2026-01-02T12:00", 4_000)
        assert use(t, "2026-02-01T12:00", "r1") == "amount-needed"
        assert use(t, "2026-02-01T12:00", "r1", amount_minor=5_000) is None
        assert t.balance == (1_500, 0, 0)
        assert use(t, "2026-02-01T12:00", "r2", amount_minor=5_000) == "not-enough-points"
        assert use(t, "2026-02-01T12:00", "r3", amount_minor=5_000, excess="money") is None
        assert use(t, "2026-02-01T12:00", "r4", amount_minor=3_999) is None
        rows = [row for decision in t.decided for row in decision.redemptions]
        assert [(r.points, r.payable_minor) for r in rows] == [(2_500, 0), (0, 1_000), (0, 0)]
        assert t.ask("redemption.reversal-requested", "2026-02-02T12:00", merchant="shop-1", merchant_ref="r1") is None
        assert t.balance == (4_000, 0, 0)

    def test_a_ceiling_without_a_rate_leaves_the_rest_to_money(self) -> None:
        t = till("wash: {network: car, units: 9, per: calendar-year, value: {ceiling: {basic: 15.00}}}")
        assert use(t, "2026-02-01T12:00", "r1", amount_minor=2_000, excess="points") == "points-not-taken"
        assert use(t, "2026-02-01T12:00", "r1", amount_minor=2_000) is None
        assert t.decided[-1].redemptions[0].payable_minor == 500

    def test_a_use_of_one_grant_takes_its_units_and_no_points(self) -> None:
        """A unit for joining and two bought: of what was bought two uses, 10.00 above the ceiling in money."""
        value = "value: {ceiling: 40.00, excess: 1 points per 1.00}"
        t = till(f"wash: {{network: car, units: 1, per: calendar-year, price: 100 points, valid_days: 30, {value}}}")
        t.earn("2026-01-02T12:00", 1_000)
        assert t.ask("benefit.purchase-requested", "2026-02-01T12:00", benefit="wash", units=2) is None
        bought = str(UUID(bytes=t.decided[-1].grants[0].grant_id))
        of_it: dict[str, Any] = {"grant": bought, "amount_minor": 5_000}
        assert use(t, "2026-02-02T12:00", "r1", **of_it, excess="points") == "points-not-taken"
        assert use(t, "2026-02-02T12:00", "r2", **of_it, companions=0, units=3) == "benefit-used-up"
        assert use(t, "2026-02-02T12:00", "r3", **of_it) is None
        assert (t.decided[-1].redemptions[0].payable_minor, t.balance) == (1_000, (800, 0, 0))
        assert use(t, "2026-02-02T12:00", "r4", **of_it) is None
        assert use(t, "2026-02-02T12:00", "r5", **of_it) == "benefit-used-up"
        assert use(t, "2026-02-02T12:00", "r6", grant=str(UUID(int=1)), amount_minor=1) == "benefit-not-granted"
        assert use(t, "2026-02-02T12:00", "r7", amount_minor=5_000) is None
        assert t.balance == (790, 0, 0)

    def test_a_discount_covers_its_part_of_the_price(self) -> None:
        """Half of 79.99 is 39.995: 39.99 are covered and 40.00 are left to pay."""
        t = till("film: {network: car, units: 9, per: calendar-year, discount: 50%}")
        use(t, "2026-02-01T12:00", "r1", "film", amount_minor=7_999)
        assert t.decided[-1].redemptions[0].payable_minor == 4_000

    def test_a_gate_asks_of_the_member_at_the_time_of_use(self) -> None:
        t = till("wash: {network: car, units: 9, per: calendar-year, gate: {spend-month: {at_least: 500.00}}}")
        t.earn("2026-02-10T12:00", 499)
        assert use(t, "2026-02-11T12:00", "r1") == "gate-not-met"
        t.earn("2026-02-12T12:00", 1)
        assert use(t, "2026-02-13T12:00", "r2") is None
        assert use(t, "2026-03-01T12:00", "r3") == "gate-not-met"


class TestExchange:
    def test_points_buy_units(self) -> None:
        """Two at 500 points of 1,200; a third has only 200."""
        t = till("film: {network: car, price: 500 points, valid_days: 30}")
        t.earn("2026-01-02T12:00", 1_200)
        assert t.ask("benefit.purchase-requested", "2026-02-01T12:00", benefit="film", units=2) is None
        assert t.balance == (200, 0, 0)
        assert granted(t) == [("film", 2, "2026-02-01", "2026-03-03")]
        assert t.ask("benefit.purchase-requested", "2026-02-01T12:00", benefit="film") == "not-enough-points"
        assert use(t, "2026-03-02T12:00", "r1", "film") is None

    def test_what_has_no_price_is_not_for_sale(self) -> None:
        t = till("wash: {network: car, units: 2, per: calendar-year}")
        assert t.ask("benefit.purchase-requested", "2026-02-01T12:00", benefit="wash") == "not-for-sale"
        assert t.ask("benefit.purchase-requested", "2026-02-01T12:00", benefit="film") == "unknown-benefit"

    def test_units_convert_at_their_rate(self) -> None:
        """Five visits; two of them for a transfer, twice; the fifth is not enough for a third."""
        t = till(
            "lounge: {network: car, units: 5, per: calendar-year, converts_to: {ride: {units: 2, for: 1}}}\n"
            "  ride: {network: taxi, valid_days: 1}"
        )
        told = {"benefit": "lounge", "into": "ride"}
        assert t.ask("benefit.conversion-requested", "2026-02-01T12:00", **told, units=2) is None
        assert granted(t)[1:] == [("ride", 2, "2026-02-01", "2027-01-01")]
        assert t.ask("benefit.conversion-requested", "2026-02-01T12:00", **told) == "benefit-used-up"
        assert (
            t.ask("benefit.conversion-requested", "2026-02-01T12:00", benefit="ride", into="lounge")
            == "not-convertible"
        )
        assert use(t, "2026-02-01T12:00", "r1", "ride", network="taxi") is None
        assert use(t, "2026-02-01T12:00", "r2", "lounge") is None
        assert use(t, "2026-02-01T12:00", "r3", "lounge") == "benefit-used-up"
