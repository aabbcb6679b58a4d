"""The small types that program files are made of, each with the message a rule author reads."""

import re
from datetime import date, time
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, NamedTuple

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from rules.language.problems import unknown

NAME_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=48)]
Label = dict[Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")], Annotated[str, StringConstraints(min_length=1)]]


PERCENT_MAX = 100


class Words(BaseModel):
    """A mapping in a program file. A word that it does not know is refused with the nearest one that it does."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, populate_by_name=False)

    @model_validator(mode="before")
    @classmethod
    def _known_words(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise PydanticCustomError(
                "words", "expected a mapping with {words}", {"words": ", ".join(cls.vocabulary())}
            )
        for key in value:
            if key not in cls.vocabulary():
                message = unknown(key, cls.vocabulary(), "word here")
                raise PydanticCustomError("unknown_word", "{message}", {"message": message, "key": key})
        return value

    @classmethod
    def vocabulary(cls) -> list[str]:
        return [word for name, f in cls.model_fields.items() for word in _spelled(name, f.validation_alias)]


def _spelled(name: str, alias: str | AliasPath | AliasChoices | None) -> list[str]:
    """The words that mean a field: the first is the one that the editor offers."""
    if isinstance(alias, AliasChoices):
        return [str(one) for one in alias.choices]
    return [name if alias is None else str(alias)]


class Rate(NamedTuple):
    """`points` for each `per`, proportionally or only for whole steps."""

    points: Fraction
    per: Fraction
    full_steps: bool


_RATE = re.compile(r"^(\d{1,12}(?:\.\d{1,6})?) (?:points )?per (full )?(\d{1,12}(?:\.\d{1,6})?)$")


def _rate(value: Any) -> Rate:
    found = _RATE.match(value) if isinstance(value, str) else None
    if not found or Fraction(found[3]) == 0:
        raise PydanticCustomError(
            "rate",
            "expected a rate such as '1 per 1.00' or '10 per full 10000.00', not {given}",
            {"given": repr(value)},
        )
    return Rate(Fraction(found[1]), Fraction(found[3]), bool(found[2]))


_POINTS = re.compile(r"^([1-9]\d{0,11}) points$")


def _points(value: Any) -> int:
    found = _POINTS.match(value) if isinstance(value, str) else None
    if not found:
        raise PydanticCustomError(
            "points", "expected a number of points such as '5000 points', not {given}", {"given": repr(value)}
        )
    return int(found[1])


def _number(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("number", "expected a number, not {given}", {"given": repr(value)})
    return Fraction(value)


def _positive(value: Any) -> Fraction:
    number = _number(value)
    if number <= 0:
        raise PydanticCustomError("positive", "expected a number above zero, not {given}", {"given": str(value)})
    return number


def _day(value: Any) -> date:
    if type(value) is date:
        return value
    raise PydanticCustomError("day", "expected a day such as 2026-10-01, not {given}", {"given": repr(value)})


def _month_day(value: Any) -> tuple[int, int]:
    found = re.match(r"^(\d\d)-(\d\d)$", value) if isinstance(value, str) else None
    try:
        return date(2000, int(found[1]), int(found[2])).timetuple()[1:3] if found else _no_month_day(value)
    except ValueError:
        return _no_month_day(value)


def _no_month_day(value: Any) -> tuple[int, int]:
    raise PydanticCustomError("month_day", "expected month and day such as 10-18, not {given}", {"given": repr(value)})


def _clock(value: Any) -> time | None:
    """A time of day; 24:00, the end of the day, is None."""
    if value == "24:00":
        return None
    if isinstance(value, str) and re.match(r"^([01]\d|2[0-3]):[0-5]\d$", value):
        return time.fromisoformat(value)
    raise PydanticCustomError(
        "clock", 'expected a time of day in quotes such as "18:30", not {given}', {"given": repr(value)}
    )


def _mcc(value: Any) -> str:
    text = f"{value:04d}" if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and re.match(r"^\d{4}$", text):
        return text
    raise PydanticCustomError("mcc", "expected a merchant category of four digits, not {given}", {"given": repr(value)})


def _percent(value: Any) -> int:
    found = re.match(r"^(\d{1,3})%$", value) if isinstance(value, str) else None
    if not found or not 0 < int(found[1]) <= PERCENT_MAX:
        raise PydanticCustomError("percent", "expected a percentage such as 50%, not {given}", {"given": repr(value)})
    return int(found[1])


def by_word(*words: str) -> Discriminator:
    """Chooses the variant whose own word is there; its tag is that word."""

    def chosen(value: Any) -> str | None:
        return next((w for w in words if isinstance(value, dict) and w in value), None)

    return Discriminator(
        chosen,
        custom_error_type="variant",
        custom_error_message=f"expected one of the words: {', '.join(words)}",
    )


def schema_of(kind: str, **more: Any) -> Any:
    """What an editor is told of a word that is read by a function of ours."""
    return WithJsonSchema({"type": kind, **more})


RateText = Annotated[Rate, BeforeValidator(_rate), schema_of("string", pattern=_RATE.pattern)]
PointsText = Annotated[int, BeforeValidator(_points), schema_of("string", pattern=_POINTS.pattern)]
Number = Annotated[Fraction, BeforeValidator(_number), schema_of("number")]
Positive = Annotated[Fraction, BeforeValidator(_positive), schema_of("number", exclusiveMinimum=0)]
Day = Annotated[date, BeforeValidator(_day), schema_of("string", format="date")]
MonthDay = Annotated[tuple[int, int], BeforeValidator(_month_day), schema_of("string", pattern=r"^\d\d-\d\d$")]
Clock = Annotated[time | None, BeforeValidator(_clock), schema_of("string", pattern=r"^\d\d:\d\d$")]
Mcc = Annotated[
    str,
    BeforeValidator(_mcc),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^\d{4}$"}, {"type": "integer", "maximum": 9999}]}),
]
Percent = Annotated[int, BeforeValidator(_percent), schema_of("string", pattern=r"^\d{1,3}%$")]
Count = Annotated[int, Field(ge=1, le=10**12)]
