"""Days as arguments of commands."""

from datetime import date

import typer

METAVAR = "YYYY-MM-DD"


def day(text: str | date) -> date:
    """What events may name as a day is what a command may: raises BadParameter, which tells the argument's name."""
    from schemas.fields import day as read

    try:
        return read(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: {error}") from None
