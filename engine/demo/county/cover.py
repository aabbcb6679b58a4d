"""Insurance sold at the counter: premiums, the days in which a policy can be returned, values, and how policies end."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from engine.demo.county.bank import AT_NIGHT, CURRENCY, OFFICE, Bank
from engine.demo.county.people import Person

COOLING_OFF_DAYS: Final = 15
DAYS_A_QUARTER: Final = 91
TERMS: Final = (1, 1, 3, 3, 5, 10)
"""Years in which premiums are paid; 1 is a single premium."""
AGES: Final = (0, 0, 0, 12, 24)
"""Months that a policy has run when the program first hears of it: most are sold within the year."""


@dataclass(slots=True)
class Policy:
    """A policy; money in fen. `month` counts from 1, `over` when it has ended."""

    id: str
    product: str
    annual: int
    years: int
    month: int
    monthly: bool
    paid: int = 0
    over: bool = False

    @property
    def premium(self) -> int:
        return self.annual // 12 if self.monthly else self.annual


def begin(bank: Bank, person: Person) -> None:
    """Plans the person's policy, if there will be one this year."""
    if bank.happens(person.trade.insured):
        bank.plan(person, 3 + int(bank.chance() * 200), OFFICE, partial(insure, bank, person))


def insure(bank: Bank, person: Person) -> None:
    """Takes out a policy, or pays for one that has run for years."""
    years = TERMS[int(bank.chance() * len(TERMS))]
    product = "accident-1y" if years == 1 and bank.happens(0.5) else f"savings-{years}y"
    annual = bank.around(260 if product == "accident-1y" else 6_000)
    age = 0 if years == 1 else AGES[int(bank.chance() * len(AGES))]
    monthly = years > 1 and bank.happens(0.4)
    policy = Policy(f"pol-{person.number:06}-{bank.index:03}", product, annual, years, age + 1, monthly)
    pay(bank, person, policy)
    if age == 0:
        bank.plan(person, COOLING_OFF_DAYS, AT_NIGHT, partial(keep, bank, person, policy))
    if product != "accident-1y":
        bank.plan(person, DAYS_A_QUARTER, AT_NIGHT, partial(value, bank, person, policy))
    _plan_end(bank, person, policy)


def _plan_end(bank: Bank, person: Person, policy: Policy) -> None:
    days = 40 + int(bank.chance() * 260)
    if policy.product == "accident-1y":
        if bank.happens(0.4):
            bank.plan(person, days, OFFICE, partial(end, bank, person, policy, "claimed"))
    elif bank.happens(0.15):
        bank.plan(person, days, OFFICE, partial(surrender, bank, person, policy))
    elif policy.monthly and bank.happens(0.25):
        bank.plan(person, days, AT_NIGHT, partial(end, bank, person, policy, "lapsed"))


def pay(bank: Bank, person: Person, policy: Policy) -> None:
    """A premium: the year's at once, or a twelfth of it every month."""
    if policy.over:
        return
    bank.pay(person, policy.premium)
    policy.paid += policy.premium
    data = {
        **_told(policy),
        "amount_minor": policy.premium,
        "currency": CURRENCY,
        "annualised_premium_minor": policy.annual,
        "payment_term_years": policy.years,
        "policy_month": policy.month,
    }
    bank.say(person, "insurance.premium-paid.v1", data)
    if policy.monthly:
        policy.month += 1
        bank.plan(person, 30, AT_NIGHT, partial(pay, bank, person, policy))


def _told(policy: Policy) -> dict[str, str | int]:
    return {"policy": policy.id, "product": policy.product}


def keep(bank: Bank, person: Person, policy: Policy) -> None:
    """The policy was not returned in time; from now on leaving costs."""
    bank.say(person, "insurance.cooling-off-passed.v1", _told(policy))


def value(bank: Bank, person: Person, policy: Policy) -> None:
    """A quarter's statement of what the policy is worth in cash."""
    if policy.over:
        return
    worth = policy.paid * 85 // 100
    bank.say(person, "insurance.valued.v1", {**_told(policy), "value_minor": worth, "currency": CURRENCY})
    bank.plan(person, DAYS_A_QUARTER, AT_NIGHT, partial(value, bank, person, policy))


def surrender(bank: Bank, person: Person, policy: Policy) -> None:
    """Gives the policy up for its cash value."""
    policy.over = True
    worth = policy.paid * 80 // 100
    bank.say(person, "insurance.surrendered.v1", {**_told(policy), "amount_minor": worth, "currency": CURRENCY})
    bank.move(person, worth, new_money=True)


def end(bank: Bank, person: Person, policy: Policy, cause: str) -> None:
    """Ends the policy otherwise; a claim pays."""
    policy.over = True
    bank.say(person, "insurance.ended.v1", {**_told(policy), "cause": cause})
    if cause == "claimed":
        bank.move(person, policy.annual * 40, new_money=True)
