"""`make chaos` names no file: it runs whatever asks for the fixture `full`, and nothing else knows which form it is."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_whatever_asks_for_the_long_form_runs_in_it() -> None:
    """Of three files two have tests that ask for it."""
    files = ("rules/test_machine.py", "engine/channels/test_plans.py", "rules/test_depth.py")
    command = ["--numprocesses=0", "--full", "--collect-only", "--quiet", *(f"tests/{file}" for file in files)]
    told = subprocess.run(
        [sys.executable, "-m", "pytest", *command],
        cwd=ROOT,
        # What somebody adds to every run of theirs would change what is listed.
        env={name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert {line.partition("::")[0] for line in told.stdout.splitlines() if "::" in line} == {
        "tests/rules/test_machine.py",
        "tests/engine/channels/test_plans.py",
    }, told.stdout


def test_nothing_reads_the_option_itself() -> None:
    """What read it would be short in `make chaos`."""
    reads = re.compile(r"getoption\(|--full\W+in sys\.argv")
    assert reads.search('FULL = "--full" in sys.argv')
    found = [path for path in sorted((ROOT / "tests").rglob("*.py")) if reads.search(path.read_text(encoding="utf-8"))]
    assert {path.relative_to(ROOT).as_posix() for path in found} <= {"tests/conftest.py", "tests/test_long_forms.py"}


def test_the_long_form_of_all_tests_is_run() -> None:
    [chaos] = re.findall(r"^chaos: setup\n\t(.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert chaos.split() == ["$(BIN)/pytest", "--numprocesses=0", "-rP", "--show-capture=stdout", "--full"]
