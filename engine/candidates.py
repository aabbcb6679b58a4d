"""Candidates: program versions that were uploaded, and how far each is on its way into force."""

import asyncio
from datetime import UTC
from typing import Any, NamedTuple

import orjson

from engine.setup import SetupError, Version, add_program, refuse_if_begun
from engine.store.sql import statement
from rules.language.examples import failures
from rules.language.findings import Finding
from rules.language.lint import loaded
from rules.language.load import load
from rules.language.problems import Problem, ProgramRefused
from rules.program import Program, Programs
from schemas.api import programs as told


class Checked(NamedTuple):
    """A text that loads and whose examples hold, with what it says and hardly means."""

    text: str
    program: Program
    findings: list[Finding]


def checked(text: str, name: str) -> Checked:
    """As `points program check` does it. Raises ProgramRefused, which holds every mistake with its place."""
    unmet = failures(text, name)
    if unmet:
        raise ProgramRefused(unmet, name)
    return Checked(text, *loaded(text, name))


def refuse_stranger(known: Programs | None, program: Program) -> None:
    """Raises SetupError where it can be no version beside those that the bank has."""
    if known is None:
        raise SetupError("the bank has no program yet: `points init` registers the first one")
    try:
        Programs([*(one for one in known.alone if one.program_hash != program.program_hash), program])
    except ValueError as error:
        raise SetupError(f"it is no version of the bank's program: {error}") from error


async def keep(session: Any, bank: str, candidate: Checked, person: str) -> bool:
    """Keeps a candidate for ever; answers whether it is new."""
    p = candidate.program
    found = orjson.dumps([_found(one).model_dump() for one in candidate.findings]).decode()
    row = bank, p.program_hash, p.version, p.name, candidate.text, found, person
    return await session.fetchval(statement("add_candidate"), *row) is not None


def _found(one: Finding) -> told.Found:
    return told.Found(**place(one).model_dump(), finding=one.finding, of=one.of)


def place(one: Problem | Finding) -> told.Place:
    """Where something is, and what."""
    path = ".".join(str(step) for step in one.path)
    return told.Place(line=one.line, column=one.column, path=path, message=one.message)


async def find(session: Any, bank: str, program_hash: bytes) -> Any:
    """The row of a candidate; None where the bank has none such."""
    return await session.fetchrow(statement("view_candidates"), bank, program_hash, None, None, 1)


def candidate_of(row: Any, days_min: int) -> told.Candidate:
    """A row as it is told: shadow-ready where nothing is found and it was tried on so many closed days."""
    found = tuple(told.Found(**one) for one in orjson.loads(row["findings"]))
    ready = not found and row["closed_days"] >= days_min
    state: told.CandidateState = "activated" if row["registered"] else "shadow-ready" if ready else "checked"
    return told.Candidate(
        program_hash=row["program_hash"].hex(), program=row["program"], from_day=row["from_day"], state=state,
        findings=found, closed_days=row["closed_days"], uploaded_by=row["uploaded_by"],
        uploaded_at=row["recorded_at"].astimezone(UTC),
    )  # fmt: skip


async def keep_backtest(session: Any, bank: str, report: told.Backtest) -> bool:
    """Keeps what was found with the candidate; answers False where the program was not uploaded."""
    hash_ = bytes.fromhex(report.program_hash)
    row = bank, hash_, report.since, report.through, report.model_dump_json(exclude_none=True)
    return await session.fetchval(statement("add_backtest"), *row) is not None


async def refuse_begun(session: Any, bank: str, row: Any) -> Version:
    """The version that a candidate would be; SetupError where its first day is here, closed or decided of."""
    version = Version(bank, row["text"], await asyncio.to_thread(load, row["text"], row["program"]))
    today = await session.fetchval(statement("today"), version.program.zone.key)
    if row["from_day"] <= today:
        raise SetupError(f"the version {row['from_day']} of {row['program']} begins too early: it is {today} already")
    await refuse_if_begun(session, version)
    return version


async def activate(session: Any, bank: str, program_hash: bytes) -> None:
    """Brings a candidate into force from its first day on, for whoever reads the registry after the transaction.

    Raises SetupError as `refuse_begun` does, and where another version begins on that day.
    """
    version = await refuse_begun(session, bank, await find(session, bank, program_hash))
    await add_program(session, version)
    await session.execute(statement("raise_revision"))
