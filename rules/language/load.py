"""A program file's text to a program in force, or to every mistake in it with its line and column."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rules.language.checks import problems
from rules.language.compile import compiled
from rules.language.grammar import ProgramFile
from rules.language.problems import Path, Problem
from rules.language.source import Source
from rules.language.words import NAME_PATTERN
from rules.program import Program

Form = TypeVar("Form", bound=BaseModel)
SAID = {
    "missing": "this word is missing",
    "bool_type": "expected true or false",
    "int_type": "expected a whole number",
    "string_type": "expected a word or a text",
    "list_type": "expected a list",
    "dict_type": "expected a mapping",
    "too_short": "expected at least one",
}


def load(text: str, name: str = "program") -> Program:
    """Raises ProgramRefused, which holds every problem found: first those of form, then those of meaning."""
    file, _ = checked(text, name)
    return compiled(file, text)


def checked(text: str, name: str = "program") -> tuple[ProgramFile, Source]:
    """The file as written, its form and its meaning checked; raises ProgramRefused."""
    file, source = read(text, name)
    found = problems(file)
    if found:
        raise source.placed(found)
    return file, source


def read(text: str, name: str = "program") -> tuple[ProgramFile, Source]:
    """The file as written, its form checked; raises ProgramRefused."""
    return read_as(ProgramFile, text, name)


def read_as(form: type[Form], text: str, name: str) -> tuple[Form, Source]:
    """A file of another form, read as programs are: every mistake has its place; raises ProgramRefused."""
    source = Source(text, name)
    try:
        return form.model_validate(source.values), source
    except ValidationError as error:
        raise source.placed([_problem(e) for e in error.errors()]) from error


def _problem(error: ErrorDetails) -> Problem:
    path: Path = tuple(step for step in error["loc"] if step != "[key]")
    given, told = error.get("input"), error.get("ctx", {})
    match error["type"]:
        case "unknown_word":
            return Problem((*path, told["key"]), error["msg"])
        case "missing":
            return Problem(path[:-1], f"the word {path[-1]!r} is missing here")
        case "literal_error":
            return Problem(path, f"expected {told['expected']}, not {given!r}")
        case "string_pattern_mismatch" if told["pattern"] == NAME_PATTERN:
            return Problem(path, f"expected lower-case words joined by hyphens, such as card-spend, not {given!r}")
        case "string_pattern_mismatch":
            return Problem(path, f"expected a text of the pattern {told['pattern']}, not {given!r}")
        case kind if kind in SAID:
            return Problem(path, f"{SAID[kind]}, not {given!r}" if "expected" in SAID[kind] else SAID[kind])
        case _:
            return Problem(path, error["msg"][:1].lower() + error["msg"][1:])
