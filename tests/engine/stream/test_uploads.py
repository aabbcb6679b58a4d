"""What a merchant uploads on a real topic is answered on another, once, though the worker is killed on the way."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.chaos.house import House, eventually
from tests.chaos.traffic import BEGINS, CARDS, event, purchase, sent
from tests.conftest import Addresses

UPLOADS = 200


@pytest.fixture
async def house(servers: Addresses, ready_database: str, tmp_path: Path) -> AsyncIterator[House]:
    ours = House(ready_database, servers.kafka_bootstrap, tmp_path)
    yield await ours.open()
    ours.close()


async def upload(house: House) -> None:
    """Each of ten members pays 1 point twenty times at one shop."""
    async with AIOKafkaProducer(bootstrap_servers=house.bootstrap, enable_idempotence=True) as producer:
        for n in range(UPLOADS):
            about = {"ask": "redeem", "merchant_ref": f"r-{n}", "member": f"m-{n % 10}", "network": "food", "points": 1}
            told: dict[str, Any] = {
                "specversion": "1.0",
                "id": f"u-{n}",
                "source": CARDS,
                "type": "redemption.uploaded.v1",
            }
            told |= {"subject": "shop-1", "time": BEGINS.isoformat(), "data": about}
            await producer.send(f"{house.prefix}.redemptions", json.dumps(told).encode(), b"corner/shop-1")
        await producer.flush()


async def answers(house: House) -> list[dict[str, Any]]:
    """What the merchants were told, each message once by its id."""
    found: dict[bytes, dict[str, Any]] = {}
    async with AIOKafkaConsumer(
        f"{house.prefix}.redemption-results", bootstrap_servers=house.bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        while batch := await consumer.getmany(timeout_ms=1000):
            for records in batch.values():
                found |= {dict(r.headers)["ce_id"]: json.loads(r.value)["data"] for r in records}
    return list(found.values())


async def test_uploads_are_decided_and_answered_once_though_the_worker_is_killed(house: House) -> None:
    """Ten members with 15 points each: of twenty uploads for each fifteen are captured and five refused."""
    worker = house.start()
    await house.produce([sent(event("member.enrolled.v1", f"join-{n}", f"m-{n}", BEGINS, {})) for n in range(10)])
    await house.produce([sent(purchase(f"p-{n}", f"m-{n}", minor=1_500)) for n in range(10)])
    await house.quiet()
    await upload(house)
    await asyncio.sleep(0.2)
    await house.kill(worker)
    worker = house.start()

    async def all_decided() -> bool:
        done = await house.run("select (select count(*) from redemption) + (select count(*) from refusal) as n")
        return bool(done[0]["n"] == UPLOADS)

    await eventually(all_decided, 60.0, house.told)
    # What the second one decides too, before which it is not there to be stopped: the first may have done all else.
    await house.produce([sent(event("member.enrolled.v1", "join-late", "m-late", BEGINS, {}))])
    await house.quiet()
    told = await answers(house)
    assert sorted(one["merchant_ref"] for one in told) == sorted(f"r-{n}" for n in range(UPLOADS))
    states = [one.get("refusal", one["state"]) for one in told]
    assert (states.count("captured"), states.count("not-enough-points")) == (150, 50)
    assert [row["sum"] for row in await house.run("select sum(available) from balance")] == [0]
    await house.stop(worker)
