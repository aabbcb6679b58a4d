"""Where a type of event has many rules: those that may apply are looked up by what the event's own fields say.

The bounds and lists that rules ask for cut the events into cells. Within a cell each of those conditions holds for
every event or for none, so the rules of a cell are found once and remembered; what else a rule asks is asked as ever.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final

from rules.language import conditions as c
from rules.language.matching import Lists, bounds
from rules.program import RulesOn

MANY: Final = 8
"""Of fewer rules each is asked as fast as a cell is found."""
CELLS_MAX: Final = 4096
"""Cells remembered; where events fall into more, all are forgotten and found again."""

Range = tuple[int, int]
Asked = Mapping[str, Range | frozenset[str]]
"""By field of the event: numbers in [low, high), or the words of which it is one."""


def with_table(rules: RulesOn, whens: Mapping[str, c.When | None], lists: Lists, exponent: int) -> RulesOn:
    """The same rules, looked up where they are many; `whens` by rule id."""
    staged = (*rules.awards, *rules.multipliers)
    asked = {rule.id: _asked(whens[rule.id], lists, exponent) for rule in staged}
    if len(staged) < MANY or not any(asked.values()):
        return rules
    return rules._replace(of=_Table(rules, asked).of)


class _Table:
    """Cells by what is read of an event, each with its rules."""

    def __init__(self, rules: RulesOn, asked: Mapping[str, Asked]) -> None:
        self._rules = rules
        self._asked = asked
        self._cells: dict[tuple[int, ...], RulesOn] = {}
        fields = dict.fromkeys(field for one in asked.values() for field in one)
        self._readers = [_reader(field, [one[field] for one in asked.values() if field in one]) for field in fields]

    def of(self, data: Any) -> RulesOn:
        """The rules whose bounds and lists the event's data meets."""
        cell = tuple([read(data) for read in self._readers])
        found = self._cells.get(cell)
        if found is None:
            if len(self._cells) >= CELLS_MAX:
                self._cells.clear()
            found = self._cells[cell] = RulesOn(
                tuple(rule for rule in self._rules.awards if self._met(rule.id, data)),
                tuple(rule for rule in self._rules.multipliers if self._met(rule.id, data)),
                self._rules.bounded,
            )
        return found

    def _met(self, rule_id: str, data: Any) -> bool:
        return all(_holds(asked, getattr(data, field)) for field, asked in self._asked[rule_id].items())


def _holds(asked: Range | frozenset[str], value: Any) -> bool:
    if isinstance(asked, frozenset):
        return value in asked
    return value is not None and asked[0] <= value < asked[1]


def _reader(field: str, asked: Sequence[Range | frozenset[str]]) -> Callable[[Any], int]:
    """Numbers what a field may say so that all values of one number meet the same of what is asked."""
    words = dict.fromkeys(one for one in asked if isinstance(one, frozenset))
    if words:
        kinds: dict[tuple[bool, ...], int] = {}
        number = {
            word: kinds.setdefault(tuple(word in one for one in words), len(kinds) + 1)
            for word in frozenset().union(*words)
        }
        return lambda data: number.get(getattr(data, field), 0)
    edges = sorted({edge for one in asked for edge in one if isinstance(edge, int)})

    def between(data: Any) -> int:
        value = getattr(data, field)
        return -1 if value is None else bisect_right(edges, value)

    return between


def _asked(when: c.When | None, lists: Lists, exponent: int) -> Asked:
    """What a rule asks of the event's own numbers and words, whatever the day; the rest is left to the rule."""
    if when is None:
        return {}
    found: dict[str, Range | frozenset[str]] = {}
    for word in (*c.MONEY_FIELDS, *c.EVENT_FIELDS):
        told = getattr(when, word)
        match told:
            case Fraction() | c.NumberRange():
                money = word in c.MONEY_FIELDS
                found[c.MONEY_FIELDS.get(word, word)] = bounds(told, 10**exponent if money else 1)
            case str():
                found[word] = frozenset([told])
            case list():
                found[word] = frozenset(told)
            case c.InList():
                words = _always(told.in_list, lists, word)
                found |= {} if words is None else {word: words}
            case _:
                pass
    return found


def _always(name: str, lists: Lists, field: str) -> frozenset[str] | None:
    """The words of a list that never changes; None for one that is dated."""
    parts = lists[name]
    one = parts[0] if isinstance(parts, list) and len(parts) == 1 else parts
    if isinstance(one, list) or (one.from_day or date.min) != date.min:
        return None
    return frozenset((one.mcc if field == "mcc" else one.names) or ())
