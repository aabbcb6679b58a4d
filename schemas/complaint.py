"""What is said of an event that fails its model: where, what was expected, and the nearest right word."""

from difflib import get_close_matches
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from schemas.event import Event
from schemas.events import MODELS
from schemas.mask import masked
from schemas.reasons import Reason, UnusableEvent

_NAMED_MAX: Final = 3
_SHOWN_MAX: Final = 64
_CHOICES_MAX: Final = 200
_REASONS: Final[dict[str, Reason]] = {"missing": "missing-field", "extra_forbidden": "unknown-field"}


def complaint(model: type[Event], error: ValidationError) -> UnusableEvent:
    """The first mistake gives the reason; up to three are named. Values are never repeated."""
    mistakes = error.errors(include_url=False)
    named = [f"{_path(mistake)}: {_expected(model, mistake)}" for mistake in mistakes[:_NAMED_MAX]]
    if len(mistakes) > _NAMED_MAX:
        named.append(f"and {len(mistakes) - _NAMED_MAX} more")
    return UnusableEvent(_reason(mistakes[0]), "; ".join(named))


def unknown_type(said: object) -> UnusableEvent:
    """The type is not one of ours; the nearest one is offered."""
    if not isinstance(said, str):
        return UnusableEvent("wrong-value", "type: a string is expected")
    return UnusableEvent("unknown-type", f"type: {shown(said)} is not known{_nearest(said, list(MODELS))}")


def shown(text: str) -> str:
    """A stranger's word, short, printable and without card numbers. Masked before it is cut, so none is cut in half."""
    safe = masked(text.encode(errors="replace")).decode()
    return ascii(safe if len(safe) <= _SHOWN_MAX else safe[:_SHOWN_MAX] + "...")


def _reason(mistake: ErrorDetails) -> Reason:
    if isinstance(mistake["input"], float):
        return "bad-number"
    return _REASONS.get(mistake["type"], "wrong-value")


def _path(mistake: ErrorDetails) -> str:
    steps = [step if isinstance(step, int) else shown(step)[1:-1] for step in mistake["loc"]]
    return ".".join(map(str, steps)) or "event"


def _expected(model: type[Event], mistake: ErrorDetails) -> str:
    match mistake["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return f"is not a field of {model.model_fields['type'].default}{_nearest_field(model, mistake)}"
        case "literal_error" if len(mistake["msg"]) > _CHOICES_MAX:
            return "one of the values listed in the schema is expected"
        case _:
            return mistake["msg"].removeprefix("Value error, ")


def _nearest_field(model: type[Event], mistake: ErrorDetails) -> str:
    *_, name = mistake["loc"]
    if len(mistake["loc"]) == 1:
        fields = [field.validation_alias or known for known, field in model.model_fields.items()]
    else:
        payload = model.model_fields["data"].annotation
        fields = list(getattr(payload, "model_fields", ()))
    return _nearest(str(name), [field for field in fields if isinstance(field, str)])


def _nearest(word: str, known: list[str]) -> str:
    found = get_close_matches(word[:_SHOWN_MAX], known, n=1)
    return f"; did you mean {found[0]}?" if found else ""
