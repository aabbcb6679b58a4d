"""Money put away: term deposits, and wealth products that are valued, redeemed and mature."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from engine.demo.county.bank import AT_NIGHT, CURRENCY, OFFICE, Bank
from engine.demo.county.people import Person

TENORS: Final = (3, 3, 6, 6, 12, 12, 12, 24, 36, 60)
"""Months; the likelier ones stand more than once."""
CAMPAIGN_DAYS: Final = 60
"""Banks gather deposits in the first two months of the year."""
DAYS_A_MONTH: Final = 30.44
LEAST: Final = 1000_00
"""Term deposits are opened in whole thousands of yuan."""
TERM_RATE: Final = 0.0125
FUNDS: Final = (
    ("steady-90", 2, 90),
    ("steady-180", 2, 180),
    ("bond-fund", 3, None),
    ("money-fund", 1, None),
    ("index-fund", 4, None),
)
"""Product, risk class R1 to R5, days until it matures if it does."""


@dataclass(slots=True)
class Term:
    """A term deposit; money in fen."""

    id: str
    amount: int
    tenor: int


@dataclass(slots=True)
class Fund:
    """A holding of a wealth product; money in fen."""

    id: str
    product: str
    value: int
    days: int | None


def begin(bank: Bank, person: Person) -> None:
    """Plans what the person will save and invest this year."""
    soon = 2 + int(bank.chance() * CAMPAIGN_DAYS)
    if bank.happens(person.trade.saves):
        bank.plan(person, soon, OFFICE, partial(deposit, bank, person))
    if bank.happens(person.trade.saves / 3):
        bank.plan(person, soon + 60 + int(bank.chance() * 200), OFFICE, partial(deposit, bank, person))
    if bank.happens(person.trade.invests):
        bank.plan(person, 2 + int(bank.chance() * 150), OFFICE, partial(invest, bank, person))


def deposit(bank: Bank, person: Person) -> None:
    """Opens a term deposit: of money brought from elsewhere, or of what lies in the account."""
    new_money = bank.happens(0.4)
    held = person.account.balance_minor
    amount = (bank.around(30_000, 0.8) if new_money else held * 6 // 10) // LEAST * LEAST
    if amount < LEAST:
        return
    if new_money:
        bank.move(person, amount, new_money=True)
    bank.move(person, -amount)
    tenor = TENORS[int(bank.chance() * len(TENORS))]
    term = Term(f"td-{person.number:06}-{bank.index:03}", amount, tenor)
    _opened(bank, person, term, new_money=new_money, renewal=False)


def _opened(bank: Bank, person: Person, term: Term, *, new_money: bool, renewal: bool) -> None:
    told = {"tenor_months": term.tenor, "new_money": new_money, "renewal": renewal}
    bank.say(person, "term-deposit.opened.v1", {**_told(term, term.amount, term.amount), **told})
    if bank.happens(0.06):
        bank.plan(person, 10 + int(bank.chance() * 60), OFFICE, partial(withdraw_early, bank, person, term))
    else:
        bank.plan(person, int(term.tenor * DAYS_A_MONTH), AT_NIGHT, partial(mature, bank, person, term))


def _told(term: Term, amount: int, balance: int) -> dict[str, str | int | bool]:
    product = f"term-{term.tenor}m"
    return {
        "account": term.id,
        "product": product,
        "amount_minor": amount,
        "balance_minor": balance,
        "currency": CURRENCY,
    }


def mature(bank: Bank, person: Person, term: Term) -> None:
    """Pays out with its interest; most people leave it for another term."""
    paid = term.amount + int(term.amount * TERM_RATE * term.tenor / 12)
    bank.say(person, "term-deposit.matured.v1", _told(term, paid, 0))
    bank.move(person, paid)
    if bank.happens(0.65):
        bank.move(person, -term.amount)
        _opened(bank, person, term, new_money=False, renewal=True)


def withdraw_early(bank: Bank, person: Person, term: Term) -> None:
    """Takes out a half or all of it; the half that stays runs on to no end within the year."""
    amount = term.amount if bank.happens(0.7) else term.amount // 2
    bank.say(person, "term-deposit.withdrawn-early.v1", _told(term, amount, term.amount - amount))
    bank.move(person, amount)


def invest(bank: Bank, person: Person) -> None:
    """Subscribes to a wealth product, with money brought for it where the account has too little."""
    product, risk, days = FUNDS[int(bank.chance() * len(FUNDS))]
    amount = bank.around(40_000, 0.7) // 1000_00 * 1000_00 + 1000_00
    bank.pay(person, amount)
    fund = Fund(f"w-{person.number:06}-{bank.index:03}", product, amount, days)
    lasts = {} if days is None else {"days": days}
    data = {**_holding(fund), "amount_minor": amount, "currency": CURRENCY, "risk_class": risk, **lasts}
    bank.say(person, "wealth.subscribed.v1", data)
    bank.plan(person, 30, AT_NIGHT, partial(value, bank, person, fund))
    if days is not None:
        bank.plan(person, days, AT_NIGHT, partial(end, bank, person, fund))
    elif bank.happens(0.5):
        bank.plan(person, 40 + int(bank.chance() * 200), OFFICE, partial(redeem, bank, person, fund))


def _holding(fund: Fund) -> dict[str, str]:
    return {"holding": fund.id, "product": fund.product}


def value(bank: Bank, person: Person, fund: Fund) -> None:
    """The month's valuation, while there is something to value."""
    if fund.value == 0:
        return
    fund.value += int(fund.value * (bank.chance() * 0.014 - 0.004))
    bank.say(person, "wealth.valued.v1", {**_holding(fund), "value_minor": fund.value, "currency": CURRENCY})
    bank.plan(person, 30, AT_NIGHT, partial(value, bank, person, fund))


def redeem(bank: Bank, person: Person, fund: Fund) -> None:
    """Sells a part, or all."""
    _pay_out(bank, person, fund, "wealth.redeemed.v1", fund.value if bank.happens(0.4) else fund.value // 3)


def end(bank: Bank, person: Person, fund: Fund) -> None:
    """The product matures; some people subscribe to another."""
    _pay_out(bank, person, fund, "wealth.matured.v1", fund.value)
    if bank.happens(0.5):
        bank.plan(person, 1 + int(bank.chance() * 10), OFFICE, partial(invest, bank, person))


def _pay_out(bank: Bank, person: Person, fund: Fund, kind: str, amount: int) -> None:
    bank.say(person, kind, {**_holding(fund), "amount_minor": amount, "currency": CURRENCY})
    fund.value -= amount
    bank.move(person, amount)
