"""What people try: caps hold, what is taken back was earned, and what is owed is owed by policy."""

from datetime import date, timedelta

import pytest

from rules.member import Balance
from tests.rules.books import Books
from tests.rules.family import Family

PROGRAM = """\
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true, expires: {after_months: 12}}
spending: {reverse_within_days: 90}
earn:
  - {id: spend, on: card.purchased, award: {rate: 1 per full 1.00, to: reward}, cap: {member-day: 100}}
  - {id: treat, on: card.purchased, when: {birthday: month}, award: {points: 50, to: reward}, cap: {member-year: 50}}
  - {id: friend, on: referral.completed, award: {points: 500, to: reward}, cap: {member-year: 1000}}
benefits:
  cake: {network: bakery, on: birthday, units: 1, valid_days: 30}
"""
WITHIN = PROGRAM.replace("reward: {", "reward: {on_reversal: within-balance, ")
FLOOR = PROGRAM.replace("reward: {", "reward: {deficit: {floor: -60}, ")


def balance(books: Books) -> tuple[int, int]:
    """Available and owed."""
    found = books.member.balances.get("reward", Balance())
    return found.available, found.deficit


def by_rule(books: Books, rule: str) -> int:
    return sum(p.points for p in books.postings.values() if p.rule_id == rule)


def test_a_birthday_that_moves_every_month_is_one_birthday_a_year() -> None:
    """In each month of the year the birthday is said to be tomorrow: 50 points and one cake, not twelve of each."""
    books = Books(PROGRAM)
    books.says("member.enrolled", "2026-01-01")
    given = 0
    for month in range(1, 13):
        books.says("member.updated", f"2026-{month:02}-10", birth_month=month, birth_day=11)
        given += sum(grant.units or 0 for one in books.close(f"2026-{month:02}-10") for grant in one.grants)
        books.buys(f"2026-{month:02}-11", 10)
    assert by_rule(books, "treat") == 50
    assert given == 1


def test_365_birthdays_are_one_once_the_bank_knows_that_they_are_one_member() -> None:
    """As somebody did with 365 cards: a birthday on each day of the year, and each its cake until the merge.

    The bank finds on 1 July that they are one: by then 31 + 28 + 31 + 30 + 31 + 30 had their cake. The one left, whose
    own would be on 31 December, has none, on that day or any before.
    """
    year = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    cards = [f"card-{number}" for number in range(365)]
    family = Family(PROGRAM, cards)
    for card, day in zip(cards, year, strict=True):
        family.say(card, "member.updated", "2026-01-01", birth_month=day.month, birth_day=day.day)
    for day in year[:180]:
        family.close(str(day))
    assert sum(grant.units or 0 for one in family.decided for grant in one.grants) == 181
    for card in cards[:-1]:
        assert family.merge(card, "2026-07-01", cards[-1]) == []
    merged = len(family.decided)
    for day in year[180:]:
        family.close(str(day))
    assert [grant for one in family.decided[merged:] for grant in one.grants if grant.units] == []


def test_nobody_brings_themself() -> None:
    """Not as one, nor as two accounts of which the bank knows later that they are one: a brought b, and is b."""
    family = Family(PROGRAM)
    assert family.say("a", "referral.completed", "2026-02-01", referred_member="m-a") == ["self-referral"]
    assert family.balance("a") == (0, 0, 0)
    family.merge("a", "2026-02-02", "b")
    assert family.say("a", "referral.completed", "2026-02-01", referred_member="m-b") == ["self-referral"]
    assert family.balance("b") == (0, 0, 0)
    assert family.say("b", "referral.completed", "2026-02-03", referred_member="m-c") == []
    assert family.balance("b") == (500, 0, 0)


@pytest.mark.parametrize(
    ("program", "after_refund", "after_next"),
    # 80 earned, 80 spent, 80 taken back; then 30 earned. The floor lets 60 be owed.
    [(PROGRAM, (0, 80), (0, 50)), (WITHIN, (0, 0), (30, 0)), (FLOOR, (0, 60), (0, 30))],
    ids=["owed", "within what there is", "down to a floor"],
)
def test_a_refund_after_the_points_are_spent(
    program: str, after_refund: tuple[int, int], after_next: tuple[int, int]
) -> None:
    """What is taken back is what was earned, and what is owed is by policy."""
    books = Books(program)
    books.says("member.enrolled", "2026-01-01")
    books.buys("2026-02-01", 80, "buy-1")
    told = {"merchant": "shop", "merchant_ref": "r-1", "network": "food", "points": 80}
    assert books.says("redemption.requested", "2026-02-02", **told).refusal is None
    assert books.gets_back("2026-02-03", 80, "buy-1").refusal is None
    assert balance(books) == after_refund
    assert books.gets_back("2026-02-03", 80, "buy-1").postings == []
    books.buys("2026-02-04", 30)
    assert balance(books) == after_next


@pytest.mark.parametrize("parts", [1, 2, 10, 300])
def test_a_purchase_in_parts_passes_no_cap(parts: int) -> None:
    """300.00 on one day, in one or in 300: 100 points, what the day's cap leaves."""
    books = Books(PROGRAM)
    books.says("member.enrolled", "2026-02-01T08:00:00+08:00")
    for _ in range(parts):
        books.buys("2026-02-01", 300 / parts)
    assert balance(books) == (100, 0)


def test_buying_and_giving_back_all_day_earns_nothing_more() -> None:
    """100.00 bought and given back twenty times, and once kept: at most 100 points, by whatever policy."""
    books = Books(PROGRAM)
    books.says("member.enrolled", "2026-02-01T08:00:00+08:00")
    for number in range(20):
        books.buys("2026-02-01", 100, f"buy-{number}")
        books.gets_back("2026-02-01", 100, f"buy-{number}")
        assert balance(books) == (0, 0)
    books.buys("2026-02-01", 100)
    assert balance(books)[0] <= 100
    assert balance(books)[1] == 0
