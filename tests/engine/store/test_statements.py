"""Each statement is one that a real server accepts against the migrated schema; migrations happen once and whole."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from engine.settings import Settings
from engine.store import connect, migrate
from engine.store.sql import STATEMENTS


async def test_every_statement_is_prepared_against_the_migrated_schema(owner: "asyncpg.Connection[Any]") -> None:
    """Names, types and constraints are those of the schema."""
    await owner.execute("set search_path to points")
    for name, text in STATEMENTS.items():
        try:
            await owner.prepare(text)
        except asyncpg.PostgresError as error:
            pytest.fail(f"{name}.sql: {error}")
    assert len(STATEMENTS) > 30


async def test_migrating_again_changes_nothing(owner: "asyncpg.Connection[Any]") -> None:
    before = await _catalogue(owner)
    assert await migrate.migrate(owner) == []
    assert await _catalogue(owner) == before


async def test_many_migrations_at_once_are_one(store: Settings) -> None:
    """Eight processes begin together on an empty database: one applies each file, the others wait."""
    sessions = await asyncio.gather(*(connect.owner(store) for _ in range(8)))
    applied = await asyncio.gather(*(migrate.migrate(session) for session in sessions))
    names = sorted(path.name for path in migrate.FOLDER.glob("*.sql"))
    assert sorted(name for one in applied for name in one) == names
    await asyncio.gather(*(session.close() for session in sessions))


async def test_a_failed_migration_leaves_nothing_of_itself(
    store: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last file fails half-way; those before it stay, and when it is repaired it goes through."""
    for path in migrate.FOLDER.glob("*.sql"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"))
    last = tmp_path / "9999_last.sql"
    last.write_text("create table half (a int); select 1 / 0;")
    monkeypatch.setattr(migrate, "FOLDER", tmp_path)
    session = await connect.owner(store)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate.migrate(session)
    assert await session.fetchval("select to_regclass('points.half')") is None
    last.write_text("create table half (a int);")
    assert await migrate.migrate(session) == ["9999_last.sql"]
    await session.close()


async def _catalogue(session: "asyncpg.Connection[Any]") -> list[Any]:
    return list(
        await session.fetch(
            "select relname, relkind, relnatts, relacl::text from pg_class "
            "where relnamespace = 'points'::regnamespace order by relname"
        )
    )
