"""Merchants say over HTTP where they want to be told, and are told there."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from standardwebhooks.webhooks import Webhook

from engine.settings import variable
from tests.chaos.house import eventually
from tests.engine.api.conftest import ROOT, Street
from tests.engine.webhooks.conftest import KEY, NOBODY
from tests.engine.webhooks.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
async def told_street(closed_street: Street) -> Street:
    closed_street.given |= {
        "webhook_key": KEY, "webhook_loopback": True, "webhook_poll_ms": 20, "kafka_bootstrap": NOBODY,
    }  # fmt: skip
    await closed_street.serve()
    return closed_street


async def test_a_merchant_redeems_and_is_told_without_kafka(told_street: Street, receiver: Receiver) -> None:
    """The answer over HTTP and the webhook say the same; the secret came with the endpoint."""
    street, shop = told_street, await told_street.client()
    made = await shop.put("/v1/webhooks/main", json={"url": receiver.url})
    assert (made.status_code, made.json()["secret_number"]) == (200, 1), made.text
    await street.member("m-1", 100)
    asked = {"merchant_ref": "r-1", "code": await street.code("m-1"), "points": 40, "capture": True}
    done = await shop.post("/v1/redemptions", json=asked, headers={"Idempotency-Key": "k-1"})
    environ = os.environ | {variable(name): str(value) for name, value in street.given.items()}
    process = subprocess.Popen([sys.executable, "-m", "engine", "webhooks", "run"], cwd=ROOT, env=environ)  # noqa: ASYNC220
    street.processes.append(process)

    async def came() -> bool:
        return any(b"redemption.decided" in one.body for one in receiver.came)

    await eventually(came, 30)
    [told] = [one for one in receiver.came if b"redemption.decided" in one.body]
    said = Webhook(made.json()["secret"]).verify(told.body, told.headers)
    assert said["data"] == done.json()
    assert b"m-1" not in told.body

    async def written_down() -> bool:
        [row] = (await shop.get("/v1/webhooks")).json()["items"]
        return (row["waiting"], row["failed"], row["networks"]) == (0, 0, ["car"]) and "taken_at" in row

    await eventually(written_down, 10)
    count = len(receiver.came)
    again = await shop.put("/v1/webhooks/main/replay", json={"since": "2020-01-01T00:00:00Z"})
    assert (again.status_code, again.json()) == (202, {"messages": count})

    async def came_again() -> bool:
        return len(receiver.came) == 2 * count

    await eventually(came_again, 30)
    assert len({one.id for one in receiver.came}) == count


async def test_endpoints_are_their_merchants_alone(told_street: Street) -> None:
    """Another merchant, the same one of another bank, and whoever is no merchant."""
    mine = await told_street.client()
    await mine.put("/v1/webhooks/main", json={"url": "https://shop.example/hook"})
    for other in (await told_street.client(holder="wash-2"), await told_street.client(bank="harbour")):
        assert (await other.get("/v1/webhooks")).json() == {"items": []}
        for call in (
            other.delete("/v1/webhooks/main"), other.put("/v1/webhooks/main/secrets/2"),
            other.put("/v1/webhooks/main/resume"),
            other.put("/v1/webhooks/main/replay", json={"since": "2026-01-01T00:00:00Z"}),
        ):  # fmt: skip
            assert (await call).status_code == 404
    channel = await told_street.client("channel", "app-1")
    assert (await channel.get("/v1/webhooks")).status_code == 403
    assert len((await mine.get("/v1/webhooks")).json()["items"]) == 1


async def test_a_secret_is_changed_by_the_next_number_and_asked_again_it_is_the_same(told_street: Street) -> None:
    shop = await told_street.client()
    first = (await shop.put("/v1/webhooks/main", json={"url": "https://shop.example/hook"})).json()
    second, again = [await shop.put("/v1/webhooks/main/secrets/2") for _ in range(2)]
    assert second.json() == again.json()
    assert second.json()["secret"] != first["secret"]
    both = await asyncio.gather(*(shop.put("/v1/webhooks/main/secrets/3") for _ in range(8)))
    assert {one.json()["secret_number"] for one in both if one.status_code == 200} == {3}
    assert (await shop.put("/v1/webhooks/main/secrets/9")).status_code == 422
    moved = (await shop.put("/v1/webhooks/main", json={"url": "https://shop.example/other"})).json()
    assert moved["secret_number"] == 3


INSIDE = (
    "http://10.0.0.1/",
    "https://169.254.169.254/latest",
    "file:///etc/passwd",
    "https://u:p@shop.example/",
    "x" * 9,
)


async def test_a_url_that_leads_inside_is_refused_and_a_merchant_has_ten_at_most(told_street: Street) -> None:
    shop = await told_street.client()
    for url in INSIDE:
        answer = await shop.put("/v1/webhooks/main", json={"url": url})
        assert answer.status_code == 422, f"{url} was taken"
        assert answer.headers["content-type"] == "application/problem+json"
    for n in range(10):
        assert (await shop.put(f"/v1/webhooks/h{n}", json={"url": "https://shop.example/"})).status_code == 200
    assert (await shop.put("/v1/webhooks/h10", json={"url": "https://shop.example/"})).status_code == 422
    assert (await shop.delete("/v1/webhooks/h3")).status_code == 204
    assert (await shop.put("/v1/webhooks/h10", json={"url": "https://shop.example/"})).status_code == 200
