"""A program in force: what a program file became when it was loaded. Made of closures and tables, never of text."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from rules.decision import PostingKind
from rules.member import Member
from rules.metrics.averaged import NO_DAILY_BALANCES, DailyBalances
from rules.metrics.counters import AnyWindow
from rules.metrics.flows import Flow
from rules.moment import Condition, Exact, Moment, Read, Worth
from rules.numbers import Rounding
from rules.parts import NOTHING_TOLD, Adjustments, Budget, CapLine, ExchangeRate, Nth, Told
from rules.periods import PeriodName, windows
from rules.points.point_types import AS_USUAL, Pending, PointType, Refunds
from rules.signals.prompts import NO_PROMPTS, Prompts
from rules.spending.terms import BY_DEFAULT, Benefit, Spending
from rules.standing.rating import Review


@dataclass(frozen=True, slots=True, eq=False)
class EarningRule:
    """`caps` by point type are those of the rule, then its group's, then the member's. What is `told` decides nothing.

    `on` are its types of events; an award that is `fixed` is lost only with the whole of its event. Points of a
    `special` rule may wait, may be taken back by other events, or expire otherwise than by their day alone.
    """

    id: str
    kind: PostingKind
    applies: Condition
    nth: Nth | None
    targets: tuple[str, ...]
    worth: Worth | None
    extra: Fraction
    multiplies: frozenset[str] | None
    compound: bool
    group: str | None
    priority: int
    caps: Mapping[str, tuple[CapLine, ...]]
    budget: str | None
    rounding: Rounding
    carry: bool
    restriction: str | None
    on: tuple[str, ...] = ()
    fixed: bool = False
    pending: Pending | None = None
    taken_back_by: frozenset[str] = frozenset()
    special: bool = False
    told: Told = NOTHING_TOLD


class PeriodRule(NamedTuple):
    """What each calendar period is worth by point type, given when it closes; whole periods in [first, until) count.

    `awards` reads the exact points, and nothing where a gate is shut. `judged` says that `rule` asks of the member,
    which is judged at the period's end. A closed period that began no longer ago than `reopens` is put right by late
    events: so long what the rule reads is remembered; below zero never.
    """

    rule: EarningRule
    period: PeriodName
    first: date
    until: date
    awards: Callable[[Member, Moment, str], tuple[int, int, int] | None]
    judged: bool
    reopens: timedelta


class RulesOn(NamedTuple):
    """Of one type of event, each stage by priority, then id; of many, `of` gives those data may meet."""

    awards: tuple[EarningRule, ...]
    multipliers: tuple[EarningRule, ...]
    bounded: bool  # some have a cap or a budget
    of: "Callable[[Any], RulesOn] | None" = None


class Update(NamedTuple):
    """Adds to a counter what `amount` reads from an event's data, when `applies`.

    `field` is the one that it reads, None where it counts 1; `asks` are those that `applies` reads.
    """

    counter: str
    period: AnyWindow
    applies: Condition
    amount: Callable[[Any], int]
    field: str | None
    asks: frozenset[str]


class ScoreLine(NamedTuple):
    """⌊metric × numerator ÷ denominator⌋ points of score, `at_most` if given."""

    metric: str
    read: Read
    numerator: int
    denominator: int
    at_most: int | None


class Threshold(NamedTuple):
    name: str
    read: Read
    at_least: int


class Rung(NamedTuple):
    """A tier of the ladder; the lowest asks for nothing."""

    id: str
    rank: int
    match: Literal["any", "all"]
    thresholds: tuple[Threshold, ...]


class Periods(NamedTuple):
    """The rules of periods, in the order in which they give.

    `given` names by rule and point type the counters of what the rule gave in a period, for the rules that read them.
    A period closes `after_days` past its last day; what is `late` for it is put right in it, or counts in the open one,
    or is left to a person.
    """

    rules: tuple[PeriodRule, ...] = ()
    given: Mapping[tuple[str, str], tuple[tuple[str, PeriodName], ...]] = MappingProxyType({})
    after_days: int = 1
    late: Literal["adjust", "current", "review"] = "adjust"


NO_RULES = RulesOn((), (), bounded=False)
NO_PERIODS = Periods()


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """One immutable version of one program. `program_hash` is the SHA-256 of its text."""

    name: str
    version: date
    semantics: int
    program_hash: bytes
    zone: ZoneInfo
    currency: str
    exponent: int
    enrols_unknown: bool
    point_types: Mapping[str, PointType]
    rules_on: Mapping[str, RulesOn]
    updates_on: Mapping[str, tuple[Update, ...]]
    points_counters: Mapping[str, tuple[tuple[str, AnyWindow], ...]]
    group_choice: Mapping[str, Literal["best", "first"]]
    extra_at_most: Fraction | None
    metrics: Mapping[str, Read]
    score: tuple[ScoreLine, ...]
    ladder: tuple[Rung, ...]
    ranks: Mapping[str, int]
    benefits: tuple[Benefit, ...]
    budgets: Mapping[str, Budget]
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    refunds: Refunds = AS_USUAL
    rules: Mapping[str, EarningRule] = field(default_factory=dict)
    """All earning rules by id; of rules that the version has no more, the last that an earlier version had."""

    watched: frozenset[str] = frozenset()
    """The types of events that do something to lots given earlier."""

    asks_profile: frozenset[str] = frozenset()
    """The fields of profiles that conditions of this version or another ask."""

    exact: Mapping[str, Exact] = field(default_factory=dict)
    """How each metric is read where nothing may be rounded."""

    daily_balances: DailyBalances = NO_DAILY_BALANCES
    flows: tuple[Flow, ...] = ()
    spending: Spending = BY_DEFAULT
    milestones: tuple[Benefit, ...] = ()

    mark: bytes = b""
    """The 16 bytes of the hash that postings carry."""
    exchange: Mapping[str, tuple[ExchangeRate, ...]] = field(default_factory=dict)
    """By currency, the newest rate first."""
    adjustments: Adjustments | None = None

    review: Review | None = None
    """Without one, tiers are only ever gained."""
    prompts: Prompts = NO_PROMPTS
    periods: Periods = NO_PERIODS

    closes_periods: bool = False
    """Whether this version or another has rules of periods."""
    foresees: bool = True
    """Whether time brings members something of which nothing of theirs tells yet, by this version or another."""

    versions: "Sequence[Program]" = ()
    """All versions in their order, this one among them; none where it stands alone."""

    def benefit(self, id_: str) -> Benefit | None:
        return next((benefit for benefit in self.benefits if benefit.id == id_), None)

    @property
    def pays_with(self) -> str | None:
        """The point type that is meant where none is named: the first that can be spent."""
        return next((t.id for t in self.point_types.values() if t.spendable), None)

    def in_force(self, day: date) -> "Program":
        """The version in force on a day, before the first one the first."""
        for version in reversed(self.versions):
            if version.version <= day:
                return version
        return self.versions[0] if self.versions else self

    @property
    def successor(self) -> "Program | None":
        """The next version, where it is known."""
        return next((p for p in self.versions if p.version > self.version), None)

    def exchange_rate(self, currency: str, day: date) -> ExchangeRate | None:
        """The rate in force on a day."""
        return next((rate for rate in self.exchange.get(currency, ()) if rate.from_day <= day), None)

    def evening(self, day: date) -> Moment:
        """The last instant of a day."""
        return Moment(day, datetime.combine(day, time.max, self.zone), windows(day))

    def morning(self, day: date) -> Moment:
        """The first instant of a day."""
        return Moment(day, datetime.combine(day, time.min, self.zone), windows(day))

    def moment(self, occurred_at: datetime) -> Moment:
        local = occurred_at.astimezone(self.zone)
        day = local.date()
        return Moment(day, local, windows(day))


class Programs:
    """The versions of one bank's program. The newest whose first day is not after `event_day` is in force."""

    def __init__(self, versions: list[Program]) -> None:
        if not versions:
            raise ValueError("a bank needs at least one program version")
        self.alone = sorted(versions, key=lambda p: p.version)
        """As they were compiled, none of which knows another: what other lines of versions are made of."""
        self.marks = tuple(p.program_hash.hex()[:16] for p in self.alone)
        self.versions = _linked(self.alone)
        first = self.versions[0]
        for other in self.versions[1:]:
            if (other.name, other.zone, other.currency) != (first.name, first.zone, first.currency):
                raise ValueError(f"versions {first.version} and {other.version} differ in name, time zone or currency")
        if len({p.version for p in self.versions}) != len(self.versions):
            raise ValueError("two versions begin on the same day")
        self.zone = first.zone
        # Two days on, whatever the zone: what is later needs no conversion to know its version.
        self._surely_newest = datetime.combine(self.versions[-1].version, time.min, UTC) + timedelta(days=2)

    def known(self, marks: Collection[str]) -> "Programs":
        """What they were when none but the versions of these marks was known; ValueError where there is none.

        A decision hangs on every version that is known, also on those that begin later: it looks ahead to them.
        """
        return Programs([one for one, mark in zip(self.alone, self.marks, strict=True) if mark in marks])

    def on(self, day: date) -> Program:
        """The version in force on a day, before the first one the first."""
        return self.versions[0].in_force(day)

    def at(self, occurred_at: datetime) -> Program | None:
        """The version in force at that time, None before the first one."""
        if occurred_at > self._surely_newest:
            return self.versions[-1]
        day = occurred_at.astimezone(self.zone).date()
        return next((p for p in reversed(self.versions) if p.version <= day), None)


def _linked(in_order: list[Program]) -> list[Program]:
    """The versions, each of which knows them all, the rules of those before it and every budget."""
    rules: dict[str, EarningRule] = {}
    watched: frozenset[str] = frozenset()
    budgets = {id_: budget for version in in_order for id_, budget in version.budgets.items()}
    line: list[Program] = []
    closes_periods = any(version.periods.rules for version in in_order)
    foresees = closes_periods or any(version.review or version.prompts.all for version in in_order)
    asks = frozenset[str]().union(*(version.asks_profile for version in in_order))
    for version in in_order:
        known = replace(version, versions=line, closes_periods=closes_periods, foresees=foresees, asks_profile=asks)
        rules, watched = {**rules, **version.rules}, watched | version.watched
        line.append(replace(known, rules=rules, watched=watched, budgets={**budgets, **version.budgets}))
    return line
