"""Whatever is done to a program file, it either loads or is refused with the line of every mistake."""

from copy import deepcopy
from io import StringIO
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from rules.language.lint import loaded
from rules.language.problems import Problem, ProgramRefused
from rules.program import Program

WHOLE = (Path(__file__).parents[2] / "rules" / "programs" / "county-bank.yaml").read_text()
# Without the examples that close months of days: they would take most of the time, and mutilate nothing new.
COUNTY = WHOLE.partition("  - name: festive points are good for three months")[0]
ANYTHING: list[Any] = [
    None, True, -1, 0, 10**30, 0.001, "", "x", "card-spend", "1 per 1.00", "2026-01-01", [], [1], {}, {"a": 1}, "💥",
]  # fmt: skip


def nodes(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    return [path, *(found for step in steps for found in nodes(tree[step], (*path, step)))]


TREE: Any = YAML(typ="rt", pure=True).load(COUNTY)
PATHS = nodes(TREE)[1:]


def changed(path: tuple[Any, ...], how: str, value: Any) -> str:
    tree = deepcopy(TREE)
    parent = tree
    for step in path[:-1]:
        parent = parent[step]
    last = path[-1]
    if how == "delete":
        del parent[last]
    elif how == "rename" and isinstance(parent, dict):
        parent[f"{last}x"] = parent.pop(last)
    else:
        parent[last] = value
    written = StringIO()
    YAML(typ="rt", pure=True).dump(tree, written)
    return written.getvalue()


def refusal(text: str) -> list[Problem] | None:
    """The mistakes of a program; of one that loads none, and every finding has its line."""
    try:
        program, findings = loaded(text)
        assert isinstance(program, Program)
        for finding in findings:
            assert 1 <= finding.line <= text.count("\n") + 1
            assert finding.message
    except ProgramRefused as refused:
        return list(refused.problems)
    return None


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PATHS), st.sampled_from(["delete", "rename", "replace"]), st.sampled_from(ANYTHING))
def test_a_mutilated_program_loads_or_is_refused_with_lines(path: tuple[Any, ...], how: str, value: Any) -> None:
    text = changed(path, how, value)
    problems = refusal(text)
    assert problems is None or problems
    for problem in problems or ():
        assert 1 <= problem.line <= text.count("\n") + 1
        assert problem.column >= 1
        assert problem.message


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(COUNTY) - 1), st.text(max_size=3))
def test_a_file_with_a_few_letters_changed_loads_or_is_refused_with_lines(at: int, letters: str) -> None:
    problems = refusal(COUNTY[:at] + letters + COUNTY[at + 1 :])
    assert all(problem.line >= 1 for problem in problems or ())
