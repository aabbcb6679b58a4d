"""Operators: program versions on their way into force, uploaded, checked, compared and tried on history."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from fastapi.responses import Response

from engine import candidates, trail
from engine.api import cursor
from engine.api.asking import Auditor, OperatorAsking, response
from engine.api.command import Answer
from engine.api.cursor import Paged
from engine.api.house import House, Shared
from engine.api.keys import Caller
from engine.api.once import done
from engine.api.problems import Problem
from engine.candidates import Checked, candidate_of, checked
from engine.setup import SetupError
from engine.store.sql import statement
from engine.trail import Entry
from rules.language.difference import differences
from rules.language.problems import ProgramRefused
from schemas.api import programs as told
from schemas.api.programs import Candidate, CandidateText

routes = APIRouter(prefix="/v1/programs", tags=["programs"])
Hash = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of its text.", examples=["9f" * 32])]
EXAMPLE = """program: corner-bank
semantics: 1
version: 2026-11-01
time_zone: Asia/Shanghai
currency: CNY
points: {reward: {spendable: true}}
earn:
  - {id: purchase, on: card.purchased, award: {rate: 1 per full 1.00, to: reward}}
"""
Text = Annotated[str, Body(media_type="application/yaml", examples=[EXAMPLE], description="A program file.")]


@routes.post(
    "", status_code=201, response_model=Candidate, responses={200: {"model": Candidate, "description": "It was there."}}
)
async def upload(text: Text, asking: OperatorAsking) -> Response:
    """Upload a version: it is checked, its examples are run, and it is kept for ever by the hash of its text.

    Uploaded again it is answered as it stands. A mistake is a problem that names line and column of each.
    """
    candidate = await asyncio.to_thread(_checked, text)
    house, who = asking.house, asking.who
    program = candidate.program
    known = (await house.registries.read()).programs.get(who.bank or "")

    async def write(session: Any, _now: datetime) -> Answer:
        try:
            candidates.refuse_stranger(known, program)
        except SetupError as error:
            raise Problem("program-refused", str(error), errors=[]) from error
        new = await candidates.keep(session, asking.caller.bank, candidate, who.person)
        row = await candidates.find(session, asking.caller.bank, program.program_hash)
        made = candidate_of(row, house.settings.backtest_days_min)
        if new:
            subject = f"program/{made.program_hash}"
            await trail.tell(session, who, Entry("program-uploaded", subject, None, made.model_dump(mode="json")))
        return Answer(201 if new else 200, made.model_dump_json().encode())

    return response(await done(asking, told.Text(text=text), write))


def _checked(text: str) -> Checked:
    try:
        return checked(text, "program")
    except ProgramRefused as refused:
        errors = [candidates.place(one).model_dump() for one in refused.problems]
        raise Problem("program-refused", f"{len(errors)} mistakes; the first: {refused.problems[0]}",
                      errors=errors) from refused  # fmt: skip


@routes.get("")
async def listed(caller: Auditor, house: Shared, page: Paged) -> told.Candidates:
    """Versions that were uploaded, the newest first."""
    seen = cursor.read(page.since, datetime, str)
    before = seen[0], seen[1] and bytes.fromhex(seen[1])
    async with house.reading.session(caller) as session:
        found = await session.fetch(statement("view_candidates"), caller.bank, None, *before, page.asked)
    rows, more = page.cut(found, lambda last: [last["recorded_at"].isoformat(), last["program_hash"].hex()])
    days = house.settings.backtest_days_min
    return told.Candidates(items=tuple(candidate_of(row, days) for row in rows), next=more)


@routes.get("/{program_hash}")
async def shown(program_hash: Hash, caller: Auditor, house: Shared) -> CandidateText:
    """A version that was uploaded, with its text."""
    row = await _row(program_hash, caller, house)
    return CandidateText(**candidate_of(row, house.settings.backtest_days_min).__dict__, text=row["text"])


@routes.get("/{program_hash}/changes", response_model_exclude_none=True)
async def changes(program_hash: Hash, caller: Auditor, house: Shared) -> told.Changes:
    """What it says otherwise than the version that it follows, a line for each, as `points program diff` has them."""
    row = await _row(program_hash, caller, house)
    async with house.reading.session(caller) as session:
        was = await session.fetchrow(statement("version_before"), caller.bank, row["from_day"])
    found = await asyncio.to_thread(differences, was["text"], row["text"])
    return told.Changes(against=was["from_day"], items=tuple(told.Change(**one._asdict()) for one in found))


@routes.get("/{program_hash}/backtests", response_model_exclude_none=True)
async def backtests(program_hash: Hash, caller: Auditor, house: Shared, page: Paged) -> told.Backtests:
    """What the bank's history would have been by it: what `points backtest` found, the newest first."""
    row = await _row(program_hash, caller, house)
    [before] = cursor.read(page.since, int)
    async with house.reading.session(caller) as session:
        place = caller.bank, row["program_hash"], before, page.asked
        found = await session.fetch(statement("view_backtests"), *place)
    rows, more = page.cut(found, lambda last: [last["backtest_number"]])
    return told.Backtests(items=tuple(told.Backtest.model_validate_json(one["report"]) for one in rows), next=more)


async def _row(program_hash: str, caller: Caller, house: House) -> Any:
    async with house.reading.session(caller) as session:
        row = await candidates.find(session, caller.bank, bytes.fromhex(program_hash))
    if row is None:
        raise Problem("not-found", f"{caller.bank} has uploaded no such version")
    return row
