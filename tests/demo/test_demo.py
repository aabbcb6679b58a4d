"""The demo, as a stranger runs it, and that its checks can fail."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from engine.demo.proof import checks
from engine.settings import load
from engine.store import connect
from tests.conftest import Addresses, Databases

ROOT = Path(__file__).parents[2]
MEMBERS = 15
TIME_S = 240


@pytest.fixture(scope="module")
def database(databases: Databases) -> Iterator[str]:
    url = databases.create()
    yield url
    databases.drop(url)


@pytest.fixture(scope="module")
def story(database: str, servers: Addresses, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `points demo --json` says, run on the tests' servers."""
    prefix = f"demo{os.getpid()}"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("POINTS_")} | {
        "POINTS_DATABASE_URL": database,
        "POINTS_OWNER_DATABASE_URL": database,
        "POINTS_KAFKA_BOOTSTRAP": servers.kafka_bootstrap,
        "POINTS_TOPIC_PREFIX": prefix,
        "POINTS_GROUP_ID": prefix,
    }
    command = [sys.executable, "-m", "engine", "demo", "--members", str(MEMBERS), "--json"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, timeout=TIME_S, check=False)
    assert done.returncode == 0, done.stderr.decode()
    told: dict[str, Any] = json.loads(done.stdout)
    return told | {"stderr": done.stderr.decode()}


def test_every_check_holds_though_a_worker_was_killed(story: dict[str, Any]) -> None:
    assert "killed a worker" in story["stderr"]
    assert [c["says"] for c in story["checks"] if not c["holds"]] == []


def test_the_real_banks_points_are_those_worked_out_from_its_tables(story: dict[str, Any]) -> None:
    points = {
        (r["rule_id"], r["point_type"]): r["points"] for r in story["points_by_rule"] if r["bank"] == "czech-bank-1993"
    }
    # The figures of tests/real_year, which come from the bank's raw tables and other code.
    assert points["pension", "reward"] == 62_837
    assert points["household-bill", "qualifying"] == 38_573
    assert points["premium", "reward"] == 6_140
    assert points["welcome", "reward"] == 55_400


def test_the_year_is_told_with_what_closes_bring(story: dict[str, Any]) -> None:
    moved = {(r["point_type"], r["what"]) for r in story["points_by_movement"] if r["bank"] == "anping"}
    assert moved >= {("reward", "earned"), ("reward", "earned by a month or quarter"), ("reward", "spent at merchants")}
    assert moved >= {("festive", "expired"), ("reward", "taken back by refunds")}
    assert "earned" in {r["reason"] for r in story["tier_ways"] if r["bank"] == "anping"}
    assert sum(r["used_up"] for r in story["grants_by_network"]) > 0
    assert {r["state"] for r in story["redemptions_by_network"]} >= {"captured", "voided"}
    assert {r["signal"] for r in story["signals_by_kind"]} >= {"birthday", "maturing"}
    assert {r["reason"] for r in story["refusals"]} >= {"benefit-used-up"}


def test_the_statement_shows_the_arithmetic(story: dict[str, Any]) -> None:
    posting = story["statement"]["postings"][0]
    assert {"basis", "rate_numerator", "rate_denominator", "desired_points", "program_hash"} <= posting.keys()


def test_a_point_added_behind_the_engines_back_is_found(story: dict[str, Any], database: str) -> None:
    published = sum(r["decided"] for r in story["events_by_bank"])

    async def tampered() -> list[str]:
        session = await asyncpg.connect(database, server_settings={"search_path": "points"})
        await session.execute("alter table posting disable trigger posting_append_only")
        await session.execute(
            "alter table posting drop constraint posting_within_desired, drop constraint posting_cut_is_named"
        )
        await session.execute(
            "set session_replication_role = replica;"
            "update posting set points = points + 1 where ctid = (select ctid from posting limit 1)"
        )
        await session.close()
        pool = await connect.pool(load(database_url=database, owner_database_url=database))
        found = await checks(pool, published)
        await pool.close()
        return [c.says for c in found if not c.holds]

    assert "every balance is the sum of its postings" in asyncio.run(tampered())
