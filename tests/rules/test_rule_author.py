"""The rule author's page and the guide in Chinese: every program there does what it says; the page has every word."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rules.language.editor import editor_schema
from rules.language.examples import failures

DOCS = Path(__file__).parents[2] / "docs"
PAGE, GUIDE = ((DOCS / name).read_text() for name in ("rule-author.md", "guide.zh.md"))
BLOCKS, GUIDES = (re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) for page in (PAGE, GUIDE))


@pytest.mark.parametrize("text", [*BLOCKS, *GUIDES], ids=lambda text: text.split("\n")[0])
def test_a_program_on_the_page_does_what_it_says(text: str) -> None:
    assert failures(text) == []


def test_the_page_has_a_program_for_each_part() -> None:
    parts = PAGE.split("\n## ")[1:]
    assert [part.split("\n")[0] for part in parts if "```yaml" not in part] == ["How a change comes into force"]
    assert len(BLOCKS) == len(parts) - 1
    assert len(GUIDES) == 4


def test_every_word_of_the_language_is_on_the_page() -> None:
    words = set(_words(editor_schema()))
    assert len(words) > 150
    assert [word for word in sorted(words) if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", PAGE)] == []


def _words(schema: Any) -> Iterator[str]:
    """Every word that some mapping of a program may have."""
    below = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
    for part in below:
        yield from _words(part)
