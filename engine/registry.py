"""Who may send what, and which programs are in force: read from the ledger, read again when its revision moves."""

from dataclasses import dataclass, field
from typing import Any

import asyncpg

from engine.store.sql import statement
from rules.language.load import load
from rules.program import Program, Programs
from rules.spending.stops import Kind, Stops


@dataclass(frozen=True, slots=True)
class Source:
    """A system registered to one bank, with the types it may send."""

    bank: str
    types: frozenset[str]
    merchant: str | None = None
    """For whom alone it uploads redemptions; None: for every merchant of the bank."""


@dataclass(frozen=True, slots=True)
class Registry:
    """As of one revision."""

    revision: int
    sources: dict[str, Source]
    programs: dict[str, Programs]
    stops: dict[str, Stops] = field(default_factory=dict)
    """What each bank has stopped; a bank that has stopped nothing is not named."""


class RegistryMoved(Exception):
    """The registry changed since it was read: read it again and decide again."""


class Registries:
    """The newest registry read so far, for all tasks of a process. Programs are compiled once each."""

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._pool = pool
        self._compiled: dict[bytes, Program] = {}
        self._newest: Registry | None = None

    async def newest(self) -> Registry:
        """The registry; read if it never was."""
        return self._newest or await self.read()

    async def read(self) -> Registry:
        """The registry as it is now. Raises ProgramRefused if a stored program no longer loads, which is a defect."""
        async with self._pool.acquire() as session, session.transaction(isolation="repeatable_read", readonly=True):
            self._newest = await registry_of(session, self._compiled)
        return self._newest


async def registry_of(session: Any, compiled: dict[bytes, Program]) -> Registry:
    """The registry as a session sees it. Programs are taken from `compiled` by their hash, and added there.

    Raises ProgramRefused if a stored program no longer loads.
    """
    revision = await session.fetchval(statement("registry_revision"))
    sources = await session.fetch(statement("registered_sources"))
    stops: dict[str, set[tuple[Kind, str]]] = {}
    for row in await session.fetch(statement("registered_stops")):
        stops.setdefault(row["bank"], set()).add((row["kind"], row["name"]))
    by_bank: dict[str, list[Program]] = {}
    for row in await session.fetch(statement("registered_programs")):
        known = compiled.get(row["program_hash"])
        if known is None:
            known = load(row["text"], f"{row['bank']}/{row['program']}@{row['from_day']}")
            compiled[row["program_hash"]] = known
        by_bank.setdefault(row["bank"], []).append(known)
    return Registry(
        revision,
        {row["source"]: Source(row["bank"], frozenset(row["types"]), row["merchant"]) for row in sources},
        {bank: Programs(programs) for bank, programs in by_bank.items()},
        {bank: frozenset(named) for bank, named in stops.items()},
    )
