"""`when` becomes one closure. Conditions on the event's own fields come first: they cost least and decide most."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from rules.language import conditions as c
from rules.language.grammar import ListPart, ProgramFile
from rules.member import Member
from rules.members.profile import ASKED
from rules.moment import Condition, Moment
from rules.periods import birthday_in, whole_months

Lists = Mapping[str, ListPart | list[ListPart]]
BEYOND = 10**30
"""Larger than any number of an event."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def condition(
    when: c.When | None, lists: Lists, exponent: int, from_day: date | None = None, until: date | None = None
) -> Condition:
    """True when everything that is asked holds; `nth` is not asked here, since it counts those that hold."""
    parts: list[Condition] = []
    if when:
        parts += [
            _money(f, getattr(when, w), exponent) for w, f in c.MONEY_FIELDS.items() if getattr(when, w) is not None
        ]
        parts += [_field(f, getattr(when, f), lists) for f in c.EVENT_FIELDS if getattr(when, f) is not None]
        parts += _of_the_time(when)
        parts += _of_the_member(when, lists)
    if from_day or until:
        first, last = from_day or date.min, until or date.max
        parts.append(lambda _data, _member, moment: first <= moment.day < last)
    return _all(parts)


def asked_of_event(when: c.When | None) -> frozenset[str]:
    """The fields of the event's data that are asked."""
    asked = {c.MONEY_FIELDS.get(word, word) for word in when.model_fields_set} if when else set()
    return frozenset(asked & {*c.MONEY_FIELDS.values(), *c.EVENT_FIELDS})


def asked_of_profile(file: ProgramFile) -> frozenset[str]:
    """The fields of profiles that any of its conditions asks."""
    whens = (getattr(part, "when", None) for part in (*file.earn, *file.metrics.values()))
    words = {word for when in whens if isinstance(when, c.OfMember) for word in when.model_fields_set}
    return frozenset(field for word, field in ASKED.items() if word in words)


def of_the_member(when: c.OfMember | None, lists: Lists) -> Condition:
    """The same without an event: its data may be anything."""
    return _all(_of_the_member(when, lists) if when else [])


def _all(parts: list[Condition]) -> Condition:
    match parts:
        case []:
            return lambda _data, _member, _moment: True
        case [one]:
            return one
        case [a, b]:
            return lambda data, member, moment: a(data, member, moment) and b(data, member, moment)
        case _:
            first, others = parts[0], _all(parts[1:])
            return lambda data, member, moment: first(data, member, moment) and others(data, member, moment)


def _field(field: str, asked: Any, lists: Lists) -> Condition:
    match asked:
        case bool():
            return lambda data, _m, _t: getattr(data, field) is asked
        case Fraction() | c.NumberRange():
            within = within_bounds(asked, 1)
            return lambda data, _m, _t: within(getattr(data, field))
        case _:
            return _text(asked, lists, lambda data, _m: getattr(data, field), field)


def _money(field: str, asked: Fraction | c.NumberRange, exponent: int) -> Condition:
    within = within_bounds(asked, 10**exponent)
    return lambda data, _m, _t: within(getattr(data, field))


def within_bounds(asked: Fraction | c.NumberRange, scale: int) -> Callable[[int | None], bool]:
    low, high = bounds(asked, scale)
    return lambda value: value is not None and low <= value < high


