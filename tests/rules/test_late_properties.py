"""However late what happened is told: what closed months gave comes to what they are worth, computed day by day."""

from calendar import monthrange
from collections import Counter
from datetime import date, timedelta
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.decision import Posting
from rules.identity import event_key
from rules.language.given import BANK, MEMBER_ID, Given
from rules.language.grammar import Example
from rules.language.load import load
from rules.memory import Memory
from rules.program import Programs
from schemas.events import BusinessDayClosed

PROGRAM = load("""
program: late
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true, expires: {after_months: 24, at: month-end}}
metrics:
  deposits-month: {average_daily_balance: {products: [demand]}, over: calendar-month}
  spend-month: {sum: card.purchased.amount, over: calendar-month}
earn:
  - {id: deposits, every: calendar-month, award: {rate: 7 per 1000.00, of: deposits-month, to: reward}}
  - {id: spend, every: calendar-month, award: {rate: 3 per 100.00, of: spend-month, to: reward}, rounding: half-up}
""")
FIRST, DAYS = date(2026, 9, 1), 61
LATE_DAYS = 30


class Told(NamedTuple):
    """A balance or a purchase of a day, told so many days later; money in yuan."""

    day: date
    later: int
    yuan: int
    is_balance: bool

    @property
    def told_on(self) -> date:
        return self.day + timedelta(days=self.later)


TOLD = st.builds(
    Told,
    st.integers(0, DAYS - 1).map(lambda n: FIRST + timedelta(days=n)),
    st.one_of(st.just(0), st.integers(0, LATE_DAYS)),
    st.integers(0, 9_999),
    st.booleans(),
)


def given_form(told: Told, number: int) -> dict[str, Any]:
    if told.is_balance:
        of = {"account": f"a-{number % 2}", "product": "demand", "balance": told.yuan, "sequence": number}
        return {"deposit.balance-changed": {"at": told.told_on, "business_date": told.day, **of}}
    return {"card.purchased": {"at": told.day, "amount": told.yuan}}


def run(history: list[Told]) -> tuple[list[Posting], Memory]:
    """Each in the order in which it is told; every day is closed in its evening."""
    memory = Memory(Programs([PROGRAM]), BANK)
    found: list[Posting] = []
    until = FIRST
    forms: list[dict[str, Any]] = []
    for number, told in enumerate(history):
        forms += [{"close": until + timedelta(days=n)} for n in range((told.told_on - until).days)]
        until = max(until, told.told_on)
        forms.append(given_form(told, number))
    forms.append({"close": date(2027, 1, 1)})
    for event in Given("Asia/Shanghai", "CNY").events(Example(name="late", given=forms, expect={}), ()):
        key = event_key(BANK, event.source, event.id)
        if isinstance(event, BusinessDayClosed):
            decisions = list(memory.close(event, key))
        else:
            decisions = [memory.decided(event, key, memory.programs.versions[0])]
        found += [p for decision in decisions for p in decision.postings]
    return found, memory


def worth(history: list[Told]) -> dict[tuple[str, str], int]:
    """By rule and month, from every day's balances and each month's purchases; nothing of the engine is asked."""
    found: Counter[tuple[str, str]] = Counter()
    for month in (9, 10, 11, 12):
        days = monthrange(2026, month)[1]
        total = sum(_held(history, date(2026, month, day)) for day in range(1, days + 1))
        spent = sum(t.yuan for t in history if not t.is_balance and t.day.month == month)
        # Of whole yuan: 7 × total ÷ days ÷ 1000, down; 3 × spent ÷ 100, half up.
        found["deposits", f"2026-{month:02}"] = 7 * total // (days * 1000)
        found["spend", f"2026-{month:02}"] = (6 * spent + 100) // 200
    return {key: points for key, points in found.items() if points}


def _held(history: list[Told], day: date) -> int:
    """The sum over both accounts of what was told last of the newest day."""
    latest: dict[int, tuple[date, int, int]] = {}
    for number, told in enumerate(history):
        if told.is_balance and told.day <= day:
            one = (told.day, number, told.yuan)
            latest[number % 2] = max(latest.get(number % 2, one), one)
    return sum(yuan for _, _, yuan in latest.values())


@given(st.lists(TOLD, min_size=1, max_size=12))
@settings(deadline=None)
def test_months_come_to_what_they_are_worth_however_late_they_are_told(history: list[Told]) -> None:
    in_order = sorted(history, key=lambda told: told.told_on)
    postings, memory = run(in_order)
    given_points: Counter[tuple[str, str]] = Counter()
    for p in postings:
        given_points[p.rule_id, p.period or f"{p.event_day:%Y-%m}"] += p.points
    assert {key: points for key, points in given_points.items() if points} == worth(in_order)
    assert len({p.posting_id for p in postings}) == len(postings)
    member = memory.members[MEMBER_ID]
    total = sum(p.points for p in postings)
    held = member.balances["reward"] if total or "reward" in member.balances else None
    assert (held.total if held else 0) == total
    assert sum(lot.left for lot in memory.lots(MEMBER_ID).values()) == (held.available if held else 0)
