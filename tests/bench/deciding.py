"""`decide` under fifty rules beside the same rules by hand, and a whole history simulated. In this process alone."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from engine.stream.worker import tune_garbage_collection
from rules.context import NO_CONTEXT
from rules.decide import decide
from rules.identity import event_key
from rules.language.load import load
from rules.member import Member
from rules.program import Program, Programs
from rules.simulate import simulate
from schemas.decode import decode
from tests.bench.events import BANK, DOUBLED, Purchase

RULES: Final = 50
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


def by_hand(data: Any, balances: dict[str, int], member: str) -> list[tuple[str, int]]:
    """The same fifty rules as someone would write them for this one program; points by rule."""
    base = data.amount_minor // 100
    earned = [("card-spend", base)] if base else []
    given = base
    daily = data.mcc in DOUBLED
    if daily:
        for i in range(RULES - 2):
            if i * 1000 <= data.amount_minor < i * 1000 + 1000:
                earned.append((f"large-{i:02}", i + 1))
                given += i + 1
        if given:
            earned.append(("daily-life-double", given))
    balances[member] = balances.get(member, 0) + sum(points for _, points in earned)
    return earned


def fifty_rules(stream: list[Purchase]) -> tuple[float, float]:
    """Events a second: by `decide`, and by hand. AssertionError unless both leave every member the same."""
    program = fifty()
    events = [decode(p.value, ()).event for p in stream]
    keys = [event_key(BANK, e.source, e.id) for e in events]
    members: dict[str, Member] = {}
    balances: dict[str, int] = {}

    def with_decide() -> None:
        for event, key in zip(events, keys, strict=True):
            member = members.get(event.subject) or Member(BANK, event.subject)
            members[event.subject] = decide(event, key, member, program, NO_CONTEXT).member

    def with_hand() -> None:
        for event in events:
            by_hand(event.data, balances, event.subject)

    speeds = _speed(with_decide, len(events)), _speed(with_hand, len(events))
    if {id_: m.balances["reward"].available for id_, m in members.items() if m.balances} != {
        id_: b for id_, b in balances.items() if b
    }:
        raise AssertionError("the fifty rules and those by hand differ")
    return speeds


def simulated(stream: list[Purchase]) -> float:
    """Events a second of `simulate`, from bytes to rows."""
    programs = Programs([load(_TEXT, "bench")])
    lines = [p.value for p in stream]

    def run() -> None:
        for _ in simulate(lines, programs):
            pass

    return _speed(run, len(lines))


def _speed(work: Callable[[], None], events: int) -> float:
    tune_garbage_collection()
    began = time.perf_counter()
    work()
    return events / (time.perf_counter() - began)
