"""One journey through the whole house: a purchase on Kafka, a film at the cinema, and everybody has been told."""

import csv
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from tests.chaos.expected import BANK
from tests.chaos.traffic import event, purchase, sent
from tests.conftest import Addresses
from tests.engine.town import PATIENCE_S, SHOP, Town, opened

STEP_S = 1.0
"""What a step may take on an idle machine."""
SETTLED = "settled by the command, beyond the command's start"


class Steps:
    """The seconds of each step, from what caused it."""

    def __init__(self) -> None:
        self.took: dict[str, float] = {}
        self._began = 0.0

    def begin(self) -> None:
        """What is waited for is caused now."""
        self._began = time.monotonic()

    def done(self, step: str) -> None:
        self.took[step] = time.monotonic() - self._began

    def __str__(self) -> str:
        return "\n".join(f"{took:7.3f} s  {step}" for step, took in self.took.items())


@pytest.fixture
async def town(servers: Addresses, empty_database: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(servers, empty_database, tmp_path) as town:
        yield town


async def next_told(topic: AIOKafkaConsumer, **about: Any) -> dict[str, Any]:
    """What a topic tells next that has these fields."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = await topic.getmany(timeout_ms=200)
        for record in (one for records in found.values() for one in records):
            told: dict[str, Any] = json.loads(record.value)["data"]
            if about.items() <= told.items():
                return told
    raise AssertionError(f"nobody was told of {about}")


async def grown(town: Town, grants: AIOKafkaConsumer, steps: Steps) -> None:
    """500 yuan of growth make a core customer, who has two films; popcorn before tells that all is up."""
    now = datetime.now(UTC)
    await town.house.produce([sent(event("member.enrolled.v1", "join-1", "m-1", now - timedelta(minutes=2), {}))])
    await next_told(grants, benefit="popcorn")
    await town.shop.told("grant.issued.v1", benefit="popcorn")
    steps.begin()
    await town.house.produce([sent(purchase("buy-1", "m-1", now - timedelta(minutes=1), minor=50_000))])
    granted = await town.shop.told("grant.issued.v1", benefit="film")
    steps.done("the purchase on Kafka → the cinema is told by webhook of two films")
    assert await next_told(grants, benefit="film") == granted
    steps.done("… and by Kafka")
    assert (granted["network"], granted["units"], granted["value_ceiling_minor"]) == ("cinema", 2, 3_000)


async def redeemed(town: Town, results: AIOKafkaConsumer, steps: Steps) -> None:
    """A film of 45.00: the ceiling is 30.00, and the 15.00 above it are 30 points."""
    steps.begin()
    code = await town.code("m-1")
    steps.done("the customer has a code to show")
    asked = {"merchant_ref": "till-1.1", "code": code, "benefit": "film", "capture": True}
    priced = {"amount_minor": 4_500, "currency": "CNY"}
    steps.begin()
    done = await town.at_till.post("/v1/redemptions", json=asked | priced, headers={"Idempotency-Key": "till-1.1"})
    steps.done("redeemed at the till")
    assert (done.status_code, done.json()["state"], done.json()["points"]) == (201, "captured", 30), done.text
    assert await town.shop.told("redemption.decided.v1", merchant_ref="till-1.1") == done.json()
    steps.done("… the result is told by webhook")
    assert await next_told(results, merchant_ref="till-1.1") == done.json()
    steps.done("… the result is told by Kafka")


async def settled(town: Town, steps: Steps) -> None:
    """80 % of 45.00 are 36.00, of which the cinema bears 10 %: it is paid 32.40.

    The command's start is that of Python and its imports, and no step of the journey: `--help` tells what it takes.
    """
    day = datetime.now(UTC).date().isoformat()
    began = time.monotonic()
    await town.house.points("settle", "--help")
    start_s = time.monotonic() - began
    steps.begin()
    await town.house.points("settle", "--bank", BANK, "--day", day)
    steps.done(SETTLED)
    steps.took[SETTLED] -= start_s
    steps.begin()
    text = (await town.at_till.get("/v1/settlements/1/file")).text
    steps.done("the cinema has its file")
    [line] = [row for row in csv.reader(text.splitlines()) if row[0] == "D"]
    assert (line[2], line[4], line[7], line[12], line[13]) == ("capture", "till-1.1", "film", "3600", "3240")
    closed = await town.shop.told("settlement.closed.v1", number=1)
    assert (closed["merchant"], closed["redemptions"], closed["amount_minor"]) == (SHOP, 1, 3_240)
    assert text.rstrip().endswith(closed["digest"])


async def test_a_purchase_becomes_a_film_and_everybody_is_told(town: Town, full: bool) -> None:
    steps = Steps()
    topics = [f"{town.house.prefix}.{name}" for name in ("grants", "redemption-results")]
    options = {"bootstrap_servers": town.house.bootstrap, "auto_offset_reset": "earliest"}
    async with AIOKafkaConsumer(topics[0], **options) as grants, AIOKafkaConsumer(topics[1], **options) as results:
        await grown(town, grants, steps)
        before = await town.channel.get("/v1/members/m-1")
        assert [one["available"] for one in before.json()["balances"]] == [500, 500]
        await redeemed(town, results, steps)
    steps.begin()
    await seen(town, before.headers["etag"], before.json()["version"])
    steps.done("the customer sees it")
    await settled(town, steps)
    assert town.shop.refused == 0
    print(f"\n{steps}")
    slow = {step: took for step, took in steps.took.items() if took > (STEP_S if full else PATIENCE_S)}
    assert slow == {}, str(steps)


async def seen(town: Town, etag: str, version: int) -> None:
    """The page has changed since, to the version after; 470 points, one film, the popcorn and the haircut are left."""
    asked = {"min_version": version + 1}
    after = await town.channel.get("/v1/members/m-1", params=asked, headers={"If-None-Match": etag})
    assert (after.status_code, after.json()["version"]) == (200, version + 1)
    assert [one["available"] for one in after.json()["balances"]] == [470, 500]
    again = await town.channel.get("/v1/members/m-1", params=asked, headers={"If-None-Match": after.headers["etag"]})
    assert again.status_code == 304
    granted = (await town.channel.get("/v1/members/m-1/benefits")).json()["granted"]
    assert {one["benefit"]: one["left"] for one in granted} == {"popcorn": 1, "film": 1, "haircut": 1}
    [used] = (await town.channel.get("/v1/members/m-1/redemptions")).json()["items"]
    assert (used["merchant_ref"], used["points"], used["units"]) == ("till-1.1", 30, 1)
