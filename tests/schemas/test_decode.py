"""What is made of bytes: events, or reasons. Nothing else, whatever the bytes are."""

import json
import re
from typing import Any, get_args

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from schemas.decode import REASONS, SIZE_MAX, Decoded, Reason, UnusableEvent, decode
from schemas.events import MODELS
from schemas.mask import masked
from tests.schemas.samples import SAMPLES

PURCHASE = SAMPLES["card.purchased.v1"]
RAW = orjson.dumps(PURCHASE)
VISA = "4111111111111111"
JSON_TYPE = ("content-type", b"application/json")

Headers = list[tuple[str, bytes]]


def replaced(old: str, new: str) -> bytes:
    """The purchase with a part of its text replaced, which must be there."""
    assert old.encode() in RAW
    return RAW.replace(old.encode(), new.encode())


def binary(event: dict[str, Any]) -> tuple[bytes, Headers]:
    """The same event as value and headers of binary mode."""
    headers = [(f"ce_{name}", str(value).encode()) for name, value in event.items() if name != "data"]
    return orjson.dumps(event["data"]), [*headers, JSON_TYPE]


def refusal(value: bytes | None, headers: Headers | None = None) -> UnusableEvent:
    with pytest.raises(UnusableEvent) as refused:
        decode(value, headers or [])
    return refused.value


VALUE, HEADERS = binary(PURCHASE)

