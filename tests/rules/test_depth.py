"""How many calls lie between an event and the postings that come of it, from `decide` to the posting's own row."""

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, get_args

from rules.decide import decide
from rules.decision import Posting, PostingKind
from rules.language.examples import failures
from tests.rules.family import Family
from tests.rules.test_things_before_merge import PROGRAM, opens, reverses, withdraws

TABLES = Path(__file__).parent / "tables"
PAGE = (Path(__file__).parents[2] / "docs" / "rule-author.md").read_text()
RULES = str(Path(decide.__code__.co_filename).parent)
MADE = (Posting.__new__.__code__, vars(Posting)["_make"].__func__.__code__)
MOST = 6
"""Calls from an event to any posting, as docs/house.md says it."""
OF_A_PURCHASE = ("decide", "_earned", "earn", "post")


def path_to(frame: FrameType | None) -> tuple[str, ...]:
    """The functions of `rules` from `decide` to here; none where it was not asked. Comprehensions are no calls."""
    names: list[str] = []
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(RULES) and not code.co_name.startswith("<"):
            names.append(code.co_name)
        if code is decide.__code__:
            return tuple(reversed(names))
        frame = frame.f_back
    return ()


@contextmanager
def watched() -> Iterator[dict[str, set[tuple[str, ...]]]]:
    """By kind of posting, every way on which one was made meanwhile; what is changed of one later is no call to it."""
    ways: dict[str, set[tuple[str, ...]]] = defaultdict(set)

    def watch(frame: FrameType, what: str, made: Any) -> None:
        if what == "return" and type(made) is Posting and frame.f_code in MADE:
            way = path_to(frame.f_back)
            if way and frame.f_back and frame.f_back.f_code.co_name != "_replace":
                ways[made.kind].add(way)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield ways
    finally:
        sys.setprofile(before)


def merges() -> None:
    f = Family(PROGRAM)
    opens(f, "a", "2026-01-10")
    f.merge("a", "2026-01-11", "b")
    withdraws(f, "b", "2026-01-12", 300_000, 700_000)
    reverses(f, "a", "2026-01-13", "o-1", 1_000)
    f.redeem("b", "2026-01-14", "r-1", 10)
    f.gives_back("b", "2026-01-15", "r-1")
    f.say("a", "member.unmerged", "2026-01-16", cause="mistake")


KEPT_A_MONTH = """
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true, expires: {after_months: 1, at: month-end}}
earn:
  - id: spend
    on: card.purchased
    award: {rate: 1 per 1.00, to: reward}
"""


def comes_back_too_late() -> None:
    """Points that are given back after their day, and again expire: at this member, and at one that merged."""
    f = Family(KEPT_A_MONTH)
    for who, ref in (("a", "r-1"), ("b", "r-2")):
        f.buys(who, "2026-01-10", 100.0, f"p-{who}")
        f.redeem(who, "2026-01-11", ref, 40)
    f.merge("b", "2026-01-12", "a")
    f.close("2026-03-31")
    f.gives_back("a", "2026-04-01", "r-1")
    f.gives_back("b", "2026-04-01", "r-2")
    f.say("a", "member.closed", "2026-04-02", cause="asked")


def everything() -> list[Callable[[], Any]]:
    """Every program with examples that tests or the rule author's page tell, and what no example tells."""
    pages = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    told = [*pages, *(path.read_text() for path in sorted(TABLES.glob("*.yaml")))]
    return [*((lambda text=text: failures(text)) for text in told), merges, comes_back_too_late]


def test_no_posting_is_more_than_six_calls_from_its_event() -> None:
    with watched() as ways:
        for one in everything():
            one()
    assert {*ways} == {*get_args(PostingKind)}
    assert {way for found in ways.values() for way in found if len(way) > MOST} == set()
    assert ways["base"] == {OF_A_PURCHASE}
