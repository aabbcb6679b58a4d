"""`points backtest`: a bank's real history through a candidate program, beside what was recorded."""

import contextlib
import heapq
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from operator import itemgetter
from typing import Any, Final, NamedTuple

from engine.deciding import DecidedSlice, MemberKey
from engine.evidence.erased import closed, whose
from engine.evidence.readable import Reader
from engine.evidence.replay import Replay
from engine.evidence.rerun import Dues, Rerun
from engine.evidence.spill import Spill
from engine.registry import Registry, registry_of
from engine.sealing import Masters
from engine.store.sql import statement
from rules.decision import Decision
from rules.member import Member
from rules.program import Program, Programs
from schemas.api import programs as told

MOST: Final = 10
"""So many members are named who gain, and who lose, of each point type."""
HOURS_MAX_S: Final = 86_400
"""For one sum over a ledger; asyncpg's own limit is for requests."""


class BacktestRefused(Exception):
    """The history cannot be run through the candidate; the text says why and what would do."""


class Asked(NamedTuple):
    """Which bank's history, through which candidate, as if it had been in force since a day.

    Without `masters` no profile can be read: SettingsError, if there are any.
    """

    bank: str
    candidate: Program
    since: date
    members_in_memory: int = 20_000
    masters: Masters | None = None


Passed = Callable[[int], None]
"""Is told how many slices were passed."""
Balances = dict[str, int]
Standing = tuple[str, str | None, Balances]
"""A member's id, its tier, and by point type all that it has, less what it owes."""


async def backtested(session: Any, partitions: int, asked: Asked, passed: Passed | None = None) -> told.Backtest:
    """Runs it; `session` is in a transaction that reads repeatably. Raises BacktestRefused.

    Members who were erased are left out on both sides, and what they told others is as it was: to know what that is, a
    history with such members is decided by the bank's own programs beside. Memory holds so many members and one slice
    each time; what is beyond that lies in a temporary file.
    """
    registry = await registry_of(session, {})
    programs, since = _programs(registry, asked)
    through, closed_days = await _closed(session, asked.bank, since)
    begins = datetime.combine(since, time.min, programs.zone)
    memory = asked.members_in_memory
    with contextlib.closing(Dues(memory, partitions)) as known, contextlib.closing(Spill(memory)) as of_then:
        run = Rerun(Registry(0, registry.sources, {asked.bank: programs}), partitions, known, asked.bank)
        counted = Counted(since, begins)
        reader = Reader(session, asked.masters)
        if erased := await _erased(session, reader):
            run.leave_out(erased, Replay(registry, partitions, of_then, asked.bank))
        seen = 0
        async for row in session.cursor(statement("journal_in_order"), 0):
            counted.slice(run.decided(row, await reader.of(row)))
            seen += 1
            (passed or (lambda _: None))(seen)
        gone = sorted(member_id for bank, member_id in run.erased.members if bank == asked.bank)
        members = Compared()
        await members.all(_stored(session, asked.bank, gone), (_standing(k.member) for k in known.members()))
    rules = await session.fetch(statement("backtest_rules"), asked.bank, gone, since, timeout=HOURS_MAX_S)
    grants = await session.fetch(statement("backtest_grants"), asked.bank, gone, begins, timeout=HOURS_MAX_S)
    refused = await session.fetch(statement("backtest_refusals"), asked.bank, gone, timeout=HOURS_MAX_S)
    return told.Backtest(
        program_hash=asked.candidate.program_hash.hex(), since=since, through=through,
        closed_days=closed_days, members=members.members, events=counted.events,
        rules=_of_rules(rules, counted.rules), points=members.points(), tiers=members.tiers(),
        grants=_of_grants(grants, counted.grants), refusals=_of_refusals(refused, counted.refusals),
        most_gained=members.gained.named(), most_lost=members.lost.named(),
    )  # fmt: skip


