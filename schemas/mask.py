"""Card numbers are made unreadable before bytes reach a dead letter, the journal or a log.

The rule. A *word* is a longest run of ASCII letters, digits, `.`, `_` and `-`. Words with a letter are ids and are left
alone. In what remains, a *run* is groups of digits with one space or hyphen between neighbours. One to six whole,
neighbouring groups of a run are a card number when their digits together begin with a known issuer's prefix, have a
length that issuer uses, and pass Luhn's check. Their first six and last four digits stay, the others become `*`;
everything else, and the length, stays as it is.

Thirteen-digit Visa numbers are no longer issued and would be taken for times and amounts, so they are not looked for.
"""

import re
from typing import Final, NamedTuple


class _Issuer(NamedTuple):
    """Numbers whose first `len(lowest)` digits lie from `lowest` to `highest`, and how many digits they have."""

    lowest: bytes
    highest: bytes
    lengths: frozenset[int]


_LONG: Final = frozenset({16, 17, 18, 19})
_ISSUERS: Final = (
    _Issuer(b"4", b"4", frozenset({16, 19})),  # Visa
    _Issuer(b"51", b"55", frozenset({16})),  # Mastercard
    _Issuer(b"2221", b"2720", frozenset({16})),  # Mastercard, 2-series
    _Issuer(b"34", b"34", frozenset({15})),  # American Express
    _Issuer(b"37", b"37", frozenset({15})),
    _Issuer(b"62", b"62", _LONG),  # UnionPay
    _Issuer(b"3528", b"3589", _LONG),  # JCB
    _Issuer(b"6011", b"6011", _LONG),  # Discover
    _Issuer(b"644", b"649", _LONG),
    _Issuer(b"65", b"65", _LONG),
    _Issuer(b"2200", b"2204", _LONG),  # Mir
)
_DIGITS_MIN: Final = 15
_DIGITS_MAX: Final = 19
_GROUPS_MAX: Final = 6
_KEPT_FIRST: Final = 6
_KEPT_LAST: Final = 4

_WORD: Final = re.compile(rb"[A-Za-z0-9._-]+")
_LETTER: Final = re.compile(rb"[A-Za-z]")
_RUN: Final = re.compile(rb"[0-9]+(?:[ -][0-9]+)*")
_GROUP: Final = re.compile(rb"[0-9]+")
_ZEROS: Final = re.compile(rb"0+")
_LEAST: Final = b"0" * _DIGITS_MIN
_DIGITS: Final = b"0123456789"
_LETTERS: Final = bytes(range(ord("A"), ord("Z") + 1)) + bytes(range(ord("a"), ord("z") + 1))
_KINDS: Final = bytes.maketrans(_DIGITS + _LETTERS, b"0" * len(_DIGITS) + b"A" * len(_LETTERS))
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def masked(text: bytes) -> bytes:
    """The text with every suspected card number made unreadable; most texts come back as they are."""
    if not may_hold_card_number(text):
        return text
    hidden = _WORD.sub(_without_ids, text)
    spans = [span for run in _RUN.finditer(hidden) for span in _card_numbers(hidden, run)]
    if not spans:
        return text
    masking = bytearray(text)
    for start, end in spans:
        masking[start:end] = _starred(text[start:end])
    return bytes(masking)


def may_hold_card_number(text: bytes) -> bool:
    """A quick look (under a microsecond for an event) that is never wrong when it says no.

    Digits become `0`, letters `A`, and what else words may hold goes: then an id is a run of zeros beside an `A`.
    """
    kinds = text.translate(_KINDS, b"._-")
    if b"0 0" in kinds:
        return _LEAST in kinds.replace(b" ", b"")
    start = kinds.find(_LEAST)
    while start >= 0:
        zeros = _ZEROS.match(kinds, start)
        end = zeros.end() if zeros else start
        if b"A" not in (kinds[start - 1 : start], kinds[end : end + 1]):
            return True
        start = kinds.find(_LEAST, end)
    return False


def _without_ids(word: re.Match[bytes]) -> bytes:
    found = word.group()
    return b"x" * len(found) if _LETTER.search(found) else found


def _card_numbers(text: bytes, run: re.Match[bytes]) -> list[tuple[int, int]]:
    """The spans of a run that are card numbers, from the left, longest first, none overlapping."""
    groups = [group.span() for group in _GROUP.finditer(text, run.start(), run.end())]
    spans: list[tuple[int, int]] = []
    first = 0
    while first < len(groups):
        taken = _groups_of_card_number(text, groups[first : first + _GROUPS_MAX])
        if taken:
            spans.append((groups[first][0], groups[first + taken - 1][1]))
        first += taken or 1
    return spans


def _groups_of_card_number(text: bytes, groups: list[tuple[int, int]]) -> int:
    """How many of the groups, from the first on, make a card number; 0 if none do."""
    for count in range(len(groups), 0, -1):
        digits = b"".join(text[start:end] for start, end in groups[:count])
        if _DIGITS_MIN <= len(digits) <= _DIGITS_MAX and _is_card_number(digits):
            return count
    return 0


def _is_card_number(digits: bytes) -> bool:
    issued = any(
        len(digits) in issuer.lengths and issuer.lowest <= digits[: len(issuer.lowest)] <= issuer.highest
        for issuer in _ISSUERS
    )
    return issued and _passes_luhn(digits)


def _passes_luhn(digits: bytes) -> bool:
    """ISO/IEC 7812-1, annex B."""
    numbers = [digit - ord("0") for digit in reversed(digits)]
    return (sum(numbers[::2]) + sum(_DOUBLED[number] for number in numbers[1::2])) % 10 == 0


def _starred(number: bytes) -> bytes:
    """First six and last four digits stay, and what stands between groups."""
    digits = [at for at, symbol in enumerate(number) if symbol not in b" -"]
    starred = bytearray(number)
    for at in digits[_KEPT_FIRST:-_KEPT_LAST]:
        starred[at] = ord("*")
    return bytes(starred)
