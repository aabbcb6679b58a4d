"""The short form in which a program's examples give events, and the member that they happen to."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from rules.language.grammar import Example, ExampleMember
from rules.language.problems import Path, Problem, unknown
from rules.member import Member
from rules.members.profile import Profile
from rules.numbers import minor_units
from schemas.events import MODELS, AnyEvent, BusinessDayClosed
from schemas.events.calendar import DayClose
from schemas.money import EXPONENTS

MEMBER_ID: Final = "m-example"
BANK: Final = "example"
_SOURCE: Final = "/example"
_NOON: Final = time(12)
_ENVELOPE: Final = ("at", "business_date", "sequence")
ORIGINAL: Final = "original"
"""The word that names, by its number, the event of the example that a refund or reversal takes back."""
CLOSE: Final = "close"
"""The word that closes days in an example, through the one it names."""
_LEFT_OUT: Final[Mapping[str, Any]] = {"mcc": "5999", "on_time": True, "early": False}
"""What is meant when an example leaves out a field that events need; for other fields it follows from their type."""


class NotGiven(Exception):
    """An example's event that cannot be one, with every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class Given:
    """Turns short forms into events, in a program's zone and currency. Bounds: both are known."""

    def __init__(self, time_zone: str, currency: str) -> None:
        self._zone = ZoneInfo(time_zone)
        self._currency = currency

    def events(self, example: Example, path: Path) -> list[AnyEvent]:
        """The example's events in its order. Raises NotGiven."""
        found: list[AnyEvent] = []
        problems: list[Problem] = []
        for i, given in enumerate(example.given):
            try:
                named = self._with_original(given, example, (*path, "given", i))
                found.append(self._event(named, i, (*path, "given", i)))
            except NotGiven as error:
                problems += error.problems
        problems += _closed_again(example, path)
        if problems:
            raise NotGiven(problems)
        return found

    def _event(self, given: dict[str, Any], number: int, path: Path) -> AnyEvent:
        if len(given) != 1:
            raise NotGiven(
                [Problem(path, "one event a line, such as `card.purchased: {at: 2026-10-05, amount: 1.00}`")]
            )
        ((word, fields),) = given.items()
        if word == CLOSE:
            return self._close(fields, number, (*path, word))
        model = MODELS.get(f"{word}.v1")
        if model is None:
            names = [CLOSE, *(type_.removesuffix(".v1") for type_ in MODELS)]
            raise NotGiven([Problem((*path, word), unknown(word, names, "event"))])
        path = (*path, word)
        if not isinstance(fields, dict):
            raise NotGiven([Problem(path, f"expected the event's fields, such as {{at: 2026-10-05}}, not {fields!r}")])
        payload = payload_of(model)
        written = {field_of(name, payload): name for name in fields}
        problems = list(_unknown_fields(fields, payload, path))
        if problems:
            raise NotGiven(problems)
        at = self._at(fields, path)
        exponent = EXPONENTS.get(str(fields.get("currency")), EXPONENTS[self._currency])
        data = {f: self._value(f, fields[name], exponent, (*path, name)) for f, name in written.items() if f}
        if "currency" in payload.model_fields and any(f.endswith("_minor") for f in data):
            data.setdefault("currency", self._currency)
        try:
            return model.model_validate(
                {
                    "id": f"example-{number}",
                    "source": _SOURCE,
                    "subject": MEMBER_ID,
                    "occurred_at": at,
                    "business_date": fields.get("business_date"),
                    "sequence": fields.get("sequence"),
                    "data": {**self._left_out(payload, at.date()), **data},
                }
            )
        except ValidationError as error:
            raise NotGiven([_misfit(e["loc"], e["msg"], written, path) for e in error.errors()]) from error

    def _with_original(self, given: dict[str, Any], example: Example, path: Path) -> dict[str, Any]:
        """The event with the example's Nth event, which `original: N` names, as the one it takes back."""
        word, fields = next(iter(given.items()), ("", None))
        if not isinstance(fields, dict) or ORIGINAL not in fields or "original_id" not in payload_fields(word):
            return given
        number = fields[ORIGINAL]
        if type(number) is not int or not 0 < number <= len(example.given):
            message = f"expected the number of an event given here, 1 to {len(example.given)}, not {number!r}"
            raise NotGiven([Problem((*path, word, ORIGINAL), message)])
        ((_, original),) = example.given[number - 1].items()
        on = self._at(original if isinstance(original, dict) else {}, (*path, word, ORIGINAL)).date()
        named = {"original_source": _SOURCE, "original_id": f"example-{number - 1}", "original_business_date": on}
        money = {"currency": self._currency} if "amount" in fields else {}
        return {word: {**money, **{k: v for k, v in fields.items() if k != ORIGINAL}, **named}}

    def _close(self, through: Any, number: int, path: Path) -> BusinessDayClosed:
        """All days through the one named are closed, at the last instant of it."""
        if type(through) is not date:
            raise NotGiven([Problem(path, f"expected the last day to close, such as 2026-10-31, not {through!r}")])
        return BusinessDayClosed(
            id=f"example-{number}",
            source=_SOURCE,
            subject=MEMBER_ID,
            occurred_at=datetime.combine(through, time.max, self._zone),
            data=DayClose(business_date=through, through=through),
        )

    def _at(self, fields: dict[str, Any], path: Path) -> datetime:
        """A day means its noon, a time without an offset is the program's."""
        at = fields.get("at")
        if type(at) is date:
            return datetime.combine(at, _NOON, self._zone)
        try:
            found = datetime.fromisoformat(at or "")
        except (TypeError, ValueError):
            message = "expected `at` with a day such as 2026-10-05 or a time such as 2026-10-05T23:50"
            raise NotGiven([Problem((*path, "at") if "at" in fields else path, message)]) from None
        return found if found.tzinfo else found.replace(tzinfo=self._zone)

    def _value(self, field: str, value: Any, exponent: int, path: Path) -> Any:
        if field.endswith("_minor"):
            if isinstance(value, bool) or not isinstance(value, int | Decimal):
                raise NotGiven([Problem(path, f"expected an amount of money such as 100.00, not {value!r}")])
            try:
                return minor_units(value, exponent)
            except ValueError as error:
                raise NotGiven([Problem(path, str(error))]) from error
        if field == "mcc" and isinstance(value, int):
            return f"{value:04}"
        return value

    def _left_out(self, payload: type[BaseModel], day: date) -> dict[str, Any]:
        return {
            name: self._default(name, field.annotation, day)
            for name, field in payload.model_fields.items()
            if field.is_required()
        }

    def _default(self, name: str, kind: Any, day: date) -> Any:
        if name == "currency":
            return self._currency
        if name in _LEFT_OUT:
            return _LEFT_OUT[name]
        if get_origin(kind) is Literal:
            return get_args(kind)[0]
        return {int: 0 if name.endswith("_minor") else 1, date: day}.get(kind, "any")


