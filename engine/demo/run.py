"""`points demo`: real PostgreSQL, Kafka and workers; two banks' years; one worker killed; the ledger checked."""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, Final

import asyncpg
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from engine import setup
from engine.cli.output import as_json, console, errors
from engine.demo.county import events as county_events
from engine.demo.proof import SQL, Check, checks
from engine.demo.publish import Keyed, made_up, publish, real_year
from engine.demo.summary import show, summary
from engine.demo.workers import Workers
from engine.embedded import Servers
from engine.settings import Settings, cache_folder, load, variable
from engine.store import connect

PARTITIONS: Final = 8
YEAR: Final = 2026
SEED: Final = 1
KILL_AT: Final = 0.4
"""The part of the events after which a worker is killed."""
PATIENCE_S: Final = 300


def run_demo(*, members: int, serve: bool, json_output: bool) -> int:
    """Runs the demo; answers the exit code: 0 when every check holds."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="points-demo-")))
        environment = _addresses(stack, folder)
        settings = _settings(environment)
        done = asyncio.run(setup.initialise(settings, settings.programs_dir / setup.BANKS_FILE))
        errors.print(f"ready: {len(done.topics)} topics, {len(done.programs)} program versions")
        workers = stack.enter_context(Workers(environment, folder))
        try:
            found, checked = asyncio.run(_story(settings, workers, members))
        except DemoFailed as failure:
            errors.print(f"{failure}\n{_log_tail(folder)}", style="red", markup=False)
            return 1
        if json_output:
            as_json({**found, "checks": [c._asdict() for c in checked]})
        else:
            show(found, checked)
        if serve:
            _serve(environment)
        return 0 if all(c.holds for c in checked) else 1


class DemoFailed(Exception):
    """The story did not come to its end."""


def _addresses(stack: ExitStack, folder: Path) -> dict[str, str]:
    """The servers' settings: those of the environment where both are given, else embedded ones, started here."""
    given = {k: v for k, v in os.environ.items() if k.startswith("POINTS_")}
    database, owner, brokers = (variable(f) for f in ("database_url", "owner_database_url", "kafka_bootstrap"))
    common = {variable("http_port"): "0", variable("partitions"): str(PARTITIONS)}
    if database in given and brokers in given:
        return {**common, **given}
    errors.print("starting PostgreSQL and Kafka (the first time they are downloaded)")
    servers = stack.enter_context(Servers.start(folder, home=cache_folder()))
    addresses = dict.fromkeys((database, owner), servers.postgres.dsn) | {brokers: servers.kafka.bootstrap}
    return {**common, **given, **addresses}


def _settings(environment: dict[str, str]) -> Settings:
    os.environ.update(environment)
    return load()


async def _story(settings: Settings, workers: Workers, members: int) -> tuple[dict[str, Any], list[Check]]:
    records = list(_records(members))
    pool = await connect.pool(settings)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=errors
    ) as bars:
        sending = bars.add_task("published", total=len(records))
        deciding = bars.add_task("decided  ", total=len(records))
        first, _second = workers.start(), workers.start()
        publishing = asyncio.ensure_future(
            publish(settings, records, lambda count: bars.update(sending, advance=count))
        )
        passed = await _until(pool, workers, int(len(records) * KILL_AT), lambda n: bars.update(deciding, completed=n))
        workers.kill(first)
        bars.console.print(f"killed a worker (kill -9) after {passed:,} events; a new one takes its slot")
        workers.start()
        await publishing
        await _until(pool, workers, len(records), lambda n: bars.update(deciding, completed=n), published=True)
    found = await summary(pool)
    checked = await checks(pool, len(records))
    await pool.close()
    return found, checked


def _records(members: int) -> Iterator[Keyed]:
    return chain(real_year(), made_up(county_events(members, YEAR, SEED)))


async def _until(
    pool: "asyncpg.Pool[Any]", workers: Workers, target: int, told: Any, *, published: bool = False
) -> int:
    """Waits until so many records were passed and, if asked, all that was decided was published too."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S:
        row = await pool.fetchrow(SQL["progress"])
        told(row["passed"])
        if row["passed"] >= target and not (published and row["waiting"]):
            return int(row["passed"])
        if (ended := workers.ended()) is not None:
            raise DemoFailed(f"a worker ended by itself with code {ended.returncode}")
        await asyncio.sleep(0.1)
    raise DemoFailed(f"{target:,} events were not decided within {PATIENCE_S} s")


def _log_tail(folder: Path) -> str:
    return "\n".join(line for log in sorted(folder.glob("worker-*.log")) for line in log.read_text().splitlines()[-5:])


def _serve(environment: dict[str, str]) -> None:
    console.rule("Everything stays up; Ctrl-C ends it")
    for name, value in environment.items():
        console.print(f"export {name}='{value}'", markup=False, soft_wrap=True)
    console.print("points statement anping/m-000001\npoints partition list\npoints dead-letters list", markup=False)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