POISON: dict[str, tuple[bytes | None, Headers, Reason]] = {
    "no value": (None, [], "null-value"),
    "no value in binary mode": (None, HEADERS, "null-value"),
    "nothing": (b"", [], "bad-json"),
    "not JSON": (b"<event/>", [], "bad-json"),
    "cut short": (RAW[:-20], [], "bad-json"),
    "two documents": (RAW + RAW, [], "bad-json"),
    "a list": (b"[" + RAW + b"]", [], "bad-json"),
    "a string": (b'"card.purchased.v1"', [], "bad-json"),
    "JSON null": (b"null", [], "bad-json"),
    "a control character in a string": (replaced("mer-881", "mer-\x01881"), [], "bad-json"),
    "half a surrogate pair": (replaced("mer-881", "mer-\\ud800"), [], "bad-json"),
    "bad UTF-8": (RAW.replace(b"mer-881", b"mer-\xff"), [], "bad-encoding"),
    "overlong UTF-8": (RAW.replace(b"mer-881", b"mer-\xc0\xaf"), [], "bad-encoding"),
    "UTF-16": (RAW.decode().encode("utf-16"), [], "bad-encoding"),
    "a byte order mark": (b"\xef\xbb\xbf" + RAW, [], "bad-encoding"),
    "arrays 10,000 deep": (b"[" * 10_000 + b"]" * 10_000, [], "too-deep"),
    "objects 8,000 deep": (b'{"a":' * 8_000 + b"1" + b"}" * 8_000, [], "too-deep"),
    "900 deep, where a string belongs": (replaced('"mer-881"', "[" * 900 + "]" * 900), [], "wrong-value"),
    "NaN": (replaced("12345", "NaN"), [], "bad-number"),
    "Infinity": (replaced("12345", "Infinity"), [], "bad-number"),
    "minus Infinity": (replaced("12345", "-Infinity"), [], "bad-number"),
    "1e400": (replaced("12345", "1e400"), [], "bad-number"),
    "an exponent": (replaced("12345", "1e3"), [], "bad-number"),
    "a fraction": (replaced("12345", "123.45"), [], "bad-number"),
    "a fraction of zero": (replaced("12345", "12345.0"), [], "bad-number"),
    "beyond 64 bits": (replaced("12345", "1" * 30), [], "bad-number"),
    "5,000 digits": (replaced("12345", "1" * 5_000), [], "bad-number"),
    "a leading zero": (replaced("12345", "012345"), [], "bad-json"),
    "beyond the greatest amount": (replaced("12345", "100000000000001"), [], "wrong-value"),
    "a negative amount": (replaced("12345", "-1"), [], "wrong-value"),
    "an amount as text": (replaced("12345", '"12345"'), [], "wrong-value"),
    "an amount as truth": (replaced("12345", "true"), [], "wrong-value"),
    "a key twice": (replaced('"id":', '"id":"evil-1","id":'), [], "duplicate-key"),
    "a key twice, equal": (replaced('"specversion":', '"specversion":"1.0","specversion":'), [], "duplicate-key"),
    "a key of data twice": (replaced('"amount_minor":', '"amount_minor":1,"amount_minor":'), [], "duplicate-key"),
    "data twice": (RAW[:-1] + b"," + RAW[RAW.index(b'"data"') :], [], "duplicate-key"),
    "a key twice, once escaped": (replaced('"card":', '"c\\u0061rd":"tok-1","card":'), [], "duplicate-key"),
    "a key twice, its colon made up for": (
        RAW.replace(b'"card":', b'"card":"tok-1","card":').replace(b"+08:00", b"+08\\u003a00"),
        [],
        "duplicate-key",
    ),
    "no specversion": (replaced('"specversion":"1.0",', ""), [], "missing-field"),
    "no type": (replaced('"type":"card.purchased.v1",', ""), [], "missing-field"),
    "no id": (RAW.replace(b'"id"', b'"ID"'), [], "missing-field"),
    "no data": (RAW[: RAW.index(b',"data"')] + b"}", [], "missing-field"),
    "data is null": (RAW[: RAW.index(b'"data"')] + b'"data":null}', [], "wrong-value"),
    "a field too many": (replaced('"card":', '"name":"Wang","card":'), [], "unknown-field"),
    "an attribute too many": (replaced('"id":', '"extra":1,"id":'), [], "unknown-field"),
    "Python's names for attributes": (replaced('"time"', '"occurred_at"'), [], "missing-field"),
    "data in base64": (replaced('"id":', '"data_base64":"e30=","id":'), [], "unknown-field"),
    "another specversion": (replaced('"1.0"', '"0.3"'), [], "wrong-value"),
    "an unknown type": (replaced("purchased", "bought"), [], "unknown-type"),
    "a future version": (replaced("purchased.v1", "purchased.v2"), [], "unknown-type"),
    "a type that is no string": (replaced('"card.purchased.v1"', "[]"), [], "wrong-value"),
    "a time without offset": (replaced("+08:00", ""), [], "wrong-value"),
    "a time that is none": (replaced("T09:30", "T25:30"), [], "wrong-value"),
    "a day that is none": (replaced('"businessdate":"2026-10-05"', '"businessdate":"2026-02-29"'), [], "wrong-value"),
    "a week's date": (replaced('"businessdate":"2026-10-05"', '"businessdate":"2026-W41-1"'), [], "wrong-value"),
    "a time in seconds": (replaced('"2026-10-05T09:30:00+08:00"', "1791164"), [], "wrong-value"),
    "year 1": (replaced("2026-10-05T", "0001-01-01T"), [], "wrong-value"),
    "year 9999": (replaced("2026-10-05T", "9999-12-31T"), [], "wrong-value"),
    "an unknown currency": (replaced("CNY", "XXX"), [], "wrong-value"),
    "a currency in small letters": (replaced("CNY", "cny"), [], "wrong-value"),
    "an id of digits alone": (replaced("card-20261005-000001", "20261005000001"), [], "wrong-value"),
    "an id with a blank": (replaced("card-20261005-000001", "card 1"), [], "wrong-value"),
    "an id of 129 symbols": (replaced("card-20261005-000001", "a" * 129), [], "wrong-value"),
    "an empty id": (replaced("card-20261005-000001", ""), [], "wrong-value"),
    "a NUL in an id": (replaced("tok-8f21", "tok\\u0000"), [], "wrong-value"),
    "a member's id in Chinese": (replaced("m-00001234", "王小明"), [], "wrong-value"),
    "a phone number as the member": (replaced("m-00001234", "13800138000"), [], "wrong-value"),
    "a card number as the card": (replaced("tok-8f21", VISA), [], "wrong-value"),
    "a card number in an id": (replaced("card-20261005-000001", f"card#{VISA}"), [], "card-number"),
    "a card number in a tracestate": (replaced('"id":', f'"tracestate":"{VISA}","id":'), [], "card-number"),
    "65 KiB": (replaced("mer-881", "m" * SIZE_MAX), [], "too-large"),
    "65 KiB of blanks": (RAW + b" " * SIZE_MAX, [], "too-large"),
    "65 KiB of headers": (RAW, [("note", b"x" * SIZE_MAX)], "too-large"),
    "another content type": (RAW, [("content-type", b"application/avro")], "bad-content-type"),
    "a batch": (b"[" + RAW + b"]", [("content-type", b"application/cloudevents-batch+json")], "bad-content-type"),
    "another character set": (RAW, [("content-type", b"application/json; charset=gbk")], "bad-content-type"),
    "a content type that is no text": (RAW, [("content-type", b"\xff")], "bad-headers"),
    "binary mode of another type": (VALUE, [*HEADERS[:-1], ("content-type", b"text/plain")], "bad-content-type"),
    "binary mode without ce_id": (VALUE, [pair for pair in HEADERS if pair[0] != "ce_id"], "missing-field"),
    "binary mode without ce_specversion": (VALUE, [pair for pair in HEADERS if "spec" not in pair[0]], "missing-field"),
    "binary mode without ce_type": (VALUE, [pair for pair in HEADERS if pair[0] != "ce_type"], "missing-field"),
    "binary mode with ce_id twice": (VALUE, [*HEADERS, ("ce_id", b"card-2")], "bad-headers"),
    "binary mode with data in a header": (VALUE, [*HEADERS, ("ce_data", b"{}")], "bad-headers"),
    "binary mode, a header not UTF-8": (VALUE, [*HEADERS, ("ce_traceparent", b"\xff")], "bad-headers"),
    "binary mode, a header too many": (VALUE, [*HEADERS, ("ce_extra", b"1")], "unknown-field"),
    "binary mode, a sequence with a zero before": (VALUE, [*HEADERS, ("ce_sequence", b"07")], "wrong-value"),
    "binary mode, a sequence of 9,000 digits": (VALUE, [*HEADERS, ("ce_sequence", b"7" * 9_000)], "wrong-value"),
    "binary mode, a sequence of Thai digits": (VALUE, [*HEADERS, ("ce_sequence", "๗".encode())], "wrong-value"),
    "binary mode, a card number in the id": (
        VALUE,
        [*(pair for pair in HEADERS if pair[0] != "ce_id"), ("ce_id", f"a#{VISA}".encode())],
        "card-number",
    ),
    "binary mode, data a list": (b"[]", HEADERS, "wrong-value"),
    "binary mode, data null": (b"null", HEADERS, "wrong-value"),
    "binary mode, the whole event again": (RAW, HEADERS, "missing-field"),
    "binary mode, a key twice": (VALUE.replace(b'"card":', b'"card":"tok-1","card":'), HEADERS, "duplicate-key"),
}


