"""What a till or a channel is refused with says what to do, on a page of its own."""

import re
from pathlib import Path

import rules
from engine.api.problems import KINDS, page

OF_REDEEMING = re.compile(r'Denial\(\s*"([a-z-]+)"')


def test_every_refusal_of_a_redemption_has_its_own_remedy() -> None:
    spending = Path(rules.__file__).parent / "spending"
    reasons = {found for file in spending.rglob("*.py") for found in OF_REDEEMING.findall(file.read_text("utf-8"))}
    assert {"benefit-used-up", "too-soon", "wrong-network"} <= reasons
    told_alike = KINDS["merge-not-possible"].remedy
    assert {reason for reason in reasons if KINDS[reason].remedy == told_alike} == set()


def test_a_page_says_what_happened_and_what_to_do() -> None:
    told = page("already-lapsed")
    assert "The hold&#x27;s time was over" in told
    assert "Begin a new redemption" in told
    assert "status 422" in told
