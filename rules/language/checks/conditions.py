"""What `when` asks is there to ask."""

from collections.abc import Iterable
from typing import Any

from rules.language import conditions as c
from rules.language import grammar as g
from rules.language.checks.known import EVENT_NAMES, coin, fields, has, named
from rules.language.compile.earning import listed
from rules.language.problems import Path, Problem

ASKED_OF_EVENTS = frozenset((*c.MONEY_FIELDS.values(), *c.EVENT_FIELDS))


def when_problems(when: c.OfMember | None, events: list[str], path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    for word in when.model_fields_set if when else ():
        field = c.MONEY_FIELDS.get(word, word)
        asked_of = [e for e in events if e in EVENT_NAMES] if field in ASKED_OF_EVENTS else []
        for event in (e for e in asked_of if not has(e, field)):
            yield Problem((*path, word), f"{event} has no {word!r}; it has: {', '.join(fields(event))}")
        yield from _asked(word, getattr(when, word), (*path, word), file)


def _asked(word: str, asked: Any, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    match asked:
        case c.InList() | c.NotInList():
            name = asked.in_list if isinstance(asked, c.InList) else asked.not_in
            step = "in" if isinstance(asked, c.InList) else "not_in"
            yield from named(name, file.lists, "list", (*path, step))
            yield from _list_kind(word, name, (*path, step), file)
        case c.NumberRange() if word in c.MONEY_FIELDS:
            for bound, amount in asked:
                yield from coin(amount, (*path, bound), file)
        case str() | list() if word == "tier":
            tiers = [rung.id for rung in file.tiers.ladder] if file.tiers else []
            for tier in listed(asked):
                yield from named(tier, tiers, "tier", path)
        case _:
            pass


def _list_kind(word: str, name: str, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    parts = file.lists.get(name)
    for part in [] if parts is None else parts if isinstance(parts, list) else [parts]:
        if (word == "mcc") != (part.mcc is not None) and (part.mcc is None) != (part.names is None):
            yield Problem(path, f"the list {name!r} holds {'names' if word == 'mcc' else 'merchant categories'}")
