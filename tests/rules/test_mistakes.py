"""A program with a mistake never loads, and its author is told where it is and what to write instead."""

import pytest

from rules.language.examples import failures
from rules.language.load import load
from rules.language.problems import ProgramRefused
from tests.rules.mistakes import MISTAKES, PROGRAM, Mistake
from tests.rules.mistakes_in_lots import MISTAKES_IN_LOTS
from tests.rules.mistakes_in_spending import MISTAKES_IN_SPENDING


def test_the_program_without_a_mistake_loads_and_does_what_it_says() -> None:
    assert load(PROGRAM).name == "small"
    assert failures(PROGRAM) == []


@pytest.mark.parametrize(
    "mistake",
    [*MISTAKES, *MISTAKES_IN_SPENDING, *MISTAKES_IN_LOTS],
    ids=lambda m: m.wrong[:40].strip() or f"without {m.right[:20]}",
)
def test_a_mistake_is_refused_at_its_line_with_what_to_write(mistake: Mistake) -> None:
    assert PROGRAM.count(mistake.right) == 1
    with pytest.raises(ProgramRefused) as refused:
        load(PROGRAM.replace(mistake.right, mistake.wrong), "small.yaml")
    assert (mistake.line, True) in [(p.line, mistake.said in p.message) for p in refused.value.problems], str(
        refused.value
    )


def test_all_mistakes_of_a_file_are_told_at_once_in_its_order() -> None:
    wrong = PROGRAM.replace("budget: spring", "budget: srping").replace("units: {gold", "units: {glod")
    with pytest.raises(ProgramRefused) as refused:
        load(wrong, "small.yaml")
    assert [p.line for p in refused.value.problems] == [34, 50]
    assert str(refused.value).startswith("small.yaml:34:")


@pytest.mark.parametrize(
    "text", ["", "[]", "5", "null", "# nothing", "\x00", "a: b: c", "x" * 300_000, "\ufeff{}", "{"]
)
def test_what_is_no_program_at_all_is_refused_in_its_first_line(text: str) -> None:
    with pytest.raises(ProgramRefused) as refused:
        load(text)
    assert refused.value.problems[0].line == 1


def test_an_example_that_fails_says_what_was_expected_and_what_came() -> None:
    (failure,) = failures(PROGRAM.replace("expect: {reward: 10}", "expect: {reward: 11}"))
    assert (failure.line, failure.message) == (56, "one: expected reward 11, got 10")