async def _closed(session: Any, bank: str, since: date) -> tuple[date, int]:
    """The last closed day, and how many days since a day are closed: none before the first that the bank closed."""
    through = await session.fetchval(statement("last_closed_day"), bank)
    if through is None or through < since:
        closed = f"the last that is closed is {through}" if through else "none is closed yet"
        raise BacktestRefused(f"no day since {since} is closed at {bank}: {closed}; begin earlier")
    first = await session.fetchval(statement("first_closed_day"), bank)
    return through, (through - max(since, first)).days + 1


def _programs(registry: Registry, asked: Asked) -> tuple[Programs, date]:
    """Those that were in force before a day, and from it on the candidate: the day asked for, or the bank's first."""
    known = registry.programs.get(asked.bank)
    if known is None:
        raise BacktestRefused(f"no bank is called {asked.bank}; `points init` registers banks")
    since = max(asked.since, known.versions[0].version)
    before = [version for version in known.alone if version.version < since]
    try:
        Programs([known.alone[0], replace(asked.candidate, version=date.max - timedelta(days=3))])
        return Programs([*before, replace(asked.candidate, version=since)]), since
    except ValueError as error:
        raise BacktestRefused(f"it is no version of {asked.bank}'s program: {error}") from error


@dataclass
class Counted:
    """What the candidate's decisions come to, since a day and the instant at which it begins."""

    since: date
    begins: datetime
    events: int = 0
    rules: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """By rule and point type: postings, points, points cut."""
    grants: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """By network and benefit: grants, units."""
    refusals: Counter[str] = field(default_factory=Counter)

    def slice(self, result: DecidedSlice) -> None:
        """Counts what a slice came to."""
        for intake, decision in result.decisions:
            self.events += intake.event.occurred_at >= self.begins
            self._decision(decision)

    def _decision(self, decision: Decision) -> None:
        for p in decision.postings:
            if p.event_day >= self.since:
                cut = p.desired_points - p.points if p.capped_by else 0
                _add(self.rules, (p.rule_id, p.point_type), (1, p.points, cut))
        for grant in decision.grants:
            if grant.occurred_at >= self.begins:
                _add(self.grants, (grant.network, grant.benefit_id), (1, grant.units or 0))
        for refusal in decision.refusals:
            self.refusals[refusal.reason] += 1


def _add(counts: dict[tuple[str, str], list[int]], key: tuple[str, str], more: tuple[int, ...]) -> None:
    counts[key] = [was + one for was, one in zip(counts.get(key, (0,) * len(more)), more, strict=True)]


class Most:
    """The members whose balances differ most, of each point type."""

    def __init__(self) -> None:
        self._found: dict[str, list[tuple[int, str, int, int]]] = {}

    def add(self, member_id: str, point_type: str, now: int, then: int) -> None:
        heap = self._found.setdefault(point_type, [])
        heapq.heappush(heap, (abs(then - now), member_id, now, then))
        if len(heap) > MOST:
            heapq.heappop(heap)

    def named(self) -> tuple[told.Differing, ...]:
        """By point type, the greatest difference first."""
        return tuple(
            told.Differing(member_id=id_, point_type=point_type, now=now, candidate=then)
            for point_type, heap in sorted(self._found.items())
            for _, id_, now, then in sorted(heap, key=lambda one: (-one[0], one[1]))
        )


