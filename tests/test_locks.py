"""The locks hold what pyproject.toml asks for, agree with each other, and every line has its hash."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
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
