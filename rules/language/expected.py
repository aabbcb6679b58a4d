"""What can be known of examples without running them: that they speak of events, points and tiers there are."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, get_args
from zoneinfo import available_timezones

from rules.decision import RefusalReason
from rules.language import grammar as g
from rules.language.given import Given, NotGiven
from rules.language.problems import Path, Problem, unknown
from schemas.money import EXPONENTS

STANDING_WORDS = ("tier", "grants", "left", "metrics", "pending", "refused")
"""What an example expects beside points; no point type has such a name."""


def example_problems(file: g.ProgramFile) -> Iterable[Problem]:
    """Everything in the examples that names nothing or cannot be."""
    sound = file.time_zone in available_timezones() and file.currency in EXPONENTS
    for i, example in enumerate(file.examples):
        path: Path = ("examples", i)
        if example.member.tier is not None:
            yield from _known(example.member.tier, _tiers(file), "tier", (*path, "member", "tier"))
        yield from _expected(example.expect, file, (*path, "expect"))
        if sound:
            yield from _given(example, file, path)


def _given(example: g.Example, file: g.ProgramFile, path: Path) -> Iterable[Problem]:
    try:
        Given(file.time_zone, file.currency).events(example, path)
    except NotGiven as error:
        yield from error.problems


def _expected(expect: dict[str, Any], file: g.ProgramFile, path: Path) -> Iterable[Problem]:
    for word, value in expect.items():
        match word:
            case "tier":
                yield from _known(value, _tiers(file), "tier", (*path, word))
            case "refused":
                yield from _refused(value, (*path, word))
            case "grants" | "left":
                yield from _grants(value, file, (*path, word))
            case "pending":
                yield from _pending(value, file, (*path, word))
            case "metrics":
                yield from _metrics(value, file, (*path, word))
            case _ if word in file.points:
                if not _whole(value):
                    yield Problem((*path, word), f"expected a whole number of points, not {value!r}")
            case _:
                yield Problem((*path, word), unknown(word, [*file.points, *STANDING_WORDS], "point type"))


def _grants(value: Any, file: g.ProgramFile, path: Path) -> Iterable[Problem]:
    if not isinstance(value, dict):
        yield Problem(path, "expected units by benefit, such as {car-wash: 2}")
        return
    for benefit, units in value.items():
        yield from _known(benefit, file.benefits, "benefit", (*path, benefit))
        if not _whole(units) and units != "unlimited":
            yield Problem((*path, benefit), f"expected a whole number of units or the word unlimited, not {units!r}")


def _refused(value: Any, path: Path) -> Iterable[Problem]:
    if not isinstance(value, list):
        yield Problem(path, "expected the reasons in their order, such as [not-enough-points]")
        return
    for i, reason in enumerate(value):
        yield from _known(reason, get_args(RefusalReason), "reason", (*path, i))


def _pending(value: Any, file: g.ProgramFile, path: Path) -> Iterable[Problem]:
    if not isinstance(value, dict):
        yield Problem(path, "expected points by type, such as {reward: 500}")
        return
    for point_type, points in value.items():
        yield from _known(point_type, file.points, "point type", (*path, point_type))
        if not _whole(points):
            yield Problem((*path, point_type), f"expected a whole number of points, not {points!r}")


def _metrics(value: Any, file: g.ProgramFile, path: Path) -> Iterable[Problem]:
    if not isinstance(value, dict):
        yield Problem(path, "expected numbers by metric, such as {deposits: 500.00}")
        return
    for metric, number in value.items():
        yield from _known(metric, file.metrics, "metric", (*path, metric))
        if isinstance(number, bool) or not isinstance(number, int | Decimal):
            yield Problem((*path, metric), f"expected a number, not {number!r}")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _known(word: Any, known: Iterable[str], what: str, path: Path) -> Iterable[Problem]:
    if word not in known:
        yield Problem(path, unknown(word, known, what))


def _tiers(file: g.ProgramFile) -> list[str]:
    return [rung.id for rung in file.tiers.ladder] if file.tiers else []
