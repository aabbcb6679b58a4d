"""What is wrong with a program file, where, and what to write instead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake at a path in the file; `line` and `column` count from 1 and are 0 until they have been looked up."""

    path: Path
    message: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        where = ".".join(str(step) for step in self.path)
        return f"{self.line}:{self.column}: {where + ': ' if where else ''}{self.message}"


class ProgramRefused(Exception):
    """A program file with mistakes: every one that was found, in the order of the file."""

    def __init__(self, problems: Sequence[Problem], name: str = "program") -> None:
        self.problems = sorted(problems, key=lambda p: (p.line, p.column))
        self.name = name
        super().__init__("\n".join(f"{name}:{p}" for p in self.problems))


def unknown(word: object, known: Iterable[str], what: str) -> str:
    """A message for a word that names nothing: what it should have named, and the nearest right word."""
    choices = sorted(set(known))
    near = get_close_matches(str(word), choices, n=1, cutoff=0.5)
    if near:
        return f"no {what} is called {word!r}; did you mean {near[0]!r}?"
    if not choices:
        return f"no {what} is called {word!r}, and the program defines none"
    return f"no {what} is called {word!r}; there are: {', '.join(choices)}"
