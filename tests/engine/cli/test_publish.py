"""`points publish` checks every line before the first is sent; that it sends, README's five minutes show."""

import json

import pytest
from typer.testing import CliRunner

from engine.cli import app
from tests.chaos.traffic import purchase
from tests.engine.webhooks.conftest import NOBODY

GOOD = json.dumps(purchase("buy-1", "m-1"))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([GOOD, '{"specversion": "1.0", "id": "join-1"}'], "line 2: missing-field: type: is required"),
        ([GOOD, "", "nothing"], "line 3: bad-json: "),
    ],
)
def test_a_line_that_would_not_be_taken_is_named_and_nothing_is_sent(
    lines: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POINTS_KAFKA_BOOTSTRAP", NOBODY)  # whoever sent anything would fail otherwise
    done = CliRunner().invoke(app, ["publish", "corner"], input="\n".join(lines))
    assert done.exit_code == 1
    assert said in done.output
