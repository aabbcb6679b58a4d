"""Loans: for seed in spring, for a shop's stock, for a home; repaid month by month or after the harvest."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from engine.demo.county.bank import AT_NIGHT, CURRENCY, OFFICE, Bank
from engine.demo.county.people import Person

SEED_MONTHS: Final = 9
"""A seed loan's principal is due at once, after the maize is sold."""
RATE_A_MONTH: Final = 0.004
LOANS: Final = {
    "farmer": ("seed-loan", 40_000, SEED_MONTHS),
    "small-trader": ("stock-loan", 80_000, 12),
    "salaried": ("home-loan", 350_000, 240),
    "migrant-worker": ("home-loan", 200_000, 180),
}
"""Product, median in yuan and months by trade."""


@dataclass(slots=True)
class Loan:
    """A loan; money in fen. `left` is how many instalments are to come."""

    id: str
    product: str
    owed: int
    months: int
    left: int


def begin(bank: Bank, person: Person) -> None:
    """Plans the person's loan, if there will be one this year; seed is bought in February and March."""
    if person.trade.segment in LOANS and bank.happens(person.trade.borrows):
        days = 5 + int(bank.chance() * (70 if person.trade.segment == "farmer" else 200))
        bank.plan(person, days, OFFICE, partial(borrow, bank, person))


def borrow(bank: Bank, person: Person) -> None:
    """The loan is paid out into the account, and most of it is spent at once."""
    product, median, months = LOANS[person.trade.segment]
    amount = bank.around(median) // 1000_00 * 1000_00 + 1000_00
    loan = Loan(f"loan-{person.number:06}-{bank.index:03}", product, amount, months, months)
    data = {**_told(loan), "amount_minor": amount, "currency": CURRENCY, "tenor_months": months}
    bank.say(person, "loan.disbursed.v1", data)
    bank.move(person, amount)
    bank.move(person, -amount * 9 // 10)
    bank.plan(person, 30, AT_NIGHT, partial(repay, bank, person, loan))


def _told(loan: Loan) -> dict[str, str | int | bool]:
    return {"loan": loan.id, "product": loan.product}


def repay(bank: Bank, person: Person, loan: Loan) -> None:
    """An instalment: interest, and principal in equal parts, of seed loans with the last one. One in 25 comes late."""
    on_time = bank.happens(0.96)
    at_the_end = loan.product == "seed-loan" and loan.left > 1
    principal = 0 if at_the_end else loan.owed // loan.left
    _pay(bank, person, loan, principal, on_time=on_time)
    loan.left -= 1
    if loan.left == 0:
        bank.say(person, "loan.settled.v1", {**_told(loan), "early": False})
    elif bank.happens(0.015):
        bank.plan(person, 12, OFFICE, partial(settle, bank, person, loan))
    else:
        bank.plan(person, 30, AT_NIGHT, partial(repay, bank, person, loan))


def settle(bank: Bank, person: Person, loan: Loan) -> None:
    """Pays back all that is owed, before it is due."""
    _pay(bank, person, loan, loan.owed, on_time=True)
    bank.say(person, "loan.settled.v1", {**_told(loan), "early": True})


def _pay(bank: Bank, person: Person, loan: Loan, principal: int, *, on_time: bool) -> None:
    interest = int(loan.owed * RATE_A_MONTH)
    bank.pay(person, principal + interest)
    loan.owed -= principal
    data = {
        **_told(loan),
        "amount_minor": principal + interest,
        "principal_minor": principal,
        "interest_minor": interest,
        "currency": CURRENCY,
        "on_time": on_time,
    }
    bank.say(person, "loan.repaid.v1", data)
    bank.say(person, "loan.balance-changed.v1", {**_told(loan), "balance_minor": loan.owed, "currency": CURRENCY})
