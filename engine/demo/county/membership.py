"""Coming, staying and leaving: enrolment, channels, tasks, referrals, managers, merges, closures, erasures."""

from datetime import timedelta
from functools import partial
from typing import Final

from engine.demo.county.bank import AT_NIGHT, AWAKE, OFFICE, Bank
from engine.demo.county.people import Account, Person

CHANNELS: Final = (("mobile-bank", 0.6), ("mini-program", 0.4), ("digital-wallet", 0.2))
TASKS: Final = (("risk-questionnaire", 0.3), ("fraud-quiz", 0.35), ("renew-identity", 0.15))
"""With the share of people who do them in the year."""
FATES: Final = 250
"""Of so many people one closes, one merges, one hands over an account: rare, but in every county."""
CLOSES, RISES, MERGES, HANDS_OVER = 17, 53, 101, 203
"""Which one of them, by number."""
HALF_A_YEAR: Final = 182
LAST_DAYS: Final = 60
"""At the end of the year, in which fates that take their time no longer begin."""


def enrol(bank: Bank, person: Person) -> None:
    """The person joins the program; the bank says what lies in the account."""
    profile = {
        "joined_on": person.joined_on.isoformat(),
        "birth_month": person.birthday[0],
        "birth_day": person.birthday[1],
        "branch": person.branch,
        "region": person.region,
        "segments": person.segments,
        "manager": person.manager,
    }
    bank.say(person, "member.enrolled.v1", profile)
    bank.move(person, 0)
    for channel, share in CHANNELS:
        if bank.happens(share):
            bank.plan(person, 1 + int(bank.chance() * 90), AWAKE, partial(activate, bank, person, channel))
    for task, share in TASKS:
        if bank.happens(share):
            bank.plan(person, 1 + int(bank.chance() * 250), AWAKE, partial(complete, bank, person, task))
    if bank.happens(0.02):
        bank.plan(person, 20 + int(bank.chance() * 300), OFFICE, partial(change, bank, person))
    if bank.happens(0.03) and person.number > 1:
        bank.plan(person, 1 + int(bank.chance() * 20), AWAKE, partial(thank, bank, person))
    if bank.happens(0.2):
        bank.plan(person, 10 + int(bank.chance() * 80), OFFICE, partial(call, bank, person))
    _plan_fate(bank, person)


def _plan_fate(bank: Bank, person: Person) -> None:
    fate = {CLOSES: close, RISES: lift, MERGES: merge, HANDS_OVER: hand_over}.get(person.number % FATES)
    days = bank.days - bank.index - LAST_DAYS
    if fate is not None and days > LAST_DAYS:
        bank.plan(
            person, LAST_DAYS // 2 + int(bank.chance() * (days - LAST_DAYS // 2)), OFFICE, partial(fate, bank, person)
        )


def activate(bank: Bank, person: Person, channel: str) -> None:
    """Uses a channel for the first time."""
    bank.say(person, "channel.activated.v1", {"channel": channel})


def complete(bank: Bank, person: Person, task: str) -> None:
    """Does a task of the program."""
    bank.say(person, "task.completed.v1", {"task": task})


def change(bank: Bank, person: Person) -> None:
    """Gets another relationship manager, and sometimes another way of life."""
    person.manager = f"{person.branch.replace('br', 'rm')}-9"
    told: dict[str, str | list[str]] = {"manager": person.manager}
    if bank.happens(0.3):
        person.segments = [*person.segments, "new-home"]
        told["segments"] = person.segments
    bank.say(person, "member.updated.v1", dict(told))


def call(bank: Bank, person: Person) -> None:
    """The manager speaks with the person, and again in a quarter or so."""
    bank.say(person, "member.contacted.v1", {"channel": "telephone", "by": person.manager})
    bank.plan(person, 60 + int(bank.chance() * 60), OFFICE, partial(call, bank, person))


def lift(bank: Bank, person: Person) -> None:
    """A tier by hand for half a year: one asks for it, another approves."""
    until = bank.today + timedelta(days=HALF_A_YEAR)
    told = {"tier": "vip", "until": until.isoformat(), "reason": "goodwill"}
    bank.say(person, "tier.assigned.v1", {**told, "requested_by": person.manager, "approved_by": "head-office-1"})


def thank(bank: Bank, person: Person) -> None:
    """Whoever brought this new member is thanked."""
    friend = bank.people[int(bank.chance() * len(bank.people))]
    if friend is not person and not friend.gone:
        bank.say(friend, "referral.completed.v1", {"referred_member": person.id})


def close(bank: Bank, person: Person) -> None:
    """Takes the money and leaves; half of those who leave ask to be forgotten."""
    if person.account.balance_minor:
        bank.move(person, -person.account.balance_minor)
    bank.say(person, "member.closed.v1", {"cause": "moved-away" if bank.happens(0.5) else "account-closed"})
    person.gone = True
    if person.number % (2 * FATES) == CLOSES:
        # Planned for another person: nothing that is planned for who is gone happens.
        bank.plan(bank.keeper, 7 + int(bank.chance() * 30), OFFICE, partial(forget, bank, person))


def forget(bank: Bank, person: Person) -> None:
    """The profile is erased."""
    bank.say(person, "member.erased.v1", {"request": f"req-{bank.year}-{person.number:06}"})


def merge(bank: Bank, person: Person) -> None:
    """The person was known already: from now on the other one is meant, and has the account."""
    survivor = bank.people[person.number - 2]
    if survivor.gone:
        return
    bank.say(person, "member.merged.v1", {"into": survivor.id})
    person.gone = True
    bank.plan(survivor, 3, AT_NIGHT, partial(_settle_in, bank, survivor, person.account))


def hand_over(bank: Bank, person: Person) -> None:
    """An account becomes the next person's, and the bank opens another for who had it."""
    heir = bank.people[person.number % len(bank.people)]
    account = person.account
    if heir.gone or heir is person:
        return
    data = {"account": account.id, "product": "demand", "new_owner": heir.id}
    bank.say(person, "account.owner-changed.v1", data)
    person.account = Account(f"{account.id}-b", 0)
    bank.plan(heir, 2, AT_NIGHT, partial(_settle_in, bank, heir, account))


def _settle_in(bank: Bank, owner: Person, account: Account) -> None:
    """What lies in an account that came to the person goes into the person's own."""
    amount = account.balance_minor
    bank.move_on(owner, account, -amount)
    bank.move(owner, amount)
