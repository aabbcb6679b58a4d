"""What is known of a member when something about it is decided.

A `Member` is a value: `decide` works on a draft of it and never on what it was given. `plain` gives its stored form.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from rules.members.freezing import Freeze
from rules.members.kin import NO_KIN, Kin
from rules.members.profile import NO_PROFILE, Profile
from rules.periods import ONE_DAY
from rules.points.outstanding import Unearned, Waiting
from rules.signals.watch import NOTHING_WATCHED, Watch
from rules.spending.vouchers import OpenGrant, Redeemed, Redemption, hold, open_grant, plain_grant, plain_hold

if TYPE_CHECKING:
    from rules.decision import Posting
    from rules.points.lots import Lot

Status = Literal["unknown", "provisional", "enrolled", "closed", "merged"]
Family = Literal["deposits", "wealth", "insurance", "loans", "cards"]

_unset: Final = object.__new__
"""Makes an object whose fields are all still to be set."""


@dataclass(slots=True)
class Balance:
    """Points of one type. Σ postings = available + pending + held − deficit; none is ever below zero."""

    available: int = 0
    pending: int = 0
    held: int = 0
    deficit: int = 0

    def copy(self) -> "Balance":
        return Balance(self.available, self.pending, self.held, self.deficit)

    @property
    def total(self) -> int:
        return self.available + self.pending + self.held - self.deficit


NO_BALANCE: Final = Balance()


class Holding(NamedTuple):
    """An account, wealth holding, policy, loan or card as last reported. Money in minor units of `currency`."""

    family: Family
    product: str
    balance_minor: int
    currency: str
    business_date: date
    sequence: int
    open: bool = True


class TierTerm(NamedTuple):
    """How long a tier is held, whatever happens.

    Reviews of rating days before `until` leave it. One that was missed goes to `falls_to` on `falls_on`, when its grace
    ends. A tier given by hand is locked before `locked_until`.
    """

    until: date | None = None
    falls_on: date | None = None
    falls_to: str | None = None
    locked_until: date | None = None

    def plain(self) -> list[str | None]:
        days = (self.until, self.falls_on, self.locked_until)
        return [*(day.isoformat() if day else None for day in days), self.falls_to]


NO_TERM = TierTerm()


@dataclass(slots=True)
class Member:
    """All that decisions about a member depend on.

    `counters` hold, per cap or metric and window label, points or minor units used; `granted` the units of each benefit
    already granted in a period; `carried` the fractions of points kept for later, per rule and point type; `waiting`
    the refunds that came before their purchases; `unearned` the latest events that only metrics counted. `due_on` is
    the first day whose close brings the member something, `closed_through` the last day that was closed for it.
    No lot given before version `lots_from` is open, as of the last time that lots were read: older ones need no look.
    `segments` and `integrals`, by account and product, are what `rules.metrics.segments` keeps of end-of-day balances;
    `averages`, by metric, the last window's `[start, end, Σ balances, days]`.

    `lots` (the open ones), `origins` (the postings of an event, and those that reverse them) and `redeemed` (what was
    redeemed under an id) are not stored with the member: they are the ledger's rows, read where `rules.needs` says so,
    and None where they were not read.
    """

    bank: str
    member_id: str
    version: int = 0
    status: Status = "unknown"
    profile: Profile = NO_PROFILE
    tier: str | None = None
    tier_since: date | None = None
    term: TierTerm = NO_TERM
    score: int = 0
    enrolled_on: date | None = None
    merged_into: str | None = None
    due_on: date | None = None
    closed_through: date | None = None
    balances: Mapping[str, Balance] = field(default_factory=dict)
    counters: Mapping[str, dict[str, int]] = field(default_factory=dict)
    holdings: Mapping[str, Holding] = field(default_factory=dict)
    granted: Mapping[str, dict[str, int]] = field(default_factory=dict)
    carried: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[str, dict[str, list[list[int]]]] = field(default_factory=dict)
    integrals: Mapping[str, dict[str, list[int]]] = field(default_factory=dict)
    averages: Mapping[str, list[int]] = field(default_factory=dict)
    grants: Mapping[bytes, OpenGrant] = field(default_factory=dict)
    holds: Mapping[bytes, Redemption] = field(default_factory=dict)
    waiting: tuple[Waiting, ...] = ()
    watch: Watch = NOTHING_WATCHED
    unearned: tuple[Unearned, ...] = ()
    kin: Kin = NO_KIN
    frozen: Freeze | None = None
    lots_from: int = 0
    lots: "dict[bytes, Lot] | None" = None
    origins: "dict[bytes, tuple[Posting, ...]] | None" = None
    redeemed: dict[bytes, Redeemed] | None = None

    def draft(self) -> "Member":
        """A copy to decide on, which shares the mappings: each is replaced when it changes, never changed in place.

        What was read for one decision alone is its own. The parts are copied one by one since every event does so, and
        going through `__init__` takes twice as long.
        """
        draft = _unset(Member)
        draft.bank = self.bank
        draft.member_id = self.member_id
        draft.version = self.version
        draft.status = self.status
        draft.profile = self.profile
        draft.tier = self.tier
        draft.tier_since = self.tier_since
        draft.term = self.term
        draft.score = self.score
        draft.enrolled_on = self.enrolled_on
        draft.merged_into = self.merged_into
        draft.due_on = self.due_on
        draft.closed_through = self.closed_through
        draft.balances = self.balances
        draft.counters = self.counters
        draft.holdings = self.holdings
        draft.granted = self.granted
        draft.carried = self.carried
        draft.segments = self.segments
        draft.integrals = self.integrals
        draft.averages = self.averages
        draft.grants = self.grants
        draft.holds = self.holds
        draft.waiting = self.waiting
        draft.watch = self.watch
        draft.unearned = self.unearned
        draft.kin = self.kin
        draft.frozen = self.frozen
        draft.lots_from = self.lots_from
        draft.lots = None if self.lots is None else self.lots.copy()
        draft.origins = None if self.origins is None else self.origins.copy()
        draft.redeemed = None if self.redeemed is None else self.redeemed.copy()
        return draft

    def falls_due(self, day: date) -> None:
        """The close of `day` brings something; the earliest such day is kept. `self` is a draft.

        What a closed day should have brought, the first open one brings.
        """
        if self.closed_through is not None and day <= self.closed_through:
            day = self.closed_through + ONE_DAY
        if self.due_on is None or day < self.due_on:
            self.due_on = day

    def open_lots(self) -> "dict[bytes, Lot]":
        """Raises AssertionError where `rules.needs` did not ask for them."""
        if self.lots is None:
            raise AssertionError(f"the lots of {self.bank}/{self.member_id} were not read")
        return self.lots


_NOBODY: Final = Member("", "")


def unknown(bank: str, member_id: str) -> Member:
    """A member of whom nothing is known yet: as the constructor makes it, in half the time."""
    member = _NOBODY.draft()
    member.bank, member.member_id = bank, member_id
    return member


_PLAIN: Final = (
    "counters", "granted", "carried", "segments", "integrals", "averages", "merged_into", "lots_from",
)  # fmt: skip
"""The parts that are JSON as they are."""
_REMEMBERED: Final = ("waiting", "unearned")
_PARTS: Final = (("profile", NO_PROFILE), ("watch", NOTHING_WATCHED), ("term", NO_TERM), ("frozen", None))


def plain(member: Member) -> dict[str, Any]:
    """The part of a member that is stored as JSON beside its columns; empty parts are left out."""
    state: dict[str, Any] = {name: part for name in _PLAIN if (part := getattr(member, name))}
    if member.holdings:
        state["holdings"] = _plain_holdings(member.holdings)
    if member.grants or member.holds:
        state["grants"] = {id_.hex(): plain_grant(grant) for id_, grant in member.grants.items()}
        state["holds"] = [plain_hold(held) for held in member.holds.values()]
    if member.waiting or member.unearned:
        state |= {name: [row.plain() for row in rows] for name in _REMEMBERED if (rows := getattr(member, name))}
    for name, nothing in _PARTS:
        if (one := getattr(member, name)) is not nothing:
            state[name] = one.plain()
    if member.kin is not NO_KIN:
        state |= member.kin.plain()
    if member.tier_since:
        state["tier_since"] = member.tier_since.isoformat()
    if member.enrolled_on:
        state["enrolled_on"] = member.enrolled_on.isoformat()
    return state


def restore(member: Member, state: Mapping[str, Any]) -> Member:
    """Fills a member made from its columns with what `plain` gave."""
    for name in _PLAIN:
        if name in state:
            setattr(member, name, state[name])
    if "holdings" in state:
        member.holdings = holdings_of(state)
    if "grants" in state:
        member.grants = {bytes.fromhex(id_): open_grant(row) for id_, row in state["grants"].items()}
        holds = (hold(member.bank, member.member_id, row) for row in state["holds"])
        member.holds = {held.redemption_id: held for held in holds}
    if "absorbed" in state or "survivors" in state:
        member.kin = Kin.restored(state)
    if "watch" in state:
        member.watch = Watch.restored(state["watch"])
    if "frozen" in state:
        member.frozen = Freeze.restored(state["frozen"])
    member.waiting = tuple(map(Waiting.restored, state.get("waiting", ())))
    member.unearned = tuple(map(Unearned.restored, state.get("unearned", ())))
    if "profile" in state:
        member.profile = Profile.restored(state["profile"])
    if "term" in state:
        member.term = _term(state["term"])
    member.tier_since, member.enrolled_on = _day(state.get("tier_since")), _day(state.get("enrolled_on"))
    return member


def holdings_of(state: Mapping[str, Any]) -> dict[str, Holding]:
    """The holdings in what `plain` gave."""
    return {k: _holding(h) for k, h in state.get("holdings", {}).items()}


def _plain_holdings(holdings: Mapping[str, Holding]) -> dict[str, list[Any]]:
    return {
        id_: [h.family, h.product, h.balance_minor, h.currency, h.business_date.isoformat(), h.sequence, h.open]
        for id_, h in holdings.items()
    }


def _holding(row: list[Any]) -> Holding:
    return Holding(row[0], row[1], row[2], row[3], date.fromisoformat(row[4]), row[5], row[6])


def _term(row: list[str | None]) -> TierTerm:
    return TierTerm(_day(row[0]), _day(row[1]), row[3], _day(row[2]))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
