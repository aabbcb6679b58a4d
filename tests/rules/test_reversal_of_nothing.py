"""Money of a purchase that its cap left no point comes back: metrics lose it once. Figures are worked by hand."""

from tests.rules.till import CARD, HEAD, Till

PROGRAM = HEAD.replace("to: reward}}", "to: reward}, cap: {member-month: 100}}").replace(
    "metrics:\n", "metrics:\n  bought: {count: card.purchased, over: calendar-year}\n"
)
WASH = "  wash: {network: car, units: 4, per: calendar-year}\n"


def metrics(t: Till) -> tuple[int, int]:
    """Spend of the year in fen, and purchases."""
    program = t.memory.programs.versions[0]
    moment = program.moment(t.event("member.updated", "2026-03-31T12:00", {}).occurred_at)
    return program.metrics["spend-year"](t.member, moment), program.metrics["bought"](t.member, moment)


def test_what_is_capped_to_nothing_comes_back_once() -> None:
    """100.00 use up the cap; 50.00 more earn nothing. 20.00 of them come back, the other 30.00, and then no more."""
    t = Till(PROGRAM + WASH)
    t.earn("2026-03-01T12:00", 100)
    t.earn("2026-03-02T12:00", 50)
    assert metrics(t) == (150_00, 2)
    back = {**CARD, "original_source": "/s", "original_id": "e-3", "original_business_date": "2026-03-02"}
    del back["channel"]

    def refund(yuan: int) -> str | None:
        return t.ask("card.refunded", "2026-03-05T12:00", **back, amount_minor=yuan * 100, currency="CNY")

    assert (refund(20), metrics(t)) == (None, (130_00, 2))
    assert (refund(40), metrics(t)) == (None, (100_00, 1))
    assert (refund(30), metrics(t)) == ("reversed-already", (100_00, 1))
    assert t.balance == (100, 0, 0)
