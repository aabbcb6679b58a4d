"""Two members are one person: their allowances are one, and nobody leaves while a merchant holds something."""

import json
from collections import Counter
from typing import Any

from rules.identity import event_key
from rules.language.load import load
from rules.memory import Memory
from rules.program import Programs
from schemas.decode import decode

PROGRAM = """
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true}
metrics:
  spend: {sum: card.purchased.amount, over: lifetime}
earn:
  - {id: spend, on: card.purchased, award: {rate: 1 per 1.00, to: reward}}
tiers:
  ladder: [{id: basic}, {id: gold, any: [{spend: 90.00}]}]
benefits:
  wash: {network: car, units: {basic: 2, gold: 6}, per: calendar-year}
"""


class Two:
    """m-a and m-b; what the engine says to one of them is heard at once."""

    def __init__(self, program: str = PROGRAM) -> None:
        self.memory = Memory(Programs([load(program)]))
        for subject in ("m-a", "m-b"):
            self.ask(subject, "member.enrolled", "2026-01-02T12:00")

    def ask(self, subject: str, kind: str, at: str, **told: Any) -> str | None:
        id_ = f"{kind}-{at}-{subject}-{told.get('merchant_ref', '')}"
        whole = {"specversion": "1.0", "id": id_, "source": "/s", "type": f"{kind}.v1", "subject": subject}
        event, _ = decode(json.dumps({**whole, "time": f"{at}:00+08:00", "data": told}).encode(), ())
        decision = self.memory.decided(event, event_key("corner", "/s", id_), self.memory.programs.versions[0])
        for sent in decision.sent:
            key = event_key("corner", sent.source, sent.id)
            self.memory.decided(sent, key, self.memory.programs.versions[0])
        return decision.refusal.reason if decision.refusal else None

    def use(self, subject: str, ref: str) -> str | None:
        told = {"merchant": "shop-1", "merchant_ref": ref, "network": "car", "benefit": "wash"}
        return self.ask(subject, "redemption.requested", "2026-01-04T12:00", **told)

    def left(self, subject: str) -> int:
        return sum(grant.left or 0 for grant in self.memory.members[subject].grants.values())

    def buys(self, subject: str, yuan: int) -> None:
        card = {"card": "c-1", "mcc": "5411", "merchant": "shop-1", "channel": "pos", "currency": "CNY"}
        assert self.ask(subject, "card.purchased", "2026-01-03T12:00", **card, amount_minor=yuan * 100) is None


def test_of_two_allowances_the_larger_stays_less_what_both_used() -> None:
    """Gold has 2 + 4 and used 1, basic has 2 and used 1: of 6 are 4 left."""
    two = Two()
    two.buys("m-a", 100)
    assert [two.use("m-a", "r1"), two.use("m-b", "r2")] == [None, None]
    assert two.ask("m-a", "member.merged", "2026-01-05T12:00", into="m-b") is None
    assert two.left("m-b") == 4
    assert [two.use("m-b", f"s{n}") for n in range(5)] == [None] * 4 + ["benefit-used-up"]


def test_a_higher_tier_than_both_allowances_gives_the_difference() -> None:
    """50 and 60 of spending are gold only together: the member's next purchase gives 4 more than basic's 2."""
    two = Two()
    two.buys("m-a", 50)
    two.buys("m-b", 60)
    two.ask("m-a", "member.merged", "2026-01-05T12:00", into="m-b")
    assert two.left("m-b") == 2
    two.buys("m-b", 1)
    assert two.left("m-b") == 6


def test_vouchers_for_milestones_and_bought_ones_are_kept_by_both() -> None:
    """25.00 and 15.00 by twenties are one voucher and none; of m-b one was bought. Together 40.00 are two: one more."""
    two = Two(PROGRAM + """\
  gift: {network: car, on: {milestone: {metric: spend, every: 20.00}}, units: 1, valid_days: 90}
  film: {network: car, price: 2 points, valid_days: 90}
""")  # fmt: skip
    two.buys("m-a", 25)
    two.buys("m-b", 15)
    for who in ("m-a", "m-b"):
        assert two.ask(who, "benefit.purchase-requested", "2026-01-04T12:00", benefit="film") is None
    two.ask("m-a", "member.merged", "2026-01-05T12:00", into="m-b")
    two.ask("m-b", "channel.activated", "2026-01-05T13:00", channel="mobile-bank")
    left = Counter(grant.benefit_id for grant in two.memory.members["m-b"].grants.values())
    assert left == {"wash": 1, "gift": 2, "film": 2}


def test_milestones_that_both_reached_are_not_rewarded_again() -> None:
    """25.00 and 25.00 by twenties are a voucher each; the 50.00 of both are two twenties."""
    two = Two(
        PROGRAM + "  gift: {network: car, on: {milestone: {metric: spend, every: 20.00}}, units: 1, valid_days: 90}\n"
    )
    two.buys("m-a", 25)
    two.buys("m-b", 25)
    two.ask("m-a", "member.merged", "2026-01-05T12:00", into="m-b")
    two.ask("m-b", "channel.activated", "2026-01-05T13:00", channel="mobile-bank")
    assert sum(grant.benefit_id == "gift" for grant in two.memory.members["m-b"].grants.values()) == 2


def test_nobody_leaves_while_a_merchant_holds_something() -> None:
    """The hold of noon has lapsed at 12:15."""
    two = Two()
    two.buys("m-a", 50)
    told = {"merchant": "shop-1", "merchant_ref": "r1", "network": "food", "points": 10}
    assert two.ask("m-a", "redemption.hold-requested", "2026-01-05T12:00", **told) is None
    assert two.ask("m-a", "member.closed", "2026-01-05T12:14", cause="left") == "member-has-holds"
    assert two.ask("m-a", "member.merged", "2026-01-05T12:14", into="m-b") == "member-has-holds"
    assert two.ask("m-a", "member.closed", "2026-01-05T12:15", cause="left") is None