def bounds(asked: Fraction | c.NumberRange, scale: int) -> tuple[int, int]:
    """The whole numbers in [low, high) that exact bounds leave: `above 2.5` is the same as `at least 3`."""
    if isinstance(asked, Fraction):
        exact = asked * scale
        return -(-exact // 1), exact // 1 + 1
    lows = [-(-(asked.at_least * scale) // 1)] if asked.at_least is not None else []
    lows += [(asked.above * scale) // 1 + 1] if asked.above is not None else []
    highs = [(asked.at_most * scale) // 1 + 1] if asked.at_most is not None else []
    highs += [-(-(asked.below * scale) // 1)] if asked.below is not None else []
    return max(lows, default=-BEYOND), min(highs, default=BEYOND)


def _text(asked: Any, lists: Lists, read: Callable[[Any, Member], Any], field: str) -> Condition:
    match asked:
        case c.InList():
            members = _dated(lists[asked.in_list], field)
            return lambda data, member, moment: read(data, member) in members(moment.day)
        case c.NotInList():
            members = _dated(lists[asked.not_in], field)
            return lambda data, member, moment: read(data, member) not in members(moment.day)
        case list():
            words = frozenset(asked)
            return lambda data, member, _t: read(data, member) in words
        case _:
            return lambda data, member, _t: read(data, member) == asked


def _dated(parts: ListPart | list[ListPart], field: str) -> Callable[[date], frozenset[str]]:
    """The members of an effective-dated list on a day; before its first part's day it is empty."""
    in_order = sorted(parts if isinstance(parts, list) else [parts], key=lambda part: part.from_day or date.min)
    sets = [(p.from_day or date.min, frozenset((p.mcc if field == "mcc" else p.names) or ())) for p in in_order]
    if len(sets) == 1 and sets[0][0] == date.min:
        always = sets[0][1]
        return lambda _day: always
    nothing: frozenset[str] = frozenset()

    def on_day(day: date) -> frozenset[str]:
        return next((words for first, words in reversed(sets) if first <= day), nothing)

    return on_day


def _of_the_time(when: c.When) -> list[Condition]:
    parts: list[Condition] = []
    if when.weekday:
        days = frozenset(WEEKDAYS.index(d) for d in when.weekday)
        parts.append(lambda _d, _m, moment: moment.day.weekday() in days)
    if when.hours:
        parts.append(_hours(when.hours))
    return parts


def _hours(hours: c.Hours) -> Condition:
    start, end = hours.from_time, hours.until
    if start is None or end is None or start < end:
        return lambda _d, _m, moment: (
            (start is not None and moment.local.time() >= start) and (end is None or moment.local.time() < end)
        )
    return lambda _d, _m, moment: moment.local.time() >= start or moment.local.time() < end


def _of_the_member(when: c.OfMember, lists: Lists) -> list[Condition]:
    parts: list[Condition] = []
    if when.tier is not None:
        parts.append(_text(when.tier, lists, lambda _d, member: member.tier, "tier"))
    asked = [(word, getattr(when, word)) for word in ("branch", "region", "manager")]
    parts += [_of_profile(word, one, lists) for word, one in asked if one is not None]
    if when.segment is not None:
        parts.append(_segment(when.segment, lists))
    if when.tenure_months is not None:
        within = within_bounds(when.tenure_months, 1)
        parts.append(lambda _d, member, moment: within(_tenure(member, moment)))
    if when.birthday:
        parts.append(_BIRTHDAY[when.birthday])
    return parts


def _of_profile(field: str, asked: Any, lists: Lists) -> Condition:
    """What was true on the event's day, however late it comes."""
    meets = _text(asked, lists, lambda told, _member: told, field)
    return lambda _d, member, moment: meets(member.profile.on(field, moment.day), member, moment)


def _segment(asked: Any, lists: Lists) -> Condition:
    """A member has several segments: one of them must be (or for `not_in` none may be) among those named."""
    match asked:
        case c.NotInList():
            barred = _dated(lists[asked.not_in], "segment")
            return lambda _d, member, moment: not barred(moment.day).intersection(_segments(member, moment))
        case c.InList():
            named = _dated(lists[asked.in_list], "segment")
            return lambda _d, member, moment: bool(named(moment.day).intersection(_segments(member, moment)))
        case _:
            words = frozenset([asked] if isinstance(asked, str) else asked)
            return lambda _d, member, moment: bool(words.intersection(_segments(member, moment)))


def _segments(member: Member, moment: Moment) -> Iterable[str]:
    return member.profile.on("segments", moment.day)  # type: ignore[no-any-return]


def _tenure(member: Member, moment: Moment) -> int | None:
    since = member.profile.joined_on or member.enrolled_on
    return whole_months(since, moment.day) if since else None


def _birthday_day(_data: Any, member: Member, moment: Moment) -> bool:
    month, day = member.profile.birth_month, member.profile.birth_day
    return bool(month and day) and birthday_in(moment.day.year, month=month or 1, day=day or 1) == moment.day


def _birthday_week(_data: Any, member: Member, moment: Moment) -> bool:
    """The ISO week that holds the birthday; at the turn of the year it may be next or last year's."""
    month, day = member.profile.birth_month, member.profile.birth_day
    if not month or not day:
        return False
    years = (moment.day.year - 1, moment.day.year, moment.day.year + 1)
    week = moment.day.isocalendar()[:2]
    return any(birthday_in(year, month=month, day=day).isocalendar()[:2] == week for year in years)


def _birthday_month(_data: Any, member: Member, moment: Moment) -> bool:
    return member.profile.birth_month == moment.day.month


_BIRTHDAY: dict[str, Condition] = {"day": _birthday_day, "week": _birthday_week, "month": _birthday_month}
