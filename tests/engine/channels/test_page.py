"""The page about channels: its requests are asked in their order, and the answers are those that it shows."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from engine.cli.statement import read, show
from tests.chaos.traffic import event, purchase, sent
from tests.engine.api.conftest import BANK, Street

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = Path(__file__).parents[3] / "docs" / "channels.md"
SHOWN = re.compile(r"```http\n([A-Z]+) (\S+)\n(.*?)```\n\n```json\n(.*?)```", re.DOTALL)
VARIES = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "id"),
    (re.compile(r"([0-9A-Z]{4}-){3}[0-9A-Z*~$=]"), "code"),
    (re.compile(r"\d{4}-\d{2}(-\d{2})?(T[\d:.]+(Z|\+\d{2}:\d{2}))?"), "day"),
)


def steady(value: Any) -> Any:
    """The same without what hangs on the day and on chance."""
    match value:
        case dict():
            return {name: steady(one) for name, one in value.items()}
        case list():
            return [steady(one) for one in value]
        case str():
            for pattern, word in VARIES:
                value = pattern.sub(word, value)
    return value


async def customer(street: Street) -> None:
    """Joined with a manager, spent 480 yuan, and redeemed 40 points at a shop."""
    joined = event("member.enrolled.v1", "j-1", "m-1", street.at, {"manager": "mgr-7"})
    await street.desk.handle(sent(joined), sent(purchase("b-1", "m-1", street.at, minor=48_000)))
    asked = {"merchant_ref": "till-3.17", "code": await street.code("m-1"), "points": 40, "capture": True}
    done = await (await street.client()).post("/v1/redemptions", json=asked, headers={"Idempotency-Key": "k-1"})
    assert done.status_code == 201


async def test_what_the_page_shows_is_answered(street: Street) -> None:
    await customer(street)
    client = await street.client("channel", "mobile-bank")
    shown = SHOWN.findall(PAGE.read_text(encoding="utf-8"))
    assert len(shown) >= 9
    for method, path, rest, answer in shown:
        head, _, body = f"\n{rest}".partition("\n\n")
        headers = {"Content-Type": "application/json"} | dict(line.split(": ", 1) for line in head.split("\n") if line)
        got = await client.request(method, path, content=body or None, headers=headers)
        assert got.is_success, (path, got.text)
        assert steady(got.json()) == steady(json.loads(answer)), path
    found = await read(street.pool, (BANK, "m-1"), 20)
    assert found is not None
    assert [(t["to_tier"], t["reason"]) for t in found["tiers"]] == [("basic", "first-seen")]
    assert [(r["merchant_ref"], r["state"], r["captured"]) for r in found["redemptions"]] == [
        ("till-3.17", "captured", 40)
    ]
    assert [(s["signal"], s["manager"]) for s in found["signals"]] == [("close-to-core", "mgr-7")]


async def test_a_statement_shows_tiers_redemptions_and_signals(
    street: Street, capsys: pytest.CaptureFixture[str]
) -> None:
    found = await read(street.pool, (BANK, "m-1"), 20)
    assert found is not None
    show(found)
    said = capsys.readouterr().out
    for word in ("Tiers", "first-seen", "Redemptions", "wash-1", "Signals", "mgr-7"):
        assert word in said
