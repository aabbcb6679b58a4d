"""What the score and the tiers read of an average: the last window that has closed."""

from datetime import date, datetime, time

from rules.identity import event_key
from rules.language.load import load
from rules.member import Member
from rules.memory import Memory
from rules.program import Programs
from schemas.events import BusinessDayClosed
from schemas.events.calendar import DayClose
from tests.rules.told import ZONE, Told, balance, event

TIERED = load("""
program: tiered
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points: {reward: {spendable: true}}
metrics:
  last-quarter: {average_daily_balance: {products: [demand]}, over: calendar-quarter}
  this-month: {average_daily_balance: {products: [demand]}, over: calendar-month, so_far: true}
score: [{metric: last-quarter, points: 1 per 1.00}]
tiers:
  ladder: [{id: basic}, {id: core, any: [{score: 500}, {this-month: 90000.00}]}]
""")


class Bank:
    """One member of `TIERED`, whose days close."""

    def __init__(self) -> None:
        self.memory = Memory(Programs([TIERED]), "bank")
        self.number = 0

    def tell(self, told: Told) -> Member:
        self.number += 1
        one = event(told, self.number)
        program = self.memory.programs.versions[0]
        assert not any(d.refusal for d in self.memory.told(one, event_key("bank", "/s", one.id), program))
        return self.memory.members["m-1"]

    def close(self, day: str) -> Member:
        through = date.fromisoformat(day)
        marker = BusinessDayClosed(
            id=f"c-{day}", source="/s", subject="bank", occurred_at=datetime.combine(through, time.max, ZONE),
            data=DayClose(business_date=through, through=through),
        )  # fmt: skip
        list(self.memory.close(marker, event_key("bank", "/s", marker.id)))
        return self.memory.members["m-1"]


def bill(on: str) -> Told:
    return Told("bill.paid", on, {"account": "a-1", "amount": 1, "biller": "b-1", "kind": "water"})


def test_the_score_and_the_tiers_read_the_last_window_that_has_closed() -> None:
    """46,000 on 16 August are 46 of 92 days of the third quarter: 23,000 a day, and 500 of score are 500 a day.

    Its quarter closes with 1 October, one day after its last; until then the second quarter stands, which was empty.
    """
    bank = Bank()
    assert bank.tell(balance("2026-08-16", 46_000)).tier == "basic"
    assert bank.close("2026-09-30").tier == "basic"
    assert bank.tell(bill("2026-10-01")).score == 0
    assert bank.close("2026-10-01").averages == {"last-quarter": [
        date(2026, 7, 1).toordinal(), date(2026, 10, 1).toordinal(), 46 * 46_000_00, 92
    ]}  # fmt: skip
    after = bank.tell(bill("2026-10-02"))
    assert (after.score, after.tier) == (23_000, "core")


def test_one_large_day_does_not_lift_a_tier_but_an_average_so_far_may() -> None:
    """A million on the first day of a quarter is no quarter; of this month it is the average so far."""
    bank = Bank()
    bank.tell(balance("2026-09-01", 10))
    bank.close("2026-10-01")
    small = bank.tell(balance("2026-10-02", 80_000))
    assert (small.score, small.tier) == (30 * 10 // 92, "basic")
    assert bank.tell(balance("2026-11-01", 1_000_000)).tier == "core"


def test_a_correction_of_the_last_window_is_read_at_once() -> None:
    """Told on 5 October for 16 August: 46 of 92 days of 46,000 instead of nothing up to the 1st of October."""
    bank = Bank()
    bank.tell(balance("2026-08-01", 0))
    bank.tell(balance("2026-10-01", 46_000))
    assert bank.close("2026-10-01").averages["last-quarter"][2] == 0
    corrected = bank.tell(balance("2026-10-05", 46_000, business_date="2026-08-16"))
    assert (corrected.score, corrected.tier) == (23_000, "core")


def test_an_average_that_a_version_brings_is_read_before_its_first_window_closes() -> None:
    """Nothing was kept of the third quarter, but its balances are known: 92 days of 1,000."""
    bank = Bank()
    bank.tell(balance("2026-05-01", 1000))
    known = bank.memory.members["m-1"]
    known.due_on, known.averages = None, {}
    assert bank.tell(bill("2026-10-02")).score == 1000
    assert bank.tell(bill("2026-10-01")).score == 61 * 1000 // 91  # of the second: the third is still to close


def test_members_that_are_one_person_have_one_average() -> None:
    """The third quarter had 30 days of 10 here and 46 of 46,000 there: 2,116,300 in 92 days."""
    bank = Bank()
    bank.tell(balance("2026-09-01", 10))
    bank.tell(balance("2026-08-16", 46_000, account="a-2")._replace(subject="m-2"))
    bank.close("2026-10-01")
    assert bank.tell(bill("2026-10-04")).score == 300 // 92
    bank.tell(Told("member.merged", "2026-10-05", {"into": "m-1"}, subject="m-2"))
    assert bank.tell(bill("2026-10-06")).score == 2_116_300 // 92
