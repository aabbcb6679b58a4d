"""Members who turn out to be one: what is said to each, and what must hold of their rows after each decision."""

import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rules.decision import Decision, Posting
from rules.identity import event_key
from rules.language.load import load
from rules.member import Balance, Member
from rules.memory import Memory
from rules.program import Programs
from schemas.decode import decode
from schemas.events import AnyEvent, BusinessDayClosed

CARD = {"card": "c-1", "mcc": "5411", "merchant": "shop-1"}


class Family:
    """Decides what is said and, at once, what the engine says because of it."""

    def __init__(self, program: str, members: Iterable[str] = "ab") -> None:
        self.memory = Memory(Programs([load(program)]))
        self.decided: list[Decision] = []
        self._unheard: deque[AnyEvent] = deque()
        self._at_once = False
        self._numbers = 0
        for who in members:
            self.say(who, "member.enrolled", "2026-01-01")

    def say(self, who: str, kind: str, at: str, id_: str | None = None, /, **told: Any) -> list[str]:
        """Noon of a day, or a time; the reasons of what was refused or left to a person."""
        self._numbers += 1
        time = f"{at}T12:00:00+08:00" if len(at) == len("2026-01-01") else f"{at}:00+08:00"
        whole = {"specversion": "1.0", "id": id_ or f"e-{self._numbers}", "source": "/s", "type": f"{kind}.v1"}
        event, _ = decode(json.dumps({**whole, "subject": f"m-{who}", "time": time, "data": told}).encode(), ())
        key = event_key(self.memory.bank, "/s", event.id)
        if isinstance(event, BusinessDayClosed):
            made = list(self.memory.close(event, key))
        else:
            made = [self.memory.decided(event, key, self.memory.programs.versions[0])]
            self._unheard += made[0].sent
            made += [] if self._at_once else self._heard()
        self.decided += made
        self.holds()
        return [r.reason for d in made for r in ((d.refusal,) if d.refusal else d.reviews)]

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """What the engine says because of what is said meanwhile is heard after it."""
        self._at_once = True
        yield
        self._at_once = False
        self.decided += self._heard()
        self.holds()

    def _heard(self) -> list[Decision]:
        made: list[Decision] = []
        while self._unheard:
            event = self._unheard.popleft()
            key = event_key(self.memory.bank, event.source, event.id)
            made.append(self.memory.decided(event, key, self.memory.programs.versions[0]))
            self._unheard += made[-1].sent
        return made

    def close(self, day: str) -> None:
        self.say("a", "business-day.closed", f"{day}T23:59", business_date=day, through=day)

    def buys(self, who: str, at: str, yuan: float, id_: str, currency: str = "CNY") -> list[str]:
        money = {"amount_minor": round(yuan * 100), "currency": currency}
        return self.say(who, "card.purchased", at, id_, **CARD, **money, channel="pos")

    def refund(self, who: str, at: str, yuan: float, original: str, currency: str = "CNY") -> list[str]:
        money = {"amount_minor": round(yuan * 100), "currency": currency}
        named = {"original_source": "/s", "original_id": original, "original_business_date": at[:10]}
        return self.say(who, "card.refunded", at, None, **CARD, **money, **named)

    def merge(self, who: str, at: str, into: str) -> list[str]:
        return self.say(who, "member.merged", at, into=f"m-{into}")

    def redeem(self, who: str, at: str, ref: str, points: int) -> list[str]:
        where = {"merchant": "shop-1", "merchant_ref": ref, "network": "food"}
        return self.say(who, "redemption.requested", at, **where, points=points)

    def gives_back(self, who: str, at: str, ref: str, points: int | None = None) -> list[str]:
        part: dict[str, Any] = {} if points is None else {"points": points}
        return self.say(who, "redemption.reversal-requested", at, merchant="shop-1", merchant_ref=ref, **part)

    def member(self, who: str) -> Member:
        return self.memory.members[f"m-{who}"]

    def balance(self, who: str) -> tuple[int, int, int]:
        """Available, pending and owed."""
        b = self.member(who).balances.get("reward", Balance())
        return b.available, b.pending, b.deficit

    def lots(self, who: str) -> list[tuple[int, int, str | None]]:
        """Points, what is left of them, and the first day not valid."""
        lots = self.memory.lots(f"m-{who}").values()
        return sorted((lot.points, lot.left, lot.expires_on.isoformat() if lot.expires_on else None) for lot in lots)

    def metric(self, who: str, name: str, at: str = "2026-01-31") -> int:
        program = self.memory.programs.versions[0]
        event, _ = decode(
            json.dumps({
                "specversion": "1.0", "id": "ask", "source": "/s", "type": "member.updated.v1", "subject": f"m-{who}",
                "time": f"{at}T12:00:00+08:00", "data": {},
            }).encode(), (),
        )  # fmt: skip
        return program.metrics[name](self.member(who), program.moment(event.occurred_at))

    def holds(self) -> None:
        """Of each: postings = available + pending + held - deficit, open lots without the deficit; ids are used once.

        No posting is taken back by more than it gave, whoever it is taken from; nothing is left with who merged. What
        the engine says has ids of its own.
        """
        told = [one.id for d in self.decided for one in d.sent]
        assert len({*told}) == len(told)
        postings = [p for d in self.decided for p in d.postings]
        assert len({p.posting_id for p in postings}) == len(postings)
        for member in self.memory.members.values():
            own = Counter[str]()
            for p in postings:
                own[p.point_type] += p.points if p.member_id == member.member_id else 0
            for point_type, b in member.balances.items():
                assert min(b.available, b.pending, b.held, b.deficit) >= 0
                assert own[point_type] == b.total
                lots = [lot for lot in self.memory.lots(member.member_id).values() if lot.point_type == point_type]
                assert sum(lot.left for lot in lots) == b.available + b.pending + b.held
                if member.status == "merged":
                    assert (b.total, member.due_on) == (0, None)
        _no_more_than_there_was(postings)


def _no_more_than_there_was(postings: list[Posting]) -> None:
    given = {p.posting_id: p for p in postings}
    back = Counter[bytes]()
    money = Counter[tuple[bytes, str]]()
    for p in postings:
        if p.reverses is not None:
            back[p.reverses] -= p.points
            money[p.reverses, p.member_id] += p.amount_minor or 0
    for id_, points in back.items():
        least, most = sorted((0, given[id_].points))
        assert least <= points <= most
    for (id_, _), minor in money.items():
        assert minor <= (given[id_].amount_minor or minor)
