"""One member's history, event by event, with what must hold of its rows after each."""

from collections import Counter
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from rules.decision import Decision, Posting
from rules.identity import event_key
from rules.language.load import load
from rules.member import Member
from rules.memory import Memory
from rules.points.lots import Lot, lot_of
from rules.program import Programs
from schemas.events import MODELS, BusinessDayClosed

SOURCE, BANK, MEMBER = "/s", "corner", "m-1"
PURCHASE = {"card": "c-1", "mcc": "5411", "merchant": "shop-1", "channel": "pos", "currency": "CNY"}
REFUND = {"card": "c-1", "mcc": "5411", "merchant": "shop-1", "currency": "CNY"}


LOADED = lru_cache(maxsize=64)(load)


class Books:
    """The ledger's rows as they come, kept by nobody but this class, and the memory that they are compared with."""

    def __init__(self, *programs: str) -> None:
        self.memory = Memory(Programs([LOADED(text) for text in programs]), BANK)
        self.postings: dict[bytes, Posting] = {}
        self.lots: dict[bytes, Lot] = {}
        self.decision = Decision(Member(BANK, MEMBER))
        self._number = 0

    @property
    def member(self) -> Member:
        return self.memory.members[MEMBER]

    def says(self, kind: str, at: str, id_: str | None = None, /, **told: Any) -> Decision:
        """Decides an event of a day (its noon) or of a time."""
        self._number += 1
        when = datetime.fromisoformat(at if "T" in at else f"{at}T12:00:00+08:00")
        event = MODELS[f"{kind}.v1"].model_validate(
            {"id": id_ or f"e-{self._number}", "source": SOURCE, "subject": MEMBER, "occurred_at": when, "data": told}
        )
        program = self.memory.programs.at(event.occurred_at)
        assert program is not None
        return self._kept(self.memory.decided(event, event_key(BANK, SOURCE, event.id), program))

    def buys(self, at: str, yuan: float, id_: str | None = None, **told: Any) -> Decision:
        return self.says("card.purchased", at, id_, **{**PURCHASE, "amount_minor": round(yuan * 100), **told})

    def gets_back(self, at: str, yuan: float, id_: str | None = None, **told: Any) -> Decision:
        named = {"original_source": SOURCE, "original_id": id_, "original_business_date": at[:10]} if id_ else {}
        return self.says("card.refunded", at, **{**REFUND, "amount_minor": round(yuan * 100), **named, **told})

    def reversal(self, at: str, id_: str, yuan: float | None = None) -> Decision:
        part = {} if yuan is None else {"amount_minor": round(yuan * 100), "currency": "CNY"}
        named = {"original_source": SOURCE, "original_id": id_, "original_business_date": at[:10]}
        return self.says("transaction.reversed", at, **named, **part)

    def close(self, day: str) -> list[Decision]:
        self._number += 1
        through = date.fromisoformat(day)
        event = BusinessDayClosed.model_validate({
            "id": f"e-{self._number}", "source": SOURCE, "subject": MEMBER,
            "occurred_at": datetime.fromisoformat(f"{day}T23:59:00+08:00"),
            "data": {"business_date": through, "through": through},
        })  # fmt: skip
        return [self._kept(one) for one in self.memory.close(event, event_key(BANK, SOURCE, event.id))]

    def _kept(self, decision: Decision) -> Decision:
        self.decision = decision
        for p in decision.postings:
            assert p.posting_id not in self.postings, "an id is used once"
            self.postings[p.posting_id] = p
            if p.points > 0:
                self.lots[p.posting_id] = lot_of(p)
        for r in decision.releases:
            lot = self.lots[r.lot_id]
            assert (lot.pending, lot.left) == (True, r.points)
            self.lots[r.lot_id] = lot._replace(expires_on=r.expires_on, releases_on=None, awaits=None)
        for a in decision.allocations:
            lot = self.lots[a.lot_id]
            self.lots[a.lot_id] = lot._replace(left=lot.left - a.points)
        self._hold(decision)
        return decision

    def _hold(self, decision: Decision) -> None:
        """The identities of the ledger: postings, balances, lots and allocations agree."""
        posted: Counter[str] = Counter()
        open_: Counter[str] = Counter()
        for p in self.postings.values():
            posted[p.point_type] += p.points
        for lot in self.lots.values():
            assert 0 <= lot.left <= lot.points
            open_[lot.point_type] += lot.left
        for point_type, b in decision.member.balances.items():
            assert min(b.available, b.pending, b.held, b.deficit) >= 0
            assert posted[point_type] == b.available + b.pending + b.held - b.deficit
            assert open_[point_type] == b.available + b.pending + b.held
            pending = (lot.left for lot in self.lots.values() if lot.pending and lot.point_type == point_type)
            assert sum(pending) == b.pending
        assert {id_: lot for id_, lot in self.lots.items() if lot.left} == self.memory.lots(MEMBER)
        self._never_more_than_earned()

    def _never_more_than_earned(self) -> None:
        back: Counter[bytes] = Counter()
        money: Counter[bytes] = Counter()
        for p in self.postings.values():
            if p.reverses is not None:
                back[p.reverses] -= p.points
                money[p.reverses] += p.amount_minor or 0
        for id_, points in back.items():
            of = self.postings[id_].points
            assert 0 <= points <= of or of <= points <= 0
            assert money[id_] <= (self.postings[id_].amount_minor or money[id_])
