"""Days that a command is told: a wrong one is refused with its name and what is expected."""

import re

import pytest
from typer.testing import CliRunner

from engine.cli import app

EXPECTED = "a calendar date YYYY-MM-DD of the years 1900 to 2199 is expected"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("close-day", "corner", "2200-01-01"), f"'2200-01-01': {EXPECTED}"),
        (
            ("close-day", "corner", "2026-10-05", "--through", "2026-10-04"),
            "--through 2026-10-04 lies before 2026-10-05",
        ),
        (("liability", "corner", "--days", "2026-01-01", "9999-12-31"), f"'--days': '9999-12-31': {EXPECTED}"),
        (("settle", "--bank", "corner", "--day", "2026-02-30"), "'--day': '2026-02-30': day is out of range"),
        (("verify", "--since", "5.10.2026"), f"'--since': '5.10.2026': {EXPECTED}"),
    ],
)
def test_a_day_that_is_none_is_refused(words: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, said in re.sub(r"[\s│]+", " ", done.stderr)) == (2, True), done.stderr
