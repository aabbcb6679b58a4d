"""Bytes from Kafka to an event, or the reason why not. CloudEvents 1.0.2, structured and binary mode, JSON.

What is accepted holds no suspected card number anywhere in its bytes, so masking never alters an accepted event.
"""

import codecs
import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

import orjson
from pydantic import TypeAdapter, ValidationError

from schemas.complaint import complaint, shown, unknown_type
from schemas.events import MODELS, AnyEvent
from schemas.mask import masked, may_hold_card_number
from schemas.reasons import REASONS, Reason, UnusableEvent

__all__ = ["REASONS", "SIZE_MAX", "Decoded", "Reason", "UnusableEvent", "decode"]

SIZE_MAX: Final = 64 * 1024
"""Bytes of value and headers together."""
FINGERPRINT_SIZE: Final = 16
UNTOLD: Final = "\N{REPLACEMENT CHARACTER}"
"""Stands in a header's name for bytes that are not UTF-8."""

_ATTRIBUTE: Final = "ce_"
_STRUCTURED: Final = frozenset({"application/cloudevents+json", "application/json"})
_NOT_CONTENT: Final = ("datacontenttype", "traceparent", "tracestate", "dataschema")
"""What only carries an event or traces it."""
_NOT_HEADERS: Final = frozenset({"data", "datacontenttype"})

_VALIDATORS: Final = {name: TypeAdapter(model).validator.validate_python for name, model in MODELS.items()}

_Headers: TypeAlias = Sequence[tuple[str, bytes]]


class Decoded(NamedTuple):
    """An event and 16 bytes that are equal exactly when two events say the same, however they were written down."""

    event: AnyEvent
    fingerprint: bytes


def decode(value: bytes | None, headers: _Headers) -> Decoded:
    """The event in a Kafka record. Raises UnusableEvent, and nothing else, whatever the bytes are."""
    if value is None:
        raise UnusableEvent("null-value", "the record's value is null")
    if len(value) > SIZE_MAX:
        raise UnusableEvent("too-large", f"{len(value)} bytes, at most {SIZE_MAX} are taken")
    parsed = _parsed(value)
    attributes = _attributes(parsed, headers) if headers else _object(parsed)
    event = _validated(attributes)
    structured = attributes is parsed
    carrying = [attributes.pop(name) for name in _NOT_CONTENT if name in attributes]
    content = orjson.dumps(attributes, option=orjson.OPT_SORT_KEYS)
    _refuse_duplicate_keys(value, content if structured else orjson.dumps(parsed), carrying if structured else ())
    if may_hold_card_number(value):
        _refuse_card_numbers(value)
    if b":null" in content:
        content = _without_nulls(attributes)
    return Decoded(event, blake2b(content, digest_size=FINGERPRINT_SIZE).digest())


def _parsed(value: bytes) -> object:
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise _why_not_json(value, error) from None


def _object(parsed: object) -> dict[str, Any]:
    if not isinstance(parsed, dict):
        raise UnusableEvent("bad-json", "an object is expected")
    return parsed


def _validated(attributes: dict[str, Any]) -> AnyEvent:
    said = attributes.get("type")
    validate = _VALIDATORS.get(said) if isinstance(said, str) else None
    if validate is None:
        raise unknown_type(said) if said is not None else UnusableEvent("missing-field", "type: is required")
    if "specversion" not in attributes:
        raise UnusableEvent("missing-field", "specversion: is required")
    try:
        event: AnyEvent = validate(attributes, by_alias=True, by_name=False)
    except ValidationError as error:
        raise complaint(MODELS[attributes["type"]], error) from None
    return event


def _without_nulls(attributes: dict[str, Any]) -> bytes:
    """What was said, written as one that leaves out what it could say to be null."""
    said = {name: value for name, value in attributes.items() if value is not None}
    data = {name: value for name, value in said["data"].items() if value is not None}
    return orjson.dumps({**said, "data": data}, option=orjson.OPT_SORT_KEYS)


