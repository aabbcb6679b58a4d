"""Commands that run the engine: init, worker, relay, demo, sandbox, load."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.output import as_json, console

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def init(
    banks: Annotated[Path | None, typer.Option(help="The banks, their sources and programs; default: banks.yaml in "
                                                    "POINTS_PROGRAMS_DIR.")] = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Prepare database and brokers: schema, banks, sources, programs, topics. Run again it adds what is missing."""
    from engine import setup
    from engine.settings import load

    settings = load()
    done = asyncio.run(setup.initialise(settings, banks or settings.programs_dir / setup.BANKS_FILE))
    if json:
        as_json(done._asdict())
        return
    for what, names in done._asdict().items():
        console.print(f"{what}: {', '.join(names) if names else 'nothing new'}")


def worker(
    relay: Annotated[bool, typer.Option(help="Publish the outbox too, when no other worker does.")] = True,
    leave: Annotated[
        bool, typer.Option(help="At the stop give the partitions to others at once (a scale-down).")
    ] = False,
) -> None:
    """Consume events, decide them, record what was decided. Runs until SIGTERM; start as many as there are slots."""
    from engine import logs, work
    from engine.settings import load

    settings = load()
    logs.set_up(settings)
    work.run_worker(settings, relay=relay, leave=leave)


def relay() -> None:
    """Publish the outbox, alone. Workers do this too unless started with --no-relay."""
    from engine import logs, work
    from engine.settings import load

    settings = load()
    logs.set_up(settings)
    work.run_relay(settings)


def demo(
    members: Annotated[int, typer.Option(min=1, max=20_000, help="Members of the made-up county bank.")] = 250,
    serve: Annotated[bool, typer.Option("--serve", help="Leave everything up at the end, until Ctrl-C.")] = False,
    json: Json = False,
) -> None:
    """Show it all on this machine: real PostgreSQL, Kafka and workers, two banks' years, a worker killed on the way."""
    from engine.demo.run import run_demo

    raise typer.Exit(run_demo(members=members, serve=serve, json_output=json))


def sandbox(
    out: Annotated[
        Path, typer.Option(dir_okay=False, help="Where addresses and keys are written, for a shell.")
    ] = Path("run/sandbox.env"),
) -> None:
    """A bank on this machine with all that runs for it, and keys of a cinema and of a mobile bank; until Ctrl-C."""
    from engine.demo.sandbox import run_sandbox

    raise typer.Exit(run_sandbox(out))


def load(
    rate: Annotated[int, typer.Option(min=1, max=200_000, help="Events a second.")] = 1000,
    seconds: Annotated[int, typer.Option(min=1, max=86_400, help="For how long.")] = 60,
    members: Annotated[int, typer.Option(min=1, max=100_000, help="Members of the made-up bank.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same events.")] = 1,
) -> None:
    """Publish the made-up county bank's events at a steady rate."""
    from engine import settings
    from engine.stream import load_generator

    sent = asyncio.run(load_generator.publish(settings.load(), rate=rate, seconds=seconds, members=members, seed=seed))
    console.print(f"published {sent:,} events")
