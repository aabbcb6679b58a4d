"""Whether a word names something, and an amount is a whole number of coins."""

from collections.abc import Iterable
from typing import Any, get_args

from rules.commands import Command
from rules.language import grammar as g
from rules.language.awards import MONEY_BASES, NUMBER_BASES
from rules.language.given import payload_of
from rules.language.problems import Path, Problem, unknown
from rules.numbers import minor_units
from schemas.events import MODELS, MemberUnmerged
from schemas.money import EXPONENTS

EVENT_NAMES = {type_.removesuffix(".v1"): model for type_, model in MODELS.items()}
COMMANDS = {name for name, model in EVENT_NAMES.items() if issubclass(model, (*get_args(Command), MemberUnmerged))}
"""What is obeyed or refused, and is never earned with."""


def named(word: str, known: Iterable[str], what: str, path: Path) -> Iterable[Problem]:
    if word not in known:
        yield Problem(path, unknown(word, known, what))


def event_named(name: str, path: Path) -> Iterable[Problem]:
    yield from named(name, EVENT_NAMES, "event", path)
    if name in COMMANDS:
        yield Problem(path, f"{name} is a command: it earns nothing and no metric counts it; name a dealing")


def payload(event: str) -> dict[str, Any]:
    return dict(payload_of(EVENT_NAMES[event]).model_fields)


def has(event: str, field: str) -> bool:
    return field in payload(event)


def fields(event: str) -> list[str]:
    back = {field: word for word, field in (MONEY_BASES | NUMBER_BASES).items()}
    return [back.get(name, name) for name in payload(event)]


def labels(label: dict[str, str], path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    for language in label:
        if language not in file.languages:
            yield Problem((*path, "label", language), unknown(language, file.languages, "language"))


def coin(amount: Any, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    if amount is None or file.currency not in EXPONENTS:
        return
    try:
        minor_units(amount, EXPONENTS[file.currency])
    except ValueError:
        yield Problem(
            path, f"{file.currency} has {EXPONENTS[file.currency]} decimals; this amount is finer than a coin"
        )
