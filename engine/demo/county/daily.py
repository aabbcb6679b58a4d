"""Everyday money: income, bills, shopping, refunds, and the tides of the spring festival."""

from functools import partial
from itertools import accumulate
from typing import Any, Final, NamedTuple

from engine.demo.county import merchants
from engine.demo.county.bank import AT_NIGHT, AWAKE, CURRENCY, OFFICE, SOURCE, Bank
from engine.demo.county.people import Person

WHEAT_MONTH: Final = 6
MAIZE_MONTH: Final = 10
BILLS: Final = (
    ("electricity", "grid", 130),
    ("water", "waterworks", 45),
    ("phone", "telecom", 58),
    ("gas", "gasworks", 75),
)


class Shop(NamedTuple):
    """A kind of shop: its merchant category, its share of purchases, a median purchase in yuan, and how one pays."""

    mcc: str
    share: float
    median: float
    channel: str


SHOPS: Final = (
    Shop("5411", 24, 85, "pos"),  # supermarket
    Shop("5499", 14, 32, "pos"),  # market stalls
    Shop("5814", 12, 26, "online"),  # quick meals
    Shop("5812", 8, 115, "pos"),  # restaurants
    Shop("5541", 6, 260, "pos"),  # fuel
    Shop("5912", 6, 68, "pos"),  # pharmacy
    Shop("4111", 6, 3, "transit"),
    Shop("5651", 5, 230, "online"),  # clothing
    Shop("5311", 4, 310, "pos"),  # department store
    Shop("4814", 3, 50, "online"),  # telephone
    Shop("5261", 3, 850, "pos"),  # seed and farm supplies
    Shop("6011", 3, 1000, "atm"),  # cash
    Shop("7230", 3, 40, "pos"),  # hairdresser
    Shop("7542", 2, 35, "pos"),  # car wash
    Shop("7832", 1.5, 42, "online"),  # cinema
    Shop("5732", 1.5, 1700, "online"),  # electronics
    Shop("5722", 1, 2500, "pos"),  # household appliances
    Shop("8062", 2, 280, "pos"),  # hospital
    Shop("4829", 1, 600, "online"),  # money transfer
    Shop("7995", 0.7, 20, "pos"),  # lottery
    Shop("8220", 1, 3200, "phone"),  # school fees
)
_SHARES: Final = tuple(accumulate(shop.share for shop in SHOPS))
MERCHANTS: Final = 60
"""Of each kind of shop."""
BUSY_DAYS: Final = 20
SAVED_UP: Final = 30_000_00
BONUS_DAYS: Final = 31
"""Before the spring festival."""


def begin(bank: Bank, person: Person) -> None:
    """Plans the person's income, bills, shopping and spring festival."""
    chance = bank.chance
    bank.plan(person, 1 + int(chance() * person.trade.pause), AWAKE, partial(shop, bank, person))
    income = {"salaried": paid, "retired": paid, "small-trader": takings, "migrant-worker": remittance}
    earn = income.get(person.trade.segment)
    if earn is not None:
        bank.plan(person, 1 + int(chance() * 28), AT_NIGHT, partial(earn, bank, person))
    else:
        _plan_harvests(bank, person)
    if bank.happens(0.55):
        kind = BILLS[int(chance() * len(BILLS))]
        bank.plan(person, 1 + int(chance() * 30), OFFICE, partial(bill, bank, person, kind, bank.around(kind[2])))
    if bank.happens(0.25):
        bank.plan(person, 80 + int(chance() * 120), OFFICE, partial(build, bank, person))
    _plan_festival(bank, person)


def _plan_harvests(bank: Bank, person: Person) -> None:
    for month, median in ((WHEAT_MONTH, 9_000), (MAIZE_MONTH, 14_000)):
        days = (bank.first.replace(month=month, day=5) - bank.today).days + int(bank.chance() * 30)
        if days > 0:
            bank.plan(person, days, OFFICE, partial(income, bank, person, bank.around(median)))


def _plan_festival(bank: Bank, person: Person) -> None:
    days, chance = bank.days_to_festival(), bank.chance
    home = days - 1 - int(chance() * 18)
    if home > 0 and (person.trade.segment == "migrant-worker" or bank.happens(0.35)):
        bank.plan(person, home, OFFICE, partial(income, bank, person, bank.around(11_000)))
    gifts = days - 1 + int(chance() * 4)
    if gifts > 0 and bank.happens(0.6):
        bank.plan(person, gifts, AWAKE, partial(spend, bank, person, bank.around(800)))
    leaving = days + 8 + int(chance() * 12)
    if leaving > 0 and bank.happens(0.4):
        bank.plan(person, leaving, OFFICE, partial(spend, bank, person, bank.around(4_000)))


def income(bank: Bank, person: Person, amount: int) -> None:
    """Money from outside, not regular: a harvest sold, cash brought home."""
    bank.move(person, amount, new_money=True)


def spend(bank: Bank, person: Person, amount: int) -> None:
    """Money out to other people, as far as there is any."""
    if person.account.balance_minor >= amount:
        bank.move(person, -amount)