def _closed_again(example: Example, path: Path) -> Iterable[Problem]:
    """Days close once, in their order."""
    latest = date.min
    for i, given in enumerate(example.given):
        through = given.get(CLOSE)
        if type(through) is date:
            if through <= latest:
                yield Problem((*path, "given", i, CLOSE), f"{through} is closed already: days are closed in order")
            latest = max(latest, through)


def payload_fields(word: str) -> Iterable[str]:
    """The fields of the data of the event that the word names, none where it names none."""
    model = MODELS.get(f"{word}.v1")
    return payload_of(model).model_fields if model else ()


def payload_of(model: type[AnyEvent]) -> type[BaseModel]:
    """The model of an event's data."""
    kind: Any = model.model_fields["data"].annotation
    return kind  # type: ignore[no-any-return]


def field_of(word: str, payload: type[BaseModel]) -> str | None:
    """The field that an example's word means: `amount` is `amount_minor`, `annualised-premium` its field of money."""
    name = word.replace("-", "_")
    if f"{name}_minor" in payload.model_fields:
        return f"{name}_minor"
    return name if name in payload.model_fields else None


def _unknown_fields(fields: dict[str, Any], payload: type[BaseModel], path: Path) -> Iterable[Problem]:
    known = [name.removesuffix("_minor") for name in payload.model_fields]
    known += [ORIGINAL] if "original_id" in payload.model_fields else []
    for name in fields:
        if name not in _ENVELOPE and (field_of(name, payload) is None or name.endswith("_minor")):
            yield Problem((*path, name), unknown(name, [*known, *_ENVELOPE], "field of this event"))


def _misfit(loc: tuple[int | str, ...], message: str, written: Mapping[str | None, str], path: Path) -> Problem:
    step, *inner = loc
    field = inner[0] if step == "data" and inner else step
    word = written.get(field) if isinstance(field, str) else None
    where = f"{field}: " if word is None and field != "data" else ""
    return Problem(path if word is None else (*path, word), f"{where}{message[:1].lower()}{message[1:]}")


def new_member(told: ExampleMember, day: date) -> Member:
    """A member that enrolled on that day."""
    month, day_of_month = told.birthday or (None, None)
    profile = Profile(
        joined_on=told.joined_on,
        birth_month=month,
        birth_day=day_of_month,
        branch=told.branch,
        region=told.region,
        segments=tuple(told.segments),
    )
    tier_since = day if told.tier else None
    return Member(
        BANK,
        MEMBER_ID,
        status="enrolled",
        profile=profile,
        tier=told.tier,
        tier_since=tier_since,
        enrolled_on=day,
    )
