"""Reviews of tiers: gained at once, lost only when a rating day is decided. Days and figures are worked by hand."""

from typing import Any

import pytest

from rules.language.load import load
from rules.program import Programs
from rules.simulate import simulate
from tests.rules.test_close import close, event

LADDER = "[{id: basic}, {id: silver, any: [{spend: 100.00}]}, {id: gold, any: [{spend: 500.00}]}]"


def program(review: str, *, over: str = "calendar-quarter", version: str = "2026-01-01") -> str:
    return f"""
program: corner
semantics: 1
version: {version}
time_zone: Asia/Shanghai
currency: CNY
points: {{reward: {{spendable: true}}}}
metrics: {{spend: {{sum: card.purchased.amount, over: {over}}}}}
earn: [{{id: spend, on: card.purchased, award: {{rate: 1 per 1.00, to: reward}}}}]
tiers: {{review: {review}, ladder: {LADDER}}}
benefits: {{wash: {{network: car, units: {{silver: 2, gold: 6}}, per: calendar-year}}}}
"""


def bought(day: str, yuan: int) -> bytes:
    told = {"card": "c-1", "mcc": "5411", "merchant": "shop-1", "channel": "pos", "currency": "CNY"}
    return event("card.purchased", f"{day}T12:00:00+08:00", amount_minor=yuan * 100, **told)


def by_hand(day: str, tier: str, until: str) -> bytes:
    who = {"reason": "goodwill", "requested_by": "op-1", "approved_by": "op-2"}
    return event("tier.assigned", f"{day}T12:00:00+08:00", tier=tier, until=until, **who)


def changes(text: str | list[str], *lines: bytes) -> list[tuple[str | None, str, str]]:
    """Tier, to which and why, of every change after the first tier of all."""
    texts = [text] if isinstance(text, str) else text
    rows = list(simulate(lines, Programs([load(one) for one in texts])))
    assert not [row for row in rows if row["kind"] == "refused"]
    found = [(row["from"], row["to"], row["reason"]) for row in rows if row["kind"] == "tier"]
    assert found[0] == (None, "basic", "first-seen")
    return found[1:]


UP = ("basic", "gold", "earned")
QUARTERLY = "{every: calendar-quarter, down: to-earned, safe_periods: 0}"


def test_a_tier_is_lost_when_the_quarter_that_ended_did_not_earn_it_and_not_before() -> None:
    """Gold by 500 in the first quarter; 100 in the second is silver, decided a day after 30 June."""
    lines = (bought("2026-02-10", 500), close("2026-04-01"), bought("2026-04-02", 100))
    assert changes(program(QUARTERLY), *lines, close("2026-06-30")) == [UP]
    assert changes(program(QUARTERLY), *lines, close("2026-07-01")) == [UP, ("gold", "silver", "review")]


def test_the_first_days_of_the_new_quarter_do_not_hide_the_one_that_ended() -> None:
    """On 1 April the second quarter holds nothing yet; the first, which ended, earned gold."""
    assert changes(program(QUARTERLY), bought("2026-03-31", 500), close("2026-04-01")) == [UP]


def test_what_stands_on_the_day_of_the_review_counts_if_it_is_better() -> None:
    """The second quarter earned nothing, but on 1 July 500 are spent again before its review: no down and up."""
    lines = (bought("2026-02-10", 500), close("2026-06-30"), bought("2026-07-01", 500), close("2026-07-01"))
    assert changes(program(QUARTERLY), *lines) == [UP]


@pytest.mark.parametrize(
    ("review", "closes", "expected"),
    [
        # one step a review: gold to silver after the second quarter, silver to basic after the third
        ("{every: calendar-quarter, safe_periods: 0}", "2026-07-01", [("gold", "silver", "review")]),
        ("{every: calendar-quarter, safe_periods: 0}", "2026-10-01",
         [("gold", "silver", "review"), ("silver", "basic", "review")]),
        # two whole quarters after the one in which it was gained: lost after the third
        ("{every: calendar-quarter, down: to-earned, safe_periods: 2}", "2026-07-01", []),
        ("{every: calendar-quarter, down: to-earned, safe_periods: 2}", "2026-10-01", [("gold", "basic", "review")]),
        # missed on 30 June, kept through July, lost when 31 July is decided
        ("{every: calendar-quarter, down: to-earned, safe_periods: 0, grace_months: 1}", "2026-07-31", []),
        ("{every: calendar-quarter, down: to-earned, safe_periods: 0, grace_months: 1}", "2026-08-01",
         [("gold", "basic", "review")]),
        # only gold has grace
        ("{every: calendar-quarter, down: one-step, safe_periods: 0, grace_months: {gold: 3}}", "2026-07-01", []),
        ("{every: calendar-quarter, down: one-step, safe_periods: 0, grace_months: {gold: 3}}", "2026-10-01",
         [("gold", "silver", "review")]),
        ("{every: calendar-quarter, down: one-step, safe_periods: 0, grace_months: {gold: 3}}", "2027-01-01",
         [("gold", "silver", "review"), ("silver", "basic", "review")]),
        # 31 May is decided three days later, and the second quarter has nothing
        ("{on: [05-31, 11-30], after_days: 3, down: to-earned, safe_periods: 0}", "2026-06-02", []),
        ("{on: [05-31, 11-30], after_days: 3, down: to-earned, safe_periods: 0}", "2026-06-03",
         [("gold", "basic", "review")]),
        # never
        ("{every: calendar-quarter, down: never}", "2029-01-01", []),
    ],
)  # fmt: skip
def test_after_one_good_quarter(review: str, closes: str, expected: list[Any]) -> None:
    """500 spent in February 2026 and nothing after it."""
    lines = (bought("2026-02-10", 500), close("2026-04-01"), close(closes))
    assert changes(program(review), *lines) == [UP, *expected]