def build(bank: Bank, person: Person) -> None:
    """A house or a wedding takes nine tenths of what there is."""
    if person.account.balance_minor >= SAVED_UP:
        bank.move(person, -person.account.balance_minor * 9 // 10)


def paid(bank: Bank, person: Person) -> None:
    """A month's salary or pension; salaries come with a thirteenth before the spring festival."""
    retired = person.trade.segment == "retired"
    median = 1_800 + person.number % 5 * 500 if retired else 3_600 + person.number % 9 * 900
    bonus = not retired and 0 < bank.days_to_festival() <= BONUS_DAYS
    amount = median * 100 * (2 if bonus else 1)
    bank.move(person, amount, new_money=True)
    kind = "pension" if retired else "salary"
    said = bank.say(
        person,
        "payroll.credited.v1",
        {"account": person.account.id, "amount_minor": amount, "currency": CURRENCY, "kind": kind},
    )
    if bank.happens(0.002):
        bank.plan(person, 1, OFFICE, partial(taken_back, bank, person, said, -amount))
    bank.plan(person, 30 + (bank.today.month in {1, 3, 5, 7, 8, 10, 12}), AT_NIGHT, partial(paid, bank, person))


def takings(bank: Bank, person: Person) -> None:
    """What a trader's payment code took since last time, and what new stock costs."""
    bank.move(person, bank.around(1_900, 0.7), new_money=True)
    if bank.happens(0.4):
        spend(bank, person, bank.around(3_600))
    bank.plan(person, 4 + int(bank.chance() * 5), AT_NIGHT, partial(takings, bank, person))


def remittance(bank: Bank, person: Person) -> None:
    """What a worker far away sends home each month, of which the family lives."""
    bank.move(person, bank.around(3_200), new_money=True)
    bank.plan(person, 28 + int(bank.chance() * 6), AT_NIGHT, partial(remittance, bank, person))


def bill(bank: Bank, person: Person, kind: tuple[str, str, int], usual: int) -> None:
    """A month's bill, a little different every time."""
    amount = int(usual * (0.8 + 0.4 * bank.chance()))
    bank.pay(person, amount)
    biller = f"{kind[1]}-{person.region}"
    data = {
        "account": person.account.id,
        "amount_minor": amount,
        "currency": CURRENCY,
        "biller": biller,
        "kind": kind[0],
    }
    said = bank.say(person, "bill.paid.v1", data)
    if bank.happens(0.008):
        bank.plan(person, 1, OFFICE, partial(taken_back, bank, person, said, amount))
    bank.plan(person, 29 + int(bank.chance() * 4), OFFICE, partial(bill, bank, person, kind, usual))


def taken_back(bank: Bank, person: Person, original: str, change: int) -> None:
    """Yesterday's payment was a mistake: the money goes back, and so does the event. Half of them only in part."""
    part = change if bank.happens(0.5) else change // 2
    bank.move(person, part)
    day = bank.today.fromordinal(bank.today.toordinal() - 1)
    data = {"original_source": SOURCE, "original_id": original, "original_business_date": day.isoformat()}
    amount = {} if part == change else {"amount_minor": abs(part), "currency": CURRENCY}
    bank.say(person, "transaction.reversed.v1", {**amount, **data})


def shop(bank: Bank, person: Person) -> None:
    """A purchase by card, as far as there is money; more and larger ones before the spring festival."""
    kind = bank.rng.choices(SHOPS, cum_weights=_SHARES)[0]
    busy = 0 < bank.days_to_festival() <= BUSY_DAYS
    amount = int(bank.rng.lognormvariate(0, 0.6) * kind.median * (160 if busy else 100)) or 1
    if kind.channel == "atm":
        amount = max(amount // 100_00, 1) * 100_00
    if amount <= person.account.balance_minor:
        _buy(bank, person, kind, amount)
    pause = person.trade.pause * (0.6 if busy else 1)
    bank.plan(person, 1 + int(2 * bank.chance() * (pause - 0.5)), AWAKE, partial(shop, bank, person))


def _buy(bank: Bank, person: Person, kind: Shop, amount: int) -> None:
    bank.move(person, -amount)
    data: dict[str, Any] = {
        "card": person.card,
        "amount_minor": amount,
        "currency": CURRENCY,
        "mcc": kind.mcc,
        "merchant": f"s{kind.mcc}-{1 + int(bank.chance() ** 2 * MERCHANTS):02}",
    }
    said = bank.say(person, "card.purchased.v1", {**data, "channel": kind.channel})
    merchants.bought(bank, person, kind.mcc, amount)
    if bank.happens(0.015) and kind.channel in {"pos", "online"}:
        back = amount if bank.happens(0.7) else -(-amount // 3)
        original = {
            "original_source": SOURCE,
            "original_id": said,
            "original_business_date": bank.today.isoformat(),
        }
        # One merchant in five gives money back without saying for what.
        named = original if bank.happens(0.8) else {}
        refund = {**data, "amount_minor": back, **named}
        bank.plan(person, 1 + int(bank.chance() * 12), OFFICE, partial(refunded, bank, person, refund))


def refunded(bank: Bank, person: Person, refund: dict[str, Any]) -> None:
    """What a merchant gives back."""
    bank.move(person, refund["amount_minor"])
    bank.say(person, "card.refunded.v1", refund)
