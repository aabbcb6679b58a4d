"""What must be refused, each with the reason that names what is wrong with it."""

from typing import Any

import orjson

from schemas.decode import SIZE_MAX, Reason
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
    "a header whose name was not UTF-8": (RAW, [("caf\ufffd", b"1")], "bad-headers"),
    "one in binary mode": (VALUE, [*HEADERS, ("ce_\ufffd", b"1")], "bad-headers"),
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
