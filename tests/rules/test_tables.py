"""Programs with examples whose figures were worked out by hand: each must come out, and could have failed."""

import re
from datetime import date
from pathlib import Path

import pytest

from rules.language.examples import failures
from rules.language.load import load

TABLES = sorted((Path(__file__).parent / "tables").glob("*.yaml"))
PROGRAMS = Path(__file__).parents[2] / "rules" / "programs"
SHIPPED = sorted([*PROGRAMS.glob("c*.yaml"), *PROGRAMS.glob("examples/*.yaml")])


@pytest.mark.parametrize("path", [*TABLES, *SHIPPED], ids=lambda path: path.stem)
def test_what_is_given_comes_to_what_is_expected(path: Path) -> None:
    assert [str(failure) for failure in failures(path.read_text(), path.name)] == []


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_figure_expected_is_looked_at(path: Path) -> None:
    lines = path.read_text().splitlines()
    expecting = [i for i, line in enumerate(lines) if "expect:" in line]
    assert expecting
    for i in expecting:
        wrong = [*lines[:i], re.sub(r"(\w+): (-?\d+)", lambda m: f"{m[1]}: {int(m[2]) + 1}", lines[i]), *lines[i + 1 :]]
        found = failures("\n".join(wrong))
        assert {f.line for f in found} == {i + 1}
        assert len(found) == len(re.findall(r": -?\d+", lines[i]))


@pytest.mark.parametrize(
    ("expires", "earned", "first_day_not_valid"),
    [
        ("{after_months: 24, at: month-end}", date(2026, 10, 5), date(2028, 11, 1)),
        ("{after_months: 1, at: month-end}", date(2026, 1, 31), date(2026, 3, 1)),
        ("{after_months: 1}", date(2026, 1, 31), date(2026, 2, 28)),
        ("{after_months: 1}", date(2028, 1, 31), date(2028, 2, 29)),
        ("{after_months: 12}", date(2028, 2, 29), date(2029, 2, 28)),
        ("{after_months: 3, at: quarter-end}", date(2026, 2, 28), date(2026, 7, 1)),
        ("{after_months: 0, at: quarter-end}", date(2026, 3, 31), date(2026, 4, 1)),
        ("{after_months: 0, at: year-end}", date(2026, 1, 1), date(2027, 1, 1)),
        ("{after_months: 12, at: year-end}", date(2026, 12, 31), date(2028, 1, 1)),
        ("{after_months: 1, at: quarter-end}", date(2026, 5, 31), date(2026, 7, 1)),
        ("{on: 2027-03-31}", date(2026, 12, 31), date(2027, 3, 31)),
        ("{on: 2027-03-31}", date(2027, 3, 30), date(2027, 3, 31)),
        ("{on: 2027-03-31}", date(2027, 3, 31), date(2028, 3, 31)),
        ("{on: 2028-02-29}", date(2028, 3, 1), date(2029, 2, 28)),
        ("{after_inactive_months: 12}", date(2026, 12, 31), None),
        ("never", date(2026, 12, 31), None),
    ],
)
def test_points_expire(expires: str, earned: date, first_day_not_valid: date | None) -> None:
    text = (TABLES[0].parent / "rates.yaml").read_text()
    program = load(text.replace("reward: {spendable: true}", f"reward: {{spendable: true, expires: {expires}}}"))
    assert program.point_types["reward"].expires(earned) == first_day_not_valid
