"""The heading and the point types of a program."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo, available_timezones

from rules.language import grammar as g
from rules.language.checks.known import labels
from rules.language.expected import STANDING_WORDS
from rules.language.measures import YEARS_WITH_BANK
from rules.language.problems import Problem, unknown
from schemas.money import EXPONENTS


def heading_problems(file: g.ProgramFile) -> Iterable[Problem]:
    if file.time_zone not in available_timezones():
        yield Problem(("time_zone",), unknown(file.time_zone, available_timezones(), "time zone"))
    else:
        ZoneInfo(file.time_zone)
    if file.currency not in EXPONENTS:
        yield Problem(("currency",), unknown(file.currency, EXPONENTS, "currency"))


def unique_problems(file: g.ProgramFile) -> Iterable[Problem]:
    seen: dict[str, int] = {}
    for i, rule in enumerate(file.earn):
        if rule.id in seen:
            yield Problem(("earn", i, "id"), f"the rule {rule.id!r} is there twice; give each its own id")
        seen[rule.id] = i
    for kind, names in (("metric", file.metrics), ("point type", file.points)):
        for name in names:
            taken = ("score", YEARS_WITH_BANK, *STANDING_WORDS, *(file.points if kind == "metric" else ()))
            if name in taken:
                where = ("metrics" if kind == "metric" else "points", name)
                yield Problem(where, f"{name!r} is taken: choose another name for this {kind}")


def point_problems(file: g.ProgramFile) -> Iterable[Problem]:
    for name, point in file.points.items():
        expires = point.expires
        if isinstance(expires, g.Expires) and (expires.after_months is None) == (expires.on is None):
            yield Problem(("points", name, "expires"), "expected exactly one of after_months and on")
        if point.deficit and point.on_reversal:
            yield Problem(("points", name, "on_reversal"), "`deficit` says what happens already; leave one of them out")
        yield from labels(point.label, ("points", name), file)
