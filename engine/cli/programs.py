"""`points simulate` and `points program`: what a rule author uses. Nothing is connected to."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from engine.cli.output import as_json, console, errors, fail, table
from rules.language.editor import editor_schema
from rules.language.examples import failures
from rules.language.findings import Finding
from rules.language.lint import findings
from rules.language.load import load, read
from rules.language.problems import Problem, ProgramRefused
from rules.program import EarningRule, Program, Programs, RulesOn, Rung
from rules.simulate import simulate as simulated
from rules.spending.terms import Benefit

app = typer.Typer(help="Check, show and describe programs.", no_args_is_help=True, add_completion=False)
File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=True, readable=True, help="A file, or a folder of versions.")
]


def simulate(
    program: File,
    events: Annotated[Path, typer.Argument(help="Events, one JSON object a line; - for standard input.")],
    signals: Annotated[bool, typer.Option("--signals", help="Print the relationship managers' signals too.")] = False,
) -> None:
    """Run events through a program in memory: postings, tiers, grants and members as JSON Lines, in order."""
    from engine.garbage import collect_seldom

    programs = _programs(program)
    collect_seldom()
    out = sys.stdout.buffer
    with nullcontext(sys.stdin.buffer) if str(events) == "-" else events.open("rb") as lines:
        for row in simulated(lines, programs, signals=signals):
            out.write(orjson.dumps(row) + b"\n")
    out.flush()


def _programs(path: Path) -> Programs:
    try:
        return Programs([load(text, name) for name, text in _texts(path)])
    except ValueError as error:
        fail(f"{path}: {error}")


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    files = [path] if path.is_file() else [f for f in sorted(path.glob("*.yaml")) if f.name != "banks.yaml"]
    if not files:
        fail(f"{path}: no program files (*.yaml) in this folder")
    for file in files:
        try:
            yield str(file), file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            fail(f"{file}: not UTF-8 at byte {error.start}")


@app.command()
def check(
    program: File,
    json: Annotated[bool, typer.Option("--json", help="Print problems and findings as JSON.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Findings are wrong too, unless the program accepts them.")]
    = False,
) -> None:  # fmt: skip
    """Check programs and run their examples. Exit code 1 when something is wrong; each problem has line and column.

    Findings tell what can be written and is hardly meant, or what regulators bar, with what would mend it.
    """
    told: list[dict[str, Any]] = []
    wrong = False
    for name, text in _texts(program):
        problems, found = _checked(name, text)
        wrong = wrong or bool(problems) or (strict and bool(found))
        all_told: list[Problem | Finding] = [*problems, *found]
        told += [{"file": name, **_told(one)} for one in all_told]
        if not json:
            for one in all_told:
                errors.print(f"{name}:{one}", markup=False, soft_wrap=True)
            if not problems:
                console.print(f"{name}: right, {len(read(text, name)[0].examples)} examples hold")
    if json:
        as_json(told)
    if wrong:
        raise typer.Exit(1)


def _checked(name: str, text: str) -> tuple[list[Problem], list[Finding]]:
    try:
        return failures(text, name), findings(text, name)
    except ProgramRefused as refused:
        return refused.problems, []


def _told(one: Problem | Finding) -> dict[str, Any]:
    place = {"line": one.line, "column": one.column, "path": one.path, "message": one.message}
    return {**place, "finding": one.finding, "of": one.of} if isinstance(one, Finding) else place


@app.command()
def show(
    program: File,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what programs say: version, hash, rules by event, tiers and benefits."""
    for name, text in _texts(program):
        loaded = load(text, name)
        if json:
            as_json(_plain(loaded))
        else:
            _draw(loaded)


def _plain(p: Program) -> dict[str, Any]:
    return {
        "program": p.name,
        "version": p.version,
        "program_hash": p.program_hash.hex(),
        "rules": {type_: [rule.id for rule in _rules(on)] for type_, on in p.rules_on.items()},
        "period_rules": {rule.rule.id: rule.period for rule in p.periods.rules},
        "tiers": [rung.id for rung in p.ladder],
        "benefits": [benefit.id for benefit in p.benefits],
    }


def _rules(on: RulesOn) -> Iterator[EarningRule]:
    yield from on.awards
    yield from on.multipliers


def _draw(p: Program) -> None:
    console.print(f"{p.name} from {p.version} ({p.zone}, {p.currency}) sha256 {p.program_hash.hex()}")
    rules = [
        (type_.removesuffix(".v1"), r.id, r.kind, ", ".join(r.targets), _caps(r))
        for type_, on in p.rules_on.items()
        for r in _rules(on)
    ]
    rules += [(f"close of {r.period}", r.rule.id, r.rule.kind, ", ".join(r.rule.targets), _caps(r.rule))
              for r in p.periods.rules]  # fmt: skip
    table("Rules in the order in which they decide", ("event", "rule", "stage", "points", "caps"), rules)
    table("Tiers", ("tier", "asks for"), [(rung.id, _asks(rung)) for rung in p.ladder])
    table("Benefits", ("benefit", "network", "units by tier", "per"),
          [(b.id, b.network, _units(b), b.period) for b in p.benefits])  # fmt: skip


def _caps(rule: EarningRule) -> str:
    return ", ".join(sorted({f"{cap.name} {cap.limit:,}" for caps in rule.caps.values() for cap in caps}))


def _asks(rung: Rung) -> str:
    joined = " or " if rung.match == "any" else " and "
    return joined.join(f"{t.name} ≥ {t.at_least:,}" for t in rung.thresholds)


def _units(benefit: Benefit) -> str:
    return ", ".join(f"{tier} {'∞' if units is None else units}" for tier, units in benefit.units.items())


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A version's file.")],
    new: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Another's.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what one version says otherwise than another, a line for each: rules, tiers, benefits; not examples."""
    from rules.language.difference import differences

    [(_, was), (_, becomes)] = [*_texts(old), *_texts(new)]
    found = differences(was, becomes)
    if json:
        as_json([one._asdict() for one in found])
        return
    for one in found:
        console.print(str(one), markup=False, soft_wrap=True)


@app.command()
def schema() -> None:
    """Print the JSON Schema of program files, for editors."""
    typer.echo(orjson.dumps(editor_schema(), option=orjson.OPT_INDENT_2))
