"""What the pages tell people to type works: every command exists, and those that need no server are run."""

import re
import shlex
from pathlib import Path

import pytest
import zstandard
from typer.testing import CliRunner

from engine.cli import app

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
SERVERLESS = ("points program", "points simulate")


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("events") / "EVENTS.jsonl"
    packed = ROOT / "tests" / "data" / "czech-bank-1993" / "events.jsonl.zst"
    path.write_bytes(b"\n".join(zstandard.decompress(packed.read_bytes()).splitlines()[:500]))
    return path


def words(command: str) -> list[str]:
    """The words that name the command, without its arguments."""
    said = shlex.split(command)[1:]
    groups = {"program", "dead-letters", "partition", "contracts", "settle"}
    return said[:2] if said[0] in groups and not said[1].startswith("-") else said[:1]


def test_the_pages_have_commands() -> None:
    assert {"make demo", "make test", "points init", "points worker"} <= COMMANDS.keys()


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("points ")])
def test_every_command_on_a_page_exists(command: str) -> None:
    done = CliRunner().invoke(app, [*words(command), "--help"])
    assert done.exit_code == 0, f"{COMMANDS[command]}: {command}: {done.output}"


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