@pytest.mark.parametrize(("value", "headers", "reason"), POISON.values(), ids=POISON.keys())
def test_poison_is_refused_with_its_reason(value: bytes | None, headers: Headers, reason: Reason) -> None:
    refused = refusal(value, headers)
    assert refused.reason == reason, refused.detail
    assert refused.detail
    assert VISA not in str(refused)


def test_every_reason_has_a_sentence() -> None:
    assert set(get_args(Reason)) == set(REASONS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", reason) and text.endswith(".") for reason, text in REASONS.items())


@pytest.mark.parametrize("kind", MODELS)
def test_an_event_says_the_same_in_both_modes(kind: str) -> None:
    event = SAMPLES[kind]
    structured = decode(orjson.dumps(event), ())
    assert type(structured.event) is MODELS[kind]
    assert decode(*binary(event)) == structured
    assert decode(orjson.dumps(event), [("content-type", b"application/cloudevents+json; charset=UTF-8")]) == structured


@pytest.mark.parametrize("kind", MODELS)
def test_an_event_written_by_us_is_read_as_it_was(kind: str) -> None:
    event = decode(orjson.dumps(SAMPLES[kind]), ()).event
    assert decode(event.model_dump_json(exclude_none=True).encode(), ()).event == event


@given(st.sampled_from(sorted(SAMPLES)), st.randoms(use_true_random=False), st.sampled_from([None, 0, 1, 4]))
def test_neither_blanks_nor_the_order_of_keys_alter_the_fingerprint(kind: str, random: Any, indent: int | None) -> None:
    event = SAMPLES[kind]
    said = {name: event[name] for name in random.sample(sorted(event), len(event))}
    said["data"] = {name: said["data"][name] for name in random.sample(sorted(said["data"]), len(said["data"]))}
    assert decode(json.dumps(said, indent=indent).encode(), ()) == decode(orjson.dumps(event), ())


def test_escapes_do_not_alter_the_fingerprint() -> None:
    assert decode(replaced("mer-881", "\\u006der-881"), ()) == decode(RAW, ())


@pytest.mark.parametrize(
    "addition",
    [
        {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
        {"tracestate": "vendor=1"},
        {"datacontenttype": "application/json"},
        {"dataschema": "urn:points-engine:schema:card.purchased.v1"},
        {"sequence": None},
    ],
)
def test_what_only_carries_an_event_is_not_part_of_its_fingerprint(addition: dict[str, Any]) -> None:
    assert decode(orjson.dumps({**PURCHASE, **addition}), ()).fingerprint == decode(RAW, ()).fingerprint


def test_a_null_in_data_says_the_same_as_absence() -> None:
    refund = SAMPLES["transaction.reversed.v1"]
    whole = {name: value for name, value in refund["data"].items() if name not in {"amount_minor", "currency"}}
    nulls = {**whole, "amount_minor": None, "currency": None}
    said, absent = (orjson.dumps({**refund, "data": payload}) for payload in (nulls, whole))
    assert decode(said, ()) == decode(absent, ())


@pytest.mark.parametrize("name", sorted(PURCHASE.keys() - {"type", "specversion", "data"}))
def test_another_attribute_is_another_fingerprint(name: str) -> None:
    other = {"time": "2026-10-05T09:30:01+08:00", "businessdate": "2026-10-06"}.get(name, "other-1")
    assert decode(orjson.dumps({**PURCHASE, name: other}), ()).fingerprint != decode(RAW, ()).fingerprint


def test_another_amount_is_another_fingerprint() -> None:
    assert decode(replaced("12345", "12346"), ()).fingerprint != decode(RAW, ()).fingerprint


def test_a_nanosecond_clock_is_cut_to_microseconds() -> None:
    event = decode(replaced("09:30:00+08:00", "01:30:00.123456789Z"), ()).event
    assert event.occurred_at.isoformat() == "2026-10-05T01:30:00.123456+00:00"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (replaced("purchased", "purchsed"), "did you mean card.purchased.v1?"),
        (
            replaced('"mcc"', '"mmc"'),
            "data.mcc: is required; data.mmc: is not a field of card.purchased.v1; did you mean mcc?",
        ),
        (replaced('"time"', '"tine"'), "did you mean time?"),
        (replaced('"pos"', '"shop"'), "data.channel: Input should be 'pos', 'online', 'atm', 'transit' or 'phone'"),
        (replaced("12345", "-5"), "data.amount_minor: Input should be greater than or equal to 0"),
        (replaced("CNY", "YUAN"), "data.currency: one of the values listed"),
    ],
)
def test_a_refusal_names_the_field_and_what_was_expected(value: bytes, said: str) -> None:
    assert said in refusal(value).detail


