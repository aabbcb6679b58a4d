"""pyproject.toml asks for what is imported; the locks hold what it asks for and agree, every line with its hash."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = ("engine", "rules", "schemas")
WANTED = {
    "run": [],
    "demo": ["embedded", "build"],
    "dev": ["embedded", "build", "dev"],
    "bench": ["embedded", "build", "dev", "bench"],
}
LINE = re.compile(r"^([\w.-]+)==([\w.!+-]+)", re.MULTILINE)


def locked(name: str) -> dict[str, str]:
    return dict(LINE.findall((ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")))


def wanted(name: str) -> list[Requirement]:
    parts = PROJECT["project"]["optional-dependencies"] | PROJECT["dependency-groups"]
    lines = [*PROJECT["project"]["dependencies"], *(line for part in WANTED[name] for line in parts[part])]
    return [Requirement(line) for line in lines]


def imported(path: Path) -> set[str]:
    """Packages beside Python's own and ours that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found - sys.stdlib_module_names - set(ROOMS)


def test_whatever_is_imported_is_asked_for() -> None:
    """By itself, and not because something else brings it; the embedded servers alone may ask for their packages."""
    brought_by = packages_distributions()
    undeclared = []
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        asked = wanted("demo" if "embedded" in path.parts else "run")
        names = {canonicalize_name(one.name) for one in asked}
        undeclared += [
            f"{path.relative_to(ROOT)}: {package}"
            for package in sorted(imported(path))
            if names.isdisjoint(map(canonicalize_name, brought_by.get(package, ())))
        ]
    assert undeclared == []


@pytest.mark.parametrize("name", WANTED)
def test_a_lock_holds_what_the_project_asks_for(name: str) -> None:
    versions = locked(name)
    missing = [
        str(asked)
        for asked in wanted(name)
        if not asked.specifier.contains(versions.get(canonicalize_name(asked.name), "0"), prereleases=True)
    ]
    assert missing == [], "run: make lock"


@pytest.mark.parametrize("name", ["run", "demo", "dev"])
def test_the_locks_agree(name: str) -> None:
    widest = locked("bench")
    assert {package: version for package, version in locked(name).items() if widest.get(package) != version} == {}


@pytest.mark.parametrize("name", WANTED)
def test_every_locked_version_has_a_hash(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(entries) >= len(locked(name)) > 0
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