@dataclass
class Compared:
    """Members as they stand, beside how they would."""

    members: int = 0
    gained: Most = field(default_factory=Most)
    lost: Most = field(default_factory=Most)
    _tiers: Counter[tuple[str, str]] = field(default_factory=Counter)
    _points: dict[str, Counter[str]] = field(default_factory=dict)

    async def all(self, stored: AsyncIterator[Standing], decided: Iterator[Standing]) -> None:
        """Compares two streams in the order of their ids. Who is in one alone has nothing in the other."""
        now, then = await anext(stored, None), next(decided, None)
        while now is not None or then is not None:
            id_ = min(one[0] for one in (now, then) if one is not None)
            of_now = now if now is not None and now[0] == id_ else None
            of_then = then if then is not None and then[0] == id_ else None
            self._member(of_now or (id_, None, {}), of_then or (id_, None, {}))
            now = now if of_now is None else await anext(stored, None)
            then = then if of_then is None else next(decided, None)

    def _member(self, now: Standing, then: Standing) -> None:
        self.members += 1
        self._tiers[now[1] or "", then[1] or ""] += 1
        for point_type in now[2].keys() | then[2].keys():
            self._balance(now[0], point_type, now[2].get(point_type, 0), then[2].get(point_type, 0))

    def _balance(self, member_id: str, point_type: str, now: int, then: int) -> None:
        sums = self._points.setdefault(point_type, Counter())
        sums.update(now=now, candidate=then)
        if then > now:
            sums.update(gaining_members=1, gained=then - now)
            self.gained.add(member_id, point_type, now, then)
        if then < now:
            sums.update(losing_members=1, lost=now - then)
            self.lost.add(member_id, point_type, now, then)

    def points(self) -> tuple[told.OfPoints, ...]:
        names = told.OfPoints.model_fields.keys() - {"point_type"}
        return tuple(
            told.OfPoints(point_type=point_type, **{name: sums[name] for name in names})
            for point_type, sums in sorted(self._points.items())
        )

    def tiers(self) -> tuple[told.OfTier, ...]:
        """The tier migration matrix, but for its empty cells."""
        return tuple(
            told.OfTier(now=now or None, candidate=then or None, members=members)
            for (now, then), members in sorted(self._tiers.items())
        )


async def _erased(session: Any, reader: Reader) -> set[MemberKey]:
    """Members of whom a record is there that nobody can open."""
    found: set[MemberKey] = set()
    async for row in session.cursor(statement("journal_in_order"), 0):
        found |= {whose(one) for one in map(closed, (await reader.of(row)).records) if one is not None}
    return found


async def _stored(session: Any, bank: str, without: list[str]) -> AsyncIterator[Standing]:
    async for row in session.cursor(statement("backtest_members"), bank, without):
        columns = (row[name] for name in ("point_types", "available", "pending", "held", "deficit"))
        parts = zip(*columns, strict=True)
        yield row["member_id"], row["tier"], {name: a + p + h - owed for name, a, p, h, owed in parts}


def _standing(member: Member) -> Standing:
    return member.member_id, member.tier, {name: balance.total for name, balance in member.balances.items()}


def _of_rules(rows: Iterable[Any], counts: dict[tuple[str, str], list[int]]) -> tuple[told.OfRule, ...]:
    names = ("postings", "points", "cut")
    return tuple(
        told.OfRule(rule=rule, point_type=type_, now=told.Given(**now), candidate=told.Given(**then))
        for (rule, type_), now, then in _beside(rows, ("rule_id", "point_type"), names, counts)
    )


def _of_grants(rows: Iterable[Any], counts: dict[tuple[str, str], list[int]]) -> tuple[told.OfBenefit, ...]:
    return tuple(
        told.OfBenefit(network=network, benefit=benefit, now=told.Granted(**now), candidate=told.Granted(**then))
        for (network, benefit), now, then in _beside(rows, ("network", "benefit_id"), ("grants", "units"), counts)
    )


def _beside(
    rows: Iterable[Any], key: tuple[str, str], names: tuple[str, ...], counts: dict[tuple[str, str], list[int]]
) -> Iterator[tuple[tuple[str, str], dict[str, int], dict[str, int]]]:
    """What was recorded and what was counted under the same key, as names and numbers; 0 where one has none."""
    now = {itemgetter(*key)(row): [row[name] for name in names] for row in rows}
    nothing = [0] * len(names)
    for at in sorted(now.keys() | counts.keys()):
        yield (
            at,
            dict(zip(names, now.get(at, nothing), strict=True)),
            dict(zip(names, counts.get(at, nothing), strict=True)),
        )


def _of_refusals(rows: Iterable[Any], counts: Counter[str]) -> tuple[told.OfRefusals, ...]:
    now = {row["reason"]: row["refused"] for row in rows}
    return tuple(
        told.OfRefusals(reason=reason, now=now.get(reason, 0), candidate=counts[reason])
        for reason in sorted(now.keys() | counts.keys())
    )
