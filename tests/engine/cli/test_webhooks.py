"""`points webhooks`: what an operator types, on a real ledger."""

import asyncio
import json
from typing import Any

import pytest
from typer.testing import CliRunner

from engine.cli import app
from tests.engine.webhooks.conftest import KEY, Post, migrated, owner, post, result

__all__ = ["migrated", "owner", "post"]


@pytest.fixture
def points(post: Post, migrated: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`points(*words)`: the exit code and what the command says."""
    monkeypatch.setenv("POINTS_DATABASE_URL", migrated)
    monkeypatch.setenv("POINTS_WEBHOOK_KEY", KEY)

    async def run(*words: str) -> tuple[int, str]:
        done = await asyncio.to_thread(CliRunner().invoke, app, ["webhooks", *words])
        return done.exit_code, done.output.strip()

    return run


ADD = ("add", "https://shop.example/hook", "--bank", "corner", "--merchant", "shop-1", "--network", "car")


async def test_an_endpoint_from_its_beginning_to_its_end(points: Any, post: Post) -> None:
    code, said = await points(*ADD, "--json")
    made = json.loads(said)
    assert (code, made["secret"][:6], len(made["secret"])) == (0, "whsec_", 6 + 44)  # base64 of 32 bytes
    id_ = made["endpoint_id"]
    await post.say(result("r-1"), result("r-2"))
    await post.queue.spread(10)
    [listed] = json.loads((await points("list", "--json"))[1])
    assert [listed[name] for name in ("endpoint_id", "networks", "waiting", "failed", "secrets")] == [
        id_, ["car"], 2, 0, [1],
    ]  # fmt: skip
    rotated = json.loads((await points("rotate", id_, "--json"))[1])
    assert rotated["secret"] not in {"", made["secret"]}
    assert await points("pause", id_, "--because", "moving house") == (0, f"{id_} is paused")
    assert "moving house" in json.loads((await points("list", "--json"))[1])[0]["paused_because"]
    assert await points("resume", id_) == (0, f"{id_} is resumed")
    assert await points("replay", id_, "--since", "2020-01-01") == (0, "2 messages are told again")
    assert [row["state"] for row in json.loads((await points("deliveries", id_, "--json"))[1])] == ["waiting"] * 2
    assert await points("remove", id_) == (0, f"{id_} is removed")
    assert await post.value("select count(*) from webhook_delivery") == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "http://shop.example/", "--bank", "corner", "--merchant", "s"), "only https is spoken"),
        (("add", "https://127.0.0.1/", "--bank", "corner", "--merchant", "s"), "not an address of the public internet"),
        (("add", "https://shop.example/", "--bank", "other", "--merchant", "s"), "no bank is called other"),
        (("rotate", "wh_1"), "there is no endpoint wh_1"),
        (("resume", "wh_1"), "there is no endpoint wh_1 that is paused"),
        (("replay", "wh_1"), "from when? give --since TIME or --behind NUMBER"),
    ],
)
async def test_what_cannot_be_done_is_told(points: Any, words: tuple[str, ...], said: str) -> None:
    code, told = await points(*words)
    assert code != 0
    assert said in told


async def test_without_a_key_the_setting_is_named(points: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POINTS_WEBHOOK_KEY")
    for words in (ADD, ("run",)):
        code, told = await points(*words)
        assert (code, "POINTS_WEBHOOK_KEY" in told) == (1, True)
