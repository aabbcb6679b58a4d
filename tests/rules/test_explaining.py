"""What a posting is explained by comes to its points, and is said in both languages."""

import re
import textwrap
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from ruamel.yaml import YAML

from rules.decision import Posting, PostingKind
from rules.explain.arithmetic import Arithmetic
from rules.explain.considered import Considered, Outcome
from rules.explain.phrases import PHRASES, Language
from rules.explain.posting import About, explained
from rules.explain.say import Say
from rules.program import Program
from tests.rules.postings import postings_of
from tests.rules.test_properties import PROGRAM, histories, through

FOLDER = Path(__file__).parent
PROGRAMS = FOLDER.parents[1] / "rules" / "programs"
FILES = sorted([*FOLDER.glob("tables/*.yaml"), *PROGRAMS.glob("c*.yaml"), *PROGRAMS.glob("examples/*.yaml")])
LANGUAGES: tuple[Language, ...] = get_args(Language)
MODES = {"down": ROUND_DOWN, "up": ROUND_CEILING, "half-up": ROUND_HALF_UP, "half-even": ROUND_HALF_EVEN}

SAID = YAML(typ="safe").load((FOLDER / "explained.yaml").read_text())
CASES = SAID["cases"]


def example_of(case: dict[str, Any]) -> str:
    given = textwrap.indent(case["given"], "      ")
    return f"{SAID['program']}examples:\n  - name: one\n    given:\n{given}    expect: {{}}\n"


@cache
def said() -> list[tuple[Posting, Program]]:
    """The postings of every example there is."""
    texts = [path.read_text() for path in FILES] + [example_of(case) for case in CASES]
    return [found for text in texts for found in postings_of(text)]


def comes_to(sum_: Arithmetic) -> int:
    """What the numbers of an explanation come to, reckoned with decimals."""
    exact = sum_.basis * sum_.rate + sum_.carried
    quotient = Decimal(exact.numerator) / Decimal(exact.denominator)
    whole = int(quotient.to_integral_value(MODES[sum_.rounding]))
    if sum_.share is not None:
        parts = [whole // sum_.share.parts] * sum_.share.parts
        for late in range(whole - sum(parts)):
            parts[-1 - late] += 1
        whole = parts[sum_.share.part]
    return sum_.sign * (whole if sum_.cut is None else min(whole, sum_.cut.left))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["given"][2:30])
def test_a_posting_is_explained_in_both_languages(case: dict[str, Any]) -> None:
    found = list(postings_of(example_of(case)))
    for number, told in case["says"].items():
        posting, program = found[number]
        assert {language: explained(posting, program, language).text for language in LANGUAGES} == told


def test_every_example_of_every_program_comes_to_what_its_explanation_says() -> None:
    for posting, program in said():
        for language in LANGUAGES:
            sum_ = explained(posting, program, language).sum
            assert comes_to(sum_) == sum_.recomputed() == posting.points
            assert sum_.sign * sum_.desired == posting.desired_points
    assert len(said()) > 400


@given(histories)
@settings(deadline=None)
def test_whatever_happens_the_explanation_comes_to_the_posting(history: list[Any]) -> None:
    for _, _, decision in through(history):
        for posting in decision.postings:
            sum_ = explained(posting, PROGRAM, "en").sum
            assert comes_to(sum_) == sum_.recomputed() == posting.points
            assert sum_.points == posting.points


def blanks(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


def test_every_language_has_every_phrase_with_the_same_blanks() -> None:
    english, chinese = PHRASES["en"], PHRASES["zh"]
    assert english.keys() == chinese.keys()
    for phrase, text in english.items():
        assert blanks(text) == blanks(chinese[phrase]), phrase


def pattern(phrase: str) -> re.Pattern[str]:
    """What a phrase says, whatever fills its blanks."""
    return re.compile(
        "".join(re.escape(text) + (".*?" if name else "") for text, name, _, _ in Formatter().parse(phrase))
    )


def texts(language: Language) -> Iterator[str]:
    for posting, program in said():
        yield explained(posting, program, language).text
        yield explained(posting, program, language, About(merchant="shop-9")).text
        yield explained(posting, program, language, About(benefit="wash")).text
        # A version that has the rule's caps and the rate no more, and lots and debts that moved with a merge.
        yield explained(posting._replace(kind="merged"), program, language).text
        yield explained(posting._replace(kind="merged", rule_id="merge"), program, language).text
        yield explained(posting._replace(kind="reversed", desired_points=0, points=0), program, language).text
        yield explained(posting._replace(kind="expired", rule_id="member-closed"), program, language).text
        yield explained(posting._replace(exchange_rate="XAU"), program, language).text
        say = Say(language, program)
        for outcome in get_args(Outcome):
            yield Considered("x", outcome, ("amount: 5",), (("reward", 5),)).text(say)
        yield say("will-expire", points=say.points(5, posting.point_type), day="2026-10-31")
        yield say("tier-will-change", tier=say.name("basic"))
        for name in ("rule:gone:member-day", "rule:gone:member-day:window-forgotten"):
            yield explained(posting._replace(capped_by=name), program, language).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_is_said_by_something(language: Language) -> None:
    whole = "\n".join(texts(language))
    unsaid = [name for name, phrase in PHRASES[language].items() if not pattern(phrase).search(whole)]
    assert unsaid == []


def test_every_kind_of_posting_is_among_them() -> None:
    assert {p.kind for p, _ in said()} >= set(get_args(PostingKind)) - {"merged"}


def test_the_page_in_chinese_says_what_is_said() -> None:
    page = (FOLDER.parents[1] / "docs" / "explanations.zh.md").read_text()
    quoted = re.findall("「(.*?)」", page)
    told = {one["zh"] for case in CASES for one in case["says"].values()}
    assert len(quoted) > 10
    assert [one for one in quoted if one not in told] == []
