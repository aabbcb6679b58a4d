"""The house stands as docs/house.md draws it: three rooms, imports upward only, nothing from outside in two of them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINT = Path(sys.executable).parent / "lint-imports"
FOLDERS = {"deploy", "docs", "engine", "requirements", "rules", "schemas", "tests"}
FILES = {"LICENSE", "Makefile", "README.md", "pyproject.toml"}
MADE = {"dist", "run"}


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(LINT), "--no-cache", "--config", str(folder / "pyproject.toml")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONPATH": "."})


def test_imports_keep_to_the_contracts() -> None:
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("schemas", "import rules"),
        ("rules", "import engine.settings"),
        ("rules", "import asyncio"),
        ("rules", "from time import time"),
        ("rules", "import logging.config"),
        ("schemas", "import random"),
        ("schemas", "import asyncpg"),
    ],
)
def test_an_import_that_leaves_its_room_is_found(tmp_path: Path, room: str, line: str) -> None:
    for package in ("engine", "rules", "schemas"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "engine" / "settings.py").touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert _lint(tmp_path).returncode == 0
    (tmp_path / room / "strange.py").write_text(f"{line}\n")
    done = _lint(tmp_path)
    assert done.returncode == 1, done.stdout
    assert f"{room}.strange" in done.stdout


def test_the_root_shows_what_the_house_names() -> None:
    shown = {path.name: path for path in ROOT.iterdir() if not path.name.startswith((".", "__"))}
    folders = {name for name, path in shown.items() if path.is_dir() and not name.endswith(".egg-info")}
    assert folders - MADE <= FOLDERS
    assert {name for name, path in shown.items() if path.is_file()} == FILES
