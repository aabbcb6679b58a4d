"""A joint account counts once, for the owner named: what each owner's average is, worked by hand, in yuan."""

from datetime import date

import pytest

from rules.identity import event_key
from rules.memory import Memory
from rules.program import Programs
from tests.rules.test_averages import PROGRAM, average
from tests.rules.told import Told, balance, event

CHANGE = {"account": "a-1", "product": "demand", "new_owner": "m-2"}


def owners(*history: Told) -> Memory:
    memory = Memory(Programs([PROGRAM]), "bank")
    for number, told in enumerate(history):
        one = event(told, number)
        decisions = list(memory.told(one, event_key("bank", one.source, one.id), memory.programs.versions[0]))
        assert not any(decision.refusal for decision in decisions)
    return memory


def change(on: str, business_date: str | None = None) -> Told:
    return Told("account.owner-changed", on, CHANGE, business_date)


def of_second(told: Told) -> Told:
    return told._replace(subject="m-2")


@pytest.mark.parametrize(
    ("history", "first", "second"),
    [
        pytest.param([balance("2026-09-01", 1000), change("2026-09-11")], "10000/30", "20000/30",
                     id="1 to 10 September with the one, 11 to 30 with the other"),
        pytest.param([balance("2026-09-01", 1000), change("2026-09-11"), of_second(balance("2026-09-21", 400))],
                     "10000/30", "14000/30", id="then 10 x 1000 and 10 x 400 with the other"),
        pytest.param([balance("2026-09-01", 1000), balance("2026-09-21", 400),
                      change("2026-09-25", business_date="2026-09-11")], "10000/30", "14000/30",
                     id="told on the 25th for the 11th: the 400 of the 21st are the other's too"),
        pytest.param([balance("2026-09-11", 1000, sequence=7), change("2026-09-11")], "0/30", "20000/30",
                     id="on the day of a balance: the day's end is the other's"),
        pytest.param([balance("2026-09-01", 1000), change("2026-09-11"),
                      balance("2026-09-26", 700, business_date="2026-09-06")], "8500/30", "20000/30",
                     id="a correction of the first one's days ends where the other's begin: 5 x 1000, 5 x 700"),
        pytest.param([change("2026-09-11"), of_second(balance("2026-09-21", 400))], "0/30", "4000/30",
                     id="of an account that nobody told of, nothing is passed on"),
    ],
)  # fmt: skip
def test_each_owner_has_the_days_that_are_its_own(history: list[Told], first: str, second: str) -> None:
    members = owners(*history).members
    assert average("month", "2026-09-30", members["m-1"]) == first
    assert average("month", "2026-09-30", members["m-2"]) == second


def test_the_account_is_held_by_the_new_owner_alone() -> None:
    members = owners(balance("2026-09-01", 1000), change("2026-09-11")).members
    held = {id_: m.holdings["a-1"] for id_, m in members.items()}
    assert {id_: (h.open, h.balance_minor) for id_, h in held.items()} == {"m-1": (False, 0), "m-2": (True, 100_000)}
    assert held["m-2"].business_date == date(2026, 9, 11)
