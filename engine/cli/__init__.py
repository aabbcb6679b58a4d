"""The command `points`: what an operator, a rule author and an auditor type."""

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from engine.cli.output import fail

COMMANDS: Final = {
    "init": "operate:init",
    "worker": "operate:worker",
    "relay": "operate:relay",
    "demo": "operate:demo",
    "sandbox": "operate:sandbox",
    "load": "operate:load",
    "statement": "statement:statement",
    "explain": "explain:explain",
    "close-day": "close_day:close_day",
    "report": "report:report",
    "verify": "verify:verify",
    "audit": "verify:audit",
    "backtest": "backtest:backtest",
    "liability": "liability:liability",
    "simulate": "programs:simulate",
    "publish": "publish:publish",
    "import": "imports:import_balances",
    "api": "serve:api",
    "stop": "stops:stop",
    "resume": "stops:resume",
    "stops": "stops:stops",
    "keys": "keys:app",
    "merchants": "serve:merchants",
    "proposals": "staff:proposals",
    "trail": "staff:trail",
    "program": "programs:app",
    "contracts": "contracts:app",
    "dead-letters": "dead_letters:app",
    "partition": "partitions:app",
    "profile-keys": "profile_keys:app",
    "settle": "settle:app",
    "webhooks": "webhooks:app",
}
"""Each word after `points`, as a module of this folder and its function, or its application of more words."""


class _Lazily(Mapping[str, Any]):
    """Commands by their word, loaded when asked for: to load them all takes longer than most of them run."""

    def __getitem__(self, word: str) -> Any:
        module, _, name = COMMANDS[word].partition(":")
        app = getattr(import_module(f"engine.cli.{module}"), name)
        if not isinstance(app, typer.Typer):
            app, function = typer.Typer(add_completion=False), app
            app.command()(function)
        command = get_command(app)
        command.name = word
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Group(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Lazily()  # type: ignore[assignment]  # nothing is ever added to it


app = typer.Typer(cls=_Group, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


@app.callback()
def points() -> None:
    """Points Engine: what customers do becomes points, tiers and benefits, exactly once.

    Settings are environment variables POINTS_…; docs/operator.md lists them.
    """


def main() -> None:
    """Runs the command line; exit code 1 where something was refused, 2 where it was called wrongly."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
    except Exception as error:
        if not isinstance(error, _telling()):
            raise
        fail(str(error))


def _telling() -> tuple[type[Exception], ...]:
    """Errors whose text tells a person what to do; they end the command without a traceback."""
    # Imported only when needed, as everywhere in this folder: the servers' clients take a second to load.
    from engine.embedded import EmbeddedError
    from engine.settings import SettingsError
    from engine.setup import SetupError
    from engine.stream.topics import TopicError
    from rules.language.problems import ProgramRefused

    return (SettingsError, SetupError, TopicError, ProgramRefused, EmbeddedError, OSError)
