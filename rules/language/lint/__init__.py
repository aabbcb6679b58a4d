"""`points program check` says more than mistakes: what can be written and is hardly meant, or what regulators bar.

A program that means it says so under `accept`, with the reason; what is accepted and is not there any more is a
finding itself.
"""

from collections.abc import Iterable
from dataclasses import replace

from rules.language import grammar as g
from rules.language.compile import compiled
from rules.language.findings import Finding
from rules.language.lint.adjustments import adjustment_findings
from rules.language.lint.benefits import benefit_findings, label_findings
from rules.language.lint.earning import earning_findings
from rules.language.lint.flapping import flapping_findings
from rules.language.lint.regulation import regulation_findings
from rules.language.lint.tiers import tier_findings
from rules.language.load import checked
from rules.program import Program


def findings(text: str, name: str = "program") -> list[Finding]:
    """What is not accepted, in the order of the file. Raises ProgramRefused when the program does not load."""
    return loaded(text, name)[1]


def loaded(text: str, name: str = "program") -> tuple[Program, list[Finding]]:
    """The program, and its findings, from one reading of the text. Raises ProgramRefused when it does not load."""
    file, source = checked(text, name)
    program = compiled(file, text)
    placed = [(one, *source.position(one.path)) for one in _unaccepted(file, [*_all(file, program)])]
    found = [replace(one, line=line, column=column) for one, line, column in placed]
    return program, sorted(found, key=lambda one: (one.line, one.column, one.finding, one.of))


def _all(file: g.ProgramFile, program: Program) -> Iterable[Finding]:
    yield from tier_findings(file)
    yield from flapping_findings(file, program)
    yield from earning_findings(file)
    yield from regulation_findings(file)
    yield from benefit_findings(file)
    yield from label_findings(file)
    yield from adjustment_findings(file)


def _unaccepted(file: g.ProgramFile, found: list[Finding]) -> Iterable[Finding]:
    accepted = {(one.finding, one.of) for one in file.accept}
    yield from (one for one in found if not accepted & {(one.finding, one.of), (one.finding, None)})
    there = {(one.finding, of) for one in found for of in (one.of, None)}
    for i, one in enumerate(file.accept):
        if (one.finding, one.of) not in there:
            about = f" of {one.of}" if one.of else ""
            message = f"nothing is found to accept: {one.finding}{about} is not there; remove this line"
            yield Finding("accepted-in-vain", one.finding, ("accept", i), message)
