"""What is made of bytes: events, or reasons. Nothing else, whatever the bytes are."""

import json
import re
from typing import Any, get_args

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from schemas.decode import REASONS, Decoded, Reason, UnusableEvent, decode
from schemas.events import MODELS
from schemas.mask import masked
from tests.schemas.poison import POISON, PURCHASE, RAW, VISA, Headers, binary, replaced
from tests.schemas.samples import SAMPLES


def refusal(value: bytes | None, headers: Headers | None = None) -> UnusableEvent:
    with pytest.raises(UnusableEvent) as refused:
        decode(value, headers or [])
    return refused.value


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
    names = [st.sampled_from(sorted(part))] if part else []  # an event that says nothing more has no data to change
    name = draw.draw(st.one_of(*names, st.text(max_size=8)))
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
