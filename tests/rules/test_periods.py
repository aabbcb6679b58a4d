"""The rows of period rules and of late events: figures are worked by hand beside each case."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from rules.decision import Decision, Posting
from rules.identity import event_key
from rules.language.given import BANK, Given
from rules.language.grammar import Example
from rules.language.load import load, read
from rules.memory import Memory
from rules.program import Programs
from schemas.events import BusinessDayClosed

PROGRAM = """
program: rows
semantics: 1
version: 2026-01-01
time_zone: Europe/Prague
currency: CZK
points:
  reward: {spendable: true, expires: {after_months: 12, at: month-end}}
metrics:
  deposits-month: {average_daily_balance: {products: [demand]}, over: calendar-month}
  spend-month: {sum: card.purchased.amount, over: calendar-month}
earn:
  - id: deposits
    every: calendar-month
    award: {rate: 1 per 1000.00, of: deposits-month, to: reward}
    cap: {member-year: 100}
    restrict: no-goods
  - {id: spend, every: calendar-month, award: {rate: 1 per full 100.00, of: spend-month, to: reward}, rounding: up}
"""


def decided(*given: dict[str, Any], text: str = PROGRAM) -> list[Decision]:
    file, _ = read(text)
    events = Given(file.time_zone, file.currency).events(Example(name="rows", given=list(given), expect={}), ())
    memory = Memory(Programs([load(text)]), BANK)
    decisions: list[Decision] = []
    for event in events:
        key = event_key(BANK, event.source, event.id)
        if isinstance(event, BusinessDayClosed):
            decisions += memory.close(event, key)
        else:
            decisions.append(memory.decided(event, key, memory.programs.on(event.occurred_at.date())))
    return decisions


def postings(*given: dict[str, Any], text: str = PROGRAM) -> list[Posting]:
    return [p for decision in decided(*given, text=text) for p in decision.postings]


def balance(at: date, crowns: int, **more: Any) -> dict[str, Any]:
    return {"deposit.balance-changed": {"at": at, "account": "a-1", "product": "demand", "balance": crowns, **more}}


def test_the_points_of_a_month_are_dated_on_its_last_instant_and_explain_themselves() -> None:
    """17 of October's 31 days held 3,100,000 haléřů: 52,700,000 ÷ 31 ÷ 100,000 = 17 points.

    The last instant of 31 October in Prague, when winter time has come (25 October): 22:59:59.999999 UTC.
    """
    (posting,) = postings(balance(date(2026, 10, 15), 31000), {"close": date(2026, 11, 1)})
    assert (posting.rule_id, posting.kind, posting.points) == ("deposits", "period", 17)
    assert posting.restriction == "no-goods"
    assert posting.basis == 17 * 3_100_000
    assert (posting.rate_numerator, posting.rate_denominator) == (1, 31 * 100_000)
    assert posting.event_day == posting.business_date == date(2026, 10, 31)
    assert posting.occurred_at == datetime(2026, 10, 31, 22, 59, 59, 999999, UTC)
    assert posting.expires_on == date(2027, 11, 1)


def test_a_period_gives_once_whatever_closes_it() -> None:
    """The same rows, with the same ids, when its days are closed one by one and when nobody closed any for a while."""
    told = balance(date(2026, 10, 15), 31000)
    daily = [{"close": date(2026, 10, day)} for day in range(15, 32)] + [{"close": date(2026, 11, 1)}]
    by_day, late = postings(told, *daily), postings(told, {"close": date(2026, 12, 15)})
    assert [p.posting_id for p in by_day] == [late[0].posting_id]
    assert len({p.posting_id for p in late}) == len(late) == 2


def test_what_a_late_event_changes_names_the_period_and_explains_the_difference() -> None:
    """250.00 are two full hundreds, so 2; 170.00 more of October make 4.2, so 4: two more, 4 − 2."""
    first, own = postings(
        {"card.purchased": {"at": date(2026, 10, 5), "amount": 250}},
        {"close": date(2026, 11, 1)},
        {"card.purchased": {"at": date(2026, 10, 20), "amount": 170}},
    )
    assert (first.points, own.points) == (2, 2)
    assert (own.rule_id, own.kind, own.period, own.event_day) == ("spend", "adjusted", "2026-10", date(2026, 10, 20))
    assert (own.basis, own.rate_numerator, own.rate_denominator, own.carried, own.rounding) == (4, 1, 1, "-2", "up")
    assert own.expires_on == date(2027, 11, 1)


def test_what_is_taken_back_is_a_debit_on_the_rules_own_lots() -> None:
    """31 points of October; nothing was there from the 11th on: 10 days of 31 leave 10, so 21 go back."""
    *_, last = decided(
        balance(date(2026, 10, 1), 31000),
        {"close": date(2026, 11, 1)},
        balance(date(2026, 11, 3), 0, business_date=date(2026, 10, 11)),
    )
    (posting,) = last.postings
    assert (posting.kind, posting.points, posting.period) == ("adjusted", -21, "2026-10")
    assert [(a.debit_id, a.points) for a in last.allocations] == [(posting.posting_id, 21)]
    assert last.member.balances["reward"].available == 10


def test_points_that_were_spent_are_owed() -> None:
    """Of 31 points 15 were put right away by hand; 31 are asked for, 16 are there."""
    text = PROGRAM + "adjustments: {reasons: [goodwill], approvals: [{up_to: 100, by: 1}]}\n"
    asked = {"requested_by": "op-a", "approved_by": ["op-b"], "requested_at": "2026-11-02T08:00:00+01:00"}
    away = {"point_type": "reward", "points": -15, "reason": "goodwill", **asked}
    *_, last = decided(
        balance(date(2026, 10, 1), 31000),
        {"close": date(2026, 11, 1)},
        {"points.adjusted": {"at": date(2026, 11, 2), **away}},
        balance(date(2026, 11, 3), 0, business_date=date(2026, 10, 1), sequence=1),
        text=text,
    )
    held = last.member.balances["reward"]
    assert [p.points for p in last.postings] == [-31]
    assert (held.available, held.deficit) == (0, 15)


def test_a_late_event_may_be_left_to_a_person() -> None:
    *_, last = decided(
        {"card.purchased": {"at": date(2026, 10, 5), "amount": 250}},
        {"close": date(2026, 11, 1)},
        {"card.purchased": {"at": date(2026, 10, 20), "amount": 170}},
        text=PROGRAM + "late: review\n",
    )
    assert last.refusal is not None
    assert last.refusal.reason == "closed-period"
    assert not last.postings


@pytest.mark.parametrize("policy", ["adjust", "current", "review"])
def test_nothing_is_late_before_its_month_has_closed(policy: str) -> None:
    """October is closed with 1 November; its last day is closed before, and its events still count in it: 3 + 2."""
    found = postings(
        {"card.purchased": {"at": date(2026, 10, 5), "amount": 300}},
        {"close": date(2026, 10, 31)},
        {"card.purchased": {"at": date(2026, 10, 20), "amount": 200}},
        {"close": date(2026, 11, 1)},
        text=PROGRAM + f"late: {policy}\n",
    )
    assert [(p.kind, p.points) for p in found] == [("period", 5)]


def test_a_balance_counts_from_its_business_date_though_it_is_told_in_the_next_month() -> None:
    """31,000 on the last of October's 31 days are 1,000 on average; all of November is 31,000."""
    found = postings(
        {"close": date(2026, 10, 31)},
        balance(date(2026, 11, 1), 31000, business_date=date(2026, 10, 31)),
        {"close": date(2026, 11, 1)},
        {"close": date(2026, 12, 1)},
    )
    assert [(p.points, p.event_day) for p in found] == [(1, date(2026, 10, 31)), (31, date(2026, 11, 30))]


def test_members_to_whom_a_rule_can_give_nothing_never_fall_due() -> None:
    """An account that was emptied in September is worth nothing in October, and nobody looks at it any more."""
    told = [balance(date(2026, 9, 1), 1000), balance(date(2026, 9, 20), 0), {"close": date(2026, 10, 1)}]
    last = decided(*told)[-1]
    assert last.postings == []
    assert last.member.due_on is None


def test_the_budget_of_a_campaign_bounds_periods_too() -> None:
    """Ten points are left for all: 17 are due, 10 given."""
    text = (
        PROGRAM.replace("    cap: {member-year: 100}\n", "    budget: spring\n") + "budgets: {spring: {points: 10}}\n"
    )
    (posting,) = postings(balance(date(2026, 10, 15), 31000), {"close": date(2026, 11, 1)}, text=text)
    assert (posting.desired_points, posting.points, posting.capped_by) == (17, 10, "budget:spring")
