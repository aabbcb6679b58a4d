"""A till to try redemptions at: a program, one member, and what is asked in turn."""

import json
from collections import Counter
from typing import Any

from rules.decision import Decision
from rules.identity import event_key
from rules.language.load import load
from rules.member import Balance, Member
from rules.memory import Memory
from rules.program import Programs
from schemas.decode import decode
from schemas.events import AnyEvent, BusinessDayClosed

MEMBER = "m-1"
CARD = {"card": "c-1", "mcc": "5411", "merchant": "shop-1", "channel": "pos"}


class Till:
    """Asks in turn; answers a refusal's reason, or None. Times without an offset are the program's, of Shanghai."""

    def __init__(self, program: str, at: str = "2026-01-01T08:00", **profile: Any) -> None:
        self.memory = Memory(Programs([load(program)]))
        self.decided: list[Decision] = []
        self._numbers = 0
        if at:
            self.ask("member.enrolled", at, **profile)

    def ask(self, kind: str, at: str, /, **told: Any) -> str | None:
        event = self.event(kind, at, told)
        key = event_key(self.memory.bank, event.source, event.id)
        program = self.memory.programs.at(event.occurred_at) or self.memory.programs.versions[0]
        decision = self.memory.decided(event, key, program)
        self.decided.append(decision)
        self.balanced()
        return decision.refusal.reason if decision.refusal else None

    def close(self, day: str) -> None:
        event = self.event("business-day.closed", f"{day}T23:59", {"business_date": day, "through": day})
        assert isinstance(event, BusinessDayClosed)
        self.decided += self.memory.close(event, event_key(self.memory.bank, event.source, event.id))
        self.balanced()

    def earn(self, at: str, yuan: int) -> None:
        assert self.ask("card.purchased", at, **CARD, amount_minor=yuan * 100, currency="CNY") is None

    def event(self, kind: str, at: str, told: dict[str, Any]) -> AnyEvent:
        self._numbers += 1
        whole = {"specversion": "1.0", "id": f"e-{self._numbers}", "source": "/s", "type": f"{kind}.v1"}
        time = f"{at}:00+08:00" if len(at) == len("2026-01-01T08:00") else at
        return decode(json.dumps({**whole, "subject": MEMBER, "time": time, "data": told}).encode(), ())[0]

    @property
    def member(self) -> Member:
        return self.memory.members[MEMBER]

    @property
    def balance(self) -> tuple[int, int, int]:
        """Available, held and owed, of the points called reward."""
        b = self.member.balances.get("reward", Balance())
        return b.available, b.held, b.deficit

    @property
    def lots(self) -> dict[str | None, int]:
        """What is left by the first day not valid."""
        left: Counter[str | None] = Counter()
        for lot in self.memory.lots(MEMBER).values():
            left[lot.expires_on.isoformat() if lot.expires_on else None] += lot.left
        return dict(left)

    @property
    def redemptions(self) -> list[tuple[str, str, int, int, int]]:
        """Every row: reference, state, points captured, returned, and of these expired."""
        rows = [row for decision in self.decided for row in decision.redemptions]
        return [(r.merchant_ref, r.state, r.captured, r.returned, r.expired) for r in rows]

    @property
    def moved(self) -> list[tuple[str, int, str | None]]:
        """Every posting: kind, points and the first day not valid."""
        postings = [p for decision in self.decided for p in decision.postings]
        return [(p.kind, p.points, p.expires_on.isoformat() if p.expires_on else None) for p in postings]

    def balanced(self) -> None:
        """The ledger's identity: postings = available + pending + held - deficit; open lots without the deficit."""
        totals: Counter[str] = Counter()
        for decision in self.decided:
            for posting in decision.postings:
                totals[posting.point_type] += posting.points
        lots: Counter[str] = Counter()
        for lot in self.memory.lots(MEMBER).values():
            assert 0 < lot.left <= lot.points
            lots[lot.point_type] += lot.left
        member = self.memory.members.get(MEMBER)
        for point_type, b in member.balances.items() if member else ():
            assert min(b.available, b.pending, b.held, b.deficit) >= 0
            assert totals[point_type] == b.total
            assert lots[point_type] == b.available + b.pending + b.held


HEAD = """
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true}
metrics:
  spend-month: {sum: card.purchased.amount, over: calendar-month}
  spend-year: {sum: card.purchased.amount, over: calendar-year}
earn:
  - {id: spend, on: card.purchased, award: {rate: 1 per 1.00, to: reward}}
tiers:
  ladder: [{id: basic}, {id: gold, any: [{spend-year: 1000.00}]}, {id: vip, any: [{spend-year: 5000.00}]}]
benefits:
"""


def till(benefit: str, at: str = "2026-01-01T08:00", **profile: Any) -> Till:
    """One whose program has this benefit; `profile` is what is told at enrolment."""
    return Till(f"{HEAD}  {benefit}\n", at, **profile)


def use(t: Till, at: str, ref: str, benefit: str = "wash", **told: Any) -> str | None:
    """A shop asks in one step; the currency goes with the amount."""
    where = {"merchant": "shop-1", "network": "car", **told}
    if "amount_minor" in where:
        where["currency"] = "CNY"
    return t.ask("redemption.requested", at, merchant_ref=ref, benefit=benefit, **where)


def granted(t: Till) -> list[tuple[str, int | None, str, str]]:
    """Benefit, units, first day and first day not valid of every grant."""
    grants = [grant for decision in t.decided for grant in decision.grants]
    return [(g.benefit_id, g.units, g.valid_from.isoformat(), g.valid_until.isoformat()) for g in grants]
