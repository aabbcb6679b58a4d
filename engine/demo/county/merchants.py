"""Points and courtesies at the shops nearby: merchants hold, capture, let go and give back; some ask in vain."""

from datetime import date
from functools import partial
from typing import Any, Final

from engine.demo.county.bank import AWAKE, CURRENCY, OFFICE, Bank
from engine.demo.county.people import Person

NOT_SPENDING: Final = {"6011", "4829", "7995"}
LOCAL_SHOPS: Final = {"5411", "5499", "5311"}
FESTIVE_DAYS: Final = 31
"""Before the spring festival, in which a hundred yuan at a local shop are twenty festive points."""
HOLD_MINUTES: Final = 2 * 24 * 60
"""Ordered today, fetched tomorrow."""
PLACES: Final = (("market", "goods"), ("supermarket", "goods"), ("hair", "services"), ("car-care", "services"))
"""Where points are spent, and on what; points for deposits buy services only."""
LEAST: Final = 100
"""Points that are worth the way."""
FETCHED, FETCHED_IN_PART, LET_GO = 0.5, 0.2, 0.2
"""What becomes of what is held; the rest is forgotten, and lapses."""
QUARTER: Final = 91
WELL_OFF: Final = 50_000_00
"""Who has about this much looks for a core member's courtesies when the first quarter has closed."""


def begin(bank: Bank, person: Person) -> None:
    """Plans where the person will ask for points and courtesies."""
    chance = bank.chance
    bank.plan(person, 50 + int(chance() * 60), AWAKE, partial(spend, bank, person))
    if bank.happens(0.5):
        bank.plan(person, 20 + int(chance() * 60), AWAKE, partial(see_film, bank, person))
    birthday = (date(bank.year, *person.birthday) - bank.today).days
    if birthday > 0 and bank.happens(0.6):
        bank.plan(person, birthday + 1 + int(chance() * 20), AWAKE, partial(fetch_gift, bank, person))
    if person.account.balance_minor >= WELL_OFF:
        for care in (wash_car, cut_hair):
            bank.plan(person, QUARTER + int(chance() * QUARTER), OFFICE, partial(care, bank, person))


def bought(bank: Bank, person: Person, mcc: str, amount: int) -> None:
    """A purchase brought about a point a yuan; before the festival also festive points, which are good for weeks."""
    if mcc not in NOT_SPENDING:
        person.points += amount // 100
    steps = min(amount // 100_00, 20)
    if mcc in LOCAL_SHOPS and steps and 0 < bank.days_to_festival() <= FESTIVE_DAYS and bank.happens(0.5):
        festive = {"network": "market", "points": 20 * steps, "point_type": "festive", "purpose": "goods"}
        bank.plan(person, 5 + int(bank.chance() * 60), AWAKE, partial(_ask, bank, person, festive))


def spend(bank: Bank, person: Person) -> None:
    """A part of the points: at once, or held today and taken tomorrow."""
    points = int(person.points * (0.2 + 0.5 * bank.chance()))
    if points >= LEAST:
        network, purpose = PLACES[int(bank.chance() * len(PLACES))]
        use = {"network": network, "points": points, "purpose": purpose}
        person.points -= points
        if bank.happens(0.3):
            _order(bank, person, use)
        else:
            _ask(bank, person, use)
    bank.plan(person, 30 + int(bank.chance() * 60), AWAKE, partial(spend, bank, person))


def _order(bank: Bank, person: Person, use: dict[str, Any]) -> None:
    """Held today; what becomes of it shows tomorrow."""
    which = _reference(bank, person, use["network"])
    held = {**which, **use, "hold_minutes": HOLD_MINUTES}
    bank.say(person, "redemption.hold-requested.v1", held)
    fate = bank.chance()
    if fate < FETCHED + FETCHED_IN_PART:
        part = {} if fate < FETCHED else {"points": use["points"] // 2}
        taken = {**which, **part}
        bank.plan(person, 1, AWAKE, partial(bank.say, person, "redemption.capture-requested.v1", taken))
    elif fate < FETCHED + FETCHED_IN_PART + LET_GO:
        bank.plan(person, 1, AWAKE, partial(bank.say, person, "redemption.void-requested.v1", which))


def _ask(bank: Bank, person: Person, use: dict[str, Any]) -> None:
    """In one step; one in twenty brings the thing back, and has the points back."""
    which = _reference(bank, person, use["network"])
    bank.say(person, "redemption.requested.v1", {**which, **use})
    if bank.happens(0.05):
        days = 1 + int(bank.chance() * 20)
        bank.plan(person, days, OFFICE, partial(bank.say, person, "redemption.reversal-requested.v1", which))


def _reference(bank: Bank, person: Person, network: str) -> dict[str, str]:
    person.requests += 1
    merchant = f"{network}-{1 + int(bank.chance() * 9)}"
    return {"merchant": merchant, "merchant_ref": f"r{bank.index:03}-{person.number:06}-{person.requests}"}


def _use(bank: Bank, person: Person, benefit: str, network: str, price: int | None = None) -> None:
    cost = {} if price is None else {"amount_minor": price, "currency": CURRENCY}
    _ask(bank, person, {"network": network, "benefit": benefit, **cost})


def see_film(bank: Bank, person: Person) -> None:
    """At half the price, once a quarter and more; who has no more halves is told."""
    _use(bank, person, "cinema", "cinema", bank.around(42, 0.2))
    bank.plan(person, 30 + int(bank.chance() * QUARTER), AWAKE, partial(see_film, bank, person))


def fetch_gift(bank: Bank, person: Person) -> None:
    """The birthday gift, which is there once; some try again."""
    _use(bank, person, "birthday-gift", "supermarket", bank.around(18, 0.2))
    if bank.happens(0.1):
        bank.plan(person, 1, AWAKE, partial(_use, bank, person, "birthday-gift", "supermarket"))


def wash_car(bank: Bank, person: Person) -> None:
    """Forty yuan are free, the rest is paid in points; the next wash is in a week, or refused."""
    _use(bank, person, "car-wash", "car-care", bank.around(38, 0.2))
    bank.plan(person, 4 + int(bank.chance() * 60), OFFICE, partial(wash_car, bank, person))


def cut_hair(bank: Bank, person: Person) -> None:
    _use(bank, person, "haircut", "hair")
    bank.plan(person, 40 + int(bank.chance() * 60), OFFICE, partial(cut_hair, bank, person))
