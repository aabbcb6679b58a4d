"""The rule author's page and the guide in Chinese: every program there does what it says; the page has every word."""

import re
from pathlib import Path

import pytest

from rules.language.conditions import When
from rules.language.examples import failures
from rules.language.grammar import Accepted, Benefit, Cap, EarningRule, PeriodRule, ProgramFile, Review, Signal, Tiers

DOCS = Path(__file__).parents[2] / "docs"
PAGE, GUIDE = ((DOCS / name).read_text() for name in ("rule-author.md", "guide.zh.md"))
BLOCKS, GUIDES = (re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) for page in (PAGE, GUIDE))


@pytest.mark.parametrize("text", [*BLOCKS, *GUIDES], ids=lambda text: text.split("\n")[0])
def test_a_program_on_the_page_does_what_it_says(text: str) -> None:
    assert failures(text) == []


def test_the_page_has_a_program_for_each_part() -> None:
    assert len(BLOCKS) == PAGE.count("\n## ") >= 7
    assert len(GUIDES) == 4


@pytest.mark.parametrize(
    "words",
    [ProgramFile, EarningRule, PeriodRule, When, Cap, Benefit, Review, Signal, Tiers, Accepted],
    ids=lambda words: words.__name__,
)
def test_every_word_is_on_the_page(words: type[ProgramFile]) -> None:
    assert [word for word in words.vocabulary() if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", PAGE)] == []
