"""`decide` under fifty rules beside the same rules by hand, and a whole history simulated. In this process alone."""

import time
from collections.abc import Callable
from hashlib import sha1
from pathlib import Path
from typing import Any, Final

from engine.garbage import collect_seldom
from rules.context import NO_CONTEXT
from rules.decide import decide
from rules.identity import event_key
from rules.language.load import load
from rules.member import Member
from rules.program import Program, Programs
from rules.simulate import simulate
from schemas.decode import decode
from tests.bench.events import BANK, DOUBLED, Purchase
from tests.bench.rival import MARK, ZONE, expires

RULES: Final = 50
TURNS: Final = 4
_TEXT: Final = (Path(__file__).parent / "program.yaml").read_text(encoding="utf-8")
_RULE: Final = """
  - id: large-{i:02}
    on: card.purchased
    when: {{mcc: {{in: daily-life}}, amount: {{at_least: {amount}.00, below: {next}.00}}}}
    award: {{points: {points}, to: reward}}
"""


def fifty() -> Program:
    """The benchmark's program with as many bonus rules more, each for its own range of amounts."""
    more = (_RULE.format(i=i, amount=i * 10, next=i * 10 + 10, points=i + 1) for i in range(RULES - 2))
    return load(_TEXT + "".join(more), "fifty rules")


def points_by_hand(data: Any) -> list[tuple[str, str, int, int]]:
    """The same fifty rules as someone would write them for this one program: rule, kind, points, of which basis."""
    base = data.amount_minor // 100
    earned = [("card-spend", "base", base, base)] if base else []
    given = base
    if data.mcc in DOUBLED:
        for i in range(RULES - 2):
            if i * 1000 <= data.amount_minor < i * 1000 + 1000:
                earned.append((f"large-{i:02}", "base", i + 1, 1))
                given += i + 1
        if given:
            earned.append(("daily-life-double", "multiplier", given, 1 if len(earned) > 1 else base))
    return earned


def by_hand(event: Any, key: bytes, members: dict[str, tuple[int, int]]) -> list[tuple[Any, ...]]:
    """The rows that the fifty rules give, by hand too: what a ledger keeps of each posting; the balance after."""
    version, after = members.get(event.subject, (0, 0))
    version, day, rows = version + 1, event.occurred_at.astimezone(ZONE).date(), []
    for rule, kind, points, basis in points_by_hand(event.data):
        after += points
        rows.append(
            (
                sha1(key + rule.encode(), usedforsecurity=False).digest()[:16], BANK, event.subject, version, key, rule,
                kind, MARK, 1, "reward", points, points, None, basis, points, basis, None, "down", day,
                event.business_date or day, event.occurred_at, expires(day), None, event.data.mcc, after,
            )
        )  # fmt: skip
    members[event.subject] = (version, after)
    return rows


def fifty_rules(stream: list[Purchase]) -> tuple[float, float, float]:
    """Events a second: by `decide`, rows by hand, points alone by hand. AssertionError unless all give the same."""
    program = fifty()
    events = [decode(p.value, ()).event for p in stream]
    keys = [event_key(BANK, e.source, e.id) for e in events]
    members: dict[str, Member] = {}
    balances: dict[str, tuple[int, int]] = {}
    totals: dict[str, int] = {}

    def with_decide() -> None:
        for event, key in zip(events, keys, strict=True):
            member = members.get(event.subject) or Member(BANK, event.subject)
            members[event.subject] = decide(event, key, member, program, NO_CONTEXT).member

    def with_rows() -> None:
        for event, key in zip(events, keys, strict=True):
            by_hand(event, key, balances)

    def with_points() -> None:
        for event in events:
            given = sum(points for _, _, points, _ in points_by_hand(event.data))
            totals[event.subject] = totals.get(event.subject, 0) + given

    speeds = tuple(_speed(work, len(events)) for work in (with_decide, with_rows, with_points))
    decided = {id_: (m.version, m.balances["reward"].available) for id_, m in members.items()}
    if decided != balances or {id_: has for id_, (_, has) in balances.items()} != totals:
        raise AssertionError("the fifty rules and those by hand differ")
    return speeds[0], speeds[1], speeds[2]


def simulated(stream: list[Purchase]) -> float:
    """Events a second of `simulate`, from bytes to rows."""
    programs = Programs([load(_TEXT, "bench")])
    lines = [p.value for p in stream]

    def run() -> None:
        for _ in simulate(lines, programs):
            pass

    return _speed(run, len(lines))


def _speed(work: Callable[[], None], events: int) -> float:
    """The best of some turns; after the first all members are known, as they are in a bank's day."""
    collect_seldom()
    took_s = []
    for _ in range(TURNS):
        began = time.perf_counter()
        work()
        took_s.append(time.perf_counter() - began)
    return events / min(took_s)