@pytest.mark.parametrize(
    "value",
    [
        replaced("card.purchased.v1", f"card {VISA}"),
        replaced("card.purchased.v1", VISA),
        replaced('"card":', f'"{VISA}":1,"card":'),
        replaced('"card":', '"4111 1111 1111 1111":1,"4111 1111 1111 1111":2,"card":'),
        replaced("tok-8f21", VISA),
        replaced('"id":', f'"{VISA}":1,"id":'),
        replaced("CNY", VISA),
        replaced('"pos"', VISA),
    ],
)
def test_a_refusal_never_repeats_a_card_number(value: bytes) -> None:
    assert not re.search(r"4111[ -]?1111[ -]?1111", refusal(value).detail)


def test_a_refusal_does_not_repeat_what_is_long() -> None:
    assert len(refusal(replaced("card.purchased.v1", "x" * 50_000)).detail) < 200
    assert len(refusal(replaced('"card":', f'"{"x" * 50_000}":1,"card":')).detail) < 300


def test_an_unusable_event_survives_pickling_whole() -> None:
    kind, arguments = UnusableEvent("bad-json", "here").__reduce__()
    assert str(kind(*arguments)) == "bad-json: here"


JSON_ISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from([VISA, "1.0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
HEADER_PAIRS = st.lists(
    st.tuples(
        st.sampled_from(["ce_id", "ce_type", "ce_time", "ce_sequence", "content-type", "ce_", "ce_data", "x"])
        | st.text(),
        st.binary(max_size=30) | st.sampled_from([b"1.0", b"card.purchased.v1", b"application/json"]),
    ),
    max_size=8,
)


def outcome(value: bytes, headers: Headers) -> Decoded | UnusableEvent:
    try:
        return decode(value, headers)
    except UnusableEvent as refused:
        return refused


@settings(max_examples=600)
@given(st.binary(max_size=200) | JSON_ISH.map(lambda found: json.dumps(found).encode()), HEADER_PAIRS)
@example(b"1", [("ce_type", b"card.purchased.v1"), ("ce_specversion", b"1.0")])
def test_whatever_the_bytes_are_there_is_an_event_or_a_reason(value: bytes, headers: Headers) -> None:
    assert isinstance(outcome(value, headers), Decoded | UnusableEvent)


@settings(max_examples=1_500, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_a_mutated_event_is_an_event_or_has_a_reason_and_masking_leaves_accepted_events_alone(
    kind: str, draw: st.DataObject
) -> None:
    event = {**SAMPLES[kind], "data": dict(SAMPLES[kind]["data"])}
    part = draw.draw(st.sampled_from([event, event["data"]]))
    name = draw.draw(st.sampled_from(sorted(part)) | st.text(max_size=8))
    part[name] = draw.draw(JSON_ISH)
    value = json.dumps(event).encode()
    if isinstance(outcome(value, []), Decoded):
        assert masked(value) == value


@settings(max_examples=1_000)
@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 2_000), st.binary(max_size=4), st.integers(0, 4))
def test_damaged_bytes_are_an_event_or_have_a_reason(kind: str, at: int, insertion: bytes, removed: int) -> None:
    value = orjson.dumps(SAMPLES[kind])
    at %= len(value)
    assert isinstance(outcome(value[:at] + insertion + value[at + removed :], []), Decoded | UnusableEvent)


IDS = st.from_regex(r"[!-~]{0,60}[A-Za-z][!-~]{0,60}", fullmatch=True)


@given(IDS, st.integers(0, 10**14), st.text("0123456789- A.", min_size=1, max_size=40))
def test_an_accepted_event_is_never_altered_by_masking(event_id: str, amount_minor: int, tracing: str) -> None:
    payload = {**PURCHASE["data"], "amount_minor": amount_minor}
    value = orjson.dumps({**PURCHASE, "id": event_id, "tracestate": tracing, "data": payload})
    found = outcome(value, [])
    assert (masked(value) == value) == isinstance(found, Decoded)
