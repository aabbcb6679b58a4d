"""The command `points`: what an operator, a rule author and an auditor type."""

import sys

import typer

from engine.cli import (
    close_day,
    contracts,
    dead_letters,
    explain,
    imports,
    liability,
    operate,
    partitions,
    programs,
    publish,
    report,
    serve,
    settle,
    statement,
    verify,
    webhooks,
)
from engine.cli.output import fail

app = typer.Typer(
    name="points",
    help="Points Engine: what customers do becomes points, tiers and benefits, exactly once.\n\n"
    "Settings are environment variables POINTS_…; docs/operator.md lists them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for part in (operate, statement, explain):
    part.add_to(app)
app.command("close-day")(close_day.close_day)
app.command("report")(report.report)
app.command("verify")(verify.verify)
app.command("audit")(verify.audit)
app.command("liability")(liability.liability)
app.command("simulate")(programs.simulate)
app.command("publish")(publish.publish)
app.command("import")(imports.import_balances)
app.command("api")(serve.api)
app.add_typer(serve.keys, name="keys")
app.add_typer(serve.merchants, name="merchants")
app.add_typer(programs.app, name="program")
app.add_typer(contracts.app, name="contracts")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(partitions.app, name="partition")
app.add_typer(settle.app, name="settle")
app.add_typer(webhooks.app, name="webhooks")


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