def _refuse_duplicate_keys(value: bytes, rewritten: bytes, taken_out: Sequence[str | None]) -> None:
    """A parser keeps one of two equal keys, so what it kept has fewer colons than the value had.

    `taken_out` are values of keys that were parsed and not written again. Only an escaped colon could make up for the
    difference: where anything is escaped, or the counts differ, all keys are seen.
    """
    kept = rewritten.count(b":") + len(taken_out)
    for text in taken_out:
        kept += text.count(":") if text else 0
    if b"\\" in value or value.count(b":") != kept:
        json.loads(value, object_pairs_hook=_object_without_duplicates)


def _object_without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnusableEvent("duplicate-key", f"{shown(twice)[1:-1]}: is given more than once")
    return found


def _refuse_card_numbers(value: bytes) -> None:
    if masked(value) != value:
        raise UnusableEvent("card-number", "a card is named by a token with a letter in it, never by its number")


def _attributes(parsed: object, headers: _Headers) -> dict[str, Any]:
    """The envelope with its data: from the value in structured mode, from headers and value in binary mode."""
    size = sum(len(name) + len(text or b"") for name, text in headers)
    if size > SIZE_MAX:
        raise UnusableEvent("too-large", f"{size} bytes of headers, at most {SIZE_MAX} are taken")
    if UNTOLD in "".join([name for name, _ in headers]):
        raise UnusableEvent("bad-headers", "the name of a header is not UTF-8")
    content_type = next((_text(name, text) for name, text in headers if name.lower() == "content-type"), None)
    if not any(name.startswith(_ATTRIBUTE) for name, _ in headers):
        _refuse_other_content(content_type, _STRUCTURED)
        return _object(parsed)
    _refuse_other_content(content_type, frozenset({"application/json"}))
    return {**_attributes_of_headers(headers), "data": parsed}


def _attributes_of_headers(headers: _Headers) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for header, text in headers:
        name = header.removeprefix(_ATTRIBUTE)
        if name == header:
            continue
        if name in attributes or name in _NOT_HEADERS:
            raise UnusableEvent("bad-headers", f"{shown(header)[1:-1]}: is given twice, or is no header of binary mode")
        attributes[name] = _text(header, text)
        if may_hold_card_number(text):
            _refuse_card_numbers(text)
    sequence = attributes.get("sequence", "")
    if sequence.isascii() and sequence.isdigit() and str(int(sequence[:20])) == sequence:
        attributes["sequence"] = int(sequence)
    return attributes


def _text(name: str, text: bytes) -> str:
    try:
        return (text or b"").decode()  # the driver hands over None for a header without a value
    except UnicodeDecodeError:
        raise UnusableEvent("bad-headers", f"{shown(name)[1:-1]}: is not UTF-8") from None


def _refuse_other_content(content_type: str | None, accepted: frozenset[str]) -> None:
    if content_type is None:
        return
    kind, _, parameters = content_type.lower().replace(" ", "").partition(";")
    if kind not in accepted or parameters not in {"", "charset=utf-8", 'charset="utf-8"'}:
        raise UnusableEvent("bad-content-type", f"{' or '.join(sorted(accepted))} in UTF-8 is expected")


def _why_not_json(value: bytes, error: orjson.JSONDecodeError) -> UnusableEvent:
    """Looks again, slowly, to tell the writer what is wrong. The parser's own message names only a position."""
    if value.startswith(codecs.BOM_UTF8):
        return UnusableEvent("bad-encoding", "begins with a byte order mark")
    try:
        json.loads(value.decode(), parse_constant=_no_number)
    except UnicodeDecodeError as bad:
        return UnusableEvent("bad-encoding", f"byte {bad.start} is not UTF-8")
    except RecursionError:
        return UnusableEvent("too-deep", "the value is nested too deeply")
    except UnusableEvent as found:
        return found
    except ValueError:  # not JSON, or more digits than Python reads: the parser's message tells which
        pass
    return UnusableEvent("bad-number" if "infinity" in error.msg else "bad-json", error.msg)


def _no_number(name: str) -> NoReturn:
    raise UnusableEvent("bad-number", f"{name} is not a number")
