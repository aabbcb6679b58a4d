"""What no other tool checks: sizes, names, statements nobody runs, constraints without a name, pages out of date."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LONGEST
from tests.operator_page import PAGE, with_tables

ROOT = Path(__file__).parent.parent
ROOMS = ("engine", "rules", "schemas")

FUNCTION_LINES_MAX = 40
MODULE_LINES_MAX = 300
PARAMETERS_MAX = 5
NESTING_MAX = 3

BANNED = {"manager", "service", "processor", "helper", "util", "utils", "common", "base", "info", "impl"}
TEXTS = {".cfg", ".html", ".json", ".md", ".py", ".sh", ".sql", ".toml", ".txt", ".yaml", ".yml", ""}
ABSOLUTE = re.compile(r"(?<![\w.~:/}>])/(?:home|root|work|tmp|opt|Users|mnt)/\w")  # what only the writer's machine has
INDEX = re.compile(r"--(?:extra-)?index-url|--find-links|--trusted-host|https?://[^\s\"']*/simple\b")
TYPE = (
    "bigint|boolean|bytea|date|int2|int4|int8|integer|interval|jsonb|numeric|smallint|text|timestamptz|uuid|xid8"
    "|[a-z_]+_row"
)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")

Function = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


def files(folders: tuple[str, ...], suffix: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob(f"*{suffix}"))


CODE = files(ROOMS, ".py")
TESTS = files(("tests",), ".py")
STATEMENTS = [path for path in files(ROOMS, ".sql") if path.parent.name == "sql"]
MIGRATIONS = files(("engine/store/migrations",), ".sql")


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[Function]:
    yield from (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, Function))


def place(path: Path, node: Function | ast.ClassDef) -> str:
    return f"{shown(path)}:{node.lineno} {node.name}"


def parameters(function: Function) -> int:
    given = function.args
    named = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len([name for name in named if name not in ("self", "cls")])


def nesting(node: ast.AST) -> int:
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef):
            continue
        # `elif` is an `if` in the other's `orelse`, on the same level for who reads it.
        chained = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, nesting(child) + (isinstance(child, BLOCKS) and not chained))
    return deepest


def words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


def banned(name: str) -> bool:
    return bool(words(name) & BANNED) or name.lower().endswith("data")


def test_functions_fit_on_a_screen() -> None:
    long = [
        f"{place(path, one)}: {lines} lines"
        for path in CODE + TESTS
        for one in functions(path)
        if (lines := (one.end_lineno or 0) - one.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert long == []


def test_modules_are_of_one_thing() -> None:
    long = [
        f"{shown(path)}: {lines} lines"
        for path in CODE + TESTS
        if (lines := len(path.read_text().splitlines())) > MODULE_LINES_MAX
    ]
    assert long == []


def test_functions_take_few_parameters() -> None:
    many = [place(path, one) for path in CODE for one in functions(path) if parameters(one) > PARAMETERS_MAX]
    assert many == []


def test_functions_are_not_nested_deeply() -> None:
    deep = [place(path, one) for path in CODE + TESTS for one in functions(path) if nesting(one) > NESTING_MAX]
    assert deep == []


def test_names_say_a_thing_of_the_domain() -> None:
    named = [(shown(path), path.stem) for path in CODE]
    for path in CODE:
        tree = ast.walk(ast.parse(path.read_text()))
        named += [(place(path, node), node.name) for node in tree if isinstance(node, Function | ast.ClassDef)]
    assert [where for where, name in named if banned(name)] == []


@pytest.mark.parametrize(
    ("source", "depth"),
    [
        ("if a:\n  x\nelif b:\n  y\nelif c:\n  z", 1),
        ("for a in b:\n  if c:\n    with d:\n      while e:\n        x", 4),
        ("try:\n  if a:\n    x\nexcept E:\n  y", 2),
        ("def g():\n  if a:\n    x", 0),
        ("match a:\n  case 1:\n    if b:\n      x", 2),
    ],
)
def test_nesting_is_counted_as_a_reader_does(source: str, depth: int) -> None:
    assert nesting(ast.parse(source)) == depth


@pytest.mark.parametrize("name", ["EventManager", "load_helpers_util", "member_data", "BaseRule", "http_service"])
def test_a_name_without_a_thing_is_found(name: str) -> None:
    assert banned(name)


def test_every_statement_is_used() -> None:
    code = "\n".join(path.read_text() for path in CODE)
    assert {path.parent.parent.name for path in STATEMENTS} == {"demo", "evidence", "store", "stream"}
    assert [shown(path) for path in STATEMENTS if not runs(code, path.stem)] == []


def runs(code: str, name: str) -> bool:
    """Whether code asks for a statement: by its name in quotes, or by its file."""
    return f'"{name}"' in code or f'"{name}.sql"' in code


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('statement("posted")', True),
        ('(SQL / "posted.sql")', True),
        ("def posted(): ...", False),
        ('what is posted is "not posted"', False),
    ],
)
def test_a_statement_that_is_only_a_word_is_not_run(code: str, found: bool) -> None:
    assert runs(code, "posted") is found


@pytest.mark.parametrize("path", STATEMENTS, ids=shown)
def test_a_statement_says_its_purpose_its_parameters_and_what_it_locks(path: Path) -> None:
    text = path.read_text()
    header = re.match(r"(?:--.*\n)+", text)
    assert header, "no header"
    body = text[header.end() :]
    for parameter in sorted(set(re.findall(r"\$\d+", body))):
        assert re.search(rf"\{parameter} (?:{TYPE})(?:\[\])?:? \w", header[0]), (
            f"{parameter}: expected type and meaning"
        )
    assert re.search(r"\block", header[0], re.IGNORECASE), "says nothing of locks"


def test_every_constraint_has_a_name() -> None:
    assert MIGRATIONS
    assert [f"{shown(path)}: {found}" for path in MIGRATIONS for found in unnamed_constraints(path.read_text())] == []


def unnamed_constraints(migration: str) -> list[str]:
    bare = re.sub(r"--[^\n]*|'[^']*'|/\*.*?\*/", " ", migration, flags=re.DOTALL)
    bare = re.sub(r"\$(\w*)\$.*?\$\1\$", " ", bare, flags=re.DOTALL)
    kinds = r"(?:primary\s+key|foreign\s+key|unique(?!\s+index)|check|exclude|references)\b"
    return [
        bare[max(0, found.start() - 40) : found.end() + 20].strip()
        for found in re.finditer(kinds, bare, re.IGNORECASE)
        if not re.search(r"constraint\s+\w+\s*$", bare[: found.start()], re.IGNORECASE)
        and not re.search(r"constraint\s+\w+\s+foreign\s+key\s*\([^)]*\)\s*$", bare[: found.start()], re.IGNORECASE)
        and not re.search(r"\b(?:grant|revoke)\b[^;]*$", bare[: found.start()], re.IGNORECASE)
    ]


@pytest.mark.parametrize(
    ("migration", "count"),
    [
        ("create table a (b int primary key)", 1),
        ("create table a (b int, constraint a_pk primary key (b))", 0),
        ("create table a (b int constraint b_up check (b > 0), c int references d)", 1),
        ("create table a (b int, constraint f foreign key (b) references c (b), unique (b))", 1),
        ("create unique index i on a (b); -- unique\nselect 'check'", 0),
        ("create function f() returns trigger language plpgsql as $$ begin check; end $$", 0),
    ],
)
def test_a_constraint_without_a_name_is_found(migration: str, count: int) -> None:
    assert len(unnamed_constraints(migration)) == count


def test_the_operators_page_has_every_setting_and_metric() -> None:
    page = PAGE.read_text()
    assert page == with_tables(page), "run: python -m tests.operator_page"


def test_every_setting_is_explained_in_a_sentence() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `POINTS_")]
    assert rows
    assert [row for row in rows if len(row.split("|")[3].split()) < 3] == []


def texts() -> list[Path]:
    inside = [
        path for folder in (*ROOMS, "tests", "docs", "deploy", ".ci", "requirements") for path in files((folder,), "")
    ]
    top = [path for path in ROOT.iterdir() if not path.name.startswith(".")]
    kept = [
        path for path in (*inside, *top) if path.is_file() and path.suffix in TEXTS and "__pycache__" not in path.parts
    ]
    return [path for path in kept if path != Path(__file__)]


def test_nothing_names_a_place_on_the_writers_machine_or_a_package_index() -> None:
    found = [
        f"{shown(path)}:{number}: {line.strip()[:100]}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ABSOLUTE.search(line) or INDEX.search(line)
    ]
    assert found == []


def test_links_between_pages_lead_somewhere() -> None:
    pages = [path for path in texts() if path.suffix == ".md"]
    dead = [
        f"{shown(page)}: {link}"
        for page in pages
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert dead == []


def test_decisions_have_a_number_each() -> None:
    numbers = [path.name.split("-")[0] for path in files(("docs/decisions",), ".md")]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_the_longest_files_of_tests_are_there() -> None:
    assert [file for file in LONGEST if not (ROOT / "tests" / file).exists()] == []
