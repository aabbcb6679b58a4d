"""What a use is worth by a contract, who bears it, and how a file of contracts is read."""

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.settlement.agreed import ContractRefused
from engine.settlement.contract_file import read
from engine.settlement.contracts import Contracts, Standing, Term, worth
from engine.settlement.lines import First, Line, Step, line
from rules.language.load import load
from rules.language.problems import ProgramRefused
from rules.program import Programs
from tests.engine.settlement.conftest import CONTRACTS, PROGRAM, agree
from tests.engine.store.conftest import Desk

DAY = date(2026, 1, 1)


def term(pays: Any, rate: str, shares: tuple[int, ...] = (1,), without: int | None = None) -> Term:
    kind: Any = "points" if pays == "per-point" else "benefit"
    names = ("bank", "lube", "merchant")[: len(shares)]
    return Term(kind, "item", DAY, pays, Fraction(rate), without, names, shares)


@pytest.mark.parametrize(
    ("agreed", "standing", "value", "borne", "amount"),
    [
        # two units at 30.00, thirds of 60.00
        (term("per-unit", "3000", (2, 1)), Standing(2, 0), 6_000, {"bank": 4_000, "lube": 2_000}, 6_000),
        # 100.00 in thirds is 33.33 for two of them; the first bears what is left, 33.34
        (term("per-unit", "10000", (1, 1, 1)), Standing(1), 10_000,
         {"bank": 3_334, "lube": 3_333, "merchant": 3_333}, 6_667),
        # 80 % of 0.01 is 0.008, rounded half-up to 0.01; of 0.005 it would be 0.004
        (term("share-of-price", "4/5", (1,), 0), Standing(1, 0, 1), 1, {"bank": 1}, 1),
        # half of 0.01 is rounded up, half of nothing is nothing
        (term("share-of-price", "1/2", (1,), 7), Standing(1, 0, 1), 1, {"bank": 1}, 1),
        (term("share-of-price", "1/2", (1,), 7), Standing(1, 0, 0), 0, {"bank": 0}, 0),
        (term("share-of-price", "1/2", (1,), 7), Standing(3), 21, {"bank": 21}, 21),
        # 1,000 points at 1.00 per 300 are 3.333
        (term("per-point", "1/3", (3, 1)), Standing(0, 1_000), 333, {"bank": 250, "lube": 83}, 333),
        (term("per-unit", "3000"), Standing(), 0, {"bank": 0}, 0),
    ],
)  # fmt: skip
def test_what_a_use_is_worth(agreed: Term, standing: Standing, value: int, borne: dict[str, int], amount: int) -> None:
    found = worth([agreed], standing)
    assert (found.value_minor, dict(found.funded), found.amount_minor) == (value, borne, amount)


def step(before: Standing, after: Standing, version: int) -> Step:
    at = datetime(2026, 1, 15, tzinfo=UTC)
    return Step(UUID(int=1), version, "r", None, "item", before, after, None, DAY, at, version, None)


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=12),
    st.fractions(0, 10, max_denominator=700),
    st.lists(st.integers(1, 1_000), min_size=1, max_size=3),
    st.integers(0, 12),
)
def test_the_lines_of_a_redemption_come_to_what_it_is_worth(
    kept: list[int], rate: Fraction, shares: list[int], changed_at: int
) -> None:
    """However often points are captured and given back, in whatever files, and though the contract changes between."""
    first_terms, later = term("per-point", str(rate), tuple(shares)), term("per-point", "99", (1,))
    first: First | None = None
    lines: list[Line] = []
    before = 0
    for at, after in enumerate(kept):
        contracts = Contracts([first_terms] if at < changed_at or not lines else [later])
        moved = step(Standing(0, before), Standing(0, after), at + 1)
        before = after
        if not moved.moves:
            continue
        one = line(moved, first, contracts, (at, 1))
        assert isinstance(one, Line)
        first = first or First((one.number, one.line), one.terms)
        lines.append(one)
    exact = rate * kept[-1]
    value = sum(one.value_minor for one in lines)
    assert abs(value - exact) <= Fraction(1, 2)
    assert sum(part for one in lines for part in one.funded.values()) == value
    whole = sum(shares)
    for name, share in list(zip(("bank", "lube", "merchant"), shares, strict=False))[1:]:
        assert sum(one.funded.get(name, 0) for one in lines) == value * share // whole


def test_a_contract_is_read_as_it_is_written() -> None:
    film = read(CONTRACTS, "c.yaml", {"corner": Programs([load(PROGRAM)])})[2]
    assert (film.merchant, film.currency, film.line) == ("cinema", "CNY", 9)
    assert film.term == Term(
        "benefit", "film", DAY, "share-of-price", Fraction(4, 5), 2_500, ("bank", "merchant"), (1, 1)
    )


ROW = "{from: 2026-01-01, benefit: wash, pays: 30.00 per unit, funded_by: {bank: 100%}}"


@pytest.mark.parametrize(
    ("was", "written", "said"),
    [
        ("bank: 100%", "bank: 70%, lube: 20%", "5:63: merchants.shop-1.0.funded_by: shares come to 90%, expected 100%"),
        ("bank: 100%", "bank: 130%", "expected a share such as 70% or 1/3, not '130%'"),
        ("bank: 100%", "bank: 1/0", "expected a share such as 70% or 1/3, not '1/0'"),
        ("wash", "wosh", "merchants.shop-1.0.benefit: no benefit is called 'wosh'; did you mean 'wash'?"),
        ("benefit: wash", "points: reward", "points are paid '1.00 per 100 points'"),
        ("benefit: wash, ", "", "exactly one of the words benefit and points says what is paid for"),
        ("30.00 per unit", "80% of price", "without_price goes with a share of the price"),
        (
            "30.00 per unit",
            "thirty",
            "expected '30.00 per unit', '80% of price' or '1.00 per 100 points', not 'thirty'",
        ),
        ("30.00 per unit", "120% of price", "not '120% of price'"),
        ("30.00 per unit", "30.005 per unit", "expected an amount of CNY, of at most 2 decimals"),
        ("pays", "pay", "no word here is called 'pay'; did you mean 'pays'?"),
        ("2026-01-01", "tomorrow", "expected a day such as 2026-10-01, not 'tomorrow'"),
        ("CNY", "USD", "2:1: currency: corner settles in its program's currency: write CNY"),
        ("bank: corner", "bank: corners", "1:1: bank: no bank is called 'corners'; did you mean 'corner'?"),
        (ROW, f"{ROW}\n    - {ROW}", "6:7: merchants.shop-1.1: wash has two rows from 2026-01-01: keep one of the two"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_remedy(was: str, written: str, said: str) -> None:
    right = f"bank: corner\ncurrency: CNY\nmerchants:\n  shop-1:\n    - {ROW}\n"
    programs = {"corner": Programs([load(PROGRAM)])}
    read(right, "c.yaml", programs)
    with pytest.raises(ProgramRefused) as refused:
        read(right.replace(was, written), "c.yaml", programs)
    assert said in str(refused.value)


async def test_a_contract_is_added_once_and_never_changed(desk: Desk) -> None:
    assert [await agree(desk), await agree(desk)] == [4, 0]
    with pytest.raises(ContractRefused) as refused:
        await agree(desk, CONTRACTS.replace("30.00 per unit", "31.00 per unit").replace("80% of", "70% of"))
    assert "contracts.yaml:6: shop-1 has another row for wash from 2026-01-01; a contract never changes" in str(
        refused.value
    )
    assert await desk.value("select count(*) from contract") == 4
