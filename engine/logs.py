"""Log lines to standard error: one JSON object each, or text; `engine.hygiene` says what they never tell."""

import logging
import sys
from typing import Any, TextIO

from pythonjsonlogger.json import JsonFormatter

from engine.hygiene import safe
from engine.settings import Settings

FIELDS = {"asctime": "time", "levelname": "level", "name": "logger", "exc_info": "exception"}
TIME = "%Y-%m-%dT%H:%M:%S%z"
TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"

# Of these only what an operator can act on; each poll, heartbeat and reconnection is not.
QUIET = {"aiokafka": logging.WARNING, "asyncio": logging.WARNING, "faust": logging.WARNING, "mode": logging.WARNING}


class JsonLines(JsonFormatter):
    """One object a line: time, level, logger, message, what the call gave by `extra`, and the exception."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields=FIELDS, datefmt=TIME)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """The fields, each made safe, so that the line stays JSON."""
        return {name: _safe(value) for name, value in log_data.items()}


class TextLines(logging.Formatter):
    """For a terminal."""

    def __init__(self) -> None:
        super().__init__(TEXT, datefmt=TIME)

    def format(self, record: logging.LogRecord) -> str:
        """The line, made safe."""
        return safe(super().format(record))


def set_up(settings: Settings, stream: TextIO | None = None) -> None:
    """Sends every line of the process to `stream` (standard error), warnings and what nobody caught among them."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(max(level, logging.getLevelName(settings.log_level)))
    sys.excepthook = _log_uncaught


def _log_uncaught(kind: type[BaseException], error: BaseException, at: Any) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, at)
        return
    logging.getLogger("engine").critical("%s ended the process", kind.__name__, exc_info=(kind, error, at))


def _safe(value: Any) -> Any:
    match value:
        case bool() | float() | None:
            return value
        case int():
            text = safe(str(value))
            return value if text == str(value) else text
        case dict():
            return {safe(str(name)): _safe(one) for name, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_safe(one) for one in value]
        case _:
            return safe(str(value))
