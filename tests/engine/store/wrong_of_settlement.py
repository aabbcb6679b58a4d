"""Wrong rows of settlement, each with the name of the constraint that refuses it."""

from typing import Final

_CHECKED: Final = "; set constraints all immediate"
"""Lines come before their file, so what they refer to is looked for at the end of the transaction, or here."""


def contract(**wrong: str) -> str:
    row = {
        "bank": "'corner'", "merchant": "'s'", "kind": "'benefit'", "item": "'wash'", "from_day": "'2026-01-01'",
        "currency": "'CNY'", "pays": "'per-unit'", "rate_numerator": "3000", "rate_denominator": "1",
        "without_price_minor": "null", "funders": "'{bank,brand}'", "shares": "'{1,2}'",
    } | wrong  # fmt: skip
    return f"insert into contract ({', '.join(row)}) values ({', '.join(row.values())})"


def share(**wrong: str) -> str:
    """A contract that pays four fifths of the price."""
    share_of_price = {"pays": "'share-of-price'", "rate_numerator": "4", "rate_denominator": "5"}
    return contract(**share_of_price | {"without_price_minor": "2500"} | wrong)


def file(**wrong: str) -> str:
    """The merchant's first file, of the journal's numbers 1 to 9."""
    row = {
        "bank": "'corner'", "merchant": "'s'", "number": "1", "business_date": "'2026-01-01'", "currency": "'CNY'",
        "after_seq": "0", "through_seq": "9", "captures": "1", "returns": "0", "value_minor": "3000",
        "amount_minor": "3000", "digest": "sha256('a')",
    } | wrong  # fmt: skip
    return f"insert into settlement_file ({', '.join(row)}) values ({', '.join(row.values())})"


def second(**wrong: str) -> str:
    """The file after it, of the next day and the numbers 10 to 12."""
    follows = {"number": "2", "business_date": "'2026-01-02'", "after_seq": "9", "through_seq": "12"}
    return file(**follows | wrong)


def line(**wrong: str) -> str:
    """A wash, captured."""
    row = {
        "bank": "'corner'", "merchant": "'s'", "number": "1", "line": "1", "step": "'capture'",
        "redemption_id": "'00000000-0000-0000-0000-000000000001'", "member_version": "2", "merchant_ref": "'r'",
        "benefit_id": "'wash'", "units": "1", "points": "0", "value_minor": "3000", "amount_minor": "3000",
        "terms": "''", "funded": "''", "used_on": "'2026-01-01'", "occurred_at": "'2026-01-01'", "journal_seq": "9",
    } | wrong  # fmt: skip
    return f"insert into settlement_line ({', '.join(row)}) values ({', '.join(row.values())})"


def returned(**wrong: str) -> str:
    """The wash is given back: the second line corrects the first."""
    back = {"line": "2", "step": "'return'", "member_version": "3", "units": "-1"}
    return line(**back | {"corrects_number": "1", "corrects_line": "1"} | wrong)


RIGHT_OF_SETTLEMENT: Final = (
    contract(),
    share(from_day="'2026-02-01'"),
    contract(kind="'points'", pays="'per-point'", rate_denominator="100"),
    f"{line()}; {returned()}; {file()}; {second()}",
)
"""A row of each kind; all are for ever."""

WRONG_OF_SETTLEMENT: Final[list[tuple[str, str]]] = [
    ("contract_pk", contract() + ";" + contract()),
    ("contract_of_a_bank", contract(bank="'nobody'")),
    ("contract_pays_for_its_kind", contract(kind="'gift'")),
    ("contract_pays_for_its_kind", contract(pays="'per-month'")),
    ("contract_pays_for_its_kind", contract(pays="'per-point'")),
    ("contract_pays_for_its_kind", contract(kind="'points'")),
    ("contract_rate_not_negative", contract(rate_numerator="-1")),
    ("contract_rate_not_negative", contract(rate_denominator="0")),
    ("contract_share_is_of_the_price", share(rate_numerator="6")),
    ("contract_pays_without_a_price", share(without_price_minor="null")),
    ("contract_pays_without_a_price", share(without_price_minor="-1")),
    ("contract_pays_without_a_price", contract(without_price_minor="2500")),
    ("contract_is_funded", contract(funders="'{}'", shares="'{}'")),
    ("contract_is_funded", contract(shares="'{1}'")),
    ("contract_is_funded", contract(shares="'{1,0}'")),
    ("settlement_file_pk", file() + ";" + file(business_date="'2026-01-02'")),
    ("settlement_file_day_once", file() + ";" + second(business_date="'2026-01-01'")),
    ("settlement_file_of_a_bank", file(bank="'nobody'")),
    ("settlement_file_follows", second()),
    ("settlement_file_follows", file() + ";" + second(number="3")),
    ("settlement_file_follows", file() + ";" + second(after_seq="8")),
    ("settlement_file_number_positive", file(number="0")),
    ("settlement_file_begins_at_nothing", file(after_seq="1")),
    ("settlement_file_goes_on", file() + ";" + second(through_seq="8")),
    ("settlement_file_counts_not_negative", file(captures="-1")),
    ("settlement_file_counts_not_negative", file(returns="-1")),
    ("settlement_file_digest_is_sha256", file(digest=r"'\x00'")),
    ("settlement_line_pk", file() + ";" + line() + ";" + line(member_version="3")),
    ("settlement_line_settled_once", file() + ";" + line() + ";" + line(line="2")),
    ("settlement_line_of_a_file", line() + _CHECKED),
    ("settlement_line_corrects_another", file() + ";" + line() + ";" + returned(corrects_line="7") + _CHECKED),
    ("settlement_line_number_positive", line(line="0")),
    ("settlement_line_return_corrects", line(corrects_number="1", corrects_line="7")),
    ("settlement_line_return_corrects", line(corrects_number="1")),
    ("settlement_line_return_corrects", returned(corrects_number="null")),
    ("settlement_line_return_corrects", returned(corrects_number="null", corrects_line="null")),
    ("settlement_line_moves_one_way", line(step="'gift'")),
    ("settlement_line_moves_one_way", line(units="-1")),
    ("settlement_line_moves_one_way", line(points="-1")),
    ("settlement_line_moves_one_way", returned(units="1")),
    ("settlement_line_moves_one_way", returned(points="1")),
]
