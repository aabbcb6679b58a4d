"""What `points init` does: schema, storage ahead, banks with their sources, programs and budgets, and the topics."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import asyncpg
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from engine.settings import Settings
from engine.store import connect, migrate
from engine.store.sql import statement
from engine.stream import topics
from rules.language.load import load
from rules.program import Program
from schemas.events import ENGINES_OWN, MODELS
from schemas.fields import ID_PATTERN
from schemas.message import SOURCE

BANKS_FILE = "banks.yaml"


class SetupError(Exception):
    """What was to be registered cannot be; the text names the place and the remedy."""


class MerchantsSource(BaseModel):
    """A merchant's own system, which uploads that merchant's redemptions and nothing else."""

    model_config = ConfigDict(strict=True, extra="forbid")

    merchant: Annotated[str, Field(pattern=ID_PATTERN, max_length=64)]


class Bank(BaseModel):
    """A bank as `banks.yaml` tells it."""

    model_config = ConfigDict(strict=True, extra="forbid")

    programs: Annotated[list[str], Field(min_length=1)]
    sources: dict[str, Literal["all"] | list[str] | MerchantsSource]


class Banks(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    banks: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")], Bank]


class Version(NamedTuple):
    bank: str
    text: str
    program: Program


class Done(NamedTuple):
    """What `initialise` did now; empty lists where all was there already."""

    migrations: list[str]
    programs: list[str]
    topics: list[str]


async def initialise(settings: Settings, banks_file: Path) -> Done:
    """Brings database and brokers to what the settings and the file say. Run again it adds only what is missing.

    Raises SetupError, ProgramRefused or TopicError, and then has registered nothing of the banks.
    """
    banks, versions = read(banks_file)
    session = await connect.owner(settings)
    try:
        applied = await migrate.migrate(session)
        async with session.transaction():
            added = await register(session, banks, versions)
    finally:
        await session.close()
    made = await topics.create(settings, topics.specs(settings))
    return Done(applied, added, made)


def read(banks_file: Path) -> tuple[Banks, list[Version]]:
    """The banks and their compiled programs."""
    try:
        told = YAML(typ="safe", pure=True).load(banks_file.read_text(encoding="utf-8"))
        banks = Banks.model_validate(told)
    except OSError as error:
        raise SetupError(f"{banks_file}: cannot be read: {error.strerror}") from error
    except YAMLError as error:
        raise SetupError(f"{banks_file}: not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise SetupError(f"{banks_file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    for name, bank in banks.banks.items():
        for source, types in bank.sources.items():
            if source == SOURCE:
                raise SetupError(f"{banks_file}: banks.{name}.sources.{source}: that is the engine itself")
            unknown = [t for t in types if t not in MODELS] if isinstance(types, list) else []
            if unknown:
                raise SetupError(f"{banks_file}: banks.{name}.sources.{source}: no event type is called {unknown[0]}")
    return banks, [v for name, bank in banks.banks.items() for v in _versions(name, bank, banks_file)]


def _versions(name: str, bank: Bank, banks_file: Path) -> list[Version]:
    found: list[Version] = []
    for file in bank.programs:
        path = banks_file.parent / file
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise SetupError(f"{banks_file}: banks.{name}.programs: {file}: {error.strerror}") from error
        found.append(Version(name, text, load(text, file)))
    return found


async def register(session: "asyncpg.Connection[Any]", banks: Banks, versions: list[Version]) -> list[str]:
    """Registers banks, sources and versions; the versions that are new, as they are shown.

    Raises SetupError where a source is another's, or a version begins before a day that is decided. The caller's
    transaction undoes what was registered before it.
    """
    for name, bank in banks.banks.items():
        await session.execute(statement("add_bank"), name)
        for source, types in bank.sources.items():
            merchant = types.merchant if isinstance(types, MerchantsSource) else None
            tag = await session.execute(statement("add_source"), source, name, _types(types), merchant)
            if tag == "INSERT 0 0":
                raise SetupError(
                    f"the source {source} is registered to another bank than {name}, or for another merchant"
                )
    added = [label for v in versions if (label := await add_program(session, v))]
    await session.execute(statement("raise_revision"))
    return added


def _types(told: str | list[str] | MerchantsSource) -> list[str]:
    if isinstance(told, MerchantsSource):
        return ["redemption.uploaded.v1"]
    return sorted(set(MODELS) - ENGINES_OWN) if isinstance(told, str) else told


async def refuse_if_begun(session: "asyncpg.Connection[Any]", version: Version) -> None:
    """A version begins after every day that was closed or of which anything was decided: what is decided stays."""
    begins = version.program.version
    row = await session.fetchrow(statement("decided_since"), version.bank, begins)
    closed, decided = row["closed_through"], row["decided_on"]
    if decided is not None or (closed is not None and closed >= begins):
        first = max(day for day in (closed, decided) if day is not None) + timedelta(days=1)
        said = f"closed {closed}" if decided is None else f"decided events of {decided}"
        raise SetupError(
            f"the version {begins} of {version.program.name} begins too early: {version.bank} has {said} already; "
            f"give it `version: {first}` or later"
        )


async def add_program(session: "asyncpg.Connection[Any]", version: Version) -> str | None:
    """Registers a version and its budgets; what it is called where it is new. Raises SetupError, and then roll back."""
    p = version.program
    try:
        new = await session.fetchval(
            statement("add_program"), version.bank, p.version, p.name, p.program_hash, p.semantics, version.text
        )
    except asyncpg.UniqueViolationError as error:
        raise SetupError(
            f"{version.bank} has another program from {p.version}; "
            "a version never changes: give the new text a later day"
        ) from error
    if new is not None:
        await refuse_if_begun(session, version)
    for budget in p.budgets.values():
        await session.execute(statement("add_budget"), version.bank, budget.id, budget.units)
    return f"{version.bank}/{p.name}@{p.version}" if new else None
