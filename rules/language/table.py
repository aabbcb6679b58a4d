"""Where a type of event has many rules: those that may apply are looked up by what the event's own fields say.

The bounds and lists that rules ask for cut the events into cells. Within a cell each of those conditions holds for
every event or for none, so the rules of a cell are found once and remembered; a rule that asks nothing else is not
asked there again, any other is asked as ever.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any, Final

from rules.language import conditions as c
from rules.language import grammar as g
from rules.language.matching import Lists, bounds
from rules.member import Member
from rules.moment import Moment
from rules.program import EarningRule, RulesOn

MANY: Final = 8
"""Of fewer rules each is asked as fast as a cell is found."""
CELLS_MAX: Final = 4096
"""Cells remembered; where events fall into more, all are forgotten and found again."""

Range = tuple[int, int]
Asked = Mapping[str, Range | frozenset[str]]
"""By field of the event: numbers in [low, high), or the words of which it is one."""


def with_table(rules: RulesOn, written: Mapping[str, g.EarningRule], lists: Lists, exponent: int) -> RulesOn:
    """The same rules, looked up where they are many; `written` by id, as the program says them."""
    staged = (*rules.awards, *rules.multipliers)
    asked = {rule.id: _asked(written[rule.id].when, lists, exponent) for rule in staged}
    if len(staged) < MANY or not any(asked.values()):
        return rules
    whole = frozenset(id_ for id_, one in asked.items() if _is_whole(one, written[id_]))
    return rules._replace(of=_Table(rules, asked, whole).of)


def _is_whole(asked: Asked, rule: g.EarningRule) -> bool:
    """Whether a rule asks nothing but what its cell answers. Which time it is in a period is counted apart."""
    words = rule.when.model_fields_set - {"nth"} if rule.when else frozenset()
    return rule.from_day is None and rule.until is None and len(asked) == len(words)


def _always(_data: Any, _member: Member, _moment: Moment) -> bool:
    return True


class _Table:
    """Cells by what is read of an event, each with its rules."""

    def __init__(self, rules: RulesOn, asked: Mapping[str, Asked], whole: frozenset[str]) -> None:
        """`whole` are the rules that ask nothing but what their cell answers."""
        self._rules = rules
        self._asked = asked
        self._whole = whole
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
            awards, multipliers = self._met(self._rules.awards, data), self._met(self._rules.multipliers, data)
            found = self._cells[cell] = RulesOn(awards, multipliers, self._rules.bounded)
        return found

    def _met(self, rules: Iterable[EarningRule], data: Any) -> tuple[EarningRule, ...]:
        met = (r for r in rules if all(_holds(asked, getattr(data, f)) for f, asked in self._asked[r.id].items()))
        return tuple(replace(rule, applies=_always) if rule.id in self._whole else rule for rule in met)


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
                words = _at_all_times(told.in_list, lists, word)
                found |= {} if words is None else {word: words}
            case _:
                pass
    return found


def _at_all_times(name: str, lists: Lists, field: str) -> frozenset[str] | None:
    """The words of a list that never changes; None for one that is dated."""
    parts = lists[name]
    one = parts[0] if isinstance(parts, list) and len(parts) == 1 else parts
    if isinstance(one, list) or (one.from_day or date.min) != date.min:
        return None
    return frozenset((one.mcc if field == "mcc" else one.names) or ())
