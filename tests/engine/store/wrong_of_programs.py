"""Wrong rows of programs on their way into force, each with the name of the constraint that refuses it."""

from typing import Final


def candidate(bank: str = "corner", text: str = "t") -> str:
    columns = "bank, program_hash, from_day, program, text, findings, uploaded_by"
    values = f"'{bank}', sha256('t'), '2026-01-01', 'p', '{text}', '[]', 'li-wei'"
    return f"insert into program_candidate ({columns}) values ({values})"


def backtest(through: str = "2026-01-31", number: str = "default") -> str:
    columns = "bank, program_hash, backtest_number, since, through, report"
    values = f"'corner', sha256('t'), {number}, '2026-01-01', '{through}', '{{}}'"
    return f"insert into program_backtest ({columns}) overriding system value values ({values})"


UNAPPROVED: Final = (
    "set local role points_app; set constraints all immediate; "
    "insert into points.program_version (bank, from_day, program, program_hash, semantics, text) "
    "values ('corner', '2030-01-01', 'p', sha256('t'), 1, 't')"
)
"""What the application does alone; the owner may."""
RIGHT_OF_PROGRAMS: Final = (candidate(), backtest())
"""A row of each table whose rows are for ever."""
WRONG_OF_PROGRAMS: Final[list[tuple[str, str]]] = [
    ("program_candidate_pk", candidate() + ";" + candidate()),
    ("program_candidate_of_a_bank", candidate(bank="nobody")),
    ("program_candidate_hash_is_of_the_text", candidate(text="other")),
    ("program_version_was_approved", UNAPPROVED),
    ("program_backtest_pk", candidate() + ";" + backtest(number="1") + ";" + backtest(number="1")),
    ("program_backtest_of_a_candidate", backtest()),
    ("program_backtest_of_closed_days", candidate() + ";" + backtest("2025-12-31")),
]
