"""What the pages tell people to type works: every command exists, and those that need no server are run."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import zstandard
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from engine.cli import app
from engine.setup import read

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
COMMANDS = {
    line.split(" #")[0].strip(): page.name
    for page in PAGES
    for block in BLOCK.findall(page.read_text(encoding="utf-8"))
    for line in block.splitlines()
    if line.startswith(("points ", "make "))
}
BANKS = read(ROOT / "rules" / "programs" / "banks.yaml")[0].banks
SERVERLESS = ("points program", "points simulate")


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("events") / "EVENTS.jsonl"
    packed = ROOT / "tests" / "data" / "czech-bank-1993" / "events.jsonl.zst"
    path.write_bytes(b"\n".join(zstandard.decompress(packed.read_bytes()).splitlines()[:500]))
    return path


def parsed(command: Any, said: list[str]) -> dict[str, Any]:
    """What the command is told, read as it would read it, without running it."""
    with command.make_context("points", list(said)) as context:
        rest = [*context._protected_args, *context.args]  # Typer has no public way to go on from here
        if isinstance(command, TyperGroup) and rest:
            _, chosen, rest = command.resolve_command(context, rest)
            return parsed(chosen, rest)
        told: dict[str, Any] = context.params
    return told


def typed(command: str, folder: Path) -> list[str]:
    """The command's words: a day for what stands for one, a file for each that is yet to be made."""
    words = shlex.split(re.sub(r"\bDAY\b|\bFIRST\b|\bLAST\b|\$\(date[^)]*\)", "2026-10-09", command))[1:]
    for at, word in enumerate(words):
        if Path(word).suffix in {".csv", ".yaml", ".jsonl"}:
            words[at] = str(ROOT / word if (ROOT / word).exists() else folder / word)
            Path(words[at]).touch()
    return words


def test_the_pages_have_commands() -> None:
    assert {"make demo", "make test", "points init", "points worker"} <= COMMANDS.keys()


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("points ")])
def test_every_command_on_a_page_exists_with_its_options_and_its_bank(command: str, tmp_path: Path) -> None:
    said = parsed(get_command(app), typed(command, tmp_path))
    assert said.get("bank") in {None, "BANK", *BANKS}, f"{COMMANDS[command]}: {command}"


@pytest.mark.parametrize("wrong", ["points keys craete", "points audit --dayz 3", "points keys sign"])
def test_what_does_not_exist_would_be_found(wrong: str) -> None:
    with pytest.raises(Exception, match=r"No such (command|option)|Missing parameter"):
        parsed(get_command(app), shlex.split(wrong)[1:])


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("make ")])
def test_every_target_on_a_page_exists(command: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{command.split()[1]}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith(SERVERLESS)])
def test_commands_without_a_server_do_what_the_page_says(
    command: str, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    said = [str(events) if word == events.name else word for word in shlex.split(command)[1:]]
    done = CliRunner().invoke(app, said)
    assert done.exit_code == 0, done.output
    assert done.output
