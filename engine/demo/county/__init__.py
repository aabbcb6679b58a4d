"""A made-up county bank's year, for demonstrations and load: every type of event, the same every time."""

from collections.abc import Iterator
from functools import partial
from random import Random
from typing import Final

from engine.demo.county import cover, daily, loans, membership, merchants, savings
from engine.demo.county.bank import BANK, OFFICE, SOURCE, Bank, Spoken
from engine.demo.county.people import Person, person

EARLY: Final = 0.8
EARLY_DAYS: Final = 20
LATEST_DAYS: Final = 300
"""This share of the people enrols within the first days of the year, the others later, within the latest."""

__all__ = ["BANK", "SOURCE", "events"]


def events(members: int, year: int, seed: int) -> Iterator[Spoken]:
    """A year of a bank with so many members, in the order of time: Kafka key and CloudEvents JSON object of each event.

    Some 200 a member. The same arguments give the same events. `business-day.closed` has the key `bank/calendar`.
    Raises ValueError for years whose spring festival is not known.
    """
    bank = Bank(year, Random(seed))  # noqa: S311 - repeatable, and guards nothing
    for number in range(1, members + 1):
        bank.people.append(person(number, BANK, year, bank.rng))
    for one in bank.people:
        days = EARLY_DAYS if bank.happens(EARLY) else LATEST_DAYS
        bank.plan(one, int(bank.chance() * days), OFFICE, partial(_join, bank, one))
    return bank.year_through()


def _join(bank: Bank, one: Person) -> None:
    membership.enrol(bank, one)
    for habits in (daily, savings, cover, loans, merchants):
        habits.begin(bank, one)
