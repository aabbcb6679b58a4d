"""`points demo`: real PostgreSQL, Kafka and workers; two banks' years; one worker killed; the ledger checked."""

import asyncio
import os
import secrets
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from subprocess import Popen
from typing import Any, Final

import asyncpg
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from engine import setup
from engine.cli.output import as_json, console, errors
from engine.demo.county import events as county_events
from engine.demo.proof import SQL, Check, checks
from engine.demo.publish import Days, announce, end, made_up, publish, real_year
from engine.demo.summary import show, summary
from engine.demo.workers import Workers
from engine.embedded import Servers
from engine.settings import Settings, cache_folder, load, variable
from engine.store import connect
from engine.store.sql import statement

PARTITIONS: Final = 8
YEAR: Final = 2026
SEED: Final = 1
AHEAD_DAYS: Final = 100_000
"""The made-up days of the demo are not bound to the day on which it is run."""
KILL_AT: Final = 0.4
"""The part of the year after which a worker is killed."""
PATIENCE_S: Final = 120
LOOK_S: Final = 0.05


def run_demo(*, members: int, serve: bool, json_output: bool) -> int:
    """Runs the demo; answers the exit code: 0 when every check holds."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="points-demo-")))
        environment = addresses(stack, folder)
        settings = settings_of(environment)
        done = asyncio.run(setup.initialise(settings, settings.programs_dir / setup.BANKS_FILE))
        errors.print(f"ready: {len(done.topics)} topics, {len(done.programs)} program versions")
        workers = stack.enter_context(Workers(environment, folder))
        try:
            found, checked = asyncio.run(_story(settings, workers, members))
        except DemoFailed as failure:
            errors.print(f"{failure}\n{log_tail(folder)}", style="red", markup=False)
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


def addresses(stack: ExitStack, folder: Path) -> dict[str, str]:
    """The servers' settings: those of the environment where both are given, else embedded ones, started here.

    Profiles are sealed under a key of this run unless the environment has one.
    """
    given = {k: v for k, v in os.environ.items() if k.startswith("POINTS_")}
    database, owner, brokers = (variable(f) for f in ("database_url", "owner_database_url", "kafka_bootstrap"))
    common = {variable("http_port"): "0", variable("partitions"): str(PARTITIONS)}
    common[variable("ahead_days")] = str(AHEAD_DAYS)
    common[variable("profile_key")] = secrets.token_hex(32)
    if database in given and brokers in given:
        return {**common, **given}
    errors.print("starting PostgreSQL and Kafka (the first time they are downloaded)")
    servers = stack.enter_context(Servers.start(folder, home=cache_folder()))
    started = dict.fromkeys((database, owner), servers.postgres.dsn) | {brokers: servers.kafka.bootstrap}
    return {**common, **given, **started}


def settings_of(environment: dict[str, str]) -> Settings:
    os.environ.update(environment)
    return load()


async def _story(settings: Settings, workers: Workers, members: int) -> tuple[dict[str, Any], list[Check]]:
    banks = list(real_year()), list(made_up(county_events(members, YEAR, SEED)))
    pool = await connect.pool(settings)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=errors
    ) as bars:
        first, _second = workers.start(), workers.start()
        story = Story(settings, pool, workers, bars)
        await asyncio.gather(*(story.tell(days, first if days is banks[-1] else None) for days in banks if days))
        read = await story.all_read()
    found = await summary(pool)
    checked = await checks(pool, read)
    await pool.close()
    return found, checked


class Story:
    """The banks' years as they are told: the events of some days, what closes them, and the next ones when it has."""

    def __init__(self, settings: Settings, pool: "asyncpg.Pool[Any]", workers: Workers, bars: Progress) -> None:
        self.settings = settings
        self.pool = pool
        self.workers = workers
        self.bars = bars

    async def tell(self, year: Sequence[Days], killed: "Popen[bytes] | None") -> None:
        """A bank's year. On the way a worker is killed in the middle of a close, if one is to be."""
        done = self.bars.add_task(year[0].bank, total=sum(len(days.records) for days in year))
        for number, days in enumerate(year):
            await publish(self.settings, days.records, lambda count: self.bars.update(done, advance=count))
            await announce(self.settings, days)
            if killed is not None and number == int(len(year) * KILL_AT):
                self._kill(killed, days)
            await self._until(partial(self._closed, days), f"{days.bank} did not close {days.through}")

    def _kill(self, worker: "Popen[bytes]", days: Days) -> None:
        self.workers.kill(worker)
        said = f"killed a worker (kill -9) while {days.bank} closed {days.through}; a new one takes its slot"
        self.bars.console.print(said)
        self.workers.start()

    async def _closed(self, days: Days) -> bool:
        row = await self.pool.fetchrow(statement("close_standing"), days.bank, days.through)
        return bool(row["partitions"] == self.settings.partitions)

    async def all_read(self) -> int:
        """Waits until all that was published is decided and all that was decided is published; answers how many."""
        await self._until(self._read, "not all that was published was decided")
        return await end(self.settings)

    async def _read(self) -> bool:
        row = await self.pool.fetchrow(SQL["progress"])
        return bool(row["waiting"] == 0 and row["passed"] == await end(self.settings))

    async def _until(self, reached: Callable[[], Awaitable[bool]], failure: str) -> None:
        began = time.monotonic()
        while not await reached():
            if time.monotonic() - began > PATIENCE_S:
                raise DemoFailed(f"{failure} within {PATIENCE_S} s")
            if (ended := self.workers.ended()) is not None:
                raise DemoFailed(f"a worker ended by itself with code {ended.returncode}")
            await asyncio.sleep(LOOK_S)


def log_tail(folder: Path) -> str:
    return "\n".join(line for log in sorted(folder.glob("worker-*.log")) for line in log.read_text().splitlines()[-5:])


def _serve(environment: dict[str, str]) -> None:
    console.rule("Everything stays up; Ctrl-C ends it")
    for name, value in environment.items():
        console.print(f"export {name}='{value}'", markup=False, soft_wrap=True)
    console.print("points statement anping/m-000001\npoints partition list\npoints dead-letters list", markup=False)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