def test_a_tier_gained_is_safe_for_the_rest_of_its_period_and_whole_periods_after_it() -> None:
    """500 on one day: on 31 March it is past. Safe through the second quarter unless the program says otherwise."""
    lines = (bought("2026-02-10", 500), close("2026-03-31"))
    lost = [UP, ("gold", "basic", "review")]
    at_first, later = (program(text, over="day") for text in (QUARTERLY, QUARTERLY.replace("0", "1")))
    by_default = program(QUARTERLY.replace(", safe_periods: 0", ""), over="day")
    assert changes(at_first, *lines, close("2026-04-01")) == lost
    assert changes(later, *lines, close("2026-06-30")) == [UP]
    assert changes(later, *lines, close("2026-07-01")) == lost == changes(by_default, *lines, close("2026-07-01"))
    assert changes(by_default, *lines, close("2026-06-30")) == [UP]


def test_a_tier_in_its_grace_is_earned_again_by_an_event_and_is_safe_anew() -> None:
    """Missed on 30 June, 500 in July: kept; the third quarter ends well, the fourth does not, lost after it."""
    text = program("{every: calendar-quarter, down: to-earned, safe_periods: 0, grace_months: 1}")
    lines = (bought("2026-02-10", 500), close("2026-07-01"), bought("2026-07-20", 500))
    assert changes(text, *lines, close("2026-12-31")) == [UP]
    assert changes(text, *lines, close("2027-01-31")) == [UP]
    assert changes(text, *lines, close("2027-02-01")) == [UP, ("gold", "basic", "review")]


def test_what_the_rating_day_earned_is_the_least_that_grace_ends_in() -> None:
    """30 June earned silver; by 31 July the third quarter has earned nothing yet: silver, not basic."""
    text = program("{every: calendar-quarter, down: to-earned, safe_periods: 0, grace_months: 1}")
    lines = (bought("2026-02-10", 500), bought("2026-05-05", 100), close("2026-08-01"))
    assert changes(text, *lines) == [UP, ("gold", "silver", "review")]


def test_the_year_of_a_tier_begins_when_it_is_reached() -> None:
    """Gold on 10 February 2026 lasts until 9 February 2027, which is decided the day after."""
    text = program("{every: tier-year, down: to-earned}")
    assert changes(text, bought("2026-02-10", 500), close("2027-02-09")) == [UP]
    assert changes(text, bought("2026-02-10", 500), close("2027-02-10")) == [UP, ("gold", "basic", "review")]


def test_the_year_of_a_membership_begins_with_the_enrolment_even_on_29_february() -> None:
    """Enrolled on 29 February 2028: the first year ends on 27 February 2029 (its anniversary is the 28th)."""
    enrolled = event("member.enrolled", "2028-02-29T09:00:00+08:00")
    text = program("{every: membership-year, down: to-earned, safe_periods: 0}")
    lines = (enrolled, bought("2028-03-01", 500))
    assert changes(text, *lines, close("2029-02-27")) == [UP]
    assert changes(text, *lines, close("2029-02-28")) == [UP, ("gold", "basic", "review")]


def test_tiers_that_rise_only_at_reviews() -> None:
    text = program("{every: calendar-quarter, up: at-review}")
    assert changes(text, bought("2026-02-10", 500), close("2026-03-31")) == []
    assert changes(text, bought("2026-02-10", 500), close("2026-04-01")) == [UP]


def test_a_tier_by_hand_is_neither_raised_nor_lost_before_its_day_and_then_reviewed() -> None:
    """Silver by hand until 1 September: 500 in May do not raise it; on 31 August the third quarter has earned basic."""
    lines = (bought("2026-01-05", 1), by_hand("2026-02-01", "silver", "2026-09-01"), bought("2026-05-05", 500))
    given = ("basic", "silver", "manual")
    assert changes(program(QUARTERLY), *lines, close("2026-08-31")) == [given]
    assert changes(program(QUARTERLY), *lines, close("2026-09-01")) == [given, ("silver", "basic", "review")]
    rising = program(QUARTERLY.replace("}", ", locked: may-rise}"))
    assert changes(rising, *lines, close("2026-08-31")) == [given, ("silver", "gold", "earned")]


