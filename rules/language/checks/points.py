"""The heading and the point types of a program."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo, available_timezones

from rules.language import grammar as g
from rules.language.checks.known import labels, named
from rules.language.expected import STANDING_WORDS
from rules.language.measures import YEARS_WITH_BANK
from rules.language.problems import Path, Problem, unknown
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
        if isinstance(expires, g.Expires):
            yield from _expiry_problems(expires, ("points", name, "expires"), file)
        if point.deficit and point.on_reversal:
            yield Problem(("points", name, "on_reversal"), "`deficit` says what happens already; leave one of them out")
        yield from labels(point.label, ("points", name), file)


def _expiry_problems(expires: g.Expires, path: Path, file: g.ProgramFile) -> Iterable[Problem]:
    if sum(end is not None for end in (expires.after_months, expires.on, expires.after_inactive_months)) != 1:
        yield Problem(path, "expected exactly one of after_months, on and after_inactive_months")
    if expires.after_months == 0 and expires.at == "same-day":
        yield Problem(
            (*path, "after_months"), "points valid for no day: say at the end of which period, or more months"
        )
    if expires.at != "same-day" and expires.after_months is None:
        yield Problem((*path, "at"), "`at` says where `after_months` ends; there is no after_months here")
    if expires.longer_for and expires.after_months is None:
        yield Problem((*path, "longer_for"), "`longer_for` adds to after_months; there is no after_months here")
    tiers = [rung.id for rung in file.tiers.ladder] if file.tiers else []
    for tier in expires.longer_for:
        yield from named(tier, tiers, "tier", (*path, "longer_for", tier))
