"""The kinds of value that fields of events have, each with its bounds, and how text becomes a day or an instant."""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict

ID_MAX: Final = 64
ID_PATTERN: Final = r"^[A-Za-z0-9._-]*[A-Za-z][A-Za-z0-9._-]*$"
MEMBER_ID_PATTERN: Final = r"^(?:[A-Za-z]|[0-9][0-9._-]*[A-Za-z])[A-Za-z0-9._-]*$"
SLUG_PATTERN: Final = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"

YEAR_MIN: Final = 1900
YEAR_MAX: Final = 2199
"""Beyond these years arithmetic with zones and months could leave the calendar of the standard library."""

DAYS_REMEMBERED: Final = 1024
"""Texts of days: events come in days that lie close together."""

_YEAR = "(?:19|20|21)[0-9]{2}"
DAY_PATTERN: Final = f"^{_YEAR}-[0-9]{{2}}-[0-9]{{2}}$"
INSTANT_PATTERN: Final = (
    f"{DAY_PATTERN[:-1]}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\\.[0-9]{{1,9}})?(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})$"
)
_is_day = re.compile(DAY_PATTERN[1:-1]).fullmatch
_is_instant = re.compile(INSTANT_PATTERN[1:-1]).fullmatch
_NOT_A_DAY: Final = "a calendar date YYYY-MM-DD of the years 1900 to 2199 is expected"
_NOT_AN_INSTANT: Final = (
    "an RFC 3339 time with offset, of the years 1900 to 2199, is expected, like 2026-10-05T09:30:00+08:00"
)


def day(value: object) -> date:
    """A calendar date from itself or from its RFC 3339 text. Raises ValueError, which names no value."""
    if isinstance(value, str):
        return _day_of(value)
    if isinstance(value, date) and not isinstance(value, datetime) and YEAR_MIN <= value.year <= YEAR_MAX:
        return value
    raise ValueError(_NOT_A_DAY)


@lru_cache(maxsize=DAYS_REMEMBERED)
def _day_of(text: str) -> date:
    if _is_day(text):
        return date.fromisoformat(text)
    raise ValueError(_NOT_A_DAY)


def instant(value: object) -> datetime:
    """An aware time from itself or from its RFC 3339 text; below microseconds it is cut off. Raises ValueError."""
    if isinstance(value, str) and _is_instant(value):
        return datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.utcoffset() is not None and YEAR_MIN <= value.year <= YEAR_MAX:
        return value
    raise ValueError(_NOT_AN_INSTANT)


def tuple_of_list(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Day = Annotated[
    date, BeforeValidator(day), WithJsonSchema({"type": "string", "format": "date", "pattern": DAY_PATTERN})
]
Instant = Annotated[
    datetime,
    BeforeValidator(instant),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN}),
]
Id = Annotated[str, Field(min_length=1, max_length=ID_MAX, pattern=ID_PATTERN)]
"""Of an account, holding, policy, loan, card token, merchant, branch: the bank's own, with a letter in it."""
MemberId = Annotated[str, Field(min_length=1, max_length=64, pattern=MEMBER_ID_PATTERN)]
"""A pseudonym: begins with a letter or digit and has a letter, so that it is never mistaken for a card number."""
Slug = Annotated[str, Field(min_length=1, max_length=64, pattern=SLUG_PATTERN)]
"""A lower-case word with hyphens, as programs name products, segments and tasks."""
Slugs = Annotated[tuple[Slug, ...], Field(max_length=64), BeforeValidator(tuple_of_list)]
EventId = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[!-~]*[A-Za-z][!-~]*$")]
"""Visible ASCII without spaces, with a letter."""
Source = Annotated[
    str,
    Field(min_length=1, max_length=256, pattern=r"^[!#-;=?-\[\]_a-z~]*[A-Za-z][!#-;=?-\[\]_a-z~]*$"),
    Field(json_schema_extra={"format": "uri-reference"}),
]
"""A URI reference (RFC 3986) that names the system that speaks, registered to one bank."""
Months = Annotated[int, Field(ge=1, le=1200)]


class Payload(BaseModel):
    """What an event carries beyond its envelope: immutable, nothing extra, nothing converted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def together(*fields: str) -> ConfigDict:
    """Tells readers of the JSON Schema that these fields are given all or none; the model's validator enforces it."""
    others: JsonDict = {field: [other for other in fields if other != field] for field in fields}
    return ConfigDict(json_schema_extra={"dependentRequired": others})
