"""No card number survives, and nothing else is touched."""

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mask import masked, may_hold_card_number
from tests.schemas.samples import SAMPLES

NUMBERS = {
    "Visa": ("4111111111111111", "411111******1111"),
    "Visa of 19": ("4000000000000000006", "400000*********0006"),
    "Mastercard": ("5555555555554444", "555555******4444"),
    "Mastercard 2-series": ("2223003122003222", "222300******3222"),
    "American Express": ("378282246310005", "378282*****0005"),
    "UnionPay of 16": ("6200000000000005", "620000******0005"),
    "UnionPay of 17": ("62000000000000000", "620000*******0000"),
    "UnionPay of 18": ("620000000000000005", "620000********0005"),
    "UnionPay of 19": ("6200000000000000000", "620000*********0000"),
    "JCB": ("3566002020360505", "356600******0505"),
    "Discover": ("6011111111111117", "601111******1117"),
    "Mir": ("2200000000000004", "220000******0004"),
}


def luhn_digit(digits: str) -> str:
    """The digit that, put at the end, makes the number pass; written apart from the code it checks."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return str(-total % 10)


@pytest.mark.parametrize(("number", "shown"), NUMBERS.values(), ids=NUMBERS.keys())
def test_the_first_six_and_last_four_digits_stay(number: str, shown: str) -> None:
    assert luhn_digit(number[:-1]) == number[-1], "the table itself is wrong"
    assert masked(number.encode()).decode() == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("4111 1111 1111 1111", "4111 11** **** 1111"),
        ("4111-1111-1111-1111", "4111-11**-****-1111"),
        ("3782 822463 10005", "3782 82**** *0005"),
        ("card 4111 1111 1111 1111, thanks", "card 4111 11** **** 1111, thanks"),
        ("2026 4111 1111 1111 1111 12", "2026 4111 11** **** 1111 12"),
        ('{"card":4111111111111111}', '{"card":411111******1111}'),
        ('{"pan":"4111111111111111"}', '{"pan":"411111******1111"}'),
        ("pan=4111111111111111;", "pan=411111******1111;"),
        ("4111111111111111 5555555555554444", "411111******1111 555555******4444"),
        ("卡号4111111111111111。", "卡号411111******1111。"),
        ("paid 4111111111111111.", "paid 411111******1111."),
    ],
)
def test_numbers_are_found_where_people_put_them(text: str, shown: str) -> None:
    assert masked(text.encode()).decode() == shown


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # fails Luhn
        "9111111111111111",  # nobody's prefix
        "411111111111111",  # Visa has no 15 digits
        "4111  1111 1111 1111",  # two blanks
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",  # more than six groups
        "evt-4111111111111111",
        "tok_4111111111111111",
        "4111111111111111a",
        "A4111-1111-1111-1111",
        "8f2e4111-1111-1111-1111-111111111111",
        "20261005093000123",
        "4222222222222",  # Visa's old thirteen digits
        "00004111111111111111",
        "",
    ],
)
def test_what_is_no_card_number_stays(text: str) -> None:
    assert masked(text.encode()).decode() == text


@pytest.mark.parametrize("kind", SAMPLES)
def test_no_sample_is_touched(kind: str) -> None:
    text = repr(SAMPLES[kind]).encode()
    assert masked(text) == text


PREFIXES = st.sampled_from(["4", "51", "55", "2221", "2720", "62", "3528", "3589", "6011", "644", "65", "2200", "2204"])


@given(PREFIXES, st.text("0123456789", min_size=15, max_size=15), st.sampled_from(["", " ", "-"]), st.data())
def test_no_card_number_survives_whatever_stands_around_it(
    prefix: str, digits: str, between: str, draw: st.DataObject
) -> None:
    number = (prefix + digits)[:15]
    number += luhn_digit(number)
    written = between.join(number[at : at + 4] for at in range(0, 16, 4))
    around = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="0123456789 -._"), max_size=9)
    before, after = (draw.draw(around.map(lambda text: re.sub(r"[A-Za-z]", "", text))) for _ in range(2))
    shown = masked(f"{before}{written}{after}".encode())
    assert number[6:12].encode() not in shown.replace(b" ", b"").replace(b"-", b"")
    assert shown.count(b"*") >= 6


@given(st.text('0123456789 -.Aa"', max_size=60).map(str.encode))
def test_the_quick_look_never_misses(text: bytes) -> None:
    assert may_hold_card_number(text) or masked(text) == text


@given(st.binary(max_size=80) | st.text("0123456789 -", max_size=60).map(str.encode))
def test_only_digits_are_replaced(text: bytes) -> None:
    shown = masked(text)
    assert len(shown) == len(text)
    assert all(new == old or (new == ord("*") and chr(old).isdigit()) for old, new in zip(text, shown, strict=True))


def calls(text: bytes) -> int:
    """How many functions, Python's own too, are called to mask a text."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        masked(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "unit", [b"4", b"4 ", b"4-", b"4111 ", b"41.", b"4a", b"411111111111111 ", b"4111111111111111-"]
)
def test_a_text_made_to_be_slow_costs_no_more_than_its_length(unit: bytes) -> None:
    """Twice the length, twice the calls; and a megabyte comes to an end, which it would not at the square of that."""
    text = unit * (10_000 // len(unit))
    assert calls(text * 2) <= 2.01 * calls(text)
    masked(unit * (1_000_000 // len(unit)))
