"""YAML 1.2 text to plain values, with the line and column of each; numbers with a point become exact decimals."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionStartEvent, Event
from ruamel.yaml.nodes import MappingNode, ScalarNode
from ruamel.yaml.parser import Parser
from ruamel.yaml.scanner import Scanner

from rules.language.problems import Path, Problem, ProgramRefused

TEXT_CHARS_MAX = 256 * 1024
DEPTH_MAX = 20


class _Composer(Composer):
    """Stops at what a program may not have, before the reader builds any of it."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        is_key = index is None and isinstance(parent, MappingNode)
        problem = _barred(event, self.depth, is_key=is_key)
        if problem:
            raise MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
        return super().compose_node(parent, index)


class _Constructor(RoundTripConstructor):
    """Reads `1.00` as Decimal('1.00'): a rate must not pass through binary fractions. Says where a value is none."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - the reader's own signature
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, ArithmeticError) as error:
            raise MarkedYAMLError(
                problem=f"expected a day, a time or a number: {node.value!r} is none", problem_mark=node.start_mark
            ) from error


def _exact(_loader: RoundTripConstructor, node: ScalarNode) -> Decimal:
    written = str(node.value).replace("_", "")
    if written.lower().lstrip("+-") in {".inf", ".nan"}:
        raise MarkedYAMLError(problem="a number must be finite", problem_mark=node.start_mark)
    return Decimal(written)


_Constructor.add_constructor("tag:yaml.org,2002:float", _exact)


class Source:
    """A program file as read: `values` without positions for validation, and `position(path)` for messages."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        if len(text) > TEXT_CHARS_MAX:
            raise ProgramRefused([Problem((), f"a file may have {TEXT_CHARS_MAX} characters at most", 1, 1)], name)
        try:
            self._tree = _read(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            raise ProgramRefused([Problem((), _said(error), line, column)], name) from error
        except (YAMLError, ValueError, ArithmeticError) as error:
            raise ProgramRefused([Problem((), f"not YAML 1.2: {error}", 1, 1)], name) from error
        if not isinstance(self._tree, Mapping):
            raise ProgramRefused(
                [Problem((), "a file is a mapping and begins with a word, such as `program: its-name`", 1, 1)], name
            )
        self.values: dict[str, Any] = _plain(self._tree)

    def position(self, path: Path) -> tuple[int, int]:
        """Line and column, from 1, of the deepest step of `path` that is in the file."""
        node: Any = self._tree
        line, column = 1, 1
        for step in path:
            places = getattr(getattr(node, "lc", None), "data", None) or {}
            if step not in places:
                if isinstance(node, Mapping):
                    continue  # a step that validation added, such as the kind of an award
                break
            line, column = places[step][0] + 1, places[step][1] + 1
            node = node[step]
        return line, column

    def placed(self, problems: list[Problem]) -> ProgramRefused:
        """The refusal that carries these problems, each with its place."""
        return ProgramRefused([Problem(p.path, p.message, *self.position(p.path)) for p in problems], self.name)


def _read(text: str) -> Any:
    reader = YAML(typ="rt", pure=True)
    reader.Composer, reader.Constructor = _Composer, _Constructor
    # The constructor keeps each value's place; to keep comments as well, as those of `rt` do, would double the time.
    reader.Scanner, reader.Parser = Scanner, Parser
    reader.version = (1, 2)
    return reader.load(text)


def _barred(event: Event, depth: int, *, is_key: bool) -> str | None:
    """What YAML can do and a program may not: it would hide what counts, or take the reader's memory."""
    if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
        return "anchors and aliases are not allowed; write the value where it counts"
    if getattr(event, "tag", None) is not None:
        return "tags are not allowed; write the plain value"
    if isinstance(event, CollectionStartEvent):
        if is_key:
            return "before a colon stands one word, not a list or a mapping"
        if depth >= DEPTH_MAX:
            return f"nested deeper than {DEPTH_MAX}, which no program is"
    return None


def _said(error: MarkedYAMLError) -> str:
    problem = str(error.problem or error.context)
    if "duplicate key" in problem:
        return problem.split(" with value", maxsplit=1)[0].replace("found ", "") + ": keep one of the two"
    return f"not YAML 1.2: {problem}"


def _plain(value: Any) -> Any:
    """The value with ruamel's own types replaced by Python's, since validation is strict."""
    match value:
        case Mapping():
            return {_key(k): _plain(v) for k, v in value.items()}
        case list():
            return [_plain(v) for v in value]
        case bool() | None | Decimal():
            return value
        case datetime():
            return value.isoformat()
        case date():
            return value
        case int():
            return int(value)
        case str():
            return str(value)
        case _:
            return str(value)


def _key(key: Any) -> Any:
    return str(key) if isinstance(key, str) else int(key) if isinstance(key, int) else str(key)
