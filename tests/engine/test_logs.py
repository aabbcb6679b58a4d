"""A log line can be read by a machine and holds no card number and no password."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from engine.logs import set_up
from engine.settings import load

CARD = "4111111111111111"


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)


def lines_of(form: str, level: str = "INFO") -> io.StringIO:
    out = io.StringIO()
    set_up(load(log_format=form, log_level=level), out)
    return out


def only_line(out: io.StringIO) -> dict[str, Any]:
    (line,) = out.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_line_is_one_json_object_with_what_the_call_gave() -> None:
    out = lines_of("json")
    logging.getLogger("engine.x").info("closed %s", "2026-10-05", extra={"partition": 3})
    line = only_line(out)
    assert (line["level"], line["logger"], line["message"], line["partition"]) == (
        "INFO",
        "engine.x",
        "closed 2026-10-05",
        3,
    )
    assert line["time"][10] == "T"


def test_an_exception_stays_on_its_line() -> None:
    out = lines_of("json")
    try:
        raise ValueError("odd")
    except ValueError:
        logging.getLogger("engine").exception("failed")
    assert "ValueError: odd" in only_line(out)["exception"]


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize(
    "extra",
    [{}, {"card": CARD}, {"number": int(CARD)}, {"deep": {"list": [CARD, {CARD: b"x"}]}}],
)
def test_no_card_number_and_no_password_is_logged(form: str, extra: dict[str, Any]) -> None:
    out = lines_of(form)
    try:
        raise ValueError(f"no account for {CARD}")
    except ValueError:
        logging.getLogger("engine").exception("%s at postgresql://points_app:open-sesame@h/d", CARD, extra=extra)
    assert CARD not in out.getvalue()
    assert "open-sesame" not in out.getvalue()
    assert "points_app" in out.getvalue()


def test_what_is_below_the_level_is_not_logged() -> None:
    out = lines_of("json", level="WARNING")
    logging.getLogger("engine").info("quiet")
    logging.getLogger("aiokafka.consumer").info("quiet")
    assert out.getvalue() == ""


def test_an_uncaught_exception_is_a_line_like_any_other() -> None:
    program = "from engine.logs import set_up\nfrom engine.settings import load\nset_up(load())\n1 / 0"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    line = json.loads(done.stderr)
    assert (done.returncode, line["level"]) == (1, "CRITICAL")
    assert "ZeroDivisionError" in line["exception"]
