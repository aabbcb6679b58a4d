"""How many calls lie between an event and the postings that come of it, from `decide` to the posting's own row."""

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from rules.decide import decide
from rules.decision import Posting
from rules.language.examples import failures
from tests.rules.family import Family
from tests.rules.test_things_before_merge import PROGRAM, opens, reverses, withdraws

PAGE = (Path(__file__).parents[2] / "docs" / "rule-author.md").read_text()
RULES = str(Path(decide.__code__.co_filename).parent)
MADE = (Posting.__new__.__code__, vars(Posting)["_make"].__func__.__code__)
LONGEST = {
    "base": 4, "bonus": 4, "multiplier": 4, "opening": 5, "adjusted": 6, "merged": 6, "period": 6, "expired": 6,
    "redeemed": 6, "returned": 6, "reversed": 8,
}  # fmt: skip
"""As docs/house.md says it."""


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


def everything() -> list[Callable[[], Any]]:
    pages = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    return [*((lambda text=text: failures(text)) for text in pages), merges]


def test_no_posting_is_more_calls_from_its_event_than_the_house_says() -> None:
    with watched() as ways:
        for one in everything():
            one()
    assert {kind: max(map(len, found)) for kind, found in ways.items()} == LONGEST