def test_a_tier_that_is_not_in_the_program_or_over_already_is_refused() -> None:
    rows = [
        *simulate([by_hand("2026-02-01", "platinum", "2026-09-01")], Programs([load(program(QUARTERLY))])),
        *simulate([by_hand("2026-02-01", "gold", "2026-02-01")], Programs([load(program(QUARTERLY))])),
    ]
    assert [row["detail"] for row in rows if row["kind"] == "refused"] == [
        "no tier is called platinum; there are: basic, silver, gold",
        "the lock ends on 2026-02-01, which is not after 2026-02-01",
    ]


def test_one_person_alone_gives_no_tier() -> None:
    line = by_hand("2026-02-01", "gold", "2026-09-01").replace(b"op-2", b"op-1")
    (refused,) = simulate([line], Programs([load(program(QUARTERLY))]))
    assert (refused["reason"], "approved_by must be another person" in refused["detail"]) == ("wrong-value", True)


def test_a_new_version_lifts_at_once_and_takes_only_at_a_review() -> None:
    """From July gold asks for 80 only; from October it asks for 5,000, which costs the tier at the year's end."""
    low = program(QUARTERLY, version="2026-07-01").replace("500.00", "180.00")
    high = program(QUARTERLY, version="2026-10-01").replace("500.00", "5000.00")
    lines = (bought("2026-05-05", 190), close("2026-06-29"))
    silver = ("basic", "silver", "earned")
    lifted = ("silver", "gold", "new-version")
    assert changes([program(QUARTERLY), low, high], *lines, close("2026-06-30")) == [silver]
    assert changes([program(QUARTERLY), low, high], *lines, bought("2026-07-01", 190), close("2026-09-30")) == [
        silver, ("silver", "gold", "earned"),
    ]  # fmt: skip
    yearly = [program(QUARTERLY, over="calendar-year"), low.replace("calendar-quarter}", "calendar-year}", 1)]
    assert changes(yearly, *lines, close("2026-06-30")) == [silver, lifted]


def test_a_tier_that_a_new_version_lacks_becomes_the_one_earned_in_it() -> None:
    without = program(QUARTERLY, version="2026-03-01").replace(", {id: gold, any: [{spend: 500.00}]}", "")
    without = without.replace("silver: 2, gold: 6", "silver: 2")
    assert changes([program(QUARTERLY), without], bought("2026-02-10", 500), close("2026-02-28")) == [
        UP, ("gold", "silver", "new-version"),
    ]  # fmt: skip


def test_a_step_up_at_a_review_brings_its_benefits_and_a_step_down_none() -> None:
    enrolled = event("member.enrolled", "2026-01-02T09:00:00+08:00")
    lines = (enrolled, bought("2026-02-10", 500), close("2026-04-01"), close("2026-07-01"))
    text = program("{every: calendar-quarter, up: at-review, down: to-earned, safe_periods: 0}")
    rows = [r for r in simulate(lines, Programs([load(text)])) if r["kind"] in {"tier", "grant"}]
    assert [(r.get("to"), r.get("units"), r.get("valid_from")) for r in rows] == [
        ("basic", None, None), ("gold", None, None), (None, 6, "2026-04-01"), ("basic", None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "refunded", "expected"),
    [
        ("at-once", 500, [("gold", "basic", "reversed")]),
        ("at-once", 300, [("gold", "silver", "reversed")]),  # 200 are left
        ("at-review", 500, []),
    ],
)
def test_money_that_comes_back_takes_its_tier_at_once_only_where_the_program_says_so(
    policy: str, refunded: int, expected: list[Any]
) -> None:
    text = program(f"{{every: calendar-quarter, on_reversal: {policy}}}")
    purchase = bought("2026-02-10", 500)
    original = {"original_source": "/s", "original_id": "card.purchased-2026-02-10T12:00:00+08:00"}
    told = {"card": "c-1", "mcc": "5411", "merchant": "shop-1", "currency": "CNY", "amount_minor": refunded * 100}
    day = {"original_business_date": "2026-02-10"}
    refund = event("card.refunded", "2026-02-11T12:00:00+08:00", **told, **original, **day)
    assert changes(text, purchase, refund) == [UP, *expected]


def test_a_refund_in_a_later_quarter_leaves_the_tier_to_the_review() -> None:
    """In April the second quarter has earned nothing anyway: it is not the refund that costs the tier."""
    text = program("{every: calendar-quarter, on_reversal: at-once}")
    original = {"original_source": "/s", "original_id": "card.purchased-2026-02-10T12:00:00+08:00"}
    told = {"card": "c-1", "mcc": "5411", "merchant": "shop-1", "currency": "CNY", "amount_minor": 1000}
    refund = event(
        "card.refunded", "2026-04-11T12:00:00+08:00", **told, **original, original_business_date="2026-02-10"
    )
    assert changes(text, bought("2026-02-10", 500), close("2026-04-01"), refund) == [UP]
