"""Editors complete and check programs by a committed JSON Schema: it is current, and it agrees with what loads."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rules.language.editor import editor_schema
from rules.language.load import read
from tests.rules.mistakes import MISTAKES, PROGRAM

PROGRAMS = Path(__file__).parents[2] / "rules" / "programs"
COMMITTED = PROGRAMS / "program.schema.json"


def as_json(value: Any) -> Any:
    match value:
        case dict():
            return {str(key): as_json(one) for key, one in value.items()}
        case list():
            return [as_json(one) for one in value]
        case Decimal():
            return float(value)
        case dt.date():
            return value.isoformat()
        case _:
            return value


def complaints(text: str) -> list[str]:
    _, source = read(text)
    return [error.message for error in Draft202012Validator(editor_schema()).iter_errors(as_json(source.values))]


def test_the_committed_schema_is_current() -> None:
    assert json.loads(COMMITTED.read_text()) == editor_schema(), "run: points program schema"


def test_it_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(editor_schema())


@pytest.mark.parametrize("path", sorted(PROGRAMS.glob("c*.yaml")), ids=lambda path: path.stem)
def test_shipped_programs_are_valid_under_it(path: Path) -> None:
    assert complaints(path.read_text()) == []


def test_a_word_that_is_none_is_seen_by_an_editor() -> None:
    schema = Draft202012Validator(editor_schema())
    values = as_json(read(PROGRAM)[1].values)
    assert not list(schema.iter_errors(values))
    assert list(schema.iter_errors({**values, "programme": "small"}))
    assert list(schema.iter_errors({**values, "points": {"reward": {"spendable": "yes"}}}))
    assert len(MISTAKES) > 50
