"""Foreign money that comes back, and that is asked for again. A dollar is 7 yuan in June 2026, 7.1234 from July on."""

from tests.rules.till import CARD, HEAD, Till

EXCHANGE = "exchange: {USD: [{from: 2026-01-01, rate: 7}, {from: 2026-07-01, rate: 7.1234}]}\n"
WASH = "  wash: {network: car, units: 4, per: calendar-year}\n"


def till() -> Till:
    return Till(EXCHANGE + HEAD + WASH)


def test_a_refund_comes_back_at_the_rate_of_the_purchase_and_not_of_its_business_date() -> None:
    """10 dollars late on 30 June are 70.00 and 70 points, though booked on 1 July: 5 dollars of them are 35 and 35."""
    t = till()
    t.ask("card.purchased", "2026-06-30T23:30", **CARD, amount_minor=1000, currency="USD")
    bought = t.decided[-1].postings[0]
    back = {**CARD, "original_source": "/s", "original_id": "e-2", "original_business_date": "2026-07-01"}
    del back["channel"]
    for _ in range(2):
        assert t.ask("card.refunded", "2026-07-05T12:00", **back, amount_minor=500, currency="USD") is None
    assert bought.exchange_rate == "USD/2026-01-01"
    assert t.moved == [("base", 70, None), ("reversed", -35, None), ("reversed", -35, None)]
    assert [p.amount_minor for d in t.decided[2:] for p in d.postings] == [3500, 3500]


def test_a_request_of_foreign_money_is_a_repeat_on_another_day_too() -> None:
    """The same 10 dollars under the same reference: 70.00 in June, 71.23 in July, and one wash."""
    t = till()
    asked = {"merchant": "shop-1", "network": "car", "merchant_ref": "r1", "benefit": "wash", "currency": "USD"}
    assert t.ask("redemption.requested", "2026-06-30T23:59", **asked, amount_minor=1000) is None
    assert t.ask("redemption.requested", "2026-07-01T00:01", **asked, amount_minor=1000) is None
    assert [grant.left for grant in t.member.grants.values()] == [3]
    assert t.ask("redemption.requested", "2026-07-01T00:02", **asked, amount_minor=1001) == "reference-used"


def test_a_refund_that_comes_first_is_converted_at_the_rate_of_its_purchase() -> None:
    """10 dollars of 30 June are 70.00, and 4 of them 28.00, though July's rate would make 28.49 of the 4."""
    t = till()
    back = {**CARD, "original_source": "/s", "original_id": "e-4", "original_business_date": "2026-07-01"}
    del back["channel"]
    for cents in (400, 600):
        assert t.ask("card.refunded", "2026-07-01T12:00", **back, amount_minor=cents, currency="USD") is None
    t.ask("card.purchased", "2026-06-30T23:30", **CARD, amount_minor=1000, currency="USD")
    assert t.moved == [("base", 70, None), ("reversed", -28, None), ("reversed", -42, None)]
    assert [p.amount_minor for p in t.decided[-1].postings] == [7000, 2800, 4200]
    program = t.memory.programs.versions[0]
    assert program.metrics["spend-year"](t.member, program.moment(t.decided[-1].postings[0].occurred_at)) == 0


def test_what_earned_nothing_comes_back_at_its_own_rate() -> None:
    """0.10 dollars of June are 0.70 and no point; told back with July's business date they are 0.70 and not 0.71."""
    t = till()
    t.ask("card.purchased", "2026-06-30T23:30", **CARD, amount_minor=100, currency="USD")
    t.ask("card.purchased", "2026-06-30T23:31", **CARD, amount_minor=10, currency="USD")
    back = {**CARD, "original_source": "/s", "original_id": "e-3", "original_business_date": "2026-07-01"}
    del back["channel"]
    assert t.ask("card.refunded", "2026-07-05T12:00", **back, amount_minor=9, currency="USD") is None
    program = t.memory.programs.versions[0]
    assert program.metrics["spend-year"](t.member, program.moment(t.decided[1].postings[0].occurred_at)) == 707
